//! Raw ticks of the processor and the clocks of the system that give them a length.
//!
//! Spans read ticks alone; `(ticks, CLOCK_MONOTONIC_RAW)` is noted at begin and end and about each second in
//! between, and ticks become nanoseconds when a recording ends. So nothing is calibrated in advance. No fence stands
//! around the counter: out-of-order execution moves a reading by a few nanoseconds, which the stated resolution covers.
//!
//! The time stamp counter is used where the processor says that it is invariant and the kernel itself keeps
//! time by it; otherwise, and on other processors, `CLOCK_MONOTONIC`, whose tick is a nanosecond. The environment
//! variable `BACKCAST_CLOCK=monotonic` asks for the latter.

#![expect(
    unsafe_code,
    reason = "the time stamp counter and the clocks of single threads have no safe interface"
)]

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// What a tick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The invariant time stamp counter of the processor.
    Tsc,
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    Monotonic,
}

impl ClockKind {
    /// The name in a recording.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ClockKind::Tsc => "tsc",
            ClockKind::Monotonic => "monotonic",
        }
    }
}

/// One moment on all clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) ticks: u64,
    /// `CLOCK_MONOTONIC_RAW`: not steered by time servers.
    pub(crate) raw_ns: u64,
    /// How long the machine has slept so far: `CLOCK_BOOTTIME` less `CLOCK_MONOTONIC`.
    pub(crate) asleep_ns: u64,
    /// How many ticks went by while the clocks were read.
    pub(crate) width: u64,
}

static USE_TSC: AtomicBool = AtomicBool::new(false);

/// Decides once what a tick is.
pub(crate) fn choose() -> ClockKind {
    static CHOSEN: OnceLock<ClockKind> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let refused = std::env::var_os("BACKCAST_CLOCK").is_some_and(|kind| kind == "monotonic");
        let kind = if !refused && tsc::is_invariant() && kernel_trusts_tsc() {
            ClockKind::Tsc
        } else {
            ClockKind::Monotonic
        };
        USE_TSC.store(kind == ClockKind::Tsc, Ordering::Relaxed);
        kind
    })
}

fn kernel_trusts_tsc() -> bool {
    let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    std::fs::read_to_string(source).is_ok_and(|source| source.trim() == "tsc")
}

/// The counter now. Nanoseconds before [`choose`] was called.
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    if USE_TSC.load(Ordering::Relaxed) { tsc::read() } else { monotonic_ns() }
}

/// `CLOCK_MONOTONIC`.
pub(crate) fn monotonic_ns() -> u64 {
    read(libc::CLOCK_MONOTONIC).unwrap_or(0)
}

#[cfg(target_arch = "x86_64")]
mod tsc {
    use std::arch::x86_64::{__cpuid, _rdtsc};

    #[inline(always)]
    pub(super) fn read() -> u64 {
        // SAFETY: the instruction exists on each x86-64 processor and touches no memory. A system that forbids it is
        // one whose kernel does not keep time by it, and then it is not reached.
        unsafe { _rdtsc() }
    }

    /// Whether the counter runs at one rate in all power states: CPUID 0x80000007, EDX bit 8.
    pub(super) fn is_invariant() -> bool {
        const POWER: u32 = 0x8000_0007;
        __cpuid(0x8000_0000).eax >= POWER && __cpuid(POWER).edx & (1 << 8) != 0
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod tsc {
    pub(super) fn read() -> u64 {
        super::monotonic_ns()
    }

    pub(super) fn is_invariant() -> bool {
        false
    }
}

/// All clocks at one moment: the narrowest of a few readings, as a reading may be interrupted.
pub(crate) fn anchor() -> Anchor {
    let once = || {
        let before = ticks();
        let raw_ns = read(libc::CLOCK_MONOTONIC_RAW).unwrap_or_else(monotonic_ns);
        let after = ticks();
        let asleep_ns = read(libc::CLOCK_BOOTTIME).unwrap_or(0).saturating_sub(monotonic_ns());
        let width = after.saturating_sub(before);
        Anchor { ticks: before.wrapping_add(width / 2), raw_ns, asleep_ns, width }
    };
    let best = (0..5).map(|_| once()).min_by_key(|anchor| anchor.width);
    best.unwrap_or_else(once)
}

/// The smallest step between two readings that differ, in ticks.
pub(crate) fn resolution() -> u64 {
    let step = || {
        let first = ticks();
        (0..1000).map(|_| ticks()).find(|now| *now > first).map_or(u64::MAX, |now| now - first)
    };
    (0..100).map(|_| step()).min().unwrap_or(u64::MAX)
}

/// The clock that counts the processor time of one thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuClock(libc::clockid_t);

impl CpuClock {
    /// The clock of the calling thread, readable from others.
    pub(crate) fn of_this_thread() -> Option<CpuClock> {
        let mut id = 0;
        // SAFETY: the handle is that of the running thread, and `id` is a place to write to.
        let failed = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut id) };
        (failed == 0).then_some(CpuClock(id))
    }

    /// Processor time of the thread so far; nothing once it has ended.
    pub(crate) fn now_ns(self) -> Option<u64> {
        read(self.0)
    }
}

fn read(clock: libc::clockid_t) -> Option<u64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a place to write to; a clock that does not exist is answered with an error.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut time) };
    (failed == 0).then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}
