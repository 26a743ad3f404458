//! What a list of measurements looks like in a dozen numbers.

use serde::{Deserialize, Serialize};

use super::{StatsError, error};

/// Twelve numbers about one sample, all in its unit except `n`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Number of values.
    pub n: usize,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Half of the values lie below.
    pub median: f64,
    /// Standard deviation with divisor n - 1; absent for a single value.
    pub deviation: Option<f64>,
    /// Median distance from the median; times 1.4826 it estimates the deviation of normal values.
    pub mad: f64,
    /// First quartile.
    pub p25: f64,
    /// Third quartile.
    pub p75: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// n-th root of the product; absent unless all values are above zero.
    pub geometric_mean: Option<f64>,
}

impl Summary {
    /// Summarises values of any order.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] without values, [`StatsError::NotFinite`].
    ///
    /// # Examples
    /// ```
    /// # use backcast_lab::stats::Summary;
    /// let summary = Summary::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
    /// assert_eq!((summary.median, summary.p25, summary.mad), (2.5, 1.75, 1.0));
    /// assert!(Summary::of(&[]).is_err());
    /// ```
    pub fn of(values: &[f64]) -> Result<Summary, StatsError> {
        let sorted = Summary::sorted(values, "a summary")?;
        let (mean, deviation) = mean_and_deviation(values);
        let median = percentile_of_sorted(&sorted, 0.5);
        let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
        distances.sort_unstable_by(f64::total_cmp);
        let logarithms = || values.iter().map(|value| libm::log(*value)).sum::<f64>();
        Ok(Summary {
            n: values.len(),
            min: sorted[0],
            max: sorted[sorted.len() - 1],
            mean,
            median,
            deviation: (values.len() > 1).then_some(deviation),
            mad: percentile_of_sorted(&distances, 0.5),
            p25: percentile_of_sorted(&sorted, 0.25),
            p75: percentile_of_sorted(&sorted, 0.75),
            p95: percentile_of_sorted(&sorted, 0.95),
            p99: percentile_of_sorted(&sorted, 0.99),
            geometric_mean: (sorted[0] > 0.0)
                .then(|| libm::exp(logarithms() / values.len() as f64)),
        })
    }

    /// Finite values in rising order, at least one.
    pub(super) fn sorted(values: &[f64], what: &'static str) -> Result<Vec<f64>, StatsError> {
        error::finite(values, 1, what)?;
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(sorted)
    }
}

/// The value below which the fraction `p` of the sample lies: linear interpolation between the order statistics around
/// `1 + p (n - 1)`, which is definition 7 of R. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American
/// Statistician 50(4), 1996.
///
/// It is the largest value for `p = 1` only: p95 of ten values lies between the ninth and the tenth.
///
/// # Errors
/// [`StatsError::TooFew`] without values, [`StatsError::NotFinite`], [`StatsError::Parameter`] for `p` outside [0, 1].
pub fn percentile(values: &[f64], p: f64) -> Result<f64, StatsError> {
    if !(0.0..=1.0).contains(&p) {
        return Err(StatsError::Parameter { name: "p", value: p, allowed: "from 0 to 1" });
    }
    Ok(percentile_of_sorted(&Summary::sorted(values, "a percentile")?, p))
}

/// [`percentile`] of values that are in rising order and not empty.
pub(super) fn percentile_of_sorted(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = (place as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let part = place - below as f64;
    if part == 0.0 { sorted[below] } else { sorted[below] + part * (sorted[above] - sorted[below]) }
}

/// Mean, and deviation with divisor n - 1 (zero for a single value), in two passes.
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    (mean, if values.len() > 1 { libm::sqrt(squares / (n - 1.0)) } else { 0.0 })
}
