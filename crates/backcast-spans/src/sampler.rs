//! The thread that looks at all others, about a thousand times a second.
//!
//! Each look reads which span a thread is in, and some how much processor time it has used. So a span that never ends is
//! seen, and each node gets its share of processor time and of waiting without a call to the system for each span.
//! Intervals are jittered, so that work with a rhythm of its own is not met always at the same place.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{
    clock::{self, CpuClock},
    environment, registry, time_base,
};

/// The share of one processor that looking may take; beyond, the interval grows. A little below the half per cent that is
/// promised, as the first looks come before the first decision.
const BUDGET: f64 = 0.0048;

/// Looks between two decisions about the interval.
const LOOKS_A_DECISION: u64 = 16;

/// Longest interval.
const LONGEST_NS: u64 = 50_000_000;

/// Time between anchors.
const ANCHOR_NS: u64 = 1_000_000_000;

/// What the sampler did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SamplerWork {
    pub(crate) wanted_ns: u64,
    pub(crate) looks: u64,
    pub(crate) wall_ns: u64,
    pub(crate) cpu_ns: u64,
}

impl SamplerWork {
    pub(crate) fn since(self, earlier: &SamplerWork) -> SamplerWork {
        SamplerWork {
            wanted_ns: self.wanted_ns,
            looks: self.looks.saturating_sub(earlier.looks),
            wall_ns: self.wall_ns.saturating_sub(earlier.wall_ns),
            cpu_ns: self.cpu_ns.saturating_sub(earlier.cpu_ns),
        }
    }
}

/// The sampler from outside.
#[derive(Debug)]
pub(crate) struct Worker {
    shared: Arc<Shared>,
    handle: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    stop: AtomicBool,
    wanted_ns: u64,
    begin_ns: u64,
    looks: AtomicU64,
    /// The sampler's own clock, once it runs.
    clock: OnceLock<Option<CpuClock>>,
}

impl Worker {
    /// Starts it; nothing where the system gives no thread.
    pub(crate) fn start(period: Duration) -> Option<Worker> {
        let wanted_ns = (period.as_nanos() as u64).clamp(50_000, LONGEST_NS);
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            wanted_ns,
            begin_ns: clock::monotonic_ns(),
            looks: AtomicU64::new(0),
            clock: OnceLock::new(),
        });
        let for_thread = Arc::clone(&shared);
        let builder =
            thread::Builder::new().name("backcast-sampler".to_owned()).stack_size(1 << 20);
        let handle = builder.spawn(move || look_around(&for_thread)).ok()?;
        Some(Worker { shared, handle })
    }

    pub(crate) fn work(&self) -> SamplerWork {
        SamplerWork {
            wanted_ns: self.shared.wanted_ns,
            looks: self.shared.looks.load(Ordering::Relaxed),
            wall_ns: clock::monotonic_ns() - self.shared.begin_ns,
            cpu_ns: self.shared.cpu_ns(),
        }
    }

    /// Ends it. Not while the registry is locked.
    pub(crate) fn stop(self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.handle.thread().unpark();
        let _ = self.handle.join();
    }
}

impl Shared {
    fn cpu_ns(&self) -> u64 {
        self.clock.get().copied().flatten().and_then(CpuClock::now_ns).unwrap_or(0)
    }
}

fn look_around(shared: &Shared) {
    shared.clock.get_or_init(CpuClock::of_this_thread);
    let (mut random, mut period_ns) = (shared.begin_ns | 1, shared.wanted_ns);
    let mut anchored_ns = shared.begin_ns;
    let (mut decided_ns, mut decided_cpu_ns) = (shared.begin_ns, shared.cpu_ns());
    let mut due_ns = shared.begin_ns;
    while !shared.stop.load(Ordering::Relaxed) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // From half to one and a half of the period.
        due_ns += period_ns / 2 + random % period_ns;
        let now_ns = clock::monotonic_ns();
        if due_ns > now_ns {
            thread::park_timeout(Duration::from_nanos(due_ns - now_ns));
        } else {
            due_ns = now_ns;
        }
        if shared.stop.load(Ordering::Relaxed) {
            break;
        }
        let now_ns = clock::monotonic_ns();
        let mut registry = registry::lock();
        registry.sample(now_ns);
        if now_ns - anchored_ns >= ANCHOR_NS {
            anchored_ns = now_ns;
            if let Some(anchors) = &mut registry.anchors {
                time_base::note(anchors);
            }
        }
        drop(registry);
        let looks = shared.looks.fetch_add(1, Ordering::Relaxed) + 1;
        if environment::keep_up(now_ns) {
            // Writing has a budget of its own. Since it ended no time has passed that could be decided on.
            (decided_ns, decided_cpu_ns) = (clock::monotonic_ns(), shared.cpu_ns());
        } else if looks.is_multiple_of(LOOKS_A_DECISION) {
            let cpu_ns = shared.cpu_ns();
            let share = (cpu_ns - decided_cpu_ns) as f64 / (now_ns - decided_ns).max(1) as f64;
            (decided_ns, decided_cpu_ns) = (now_ns, cpu_ns);
            period_ns = next_period(period_ns, share, shared.wanted_ns);
        }
    }
}

/// The interval that keeps within the budget, no shorter than wanted.
fn next_period(period_ns: u64, share: f64, wanted_ns: u64) -> u64 {
    let fitting = period_ns as f64 * share / BUDGET;
    (fitting as u64).clamp(wanted_ns, LONGEST_NS.max(wanted_ns))
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, next_period};

    #[test]
    fn looks_become_rarer_where_they_cost_too_much_and_come_back() {
        assert_eq!(next_period(1_000_000, 2.0 * BUDGET, 1_000_000), 2_000_000);
        assert_eq!(next_period(2_000_000, BUDGET, 1_000_000), 2_000_000);
        assert_eq!(next_period(2_000_000, 0.001, 1_000_000), 1_000_000);
        assert_eq!(next_period(1_000_000, 0.9, 1_000_000), 50_000_000);
    }
}
