//! `backcast run`: one run of a spec, its figures, its orders and trades, its page.

use std::path::{Path, PathBuf};

use backcast_data::Market;
use backcast_metrics::Metric;
use backcast_search::{RunAccount, RunOutcome, Spec, run_spec, spec::Mode, summary, tables};
use backcast_store::{Home, TableFormat, write_table};

use crate::{
    failure::Failure,
    isa::IsaOption,
    metrics, number, output, page,
    spec_file::{self, Changes},
    table::{Cell, Column, Format, Show, Table},
    terminal::Terminal,
};

/// Trades at most that are printed.
const SHOWN_TRADES: usize = 10;

/// Run a spec once: figures, orders, trades, report
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast run examples/sma_cross.toml\n  \
    backcast run examples/sma_cross.toml --set params.fast=20 --from 2005-01-01 --to 2010-12-31\n  \
    backcast run examples/pairs.toml --trades trades.csv --report pairs.html\n\n\
    Rows of the files name the session, the exchange's date, beside the time in UTC.")]
pub(crate) struct Args {
    /// The spec, a TOML file
    #[arg(value_name = "SPEC")]
    spec: PathBuf,
    #[command(flatten)]
    changes: Changes,
    /// Write one HTML page that needs no network
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
    #[command(flatten)]
    isa: IsaOption,
    #[command(flatten)]
    files: Files,
    /// How to print the figures
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Files that are written; the ending (.csv, .json, .parquet) is the format.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Files: .csv, .json or .parquet")]
struct Files {
    /// Write all orders
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
    /// Write all fills
    #[arg(long, value_name = "FILE")]
    fills: Option<PathBuf>,
    /// Write all trades
    #[arg(long, value_name = "FILE")]
    trades: Option<PathBuf>,
    /// Write equity at each bar, beside buy and hold
    #[arg(long, value_name = "FILE")]
    equity: Option<PathBuf>,
}

/// Runs the spec and prints what came of it.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let formats = args.files.formats()?;
    let Files { orders, fills, trades, equity } = &args.files;
    output::check([orders, fills, trades, equity, &args.report])?;
    args.isa.apply()?;
    let home = Home::find()?;
    let spec = spec_file::read(&args.spec, &args.changes.overrides())?;
    terminal.live.subject(&format!("{}{}", args.spec.display(), args.changes));
    terminal.live.phase("loading data");
    let market = spec.load(&home)?;
    terminal.live.phase("running");
    let outcome = run_spec(&spec, &market)?;
    terminal.live.result(&outcome.id);
    for notice in &outcome.notices {
        terminal.say(&format!("note: {notice}"));
    }
    for (path, format, make) in formats {
        let table = make(&outcome, &market);
        write_table(path, format, &table)?;
        terminal.say(&format!("{}: {}", path.display(), number::count(table.rows(), "row")));
    }
    print(&spec, &market, &outcome, args.format, terminal)?;
    terminal.flush()?;
    keep(&spec, &market, &outcome, &home, terminal);
    if let Some(path) = &args.report {
        terminal.live.phase("writing the report");
        let command = format!("backcast run {}{}", args.spec.display(), args.changes);
        page::write(path, &page::run(&spec, &market, &outcome, &command), terminal)?;
    }
    Ok(())
}

type Make = fn(&RunOutcome, &Market) -> backcast_store::Table;

impl Files {
    /// What to write where; an ending without meaning is found before the run.
    fn formats(&self) -> Result<Vec<(&Path, TableFormat, Make)>, Failure> {
        let makes: [(&Option<PathBuf>, Make); 4] = [
            (&self.orders, tables::orders),
            (&self.fills, tables::fills),
            (&self.trades, tables::trades),
            (&self.equity, |run, _| tables::equity(run)),
        ];
        let wanted = makes.into_iter().filter_map(|(path, make)| Some((path.as_deref()?, make)));
        wanted
            .map(|(path, make)| match TableFormat::of_path(path) {
                Some(format) => Ok((path, format, make)),
                None => Err(Failure::usage(format!("{} has no known ending", path.display()))
                    .help("the ending says the format: .csv, .json or .parquet")),
            })
            .collect()
    }
}

/// Keeps the run in the project's state. Where that cannot be written, the results above are good all the same.
fn keep(spec: &Spec, market: &Market, outcome: &RunOutcome, home: &Home, terminal: &mut Terminal) {
    match outcome.save(spec, market, home.path()) {
        Ok(_) => terminal.say(&format!(
            "run {} is kept; `backcast report {} --out run.html` makes its page",
            outcome.id, outcome.id
        )),
        Err(error) => terminal.say(&format!("note: the run was not kept: {error}")),
    }
}

/// Prints the figures of a run.
pub(crate) fn print(
    spec: &Spec,
    market: &Market,
    outcome: &RunOutcome,
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let _span = backcast_spans::span!("report.print");
    if format != Format::Table {
        return exact(spec, outcome).print(format, terminal);
    }
    terminal.print(&heading(market, outcome))?;
    match &outcome.accounts[..] {
        [one] => terminal.print(&beside_holding(spec, market, one).for_people())?,
        many => terminal.print(&side_by_side(spec, market, many).for_people())?,
    }
    let trades = last_trades(market, &outcome.accounts);
    if !trades.is_empty() {
        let all: usize = outcome.accounts.iter().map(|a| a.result.trades.len()).sum();
        let which = if all > SHOWN_TRADES { "Last trades" } else { "Trades" };
        terminal
            .print(&format!("\n{which} ({SHOWN} of {all})\n\n", SHOWN = all.min(SHOWN_TRADES)))?;
        terminal.print(&trades.for_people())?;
    }
    let digests: Vec<&str> = outcome.accounts.iter().map(|a| a.digest.as_str()).collect();
    terminal.print(&format!("\nrun {}, digest {}\n", outcome.id, digests.join("\n  ")))
}

fn heading(market: &Market, outcome: &RunOutcome) -> String {
    let symbols = |account: &RunAccount| -> Vec<String> {
        account.result.assets.iter().map(|id| market.assets[id.index()].symbol.clone()).collect()
    };
    let mut names: Vec<String> = outcome.accounts.iter().flat_map(symbols).collect();
    names.dedup();
    let days = outcome.accounts.iter().flat_map(|a| [a.result.days.first(), a.result.days.last()]);
    let days: Vec<i32> = days.flatten().copied().collect();
    let day = |day: Option<&i32>| day.map(|day| backcast_types::Day(*day).to_string());
    let span = match (day(days.iter().min()), day(days.iter().max())) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    };
    let shared = match outcome.mode {
        Mode::Pool if names.len() > 1 => ", one pool of cash",
        Mode::Each if names.len() > 1 => ", one run each",
        _ => "",
    };
    format!("{}{span}{shared}\n\n", names.join(", "))
}

fn wanted(spec: &Spec) -> &[Metric] {
    &spec.metrics
}

fn holding(market: &Market, account: &RunAccount) -> backcast_metrics::Row {
    let result = &account.result;
    let year = market.periods_per_year;
    summary::curve_row(&account.buy_and_hold, &result.days, result.start_cash, year)
}

/// One account: a line for each metric, buy and hold beside it.
fn beside_holding(spec: &Spec, market: &Market, account: &RunAccount) -> Table {
    let mut table = Table::new(vec![
        Column::new("metric").title(""),
        Column::new("strategy"),
        Column::new("buy_and_hold").title("buy and hold"),
    ]);
    let held = holding(market, account);
    for metric in wanted(spec) {
        let text = |row: &backcast_metrics::Row| {
            row.get(*metric).map(|value| metrics::text(*metric, value)).into()
        };
        table.push(vec![metrics::title(*metric).into(), text(&account.result.row), text(&held)]);
    }
    table.align_right(1);
    table.align_right(2);
    table
}

/// Several accounts: a line for each.
fn side_by_side(spec: &Spec, market: &Market, accounts: &[RunAccount]) -> Table {
    let shown = metrics::for_people(wanted(spec), Metric::TotalReturn);
    let mut columns = vec![Column::new("asset")];
    columns.extend(shown.iter().map(|metric| metrics::column(*metric)));
    columns.push(Column::new("held").title("buy and hold").show(Show::Percent(1)));
    let mut table = Table::new(columns);
    for account in accounts {
        let mut row: Vec<Cell> = vec![account.name.as_str().into()];
        row.extend(shown.iter().map(|metric| Cell::from(account.result.row.get(*metric))));
        row.push(holding(market, account).get(Metric::TotalReturn).into());
        table.push(row);
    }
    table
}

/// A row for each account with all metrics, for programs.
fn exact(spec: &Spec, outcome: &RunOutcome) -> Table {
    let mut columns = vec![Column::new("account")];
    columns.extend(wanted(spec).iter().map(|metric| metrics::column(*metric)));
    columns.extend(["final_equity", "orders", "fills", "run", "digest"].map(Column::new));
    let mut table = Table::new(columns);
    for account in &outcome.accounts {
        let result = &account.result;
        let mut row: Vec<Cell> = vec![account.name.as_str().into()];
        row.extend(wanted(spec).iter().map(|metric| Cell::from(result.row.get(*metric))));
        row.extend([
            result.equity.last().copied().into(),
            result.orders.len().into(),
            result.fills.len().into(),
            outcome.id.as_str().into(),
            account.digest.as_str().into(),
        ]);
        table.push(row);
    }
    table
}

fn last_trades(market: &Market, accounts: &[RunAccount]) -> Table {
    let mut table = Table::new(vec![
        Column::new("asset"),
        Column::new("side"),
        Column::new("shares").show(Show::Digits(0)),
        Column::new("entered"),
        Column::new("entry_price").show(Show::Digits(2)),
        Column::new("left"),
        Column::new("exit_price").show(Show::Digits(2)),
        Column::new("net_profit").show(Show::Digits(2)),
        Column::new("costs").show(Show::Digits(2)),
    ]);
    let mut all: Vec<_> = accounts
        .iter()
        .flat_map(|account| account.result.trades.iter().map(move |trade| (account, trade)))
        .collect();
    all.sort_by_key(|(_, trade)| trade.exit_time);
    for (account, trade) in all.iter().rev().take(SHOWN_TRADES).rev() {
        let day = |row: u32| {
            let day = account.result.days.get(row as usize);
            day.map(|day| backcast_types::Day(*day).to_string())
        };
        table.push(vec![
            market.assets[trade.asset.index()].symbol.as_str().into(),
            if trade.quantity > 0.0 { "long" } else { "short" }.into(),
            trade.quantity.abs().into(),
            day(trade.entry_row).into(),
            trade.entry_price.into(),
            day(trade.exit_row).into(),
            trade.exit_price.into(),
            trade.net_profit.into(),
            trade.costs.into(),
        ]);
    }
    table
}
