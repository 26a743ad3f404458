//! All metrics of one run, from the totals of its curve and the tallies of its fills.

use crate::{CurveTotals, Metric, MetricSet};

/// The thirteen metrics of one run in the order of [`Metric::ALL`]; an undefined one is NaN inside.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Values by `Metric as usize`.
    pub values: [f64; Metric::COUNT],
}

impl Row {
    /// A row in which nothing is defined.
    pub const EMPTY: Row = Row { values: [f64::NAN; Metric::COUNT] };

    /// A metric, where it is defined.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f64> {
        let value = self.values[metric as usize];
        (!value.is_nan()).then_some(value)
    }
}

impl PartialEq for Row {
    /// Equal bits, with undefined equal to undefined.
    fn eq(&self, other: &Row) -> bool {
        self.values
            .iter()
            .zip(&other.values)
            .all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
    }
}

/// What fills add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Closed round trips.
    pub trades: f64,
    /// Those with a net profit above zero.
    pub wins: f64,
    /// Sum of the profits of wins, in cash.
    pub profit: f64,
    /// Sum of the losses of the others as a number not above zero, in cash.
    pub loss: f64,
    /// Commission and slippage, in cash.
    pub costs: f64,
    /// Bars with a position at the close.
    pub exposed: f64,
}

/// The stretch of time that a run covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    /// Evaluated bars.
    pub bars: f64,
    /// Calendar days from the first bar to the last.
    pub days: f64,
    /// Bars a year.
    pub periods_per_year: f64,
}

/// `number` where it is finite, else undefined.
fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { f64::NAN }
}

/// The metrics that were asked for; the others are undefined.
#[must_use]
pub fn finish(
    totals: &CurveTotals,
    tally: &Tally,
    time: &Timeline,
    start: f64,
    wanted: MetricSet,
) -> Row {
    let mut row = Row::EMPTY;
    let mut set = |metric: Metric, value: f64| {
        if wanted.contains(metric) {
            row.values[metric as usize] = finite(value);
        }
    };
    if time.bars == 0.0 {
        return row;
    }
    set(Metric::TotalReturn, totals.last / start - 1.0);
    set(Metric::MaxDrawdown, 1.0 - totals.worst);
    set(Metric::MaxDrawdownBars, totals.longest);
    set(Metric::Exposure, tally.exposed / time.bars);
    set(Metric::Trades, tally.trades);
    set(Metric::WinRate, tally.wins / tally.trades);
    set(Metric::ProfitFactor, if tally.loss < 0.0 { tally.profit / -tally.loss } else { f64::NAN });
    set(Metric::CostsPaid, tally.costs);
    returns_of(totals, time, &mut set);
    if wanted.contains(Metric::Cagr) || wanted.contains(Metric::Calmar) {
        let cagr = yearly_rate(totals.last / start, time.days);
        set(Metric::Cagr, cagr);
        let fall = 1.0 - totals.worst;
        set(Metric::Calmar, if fall > 0.0 { cagr / fall } else { f64::NAN });
    }
    row
}

/// Volatility, Sharpe and Sortino.
///
/// Sources: W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21(1), 1994; F. A. Sortino and L. N. Price,
/// "Performance Measurement in a Downside Risk Framework", Journal of Investing 3(3), 1994.
fn returns_of(totals: &CurveTotals, time: &Timeline, set: &mut impl FnMut(Metric, f64)) {
    let n = time.bars - 1.0;
    if n < 2.0 {
        return;
    }
    let mean = totals.sum / n;
    let variance = (totals.squares - totals.sum * mean) / (n - 1.0);
    let deviation = if variance > 0.0 { variance.sqrt() } else { 0.0 };
    let year = time.periods_per_year.sqrt();
    set(Metric::Volatility, deviation * year);
    set(Metric::Sharpe, if deviation > 0.0 { mean / deviation * year } else { f64::NAN });
    let downside = (totals.downside / n).sqrt();
    set(Metric::Sortino, if downside > 0.0 { mean / downside * year } else { f64::NAN });
}

/// `growth ^ (365.25 / days) - 1`; undefined below one day, -1 where nothing is left.
fn yearly_rate(growth: f64, days: f64) -> f64 {
    if days < 1.0 {
        f64::NAN
    } else if growth <= 0.0 {
        -1.0
    } else {
        libm::pow(growth, 365.25 / days) - 1.0
    }
}
