//! Metrics as columns of tables and figures of pages.

use backcast_metrics::{Metric, Unit};
use backcast_report::Format;

use crate::{
    number,
    table::{Column, Show},
};

/// How people see a metric in a table.
pub(crate) fn show(metric: Metric) -> Show {
    match metric.unit() {
        Unit::Fraction => Show::Percent(1),
        Unit::Ratio => Show::Digits(2),
        Unit::Bars | Unit::Count | Unit::Cash => Show::Digits(0),
    }
}

/// A value of a metric as people see it.
pub(crate) fn text(metric: Metric, value: f64) -> String {
    match show(metric) {
        Show::Percent(digits) => number::percent(value, digits),
        Show::Digits(digits) => number::grouped(value, digits),
        Show::Exact => number::exact(value),
    }
}

/// The column of a metric.
pub(crate) fn column(metric: Metric) -> Column {
    Column::new(metric.name()).title(title(metric)).show(show(metric))
}

/// The title as it stands inside a line: `total return`, but `Sharpe` and `CAGR`.
pub(crate) fn title(metric: Metric) -> String {
    match metric {
        Metric::Sharpe | Metric::Sortino | Metric::Calmar | Metric::Cagr => {
            metric.title().to_owned()
        }
        _ => metric.title().to_lowercase(),
    }
}

/// How a page writes a metric.
pub(crate) fn page_format(metric: Metric) -> Format {
    match metric.unit() {
        Unit::Fraction => Format::Percent(1),
        Unit::Ratio => Format::Decimals(2),
        Unit::Bars => Format::Unit(0, "bars".to_owned()),
        Unit::Count | Unit::Cash => Format::Decimals(0),
    }
}

/// Metrics of a table for people: those that the spec names, or the few that matter most where it names none.
pub(crate) fn for_people(wanted: &[Metric], ranked_by: Metric) -> Vec<Metric> {
    const FEW: [Metric; 6] = [
        Metric::Sharpe,
        Metric::TotalReturn,
        Metric::Cagr,
        Metric::MaxDrawdown,
        Metric::Exposure,
        Metric::Trades,
    ];
    let some = if wanted.len() == Metric::COUNT { &FEW } else { wanted };
    let others = some.iter().copied().filter(|metric| *metric != ranked_by);
    std::iter::once(ranked_by).chain(others).collect()
}
