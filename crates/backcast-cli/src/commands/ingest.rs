//! `backcast ingest`: price files, or a made-up market, into a bundle.

use std::path::PathBuf;

use backcast_data::SyntheticSpec;
use backcast_store::{
    Format as Layout, Home, IngestReport, IngestRequest, ingest, ingest_synthetic,
};
use clap::ValueEnum;

use crate::{failure::Failure, number, source::FileArgs, terminal::Terminal};

/// Put price files (CSV, Parquet) into a bundle that loads at once
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast ingest prices/*.csv --bundle mine --calendar XNYS\n  \
    backcast ingest yahoo/ --bundle mine --adj-close yahoo --prices split-adjusted\n  \
    backcast ingest minutes.csv --bundle mine --columns datetime=Stamp,close=Last --timezone America/New_York\n  \
    backcast ingest --synthetic assets=20,years=5,freq=1d,seed=7 --bundle made-up\n\n\
    An ingest that fails or is killed leaves the bundle as it was.")]
pub(crate) struct Args {
    /// Files, or folders of .csv, .txt and .parquet files; a file's name without its ending is the symbol
    #[arg(value_name = "FILE", required_unless_present = "synthetic")]
    sources: Vec<PathBuf>,
    /// Make up a market instead: assets=500,years=20,freq=1d,seed=7
    #[arg(long, value_name = "WHAT", conflicts_with = "sources")]
    synthetic: Option<SyntheticSpec>,
    /// Name of the bundle
    #[arg(long, value_name = "NAME")]
    bundle: String,
    /// Layout of the files
    #[arg(long, value_enum, default_value_t)]
    format: FileFormat,
    /// Put bad rows, with their reasons, into this CSV file and go on without them
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// CSV of splits: symbol,date,new_shares,old_shares
    #[arg(long, value_name = "FILE")]
    splits: Option<PathBuf>,
    /// CSV of dividends: symbol,ex_date,amount and, where known, pay_date
    #[arg(long, value_name = "FILE")]
    dividends: Option<PathBuf>,
    #[command(flatten)]
    files: FileArgs,
}

/// `--format`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum FileFormat {
    /// By name and header
    #[default]
    Auto,
    /// Date,Open,High,Low,Close,Volume,Adj Close
    Yahoo,
    /// Any CSV with a header
    Generic,
    /// Parquet
    Parquet,
}

/// Does it and says what was found.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let home = Home::find()?;
    terminal.live.subject(&args.bundle);
    if let Some(spec) = &args.synthetic {
        let report = ingest_synthetic(&home, spec, &args.bundle)?;
        tell(&report, args, terminal);
        return Ok(());
    }
    let layout = match args.format {
        FileFormat::Auto => Layout::Auto,
        FileFormat::Yahoo => Layout::Yahoo,
        FileFormat::Generic => Layout::Generic,
        FileFormat::Parquet => Layout::Parquet,
    };
    let request = IngestRequest {
        bundle: args.bundle.clone(),
        sources: args.sources.clone(),
        options: args.files.options(layout)?,
        quarantine: args.quarantine.clone(),
        splits: args.splits.clone(),
        dividends: args.dividends.clone(),
    };
    let report = ingest(&home, &request)?;
    tell(&report, args, terminal);
    Ok(())
}

fn tell(report: &IngestReport, args: &Args, terminal: &mut Terminal) {
    let _span = backcast_spans::span!("report.print");
    for notice in &report.notices {
        terminal.say(&format!("note: {notice}"));
    }
    if let (Some(path), true) = (&args.quarantine, report.quarantined > 0) {
        let rows = number::count(report.quarantined, "bad row");
        terminal.say(&format!("{rows} set aside in {}", path.display()));
    }
    let span = match (report.first, report.last) {
        (Some(first), Some(last)) => format!(" from {first} to {last}"),
        _ => String::new(),
    };
    terminal.say(&format!(
        "bundle {}: {}, {} of {}{span}, {}, {}",
        report.bundle,
        number::count(report.assets, "asset"),
        number::count(report.rows, "bar"),
        report.frequency,
        number::count(report.splits, "split"),
        number::count(report.dividends, "dividend"),
    ));
    terminal.say(&format!("digest {}", report.digest));
    terminal.say(&format!("use it as `bundle = \"{}\"` in a spec", report.bundle));
}
