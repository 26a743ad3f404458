//! Change points of a history: where its level moved, and by how much.
//!
//! A weak pass collects candidates from sliding windows and from the whole, a strict pass keeps those that stand against all of both
//! neighbouring segments. Sources: the energy statistic of E-divisive (see `energy`); the scheme of windows, weak and strict passes and a
//! deterministic t-test in place of permutations: P. Fleming et al., "Hunter: Using Change Point Detection to Hunt for Performance
//! Regressions", ICPE 2023.

mod energy;
mod votes;

use serde::{Deserialize, Serialize};

use self::{
    energy::{Weighted, best_split},
    votes::{Level, ROUNDING, student, two_of_three},
};
use super::{StatsError, error, percentile};

/// Values that the pass over the whole looks at, from the end: it is quadratic.
const WHOLE: usize = 2000;

/// How changes are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeOptions {
    /// Length of the sliding windows; each starts half a window after the one before.
    pub window: usize,
    /// Probability up to which a split is a candidate.
    pub weak_p: f64,
    /// Probability up to which a candidate stays.
    pub strict_p: f64,
    /// Smallest relative change that counts: 0.01 is one percent. The noise floor of the sessions is a good choice.
    pub minimum_change: f64,
    /// Fewest values on either side.
    pub least: usize,
    /// Whether a change must also show in two of three tests (t, ranks, distribution functions).
    pub voting: bool,
}

impl Default for ChangeOptions {
    fn default() -> ChangeOptions {
        ChangeOptions {
            window: 50,
            weak_p: 0.01,
            strict_p: 0.001,
            minimum_change: 0.0,
            least: 3,
            voting: false,
        }
    }
}

/// A place where the level moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// Position of the first value of the new level.
    pub index: usize,
    /// Geometric mean of the segment before.
    pub before: f64,
    /// Geometric mean of the segment after.
    pub after: f64,
    /// After by before.
    pub ratio: f64,
    /// Probability of such a step at this place if both segments had one level.
    pub p: f64,
}

/// The changes of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// In order of position.
    pub points: Vec<ChangePoint>,
    /// Correlation of each value with the one before it, once the levels are taken off.
    pub autocorrelation: f64,
    /// Whether that correlation is too strong to trust the probabilities: values that wander look like changes.
    pub wanders: bool,
}

/// Finds the changes in a history of positive values, oldest first.
///
/// - `values`: one per session, in any one unit above zero
/// - `noise`: the relative spread of each value, where known; noisier values weigh less
///
/// # Errors
/// [`StatsError::NotPositive`] or [`StatsError::NotFinite`] for a value without a logarithm, [`StatsError::Lengths`] where `noise` has another
/// length, [`StatsError::Parameter`]. A history too short for a change has none.
pub fn change_points(
    values: &[f64],
    noise: Option<&[f64]>,
    options: &ChangeOptions,
) -> Result<Changes, StatsError> {
    check(options)?;
    error::positive(values, 0, "a history")?;
    let weights = weights(values.len(), noise)?;
    let series: Vec<Weighted> = values
        .iter()
        .zip(weights)
        .map(|(value, weight)| Weighted { value: libm::log(*value), weight })
        .collect();
    let candidates = candidates(&series, options);
    let kept = keep(&series, candidates, options);
    let points = described(&series, &kept);
    let (autocorrelation, wanders) = autocorrelation(&series, &kept);
    Ok(Changes { points, autocorrelation, wanders })
}

fn check(options: &ChangeOptions) -> Result<(), StatsError> {
    let refused = |name, value, allowed| Err(StatsError::Parameter { name, value, allowed });
    for (name, p) in [("the weak p", options.weak_p), ("the strict p", options.strict_p)] {
        if !(p > 0.0 && p < 1.0) {
            return refused(name, p, "between 0 and 1");
        }
    }
    if !(options.minimum_change >= 0.0 && options.minimum_change.is_finite()) {
        return refused("the minimum change", options.minimum_change, "0 or more");
    }
    if options.least < 2 {
        return refused("the least segment", options.least as f64, "2 or more");
    }
    if options.window < 2 * options.least {
        return refused("the window", options.window as f64, "at least two least segments");
    }
    Ok(())
}

/// Weights of mean one: the inverse of the variance, to which the middle variance is added so that no value rules alone.
fn weights(n: usize, noise: Option<&[f64]>) -> Result<Vec<f64>, StatsError> {
    let Some(noise) = noise else { return Ok(vec![1.0; n]) };
    if noise.len() != n {
        return Err(StatsError::Lengths { what: "a history", left: n, right: noise.len() });
    }
    error::positive(noise, 0, "the noise of a history")?;
    if n == 0 {
        return Ok(Vec::new());
    }
    let middle = percentile(noise, 0.5)?;
    let raw: Vec<f64> = noise.iter().map(|s| 1.0 / (s * s + middle * middle)).collect();
    let mean = raw.iter().sum::<f64>() / n as f64;
    Ok(raw.iter().map(|weight| weight / mean).collect())
}

/// Positions that pass the weak test in some window, rising.
fn candidates(series: &[Weighted], options: &ChangeOptions) -> Vec<usize> {
    let (n, window) = (series.len(), options.window);
    let mut found = Vec::new();
    let mut end = n;
    // From the end, so that the newest values are always in a full window.
    loop {
        let begin = end.saturating_sub(window);
        divide(series, begin, end, options, &mut found);
        if begin == 0 {
            break;
        }
        end -= window / 2;
    }
    if n > window {
        divide(series, n.saturating_sub(WHOLE), n, options, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Splits a stretch where it splits best, and its parts again, for as long as the weak test allows.
fn divide(
    series: &[Weighted],
    begin: usize,
    end: usize,
    options: &ChangeOptions,
    found: &mut Vec<usize>,
) {
    let mut stretches = vec![(begin, end)];
    while let Some((begin, end)) = stretches.pop() {
        let Some(at) = best_split(&series[begin..end], options.least) else { continue };
        let at = begin + at;
        let p = student(&Level::of(&series[begin..at]), &Level::of(&series[at..end]));
        if p <= options.weak_p {
            found.push(at);
            stretches.extend([(begin, at), (at, end)]);
        }
    }
}

/// Drops the weakest candidate until all that are left stand.
fn keep(series: &[Weighted], mut points: Vec<usize>, options: &ChangeOptions) -> Vec<usize> {
    loop {
        let weakest = (0..points.len())
            .map(|i| (i, weakness(series, &points, i, options)))
            .filter(|(_, weakness)| *weakness > options.strict_p)
            .max_by(|a, b| a.1.total_cmp(&b.1));
        match weakest {
            Some((i, _)) => {
                points.remove(i);
            }
            None => return points,
        }
    }
}

/// The probability of a candidate between its neighbours; above one where something else speaks against it.
fn weakness(series: &[Weighted], points: &[usize], i: usize, options: &ChangeOptions) -> f64 {
    let (begin, at, end) = around(series.len(), points, i);
    let (left, right) = (&series[begin..at], &series[at..end]);
    if left.len() < options.least || right.len() < options.least {
        // Two candidates for one change: the one with the weaker step goes.
        return 2.0 - (Level::of(left).mean - Level::of(right).mean).abs().min(1.0);
    }
    let (before, after) = (Level::of(left), Level::of(right));
    let p = student(&before, &after);
    let small = (after.mean - before.mean).abs() < libm::log1p(options.minimum_change);
    let outvoted = options.voting && !two_of_three(left, right, p, options.strict_p);
    if small || outvoted { 1.0 + p } else { p }
}

/// The segments on both sides of a candidate.
fn around(n: usize, points: &[usize], i: usize) -> (usize, usize, usize) {
    let begin = if i == 0 { 0 } else { points[i - 1] };
    (begin, points[i], points.get(i + 1).copied().unwrap_or(n))
}

fn described(series: &[Weighted], points: &[usize]) -> Vec<ChangePoint> {
    (0..points.len())
        .map(|i| {
            let (begin, at, end) = around(series.len(), points, i);
            let (before, after) = (Level::of(&series[begin..at]), Level::of(&series[at..end]));
            ChangePoint {
                index: at,
                before: libm::exp(before.mean),
                after: libm::exp(after.mean),
                ratio: libm::exp(after.mean - before.mean),
                p: student(&before, &after),
            }
        })
        .collect()
}

/// Lag-one correlation of what is left when the levels are taken off, and whether chance does not explain it.
fn autocorrelation(series: &[Weighted], points: &[usize]) -> (f64, bool) {
    let mut residuals = Vec::with_capacity(series.len());
    let mut begin = 0;
    for end in points.iter().copied().chain([series.len()]) {
        if begin < end {
            let mean = Level::of(&series[begin..end]).mean;
            residuals.extend(series[begin..end].iter().map(|point| point.value - mean));
        }
        begin = end;
    }
    let power: f64 = residuals.iter().map(|r| r * r).sum();
    if power <= residuals.len() as f64 * ROUNDING * ROUNDING {
        return (0.0, false);
    }
    let lagged: f64 = residuals.windows(2).map(|two| two[0] * two[1]).sum();
    let correlation = lagged / power;
    (correlation, correlation > 0.2 && correlation > 3.0 / libm::sqrt(residuals.len() as f64))
}
