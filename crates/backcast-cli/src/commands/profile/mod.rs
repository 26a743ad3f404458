//! `backcast profile`: where the time of a spec, of any command, or of a running process goes.

mod print;
mod report;
mod scale;
mod subject;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use backcast_lab::{
    child::{Capture, ChildError, Exit, Launcher},
    profile::{
        self, Difference, Options, Outcome, Perf, Profile, ProfileError, SessionError, View,
        export::{Export, Shown},
        python,
    },
};
use backcast_report::Page;
use backcast_store::Home;
use clap::ValueEnum;

pub(super) use self::{print::plain, subject::of_command};
use crate::{
    failure::Failure,
    interrupt, output,
    own_command::{self, Kind},
    page, quantity,
    spec_file::Changes,
    table::Format,
    terminal::Terminal,
};

/// Bytes of each end of the command's output that are kept for messages.
const KEPT_OUTPUT: usize = 4096;
/// Least share on the page of a profile in a file, as of --min.
const LEAST_SHARE: f64 = 0.005;
/// Lines of a failed command's output that are shown.
const SHOWN_LINES: usize = 10;

/// See where the time of a spec, or of any command, goes
#[derive(Debug, clap::Args)]
#[command(override_usage = "backcast profile [OPTIONS] SPEC\n       \
    backcast profile [OPTIONS] -- COMMAND...\n       \
    backcast profile [OPTIONS] --pid PID")]
#[command(after_help = "Examples:\n  \
    backcast profile examples/sma_grid.toml\n  \
    backcast profile --report profile.html -- python strategy.py\n  \
    backcast profile --save before -- python strategy.py\n  \
    backcast profile --vs before -- python strategy.py\n  \
    backcast profile --pid 1234 --for 10s\n  \
    backcast profile --scale bars=1k..1M,assets=1..64 examples/sma_cross.toml\n  \
    backcast profile --scale N=1k..100k --at N=1M -- python3 work.py {N}\n\n\
    Exact calls and times come from spans, which Backcast and \
    programs that use backcast-spans record; Python is sampled by functions and lines (3.8 or later, nothing is installed); \
    compiled code is sampled by perf where it works. Own times and what is unattributed add up to the whole.\n\n\
    Exit codes: 0 fine, 1 the command failed, 2 wrong usage, 3 could not measure, with --scale also a command that failed at a size.")]
pub(crate) struct Args {
    /// The spec, a TOML file
    #[arg(value_name = "SPEC", conflicts_with_all = ["command", "pid"])]
    spec: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Which command runs the spec; if not given, a grid is swept and anything else is one run
    // What conflicts with a requirement lifts it.
    #[arg(long = "as", value_enum, value_name = "HOW", requires = "spec", conflicts_with_all = ["command", "pid"])]
    by: Option<Kind>,
    /// Any command and its arguments, after `--`; no shell takes it apart
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<std::ffi::OsString>,
    /// Watch a running process instead
    #[arg(long, value_name = "PID", conflicts_with = "command", value_parser = clap::value_parser!(i32).range(1..))]
    pid: Option<i32>,
    /// How long to watch it: 500ms, 10s, 2min
    #[arg(long = "for", value_name = "TIME", value_parser = quantity::duration, requires = "pid", conflicts_with_all = ["spec", "command"], default_value = "10s")]
    during: Duration,
    /// Smallest share of the whole that is listed, itself and all below; with --scale, itself alone at any size
    #[arg(long, value_name = "SHARE", value_parser = quantity::share, default_value = "0.5%")]
    min: f64,
    /// Samples of Python a second; a thread that computes gives way each 5 ms, so of it there are 200 at most
    #[arg(long, value_name = "HZ", value_parser = rate, default_value_t = python::DEFAULT_HZ)]
    rate: f64,
    /// Whether perf looks at compiled code; auto: unless the command is Python or Backcast
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    perf: WhenPerf,
    /// Kill the command after this time: 500ms, 10s, 2min
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    timeout: Option<Duration>,
    /// Let the command print as it does without the profiler
    #[arg(long)]
    show: bool,
    /// Keep the profile in the project as NAME
    #[arg(long, value_name = "NAME", value_parser = name)]
    save: Option<String>,
    /// Compare with a profile: a name given to --save, or a .json file
    #[arg(long, value_name = "PROFILE")]
    vs: Option<PathBuf>,
    /// Write it for other programs: .folded, .speedscope.json, .firefox.json, .pb.gz, .pprof, .json, .md; with --scale .json, .csv, .md
    #[arg(long, value_name = "FILE")]
    export: Vec<PathBuf>,
    /// Write one HTML page that needs no network, with flame graphs
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    scale: scale::Options,
}

/// When perf looks on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum WhenPerf {
    /// With compiled code of others.
    #[default]
    Auto,
    /// Always; Python is then seen as compiled code only.
    Always,
    /// Never.
    Never,
}

impl From<WhenPerf> for Perf {
    fn from(when: WhenPerf) -> Perf {
        match when {
            WhenPerf::Auto => Perf::Auto,
            WhenPerf::Always => Perf::Always,
            WhenPerf::Never => Perf::Never,
        }
    }
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(hz) if (0.1..=10_000.0).contains(&hz) => Ok(hz),
        _ => Err("a rate is a number of samples a second from 0.1 to 10000".to_owned()),
    }
}

fn name(text: &str) -> Result<String, String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match !text.is_empty() && text.len() <= 100 && text.chars().all(fine) && !text.starts_with('.')
    {
        true => Ok(text.to_owned()),
        false => {
            Err("a name has up to 100 letters, digits, dots, dashes and underscores".to_owned())
        }
    }
}

/// Profiles and prints what was found.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    if args.spec.is_none() && args.command.is_empty() && args.pid.is_none() {
        return Err(Failure::usage("there is nothing to profile").help(
            "name a spec, or any command after `--` (backcast profile -- python3 strategy.py), or a running process by --pid",
        ));
    }
    output::check_places(&args.export, &args.report)?;
    if args.scale.is_given() {
        return scale::run(args, terminal);
    }
    let home = Home::find()?;
    let exports = exports(&args.export)?;
    let before = args.vs.as_deref().map(|named| saved(named, &home)).transpose()?;
    let outcome = measure(args, terminal)?;
    let profile = &outcome.profile;
    let shown = Shown { min_share: args.min };
    let after = View::of(profile);
    let difference = before.as_ref().map(|before| Difference::between(&View::of(before), &after));
    match args.format {
        Format::Table => print::table(profile, &after, args.min, terminal)?,
        Format::Json | Format::Csv => {
            print::rows(&after, args.min).print(args.format, terminal)?;
        }
        Format::Markdown => terminal.print(&profile::export::markdown(profile, &shown))?,
    }
    if let Some(difference) = &difference {
        match args.format {
            Format::Table => print::difference(difference, args.min, terminal)?,
            _ => terminal.say("note: --vs is printed with --format table alone"),
        }
    }
    terminal.flush()?;
    // After it is printed: a disk that is full must not cost a long run.
    for (path, export) in exports {
        export.write(profile, &shown, path)?;
        terminal.say(&format!("{}: written", path.display()));
    }
    if let Some(path) = &args.report {
        let made = report::page(profile, &after, difference.as_ref(), args.min);
        page::write(path, &made, terminal)?;
    }
    keep(args, &home, profile, terminal)?;
    verdict(&outcome, terminal)
}

/// What to write where; an ending without meaning is found before the run.
fn exports(paths: &[PathBuf]) -> Result<Vec<(&Path, Export)>, Failure> {
    let export = |path: &'_ PathBuf| Export::of_path(path);
    let found = paths.iter().map(|path| match export(path) {
        Some(export) => Ok((path.as_path(), export)),
        None => Err(Failure::usage(format!("{} has no known ending", path.display()))
            .help(format!("the ending says the format: {}", Export::ENDINGS))),
    });
    found.collect()
}

/// A profile by the name it was saved under, or in a file.
pub(crate) fn saved(named: &Path, home: &Home) -> Result<Profile, Failure> {
    let kept = kept(home, &named.display().to_string());
    let path = if !named.exists() && kept.exists() { &kept } else { named };
    Ok(profile::load(path)?)
}

/// The page of a profile in a file.
pub(crate) fn page_of(path: &Path) -> Result<Page, Failure> {
    let profile = profile::load(path)?;
    Ok(report::page(&profile, &View::of(&profile), None, LEAST_SHARE))
}

fn kept(home: &Home, name: &str) -> PathBuf {
    home.path().join("profiles").join(format!("{name}.json"))
}

fn measure(args: &Args, terminal: &mut Terminal) -> Result<Outcome, Failure> {
    let stop = interrupt::stop_flag();
    let perf: Perf = args.perf.into();
    if let Some(pid) = args.pid {
        terminal.live.subject(&format!("process {pid}"));
        return Ok(profile::attach(pid, args.during, perf, &stop)?);
    }
    let subject = match &args.spec {
        Some(spec) => own_command::on_spec(spec, &args.changes, args.by)?,
        None if !args.changes.is_empty() => {
            return Err(Failure::usage("--set, --from and --to change a spec; there is none")
                .help("options of the command itself stand after `--`"));
        }
        None => of_command(&args.command)?,
    };
    terminal.flush()?;
    terminal.live.subject(&subject.name);
    terminal.live.phase("measuring");
    let output = if args.show { Capture::Inherit } else { Capture::Ends(KEPT_OUTPUT) };
    let options = Options { python_hz: args.rate, perf, timeout: args.timeout, output };
    Ok(profile::profile(&Launcher::this_program(), &subject, &options, &stop)?)
}

/// Keeps the profile in the project under the name that was asked for.
fn keep(
    args: &Args,
    home: &Home,
    profile: &Profile,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Some(name) = &args.save else { return Ok(()) };
    let path = kept(home, name);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
    profile::save(profile, &path)?;
    terminal.say(&format!(
        "kept as {name}; `backcast profile --vs {name} -- COMMAND` compares with it"
    ));
    Ok(())
}

/// The profile is printed; what remains is whether the command did its work and the times can be believed.
fn verdict(outcome: &Outcome, terminal: &mut Terminal) -> Result<(), Failure> {
    let profile = &outcome.profile;
    if let Some(reason) = profile.distrust.first() {
        return Err(Failure::could_not_measure(format!("could not measure: {reason}"))
            .help("what was seen is printed, but its times are worth nothing; measure again"));
    }
    match outcome.exit {
        None if profile.ended.as_deref() == Some("stopped") => {
            Err(Failure::interrupted("stopped; what was seen until then is printed"))
        }
        None | Some(Exit::Code(0)) => Ok(()),
        Some(Exit::TimedOut) => Err(Failure::could_not_measure(format!(
            "could not measure all of it: after {} the command was killed",
            profile::words::time(profile.wall_ns)
        ))
        .help("what was seen until then is printed; --timeout gives it more time")),
        Some(exit) => {
            show_last_lines(outcome, terminal);
            Err(Failure::new(format!("the command failed: {exit}"))
                .help("its profile is printed all the same"))
        }
    }
}

/// What a failed command said in the end.
fn show_last_lines(outcome: &Outcome, terminal: &mut Terminal) {
    for (stream, captured) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let tail = captured.as_ref().map(|all| all.tail(SHOWN_LINES)).unwrap_or_default();
        if !tail.is_empty() {
            terminal.say(&format!("its last lines on {stream}:\n{}", print::plain(&tail)));
        }
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Failure {
        let help = match &error {
            ProfileError::Read { .. } | ProfileError::Format { .. } => {
                "`backcast profile --save NAME` and `--export FILE.json` write profiles"
            }
            ProfileError::Newer { .. } => "a newer backcast wrote it; use that one",
            ProfileError::Write { .. } => "",
        };
        Failure::new(error.to_string()).help(help)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Failure {
        match error {
            SessionError::Child(error @ ChildError::NotOnPath { .. }) => Failure::from(error).help(
                "the command is not run by a shell; for built-ins, pipes and variables: -- sh -c 'LINE'",
            ),
            SessionError::Child(error) => error.into(),
            SessionError::Scratch { .. } => Failure::could_not_measure(error.to_string())
                .help("TMPDIR names another folder for temporary files"),
        }
    }
}
