//! `backcast eval`: any expression that a rule may use, as a series.

use backcast_data::{Frequency, Market};
use backcast_rules::{Definitions, Evaluator, NodeId, Program, Text, compile_expression};
use backcast_types::{AssetId, Day};

use crate::{
    failure::{Failure, nearest},
    number,
    source::{FileArgs, Source},
    table::{Cell, Column, Format, Table},
    terminal::Terminal,
};

/// Any expression over prices as a series
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast eval \"sma(close, 30)\" --data prices.csv --format csv\n  \
    backcast eval \"rsi(ema(close, 5), 14)\" --data sample:AAPL --from 2013-01-01\n  \
    backcast eval \"cross_above(close, sma(close, 200))\" --data sample:IBM\n\n\
    Prices are adjusted forward for splits and dividends; raw.close is the traded price. Undefined is an empty cell.")]
pub(crate) struct Args {
    /// The expression, as in rules; `backcast indicators` lists what can be called
    #[arg(value_name = "EXPR")]
    expression: String,
    /// A price file, BUNDLE:ASSET (sample:AAPL), or a bundle
    #[arg(long, value_name = "DATA")]
    data: String,
    /// Which asset, where the data has several
    #[arg(long, value_name = "SYMBOL")]
    asset: Option<String>,
    /// First session to print
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// Last session to print
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    files: FileArgs,
}

/// Prints the series.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let source = Source::named(&args.data);
    let market = source.load(&args.files)?;
    let asset = choose(&market, args.asset.as_deref().or(source.asset()), &args.data)?;
    let (program, node) = compile(&args.expression, &market)?;
    let series = evaluate(&program, node, &market, asset)?;
    let bars = &market.assets[asset.index()].bars;
    let rows = bars.rows(args.from, args.to);
    if rows.is_empty() && !bars.is_empty() {
        let (first, last) = (bars.session(0), bars.session(bars.len() - 1));
        return Err(Failure::new("there is no bar between --from and --to")
            .help(format!("the data goes from {first} to {last}")));
    }
    let daily = market.frequency == Frequency::Daily;
    let time = if daily { "date" } else { "time" };
    let mut table = Table::new(vec![Column::new(time), Column::new("value")]);
    for row in rows.clone() {
        let at =
            if daily { bars.session(row).to_string() } else { bars.timestamp(row).to_string() };
        table.push(vec![at.into(), series[row].clone()]);
    }
    table.print(args.format, terminal)?;
    if args.format == Format::Table {
        terminal.flush()?;
        let undefined = series[rows.clone()].iter().filter(|cell| **cell == Cell::Missing).count();
        let note =
            if undefined > 0 { format!(", {undefined} of them undefined") } else { String::new() };
        let symbol = &market.assets[asset.index()].symbol;
        terminal.say(&format!("{symbol}: {}{note}", number::count(rows.len(), "bar")));
    }
    Ok(())
}

/// The asset that was named, or the only one.
fn choose(market: &Market, wanted: Option<&str>, data: &str) -> Result<AssetId, Failure> {
    let names = || market.assets.iter().map(|asset| asset.symbol.as_str());
    let list = |limit: usize| {
        let more = if market.assets.len() > limit { ", …" } else { "" };
        format!("{}{more}", names().take(limit).collect::<Vec<_>>().join(", "))
    };
    match wanted {
        Some(symbol) => market.find(symbol).ok_or_else(|| {
            let near = nearest(symbol, names()).map(|near| format!("did you mean {near}? "));
            let help = format!("{}it has: {}", near.unwrap_or_default(), list(20));
            Failure::new(format!("{} has no asset `{symbol}`", market.name)).help(help)
        }),
        None if market.assets.len() == 1 => Ok(AssetId(0)),
        None => {
            let first = names().next().unwrap_or("SYMBOL");
            let message = format!("{} has {} assets; name one", market.name, market.assets.len());
            Err(Failure::usage(message)
                .help(format!("--data {data} --asset {first}; it has: {}", list(20))))
        }
    }
}

fn compile(text: &str, market: &Market) -> Result<(Program, NodeId), Failure> {
    let assets: Vec<String> = market.assets.iter().map(|asset| asset.symbol.clone()).collect();
    let extra = market.assets.iter().flat_map(|asset| &asset.bars.extra);
    let mut columns: Vec<String> = extra.map(|(name, _)| name.clone()).collect();
    columns.sort();
    columns.dedup();
    let definitions = Definitions { columns: &columns, assets: &assets, ..Definitions::default() };
    compile_expression(&Text { name: "expression", text, offset: 0 }, &definitions)
        .map_err(|error| Failure::expression(text, error))
}

/// A cell for every row of the asset.
fn evaluate(
    program: &Program,
    node: NodeId,
    market: &Market,
    asset: AssetId,
) -> Result<Vec<Cell>, Failure> {
    let mut evaluator = Evaluator::new(program, market, asset);
    if program.is_bool(node) {
        let bits = evaluator.bools(node, &[])?;
        return Ok((0..bits.len).map(|row| bits.get(row).into()).collect());
    }
    let series = evaluator.series(node, &[])?;
    Ok(series.values.iter().map(|value| Cell::from(*value)).collect())
}
