//! The grid of a sweep: one cell per combination of parameter values, and the curves of its sets.

use serde::Serialize;

use super::curves::{Curve, curve};
use crate::decimate::every_kth;
use crate::model::{self, CoarseCurves, Format};
use crate::number::stored_decimals;
use crate::pack::{Packed, Packer, Slot};

/// Values of all metrics and assets that are tried first. If their text is too long, metrics with more than
/// [`MANY_LEVELS`] distinct values lose a digit, then all do, then the number of values is halved until it fits.
const VALUES: usize = 1_200_000;
/// Levels that are more than the eye needs.
const MANY_LEVELS: f64 = 400.0;
/// Text of the grid's stream, in bytes.
const GRID_TEXT: usize = 390 * 1024;
/// Points of a full curve.
const FULL_POINTS: usize = 1500;
/// Coarse curves are left out beyond so many points in all.
const COARSE_POINTS: usize = 3_000_000;
/// Levels between the lowest and the highest point of a coarse curve.
const LEVELS: f64 = 1023.0;

#[derive(Serialize)]
pub(super) struct Sweep<'a> {
    params: Vec<Param<'a>>,
    metrics: Vec<Metric<'a>>,
    /// Trial of each cell, the last parameter running fastest; absent where the sweep has none.
    trials: Packed,
    assets: Vec<Asset<'a>>,
    chosen_asset: usize,
}

#[derive(Serialize)]
struct Param<'a> {
    name: &'a str,
    unit: &'a str,
    values: Vec<f64>,
}

#[derive(Serialize)]
struct Metric<'a> {
    name: &'a str,
    percent: bool,
    decimals: i32,
    unit: &'a str,
    higher_is_better: bool,
    neutral: Option<f64>,
}

#[derive(Serialize)]
struct Asset<'a> {
    asset: &'a str,
    currency: &'a str,
    /// One list per metric, one value per cell.
    values: Vec<Packed>,
    /// Trial and parameter values of each row of the best table.
    best: Vec<Set>,
    buy_and_hold: Option<Curve>,
    full: Vec<(u32, Curve)>,
    coarse: Option<Coarse>,
    run_command: &'a str,
}

#[derive(Serialize)]
struct Set {
    trial: u32,
    params: Vec<f64>,
}

/// Curves of all trials: `value = low + level (high - low) / 1023`, or the same between logarithms where `low > 0`.
#[derive(Serialize)]
struct Coarse {
    t: Packed,
    low: Packed,
    high: Packed,
    levels: Packed,
}

/// A sweep made ready for the script.
pub(super) struct Prepared<'a> {
    pub(super) sweep: Sweep<'a>,
    /// Stream of the grid, as text.
    pub(super) grid: String,
    /// What the page must say where not every set is drawn.
    pub(super) note: Option<String>,
}

/// The sweep for the script; its curves are added to `curves`.
pub(super) fn sweep<'a>(model: &'a model::Sweep, curves: &mut Packer) -> Prepared<'a> {
    let mut limit = VALUES;
    let mut digits_lost = vec![0; model.metrics.len()];
    let mut losses = [digits_of_many_levels(model), vec![1; model.metrics.len()]].into_iter();
    let (axes, trials, values, grid) = loop {
        let axes = axes(model, limit);
        let mut packer = Packer::default();
        let cells = trials_of_cells(model, &axes);
        let trials = packer.add(
            cells
                .iter()
                .map(|&cell| cell.map_or(Slot::Absent, |trial| Slot::Value(f64::from(trial)))),
            1.0,
        );
        let values: Vec<Vec<Packed>> = model
            .assets
            .iter()
            .map(|asset| grid_values(model, asset, &cells, &digits_lost, &mut packer))
            .collect();
        let grid = packer.finish();
        if grid.len() <= GRID_TEXT || limit < 1000 {
            break (axes, trials, values, grid);
        }
        match losses.next() {
            Some(lost) => digits_lost = lost,
            None => limit /= 2,
        }
    };

    let params = model.params.iter().zip(&axes).map(|(param, kept)| Param {
        name: &param.name,
        unit: &param.unit,
        values: kept.iter().map(|&i| param.values[i]).collect(),
    });
    let assets = model
        .assets
        .iter()
        .zip(values)
        .map(|(asset, values)| asset_payload(model, asset, values, curves));
    let sweep = Sweep {
        params: params.collect(),
        metrics: model.metrics.iter().zip(&digits_lost).map(|(m, &lost)| metric(m, lost)).collect(),
        trials,
        assets: assets.collect(),
        chosen_asset: model.chosen_asset.min(model.assets.len().saturating_sub(1)),
    };
    Prepared { sweep, grid, note: thinning_note(model, &axes) }
}

/// What the page must say where not every set is drawn.
fn thinning_note(model: &model::Sweep, axes: &[Vec<usize>]) -> Option<String> {
    let thinned =
        model.params.iter().zip(axes).filter(|(param, kept)| param.values.len() > kept.len());
    let parts: Vec<String> = thinned
        .map(|(param, kept)| {
            format!("{} of {} values of {}", kept.len(), param.values.len(), param.name)
        })
        .collect();
    (!parts.is_empty())
        .then(|| format!("The map draws {}; the result file has all sets.", parts.join(", ")))
}

/// Indices of the drawn values of each parameter, thinned so that at most `limit` values are kept in all.
fn axes(model: &model::Sweep, limit: usize) -> Vec<Vec<usize>> {
    let mut lengths: Vec<usize> = model.params.iter().map(|param| param.values.len()).collect();
    let lists = model.metrics.len().max(1) * model.assets.len().max(1);
    let cells =
        |lengths: &[usize]| lengths.iter().fold(lists, |product, &len| product.saturating_mul(len));
    while cells(&lengths) > limit {
        let Some(longest) = lengths.iter_mut().max().filter(|longest| **longest > 1) else { break };
        *longest = (*longest).div_ceil(2);
    }
    model
        .params
        .iter()
        .zip(lengths)
        .map(|(param, len)| every_kth(param.values.len(), len))
        .collect()
}

/// The trial of each drawn cell.
fn trials_of_cells(model: &model::Sweep, axes: &[Vec<usize>]) -> Vec<Option<u32>> {
    let cells = if axes.is_empty() { 0 } else { axes.iter().map(Vec::len).product() };
    let mut trials = vec![None; cells];
    // Where an index of a full axis stands on the thinned one.
    let places: Vec<Vec<Option<usize>>> = model
        .params
        .iter()
        .zip(axes)
        .map(|(param, kept)| {
            let mut place = vec![None; param.values.len()];
            kept.iter().enumerate().for_each(|(at, &i)| place[i] = Some(at));
            place
        })
        .collect();
    for trial in 0..trial_count(model) {
        let cell = indices(model, trial)
            .iter()
            .zip(&places)
            .zip(axes)
            .try_fold(0, |cell, ((&index, place), kept)| {
                Some(cell * kept.len() + (*place.get(index)?)?)
            });
        if let Some(cell) = cell.filter(|&cell| cell < trials.len()) {
            trials[cell] = u32::try_from(trial).ok();
        }
    }
    trials
}

fn trial_count(model: &model::Sweep) -> usize {
    match &model.sets {
        Some(sets) => sets.len() / model.params.len().max(1),
        None if model.params.is_empty() => 0,
        None => model.params.iter().map(|param| param.values.len()).product(),
    }
}

/// Index of the trial's value of each parameter.
fn indices(model: &model::Sweep, trial: usize) -> Vec<usize> {
    let width = model.params.len();
    if let Some(sets) = &model.sets {
        let row = sets.get(trial * width..(trial + 1) * width).unwrap_or_default();
        return row.iter().map(|&index| index as usize).collect();
    }
    let mut rest = trial;
    let mut indices: Vec<usize> = model
        .params
        .iter()
        .rev()
        .map(|param| {
            let len = param.values.len().max(1);
            let index = rest % len;
            rest /= len;
            index
        })
        .collect();
    indices.reverse();
    indices
}

fn grid_values(
    model: &model::Sweep,
    asset: &model::AssetSweep,
    cells: &[Option<u32>],
    digits_lost: &[i32],
    packer: &mut Packer,
) -> Vec<Packed> {
    let metrics = model.metrics.iter().enumerate();
    metrics
        .map(|(i, metric)| {
            let values = asset.values.get(i).map_or(&[][..], Vec::as_slice);
            let slot = |cell: &Option<u32>| match cell {
                Some(trial) => {
                    Slot::Value(values.get(*trial as usize).copied().unwrap_or(f64::NAN))
                }
                None => Slot::Absent,
            };
            packer.add(
                cells.iter().map(slot),
                10_f64.powi(
                    -(decimals(&metric.format, digits_lost[i]) + percent_digits(&metric.format)),
                ),
            )
        })
        .collect()
}

/// One digit from each metric with many levels, none from the others.
fn digits_of_many_levels(model: &model::Sweep) -> Vec<i32> {
    let levels = |i: usize, metric: &model::SweepMetric| {
        let values = model.assets.iter().filter_map(|asset| asset.values.get(i)).flatten();
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::MAX, f64::MIN), |(low, high), &value| (low.min(value), high.max(value)));
        (high - low) * 10_f64.powi(stored_decimals(&metric.format))
    };
    let metrics = model.metrics.iter().enumerate();
    metrics.map(|(i, metric)| i32::from(levels(i, metric) > MANY_LEVELS)).collect()
}

/// Digits after the point that the page shows of a metric; only digits after the point are ever lost.
fn decimals(format: &Format, digits_lost: i32) -> i32 {
    let decimals = stored_decimals(format) - percent_digits(format);
    (decimals - digits_lost).max(decimals.min(0))
}

/// Digits that writing a percentage moves in front of the point.
fn percent_digits(format: &Format) -> i32 {
    if matches!(format, Format::Percent(_)) { 2 } else { 0 }
}

fn metric(metric: &model::SweepMetric, digits_lost: i32) -> Metric<'_> {
    let (percent, unit) = match &metric.format {
        Format::Percent(_) => (true, "%"),
        Format::Unit(_, unit) => (false, unit.as_str()),
        Format::Plain | Format::Decimals(_) => (false, ""),
    };
    Metric {
        name: &metric.name,
        percent,
        decimals: decimals(&metric.format, digits_lost),
        unit,
        higher_is_better: metric.higher_is_better,
        neutral: metric.neutral,
    }
}

fn asset_payload<'a>(
    model: &model::Sweep,
    asset: &'a model::AssetSweep,
    values: Vec<Packed>,
    curves: &mut Packer,
) -> Asset<'a> {
    let params = |trial: u32| {
        let indices = indices(model, trial as usize);
        indices
            .iter()
            .zip(&model.params)
            .filter_map(|(&i, param)| param.values.get(i).copied())
            .collect()
    };
    Asset {
        asset: &asset.asset,
        currency: &asset.currency,
        values,
        best: asset.best_trials.iter().map(|&trial| Set { trial, params: params(trial) }).collect(),
        buy_and_hold: asset.buy_and_hold.as_ref().map(|series| curve(series, FULL_POINTS, curves)),
        full: asset
            .full
            .iter()
            .map(|(trial, series)| (*trial, curve(series, FULL_POINTS, curves)))
            .collect(),
        coarse: asset
            .coarse
            .as_ref()
            .filter(|coarse| coarse.values.len() <= COARSE_POINTS)
            .map(|coarse| pack_coarse(coarse, curves)),
        run_command: &asset.run_command,
    }
}

fn pack_coarse(coarse: &CoarseCurves, packer: &mut Packer) -> Coarse {
    let width = coarse.times.len().max(1);
    let (mut lows, mut highs) = (Vec::new(), Vec::new());
    let mut levels = Vec::with_capacity(coarse.values.len());
    for curve in coarse.values.chunks_exact(width) {
        let low = f64::from(curve.iter().copied().fold(f32::NAN, f32::min));
        let high = f64::from(curve.iter().copied().fold(f32::NAN, f32::max));
        lows.push(low);
        highs.push(high);
        levels.extend(curve.iter().map(|&value| Slot::Value(level(f64::from(value), low, high))));
    }
    Coarse {
        t: packer.add_times(&coarse.times),
        low: packer.add_values(&lows),
        high: packer.add_values(&highs),
        levels: packer.add(levels, 1.0),
    }
}

fn level(value: f64, low: f64, high: f64) -> f64 {
    if low == high {
        return if value.is_nan() { value } else { 0.0 };
    }
    if low > 0.0 {
        (value / low).ln() / (high / low).ln() * LEVELS
    } else {
        (value - low) / (high - low) * LEVELS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Param as ModelParam;

    fn grid(lengths: &[usize]) -> model::Sweep {
        let params = lengths.iter().enumerate().map(|(i, &len)| ModelParam {
            name: format!("p{i}"),
            unit: String::new(),
            values: (0..len).map(|v| v as f64).collect(),
        });
        model::Sweep { params: params.collect(), ..Default::default() }
    }

    #[test]
    fn a_full_grid_numbers_its_trials_with_the_last_parameter_fastest() {
        let model = grid(&[2, 3]);
        assert_eq!(indices(&model, 4), [1, 1]);
        let trials = trials_of_cells(&model, &axes(&model, 100));
        assert_eq!(trials, (0..6).map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn a_constrained_grid_leaves_cells_without_a_trial() {
        let model = model::Sweep { sets: Some(vec![0, 0, 1, 1]), ..grid(&[2, 2]) };
        assert_eq!(trials_of_cells(&model, &axes(&model, 100)), [Some(0), None, None, Some(1)]);
    }

    #[test]
    fn a_large_grid_is_thinned_and_says_so() {
        let model = grid(&[1000, 2000]);
        let axes = axes(&model, 100_000);
        assert!(axes[0].len() * axes[1].len() <= 100_000);
        assert_eq!(trials_of_cells(&model, &axes)[1], Some(axes[1][1] as u32));
        let note = thinning_note(&model, &axes).unwrap();
        assert!(
            note.contains("of 1000 values of p0") && note.contains("of 2000 values of p1"),
            "{note}"
        );
        let small = grid(&[10, 10]);
        assert_eq!(thinning_note(&small, &super::axes(&small, 100)), None);
    }

    #[test]
    fn a_map_of_pure_noise_still_fits() {
        let metric = model::SweepMetric { format: Format::Percent(1), ..Default::default() };
        let mix = |x: u64| (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let noise = (1..=250_000).map(|i| (mix(mix(mix(i))) >> 40) as f64);
        let asset = model::AssetSweep { values: vec![noise.collect()], ..Default::default() };
        let model =
            model::Sweep { metrics: vec![metric], assets: vec![asset], ..grid(&[500, 500]) };
        let prepared = sweep(&model, &mut Packer::default());
        assert!(prepared.grid.len() <= GRID_TEXT, "{}", prepared.grid.len());
        assert!(prepared.note.is_some());
    }

    #[test]
    fn a_map_that_is_too_long_loses_digits_behind_the_point_only() {
        assert_eq!(decimals(&Format::Percent(1), 0), 1);
        assert_eq!(decimals(&Format::Percent(1), 1), 0);
        assert_eq!(decimals(&Format::Decimals(2), 1), 1);
        assert_eq!(decimals(&Format::Decimals(0), 1), 0);
    }

    #[test]
    fn levels_span_a_curve() {
        assert_eq!(level(100.0, 100.0, 400.0), 0.0);
        assert_eq!(level(400.0, 100.0, 400.0), LEVELS);
        assert!((level(200.0, 100.0, 400.0) - LEVELS / 2.0).abs() < 1e-9);
        assert_eq!(level(5.0, 5.0, 5.0), 0.0);
        assert_eq!(level(-1.0, -2.0, 0.0), LEVELS / 2.0);
    }
}
