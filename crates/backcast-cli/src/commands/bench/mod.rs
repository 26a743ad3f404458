//! `backcast bench`: how long commands take, what they need, and whether one is faster than another.

mod export;
mod failures;
mod figures;
mod subjects;

use std::{ffi::OsString, path::PathBuf, sync::atomic::AtomicBool, time::Duration};

use backcast_lab::{
    bench::{
        BenchError, Doubt, Outcome, Progress, Scan, Session, Through, discoveries, import, measure,
    },
    child::Launcher,
};

use self::subjects::Bench;
use crate::{
    failure::Failure,
    interrupt,
    measuring::{RunsBar, share},
    number,
    own_command::Kind,
    quantity,
    revision::DEFAULT_BUILD,
    spec_file::Changes,
    table::Format,
    terminal::Terminal,
};

/// Measure commands, and prove which of two is faster
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast bench examples/sma_cross.toml\n  \
    backcast bench examples/sma_cross.toml --scan N=5,10,20 --set params.fast={N}\n  \
    backcast bench --vs-command 'gzip -9 -c FILE' -- gzip -1 -c FILE\n  \
    backcast bench examples/sma_grid.toml --vs-revision HEAD~1\n  \
    backcast bench --suite examples/suite.toml --export figures.json\n\n\
    Exit codes: 0 nothing speaks against it, 1 proven slower than what it is compared with,\n\
    2 wrong usage, 3 could not measure. docs/benchmarking.md says how to read a verdict.")]
pub(crate) struct Args {
    /// A spec: `backcast run`, `sweep` or `walkforward` is measured on it
    #[arg(value_name = "SPEC", required_unless_present_any = ["command", "suite", "import"])]
    spec: Option<PathBuf>,
    /// Any command, by its words
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "spec")]
    command: Vec<OsString>,
    #[command(flatten)]
    changes: Changes,
    /// What is done with specs; if not given, a sweep where a spec has a grid, else a run
    #[arg(long = "as", value_enum, value_name = "WHAT")]
    kind: Option<Kind>,
    /// Commands are lines for the shell
    #[arg(long, conflicts_with = "spec")]
    shell: bool,
    /// What it is called in tables and files
    #[arg(long)]
    name: Option<String>,
    /// Runs that count, 10 if not given; in comparisons of each command
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    iterations: Option<u32>,
    /// Runs before them, 1 if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100_000))]
    warmup: Option<u32>,
    /// Longest time of one run: 500ms, 60s, 2min
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    timeout: Option<Duration>,
    /// What one run gets done, for throughput
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    work: Option<f64>,
    /// Of what: bars
    #[arg(long, value_name = "UNIT", requires = "work")]
    unit: Option<String>,
    /// Processors the commands may use: 0,1
    #[arg(long, value_name = "CPUS", value_delimiter = ',')]
    affinity: Vec<usize>,
    /// Add a variable to their environment
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Folder they run in
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Commands may fail
    #[arg(long)]
    ignore_failure: bool,
    /// Read their output instead of discarding it
    #[arg(long)]
    read_output: bool,
    /// Do not look at the memory of all their processes while they run
    #[arg(long)]
    no_sampling: bool,
    /// Compare with the same on another spec
    #[arg(long, value_name = "SPEC", group = "versus", requires = "spec")]
    vs: Option<PathBuf>,
    /// Compare with another command
    #[arg(long, value_name = "COMMAND", group = "versus")]
    vs_command: Option<String>,
    /// Compare with the same of another git revision, which is built in a temporary folder
    #[arg(long, value_name = "REV", group = "versus")]
    vs_revision: Option<String>,
    /// How a revision is built
    #[arg(long, value_name = "COMMAND", default_value = DEFAULT_BUILD)]
    build: String,
    /// Commands that differ by less are equivalent
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    effect: f64,
    /// Level of intervals
    #[arg(long, value_name = "PERCENT", default_value = "95%", value_parser = share)]
    level: f64,
    /// Measure once for each value of {NAME} in the command, in --set or in --env
    #[arg(long, value_name = "NAME=VALUES", conflicts_with_all = ["suite", "import"])]
    scan: Vec<Scan>,
    /// Measure all that a file lists
    #[arg(long, value_name = "FILE", conflicts_with_all = ["spec", "command", "versus", "import", "set", "from", "to"])]
    suite: Option<PathBuf>,
    /// Read figures of criterion, hyperfine, pytest-benchmark or pyperf instead of measuring
    #[arg(long, value_name = "FILE", conflicts_with_all = ["spec", "command", "versus"])]
    import: Vec<PathBuf>,
    /// Write figures: .json, .csv (single runs), .md, .xml (JUnit), .prom (Prometheus)
    #[arg(long, value_name = "FILE")]
    export: Vec<PathBuf>,
    /// Seed of what differs between blocks of runs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How to print the figures
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.parse::<f64>().ok().filter(|amount| *amount > 0.0 && amount.is_finite());
    amount.ok_or_else(|| "a number above zero".to_owned())
}

/// Measures, prints, writes, judges.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    export::check(&args.export)?;
    if !args.import.is_empty() {
        return imported(args, terminal);
    }
    // Kept until all is measured: its folder goes with it.
    let mut revision = None;
    let benches = match &args.suite {
        Some(path) => subjects::of_suite(args, path)?,
        None => subjects::of_command_line(args, &mut revision, terminal)?,
    };
    let stop = interrupt::stop_flag();
    let mut sessions = Vec::with_capacity(benches.len());
    let mut broken = None;
    for bench in &benches {
        match session(bench, &stop, terminal) {
            Ok(session) => sessions.push(session),
            Err(failure) => {
                broken = Some(failure);
                break;
            }
        }
        if sessions.last().is_some_and(|session| session.stopped) {
            break;
        }
    }
    if !sessions.is_empty() {
        print(args, &sessions, terminal)?;
        export::write(&args.export, &sessions, terminal)?;
    }
    match broken {
        Some(failure) => Err(failure),
        None => judged(args, &sessions, benches.len()),
    }
}

fn session(bench: &Bench, stop: &AtomicBool, terminal: &Terminal) -> Result<Session, Failure> {
    let launcher = Launcher::this_program();
    let bar = RunsBar::new(&bench.candidate.name, terminal);
    let mut watch = |progress: Progress| bar.show(progress);
    let mut runner = Through::new(&launcher, &bench.plan, stop);
    let base = bench.base.as_ref();
    let session = measure(&mut runner, base, &bench.candidate, &bench.plan, stop, &mut watch);
    Ok(session?)
}

fn print(args: &Args, sessions: &[Session], terminal: &mut Terminal) -> Result<(), Failure> {
    if args.format != Format::Table {
        return figures::table(sessions).print(args.format, terminal);
    }
    if let [session] = sessions {
        if let Some(base) = &session.base {
            terminal.print(&(figures::of_command(base, args.level) + "\n"))?;
        }
        terminal.print(&figures::of_command(&session.candidate, args.level))?;
        if session.base.is_some() {
            terminal.print("\n")?;
            terminal.print(&figures::of_comparison(session))?;
        }
    } else {
        figures::overview(sessions).print(args.format, terminal)?;
    }
    terminal.flush()?;
    for session in sessions.iter().filter(|session| session.comparison.is_none()) {
        for doubt in &session.doubts {
            terminal.say(&format!("note: {}: {doubt}", session.candidate.command.name));
        }
    }
    Ok(())
}

/// What follows from all sessions together.
fn judged(args: &Args, sessions: &[Session], planned: usize) -> Result<(), Failure> {
    if sessions.len() < planned || sessions.iter().any(|session| session.stopped) {
        let message = format!(
            "stopped in benchmark {} of {planned}; what is above is all that was measured",
            sessions.len()
        );
        return Err(Failure::new(message));
    }
    let found = discoveries(sessions, 1.0 - args.level).map_err(BenchError::from)?;
    let of = |outcome: Outcome| {
        let those = sessions.iter().zip(&found).filter(move |(session, found)| {
            // Among many comparisons, a few are significant by chance.
            session.outcome() == outcome && (outcome != Outcome::Regressed || **found)
        });
        those.map(|(session, _)| session).collect::<Vec<_>>()
    };
    let name = |session: &Session| session.candidate.command.name.clone();
    if let [first, rest @ ..] = &of(Outcome::Regressed)[..] {
        let more = more(rest.len());
        return Err(Failure::new(format!(
            "`{}`{more} is slower than what it is compared with",
            name(first)
        )));
    }
    if let [first, rest @ ..] = &of(Outcome::CouldNotMeasure)[..] {
        let doubt = first.doubts.first().map(Doubt::to_string).unwrap_or_default();
        let more = more(rest.len());
        return Err(Failure::could_not_measure(format!(
            "could not measure `{}`{more}: {doubt}",
            name(first)
        ))
        .help("docs/benchmarking.md says what makes a machine quiet; more runs: --iterations"));
    }
    Ok(())
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" and {others} more") }
}

/// Figures of other programs, printed and written as ours.
fn imported(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut sessions = Vec::new();
    for path in &args.import {
        sessions.extend(import::import(path)?.into_iter().map(Session::of_import));
    }
    print(args, &sessions, terminal)?;
    export::write(&args.export, &sessions, terminal)?;
    terminal.say(&format!("imported: {}", number::count(sessions.len(), "benchmark")));
    Ok(())
}
