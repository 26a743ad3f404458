//! Runs as pages: curves, drawdown, months, candles with executions, trades.

use std::collections::HashMap;

use backcast_data::Market;
use backcast_metrics::{Metric, Row};
use backcast_report::{
    Account, Candles, Cell, Column, Format, Marker, MarkerKind, MonthReturn, Page, Run, Series,
    Table,
};
use backcast_search::{RunAccount, RunOutcome, Spec, spec::Mode, summary};
use backcast_types::{AssetId, Trade};

use super::{
    CURRENCY,
    manifest::{Made, manifest},
    shown_time, title,
};
use crate::{metrics, number};

/// The page of a run.
pub(crate) fn run(spec: &Spec, market: &Market, outcome: &RunOutcome, command: &str) -> Page {
    let _span = backcast_spans::span!("report.collect");
    let digests: Vec<&str> = outcome.accounts.iter().map(|a| a.digest.as_str()).collect();
    let made = Made {
        id: format!("run {}", outcome.id),
        digest: digests.join(", "),
        command,
        pooled: outcome.mode == Mode::Pool,
        windows: false,
    };
    Page {
        title: title(spec, "Run"),
        subtitle: subtitle(outcome),
        manifest: manifest(spec, market, &made),
        notices: outcome.notices.clone(),
        run: Some(section(market, &outcome.accounts, String::new())),
        ..Page::default()
    }
}

fn subtitle(outcome: &RunOutcome) -> String {
    let names = outcome.accounts.iter().map(|account| account.name.as_str());
    match outcome.mode {
        Mode::Each => format!("One run each: {}.", names.collect::<Vec<_>>().join(", ")),
        Mode::Pool if outcome.accounts.iter().all(|a| a.result.assets.len() == 1) => {
            "One run on one asset.".to_owned()
        }
        Mode::Pool => "All assets out of one pool of cash.".to_owned(),
    }
}

/// The part of a page that shows runs in full.
pub(super) fn section(market: &Market, accounts: &[RunAccount], heading: String) -> Run {
    Run {
        heading,
        accounts: accounts.iter().map(|account| of_run(market, account)).collect(),
        assets: None,
        candles: accounts.iter().flat_map(|account| candles(market, account)).collect(),
        trades: Some(trades(market, accounts)),
    }
}

fn of_run(market: &Market, run: &RunAccount) -> Account {
    let result = &run.result;
    let name = if run.name == "pool" { "Portfolio" } else { &run.name };
    let curve = Curve { clock: &result.clock, days: &result.days, start_cash: result.start_cash };
    account(market, name, &curve, &result.equity, Some(&run.buy_and_hold), &result.row)
}

/// Where a curve lies in time, and where it began.
pub(super) struct Curve<'a> {
    pub(super) clock: &'a [i64],
    pub(super) days: &'a [i32],
    pub(super) start_cash: f64,
}

impl Curve<'_> {
    /// Times as pages show them.
    pub(super) fn times(&self, market: &Market) -> Vec<i64> {
        let pairs = self.clock.iter().zip(self.days);
        pairs.map(|(time, day)| shown_time(market, *time, *day)).collect()
    }
}

/// One cash account.
pub(super) fn account(
    market: &Market,
    name: &str,
    curve: &Curve,
    equity: &[f64],
    buy_and_hold: Option<&[f64]>,
    row: &Row,
) -> Account {
    let times = curve.times(market);
    let series = |values: &[f64]| Series { times: times.clone(), values: values.to_vec() };
    let months = summary::monthly_returns(curve.days, equity, curve.start_cash);
    let years = summary::yearly_returns(curve.days, equity, curve.start_cash);
    Account {
        name: name.to_owned(),
        currency: CURRENCY.to_owned(),
        metrics: cards(row),
        equity: series(equity),
        buy_and_hold: buy_and_hold.map(series),
        drawdown: series(&summary::drawdowns(equity, curve.start_cash)),
        monthly: months
            .iter()
            .map(|m| MonthReturn { year: i32::from(m.year), month: m.month as u8, value: m.value })
            .collect(),
        yearly: years.iter().map(|(year, value)| (i32::from(*year), *value)).collect(),
    }
}

fn cards(row: &Row) -> Vec<backcast_report::Metric> {
    let card = |metric: &Metric| backcast_report::Metric {
        name: metric.title().to_owned(),
        value: row.values[*metric as usize],
        format: metrics::page_format(*metric),
        help: metric.help().to_owned(),
    };
    Metric::ALL.iter().map(card).collect()
}

/// Prices of each asset of a run over its days, with the executions on them.
fn candles(market: &Market, run: &RunAccount) -> Vec<Candles> {
    let days = &run.result.days;
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Vec::new() };
    let (first, last) = (backcast_types::Day(*first), backcast_types::Day(*last));
    let one = |asset: &AssetId| {
        let found = &market.assets[asset.index()];
        let bars = &found.bars;
        let rows = bars.rows(Some(first), Some(last));
        Candles {
            asset: found.symbol.clone(),
            currency: CURRENCY.to_owned(),
            times: rows.clone().map(|r| shown_time(market, bars.time[r], bars.day[r])).collect(),
            open: bars.open[rows.clone()].to_vec(),
            high: bars.high[rows.clone()].to_vec(),
            low: bars.low[rows.clone()].to_vec(),
            close: bars.close[rows.clone()].to_vec(),
            volume: bars.volume[rows].to_vec(),
            markers: markers(market, run, *asset),
        }
    };
    run.result.assets.iter().map(one).collect()
}

/// What each fill of an asset did to its position; a reversing one did two things.
fn markers(market: &Market, run: &RunAccount, asset: AssetId) -> Vec<Marker> {
    let result = &run.result;
    let slot = result.slot(asset).unwrap_or(0);
    let mut closed: HashMap<u32, &Trade> = HashMap::new();
    closed.extend(result.trades.iter().filter(|t| t.asset == asset).map(|t| (t.exit_row, t)));
    let mut markers = Vec::new();
    let mut held = 0.0;
    for fill in result.fills.iter().filter(|fill| fill.asset == asset) {
        let side = fill.quantity.signum();
        let day = result.days[fill.row as usize];
        let mut mark = |kind, pnl| {
            let (price, size) = (fill.price, fill.quantity.abs());
            let time = shown_time(market, fill.time.0, day);
            markers.push(Marker { time, kind, price, size, pnl });
        };
        let enter = if side > 0.0 { MarkerKind::EnterLong } else { MarkerKind::EnterShort };
        if held * side >= 0.0 {
            mark(enter, None);
            held = side;
            continue;
        }
        let exit = if held > 0.0 { MarkerKind::ExitLong } else { MarkerKind::ExitShort };
        mark(exit, closed.get(&fill.row).map(|trade| trade.net_profit));
        let order = result.orders.get(fill.order.0 as usize);
        let reversed = order.is_some_and(|order| order.reverse)
            && result.positions.at(slot, fill.row as usize) * side > 0.0;
        held = if reversed { side } else { 0.0 };
        if reversed {
            mark(enter, None);
        }
    }
    markers
}

/// All round trips.
fn trades(market: &Market, accounts: &[RunAccount]) -> Table {
    let column = |name: &str, format: Format, help: &str| Column {
        name: name.to_owned(),
        format,
        help: help.to_owned(),
    };
    let columns = vec![
        column("Asset", Format::Plain, ""),
        column("Side", Format::Plain, ""),
        column("Entered", Format::Plain, ""),
        column("Entry price", Format::Decimals(2), "As traded, restated by splits since."),
        column("Left", Format::Plain, ""),
        column("Exit price", Format::Decimals(2), "As traded."),
        column("Shares", Format::Decimals(0), ""),
        column("Net profit", Format::Decimals(2), "After commission and slippage, with dividends."),
        column("Costs", Format::Decimals(2), "Commission and slippage."),
    ];
    let rows: Vec<Vec<Cell>> = accounts
        .iter()
        .flat_map(|account| {
            let days = &account.result.days;
            account.result.trades.iter().map(move |trade| {
                let time = |row: u32, time: i64| {
                    let day = days.get(row as usize).copied().unwrap_or_default();
                    Cell::Time(shown_time(market, time, day))
                };
                vec![
                    Cell::Text(market.assets[trade.asset.index()].symbol.clone()),
                    Cell::Text(if trade.quantity > 0.0 { "long" } else { "short" }.to_owned()),
                    time(trade.entry_row, trade.entry_time.0),
                    Cell::Number(trade.entry_price),
                    time(trade.exit_row, trade.exit_time.0),
                    Cell::Number(trade.exit_price),
                    Cell::Number(trade.quantity.abs()),
                    Cell::Number(trade.net_profit),
                    Cell::Number(trade.costs),
                ]
            })
        })
        .collect();
    let caption = format!(
        "{}; a position still open at the end is none",
        number::count(rows.len(), "closed trade")
    );
    Table { caption, columns, rows }
}
