//! Whether a new session is worse than the level of its history: passed, regressed, or not to be told.
//!
//! Runs of one session agree far better than sessions do (the same binary: 0.3 % within a session, 26 % between machines), so the
//! units are sessions. Their spread is estimated from the history since its last change, together with a usual spread that counts as a
//! few sessions, so that one or two sessions are a base too, if a coarse one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Figure, History, Measure, history::level_of};
use crate::stats::{Interval, StatsError, Verdict, distributions::student_quantile};

/// Level of the floor. To miss a regression once in forty times is tolerable, to cry wolf as often is not.
const FLOOR_LEVEL: f64 = 0.95;

/// Sessions that the usual spread counts as.
const USUAL_SESSIONS: f64 = 4.0;

/// When a gate fires.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateOptions {
    /// Relative increase from which on a session has regressed: 0.05 is five percent.
    pub threshold: f64,
    /// Level of the interval that has to exclude no change before the gate fires.
    pub level: f64,
}

impl Default for GateOptions {
    fn default() -> GateOptions {
        GateOptions { threshold: 0.05, level: 0.99 }
    }
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Gate {
    /// An increase of the threshold would have been seen and was not, or is excluded.
    Passed(Judgement),
    /// It takes more, by at least the threshold.
    Regressed(Judgement),
    /// The spread of sessions is too large to see an increase of the threshold.
    TooNoisy(Judgement),
    /// Both are peaks that the launcher cannot tell from what it leaves to each command.
    BelowFloor {
        /// What the session and its base have at most, in bytes.
        at_most: f64,
    },
    /// There is no session of this class of machines to compare with.
    NoBaseline {
        /// Sessions of the command on other classes, whose figures are never compared.
        elsewhere: usize,
    },
}

/// A session beside the level of its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The session by the level, with the interval that an unchanged program's session falls around it.
    pub ratio: Interval,
    /// Smallest relative increase that such a history shows, but for one time in forty.
    pub floor: f64,
    /// Geometric mean of the level's sessions, in the unit of the measure.
    pub before: f64,
    /// The new session's median.
    pub now: f64,
    /// Sessions that the level is made of.
    pub sessions: usize,
    /// Ids of sessions that were left out because they lie severely far from the rest of their level.
    pub left_out: Vec<String>,
}

impl Judgement {
    /// What the interval says by itself: whether all of it lies on one side of equal, or else within the margin. How many more sessions
    /// would decide is not told.
    pub fn verdict(&self, within: f64) -> Verdict {
        let Interval { low, high, .. } = self.ratio;
        if high < 1.0 {
            Verdict::Faster
        } else if low > 1.0 {
            Verdict::Slower
        } else if high < 1.0 + within && low > 1.0 / (1.0 + within) {
            Verdict::Equivalent { within }
        } else {
            Verdict::Inconclusive { pairs_needed: u32::MAX }
        }
    }
}

impl Gate {
    /// The figures behind it, where there are any.
    pub fn judgement(&self) -> Option<&Judgement> {
        match self {
            Gate::Passed(told) | Gate::Regressed(told) | Gate::TooNoisy(told) => Some(told),
            Gate::BelowFloor { .. } | Gate::NoBaseline { .. } => None,
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gate::Passed(_) => f.write_str("passed"),
            Gate::Regressed(_) => f.write_str("regressed"),
            Gate::TooNoisy(_) => f.write_str("too noisy"),
            Gate::BelowFloor { .. } => f.write_str("could not measure"),
            Gate::NoBaseline { .. } => f.write_str("no baseline"),
        }
    }
}

/// Judges a session by the level that its history has now. The session itself must not be part of it.
///
/// # Errors
/// [`StatsError::Parameter`] for a threshold that is not above zero or a level outside (0, 1), [`StatsError::NotPositive`] for a median of
/// zero.
pub fn gate(history: &History, now: &Figure, options: &GateOptions) -> Result<Gate, StatsError> {
    gate_against(history.present(), history.measure, now, options)
}

/// Judges a session by given ones: those of a commit, say.
///
/// # Errors
/// As [`gate`].
pub fn gate_against(
    base: &[Figure],
    measure: Measure,
    now: &Figure,
    options: &GateOptions,
) -> Result<Gate, StatsError> {
    if !(options.threshold > 0.0 && options.threshold.is_finite()) {
        let (name, value, allowed) = ("the threshold", options.threshold, "above 0");
        return Err(StatsError::Parameter { name, value, allowed });
    }
    if base.is_empty() {
        return Ok(Gate::NoBaseline { elsewhere: 0 });
    }
    // Where only one of them is that low, its figure is a bound on the safe side: growth is told as less than it is.
    if now.at_most && base.iter().any(|figure| figure.at_most) {
        let at_most = base.iter().map(|figure| figure.median).fold(now.median, f64::max);
        return Ok(Gate::BelowFloor { at_most });
    }
    let now_alone = std::slice::from_ref(now);
    let (log, sessions, left_out) = log_ratio(base, now_alone, measure, options.level)?;
    let (floor, ..) = log_ratio(base, now_alone, measure, FLOOR_LEVEL)?;
    let judgement = Judgement {
        ratio: log.map(libm::exp),
        floor: libm::expm1(floor.half_width()),
        before: now.median / libm::exp(log.estimate),
        now: now.median,
        sessions,
        left_out,
    };
    let least = libm::log1p(options.threshold);
    let could_tell = floor.half_width() <= least || floor.high <= least;
    Ok(if log.estimate >= least && log.low > 0.0 {
        Gate::Regressed(judgement)
    } else if log.estimate < least && could_tell {
        Gate::Passed(judgement)
    } else {
        Gate::TooNoisy(judgement)
    })
}

/// Logarithm of the ratio of two groups of sessions, with its interval; the number of base sessions that count, and the ids of base sessions
/// that do not because they lie severely far from the rest.
///
/// The spread between sessions is pooled from both groups and the usual spread. Runs that scatter more than sessions do make it no
/// smaller than they are themselves.
pub(super) fn log_ratio(
    base: &[Figure],
    now: &[Figure],
    measure: Measure,
    level: f64,
) -> Result<(Interval, usize, Vec<String>), StatsError> {
    if !(level > 0.0 && level < 1.0) {
        let allowed = "between 0 and 1";
        return Err(StatsError::Parameter { name: "level", value: level, allowed });
    }
    for (index, figure) in base.iter().chain(now).enumerate() {
        let value = figure.median;
        if !(value > 0.0 && value.is_finite()) {
            return Err(StatsError::NotPositive { what: "a history", index, value });
        }
    }
    let (base, left_out) = level_of(base);
    let error = now.iter().map(|figure| figure.error).fold(0.0, f64::max);
    let (now, _) = level_of(now);
    let ((before, squares_before), (after, squares_after)) = (moments(&base), moments(&now));
    let (n, m) = (base.len() as f64, now.len() as f64);
    let usual = measure.usual_spread();
    let freedom = USUAL_SESSIONS + n + m - 2.0;
    let squares = USUAL_SESSIONS * usual * usual + squares_before + squares_after;
    let variance = (squares / freedom).max(error * error);
    let half =
        student_quantile(0.5 + 0.5 * level, freedom) * libm::sqrt(variance * (1.0 / n + 1.0 / m));
    let estimate = after - before;
    let interval = Interval { estimate, low: estimate - half, high: estimate + half, level };
    Ok((interval, base.len(), left_out))
}

/// Mean, and squares around it.
fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|value| (value - mean) * (value - mean)).sum())
}
