//! Memory that grows with each repeat of the same work.
//!
//! A leak grows to the end; a cache or a pool grows once and stays. Growth is read off the increments between medians of equal
//! stretches of the second half: a leak makes them alike, a cache that fills once makes one of them large, which widens the
//! interval and hides it; noise around a level makes them cancel.

use serde::{Deserialize, Serialize};

use super::{Interval, StatsError, error, percentile, student_interval};

/// Stretches that the second half is cut into.
const STRETCHES: usize = 10;

/// Fewest repeats: two values per stretch.
pub const GROWTH_REPEATS: usize = 4 * STRETCHES;

/// Whether memory grows with each repeat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrowthVerdict {
    /// It grows by at least the least leak, to the end.
    Leak,
    /// It grows by less than the least leak.
    Steady,
    /// The interval holds both.
    Unproven,
}

/// Net growth per repeat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// In the unit of the input per repeat, over the second half.
    pub per_repeat: Interval,
    /// What follows.
    pub verdict: GrowthVerdict,
}

/// Finds growth in what is held after each repeat of one work.
///
/// - `held`: bytes in use after each repeat, in order; the first half is warm-up and not looked at
/// - `least`: growth per repeat that counts as a leak, above zero
///
/// # Errors
/// [`StatsError::TooFew`] below [`GROWTH_REPEATS`] values, [`StatsError::NotFinite`], [`StatsError::Parameter`] for a `least` of zero or
/// less or a level outside (0, 1).
pub fn growth(held: &[f64], least: f64, level: f64) -> Result<Growth, StatsError> {
    error::finite(held, GROWTH_REPEATS, "growth per repeat")?;
    if least.is_nan() || least <= 0.0 {
        let allowed = "above 0";
        return Err(StatsError::Parameter { name: "the least leak", value: least, allowed });
    }
    let tail = &held[held.len() / 2..];
    let length = tail.len() / STRETCHES;
    let tail = &tail[tail.len() - length * STRETCHES..];
    let mut medians = Vec::with_capacity(STRETCHES);
    for stretch in tail.chunks_exact(length) {
        medians.push(percentile(stretch, 0.5)?);
    }
    let increments: Vec<f64> =
        medians.windows(2).map(|two| (two[1] - two[0]) / length as f64).collect();
    let per_repeat = student_interval(&increments, level)?;
    // A cache that filled up to somewhere inside of the second half has stopped by its end.
    let last = &increments[increments.len() - STRETCHES / 3..];
    let goes_on = last.iter().sum::<f64>() / last.len() as f64 >= 0.5 * per_repeat.estimate;
    let verdict = if per_repeat.high < least {
        GrowthVerdict::Steady
    } else if per_repeat.low > 0.0 && per_repeat.estimate >= least && goes_on {
        GrowthVerdict::Leak
    } else if !goes_on {
        GrowthVerdict::Steady
    } else {
        GrowthVerdict::Unproven
    };
    Ok(Growth { per_repeat, verdict })
}
