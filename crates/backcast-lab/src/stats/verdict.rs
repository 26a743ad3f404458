//! From an interval to a word, and how many pairs the word would take.

use serde::{Deserialize, Serialize};

use super::{Criteria, Interval, distributions::normal_quantile};

/// Power at which numbers of pairs are planned.
pub const POWER: f64 = 0.9;

/// What a comparison says about the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It takes less: the whole interval lies below one, and beyond the minimum effect.
    Faster,
    /// It takes more: the whole interval lies above one, and beyond the minimum effect.
    Slower,
    /// It differs by less than `within` (relative), proven by two one-sided tests.
    Equivalent {
        /// The margin of the criteria.
        within: f64,
    },
    /// Neither a difference nor equivalence is proven.
    Inconclusive {
        /// Pairs, those taken included, that decide with 90 % power if the present estimate and spread are true.
        pairs_needed: u32,
    },
}

/// What a decision is made from, on the scale of logarithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) log_ratio: Interval,
    pub(super) pair_cv: f64,
    pub(super) pairs: usize,
    pub(super) equivalence_p: f64,
}

/// A difference comes before equivalence: a proven one that clears the minimum effect is told even where it is small.
pub(super) fn decide(measured: &Measured, criteria: &Criteria) -> Verdict {
    let least = libm::log1p(criteria.minimum_effect);
    let Interval { low, high, .. } = measured.log_ratio;
    if high < -least {
        Verdict::Faster
    } else if low > least {
        Verdict::Slower
    } else if measured.equivalence_p <= 1.0 - criteria.level {
        Verdict::Equivalent { within: criteria.within }
    } else {
        Verdict::Inconclusive { pairs_needed: still_to_decide(measured, criteria) }
    }
}

/// Pairs with which the present estimate, if true, ends up clear of the minimum effect or inside of the margin.
fn still_to_decide(measured: &Measured, criteria: &Criteria) -> u32 {
    let estimate = measured.log_ratio.estimate.abs();
    let beyond = estimate - libm::log1p(criteria.minimum_effect);
    let inside = libm::log1p(criteria.within) - estimate;
    let needed = pairs_for(measured.pair_cv, beyond.max(inside), criteria.level);
    needed.max(u32::try_from(measured.pairs).unwrap_or(u32::MAX).saturating_add(1))
}

/// Pairs that find a relative difference of `effect` with 90 % power where the log-ratio of a pair spreads by `pair_cv`:
/// `((z_level + z_power) pair_cv / effect)^2`, which at the 95 % level is `(3.24 pair_cv / effect)^2`. At least two, and `u32::MAX`
/// where no number will do.
///
/// # Examples
/// ```
/// # use backcast_lab::stats::pairs_for;
/// assert_eq!(pairs_for(0.01, 0.01, 0.95), 11);
/// assert_eq!(pairs_for(0.0266, 0.01, 0.95), 75);
/// assert_eq!(pairs_for(0.003, 0.005, 0.95), 4);
/// ```
pub fn pairs_for(pair_cv: f64, effect: f64, level: f64) -> u32 {
    let z = normal_quantile(0.5 + 0.5 * level) + normal_quantile(POWER);
    let root = z * pair_cv / effect;
    if effect <= 0.0 || !root.is_finite() {
        return u32::MAX;
    }
    // A float that is too large becomes the largest integer.
    (libm::ceil(root * root) as u32).max(2)
}
