//! Costs by size as columns for the script, in six digits.

use serde::Serialize;

use crate::lab::{Scale, ScaleLine};

/// What the script draws of a scaling.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    sizes: &'a [String],
    measured: &'a [f64],
    parts: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    name: &'a str,
    lines: Vec<Line<'a>>,
}

/// A line by columns; what has no place on a logarithmic axis is null.
#[derive(Serialize)]
struct Line<'a> {
    axis: usize,
    name: &'a str,
    at: Vec<Option<f64>>,
    cost: Vec<Option<f64>>,
    low: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    sizes: Vec<Option<f64>>,
    costs: Vec<Option<f64>>,
}

pub(super) fn section(scale: &Scale) -> Section<'_> {
    let parts = scale
        .parts
        .iter()
        .map(|part| Part { name: &part.name, lines: part.lines.iter().map(line).collect() });
    Section { sizes: &scale.sizes, measured: &scale.measured, parts: parts.collect() }
}

fn line(line: &ScaleLine) -> Line<'_> {
    let column = |values: &[f64]| values.iter().map(|value| drawn(*value)).collect();
    // A band that reaches zero would have no end on this axis.
    let low: Vec<f64> =
        line.low.iter().zip(&line.cost).map(|(low, cost)| low.max(cost / 10.0)).collect();
    Line {
        axis: line.axis,
        name: &line.name,
        at: column(&line.at),
        cost: column(&line.cost),
        low: column(&low),
        high: column(&line.high),
        sizes: line.runs.iter().map(|run| drawn(run.0)).collect(),
        costs: line.runs.iter().map(|run| drawn(run.1)).collect(),
    }
}

/// Six digits; nothing for what is not above zero.
fn drawn(value: f64) -> Option<f64> {
    let written = format!("{value:.5e}");
    (value > 0.0 && value.is_finite()).then(|| written.parse().unwrap_or(value))
}
