//! `backcast sweep`: every parameter set of a spec, which are the best, and which hold up.

use std::{path::PathBuf, time::Instant};

use backcast_data::Market;
use backcast_metrics::Metric;
use backcast_search::{
    AccountRows, AccountSummary, Curves, HoldUp, Override, Spec, SweepOptions, SweepOutcome,
    SweepResult, saved_sweep, spec::Mode, summary::curve_row, sweep,
};
use backcast_store::Home;

use crate::{
    failure::Failure,
    interrupt,
    isa::IsaOption,
    metrics, number, output, page,
    progress::Bar,
    spec_file::{self, Changes},
    table::{Cell, Column, Format, Show, Table},
    terminal::Terminal,
};

/// Best sets of each of several assets that are printed unless more are asked for.
const BRIEF: usize = 3;

/// Run every parameter set of a spec and see which hold up
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast sweep examples/sma_grid.toml --report report.html\n  \
    backcast sweep examples/sma_grid.toml --set params.fast=5..50..5 --out rows.parquet\n  \
    backcast sweep --resume 0123456789ab\n\n\
    Ctrl-C keeps what is finished, ends with exit code 75 and says how to go on. While another process runs the same \
    sweep, this one gives the same results and keeps nothing.")]
pub(crate) struct Args {
    /// The spec, a TOML file
    #[arg(value_name = "SPEC", required_unless_present = "resume")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Threads; one for each core if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    #[command(flatten)]
    isa: IsaOption,
    /// Write one HTML page that needs no network
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
    /// Write all rows, one for each asset and set, as Parquet
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Sets in the tables of the best; if not given, as the spec says, and for several assets 3 of each are printed
    #[arg(long, value_name = "K")]
    best: Option<u32>,
    /// Add the digest of every single run to the rows (slower)
    #[arg(long)]
    digests: bool,
    /// Go on with a sweep that was stopped
    #[arg(long, value_name = "ID", conflicts_with_all = ["spec", "set", "from", "to", "digests"])]
    resume: Option<String>,
    /// How to print the best sets
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A finished sweep, with what it is judged by.
pub(crate) struct Judged<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) market: &'a Market,
    pub(crate) result: SweepResult,
    pub(crate) summaries: Vec<AccountSummary>,
    pub(crate) hold_up: Vec<HoldUp>,
    pub(crate) threads: usize,
}

impl<'a> Judged<'a> {
    /// Compares the sets with buy and hold and with each other.
    pub(crate) fn new(
        spec: &'a Spec,
        market: &'a Market,
        result: SweepResult,
        threads: usize,
    ) -> Result<Judged<'a>, Failure> {
        let benchmarks = benchmarks(spec, market, &result, threads)?;
        let summaries = result.account_summaries(&benchmarks);
        let hold_up = result.hold_up(&benchmarks);
        Ok(Judged { spec, market, result, summaries, hold_up, threads })
    }

    /// Makes curves of single sets.
    pub(crate) fn curves(&self) -> Result<Curves<'_>, Failure> {
        Ok(Curves::new(self.spec, self.market, &self.result, self.threads)?)
    }

    /// Whether assets share one pool of cash.
    pub(crate) fn pooled(&self) -> bool {
        self.result.manifest.get("mode") == Some(Mode::Pool.name())
    }

    /// Bars on which an account makes decisions, of all its assets together.
    pub(crate) fn bars(&self, account: &AccountRows) -> usize {
        let data = &self.spec.data;
        let bars = account.assets.iter().map(|id| &self.market.assets[id.index()].bars);
        bars.map(|bars| bars.rows(data.from, data.to).len()).sum()
    }
}

/// The metric of the ranking for buy and hold, one for each account; bought once the rules of the first set that can trade are warm.
fn benchmarks(
    spec: &Spec,
    market: &Market,
    result: &SweepResult,
    threads: usize,
) -> Result<Vec<f64>, Failure> {
    let _span = backcast_spans::span!("search.benchmarks");
    let curves = Curves::new(spec, market, result, threads)?;
    let of_account = |account: usize| {
        let Some(set) = curves.first_to_trade(account) else { return Ok(f64::NAN) };
        let Some(own) = curves.full(account, &[set])?.pop() else { return Ok(f64::NAN) };
        let held = curves.buy_and_hold(account, set)?;
        let row = curve_row(&held, &own.days, spec.broker.cash, market.periods_per_year);
        Ok(row.values[result.metric as usize])
    };
    (0..result.accounts.len()).map(of_account).collect()
}

/// Refuses a file of rows whose ending promises another format.
fn check_ending(args: &Args) -> Result<(), Failure> {
    match &args.out {
        Some(path) if path.extension().is_none_or(|ending| ending != "parquet") => {
            let message = format!("{} would not be what its ending says", path.display());
            let help = "rows are written as Parquet: end the name in .parquet";
            Err(Failure::usage(message).help(help))
        }
        _ => Ok(()),
    }
}

/// Runs the sweep and prints its tables.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    check_ending(args)?;
    output::check([&args.out, &args.report])?;
    let home = Home::find()?;
    let spec = spec_of(args, &home)?;
    terminal.live.subject(&spec_name(args));
    terminal.live.phase("loading data");
    let market = spec.load(&home)?;
    let options = SweepOptions {
        threads: args.threads.map_or(0, usize::from),
        isa: args.isa.apply()?,
        home: Some(home.path().to_owned()),
        resume: args.resume.is_some(),
        out: args.out.clone(),
        ..SweepOptions::default()
    };
    terminal.live.phase("running");
    let bar = Bar::new(terminal);
    let stop = interrupt::stop_flag();
    let started = Instant::now();
    let outcome = sweep(&spec, &market, &options, &bar, &stop);
    let seconds = started.elapsed().as_secs_f64();
    bar.clear();
    let result = match outcome? {
        SweepOutcome::Finished(result) => *result,
        SweepOutcome::Stopped(stopped) => {
            terminal.live.result(&stopped.id);
            return Err(match stopped.kept {
                1.. => Failure::stopped(&stopped, "backcast sweep", args.out.as_deref()),
                0 => Failure::begin_again("backcast sweep SPEC"),
            });
        }
    };
    terminal.live.result(&result.id);
    terminal.live.phase("judging");
    let judged = Judged::new(&spec, &market, result, options.threads)?;
    for notice in &judged.result.notices {
        terminal.say(&format!("note: {notice}"));
    }
    print(&judged, args, terminal)?;
    terminal.flush()?;
    terminal.say(&speed(&judged, seconds, &options));
    if let Some(path) = &args.out {
        terminal.say(&format!("rows: {}", path.display()));
    }
    if let Some(path) = &args.report {
        terminal.live.phase("writing the report");
        let page = page::sweep(&judged, &spec_name(args))?;
        page::write(path, &page, terminal)?;
    }
    Ok(())
}

fn spec_of(args: &Args, home: &Home) -> Result<Spec, Failure> {
    if let Some(id) = &args.resume {
        let saved = saved_sweep(home.path(), id)?;
        return match saved.running {
            None => Ok(saved.spec),
            Some(process) => Err(Failure::still_running(&format!("sweep {id}"), process)),
        };
    }
    let path = args.spec.as_deref().ok_or_else(|| Failure::usage("no spec was given"))?;
    let mut overrides = args.changes.overrides();
    overrides.extend(args.best.map(|best| Override::set(&format!("sweep.best={best}"))));
    overrides.extend(args.digests.then(|| Override::set("sweep.digests=true")));
    spec_file::read(path, &overrides)
}

fn spec_name(args: &Args) -> String {
    match (&args.spec, &args.resume) {
        (Some(path), _) => format!("{}{}", path.display(), args.changes),
        (None, Some(id)) => format!("--resume {id}"),
        (None, None) => String::new(),
    }
}

fn print(judged: &Judged, args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let _span = backcast_spans::span!("report.print");
    let format = args.format;
    let brief = format == Format::Table && args.best.is_none() && judged.result.accounts.len() > 1;
    let best = best_sets(judged, format, if brief { BRIEF } else { usize::MAX });
    if format != Format::Table {
        return best.print(format, terminal);
    }
    let result = &judged.result;
    terminal.print(&heading(judged))?;
    let metric = metrics::title(result.metric);
    if result.accounts.len() > 1 {
        terminal.print(&format!("\nAll sets on each asset, by {metric}\n\n"))?;
        terminal.print(&accounts(judged).for_people())?;
        terminal.print(&format!("\nSets that hold up on all assets, by mean {metric}\n\n"))?;
        terminal.print(&hold_up(judged).for_people())?;
    } else {
        terminal.print(&single_account(judged))?;
    }
    terminal.print(&format!("\nBest sets by {metric}\n\n"))?;
    terminal.print(&best.for_people())?;
    terminal.print(&format!("\nsweep {}, digest {}\n", result.id, result.digest))
}

fn heading(judged: &Judged) -> String {
    let result = &judged.result;
    let params: Vec<&str> = result.sets.params().iter().map(|p| p.name.as_str()).collect();
    let on = match &result.accounts[..] {
        [one] if !judged.pooled() => one.name.clone(),
        [one] => number::count(one.assets.len(), "asset") + " with one pool of cash",
        many => number::count(many.len(), "asset"),
    };
    let span = page::span(judged.spec, judged.market)
        .map(|(first, last)| format!(", {first} to {last}"))
        .unwrap_or_default();
    let of = if params.is_empty() { String::new() } else { format!(" of ({})", params.join(", ")) };
    format!("{}{of} on {on}{span}\n", number::count(result.sets.count(), "set"))
}

fn single_account(judged: &Judged) -> String {
    let (summary, metric) = (&judged.summaries[0], judged.result.metric);
    let text = |value: f64| metrics::text(metric, value);
    format!(
        "{}: best {}, median {}, buy and hold {}; {} of the sets beat buy and hold\n",
        metric.title(),
        text(summary.best),
        text(summary.median),
        text(summary.benchmark),
        number::percent(summary.beating, 1),
    )
}

/// How all sets do on each account.
fn accounts(judged: &Judged) -> Table {
    let show = metrics::show(judged.result.metric);
    let mut table = Table::new(vec![
        Column::new("asset"),
        Column::new("best").show(show),
        Column::new("median").show(show),
        Column::new("buy_and_hold").title("buy and hold").show(show),
        Column::new("beating").title("sets that beat it").show(Show::Percent(1)),
        Column::new("best_set").title("best set"),
    ]);
    for (account, summary) in judged.result.accounts.iter().zip(&judged.summaries) {
        let best = account.best.first().filter(|_| !summary.best.is_nan());
        table.push(vec![
            account.name.as_str().into(),
            summary.best.into(),
            summary.median.into(),
            summary.benchmark.into(),
            summary.beating.into(),
            best.map(|best| page::set_text(&judged.result.sets, best.set)).into(),
        ]);
    }
    table
}

fn param_columns(result: &SweepResult) -> impl Iterator<Item = Column> {
    result.sets.params().iter().map(|param| Column::new(&*param.name).title(&*param.name))
}

/// The sets with the best means.
fn hold_up(judged: &Judged) -> Table {
    let show = metrics::show(judged.result.metric);
    let total = judged.result.accounts.len();
    let mut columns = vec![Column::new("rank"), Column::new("trial")];
    columns.extend(param_columns(&judged.result));
    columns.extend([
        Column::new("mean").show(show),
        Column::new("worst").show(show),
        Column::new("mean_rank").title("mean rank").show(Show::Digits(0)),
        Column::new("beats").title("beats buy and hold on"),
    ]);
    let mut table = Table::new(columns);
    for (rank, one) in judged.hold_up.iter().enumerate() {
        let mut row: Vec<Cell> = vec![(rank + 1).into(), one.set.into()];
        row.extend(judged.result.sets.values(one.set).into_iter().map(Cell::from));
        row.extend([
            one.mean.into(),
            one.worst.into(),
            one.mean_rank.into(),
            format!("{} of {total}", one.beating).into(),
        ]);
        table.push(row);
    }
    table
}

/// The best sets of each account; people see the metrics that matter most, files get all.
fn best_sets(judged: &Judged, format: Format, rows: usize) -> Table {
    let result = &judged.result;
    let shown: Vec<Metric> = match format {
        Format::Table => metrics::for_people(&judged.spec.metrics, result.metric),
        _ => result.metrics.clone(),
    };
    let mut columns = vec![Column::new("asset"), Column::new("rank"), Column::new("trial")];
    columns.extend(param_columns(result));
    columns.extend(shown.iter().map(|metric| metrics::column(*metric)));
    let mut table = Table::new(columns);
    for account in &result.accounts {
        for (rank, best) in account.best.iter().take(rows).enumerate() {
            let name = if rank == 0 || format != Format::Table { &*account.name } else { "" };
            let mut row: Vec<Cell> = vec![name.into(), (rank + 1).into(), best.set.into()];
            row.extend(result.sets.values(best.set).into_iter().map(Cell::from));
            row.extend(shown.iter().map(|metric| Cell::from(best.row.get(*metric))));
            table.push(row);
        }
    }
    table
}

fn speed(judged: &Judged, seconds: f64, options: &SweepOptions) -> String {
    let sets = judged.result.sets.count();
    let runs = sets as f64 * judged.result.accounts.len() as f64;
    let bars: usize = judged.result.accounts.iter().map(|account| judged.bars(account)).sum();
    let bars = sets as f64 * bars as f64;
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    format!(
        "{} runs in {seconds:.2} s: {} runs/s, {} million bar evaluations/s ({}, {})",
        number::grouped(runs, 0),
        number::grouped(runs / seconds, 0),
        number::grouped(bars / seconds / 1e6, 0),
        number::count(threads, "thread"),
        options.isa.name(),
    )
}
