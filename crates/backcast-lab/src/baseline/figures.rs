//! The figures of one record.

use super::{BaselineError, Figure, Measure};
use crate::{
    bench::{Record, Run},
    machine::Class,
    stats::Summary,
};

/// Standard error of a median by that of a mean, of normal values: sqrt(pi / 2).
const OF_MEDIAN: f64 = 1.2533;
/// Deviation of normal values by the median distance from their median.
const OF_MAD: f64 = 1.4826;

/// Key of the class of machines that a record belongs to. The program that measured is left out, because its new version must not
/// hide what it does to its own speed.
///
/// # Errors
/// [`BaselineError::NoMachine`] for records of other programs.
pub fn class_of(record: &Record) -> Result<String, BaselineError> {
    let machine = record
        .machine
        .as_ref()
        .ok_or_else(|| BaselineError::NoMachine { subject: record.command.name.clone() })?;
    Ok(Class { program: String::new(), ..machine.class.clone() }.key())
}

/// The figures of a record, of each measure that it tells.
///
/// # Errors
/// [`BaselineError::NoRuns`] without a run that took any time.
pub fn figures_of(record: &Record) -> Result<Vec<(Measure, Figure)>, BaselineError> {
    let id = record.id();
    let figures: Vec<(Measure, Figure)> = Measure::ALL
        .into_iter()
        .filter_map(|measure| Some((measure, figure(record, &id, measure)?)))
        .collect();
    if figures.first().is_none_or(|(measure, _)| *measure != Measure::Wall) {
        return Err(BaselineError::NoRuns { subject: record.command.name.clone() });
    }
    Ok(figures)
}

/// Nothing where a run does not tell the measure, or tells zero.
fn figure(record: &Record, id: &str, measure: Measure) -> Option<Figure> {
    let value = |run: &Run| match measure {
        Measure::Wall => Some(run.sample.wall_ns as f64),
        Measure::Cpu => Some(run.sample.cpu_ns() as f64),
        Measure::Peak => run.sample.peak_bytes.map(|bytes| bytes as f64),
    };
    let values: Vec<f64> = record.runs.iter().map(value).collect::<Option<_>>()?;
    let summary = Summary::of(&values).ok()?;
    if summary.median <= 0.0 {
        return None;
    }
    let deviation = OF_MAD * summary.mad;
    Some(Figure {
        id: id.to_owned(),
        taken_at: record.taken_at.clone(),
        commit: record.commit.clone(),
        median: summary.median,
        error: OF_MEDIAN * deviation / (summary.median * libm::sqrt(values.len() as f64)),
        runs: values.len(),
        at_most: measure == Measure::Peak && record.peak_is_at_most(),
    })
}
