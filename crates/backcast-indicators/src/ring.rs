//! The last few values of a series.

/// The last `capacity` values. Memory grows with the bars that came, so a long period costs nothing on a short series.
#[derive(Debug, Clone)]
pub(crate) struct Ring<T> {
    items: Vec<T>,
    capacity: usize,
    oldest: usize,
}

impl<T: Copy> Ring<T> {
    /// A ring for `capacity` values; 0 is taken as 1.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { items: Vec::new(), capacity: capacity.max(1), oldest: 0 }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Takes in the newest value and gives back the one that was `capacity` bars before it, if there is one.
    #[inline]
    pub(crate) fn replace(&mut self, value: T) -> Option<T> {
        if self.items.len() < self.capacity {
            self.items.push(value);
            return None;
        }
        let gone = std::mem::replace(&mut self.items[self.oldest], value);
        self.oldest += 1;
        if self.oldest == self.capacity {
            self.oldest = 0;
        }
        Some(gone)
    }
}
