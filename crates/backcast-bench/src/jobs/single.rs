//! One run of SMA(10) against SMA(30), with curve and trades: what the jobs on minutes and on days share.

use backcast_data::Market;
use backcast_engine::{RuleStrategy, RunResult, Span, run, run_rules};
use backcast_metrics::Metric;
use backcast_types::{AssetId, Trade};

use super::{Job, Options};
use crate::{
    figures::{Line, Report},
    markets::{CASH, RATE, config, program},
    opponents::{Money, Prices, Three, broker, check_equal},
    timing::{Side, measure},
};

const FAST: usize = 10;
const SLOW: usize = 30;

/// Seconds that one run may take.
pub(super) struct Targets {
    pub(super) over_time: f64,
    pub(super) event_engine: Option<f64>,
}

pub(super) fn measured(
    job: &Job,
    options: &Options,
    market: &Market,
    targets: &Targets,
) -> Result<Report, String> {
    let (program, config) = (program()?, config());
    let prices = Prices::of(&market.assets[0]);
    let money = Money::of(market, CASH, RATE);
    let params = [FAST as f64, SLOW as f64];
    let strategy = || RuleStrategy::new(program.clone(), &params);
    // What `backcast run` calls; these rules go over time.
    let over_time = || run_rules(market, &[AssetId(0)], &Span::ALL, &config, &mut strategy());
    let event = || run(market, &[AssetId(0)], &Span::ALL, &config, &mut strategy());
    let by_hand = || broker::run(prices, FAST, SLOW, &money);
    let slow = event().map_err(|error| error.to_string())?;
    check(&slow, &by_hand())?;
    if over_time().map_err(|error| error.to_string())? != slow {
        return Err("the run over time is not that of the event engine".to_owned());
    }

    let sides = vec![
        Side::new("over time", over_time),
        Side::new("event engine", event),
        Side::new("broker loop by hand", by_hand),
    ];
    let times = measure(sides, options.runs);
    let [over_time, event, hand] = &times[..] else { unreachable!("as many times as sides") };
    let bars = Some(prices.close.len() as f64);
    let event_line = Line::new(event, bars).against(event, hand, None);
    let lines = vec![
        Line::new(over_time, bars).within(targets.over_time).against(over_time, hand, None),
        match targets.event_engine {
            Some(seconds) => event_line.within(seconds),
            None => event_line,
        },
        Line::new(hand, bars),
    ];
    Ok(Report { job: job.name, about: job.about, lines })
}

/// Same metrics, same trades, same curve to 1e-12.
fn check(ours: &RunResult, by_hand: &broker::Account) -> Result<(), String> {
    let metric = |metric: Metric| ours.row.get(metric).unwrap_or(f64::NAN);
    let three = Three {
        total_return: metric(Metric::TotalReturn),
        sharpe: metric(Metric::Sharpe),
        max_drawdown: metric(Metric::MaxDrawdown),
    };
    check_equal("run against broker loop", &[three], &[by_hand.three])?;
    if ours.trades.len() != by_hand.trades.len() {
        let (a, b) = (ours.trades.len(), by_hand.trades.len());
        return Err(format!("run against broker loop: {a} trades against {b}"));
    }
    let same = |a: &Trade, b: &broker::RoundTrip| {
        (a.entry_row, a.exit_row) == (b.entry_row, b.exit_row)
            && (a.entry_price, a.exit_price) == (b.entry_price, b.exit_price)
            && a.quantity == b.shares
            && (a.net_profit - b.profit).abs() <= 1e-9 * CASH
    };
    if let Some((a, b)) = ours.trades.iter().zip(&by_hand.trades).find(|(a, b)| !same(a, b)) {
        return Err(format!("run against broker loop: {a:?} against {b:?}"));
    }
    let differs =
        ours.equity.iter().zip(&by_hand.equity).position(|(a, b)| (a / b - 1.0).abs() > 1e-12);
    match differs {
        Some(row) => Err(format!("run against broker loop: equity differs at row {row}")),
        None => Ok(()),
    }
}
