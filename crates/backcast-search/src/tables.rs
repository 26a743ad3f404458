//! Orders, fills, trades and equity of a run as tables. Times are nanoseconds UTC; a session is the exchange's date, which is
//! another than that of the time where a session closes, or opens, on the other side of midnight UTC.

use std::path::Path;

use backcast_data::Market;
use backcast_store::{Table, TableColumn, TableFormat, render_table};
use backcast_types::{AssetId, OrderKind, OrderStatus, Reason, Side, Size};

use crate::{RunAccount, RunOutcome, SearchError, saved::write_aside};

/// Named columns of equal length.
fn table(columns: Vec<(&str, TableColumn)>) -> Table {
    Table { columns: columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect() }
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> TableColumn {
    TableColumn::Text(values.map(str::to_owned).collect())
}

fn floats(values: impl Iterator<Item = Option<f64>>) -> TableColumn {
    TableColumn::F64(values.collect())
}

fn times(values: impl Iterator<Item = i64>) -> TableColumn {
    TableColumn::Time(values.collect())
}

/// Sessions of rows of an account's clock.
fn sessions<'a>(rows: impl Iterator<Item = (&'a RunAccount, u32)>) -> TableColumn {
    TableColumn::Day(rows.map(|(account, row)| account.result.days[row as usize]).collect())
}

fn numbers(values: impl Iterator<Item = u32>) -> TableColumn {
    TableColumn::I64(values.map(i64::from).collect())
}

fn symbol(market: &Market, asset: AssetId) -> &str {
    &market.assets[asset.index()].symbol
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// "filled", or why it was not.
fn word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Filled => "filled",
        OrderStatus::Open => "open",
        OrderStatus::Rejected(reason) | OrderStatus::Ended(reason) => match reason {
            Reason::NotEnoughCash => "rejected: not enough cash",
            Reason::LessThanOneShare => "rejected: less than one share",
            Reason::ShortBeyondEquity => "rejected: short beyond equity",
            Reason::TooManyShares => "rejected: too many shares",
            Reason::NothingToClose => "ended: nothing to close",
            Reason::Cancelled => "cancelled",
            Reason::EndOfData => "ended: end of data",
        },
    }
}

/// What became of each order of an account, by number.
fn statuses(account: &RunAccount) -> Vec<&'static str> {
    let mut words = vec!["open"; account.result.orders.len()];
    for event in &account.result.order_events {
        if let Some(slot) = words.get_mut(event.order.0 as usize) {
            *slot = word(event.status);
        }
    }
    words
}

/// One row for each order: `account order asset side kind price size reverse session time status`.
#[must_use]
pub fn orders(run: &RunOutcome, market: &Market) -> Table {
    let all = || run.accounts.iter().flat_map(|a| a.result.orders.iter().map(move |o| (a, o)));
    let kinds = all().map(|(_, order)| match order.kind {
        OrderKind::Market => "market",
        OrderKind::Limit { .. } => "limit",
        OrderKind::Stop { .. } => "stop",
    });
    let prices = all().map(|(_, order)| match order.kind {
        OrderKind::Market => None,
        OrderKind::Limit { limit } => Some(limit),
        OrderKind::Stop { stop } => Some(stop),
    });
    let sizes: Vec<String> = all()
        .map(|(_, order)| match order.size {
            Size::Shares(n) => format!("{n} shares"),
            Size::Value(v) => format!("{v} cash"),
            Size::EquityFraction(f) => format!("{f} of equity"),
            Size::AllIn => "all cash".to_owned(),
            Size::Position => "position".to_owned(),
        })
        .collect();
    let last = run.accounts.iter().flat_map(statuses);
    table(vec![
        ("account", texts(all().map(|(a, _)| a.name.as_str()))),
        ("order", numbers(all().map(|(_, o)| o.id.0))),
        ("asset", texts(all().map(|(_, o)| symbol(market, o.asset)))),
        ("side", texts(all().map(|(_, o)| side(o.side)))),
        ("kind", texts(kinds)),
        ("price", floats(prices)),
        ("size", texts(sizes.iter().map(String::as_str))),
        ("reverse", texts(all().map(|(_, o)| if o.reverse { "true" } else { "false" }))),
        ("session", sessions(all().map(|(a, o)| (a, o.submitted)))),
        ("time", times(all().map(|(_, o)| o.time.0))),
        ("status", texts(last)),
    ])
}

/// One row for each fill: `account order asset session time quantity price commission slippage`; a sale has a negative
/// quantity.
#[must_use]
pub fn fills(run: &RunOutcome, market: &Market) -> Table {
    let all = || run.accounts.iter().flat_map(|a| a.result.fills.iter().map(move |f| (a, f)));
    table(vec![
        ("account", texts(all().map(|(a, _)| a.name.as_str()))),
        ("order", numbers(all().map(|(_, f)| f.order.0))),
        ("asset", texts(all().map(|(_, f)| symbol(market, f.asset)))),
        ("session", sessions(all().map(|(a, f)| (a, f.row)))),
        ("time", times(all().map(|(_, f)| f.time.0))),
        ("quantity", floats(all().map(|(_, f)| Some(f.quantity)))),
        ("price", floats(all().map(|(_, f)| Some(f.price)))),
        ("commission", floats(all().map(|(_, f)| Some(f.commission)))),
        ("slippage", floats(all().map(|(_, f)| Some(f.slippage)))),
    ])
}

/// One row for each round trip: `account asset quantity entry_session entry_time entry_price exit_session exit_time exit_price
/// net_profit costs`.
#[must_use]
pub fn trades(run: &RunOutcome, market: &Market) -> Table {
    let all = || run.accounts.iter().flat_map(|a| a.result.trades.iter().map(move |t| (a, t)));
    table(vec![
        ("account", texts(all().map(|(a, _)| a.name.as_str()))),
        ("asset", texts(all().map(|(_, t)| symbol(market, t.asset)))),
        ("quantity", floats(all().map(|(_, t)| Some(t.quantity)))),
        ("entry_session", sessions(all().map(|(a, t)| (a, t.entry_row)))),
        ("entry_time", times(all().map(|(_, t)| t.entry_time.0))),
        ("entry_price", floats(all().map(|(_, t)| Some(t.entry_price)))),
        ("exit_session", sessions(all().map(|(a, t)| (a, t.exit_row)))),
        ("exit_time", times(all().map(|(_, t)| t.exit_time.0))),
        ("exit_price", floats(all().map(|(_, t)| Some(t.exit_price)))),
        ("net_profit", floats(all().map(|(_, t)| Some(t.net_profit)))),
        ("costs", floats(all().map(|(_, t)| Some(t.costs)))),
    ])
}

/// One row for each bar of each account: `account session time equity buy_and_hold`.
#[must_use]
pub fn equity(run: &RunOutcome) -> Table {
    let accounts = || run.accounts.iter();
    let names = accounts().flat_map(|a| a.result.equity.iter().map(|_| a.name.as_str()));
    let clock = accounts().flat_map(|a| a.result.clock.iter().copied());
    let days = accounts().flat_map(|a| a.result.days.iter().copied());
    let values = accounts().flat_map(|a| a.result.equity.iter().copied().map(Some));
    let held = accounts().flat_map(|a| a.buy_and_hold.iter().copied().map(Some));
    table(vec![
        ("account", texts(names)),
        ("session", TableColumn::Day(days.collect())),
        ("time", times(clock)),
        ("equity", floats(values)),
        ("buy_and_hold", floats(held)),
    ])
}

/// Writes a table of a kept run as Parquet: aside, then renamed, so a program that is killed leaves the whole file or none. It is not
/// waited for until the disk has it, which would take most of the time of a short run: the manifest beside it makes the same
/// bytes again, and nothing here reads the table back.
pub(crate) fn write(path: &Path, table: &Table) -> Result<(), SearchError> {
    let _span = backcast_spans::span!("search.write_table");
    let bytes = render_table(TableFormat::Parquet, table)
        .map_err(|error| SearchError::damaged(path, error))?;
    write_aside(path, &bytes)
}
