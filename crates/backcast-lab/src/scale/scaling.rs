//! What was measured over sizes, and what follows: models of the parts that add up to that of the whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Collector, Grid, Part, TimedRun};
use crate::stats::{
    CostModel, Interval, MeasuredRun, Observation, PartsModel, StatsError, fit_cost, fit_parts,
};

/// Seed of the resampling behind the intervals of the whole.
const SEED: u64 = 1;
/// Share of the wall time from which on threads beside the first one count.
const PARALLEL: f64 = 1.01;

/// A command over sizes. Costs are in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// `backcast-scaling`.
    pub format: String,
    /// Version of the layout.
    pub version: u32,
    /// What was measured.
    pub name: String,
    /// When it was begun, RFC 3339 in UTC.
    pub taken_at: String,
    /// What it was measured over.
    pub sizes: Vec<String>,
    /// Different values of each size, smallest first.
    pub values: Vec<Vec<u64>>,
    /// What the time is made of, largest first.
    pub parts: Vec<Part>,
    /// All runs in the order in which they were taken.
    pub runs: Vec<TimedRun>,
    /// What ended the measurement before all runs were taken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub broken: Option<String>,
    /// Models of the parts, in their order, and of the whole.
    pub model: PartsModel,
    /// Model of the wall time, where several threads make it another one than the whole.
    pub wall: Option<CostModel>,
    /// Where the cost is predicted.
    pub place: Vec<u64>,
    /// What a run will take there.
    pub prediction: Interval,
}

/// The point at which the model of the whole is worst.
#[derive(Clone, Debug, PartialEq)]
pub struct Farthest {
    /// Its sizes.
    pub sizes: Vec<u64>,
    /// What was measured there on average, as a multiple of what the model says.
    pub ratio: f64,
}

impl Scaling {
    /// The layout's name in files.
    pub const FORMAT: &'static str = "backcast-scaling";
    /// Version of the layout that is written.
    pub const VERSION: u32 = 1;

    /// Fits what was collected; parts below `min_share` are put together. `place` is where a prediction is wanted.
    ///
    /// # Errors
    /// [`StatsError`] where the runs are too few or a place is not one.
    pub fn fit(
        name: &str,
        taken_at: String,
        grid: &Grid,
        collected: &Collector,
        min_share: f64,
        level: f64,
        place: Vec<u64>,
    ) -> Result<Scaling, StatsError> {
        let (parts, runs) = collected.finish(grid, min_share);
        let measured: Vec<MeasuredRun> = runs
            .iter()
            .map(|run| MeasuredRun { sizes: floats(&run.sizes), parts: floats(&run.parts_ns) })
            .collect();
        let model = fit_parts(&measured, level, SEED)?;
        let parallel = |run: &TimedRun| run.whole_ns() as f64 > PARALLEL * run.wall_ns as f64;
        let wall = runs.iter().any(parallel).then(|| fit_wall(&runs, level)).transpose()?;
        let prediction = model.whole.predict(&floats(&place))?;
        Ok(Scaling {
            format: Scaling::FORMAT.to_owned(),
            version: Scaling::VERSION,
            name: name.to_owned(),
            taken_at,
            sizes: grid.names.clone(),
            values: measured_values(&runs),
            parts,
            runs,
            broken: None,
            model,
            wall,
            place,
            prediction,
        })
    }

    /// The largest measured point.
    pub fn largest(&self) -> Vec<f64> {
        self.values.iter().map(|values| *values.last().expect("a size has values") as f64).collect()
    }

    /// The smallest measured point.
    pub fn smallest(&self) -> Vec<f64> {
        self.values.iter().map(|values| values[0] as f64).collect()
    }

    /// Whether the prediction leaves what was measured.
    pub fn extrapolates(&self) -> bool {
        self.model.whole.extrapolates(&floats(&self.place))
    }

    /// Share of a part in the whole, by the models.
    pub fn share(&self, part: &CostModel, sizes: &[f64]) -> f64 {
        let whole = self.model.whole.at(sizes);
        if whole > 0.0 { part.at(sizes) / whole } else { 0.0 }
    }

    /// What looking cost, as a share of the time of all runs.
    pub fn overhead(&self) -> f64 {
        let sum = |of: fn(&TimedRun) -> u64| self.runs.iter().map(of).sum::<u64>() as f64;
        sum(|run| run.overhead_ns) / sum(|run| run.wall_ns).max(1.0)
    }

    /// Where the mean of the runs is farthest from the model of the whole.
    pub fn farthest(&self) -> Farthest {
        let mut points: Vec<(&[u64], u64, u64)> = Vec::new();
        for run in &self.runs {
            match points.iter_mut().find(|point| point.0 == run.sizes) {
                Some(point) => (point.1, point.2) = (point.1 + run.whole_ns(), point.2 + 1),
                None => points.push((&run.sizes, run.whole_ns(), 1)),
            }
        }
        let ratio = |&(sizes, sum, runs): &(&[u64], u64, u64)| {
            let said = self.model.whole.at(&floats(sizes));
            if said > 0.0 { sum as f64 / runs as f64 / said } else { 1.0 }
        };
        let off = |ratio: f64| ratio.max(1e-9).ln().abs();
        points
            .iter()
            .map(|point| Farthest { sizes: point.0.to_vec(), ratio: ratio(point) })
            .max_by(|a, b| off(a.ratio).total_cmp(&off(b.ratio)))
            .expect("a fit has runs")
    }
}

impl TimedRun {
    /// All parts together.
    pub fn whole_ns(&self) -> u64 {
        self.parts_ns.iter().sum()
    }
}

/// Different values of each size, smallest first.
fn measured_values(runs: &[TimedRun]) -> Vec<Vec<u64>> {
    let values = |size: usize| {
        let values: BTreeSet<u64> = runs.iter().map(|run| run.sizes[size]).collect();
        values.into_iter().collect()
    };
    (0..runs[0].sizes.len()).map(values).collect()
}

fn fit_wall(runs: &[TimedRun], level: f64) -> Result<CostModel, StatsError> {
    let observed =
        |run: &TimedRun| Observation { sizes: floats(&run.sizes), cost: run.wall_ns as f64 };
    fit_cost(&runs.iter().map(observed).collect::<Vec<_>>(), level)
}

fn floats(values: &[u64]) -> Vec<f64> {
    values.iter().map(|value| *value as f64).collect()
}
