//! `backcast advise`: what could be faster, how much that would bring, and whether it did.

mod failures;
mod print;
mod subject;
mod track_record;
mod trial;
mod what_if;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use backcast_engine::lanes::Isa;
use backcast_lab::{
    advise::{AdviceStore, Context, Record, Suggestion, Thresholds, Tried, advise},
    child::{Capture, Exit, Launcher, usable_processors},
    profile::{self, Options, Outcome, Perf, Profile, python},
};
use backcast_store::Home;

use super::{certify, profile as profiles};
use crate::{
    failure::Failure, interrupt, measuring::share, own_command::Kind, quantity, spec_file::Changes,
    table::Format, terminal::Terminal,
};

/// Bytes of each end of the command's output that are kept: notices of a sweep are among them.
const KEPT_OUTPUT: usize = 1 << 16;
/// Lines of a failed command's output that are shown.
const SHOWN_LINES: usize = 10;
/// What `--try` without a name tries.
const ALL: &str = "all";
const STOPPED: &str = "stopped; nothing was advised";

/// See what of a spec, or of any command, could be faster, and try it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast advise examples/sma_grid.toml\n  \
    backcast advise -- python3 strategy.py\n  \
    backcast advise --try -- python3 strategy.py\n  \
    backcast advise --try repeated-preparation --with 'python3 faster.py' -- python3 strategy.py\n  \
    backcast advise --what-if search.compute --speed-up 20% examples/sma_grid.toml\n  \
    backcast advise --record\n\n\
    A gain is a share of the whole wall time, as an interval; each says where its bounds come from. What is predicted and, once tried, \
    measured is kept below .backcast/advice and ranks the rules. docs/advice.md describes the rules.\n\n\
    Exit codes: 0 fine, 1 the command failed, 2 wrong usage, 3 could not measure, 130 stopped by Ctrl-C.")]
pub(crate) struct Args {
    /// The spec, a TOML file
    #[arg(value_name = "SPEC", conflicts_with = "command")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Which command runs the spec; if not given, a grid is swept and anything else is one run
    #[arg(long = "as", value_enum, value_name = "HOW", conflicts_with = "command")]
    by: Option<Kind>,
    /// Any command and its arguments, after `--`; no shell takes it apart
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<std::ffi::OsString>,
    /// Advise on a kept profile instead of running: a name given to `backcast profile --save`, or a .json file
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["spec", "command"])]
    profile: Option<PathBuf>,
    /// Show what became of the predictions of each rule
    #[arg(long, conflicts_with_all = ["spec", "command", "profile", "attempt", "what_if"])]
    record: bool,
    /// With --record: each prediction that was tried beside what was measured, instead of a row for each rule
    #[arg(long, requires = "record")]
    trials: bool,
    /// Try what can be tried by settings alone, or one suggestion by its name or rule
    #[arg(long = "try", value_name = "NAME", num_args = 0..=1, default_missing_value = ALL)]
    attempt: Option<String>,
    /// The changed command, where a suggestion takes a hand
    #[arg(long, value_name = "COMMAND", requires = "attempt")]
    with: Option<String>,
    /// What decides in trials whether a result moved: digest, stdout, files GLOB, json, tests COMMAND; digest for specs, else stdout
    #[arg(long, num_args = 1..=2, value_names = ["ORACLE", "WHAT"])]
    equal: Vec<String>,
    /// Numbers may differ by this share of max(|a|, |b|, 1)
    #[arg(long, value_name = "T", value_parser = certify::tolerance)]
    tol: Option<f64>,
    /// Runs of each side of a trial
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(8..=100_000))]
    iterations: u32,
    /// Delay these spans and tell what speeding them up would bring
    #[arg(long, value_name = "SPAN", value_delimiter = ',', conflicts_with_all = ["profile", "attempt"])]
    what_if: Vec<String>,
    /// How much less time each call of such a span would take
    #[arg(long, value_name = "PERCENT", default_value = "20%", value_parser = share)]
    speed_up: f64,
    /// Most that delays add to a thread, as a share of the wall time
    #[arg(long, value_name = "PERCENT", default_value = "20%", value_parser = share)]
    delay: f64,
    /// Blocks of runs; each runs every delay of each span twice
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    blocks: u32,
    /// Level of measured intervals
    #[arg(long, value_name = "PERCENT", default_value = "95%", value_parser = share)]
    level: f64,
    /// Least that a suggestion has to promise at best
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    min_gain: f64,
    /// Own share of a function from which on it is high
    #[arg(long, value_name = "PERCENT", default_value = "30%", value_parser = share)]
    high_share: f64,
    /// Calls of a function from which on they are many
    #[arg(long, value_name = "N", default_value_t = 1000)]
    many_calls: u64,
    /// Peak memory from which on it is large: 100MB, 2GB
    #[arg(long, value_name = "BYTES", default_value = "100MB", value_parser = quantity::bytes)]
    large_memory: u64,
    /// Share of Python's garbage collector that is worth a suggestion
    #[arg(long, value_name = "PERCENT", default_value = "3%", value_parser = share)]
    collector: f64,
    /// Share of a line that prepares the same data again
    #[arg(long, value_name = "PERCENT", default_value = "3%", value_parser = share)]
    preparation: f64,
    /// Share of time spent waiting for locks
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    lock_waits: f64,
    /// Samples of Python a second
    #[arg(long, value_name = "HZ", value_parser = profiles::rate, default_value_t = python::DEFAULT_HZ)]
    rate: f64,
    /// Longest time of one run: 500ms, 60s, 2min
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    timeout: Option<Duration>,
    /// Seed of what differs between blocks of runs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Args {
    fn thresholds(&self) -> Thresholds {
        Thresholds {
            gain: self.min_gain,
            high_share: self.high_share,
            calls: self.many_calls,
            memory_bytes: self.large_memory,
            collector: self.collector,
            preparation: self.preparation,
            lock_waits: self.lock_waits,
        }
    }
}

/// Advises, tries, keeps what was predicted.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let store = AdviceStore::at(Home::find()?.path().join("advice"));
    if args.record {
        return track_record::print(&store, args.trials, args.format, terminal);
    }
    // One for all that is done here: a second one would not hear of the first Ctrl-C.
    let stop = interrupt::stop_flag();
    advised(args, &store, &stop, terminal).map_err(|failure| match stop.load(Ordering::Relaxed) {
        true => failure.by_interrupt(),
        false => failure,
    })
}

fn advised(
    args: &Args,
    store: &AdviceStore,
    stop: &Arc<AtomicBool>,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let wanted = subject::Wanted::of(args)?;
    if !args.what_if.is_empty() {
        return what_if::run(args, &wanted.subject, stop, terminal);
    }
    let kept = store.contents()?;
    track_record::tell_unread(&kept, terminal);
    let (profile, said) = match &wanted.profile {
        Some(profile) => (profile.clone(), Vec::new()),
        None => measured(args, &wanted, stop, terminal)?,
    };
    terminal.live.phase("looking for advice");
    let context = Context {
        said,
        processors: usable_processors().len(),
        best_isa: Some(Isa::detect().name().to_owned()),
        thresholds: args.thresholds(),
        stop: Arc::clone(stop),
    };
    let mut advice = advise(&profile, &context);
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::new(STOPPED));
    }
    let track = kept.track_record();
    track.rank(&mut advice.suggestions);
    let Trials { tried, stopped } = trials(args, &wanted, &advice.suggestions, stop, terminal)?;
    print::advice(&profile, &advice, &track, &tried, args.format, terminal)?;
    terminal.flush()?;
    let taken_at = backcast_lab::bench::taken_now();
    keep(store, &Record::new(taken_at, profile.command, &advice.suggestions, &tried), terminal);
    stopped.map_or(Ok(()), Err)
}

/// A fresh profile, and what the command said beside it.
fn measured(
    args: &Args,
    wanted: &subject::Wanted,
    stop: &AtomicBool,
    terminal: &mut Terminal,
) -> Result<(Profile, Vec<String>), Failure> {
    terminal.flush()?;
    terminal.live.subject(&wanted.subject.name);
    terminal.live.phase("profiling");
    let options = Options {
        python_hz: args.rate,
        perf: Perf::Auto,
        timeout: args.timeout,
        output: Capture::Ends(KEPT_OUTPUT),
    };
    let outcome = profile::profile(&Launcher::this_program(), &wanted.subject, &options, stop)?;
    if let Some(reason) = outcome.profile.distrust.first() {
        return Err(Failure::could_not_measure(format!("could not measure: {reason}")));
    }
    match outcome.exit {
        Some(Exit::Code(0)) => {
            let said = outcome.stderr.map(|said| said.tail(usize::MAX)).unwrap_or_default();
            Ok((outcome.profile, said.lines().map(str::to_owned).collect()))
        }
        Some(Exit::TimedOut) => Err(Failure::could_not_measure(format!(
            "could not measure: after {} the command was killed",
            profile::words::time(outcome.profile.wall_ns)
        ))
        .help("--timeout gives it more time")),
        Some(exit) => {
            tell_end(&outcome, terminal);
            Err(Failure::new(format!("the command failed: {exit}"))
                .help("advice on a command that fails would be about its failure"))
        }
        None => Err(Failure::interrupted(STOPPED)),
    }
}

fn tell_end(outcome: &Outcome, terminal: &mut Terminal) {
    for (stream, captured) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let tail = captured.as_ref().map(|all| all.tail(SHOWN_LINES)).unwrap_or_default();
        if !tail.is_empty() {
            terminal.say(&format!("its last lines on {stream}:\n{}", print::plain(&tail)));
        }
    }
}

/// What was tried, by the names of suggestions, and what ended the trials early.
#[derive(Default)]
struct Trials {
    tried: Vec<(String, Tried)>,
    stopped: Option<Failure>,
}

/// Trials of what was asked for. One that ends the work is told after what was tried before it is printed.
fn trials(
    args: &Args,
    wanted: &subject::Wanted,
    suggestions: &[Suggestion],
    stop: &AtomicBool,
    terminal: &mut Terminal,
) -> Result<Trials, Failure> {
    let Some(asked) = &wanted.attempt else { return Ok(Trials::default()) };
    let chosen = trial::chosen(asked, args.with.is_some(), suggestions)?;
    let mut trials = Trials::default();
    for suggestion in chosen {
        terminal.live.phase(&format!("trying {}", suggestion.name));
        match trial::attempt(args, wanted, suggestion, stop, terminal) {
            Ok(Some(one)) => trials.tried.push((suggestion.name.clone(), one)),
            Ok(None) => {}
            Err(failure) => {
                trials.stopped = Some(failure);
                break;
            }
        }
    }
    Ok(trials)
}

/// Keeps the record; a folder that cannot be written to is told and harms nothing else.
fn keep(store: &AdviceStore, record: &Record, terminal: &mut Terminal) {
    if record.entries.is_empty() {
        return;
    }
    match store.put(record) {
        Ok(_) => terminal.say("kept; `backcast advise --record` shows what became of predictions"),
        Err(error) => terminal.say(&format!("note: these predictions are not kept: {error}")),
    }
}
