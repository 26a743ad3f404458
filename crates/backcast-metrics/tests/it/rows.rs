//! Rows worked by hand.

use backcast_metrics::{Metric, MetricSet, Row, Tally, Timeline, curve::totals_of, finish};

fn row(equity: &[f64], start: f64, tally: Tally, days: f64) -> Row {
    let time = Timeline { bars: equity.len() as f64, days, periods_per_year: 252.0 };
    finish(&totals_of(equity, start), &tally, &time, start, MetricSet::ALL)
}

fn near(row: &Row, metric: Metric, value: f64) {
    let got = row.get(metric).unwrap_or(f64::NAN);
    assert!((got - value).abs() < 1e-12, "{}: {got} is not {value}", metric.name());
}

#[test]
fn four_bars_by_hand() {
    let tally =
        Tally { trades: 4.0, wins: 1.0, profit: 30.0, loss: -60.0, costs: 3.0, exposed: 3.0 };
    let row = row(&[100.0, 110.0, 99.0, 108.9], 100.0, tally, 365.25);
    near(&row, Metric::TotalReturn, 0.089);
    near(&row, Metric::Cagr, 0.089);
    near(&row, Metric::MaxDrawdown, 0.1);
    near(&row, Metric::Calmar, 0.89);
    near(&row, Metric::MaxDrawdownBars, 2.0);
    let (mean, deviation) = (0.1 / 3.0, (0.04f64 / 3.0).sqrt());
    near(&row, Metric::Volatility, deviation * 252f64.sqrt());
    near(&row, Metric::Sharpe, mean / deviation * 252f64.sqrt());
    near(&row, Metric::Sortino, mean / (0.01f64 / 3.0).sqrt() * 252f64.sqrt());
    near(&row, Metric::Exposure, 0.75);
    near(&row, Metric::WinRate, 0.25);
    near(&row, Metric::ProfitFactor, 0.5);
    near(&row, Metric::CostsPaid, 3.0);
}

#[test]
fn the_peak_includes_starting_cash() {
    let row = row(&[90.0, 90.0, 95.0], 100.0, Tally::default(), 3.0);
    near(&row, Metric::MaxDrawdown, 0.1);
}

#[test]
fn what_cannot_be_said_is_undefined() {
    let row = row(&[100.0, 100.0, 100.0], 100.0, Tally::default(), 3.0);
    for metric in
        [Metric::Sharpe, Metric::Sortino, Metric::Calmar, Metric::WinRate, Metric::ProfitFactor]
    {
        assert_eq!(row.get(metric), None, "{}", metric.name());
    }
    assert_eq!(row.get(Metric::TotalReturn), Some(0.0));
    assert_eq!(Row::EMPTY.get(Metric::Trades), None);
}

#[test]
fn only_what_is_wanted_is_worked_out() {
    let time = Timeline { bars: 2.0, days: 30.0, periods_per_year: 252.0 };
    let totals = totals_of(&[100.0, 101.0], 100.0);
    let row =
        finish(&totals, &Tally::default(), &time, 100.0, MetricSet::of(&[Metric::TotalReturn]));
    assert!(row.get(Metric::TotalReturn).is_some() && row.get(Metric::Cagr).is_none());
}

#[test]
fn names_are_unique_and_read_back() {
    for metric in Metric::ALL {
        assert_eq!(Metric::from_name(metric.name()), Some(metric));
        assert!(!metric.help().is_empty() && !metric.title().is_empty());
    }
}
