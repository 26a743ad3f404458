//! Shares of a whole: from samples, and against a claim.
//!
//! Source: E. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22(158), 1927.

use serde::{Deserialize, Serialize};

use super::{Interval, StatsError, distributions::normal_quantile, error};

/// Interval of a share of which `hits` of `samples` independent samples were found.
///
/// # Errors
/// [`StatsError::TooFew`] without samples, [`StatsError::Parameter`] for more hits than samples or a level outside (0, 1).
pub fn share_interval(hits: u64, samples: u64, level: f64) -> Result<Interval, StatsError> {
    error::level(level)?;
    if samples == 0 {
        return Err(StatsError::TooFew { what: "a share", needed: 1, found: 0 });
    }
    if hits > samples {
        let allowed = "at most the number of samples";
        return Err(StatsError::Parameter { name: "hits", value: hits as f64, allowed });
    }
    let (n, p) = (samples as f64, hits as f64 / samples as f64);
    let z = normal_quantile(0.5 + 0.5 * level);
    let square = z * z / n;
    let middle = (p + 0.5 * square) / (1.0 + square);
    let half = z * libm::sqrt(p * (1.0 - p) / n + square / (4.0 * n)) / (1.0 + square);
    let low = if hits == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if hits == samples { 1.0 } else { (middle + half).min(1.0) };
    Ok(Interval { estimate: p, low, high, level })
}

/// Samples after which a share is known to within `relative` of itself.
///
/// # Errors
/// [`StatsError::Parameter`] for a share outside (0, 1), a tolerance of zero or less, or a level outside (0, 1).
///
/// # Examples
/// ```
/// # use backcast_lab::stats::samples_for_share;
/// assert_eq!(samples_for_share(0.005, 0.2, 0.95).unwrap(), 19_112);
/// ```
pub fn samples_for_share(share: f64, relative: f64, level: f64) -> Result<u64, StatsError> {
    error::level(level)?;
    if !(share > 0.0 && share < 1.0) {
        let allowed = "between 0 and 1";
        return Err(StatsError::Parameter { name: "a share", value: share, allowed });
    }
    if relative.is_nan() || relative <= 0.0 {
        let allowed = "above 0";
        return Err(StatsError::Parameter { name: "the tolerance", value: relative, allowed });
    }
    let z = normal_quantile(0.5 + 0.5 * level);
    Ok(libm::ceil(z * z * (1.0 - share) / (share * relative * relative)) as u64)
}

/// What a measured share says about a claimed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareVerdict {
    /// The whole interval lies within the tolerance of the claim.
    Confirmed,
    /// The whole interval lies outside.
    Refuted,
    /// The interval reaches over an edge of the tolerance: more samples or runs would tell.
    Unproven,
}

/// Judges a claimed share by the interval of a measured one. Both and the tolerance are fractions of the whole: a tolerance of 0.05 on a
/// claim of 0.615 allows 0.565 to 0.665.
///
/// # Errors
/// [`StatsError::Parameter`] for a claim outside [0, 1] or a tolerance that is not above zero.
pub fn judge_share(
    claimed: f64,
    tolerance: f64,
    measured: &Interval,
) -> Result<ShareVerdict, StatsError> {
    if !(0.0..=1.0).contains(&claimed) {
        let allowed = "from 0 to 1";
        return Err(StatsError::Parameter { name: "a share", value: claimed, allowed });
    }
    if tolerance.is_nan() || tolerance <= 0.0 {
        let allowed = "above 0";
        return Err(StatsError::Parameter { name: "the tolerance", value: tolerance, allowed });
    }
    error::finite(&[measured.low, measured.high], 2, "a judgement of a share")?;
    let (least, most) = (claimed - tolerance, claimed + tolerance);
    Ok(if least <= measured.low && measured.high <= most {
        ShareVerdict::Confirmed
    } else if measured.high < least || most < measured.low {
        ShareVerdict::Refuted
    } else {
        ShareVerdict::Unproven
    })
}
