//! A shared, immutable column of numbers, in memory or mapped from a file.

use std::{fmt, ops::Deref, sync::Arc};

/// Numbers that many readers share without a copy. The owner may be a vector or a mapped file.
#[derive(Clone)]
pub struct Column<T: 'static> {
    owner: Arc<dyn AsRef<[T]> + Send + Sync>,
}

impl<T> Column<T> {
    /// A column that reads from `owner`, a mapped file for instance.
    #[must_use]
    pub fn from_owner(owner: Arc<dyn AsRef<[T]> + Send + Sync>) -> Column<T> {
        Column { owner }
    }

    /// The numbers, oldest first.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        (*self.owner).as_ref()
    }
}

impl<T: Send + Sync> From<Vec<T>> for Column<T> {
    fn from(values: Vec<T>) -> Column<T> {
        Column { owner: Arc::new(values) }
    }
}

impl<T> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: fmt::Debug> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().take(8)).finish()?;
        if self.len() > 8 { write!(f, " and {} more", self.len() - 8) } else { Ok(()) }
    }
}

impl<T: PartialEq> PartialEq for Column<T> {
    fn eq(&self, other: &Column<T>) -> bool {
        self.as_slice() == other.as_slice()
    }
}
