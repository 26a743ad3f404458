//! A span: open from its making to its drop, on one thread.

use std::{
    cell::Cell,
    marker::PhantomData,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use crate::{
    alive, alloc, clock,
    recorder::{Begun, Recorder},
    registry,
    site::{DELAYED, NO_SITE, Site, delay_of},
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
    /// Nothing where nothing was recorded.
    begun: Option<Begun>,
    /// The stretch of recording it belongs to.
    stretch: u32,
    arguments: Arguments,
    not_send: PhantomData<*const ()>,
}

/// What is known of the arguments of a call: it stands for 2 to the power of `level` calls.
#[derive(Clone, Copy, Debug)]
enum Arguments {
    Unknown,
    New { level: u8 },
    Repeated { level: u8 },
}

impl Span {
    /// A span that is none.
    #[inline(always)]
    pub fn nothing() -> Span {
        Span { begun: None, stretch: 0, arguments: Arguments::Unknown, not_send: PhantomData }
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
        if let Some(begun) = self.begun {
            end(begun, self.stretch, self.arguments);
        }
    }
}

thread_local! {
    static RECORDER: Recorder = const { Recorder::new() };
    /// Hears of the end of the thread, once it has joined.
    static ENDING: Ending = const { Ending { serial: Cell::new(0) } };
}

struct Ending {
    serial: Cell<u64>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let arena = RECORDER.try_with(|recorder| {
            let arena = recorder.arena();
            recorder.leave();
            arena
        });
        if let Ok(Some(arena)) = arena {
            registry::end_thread(self.serial.get(), arena);
        }
    }
}

/// Waits where threads are held and joins the running stretch; whether there is one.
#[cold]
#[inline(never)]
fn catch_up(recorder: &Recorder) -> bool {
    loop {
        let state = state::get();
        let stretch = state::stretch(state);
        if stretch == state::OFF {
            return false;
        }
        if stretch != state {
            registry::wait_while_held();
        } else if stretch == recorder.stretch.get() {
            return true;
        } else {
            // A span after the end of its thread is none.
            let joined = ENDING.try_with(|ending| {
                let arena = recorder.arena().unwrap_or_else(registry::spare_arena);
                ending.serial.set(registry::join(arena, recorder));
            });
            if joined.is_err() {
                return false;
            }
            recorder.skip_own_allocations();
            recorder.stretch.set(stretch);
        }
    }
}

#[inline(never)]
fn begin(site: &'static Site) -> Span {
    RECORDER.with(|recorder| {
        let number = match site.number() {
            NO_SITE => recorder.apart(|| site.enrol()),
            number => number,
        };
        if recorder.stretch.get() != state::get() && !catch_up(recorder) {
            return Span::nothing();
        }
        let Some(begun) = recorder.enter(number, clock::ticks) else { return Span::nothing() };
        if number & DELAYED != 0 {
            spin(delay_of(number));
        }
        let stretch = recorder.stretch.get();
        let arguments = Arguments::Unknown;
        Span { begun: Some(begun), stretch, arguments, not_send: PhantomData }
    })
}

#[inline(never)]
fn begin_with_digest(site: &'static Site, digest: u64) -> Span {
    let seen = RECORDER.with(|recorder| recorder.apart(|| site.seen(digest)));
    let mut span = begin(site);
    if let Some(seen) = seen {
        let level = seen.level;
        span.arguments =
            if seen.repeated { Arguments::Repeated { level } } else { Arguments::New { level } };
    }
    span
}

#[inline(never)]
fn end(begun: Begun, stretch: u32, arguments: Arguments) {
    let mut now = clock::ticks();
    RECORDER.with(|recorder| {
        if recorder.stretch.get() != stretch {
            return;
        }
        if stretch != state::get() {
            if !catch_up(recorder) || recorder.stretch.get() != stretch {
                return;
            }
            now = clock::ticks();
        }
        let duration = recorder.exit(begun, now);
        match arguments {
            Arguments::Unknown => {}
            Arguments::New { level } => recorder.count_arguments(begun.node, 1 << level, None),
            Arguments::Repeated { level } => {
                let ticks = duration.unwrap_or(0);
                recorder.count_arguments(begun.node, 1 << level, Some(ticks));
            }
        }
        if alive::is_due(now) {
            registry::note_alive(now);
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
    RECORDER.with(|recorder| {
        catch_up(recorder);
    });
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
    let (_, nodes) = RECORDER.with(Recorder::arena)?.read(clock::ticks)?;
    nodes.get(1).map(|node| node.sum)
}
