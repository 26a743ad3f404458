//! An estimate with the range it may lie in, and the ways to get one.
//!
//! Sources: Student, "The Probable Error of a Mean", Biometrika 6(1), 1908; T. Hesterberg, "What Teachers Should Know About the
//! Bootstrap", The American Statistician 69(4), 2015, section 3.1 (expanded percentiles); for the median, order statistics and the
//! binomial distribution (E. Thompson, Annals of Mathematical Statistics 7(3), 1936).

use serde::{Deserialize, Serialize};

use super::{
    Random, StatsError, Summary,
    distributions::{binomial_cdf, normal_cdf, student_quantile},
    error,
    summary::{self, percentile_of_sorted},
};

/// An estimate and the ends of its confidence interval, in the unit of the estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The best single value.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How often such an interval holds the true value: 0.95, 0.99.
    pub level: f64,
}

impl Interval {
    /// Whether the value lies inside, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half of the distance between the ends.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    /// What of it is possible, where the value cannot lie beyond these ends. The estimate must lie between them.
    pub fn within(&self, least: f64, most: f64) -> Interval {
        Interval { low: self.low.max(least), high: self.high.min(most), ..*self }
    }

    /// The interval of a rising function of the value: of a ratio from that of its logarithm, say.
    pub fn map(&self, rising: impl Fn(f64) -> f64) -> Interval {
        Interval {
            estimate: rising(self.estimate),
            low: rising(self.low),
            high: rising(self.high),
            level: self.level,
        }
    }
}

/// Interval of the mean by Student's t; exact for normal values, fair for small numbers of others.
///
/// # Errors
/// [`StatsError::TooFew`] below two values, [`StatsError::NotFinite`], [`StatsError::Parameter`] for a level outside (0, 1).
pub fn student_interval(values: &[f64], level: f64) -> Result<Interval, StatsError> {
    error::level(level)?;
    error::finite(values, 2, "the interval of a mean")?;
    let (mean, deviation) = summary::mean_and_deviation(values);
    let n = values.len() as f64;
    let half = student_quantile(0.5 + 0.5 * level, n - 1.0) * deviation / libm::sqrt(n);
    Ok(Interval { estimate: mean, low: mean - half, high: mean + half, level })
}

/// Interval of the mean of values above zero, such as times: that of [`student_interval`] on the logarithm of the mean, so that its
/// ends are above zero, too.
///
/// The deviation of a mean's logarithm is its relative deviation (the delta method). Where values scatter by little the two
/// intervals are one; where they scatter by much, upwards mostly, this one holds the truth more often.
///
/// # Errors
/// As [`student_interval`], and [`StatsError::NotPositive`].
pub fn positive_interval(values: &[f64], level: f64) -> Result<Interval, StatsError> {
    error::positive(values, 2, "the interval of a positive mean")?;
    let student = student_interval(values, level)?;
    let mean = student.estimate;
    let reach = libm::exp(student.half_width() / mean);
    Ok(Interval { estimate: mean, low: mean / reach, high: mean * reach, level })
}

/// Interval of the median from two order statistics, without an assumption about the distribution.
///
/// The ends are values of the sample, so the interval covers at least `level`. `None` where there are too few values for
/// any pair of them to reach it (it takes 6 values at 95 %, 8 at 99 %).
///
/// # Errors
/// [`StatsError::TooFew`] without values, [`StatsError::NotFinite`], [`StatsError::Parameter`] for a level outside (0, 1).
pub fn median_interval(values: &[f64], level: f64) -> Result<Option<Interval>, StatsError> {
    error::level(level)?;
    let sorted = Summary::sorted(values, "the interval of a median")?;
    let n = sorted.len() as u64;
    let tail = 0.5 * (1.0 - level);
    let outside = (0..n / 2).take_while(|&k| binomial_cdf(k, n, 0.5) <= tail).count();
    let Some(rank) = outside.checked_sub(1) else { return Ok(None) };
    Ok(Some(Interval {
        estimate: percentile_of_sorted(&sorted, 0.5),
        low: sorted[rank],
        high: sorted[sorted.len() - 1 - rank],
        level,
    }))
}

/// Interval of any statistic by the expanded percentile bootstrap over independent units (blocks, sessions).
///
/// - `units`: how many there are; `statistic` gets the numbers of the units of one resample
/// - `level`: of the interval; `resamples`: 10,000 is customary; `seed`: equal seeds give equal bits
///
/// The plain percentile interval of n units is too narrow by about sqrt((n - 1) / n) and by the normal in place of t; Hesterberg widens the percentiles
/// to `normal_cdf(-sqrt(n / (n - 1)) t)`.
///
/// # Errors
/// [`StatsError::TooFew`] below two units or resamples, [`StatsError::NotFinite`] if the statistic of a resample is
/// no number, [`StatsError::Parameter`] for a level outside (0, 1).
pub fn bootstrap_interval(
    units: usize,
    mut statistic: impl FnMut(&[usize]) -> f64,
    level: f64,
    resamples: usize,
    seed: u64,
) -> Result<Interval, StatsError> {
    error::level(level)?;
    const WHAT: &str = "a bootstrap interval";
    if units < 2 {
        return Err(StatsError::TooFew { what: WHAT, needed: 2, found: units });
    }
    let mut drawn: Vec<usize> = (0..units).collect();
    let estimate = statistic(&drawn);
    let mut random = Random::new(seed);
    let mut values = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        drawn.iter_mut().for_each(|unit| *unit = random.below(units));
        values.push(statistic(&drawn));
    }
    error::finite(&values, 2, WHAT)?;
    error::finite(&[estimate], 1, WHAT)?;
    values.sort_unstable_by(f64::total_cmp);
    let tail = expanded_tail(units, level);
    let low = percentile_of_sorted(&values, tail);
    let high = percentile_of_sorted(&values, 1.0 - tail);
    Ok(Interval { estimate, low, high, level })
}

/// The tail probability whose percentiles Hesterberg's expanded interval takes.
fn expanded_tail(units: usize, level: f64) -> f64 {
    let n = units as f64;
    let t = student_quantile(0.5 + 0.5 * level, n - 1.0);
    normal_cdf(-libm::sqrt(n / (n - 1.0)) * t)
}
