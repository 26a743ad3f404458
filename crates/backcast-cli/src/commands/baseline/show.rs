//! Figures, gates and ratios as cells and words.

use backcast_lab::{
    baseline::{Checked, Gate, Measure},
    bench::export::Unmeasured,
    stats::Interval,
};

use crate::{
    commands::bench::time,
    number,
    table::{Cell, Column, Table},
};

/// In the place of a gate's answer where there was no session.
const UNMEASURED: &str = "could not measure";

/// A figure in the unit of its measure.
pub(crate) fn figure(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Wall | Measure::Cpu => time(value / 1e9),
        Measure::Peak => format!("{} MB", number::grouped(value / 1e6, 1)),
    }
}

/// `+3.2 %` for a ratio of 1.032.
pub(super) fn change(ratio: f64) -> String {
    let sign = if ratio >= 1.0 { "+" } else { "" };
    format!("{sign}{}", number::percent(ratio - 1.0, 1))
}

/// `+3.2 % [+1.0 % to +5.5 %]`.
pub(super) fn interval(ratio: &Interval) -> String {
    format!("{} [{}]", change(ratio.estimate), ends(ratio))
}

/// `+1.0 % to +5.5 %`.
pub(super) fn ends(ratio: &Interval) -> String {
    format!("{} to {}", change(ratio.low), change(ratio.high))
}

/// `at most 2.1 MB`.
pub(super) fn at_most(measure: Measure, value: f64) -> String {
    format!("at most {}", figure(measure, value))
}

/// A peak that the launcher cannot tell: what it is at most, in bytes.
pub(super) fn below_floor(gate: &Gate) -> Option<f64> {
    match gate {
        Gate::BelowFloor { at_most } => Some(*at_most),
        _ => None,
    }
}

/// A table of gates for people: what was, what is, what follows.
pub(super) fn gates(all: &[Checked], unmeasured: &[Unmeasured]) -> Table {
    let mut table = Table::new(
        ["command", "measure", "gate", "before", "now", "change", "tells_from", "sessions"]
            .into_iter()
            .map(Column::new)
            .collect(),
    );
    for checked in all {
        for (measure, gate) in &checked.gates {
            let mut row: Vec<Cell> = vec![
                checked.subject.as_str().into(),
                measure.name().into(),
                gate.to_string().into(),
            ];
            match gate.judgement() {
                Some(told) => row.extend([
                    figure(*measure, told.before).into(),
                    figure(*measure, told.now).into(),
                    interval(&told.ratio).into(),
                    format!("+{}", number::percent(told.floor, 1)).into(),
                    told.sessions.into(),
                ]),
                None => row.extend([
                    Cell::Missing,
                    below_floor(gate).map(|bytes| at_most(*measure, bytes)).into(),
                    Cell::Missing,
                    Cell::Missing,
                    0.into(),
                ]),
            }
            table.push(row);
        }
    }
    for one in unmeasured {
        let mut row = vec![Cell::Missing; 8];
        (row[0], row[2]) = (one.name.as_str().into(), UNMEASURED.into());
        table.push(row);
    }
    table
}

/// The same with bare numbers, for programs.
pub(super) fn gate_figures(all: &[Checked], unmeasured: &[Unmeasured]) -> Table {
    let names = [
        "command",
        "class",
        "measure",
        "gate",
        "before",
        "now",
        "ratio",
        "ratio_low",
        "ratio_high",
        "level",
        "floor",
        "sessions",
        "left_out",
        "sessions_elsewhere",
        "commit",
    ];
    let mut table = Table::new(names.into_iter().map(Column::new).collect());
    for checked in all {
        for (measure, gate) in &checked.gates {
            let told = gate.judgement();
            let number = |of: fn(&backcast_lab::baseline::Judgement) -> f64| told.map(of);
            let elsewhere = match gate {
                Gate::NoBaseline { elsewhere } => *elsewhere,
                _ => 0,
            };
            table.push(vec![
                checked.subject.as_str().into(),
                checked.class.as_str().into(),
                measure.name().into(),
                gate.to_string().replace(' ', "_").into(),
                number(|told| told.before).into(),
                number(|told| told.now).into(),
                number(|told| told.ratio.estimate).into(),
                number(|told| told.ratio.low).into(),
                number(|told| told.ratio.high).into(),
                number(|told| told.ratio.level).into(),
                number(|told| told.floor).into(),
                told.map_or(0, |told| told.sessions).into(),
                told.map_or(0, |told| told.left_out.len()).into(),
                elsewhere.into(),
                checked.commit.clone().into(),
            ]);
        }
    }
    for one in unmeasured {
        let mut row = vec![Cell::Missing; names.len()];
        (row[0], row[3]) = (one.name.as_str().into(), UNMEASURED.replace(' ', "_").into());
        table.push(row);
    }
    table
}
