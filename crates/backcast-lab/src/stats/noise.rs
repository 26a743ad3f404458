//! A session's own noise, from runs of one program in the same slot: the A/A check.
//!
//! In blocks `A B B A` the two A runs differ by slot and by chance. Taken from two neighbouring blocks, the slots cancel:
//! `((a2 - a1) - (a2' - a1')) / 2` of logarithms has the spread of one block's A-to-B log-ratio, and no effect in it. So each session
//! carries as many A/A units as it has blocks, at no further runs, and no slot biases them.
//!
//! The two units of neighbouring blocks, one of each program, come from the same minutes. A machine that gets slower evenly does not make
//! them alike, because it cancels as slots do; one whose speed wanders from run to run by as much as runs scatter does, and fails some
//! three sound sessions in a thousand instead of one.

use serde::{Deserialize, Serialize};

use super::{
    Criteria, Interval, Pair, StatsError, distributions::student_two_sided, error, pairs,
    summary::mean_and_deviation,
};

/// Probability below which an A/A check fails. It guards against broken sessions, so it must hardly ever fail a sound one.
pub const AA_ALARM: f64 = 0.001;

/// What a session can tell apart at best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoiseFloor {
    /// Ratio of a program to itself, with its interval.
    pub ratio: Interval,
    /// Largest relative difference that the interval allows between a program and itself: 0.02 is two percent.
    pub floor: f64,
    /// Number of A/A units.
    pub units: usize,
    /// Probability of such a ratio if nothing but chance is at work.
    pub p: f64,
    /// Whether chance explains the ratio: `p` is [`AA_ALARM`] or more.
    pub passed: bool,
}

impl NoiseFloor {
    /// Whether a threshold can gate: the A/A check passed, and the threshold is not below the floor.
    pub fn can_gate(&self, threshold: f64) -> bool {
        self.passed && threshold >= self.floor
    }
}

/// The noise floor of a session of `A B B A` blocks.
///
/// # Errors
/// [`StatsError::TooFew`] below four blocks of two pairs, [`StatsError::NotPositive`], [`StatsError::NotFinite`],
/// [`StatsError::Parameter`].
pub fn noise_floor(session: &[Pair], criteria: &Criteria) -> Result<NoiseFloor, StatsError> {
    for value in [|pair: &Pair| pair.base, |pair: &Pair| pair.candidate] {
        let values: Vec<f64> = session.iter().map(value).collect();
        error::positive(&values, 0, "a noise floor")?;
    }
    let mut blocks = std::collections::BTreeMap::<u32, Vec<Pair>>::new();
    for pair in session {
        blocks.entry(pair.block).or_default().push(*pair);
    }
    // Difference of slots within a block, of the base and of the candidate.
    let slots: Vec<[f64; 2]> = blocks
        .values()
        .filter(|block| block.len() >= 2)
        .map(|block| {
            let (first, second) = (block[0], block[1]);
            [(first.base, second.base), (first.candidate, second.candidate)]
                .map(|(first, second)| libm::log(second) - libm::log(first))
        })
        .collect();
    if slots.len() < 4 {
        let what = "a noise floor (in blocks of two pairs)";
        return Err(StatsError::TooFew { what, needed: 4, found: slots.len() });
    }
    let units: Vec<f64> = slots
        .chunks_exact(2)
        .flat_map(|two| [0, 1].map(|arm| 0.5 * (two[0][arm] - two[1][arm])))
        .collect();
    floor_of(&units, criteria)
}

/// The noise floor of a session in which both sides are one program.
///
/// # Errors
/// As [`compare_pairs`](super::compare_pairs).
pub fn noise_floor_of_equals(
    session: &[Pair],
    criteria: &Criteria,
) -> Result<NoiseFloor, StatsError> {
    super::compare_pairs(session, criteria)?;
    floor_of(&pairs::block_means(session.iter().copied()), criteria)
}

fn floor_of(units: &[f64], criteria: &Criteria) -> Result<NoiseFloor, StatsError> {
    criteria.check()?;
    let (log_ratio, _) = pairs::log_ratio(units, criteria)?;
    let ratio = log_ratio.map(libm::exp);
    let floor = (ratio.high - 1.0).max(1.0 / ratio.low - 1.0);
    let p = chance_of_mean(units);
    Ok(NoiseFloor { ratio, floor, units: units.len(), p, passed: p >= AA_ALARM })
}

/// Two-sided t probability of the mean of these values around zero.
fn chance_of_mean(units: &[f64]) -> f64 {
    let (mean, deviation) = mean_and_deviation(units);
    let n = units.len() as f64;
    match (mean == 0.0, deviation == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => student_two_sided(mean * libm::sqrt(n) / deviation, n - 1.0),
    }
}
