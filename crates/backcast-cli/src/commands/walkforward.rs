//! `backcast walkforward`: choose on the past, judge on what follows, window by window.

use std::{path::PathBuf, time::Instant};

use backcast_metrics::Metric;
use backcast_search::{
    Spec, SweepOptions, WalkForwardOutcome, WalkForwardResult, saved_walk_forward, walk_forward,
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

/// Choose sets on the past and judge them on what follows, window by window
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast walkforward examples/walkforward.toml --report walkforward.html\n  \
    backcast walkforward examples/sma_grid.toml --set walkforward.train=504 --set walkforward.test=126\n  \
    backcast walkforward --resume 0123456789ab\n\n\
    Ctrl-C keeps the training that is done, ends with exit code 75 and says how to go on.\n\n\
    The spec says how long windows are, in sessions: [walkforward] train = 756, test = 252, and if wanted step, \
    anchored = true, metric. Out of sample a window starts flat with the equity of the one before; at its last close \
    positions are sold, and dividends that were earned and are due later are paid.")]
pub(crate) struct Args {
    /// The spec, a TOML file with [walkforward]
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
    /// Go on with a test that was stopped
    #[arg(long, value_name = "ID", conflicts_with_all = ["spec", "set", "from", "to"])]
    resume: Option<String>,
    /// How to print the windows
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Tests the spec and prints its windows.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    output::check([&args.report])?;
    let home = Home::find()?;
    let spec = spec_of(args, &home)?;
    let command = command(args);
    terminal.live.subject(command.trim_start_matches("backcast walkforward "));
    terminal.live.phase("loading data");
    let market = spec.load(&home)?;
    let options = SweepOptions {
        threads: args.threads.map_or(0, usize::from),
        isa: args.isa.apply()?,
        home: Some(home.path().to_owned()),
        resume: args.resume.is_some(),
        ..SweepOptions::default()
    };
    terminal.live.phase("running");
    let bar = Bar::new(terminal);
    let stop = interrupt::stop_flag();
    let started = Instant::now();
    let outcome = walk_forward(&spec, &market, &options, &bar, &stop);
    let seconds = started.elapsed().as_secs_f64();
    bar.clear();
    let result = match outcome? {
        WalkForwardOutcome::Finished(result) => *result,
        WalkForwardOutcome::Stopped(stopped) => {
            terminal.live.result(&stopped.id);
            return Err(match stopped.kept {
                1.. => Failure::stopped(&stopped, "backcast walkforward", None),
                0 => Failure::begin_again(&command),
            });
        }
    };
    terminal.live.result(&result.id);
    for notice in &result.notices {
        terminal.say(&format!("note: {notice}"));
    }
    print(&spec, &result, args.format, terminal)?;
    terminal.flush()?;
    keep(&spec, &result, &home, seconds, terminal);
    if let Some(path) = &args.report {
        terminal.live.phase("writing the report");
        page::write(path, &page::walk_forward(&spec, &market, &result, &command), terminal)?;
    }
    Ok(())
}

fn spec_of(args: &Args, home: &Home) -> Result<Spec, Failure> {
    if let Some(id) = &args.resume {
        let saved = saved_walk_forward(home.path(), id)?;
        return match saved.running {
            None => Ok(saved.spec),
            Some(process) => Err(Failure::still_running(&format!("walk-forward {id}"), process)),
        };
    }
    let path = args.spec.as_deref().ok_or_else(|| Failure::usage("no spec was given"))?;
    spec_file::read(path, &args.changes.overrides())
}

/// What was typed.
fn command(args: &Args) -> String {
    match (&args.spec, &args.resume) {
        (Some(path), _) => format!("backcast walkforward {}{}", path.display(), args.changes),
        (None, id) => {
            format!("backcast walkforward --resume {}", id.as_deref().unwrap_or_default())
        }
    }
}

/// Keeps what repeats the test, and says how long it took.
fn keep(
    spec: &Spec,
    result: &WalkForwardResult,
    home: &Home,
    seconds: f64,
    terminal: &mut Terminal,
) {
    let runs = result.sets.count() * result.windows.len() * result.accounts.len();
    terminal.say(&format!("{} in {seconds:.2} s", number::count(runs, "training run")));
    match result.save(spec, home.path()) {
        Ok(_) => terminal.say(&format!(
            "walk-forward {} is kept; `backcast report {} --out walkforward.html` makes its page",
            result.id, result.id
        )),
        Err(error) => terminal.say(&format!("note: the test was not kept: {error}")),
    }
}

fn print(
    spec: &Spec,
    result: &WalkForwardResult,
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let _span = backcast_spans::span!("report.print");
    let windows = windows(result);
    if format != Format::Table {
        return windows.print(format, terminal);
    }
    let metric = metrics::title(result.metric);
    terminal.print(&format!(
        "{} of {} on {}, chosen by mean {metric}\n\n",
        number::count(result.windows.len(), "window"),
        number::count(result.sets.count(), "set"),
        number::count(result.accounts.len(), "asset"),
    ))?;
    terminal.print(&windows.for_people())?;
    terminal.print("\nOut of sample, all windows joined\n\n")?;
    terminal.print(&joined(spec, result).for_people())?;
    terminal.print(&format!("\nwalk-forward {}, digest {}\n", result.id, result.digest))
}

/// One row a window.
fn windows(result: &WalkForwardResult) -> Table {
    let show = metrics::show(result.metric);
    let mut columns: Vec<Column> =
        ["window", "train_from", "train_to", "test_from", "test_to"].map(Column::new).to_vec();
    columns.extend(result.sets.params().iter().map(|p| Column::new(&*p.name).title(&*p.name)));
    let name = result.metric.name();
    let title = metrics::title(result.metric);
    columns.extend([
        Column::new(format!("train_{name}")).title(format!("{title} in training")).show(show),
        Column::new(format!("test_{name}")).title("out of sample").show(show),
        Column::new("test_return").title("return").show(Show::Percent(1)),
    ]);
    let mut table = Table::new(columns);
    for (i, window) in result.windows.iter().enumerate() {
        let mut row: Vec<Cell> = vec![(i + 1).into()];
        let days = [window.train.0, window.train.1, window.test.0, window.test.1];
        row.extend(days.map(|day| Cell::from(day.to_string())));
        row.extend(window.values.iter().map(|value| Cell::from(*value)));
        row.extend([
            window.train_score.into(),
            window.test_score.into(),
            window.mean_return().into(),
        ]);
        table.push(row);
    }
    table
}

/// The joined curves: one row for each asset, and their mean.
fn joined(spec: &Spec, result: &WalkForwardResult) -> Table {
    let shown = metrics::for_people(&spec.metrics, Metric::TotalReturn);
    let mut columns = vec![Column::new("asset")];
    columns.extend(shown.iter().map(|metric| metrics::column(*metric)));
    let mut table = Table::new(columns);
    let several = result.accounts.len() > 1;
    for account in result.accounts.iter().chain(several.then_some(&result.mean)) {
        let mut row: Vec<Cell> = vec![account.name.as_str().into()];
        row.extend(shown.iter().map(|metric| Cell::from(account.row.get(*metric))));
        table.push(row);
    }
    table
}
