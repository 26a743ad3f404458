//! Where threads may be looked at from outside: a pointer to something of each, from its first act to its end.
//!
//! Nothing is allocated, so an allocator may do it. Threads beyond [`PLACES`] have no place.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicPtr, AtomicUsize, Ordering},
};

/// Threads that are seen at one time.
const PLACES: usize = 256;

/// Pointers to what is seen of each thread.
#[derive(Debug)]
pub(crate) struct Places<T> {
    all: [AtomicPtr<T>; PLACES],
    /// Places that were ever taken lie before this one.
    reached: AtomicUsize,
    /// Held while someone looks, and to leave.
    looking: Mutex<()>,
}

impl<T> Places<T> {
    pub(crate) const fn new() -> Places<T> {
        Places {
            all: [const { AtomicPtr::new(std::ptr::null_mut()) }; PLACES],
            reached: AtomicUsize::new(0),
            looking: Mutex::new(()),
        }
    }

    /// From now on `seen` is looked at, if there is a place for it.
    pub(crate) fn take(&self, seen: *mut T) {
        let (success, failure) = (Ordering::Release, Ordering::Relaxed);
        let free = |place: &AtomicPtr<T>| {
            place.compare_exchange(std::ptr::null_mut(), seen, success, failure).is_ok()
        };
        let Some(at) = self.all.iter().position(free) else { return };
        self.reached.fetch_max(at + 1, Ordering::Release);
    }

    /// Returns once nobody looks at `seen` any more, nor will again.
    pub(crate) fn leave(&self, seen: *mut T) {
        let _nobody_looks = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.all.iter().find(|place| place.load(Ordering::Relaxed) == seen);
        if let Some(place) = place {
            place.store(std::ptr::null_mut(), Ordering::Relaxed);
        }
    }

    /// Looks at all that have a place and not left it before `look` returns.
    pub(crate) fn look(&self, mut look: impl FnMut(*const T)) {
        let _none_leaves = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        for place in &self.all[..self.reached.load(Ordering::Acquire)] {
            let seen = place.load(Ordering::Acquire);
            if !seen.is_null() {
                look(seen);
            }
        }
    }
}
