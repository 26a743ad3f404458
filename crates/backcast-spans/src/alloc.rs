//! Counters of memory: an allocator that counts on its way to another one.
//!
//! Each thread has counters that only grow, and spans take differences of them. What is alive in the whole process is
//! gathered from the threads in batches, so the figure of its peak may be off by [`BATCH`] bytes a thread. What threads hold back
//! meanwhile can be looked at, so what is alive at one moment is exact for the first few hundred of them.
//! Nothing is counted, and one load and a branch are spent, while no recording is on. Memory may be
//! released in another span or thread than the one that asked for it, so what was asked for and
//! what was released stay apart. The hook itself allocates nothing.

#![expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; the end of a thread is heard of through libc"
)]

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    ffi::c_void,
    sync::{
        OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use crate::{places::Places, state};

/// Bytes that a thread may hold back from the figures of the process.
pub const BATCH: i64 = 1 << 16;

/// An allocator that counts what goes through it.
///
/// ```
/// # use backcast_spans::alloc::Counting;
/// #[global_allocator]
/// static ALLOCATOR: Counting<std::alloc::System> = Counting(std::alloc::System);
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting<A>(pub A);

// SAFETY: each call goes to the inner allocator as it came; counting touches thread-local cells and some
// atomics, and neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the promises of this method, which are those of the inner one.
        let pointer = unsafe { self.0.alloc(layout) };
        if state::is_on() && !pointer.is_null() {
            COUNTERS.with(|counters| counters.allocated(layout.size()));
        }
        pointer
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let pointer = unsafe { self.0.alloc_zeroed(layout) };
        if state::is_on() && !pointer.is_null() {
            COUNTERS.with(|counters| counters.allocated(layout.size()));
        }
        pointer
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if state::is_on() {
            COUNTERS.with(|counters| counters.freed(layout.size()));
        }
        // SAFETY: as above.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    /// Counts as one allocation of the new size and one release of the old.
    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { self.0.realloc(pointer, layout, size) };
        if state::is_on() && !moved.is_null() {
            COUNTERS.with(|counters| {
                counters.freed(layout.size());
                counters.allocated(size);
            });
        }
        moved
    }
}

/// What one thread has asked for and released while recordings were on. What both limits are held against only grows, so the way
/// through is one addition for each figure and one comparison.
struct Counters {
    allocations: Cell<u64>,
    /// This one and the two others that are no cells are read from outside, through [`SEEN`].
    allocated_bytes: AtomicU64,
    freed_bytes: AtomicU64,
    copied_bytes: Cell<u64>,
    lock_wait_ticks: Cell<u64>,
    /// Times that bytes copied or lock waits were counted.
    others: Cell<u64>,
    /// What was asked for or released when the process is to hear of it next; 0 for a thread that it has not heard of at all.
    allocated_limit: Cell<u64>,
    freed_limit: Cell<u64>,
    /// Bytes alive that the process has heard of; wrapping.
    handed_over: AtomicU64,
}

thread_local! {
    static COUNTERS: Counters = const {
        Counters {
            allocations: Cell::new(0),
            allocated_bytes: AtomicU64::new(0),
            freed_bytes: AtomicU64::new(0),
            copied_bytes: Cell::new(0),
            lock_wait_ticks: Cell::new(0),
            others: Cell::new(0),
            allocated_limit: Cell::new(0),
            freed_limit: Cell::new(0),
            handed_over: AtomicU64::new(0),
        }
    };
}

#[inline(always)]
fn add(cell: &Cell<u64>, amount: u64) -> u64 {
    let sum = cell.get().wrapping_add(amount);
    cell.set(sum);
    sum
}

/// Adds to a number that its own thread alone writes, without a locked instruction.
#[inline(always)]
fn add_seen(number: &AtomicU64, amount: usize) -> u64 {
    let sum = number.load(Ordering::Relaxed).wrapping_add(amount as u64);
    number.store(sum, Ordering::Relaxed);
    sum
}

impl Counters {
    #[inline(always)]
    fn allocated(&self, bytes: usize) {
        add(&self.allocations, 1);
        if add_seen(&self.allocated_bytes, bytes) >= self.allocated_limit.get() {
            self.hand_over();
        }
    }

    #[inline(always)]
    fn freed(&self, bytes: usize) {
        if add_seen(&self.freed_bytes, bytes) >= self.freed_limit.get() {
            self.hand_over();
        }
    }

    fn alive(&self) -> u64 {
        let allocated = self.allocated_bytes.load(Ordering::Relaxed);
        allocated.wrapping_sub(self.freed_bytes.load(Ordering::Relaxed))
    }

    /// Bytes alive that the process has not heard of.
    fn held_back(&self) -> i64 {
        self.alive().wrapping_sub(self.handed_over.load(Ordering::Relaxed)) as i64
    }

    /// Tells the process what changed since it last heard of this thread.
    #[cold]
    #[inline(never)]
    fn hand_over(&self) {
        if self.allocated_limit.get() == 0 {
            self.begin();
        }
        let limit = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed).saturating_add(BATCH as u64);
        self.allocated_limit.set(limit(&self.allocated_bytes));
        self.freed_limit.set(limit(&self.freed_bytes));
        let change = self.held_back();
        self.handed_over.store(self.alive(), Ordering::Relaxed);
        let now = ALIVE.fetch_add(change, Ordering::Relaxed) + change;
        PEAK.fetch_max(now, Ordering::Relaxed);
    }

    /// The thread is seen, if its end will be heard of.
    fn begin(&self) {
        if hear_of_the_end() {
            SEEN.take(std::ptr::from_ref(self).cast_mut());
        }
    }

    /// The thread is seen no more.
    fn end(&self) {
        self.hand_over();
        SEEN.leave(std::ptr::from_ref(self).cast_mut());
    }
}

/// The counters of threads that run.
static SEEN: Places<Counters> = Places::new();

/// Bytes alive beyond those at the begin of recording.
static ALIVE: AtomicI64 = AtomicI64::new(0);

/// Most bytes alive since the peak was last taken.
static PEAK: AtomicI64 = AtomicI64::new(0);

/// The key whose destructor hands over what an ending thread holds back; 0 where there is none.
static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();

/// Prepares the end of threads to be heard of. Before the first recording.
pub(crate) fn prepare() {
    KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: `key` is a place to write to; the destructor reads thread-local cells that need no
        // destructor of their own and thus live as long as the thread.
        let failed = unsafe { libc::pthread_key_create(&raw mut key, Some(ending)) };
        (failed == 0).then_some(key)
    });
}

/// Whether the end of the calling thread will be heard of.
#[cold]
fn hear_of_the_end() -> bool {
    let Some(Some(key)) = KEY.get() else { return false };
    // SAFETY: the key was made by `prepare`; any value but null has the destructor called.
    let failed = unsafe { libc::pthread_setspecific(*key, std::ptr::without_provenance(1)) };
    failed == 0
}

extern "C" fn ending(_: *mut c_void) {
    let _ = COUNTERS.try_with(Counters::end);
}

/// What the calling thread has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) allocations: u64,
    pub(crate) allocated_bytes: u64,
    pub(crate) freed_bytes: u64,
    pub(crate) copied_bytes: u64,
    pub(crate) lock_wait_ticks: u64,
}

impl Counted {
    pub(crate) const fn nothing() -> Counted {
        Counted {
            allocations: 0,
            allocated_bytes: 0,
            freed_bytes: 0,
            copied_bytes: 0,
            lock_wait_ticks: 0,
        }
    }
}

/// A number that changes whenever [`counted`] does: each of its parts only grows, and no allocation has no bytes.
#[inline(always)]
pub(crate) fn stamp() -> u64 {
    COUNTERS.with(|counters| {
        let allocated = counters.allocated_bytes.load(Ordering::Relaxed);
        let bytes = allocated.wrapping_add(counters.freed_bytes.load(Ordering::Relaxed));
        bytes.wrapping_add(counters.others.get())
    })
}

/// The counters of the calling thread.
pub(crate) fn counted() -> Counted {
    COUNTERS.with(|counters| Counted {
        allocations: counters.allocations.get(),
        allocated_bytes: counters.allocated_bytes.load(Ordering::Relaxed),
        freed_bytes: counters.freed_bytes.load(Ordering::Relaxed),
        copied_bytes: counters.copied_bytes.get(),
        lock_wait_ticks: counters.lock_wait_ticks.get(),
    })
}

/// Adds to the bytes copied by the open span.
#[inline]
pub(crate) fn count_copied(bytes: u64) {
    COUNTERS.with(|counters| {
        add(&counters.copied_bytes, bytes);
        add(&counters.others, 1);
    });
}

/// Adds to the time for which the open span waited for locks.
pub(crate) fn count_lock_wait(ticks: u64) {
    COUNTERS.with(|counters| {
        add(&counters.lock_wait_ticks, ticks);
        add(&counters.others, 1);
    });
}

/// Bytes alive now, beyond those at the begin of recording.
pub(crate) fn alive() -> i64 {
    let mut alive = ALIVE.load(Ordering::Relaxed);
    // SAFETY: the counters of a thread need no destructor and live until the thread is gone; that waits, in `end`, until nobody
    // looks at them. What is read of them are atomics; the cells beside them are the thread's own.
    SEEN.look(|counters| alive += unsafe { &*counters }.held_back());
    alive
}

/// The peak since this was last called; the next one begins at what is alive now.
pub(crate) fn take_peak() -> i64 {
    COUNTERS.with(Counters::hand_over);
    let alive = ALIVE.load(Ordering::Relaxed);
    PEAK.swap(alive, Ordering::Relaxed).max(alive)
}

/// Bytes alive, and the peak since it was last taken, as far as the process has heard of them.
pub(crate) fn heard_of() -> (i64, i64) {
    let alive = ALIVE.load(Ordering::Relaxed);
    (alive, PEAK.load(Ordering::Relaxed).max(alive))
}

/// Does something that releases all the memory it asks for, of which the process does not hear.
pub(crate) fn unheard<T>(work: impl FnOnce() -> T) -> T {
    COUNTERS.with(|counters| {
        counters.hand_over();
        counters.allocated_limit.set(u64::MAX);
        counters.freed_limit.set(u64::MAX);
    });
    let done = work();
    COUNTERS.with(Counters::hand_over);
    done
}

/// Counts from nothing again. What other threads hold back is theirs to keep.
pub(crate) fn begin_anew() {
    COUNTERS.with(|counters| counters.handed_over.store(counters.alive(), Ordering::Relaxed));
    ALIVE.store(0, Ordering::Relaxed);
    PEAK.store(0, Ordering::Relaxed);
}

/// Whether the program allocates through [`Counting`]. Only while a recording is on.
pub(crate) fn is_counting() -> bool {
    let before = stamp();
    drop(std::hint::black_box(Box::new(0_u64)));
    stamp() != before
}
