//! Comparison of two sets of runs that were not taken in turns: today's against a stored baseline's.
//!
//! Weaker than pairs, for nothing here cancels a machine that changed in between. Welch's t on logarithms (B. Welch, Biometrika 34, 1947) gives the
//! ratio, Mann and Whitney's test a second opinion.

use serde::{Deserialize, Serialize};

use super::{
    Criteria, Interval, StatsError, Verdict,
    distributions::{student_cdf, student_quantile},
    error, mann_whitney,
    summary::mean_and_deviation,
    verdict::{self, Measured},
};

/// The outcome of a comparison of unpaired runs. Ratios are candidate by base.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnpairedComparison {
    /// Runs of the base.
    pub base: usize,
    /// Runs of the candidate.
    pub candidate: usize,
    /// Ratio of the geometric means.
    pub ratio: Interval,
    /// Two-sided Mann-Whitney probability of such ranks between equal programs.
    pub mann_whitney_p: f64,
    /// Probability of the data if the programs differed by the margin of equivalence.
    pub equivalence_p: f64,
    /// What follows under the criteria, in pairs of runs where more are needed. Faster and slower need the ranks to agree.
    pub verdict: Verdict,
}

/// Compares independent runs of two programs, in one unit above zero.
///
/// # Errors
/// [`StatsError::TooFew`] below two runs of either, [`StatsError::NotPositive`], [`StatsError::NotFinite`], [`StatsError::Parameter`].
pub fn compare_unpaired(
    base: &[f64],
    candidate: &[f64],
    criteria: &Criteria,
) -> Result<UnpairedComparison, StatsError> {
    criteria.check()?;
    let what = "a comparison of runs";
    error::positive(base, 2, what)?;
    error::positive(candidate, 2, what)?;
    let moments = |values: &[f64]| {
        let logarithms: Vec<f64> = values.iter().map(|value| libm::log(*value)).collect();
        let (mean, deviation) = mean_and_deviation(&logarithms);
        (mean, deviation * deviation / values.len() as f64)
    };
    let ((base_mean, base_variance), (mean, variance)) = (moments(base), moments(candidate));
    let estimate = mean - base_mean;
    let error = libm::sqrt(base_variance + variance);
    let freedom = welch_freedom(base_variance, base.len(), variance, candidate.len());
    let half = student_quantile(0.5 + 0.5 * criteria.level, freedom) * error;
    let log_ratio =
        Interval { estimate, low: estimate - half, high: estimate + half, level: criteria.level };
    let room = libm::log1p(criteria.within) - estimate.abs();
    let equivalence_p = match error {
        0.0 if room > 0.0 => 0.0,
        0.0 => 1.0,
        _ => student_cdf(-room / error, freedom),
    };
    let mann_whitney_p = mann_whitney(candidate, base)?.p;
    let pairs = base.len().min(candidate.len());
    let pair_cv = error * libm::sqrt(pairs as f64);
    let measured = Measured { log_ratio, pair_cv, pairs, equivalence_p };
    Ok(UnpairedComparison {
        base: base.len(),
        candidate: candidate.len(),
        ratio: log_ratio.map(libm::exp),
        mann_whitney_p,
        equivalence_p,
        verdict: agreed(verdict::decide(&measured, criteria), mann_whitney_p, &measured, criteria),
    })
}

/// A difference that the ranks do not see (one far value can make it) is no verdict; at 95 % ranks see one from four runs of each on.
fn agreed(verdict: Verdict, p: f64, measured: &Measured, criteria: &Criteria) -> Verdict {
    let differs = matches!(verdict, Verdict::Faster | Verdict::Slower);
    if differs && p > 1.0 - criteria.level {
        return Verdict::Inconclusive { pairs_needed: measured.pairs as u32 + 1 };
    }
    verdict
}

/// Welch and Satterthwaite's degrees of freedom; large where nothing varies.
fn welch_freedom(a: f64, n: usize, b: f64, m: usize) -> f64 {
    let parts = a * a / (n as f64 - 1.0) + b * b / (m as f64 - 1.0);
    if parts > 0.0 { (a + b) * (a + b) / parts } else { (n + m) as f64 }
}
