//! A span: open from its making to its drop, on one thread.

use std::{
    cell::RefCell,
    marker::PhantomData,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use crate::{
    alloc,
    arena::Arena,
    clock,
    recorder::{Begun, Recorder},
    registry,
    site::{DELAYED, Site, delay_of},
    state,
};

/// A step of a program that is timed until this value is dropped: at the end of its block, by an early return,
/// or by a panic that unwinds. [`span!`](crate::span) makes it.
///
/// It stays on its thread:
/// ```compile_fail
/// let span = backcast_spans::span!("user.step");
/// std::thread::spawn(move || drop(span));
/// ```
#[derive(Debug)]
#[must_use = "a span lasts until it is dropped; bind it: `let _span = span!(..);`"]
pub struct Span {
    begun: Begun,
    /// The stretch of recording it belongs to; 0 where nothing was recorded.
    stretch: u32,
    arguments: Arguments,
    not_send: PhantomData<*const ()>,
}

/// What is known of the arguments of a call.
#[derive(Clone, Copy, Debug)]
enum Arguments {
    Unknown,
    New { weight: u32 },
    Repeated { weight: u32 },
}

impl Span {
    /// A span that is none.
    #[inline(always)]
    pub fn nothing() -> Span {
        let begun = Begun { node: 0, from: 0 };
        Span { begun, stretch: state::OFF, arguments: Arguments::Unknown, not_send: PhantomData }
    }

    /// Begins a span.
    #[inline(always)]
    pub fn enter(site: &'static Site) -> Span {
        if state::is_on() { begin(site) } else { Span::nothing() }
    }

    /// Begins a span whose call is known by a digest of its arguments; the digest is taken only while a recording is on.
    ///
    /// Calls with arguments that an earlier call at the same place had, on any thread, are counted as repeated ones,
    /// with the time they took.
    #[inline(always)]
    pub fn enter_with_digest(site: &'static Site, digest: impl FnOnce() -> u64) -> Span {
        if state::is_on() { begin_with_digest(site, digest()) } else { Span::nothing() }
    }
}

impl Drop for Span {
    #[inline(always)]
    fn drop(&mut self) {
        if self.stretch != state::OFF {
            end(self);
        }
    }
}

thread_local! {
    static SLOT: RefCell<Slot> = const { RefCell::new(Slot { stretch: state::OFF, serial: 0, arena: None, recorder: None }) };
}

/// What a thread records with.
#[derive(Debug)]
struct Slot {
    stretch: u32,
    serial: u64,
    arena: Option<&'static Arena>,
    recorder: Option<Recorder>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(arena) = self.arena {
            registry::end_thread(self.serial, arena);
        }
    }
}

impl Slot {
    /// Waits where threads are held and joins the running stretch; whether there is one.
    #[cold]
    fn catch_up(&mut self) -> bool {
        loop {
            let state = state::get();
            let stretch = state::stretch(state);
            if stretch == state::OFF {
                return false;
            }
            if stretch != state {
                registry::wait_while_held();
            } else if stretch == self.stretch {
                return true;
            } else {
                let arena = self.arena.get_or_insert_with(registry::spare_arena);
                let joined = registry::join(arena, self.recorder.take());
                (self.serial, self.recorder) = (joined.serial, Some(joined.recorder));
                self.stretch = stretch;
            }
        }
    }
}

#[inline(never)]
fn begin(site: &'static Site) -> Span {
    let number = site.number();
    let begun = SLOT.try_with(|slot| {
        // A span inside of recording itself, or after the thread's end, is none.
        let mut slot = slot.try_borrow_mut().ok()?;
        if slot.stretch != state::get() && !slot.catch_up() {
            return None;
        }
        let stretch = slot.stretch;
        Some((slot.recorder.as_mut()?.enter(number, clock::ticks), stretch))
    });
    let Ok(Some((begun, stretch))) = begun else { return Span::nothing() };
    if number & DELAYED != 0 {
        spin(delay_of(number));
    }
    Span { begun, stretch, arguments: Arguments::Unknown, not_send: PhantomData }
}

#[inline(never)]
fn begin_with_digest(site: &'static Site, digest: u64) -> Span {
    let seen = site.seen(digest);
    let mut span = begin(site);
    if let Some(seen) = seen {
        let weight = seen.weight;
        span.arguments =
            if seen.repeated { Arguments::Repeated { weight } } else { Arguments::New { weight } };
    }
    span
}

#[inline(never)]
fn end(span: &Span) {
    let now = clock::ticks();
    let _ = SLOT.try_with(|slot| {
        let Ok(mut slot) = slot.try_borrow_mut() else { return };
        if slot.stretch != span.stretch {
            return;
        }
        let mut now = now;
        if slot.stretch != state::get() {
            if !slot.catch_up() || slot.stretch != span.stretch {
                return;
            }
            now = clock::ticks();
        }
        let Some(recorder) = slot.recorder.as_mut() else { return };
        let duration = recorder.exit(span.begun, now);
        let node = span.begun.node;
        match span.arguments {
            Arguments::Unknown => {}
            Arguments::New { weight } => recorder.count_arguments(node, weight, None),
            Arguments::Repeated { weight } => {
                recorder.count_arguments(node, weight, Some(duration.unwrap_or(0)));
            }
        }
    });
}

/// Spends time on the processor.
fn spin(ns: u64) {
    let end = clock::monotonic_ns() + ns;
    while clock::monotonic_ns() < end {
        std::hint::spin_loop();
    }
}

/// Has the calling thread be part of the recording from now on, though no span of it has begun.
pub(crate) fn join_now() {
    let _ = SLOT.try_with(|slot| slot.try_borrow_mut().is_ok_and(|mut slot| slot.catch_up()));
}

/// Adds bytes to what the open span has copied.
#[inline(always)]
pub fn copied(bytes: u64) {
    if state::is_on() {
        alloc::count_copied(bytes);
    }
}

/// Locks a mutex and counts the time for which another thread held it as lock wait of the open span.
/// The clock is read only where there is something to wait for.
///
/// # Errors
/// As [`Mutex::lock`].
pub fn lock<T: ?Sized>(
    mutex: &Mutex<T>,
) -> Result<MutexGuard<'_, T>, PoisonError<MutexGuard<'_, T>>> {
    if !state::is_on() {
        return mutex.lock();
    }
    match mutex.try_lock() {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poisoned)) => Err(poisoned),
        Err(TryLockError::WouldBlock) => {
            let begin = clock::ticks();
            let guard = mutex.lock();
            alloc::count_lock_wait(clock::ticks().saturating_sub(begin));
            guard
        }
    }
}

/// Ticks of all calls of the first path of the calling thread.
pub(crate) fn sum_of_first_node() -> Option<u64> {
    let slot = SLOT.try_with(|slot| slot.try_borrow().ok().and_then(|slot| slot.arena));
    let (_, nodes) = slot.ok().flatten()?.read(clock::ticks)?;
    nodes.get(1).map(|node| node.sum)
}
