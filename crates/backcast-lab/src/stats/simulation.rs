//! Sessions with a known truth, to count how often the methods are right.
//!
//! A method that promises 95 % is held to it here: by the tests with bounds, by `cargo xtask bench statistics` with figures.

use super::{Comparison, Criteria, Interval, Observation, Pair, Random, StatsError, compare_pairs};

/// How the runs of a simulated machine scatter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scatter {
    /// Normal logarithms.
    Normal,
    /// Exponential delays on top of an undisturbed time, the usual shape of a quiet machine.
    Delays,
    /// Normal logarithms, with one run in twenty disturbed by six times the usual spread, always upwards.
    Disturbed,
}

impl Scatter {
    /// All shapes.
    pub const ALL: [Scatter; 3] = [Scatter::Normal, Scatter::Delays, Scatter::Disturbed];

    /// A logarithm of mean about zero and deviation one.
    fn draw(self, random: &mut Random) -> f64 {
        match self {
            Scatter::Normal => random.normal(),
            Scatter::Delays => -1.0 - libm::log(1.0 - random.unit()),
            Scatter::Disturbed => {
                // The disturbance has mean 0.05 * 6 and raises the variance to 1 + 0.05 * 36 - 0.3^2.
                let disturbed = if random.below(20) == 0 { 6.0 } else { 0.0 };
                (random.normal() + disturbed - 0.3) / libm::sqrt(1.0 + 1.8 - 0.09)
            }
        }
    }
}

/// A kind of session, to be drawn many times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulated {
    /// Blocks of two pairs.
    pub blocks: u32,
    /// True ratio of candidate to base.
    pub ratio: f64,
    /// Deviation of the log-ratio of a pair.
    pub pair_cv: f64,
    /// Shape of the scatter.
    pub scatter: Scatter,
}

impl Simulated {
    /// The pairs of one session. The machine's speed wanders by 5 % from block to block and drifts by 1 % within each.
    pub fn draw(&self, random: &mut Random) -> Vec<Pair> {
        let spread = self.pair_cv / std::f64::consts::SQRT_2;
        let mut pairs = Vec::with_capacity(2 * self.blocks as usize);
        for block in 0..self.blocks {
            let machine = 1e8 * libm::exp(0.05 * random.normal());
            let mut run = |slot: i32, ratio: f64| {
                let drift = 0.01 * f64::from(slot) / 3.0;
                machine * ratio * libm::exp(drift + spread * self.scatter.draw(random))
            };
            let (a1, b1, b2, a2) =
                (run(0, 1.0), run(1, self.ratio), run(2, self.ratio), run(3, 1.0));
            pairs.push(Pair { block, base: a1, candidate: b1 });
            pairs.push(Pair { block, base: a2, candidate: b2 });
        }
        pairs
    }

    /// Comparisons of so many sessions, in the order of their seeds.
    ///
    /// # Errors
    /// As [`compare_pairs`].
    pub fn compared(
        &self,
        sessions: u64,
        criteria: &Criteria,
        seed: u64,
    ) -> Result<Vec<Comparison>, StatsError> {
        let mut random = Random::new(seed);
        (0..sessions)
            .map(|session| {
                let criteria = Criteria { seed: seed.wrapping_add(session), ..*criteria };
                compare_pairs(&self.draw(&mut random), &criteria)
            })
            .collect()
    }
}

/// A history of values that scatter by `spread` (relative) around levels; each level is `(values, level)`.
pub fn history(levels: &[(usize, f64)], spread: f64, random: &mut Random) -> Vec<f64> {
    let mut values = Vec::new();
    for &(length, level) in levels {
        values.extend((0..length).map(|_| level * libm::exp(spread * random.normal())));
    }
    values
}

/// Five runs at each size, off by `spread` (relative) from a known cost.
pub fn costs(
    sizes: &[f64],
    cost: impl Fn(f64) -> f64,
    spread: f64,
    random: &mut Random,
) -> Vec<Observation> {
    let mut runs = Vec::new();
    for &n in sizes {
        for _ in 0..5 {
            let cost = cost(n) * libm::exp(spread * random.normal());
            runs.push(Observation { sizes: vec![n], cost });
        }
    }
    runs
}

/// Bytes held after each of `calls`, of a program that leaks `leak` bytes a call below twenty megabytes that breathe by 30 KB.
pub fn held(calls: u32, leak: f64, random: &mut Random) -> Vec<f64> {
    (1..=calls).map(|call| 20e6 + leak * f64::from(call) + 30e3 * random.normal()).collect()
}

/// How often intervals miss the truth, on each side, as fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Misses {
    /// The whole interval lies below the truth.
    pub below: f64,
    /// The whole interval lies above the truth.
    pub above: f64,
}

impl Misses {
    /// Counts the intervals that miss.
    pub fn of(intervals: impl IntoIterator<Item = Interval>, truth: f64) -> Misses {
        let (mut n, mut below, mut above) = (0.0f64, 0.0, 0.0);
        for interval in intervals {
            n += 1.0;
            below += f64::from(interval.high < truth);
            above += f64::from(interval.low > truth);
        }
        Misses { below: below / n.max(1.0), above: above / n.max(1.0) }
    }

    /// Both sides.
    pub fn total(&self) -> f64 {
        self.below + self.above
    }
}

/// The fraction of items for which something holds.
pub fn rate<T>(items: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    items.iter().filter(|item| holds(item)).count() as f64 / items.len().max(1) as f64
}
