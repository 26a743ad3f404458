//! A model and its measurements along one size, ready to be drawn.

use super::Scaling;
use crate::stats::{CostModel, StatsError};

/// Places at which a curve is computed.
const PLACES: usize = 25;

/// One line of a drawing: a cost along one size, the others held.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The size along which it goes, by its position.
    pub axis: usize,
    /// All sizes, of which that at `axis` counts for nothing.
    pub held: Vec<u64>,
    /// Places on the axis, smallest first.
    pub at: Vec<f64>,
    /// Cost by the model at each of them.
    pub cost: Vec<f64>,
    /// Lower end of the band of single runs.
    pub low: Vec<f64>,
    /// Upper end of it.
    pub high: Vec<f64>,
    /// Sizes and costs of the runs on this line.
    pub runs: Vec<(f64, f64)>,
}

/// Lines along each size, the others at their smallest, middle and largest values. `part` is a part's position, `None` the whole.
/// Curves go on beyond the measured sizes, up to the place of the prediction.
///
/// # Errors
/// [`StatsError`] where a size is none.
pub fn curves(scaling: &Scaling, part: Option<usize>) -> Result<Vec<Curve>, StatsError> {
    let model = part.map_or(&scaling.model.whole, |part| &scaling.model.parts[part]);
    let mut curves = Vec::new();
    for axis in 0..scaling.sizes.len() {
        for held in held(scaling, axis) {
            curves.push(curve(scaling, model, part, axis, held)?);
        }
    }
    Ok(curves)
}

/// What the other sizes are on the lines of an axis.
fn held(scaling: &Scaling, axis: usize) -> Vec<Vec<u64>> {
    let at = |rank: usize| -> Vec<u64> {
        let value = |values: &Vec<u64>| values[rank * (values.len() - 1) / 2];
        scaling.values.iter().map(value).collect()
    };
    let mut lines: Vec<Vec<u64>> = Vec::new();
    for mut line in (0..3).map(at) {
        line[axis] = 0;
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn curve(
    scaling: &Scaling,
    model: &CostModel,
    part: Option<usize>,
    axis: usize,
    held: Vec<u64>,
) -> Result<Curve, StatsError> {
    let values = &scaling.values[axis];
    let (from, measured) = (values[0] as f64, values[values.len() - 1] as f64);
    let to = measured.max(scaling.place[axis] as f64);
    let place = |i: usize| from * libm::pow(to / from, i as f64 / (PLACES - 1) as f64);
    let mut at: Vec<f64> = (0..PLACES).map(place).collect();
    // Where measurements end is a place of its own.
    at.push(measured);
    at.sort_by(f64::total_cmp);
    at.dedup_by(|a, b| (*a / *b - 1.0).abs() < 1e-9);
    let mut line = Curve { axis, at, cost: vec![], low: vec![], high: vec![], runs: vec![], held };
    for size in &line.at {
        let mut sizes: Vec<f64> = line.held.iter().map(|value| *value as f64).collect();
        sizes[axis] = *size;
        let band = model.predict(&sizes)?;
        line.cost.push(band.estimate);
        line.low.push(band.low);
        line.high.push(band.high);
    }
    let others =
        |sizes: &[u64]| (0..sizes.len()).all(|size| size == axis || sizes[size] == line.held[size]);
    let on_line = scaling.runs.iter().filter(|run| others(&run.sizes));
    line.runs = on_line
        .map(|run| {
            let cost = part.map_or(run.whole_ns(), |part| run.parts_ns[part]);
            (run.sizes[axis] as f64, cost as f64)
        })
        .collect();
    Ok(line)
}
