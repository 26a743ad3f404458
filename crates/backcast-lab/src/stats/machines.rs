//! Ratios of several machines or sessions, merged into one.
//!
//! Times of two machines have nothing in common; ratios do, up to a spread between machines that is estimated along the way.
//! Sources: R. DerSimonian and N. Laird, Controlled Clinical Trials 7(3), 1986; G. Knapp and J. Hartung, Statistics in Medicine 22(17), 2003, for
//! the interval, which is fair for a handful of machines where the normal one is far too narrow.

use serde::{Deserialize, Serialize};

use super::{
    Interval, StatsError,
    distributions::{chi_square_above, normal_quantile, student_quantile},
    error,
};

/// The ratio of many machines.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merged {
    /// The ratio on a machine of this kind, with the interval of its geometric mean.
    pub ratio: Interval,
    /// Number of machines.
    pub machines: usize,
    /// Deviation of the log-ratio between machines, beyond what their own intervals explain.
    pub between: f64,
    /// Fraction of the variation that lies between machines, 0 to 1 (I squared).
    pub inconsistency: f64,
    /// Probability of such variation if all machines had one ratio (Cochran's Q).
    pub same_p: f64,
}

/// Merges the ratios of machines, each with its interval at one level.
///
/// # Errors
/// [`StatsError::TooFew`] without ratios, [`StatsError::NotPositive`] or [`StatsError::NotFinite`] for bounds without a logarithm,
/// [`StatsError::NoVariation`] for an interval of no width, [`StatsError::Parameter`] where levels differ.
pub fn merge_ratios(ratios: &[Interval]) -> Result<Merged, StatsError> {
    let what = "a merge of ratios";
    let Some(first) = ratios.first() else {
        return Err(StatsError::TooFew { what, needed: 1, found: 0 });
    };
    let z = normal_quantile(0.5 + 0.5 * error::level(first.level)?);
    let mut studies = Vec::with_capacity(ratios.len());
    for ratio in ratios {
        error::positive(&[ratio.low, ratio.estimate, ratio.high], 3, what)?;
        if ratio.level != first.level {
            let allowed = "the same for all ratios of a merge";
            return Err(StatsError::Parameter { name: "level", value: ratio.level, allowed });
        }
        let error = (libm::log(ratio.high) - libm::log(ratio.low)) / (2.0 * z);
        if error <= 0.0 {
            return Err(StatsError::NoVariation { what, found: 1 });
        }
        studies.push((libm::log(ratio.estimate), error * error));
    }
    if let [single] = ratios {
        return Ok(Merged {
            ratio: *single,
            machines: 1,
            between: 0.0,
            inconsistency: 0.0,
            same_p: 1.0,
        });
    }
    Ok(random_effects(&studies, first.level))
}

/// `studies`: log-ratio and variance of each machine, two or more.
fn random_effects(studies: &[(f64, f64)], level: f64) -> Merged {
    let freedom = studies.len() as f64 - 1.0;
    let weighted = |between: f64| {
        let weights = studies.iter().map(|(_, variance)| 1.0 / (variance + between));
        let total: f64 = weights.clone().sum();
        let mean = weights.clone().zip(studies).map(|(w, (x, _))| w * x).sum::<f64>() / total;
        let q = weights.zip(studies).map(|(w, (x, _))| w * (x - mean) * (x - mean)).sum::<f64>();
        (total, mean, q)
    };
    let (total, _, q) = weighted(0.0);
    let squares: f64 = studies.iter().map(|(_, variance)| variance.powi(-2)).sum();
    let between = ((q - freedom) / (total - squares / total)).max(0.0);
    let (weight, mean, spread) = weighted(between);
    // Never narrower than the errors that the machines themselves state.
    let scale = (spread / freedom).max(1.0);
    let half = student_quantile(0.5 + 0.5 * level, freedom) * libm::sqrt(scale / weight);
    Merged {
        ratio: Interval { estimate: mean, low: mean - half, high: mean + half, level }
            .map(libm::exp),
        machines: studies.len(),
        between: libm::sqrt(between),
        inconsistency: if q > 0.0 { ((q - freedom) / q).max(0.0) } else { 0.0 },
        same_p: chi_square_above(q, freedom),
    }
}
