//! One writer a bundle.

use std::{fs, time::Duration};

use crate::{FileLock, Home, StoreError};

/// How long a second ingest waits for the first.
const PATIENCE: Duration = Duration::from_secs(10);

/// The right to write a bundle, held until dropped.
pub(crate) struct Lock {
    _lock: FileLock,
}

impl Lock {
    /// Waits for the right to write `name`, ten seconds at most.
    pub(crate) fn take(home: &Home, name: &str) -> Result<Lock, StoreError> {
        let _span = backcast_spans::span!("store.lock_bundle");
        Lock::take_within(home, name, PATIENCE)
    }

    fn take_within(home: &Home, name: &str, patience: Duration) -> Result<Lock, StoreError> {
        super::check_name(name)?;
        let folder = home.bundles();
        fs::create_dir_all(&folder).map_err(StoreError::io("make folder", &folder))?;
        let path = folder.join(format!(".{name}.lock"));
        let lock = FileLock::take(&path, patience).map_err(StoreError::io("lock", &path))?;
        lock.map(|lock| Lock { _lock: lock })
            .ok_or_else(|| StoreError::Busy { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_refused_while_the_first_is_at_work() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let first = Lock::take(&home, "x").unwrap();
        let second = Lock::take_within(&home, "x", Duration::from_millis(30));
        assert_eq!(
            second.err().unwrap().to_string(),
            "another process is ingesting bundle `x`; run this again when it has finished"
        );
        drop(first);
        Lock::take_within(&home, "x", Duration::ZERO).unwrap();
    }
}
