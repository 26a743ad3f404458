//! Work that is always the same: timed before and after a session, it tells whether the machine held still.

use std::{
    hint::black_box,
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// A session during which one of the three kernels changed by more than this cannot gate.
pub const MOST_DRIFT: f64 = 0.25;

/// Time for each of the three kernels.
const EACH: Duration = Duration::from_millis(17);

/// Fewest runs of each kernel.
const LEAST_RUNS: u32 = 16;

/// Numbers in the cycle that is followed through memory: 4 MiB, beyond the second cache of most processors.
const CYCLE: usize = 1 << 20;

/// Least times of three small kernels; about 50 ms in all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Arithmetic, each step waiting for the one before.
    pub arithmetic_ns: u64,
    /// A walk through memory in random order.
    pub memory_ns: u64,
    /// Branches that nothing foretells.
    pub branches_ns: u64,
}

/// The reference before and after a session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// At its beginning.
    pub before: Reference,
    /// At its end.
    pub after: Reference,
}

impl Reference {
    /// Times the kernels on this machine; the least of many short runs each, which a busy neighbour disturbs least.
    pub fn measure() -> Reference {
        let cycle = cycle();
        Reference {
            arithmetic_ns: least(|| arithmetic(100_000)),
            memory_ns: least(|| walk(cycle, 4_000)),
            branches_ns: least(|| branches(40_000)),
        }
    }

    fn kernels(&self) -> [(&'static str, u64); 3] {
        [
            ("arithmetic", self.arithmetic_ns),
            ("memory", self.memory_ns),
            ("branches", self.branches_ns),
        ]
    }
}

impl Drift {
    /// The kernel that changed most, and how many times as long it took at the end: 1.1 is ten percent slower.
    pub fn largest(&self) -> (&'static str, f64) {
        let pairs = self.before.kernels().into_iter().zip(self.after.kernels());
        let ratios = pairs
            .map(|((name, before), (_, after))| (name, after.max(1) as f64 / before.max(1) as f64));
        ratios.fold(
            ("arithmetic", 1.0),
            |most, one| if away(one.1) > away(most.1) { one } else { most },
        )
    }

    /// Whether the machine changed by more than [`MOST_DRIFT`], in either direction.
    pub fn is_large(&self) -> bool {
        away(self.largest().1) > MOST_DRIFT
    }
}

/// How far a ratio is from one, upward or downward.
fn away(ratio: f64) -> f64 {
    ratio.max(1.0 / ratio) - 1.0
}

fn least(kernel: impl Fn() -> u64) -> u64 {
    let begin = Instant::now();
    let (mut least, mut runs) = (Duration::MAX, 0);
    // A single run may be the one in which the processor was taken away.
    while begin.elapsed() < EACH || runs < LEAST_RUNS {
        let start = Instant::now();
        black_box(kernel());
        least = least.min(start.elapsed());
        runs += 1;
    }
    least.as_nanos() as u64
}

fn next(state: u64) -> u64 {
    // G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003.
    let state = state ^ (state << 13);
    let state = state ^ (state >> 7);
    state ^ (state << 17)
}

fn arithmetic(steps: u32) -> u64 {
    (0..steps).fold(black_box(88_172_645_463_325_252), |state, _| next(state))
}

fn branches(steps: u32) -> u64 {
    let (mut state, mut sum) = (black_box(88_172_645_463_325_252), 0u64);
    for _ in 0..steps {
        state = next(state);
        if black_box(state & 1 == 0) {
            sum = sum.wrapping_mul(3).wrapping_add(state);
        } else {
            sum ^= state >> 3;
        }
    }
    sum
}

fn walk(cycle: &[u32], steps: u32) -> u64 {
    (0..steps).fold(black_box(0u32), |at, _| cycle[at as usize]).into()
}

/// One cycle through all places, in an order drawn from a fixed seed.
fn cycle() -> &'static [u32] {
    static CYCLE_OF_ALL: OnceLock<Vec<u32>> = OnceLock::new();
    CYCLE_OF_ALL.get_or_init(|| {
        let mut cycle: Vec<u32> = (0..CYCLE as u32).collect();
        let mut state = 42;
        // S. Sattolo, "An algorithm to generate a random cyclic permutation", Information Processing Letters 22(6), 1986.
        for i in (1..CYCLE).rev() {
            state = next(state);
            cycle.swap(i, (state % i as u64) as usize);
        }
        cycle
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cycle_leads_through_all_places() {
        let cycle = cycle();
        let mut at = 0;
        let steps = 1
            + (0..CYCLE)
                .position(|_| {
                    at = cycle[at as usize];
                    at == 0
                })
                .unwrap();
        assert_eq!(steps, CYCLE);
    }

    #[test]
    fn drift_is_that_of_the_kernel_that_changed_most_in_either_direction() {
        let of = |a, m, b| Reference { arithmetic_ns: a, memory_ns: m, branches_ns: b };
        let slower = Drift { before: of(100, 100, 100), after: of(105, 150, 90) };
        assert_eq!((slower.largest(), slower.is_large()), (("memory", 1.5), true));
        let faster = Drift { before: of(100, 100, 100), after: of(100, 100, 50) };
        assert_eq!((faster.largest(), faster.is_large()), (("branches", 0.5), true));
        let still = Drift { before: of(100, 100, 100), after: of(110, 95, 100) };
        assert_eq!((still.largest(), still.is_large()), (("arithmetic", 1.1), false));
    }

    #[test]
    fn the_reference_takes_time_in_each_kernel() {
        let reference = Reference::measure();
        assert!(reference.kernels().iter().all(|(_, ns)| *ns > 1_000), "{reference:?}");
    }
}
