//! `backcast lab verify-claim`: a claimed share of time or gain in speed, judged by raw samples.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use backcast_lab::{
    bench::Progress,
    child::{Capture, Exit, Launcher, Subject},
    claims::{
        GainEvidence, RunShare, ShareEvidence, SpanShare, read_gain, verdict_word, weigh_gain,
        weigh_share,
    },
    profile::{self, Options, Perf, Profile, python},
    stats::{Criteria, Interval, ShareVerdict},
};
use backcast_store::Home;
use clap::ArgGroup;
use serde::Serialize;

use super::{
    jobs::{JOB_SPAN, Workload},
    measure::Place,
};
use crate::{
    commands::profile::{of_command, saved},
    failure::Failure,
    interrupt,
    measuring::{RunsBar, share},
    number,
    own_command::{self, Kind},
    quantity,
    spec_file::Changes,
    terminal::Terminal,
};

/// Bytes of each end of a command's output that are kept for messages.
const KEPT_OUTPUT: usize = 4096;
/// Lines of a failed command's output that are shown.
const SHOWN_LINES: usize = 10;

/// Judge a claim about time by raw samples: confirmed, refuted or unproven
#[derive(Debug, clap::Args)]
#[command(
    group(ArgGroup::new("claim").args(["share", "faster"]).required(true)),
    after_help = "Examples:\n  \
    backcast lab verify-claim --span data.history --share 58.4% --tolerance 5% --workload history-moving-adjusted\n  \
    backcast lab verify-claim --span engine.simulate --share 30% examples/sma_grid.toml\n  \
    backcast lab verify-claim --span prepare --share 87% -- python strategy.py\n  \
    backcast lab verify-claim --span load --share 40% --profile one.json --profile two.json\n  \
    backcast lab verify-claim --faster 8% --tolerance 2% figures.json\n\n\
    A claim is confirmed where the whole interval of what was measured lies within the tolerance, refuted where it lies outside, \
    and unproven otherwise.\n\n\
    Exit codes: 0 confirmed, 1 refuted, 2 wrong usage, 3 unproven, no raw samples or nothing that can be read, 130 stopped by Ctrl-C."
)]
pub(crate) struct Args {
    /// The span, function or symbol whose share is claimed; `engine.*` is all that begin so
    #[arg(long, value_name = "NAME", requires = "share", conflicts_with = "faster")]
    span: Option<String>,
    /// The share of time that it is said to take, with all that it calls
    #[arg(long, value_name = "SHARE", value_parser = claimed_share, requires = "span", requires = "subject")]
    share: Option<f64>,
    /// What is claimed to have become faster by so much; --tolerance is around it
    #[arg(long, value_name = "GAIN", value_parser = share, requires = "files")]
    faster: Option<f64>,
    /// How far off a claim may be: 5% around 61.5 % is 56.5 to 66.5 %
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "5%")]
    tolerance: f64,
    /// Level of the interval
    #[arg(long, value_name = "PERCENT", value_parser = share, default_value = "95%")]
    level: f64,
    /// Count time in the span alone, without what it calls
    #[arg(long, requires = "span", conflicts_with = "faster")]
    own: bool,
    /// The span that is the whole; all thread time if not given, `lab.job` of workloads
    #[arg(long, value_name = "NAME", requires = "span", conflicts_with = "faster")]
    of: Option<String>,
    /// Profile a workload, one of `backcast lab workloads --list`
    #[arg(long, value_name = "NAME", value_parser = super::workloads::named, group = "subject", conflicts_with = "faster")]
    workload: Option<&'static Workload>,
    /// Take profiles that were kept: a name given to `profile --save`, or a .json file; one for each run
    #[arg(long, value_name = "PROFILE", group = "subject", conflicts_with = "faster")]
    profile: Vec<PathBuf>,
    /// A spec to profile; with --faster, a file of a session that compared two commands, or one before and one after
    #[arg(value_name = "FILE", groups = ["subject", "files"], num_args = 1..=2)]
    file: Vec<PathBuf>,
    /// Any command to profile, after `--`
    #[arg(last = true, value_name = "COMMAND", group = "subject", conflicts_with_all = ["file", "faster"])]
    command: Vec<OsString>,
    #[command(flatten)]
    changes: Changes,
    /// Which command runs the spec; if not given, a grid is swept and anything else is one run
    #[arg(long = "as", value_enum, value_name = "HOW")]
    by: Option<Kind>,
    /// Runs to profile
    #[arg(short = 'n', long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000), conflicts_with_all = ["faster", "profile"])]
    runs: u32,
    /// Longest time of one run: 30s, 2min
    #[arg(long, value_name = "TIME", value_parser = quantity::duration, conflicts_with_all = ["faster", "profile"])]
    timeout: Option<Duration>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How a verdict is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// One object, with the share of each run.
    Json,
}

/// A share from 0 to 100 %. More than all is what comes of adding up shares that hold each other.
fn claimed_share(text: &str) -> Result<f64, String> {
    let beyond = text.trim().trim_end_matches('%').trim().parse::<f64>();
    quantity::share(text).map_err(|said| match beyond {
        Ok(number) if number > 1.0 && text.contains('%') => {
            "no part is more than its whole: shares with all that is called hold each other and cannot be added up; own shares can"
                .to_owned()
        }
        _ => said,
    })
}

/// Judges and prints.
pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    match (args.share, args.faster) {
        (Some(claimed), _) => run_share(args, claimed, terminal),
        (None, Some(gain)) => run_gain(args, gain, terminal),
        (None, None) => Err(Failure::usage("there is no claim: --share or --faster")),
    }
}

fn run_share(args: &Args, claimed: f64, terminal: &mut Terminal) -> Result<(), Failure> {
    if args.file.is_empty() && (args.by.is_some() || !args.changes.is_empty()) {
        return Err(Failure::usage("--set, --from, --to and --as are for a spec; there is none")
            .help("options of the command itself stand after `--`"));
    }
    let span = args.span.clone().unwrap_or_default();
    let of = args.of.clone().or_else(|| args.workload.map(|_| JOB_SPAN.to_owned()));
    let meant = SpanShare { span, of, own: args.own };
    let runs = shares(args, &meant, terminal)?;
    let found = weigh_share(&runs, claimed, args.tolerance, args.level)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let told = Told {
        claim: format!("`{}` takes {}", meant.span, number::percent(claimed, 1)),
        claimed,
        tolerance: args.tolerance,
        verdict: verdict_word(found.verdict),
        measured: found.measured,
        runs: found.shares.clone(),
        faults: found.caution.iter().map(ToString::to_string).collect(),
    };
    match args.format {
        Format::Table => terminal.print(&share_text(&meant, &told, &found))?,
        Format::Json => terminal.print(&told.json())?,
    }
    let more = match args.profile.is_empty() {
        true => "more runs make it narrower: --runs",
        false => "more profiles make it narrower, each of one run: --profile",
    };
    ended(found.verdict, &told, more)
}

/// The share in each run: of profiles that are there, or of new ones.
fn shares(args: &Args, meant: &SpanShare, terminal: &Terminal) -> Result<Vec<RunShare>, Failure> {
    if !args.profile.is_empty() {
        let home = Home::find()?;
        let of = |named: &PathBuf| Ok(meant.in_profile(&kept(named, &home)?)?);
        return args.profile.iter().map(of).collect();
    }
    let bar = RunsBar::new(&subject_name(args), terminal);
    terminal.live.phase("measuring");
    let mut profile = profiler(args)?;
    let mut shares = Vec::with_capacity(args.runs as usize);
    let total = args.runs as usize;
    for done in 0..total {
        bar.show(Progress { done, total });
        // A name that is not there is told after the first run.
        shares.push(meant.in_profile(&profile()?)?);
    }
    bar.show(Progress { done: total, total });
    Ok(shares)
}

/// What is profiled, in words.
fn subject_name(args: &Args) -> String {
    match (args.workload, args.file.first()) {
        (Some(workload), _) => workload.name.to_owned(),
        (None, Some(spec)) => spec.display().to_string(),
        (None, None) => {
            let words: Vec<_> = args.command.iter().map(|word| word.to_string_lossy()).collect();
            words.join(" ")
        }
    }
}

/// A profile that was kept. Any other file, one of means for instance, has no samples.
fn kept(named: &Path, home: &Home) -> Result<Profile, Failure> {
    saved(named, home).map_err(|failure| match named.is_file() {
        true => Failure::could_not_measure(failure.to_string()).help(
            "a share is judged by raw samples, which stand in profiles: `backcast profile --export FILE.json`; means alone prove nothing",
        ),
        false => failure,
    })
}

/// What makes one more profile.
fn profiler(args: &Args) -> Result<Box<dyn FnMut() -> Result<Profile, Failure>>, Failure> {
    if let Some(workload) = args.workload {
        let place = Place::new(args.timeout)?;
        return Ok(Box::new(move || place.profile(workload)));
    }
    let subject = match &args.file[..] {
        [spec] => own_command::on_spec(spec, &args.changes, args.by)?,
        [_, other, ..] => {
            return Err(Failure::usage(format!(
                "one spec is profiled; {} is one more",
                other.display()
            )));
        }
        [] => of_command(&args.command)?,
    };
    let stop = interrupt::stop_flag();
    let options = Options {
        python_hz: python::DEFAULT_HZ,
        perf: Perf::Auto,
        timeout: args.timeout,
        output: Capture::Ends(KEPT_OUTPUT),
    };
    Ok(Box::new(move || profiled(&subject, &options, &stop)))
}

fn profiled(
    subject: &Subject,
    options: &Options,
    stop: &std::sync::atomic::AtomicBool,
) -> Result<Profile, Failure> {
    let seen = profile::profile(&Launcher::this_program(), subject, options, stop)?;
    match seen.exit {
        Some(Exit::Code(0)) => {}
        Some(exit) => {
            let said = seen.stderr.map(|stderr| stderr.tail(SHOWN_LINES)).unwrap_or_default();
            let message = format!("could not measure: `{}` {}", subject.name, exit.told());
            return Err(Failure::could_not_measure(message).help(said));
        }
        None => return Err(backcast_lab::child::ChildError::Stopped.into()),
    }
    match seen.profile.distrust.first() {
        None => Ok(seen.profile),
        Some(reason) => Err(Failure::could_not_measure(format!("could not measure: {reason}"))),
    }
}

fn run_gain(args: &Args, gain: f64, terminal: &mut Terminal) -> Result<(), Failure> {
    let criteria = Criteria { level: args.level, ..Criteria::default() };
    let [before, rest @ ..] = &args.file[..] else {
        return Err(Failure::usage("--faster takes a file of a comparison, or two files"));
    };
    let claim = read_gain(before, rest.first().map(PathBuf::as_path), &criteria)?;
    let found = weigh_gain(gain, args.tolerance, &claim, &criteria)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let faults = found.evidence.faults.iter().map(ToString::to_string);
    let told = Told {
        claim: format!("{} faster", number::percent(gain, 1)),
        claimed: gain,
        tolerance: args.tolerance,
        verdict: verdict_word(found.verdict),
        measured: found.measured,
        runs: Vec::new(),
        faults: faults.chain(claim.doubts.iter().cloned()).collect(),
    };
    match args.format {
        Format::Table => terminal.print(&gain_text(&told, &found))?,
        Format::Json => terminal.print(&told.json())?,
    }
    ended(found.verdict, &told, "more pairs make it narrower: backcast bench --iterations")
}

/// A verdict and what it rests on.
#[derive(Serialize)]
struct Told {
    claim: String,
    claimed: f64,
    tolerance: f64,
    verdict: &'static str,
    measured: Option<Interval>,
    /// The share in each run.
    runs: Vec<f64>,
    /// What speaks against the evidence, a sentence each.
    faults: Vec<String>,
}

impl Told {
    fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("it holds text and numbers alone") + "\n"
    }

    fn text(&self, against: &str) -> String {
        let percent = |share: f64| number::percent(share, 2);
        let mut text = format!("{}: {}\n", self.claim, self.verdict);
        // Neither a share nor a gain is more than all; a gain below nothing is a loss, and a share is none.
        let least = if self.runs.is_empty() { f64::NEG_INFINITY } else { 0.0 };
        let band = (self.claimed - self.tolerance, self.claimed + self.tolerance);
        let band = (band.0.max(least), band.1.min(1.0));
        text += &format!("  claimed  {} to {}{against}\n", percent(band.0), percent(band.1));
        match &self.measured {
            Some(measured) => {
                text += &format!(
                    "  measured {} [{} to {}, {}]\n",
                    percent(measured.estimate),
                    percent(measured.low),
                    percent(measured.high),
                    number::percent(measured.level, 0)
                );
            }
            None => text += "  measured nothing that has an interval\n",
        }
        for fault in &self.faults {
            text += &format!("  but      {fault}\n");
        }
        text
    }
}

fn share_text(meant: &SpanShare, told: &Told, found: &ShareEvidence) -> String {
    let whole = meant.of.as_ref().map_or("all thread time".to_owned(), |of| format!("`{of}`"));
    let alone = if meant.own { ", in it alone" } else { "" };
    let mut text = told.text(&format!(" of {whole}{alone}"));
    let shares: Vec<String> = found.shares.iter().map(|share| number::percent(*share, 2)).collect();
    text += &format!("  runs     {}\n", shares.join(", "));
    text
}

fn gain_text(told: &Told, found: &GainEvidence) -> String {
    let mut text = told.text(" less time");
    if let Some(comparison) = &found.evidence.comparison {
        text += &format!(
            "  pairs    {} in {}\n",
            comparison.pairs,
            number::count(comparison.blocks, "block")
        );
    }
    text
}

/// Refuted and unproven claims are told by the exit code too.
fn ended(verdict: ShareVerdict, told: &Told, more: &str) -> Result<(), Failure> {
    match verdict {
        ShareVerdict::Confirmed => Ok(()),
        ShareVerdict::Refuted => Err(Failure::verdict(format!("refuted: {}", told.claim))),
        ShareVerdict::Unproven => {
            Err(Failure::could_not_measure(format!("unproven: {}", told.claim)).help(
                match &told.faults[..] {
                    [] => format!("the interval reaches over an edge of the tolerance; {more}"),
                    _ => "what it would take stands after `but`".to_owned(),
                },
            ))
        }
    }
}
