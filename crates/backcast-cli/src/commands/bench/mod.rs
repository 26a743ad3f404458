//! `backcast bench`: how long commands take, what they need, and whether one is faster than another.

mod baseline;
mod export;
mod failures;
mod figures;
mod subjects;
mod unmeasured;
mod what;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use backcast_lab::{
    bench::{
        BenchError, Doubt, Outcome, Progress, Scan, Session, Through, discoveries, import, measure,
    },
    child::Launcher,
    stats::Criteria,
};

pub(crate) use self::{
    baseline::Against,
    figures::{time, verdict_sentence},
    subjects::{Bench, Planned, alone},
    unmeasured::Unmeasured,
    what::What,
};
use crate::{
    failure::Failure,
    interrupt,
    measuring::{RunsBar, share, tell_turn},
    number, output, page,
    table::Format,
    terminal::Terminal,
};

/// Measure commands, and prove which of two is faster
#[derive(Debug, clap::Args)]
#[command(override_usage = "backcast bench [OPTIONS] <SPEC>\n       \
    backcast bench [OPTIONS] -- <COMMAND>...\n       \
    backcast bench [OPTIONS] --suite <FILE>\n       \
    backcast bench [OPTIONS] --import <FILE>")]
#[command(after_help = "Examples:\n  \
    backcast bench examples/sma_cross.toml\n  \
    backcast bench examples/sma_cross.toml --scan N=5,10,20 --set params.fast={N}\n  \
    backcast bench --vs-command 'gzip -9 -c FILE' -- gzip -1 -c FILE\n  \
    backcast bench examples/sma_grid.toml --vs-revision HEAD~1\n  \
    backcast bench examples/sma_grid.toml --vs-baseline --report bench.html\n  \
    backcast bench --suite examples/suite.toml --export figures.json\n\n\
    Exit codes: 0 nothing speaks against it, 1 proven slower than what it is compared with,\n\
    2 wrong usage, 3 could not measure, 130 stopped by Ctrl-C. docs/benchmarking.md says how to read a verdict.")]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,
    /// Compare with the same on another spec
    #[arg(
        long,
        value_name = "SPEC",
        group = "versus",
        requires = "spec",
        conflicts_with_all = ["suite", "command"]
    )]
    vs: Option<PathBuf>,
    /// Compare with another command
    #[arg(long, value_name = "COMMAND", group = "versus", conflicts_with = "suite")]
    vs_command: Option<String>,
    /// Compare with the same of another git revision, which is built in a temporary folder
    #[arg(long, value_name = "REV", group = "versus", conflicts_with = "suite")]
    vs_revision: Option<String>,
    /// Compare with the kept sessions of the same command on this class of machines: those since the last change, or
    /// those of a commit or id
    #[arg(long, value_name = "COMMIT|ID", group = "versus", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    vs_baseline: Option<String>,
    /// How a revision is built; `cargo build --release` for packages of Rust if not given, '' for not at all
    #[arg(long, value_name = "COMMAND", requires = "vs_revision")]
    build: Option<String>,
    /// Commands that differ by less are equivalent
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    effect: f64,
    /// Look so often at a comparison, at equal distances, and end it at the first look that decides; there are no more false alarms
    /// than with one look in the end
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    looks: u32,
    /// Level of intervals
    #[arg(long, value_name = "PERCENT", default_value = "95%", value_parser = share)]
    level: f64,
    /// Measure once for each value of {NAME} in the command, in --set or in --env
    #[arg(long, value_name = "NAME=VALUES", conflicts_with_all = ["suite", "import"])]
    scan: Vec<Scan>,
    /// Read figures of criterion, hyperfine, pytest-benchmark or pyperf instead of measuring
    #[arg(long, value_name = "FILE", group = "measured", conflicts_with_all = ["spec", "command", "suite", "versus"])]
    import: Vec<PathBuf>,
    /// Write figures: .json, .csv (single runs), .md, .xml (JUnit), .prom (Prometheus)
    #[arg(long, value_name = "FILE")]
    export: Vec<PathBuf>,
    /// Write the HTML page of all sessions
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
    /// How to print the figures
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Args {
    /// Whether two commands are measured in turns.
    fn compares(&self) -> bool {
        self.vs.is_some() || self.vs_command.is_some() || self.vs_revision.is_some()
    }

    fn criteria(&self) -> Criteria {
        Criteria {
            level: self.level,
            within: self.effect,
            seed: self.what.seed,
            ..Criteria::default()
        }
    }
}

/// Measures, prints, writes, judges.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    judge(args, terminal).map_err(Failure::of_gate)
}

fn judge(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    export::check(&args.export)?;
    output::check_places(&args.export, &args.report)?;
    if !args.import.is_empty() {
        return imported(args, terminal);
    }
    // From here on Ctrl-C ends what runs, a build too, and all is tidied up.
    let stop = interrupt::stop_flag();
    // Kept until all is measured: its folder goes with it.
    let mut revision = None;
    // A revision is not built for a comparison that will not be judged.
    if args.compares() {
        subjects::enough(None, subjects::runs(&args.what))?;
    }
    let planned = match &args.what.suite {
        Some(_) if args.vs_baseline.is_some() => alone(&args.what)?,
        Some(path) => subjects::of_suite(&args.what, path, args.criteria())?,
        None => {
            let benches = subjects::of_command_line(args, &mut revision, terminal)?;
            Planned { benches, broken: Vec::new() }
        }
    };
    let (mut benches, mut unmeasured) = Unmeasured::planned(planned, terminal);
    if args.looks > 1 && benches.iter().all(|bench| bench.base.is_none()) {
        return Err(Failure::usage("--looks ends comparisons early; there is none")
            .help("--vs, --vs-command or --vs-revision compares"));
    }
    benches.iter_mut().for_each(|bench| bench.plan.looks = args.looks);
    subjects::check_runs(&benches, terminal)?;
    let kept = match &args.vs_baseline {
        Some(which) => {
            Some(baseline::Kept::open(which, &benches, (args.effect, args.level), terminal)?)
        }
        None => None,
    };
    let mut sessions = Vec::with_capacity(benches.len());
    let mut stopped = None;
    for (turn, bench) in benches.iter().enumerate() {
        tell_turn("benchmark", turn, benches.len(), terminal);
        match session(bench, &stop, terminal) {
            Ok(session) => sessions.push(session),
            Err(failure) if stop.load(Ordering::Relaxed) => {
                stopped = Some(failure);
                break;
            }
            Err(failure) => unmeasured.push(&bench.candidate.name, failure, terminal),
        }
        if sessions.last().is_some_and(|session| session.stopped) {
            break;
        }
    }
    let against =
        kept.iter().flat_map(|kept| sessions.iter().map(move |session| kept.judge(session)));
    let against: Vec<Against> = against.collect::<Result<_, _>>()?;
    if !sessions.is_empty() {
        print(args, &sessions, &against, terminal)?;
        report(args, &sessions, &against, terminal)?;
    }
    export::write(&args.export, &sessions, unmeasured.all(), terminal)?;
    if let Some(failure) = stopped {
        return Err(failure);
    }
    let judged = judged(args, &sessions, benches.len())
        .and_then(|()| baseline::verdict(&sessions.iter().zip(&against).collect::<Vec<_>>()));
    match judged {
        // A regression of others stands, whatever could not be measured.
        Err(failure) if failure.exit_code() != Failure::COULD_NOT_MEASURE => Err(failure),
        judged => unmeasured.verdict().and(judged),
    }
}

/// Takes one session, with a bar on terminals.
pub(crate) fn session(
    bench: &Bench,
    stop: &AtomicBool,
    terminal: &Terminal,
) -> Result<Session, Failure> {
    let launcher = Launcher::this_program();
    let bar = RunsBar::new(&bench.candidate.name, terminal);
    let mut watch = |progress: Progress| bar.show(progress);
    let mut runner = Through::new(&launcher, &bench.plan, stop);
    let base = bench.base.as_ref();
    let session = measure(&mut runner, base, &bench.candidate, &bench.plan, stop, &mut watch);
    Ok(session?)
}

fn print(
    args: &Args,
    sessions: &[Session],
    against: &[Against],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if args.format != Format::Table {
        return figures::table(sessions, against).print(args.format, terminal);
    }
    if let [session] = sessions {
        if let Some(base) = &session.base {
            terminal.print(&(figures::of_command(base, Some("base"), args.level) + "\n"))?;
        }
        let arm = session.base.as_ref().map(|_| "candidate");
        terminal.print(&figures::of_command(&session.candidate, arm, args.level))?;
        if session.base.is_some() {
            terminal.print("\n")?;
            terminal.print(&figures::of_comparison(session))?;
        }
        if let Some(against) = against.first() {
            terminal.print(&("\n".to_owned() + &baseline::words(against)))?;
        }
    } else {
        figures::overview(sessions, against).print(args.format, terminal)?;
    }
    terminal.flush()?;
    for session in sessions.iter().filter(|session| session.comparison.is_none()) {
        for doubt in &session.doubts {
            terminal.say(&format!("note: {}: {doubt}", session.candidate.command.name));
        }
    }
    Ok(())
}

/// Writes the page, where one is wanted.
fn report(
    args: &Args,
    sessions: &[Session],
    against: &[Against],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Some(path) = &args.report else { return Ok(()) };
    let shown = page::lab::Benches {
        sessions,
        settings: &Scan::settings(&args.scan),
        against,
        level: args.level,
        least: Some(args.effect),
    };
    page::write(path, &page::lab::bench(&shown), terminal)
}

/// What follows from all sessions together.
fn judged(args: &Args, sessions: &[Session], planned: usize) -> Result<(), Failure> {
    if sessions.iter().any(|session| session.stopped) {
        let message = format!(
            "stopped in benchmark {} of {planned}; what is above is all that was measured",
            sessions.len()
        );
        return Err(Failure::interrupted(message));
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
        return Err(Failure::verdict(format!(
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
        let found = import::import(path)?;
        for name in &found.skipped {
            let path = path.display();
            terminal
                .say(&format!("note: {path}: `{name}` is left out, for it holds a summary only"));
        }
        sessions.extend(found.records.into_iter().map(Session::of_import));
    }
    print(args, &sessions, &[], terminal)?;
    export::write(&args.export, &sessions, &[], terminal)?;
    report(args, &sessions, &[], terminal)?;
    terminal.say(&format!("imported: {}", number::count(sessions.len(), "benchmark")));
    Ok(())
}
