//! What tables and pages show of an equity curve: drawdown, returns of months and years, fewer points.

use backcast_metrics::{Array8, Metric, MetricSet, Row, Tally, TimeCurve, Timeline, finish};
use backcast_types::Day;

/// Return of a stretch of the calendar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonthReturn {
    /// Calendar year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
    /// Simple return, 0.01 is one percent.
    pub value: f64,
}

/// Distance below the highest equity so far, which includes the starting cash, as a positive fraction. Shape of `equity`.
#[must_use]
pub fn drawdowns(equity: &[f64], start_cash: f64) -> Vec<f64> {
    let mut peak = start_cash;
    let below = |e: &f64| {
        peak = if *e > peak { *e } else { peak };
        1.0 - e / peak
    };
    equity.iter().map(below).collect()
}

/// Returns of calendar months: last equity of the month by the last before it, less one; the first month counts from the
/// starting cash. `days` are session days since 1970-01-01, one for each value of `equity`.
#[must_use]
pub fn monthly_returns(days: &[i32], equity: &[f64], start_cash: f64) -> Vec<MonthReturn> {
    let months = days.iter().map(|day| Day(*day).ymd());
    let mut found: Vec<MonthReturn> = Vec::new();
    let (mut before, mut last) = (start_cash, start_cash);
    for ((year, month, _), equity) in months.zip(equity) {
        if found.last().is_none_or(|m| (m.year, m.month) != (year, month)) {
            before = last;
            found.push(MonthReturn { year, month, value: 0.0 });
        }
        last = *equity;
        found.last_mut().expect("one was pushed").value = last / before - 1.0;
    }
    found
}

/// Returns of calendar years, likewise.
#[must_use]
pub fn yearly_returns(days: &[i32], equity: &[f64], start_cash: f64) -> Vec<(i16, f64)> {
    let mut found: Vec<(i16, f64)> = Vec::new();
    let (mut before, mut last) = (start_cash, start_cash);
    for (day, equity) in days.iter().zip(equity) {
        let year = Day(*day).ymd().0;
        if found.last().is_none_or(|(other, _)| *other != year) {
            before = last;
            found.push((year, 0.0));
        }
        last = *equity;
        found.last_mut().expect("one was pushed").1 = last / before - 1.0;
    }
    found
}

/// The metrics of an equity curve that need no trades; the others are undefined. `days` are session days since 1970-01-01,
/// one for each value of `equity`.
#[must_use]
pub fn curve_row(equity: &[f64], days: &[i32], start_cash: f64, periods_per_year: f64) -> Row {
    let _span = backcast_spans::span!("search.curve_row");
    const OF_CURVES: [Metric; 8] = [
        Metric::TotalReturn,
        Metric::Cagr,
        Metric::Volatility,
        Metric::Sharpe,
        Metric::Sortino,
        Metric::MaxDrawdown,
        Metric::MaxDrawdownBars,
        Metric::Calmar,
    ];
    let (Some(first), Some(first_day), Some(last_day)) =
        (equity.first(), days.first(), days.last())
    else {
        return Row::EMPTY;
    };
    let mut curve = TimeCurve::<Array8>::new(start_cash, *first);
    curve.extend(equity);
    let days = f64::from(last_day - first_day);
    let time = Timeline { bars: equity.len() as f64, days, periods_per_year };
    let wanted = MetricSet::of(&OF_CURVES);
    finish(&curve.totals(), &Tally::default(), &time, start_cash, wanted)
}

/// Positions of at most `points` values spread evenly over `len`, first and last among them.
#[must_use]
pub fn coarse_positions(len: usize, points: usize) -> Vec<usize> {
    if len <= points || points < 2 {
        return (0..len).collect();
    }
    (0..points).map(|i| i * (len - 1) / (points - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_measured_from_the_end_of_the_one_before() {
        let day = |text: &str| text.parse::<Day>().unwrap().0;
        let days = ["2001-01-30", "2001-01-31", "2001-02-01", "2002-02-28"].map(day);
        let months = monthly_returns(&days, &[110.0, 120.0, 60.0, 90.0], 100.0);
        let values: Vec<_> = months.iter().map(|m| (m.year, m.month, m.value)).collect();
        assert_eq!(values[0], (2001, 1, 120.0 / 100.0 - 1.0));
        assert_eq!(values[1], (2001, 2, 60.0 / 120.0 - 1.0));
        assert_eq!(values[2], (2002, 2, 90.0 / 60.0 - 1.0));
        let years = yearly_returns(&days, &[110.0, 120.0, 60.0, 90.0], 100.0);
        assert_eq!(years, [(2001, 60.0 / 100.0 - 1.0), (2002, 90.0 / 60.0 - 1.0)]);
    }

    #[test]
    fn the_first_peak_is_the_starting_cash() {
        assert_eq!(drawdowns(&[90.0, 110.0, 55.0], 100.0), [1.0 - 0.9, 0.0, 0.5]);
    }

    #[test]
    fn coarse_positions_keep_both_ends() {
        assert_eq!(coarse_positions(3, 128), [0, 1, 2]);
        let positions = coarse_positions(1000, 128);
        assert_eq!((positions.len(), positions[0], positions[127]), (128, 0, 999));
    }
}
