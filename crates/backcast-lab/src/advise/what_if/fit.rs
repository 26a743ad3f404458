//! From delays and totals to the marginal share of a span.

use serde::Serialize;

use crate::stats::{Interval, StatsError, student_interval};

/// One run with a delay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Block of the session; runs of one block stand side by side.
    pub block: u32,
    /// Delay of each call, in nanoseconds.
    pub delay_ns: f64,
    /// Time of the whole, in nanoseconds.
    pub wall_ns: f64,
}

/// How much of the total waits for a span.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Criticality {
    /// Calls that the total waits for: nanoseconds that it grows by for each nanosecond of delay of each call.
    pub critical_calls: Interval,
    /// Marginal share of the critical path: what the total would lose, by the total, if the span cost nothing and nothing else
    /// became critical instead.
    pub marginal_share: Interval,
    /// Share of the wall time that is saved where each call takes so much less.
    pub gain: Interval,
    /// The speed-up that the gain is for: 0.2 is a fifth less.
    pub speed_up: f64,
    /// Blocks, the units of analysis.
    pub blocks: usize,
}

/// Fits a line through each block; slopes and shares of blocks are independent, so Student's t tells their intervals.
///
/// `mean_call_ns` is what a call takes without a delay.
///
/// # Errors
/// [`StatsError::TooFew`] below two blocks, [`StatsError::Indistinct`] for a block with a single delay, [`StatsError::Parameter`].
pub fn fit(
    observations: &[Observation],
    mean_call_ns: f64,
    speed_up: f64,
    level: f64,
) -> Result<Criticality, StatsError> {
    if !(speed_up > 0.0 && speed_up <= 1.0) {
        let allowed = "above 0 and at most 1";
        return Err(StatsError::Parameter { name: "the speed-up", value: speed_up, allowed });
    }
    let mut blocks = std::collections::BTreeMap::<u32, Vec<Observation>>::new();
    for observation in observations {
        blocks.entry(observation.block).or_default().push(*observation);
    }
    let lines: Vec<(f64, f64)> =
        blocks.values().map(|block| line(block)).collect::<Result<_, _>>()?;
    let slopes: Vec<f64> = lines.iter().map(|(_, slope)| *slope).collect();
    let shares: Vec<f64> =
        lines.iter().map(|(whole, slope)| slope * mean_call_ns / whole).collect();
    let marginal_share = student_interval(&shares, level)?;
    Ok(Criticality {
        critical_calls: student_interval(&slopes, level)?,
        marginal_share,
        gain: marginal_share.map(|share| share * speed_up),
        speed_up,
        blocks: lines.len(),
    })
}

/// Total without delay, and slope, by least squares.
fn line(block: &[Observation]) -> Result<(f64, f64), StatsError> {
    let n = block.len() as f64;
    let delay = block.iter().map(|one| one.delay_ns).sum::<f64>() / n;
    let wall = block.iter().map(|one| one.wall_ns).sum::<f64>() / n;
    let square: f64 = block.iter().map(|one| (one.delay_ns - delay) * (one.delay_ns - delay)).sum();
    if square == 0.0 {
        return Err(StatsError::Indistinct { found: 1, terms: 2 });
    }
    let both: f64 = block.iter().map(|one| (one.delay_ns - delay) * (one.wall_ns - wall)).sum();
    let slope = both / square;
    Ok(((wall - slope * delay).max(1.0), slope))
}
