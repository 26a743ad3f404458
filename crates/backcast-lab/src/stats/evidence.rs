//! What a claim of a gain is worth: the faults of its evidence, by name.
//!
//! Built so that a gain told by two figures, one before and one after, can never come out as proven.

use serde::{Deserialize, Serialize};

use super::{Comparison, Criteria, Interval, Pair, StatsError, Verdict, compare_pairs, error};

/// A claim that something takes `after` instead of `before`, with all that is told of how it was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Measurements before the change, in any one unit above zero.
    pub before: Vec<f64>,
    /// Measurements after it.
    pub after: Vec<f64>,
    /// Which measurements stand side by side, if they were taken in turns.
    pub pairs: Vec<Pair>,
    /// The gain that is claimed, as a fraction of `before`: 0.08 is eight percent less.
    pub gain: Option<f64>,
    /// A figure and the range that is stated for it.
    pub stated: Option<StatedRange>,
    /// Whether a program was compared with itself in the same session, and found equal.
    pub compared_with_itself: bool,
}

/// A figure with its stated range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatedRange {
    /// The figure.
    pub value: f64,
    /// Smallest value that is said to have occurred.
    pub low: f64,
    /// Largest value that is said to have occurred.
    pub high: f64,
}

/// What is wrong with a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// A side has one figure: no spread, no interval.
    SingleFigure {
        /// Measurements before.
        before: usize,
        /// Measurements after.
        after: usize,
    },
    /// The measurements were not taken in turns, so a machine that drifted looks like a gain.
    NotInterleaved,
    /// The noise of the session is unknown: nothing was compared with itself.
    NoiseUnknown,
    /// The stated range does not hold the stated value.
    OutsideItsOwnRange {
        /// What was stated.
        stated: StatedRange,
    },
    /// The interval of the measurements does not hold the claimed gain.
    GainNotMeasured {
        /// The gain claimed.
        claimed: f64,
        /// The gain measured.
        measured: Interval,
    },
    /// The comparison of the pairs does not say faster.
    NoDifference,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::SingleFigure { before, after } => write!(
                f,
                "{before} measurement before and {after} after: a spread takes two or more of each"
            ),
            Fault::NotInterleaved => f.write_str("before and after were not measured in turns"),
            Fault::NoiseUnknown => {
                f.write_str("no program was compared with itself, so the noise is unknown")
            }
            Fault::OutsideItsOwnRange { stated: StatedRange { value, low, high } } => {
                write!(f, "the stated range {low} to {high} does not hold the stated {value}")
            }
            Fault::GainNotMeasured { claimed, measured } => write!(
                f,
                "a gain of {:.1} % is claimed, {:.1} to {:.1} % were measured",
                claimed * 100.0,
                measured.low * 100.0,
                measured.high * 100.0
            ),
            Fault::NoDifference => f.write_str("the pairs do not show a gain"),
        }
    }
}

/// The standing of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// True only without any fault.
    pub proven: bool,
    /// All that is wrong, in the order of [`Fault`].
    pub faults: Vec<Fault>,
    /// The comparison, where the pairs allow one.
    pub comparison: Option<Comparison>,
}

/// Weighs a claim.
///
/// # Errors
/// [`StatsError::NotPositive`] or [`StatsError::NotFinite`] for a measurement that has no ratio, [`StatsError::Parameter`] for criteria out
/// of range. Missing measurements are faults, not errors.
///
/// # Examples
/// ```
/// # use backcast_lab::stats::{Claim, Criteria, evidence};
/// let claim = Claim { before: vec![5.21], after: vec![4.79], gain: Some(0.081), ..Claim::default() };
/// let evidence = evidence(&claim, &Criteria::default()).unwrap();
/// assert!(!evidence.proven);
/// ```
pub fn evidence(claim: &Claim, criteria: &Criteria) -> Result<Evidence, StatsError> {
    criteria.check()?;
    error::positive(&claim.before, 0, "a claim")?;
    error::positive(&claim.after, 0, "a claim")?;
    let mut faults = Vec::new();
    let count = |own: usize| own.max(claim.pairs.len());
    let (before, after) = (count(claim.before.len()), count(claim.after.len()));
    if before < 2 || after < 2 {
        faults.push(Fault::SingleFigure { before, after });
    }
    let comparison = match compare_pairs(&claim.pairs, criteria) {
        Ok(comparison) => Some(comparison),
        Err(StatsError::TooFew { .. }) => {
            faults.push(Fault::NotInterleaved);
            None
        }
        Err(error) => return Err(error),
    };
    if !claim.compared_with_itself {
        faults.push(Fault::NoiseUnknown);
    }
    if let Some(stated) = claim.stated
        && !(stated.low <= stated.value && stated.value <= stated.high)
    {
        faults.push(Fault::OutsideItsOwnRange { stated });
    }
    if let Some(comparison) = &comparison {
        let measured = gain_of(comparison.ratio);
        if let Some(claimed) = claim.gain.filter(|claimed| !measured.contains(*claimed)) {
            faults.push(Fault::GainNotMeasured { claimed, measured });
        }
        if comparison.verdict != Verdict::Faster {
            faults.push(Fault::NoDifference);
        }
    }
    Ok(Evidence { proven: faults.is_empty(), faults, comparison })
}

/// The gain, as a fraction of the base, that belongs to a ratio.
pub fn gain_of(ratio: Interval) -> Interval {
    let gain = |ratio: f64| 1.0 - ratio;
    Interval {
        estimate: gain(ratio.estimate),
        low: gain(ratio.high),
        high: gain(ratio.low),
        level: ratio.level,
    }
}

/// The ratio of several changes made one after the other, each measured on top of those before it: ratios multiply, and
/// the logarithms' half-widths add as independent errors do. Gains never add: 70 % and then 25 % are 77.5 %, not 95 %.
///
/// # Errors
/// [`StatsError::TooFew`] without ratios, [`StatsError::NotPositive`] or [`StatsError::NotFinite`] for a bound without a logarithm,
/// [`StatsError::Parameter`] where the levels differ.
pub fn compose(ratios: &[Interval]) -> Result<Interval, StatsError> {
    let what = "a chain of ratios";
    let Some(first) = ratios.first() else {
        return Err(StatsError::TooFew { what, needed: 1, found: 0 });
    };
    let (mut estimate, mut below, mut above) = (0.0, 0.0, 0.0);
    for ratio in ratios {
        error::positive(&[ratio.low, ratio.estimate, ratio.high], 3, what)?;
        if ratio.level != first.level {
            let allowed = "the same for all ratios of a chain";
            return Err(StatsError::Parameter { name: "level", value: ratio.level, allowed });
        }
        let [low, middle, high] = [ratio.low, ratio.estimate, ratio.high].map(libm::log);
        estimate += middle;
        below += (middle - low) * (middle - low);
        above += (high - middle) * (high - middle);
    }
    Ok(Interval {
        estimate: libm::exp(estimate),
        low: libm::exp(estimate - libm::sqrt(below)),
        high: libm::exp(estimate + libm::sqrt(above)),
        level: first.level,
    })
}
