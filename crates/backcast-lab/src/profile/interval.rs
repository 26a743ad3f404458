//! How far a sampled share may be from the true one.
//!
//! Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
//! Statistical Association 22(158), 1927.

use crate::stats::{Interval, distributions::normal_quantile};

/// Wilson's interval of a share that was estimated from so many samples; the whole range where there are none.
///
/// # Examples
/// ```
/// # use backcast_lab::profile::share_interval;
/// // 5 of 1000 samples: half a per cent is known to a fifth of a per cent or so.
/// let share = share_interval(0.005, 1000, 0.95);
/// assert!((0.002..0.003).contains(&share.low) && (0.011..0.013).contains(&share.high));
/// ```
pub fn share_interval(share: f64, samples: u64, level: f64) -> Interval {
    let n = samples as f64;
    if n == 0.0 {
        return Interval { estimate: share, low: 0.0, high: 1.0, level };
    }
    let z = normal_quantile(0.5 + 0.5 * level);
    let shrunk = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / shrunk;
    let half = z / shrunk * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).max(0.0).sqrt();
    Interval {
        estimate: share,
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
        level,
    }
}
