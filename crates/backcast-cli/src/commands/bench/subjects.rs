//! From the command line or a suite to what is measured.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use backcast_lab::{
    bench::{Entry, FEWEST_COMPARED, Plan, Scan, Setting, Suite, Target, Work},
    child::{Capture, RunOptions, Sampling, Subject},
    stats::Criteria,
};

use tempfile::TempDir;

use super::{Args, What};
use crate::{
    failure::Failure, measuring::program, own_command, processors::Processors, revision::Revision,
    spec_file::Changes, terminal::Terminal, words,
};

/// One session to be: what, against what, how.
pub(crate) struct Bench {
    pub(crate) candidate: Subject,
    pub(crate) base: Option<Subject>,
    pub(crate) plan: Plan,
    /// The folder that it runs in, where it has one of its own; gone with this.
    _scratch: Option<TempDir>,
}

/// Sessions that a suite asks for, and those of its entries that cannot be run at all: their names, and why.
pub(crate) struct Planned {
    pub(crate) benches: Vec<Bench>,
    pub(crate) broken: Vec<(String, Failure)>,
}

/// Runs that count unless something else is asked for.
const ITERATIONS: u32 = 10;
/// Runs before them.
const WARMUP: u32 = 1;

/// Runs that the command line asks for.
pub(super) fn runs(what: &What) -> u32 {
    what.iterations.unwrap_or(ITERATIONS)
}

/// Refuses comparisons that could not be judged, whatever they find. `name` is given where there are several.
pub(super) fn enough(name: Option<&str>, runs: u32) -> Result<(), Failure> {
    if runs >= FEWEST_COMPARED {
        return Ok(());
    }
    let name = name.map_or(String::new(), |name| format!("`{name}`: "));
    Err(Failure::usage(format!(
        "{name}a comparison takes at least {FEWEST_COMPARED} runs of each command, not {runs}"
    ))
    .help(format!(
        "-n {FEWEST_COMPARED} or more: with fewer, no command can be checked against itself"
    )))
}

/// The same for all sessions, and a word where blocks take one run more.
pub(super) fn check_runs(benches: &[Bench], terminal: &mut Terminal) -> Result<(), Failure> {
    let several = benches.len() > 1;
    let compared = || benches.iter().filter(|bench| bench.base.is_some());
    compared().try_for_each(|bench| {
        enough(several.then_some(bench.candidate.name.as_str()), bench.plan.runs)
    })?;
    if let Some(odd) = compared().find(|bench| bench.plan.runs_of_each() != bench.plan.runs) {
        terminal.say(&format!(
            "note: two commands run in blocks of two each: {} runs of each instead of {}",
            odd.plan.runs_of_each(),
            odd.plan.runs
        ));
    }
    Ok(())
}

/// All sessions that the command line asks for, one for each combination of scanned values.
pub(super) fn of_command_line(
    args: &Args,
    revision: &mut Option<Revision>,
    terminal: &mut Terminal,
) -> Result<Vec<Bench>, Failure> {
    let plan = plan(&args.what, args.criteria());
    Scan::check(&args.scan, &scanned_words(args))?;
    let settings = Scan::settings(&args.scan);
    let mut benches = Vec::with_capacity(settings.len());
    for setting in &settings {
        let candidate = candidate(&args.what, setting)?;
        let base = base(args, setting, &candidate, revision, terminal)?;
        benches.push(Bench { candidate, base, plan: plan.clone(), _scratch: None });
    }
    Ok(benches)
}

/// What a history is made of: each command by itself, compared with nothing.
pub(crate) fn alone(what: &What) -> Result<Planned, Failure> {
    let criteria = Criteria { seed: what.seed, ..Criteria::default() };
    let Some(path) = &what.suite else {
        let candidate = candidate(what, &Setting::new())?;
        let plan = plan(what, criteria);
        let bench = Bench { candidate, base: None, plan, _scratch: None };
        return Ok(Planned { benches: vec![bench], broken: Vec::new() });
    };
    let Planned { benches, broken } = of_suite(what, path, criteria)?;
    let benches = benches.into_iter().map(|bench| Bench { base: None, ..bench }).collect();
    Ok(Planned { benches, broken })
}

/// Words in which a scanned parameter may stand.
fn scanned_words(args: &Args) -> Vec<String> {
    let mut words: Vec<String> =
        args.what.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    words.extend(args.what.changes.words().iter().map(|word| word.to_string_lossy().into_owned()));
    words.extend(args.vs_command.clone());
    words.extend(args.what.env.clone());
    words
}

fn candidate(what: &What, setting: &Setting) -> Result<Subject, Failure> {
    let subject = match &what.spec {
        Some(path) => {
            let changes = what.changes.map(|text| Scan::fill(text, setting));
            own_command::on_spec(path, &changes, what.kind)?
        }
        None if what.command.is_empty() => {
            return Err(Failure::usage("what is to be measured is not named").help(
                "a spec: SPEC.toml; any command: -- COMMAND; all that a file lists: --suite FILE",
            ));
        }
        None => {
            let fill = |word: &OsString| match word.to_str() {
                Some(text) => Scan::fill(text, setting).into(),
                None => word.clone(),
            };
            command(what.command.iter().map(fill).collect(), what.shell)?
        }
    };
    let subject = surrounded(subject, what, setting)?;
    let Some(name) = &what.name else { return Ok(subject) };
    let values: Vec<String> =
        setting.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let suffix = if values.is_empty() { String::new() } else { format!(" {}", values.join(" ")) };
    Ok(subject.named(format!("{name}{suffix}")))
}

fn command(words: Vec<OsString>, shell: bool) -> Result<Subject, Failure> {
    if words.first().is_none_or(|word| word.is_empty()) {
        return Err(Failure::usage("a command is empty"));
    }
    if !shell {
        return Ok(Subject::new(words));
    }
    let line: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    Ok(Subject::shell(&line.join(" ")))
}

fn base(
    args: &Args,
    setting: &Setting,
    candidate: &Subject,
    revision: &mut Option<Revision>,
    terminal: &mut Terminal,
) -> Result<Option<Subject>, Failure> {
    let what = &args.what;
    if let Some(path) = &args.vs {
        let changes = what.changes.map(|text| Scan::fill(text, setting));
        let subject = own_command::on_spec(path, &changes, what.kind)?;
        return surrounded(subject, what, setting).map(Some);
    }
    if let Some(line) = &args.vs_command {
        let line = Scan::fill(line, setting);
        let subject = if what.shell {
            Subject::shell(&line)
        } else {
            Subject::new(words::split(&line)?).named(line)
        };
        return surrounded(subject, what, setting).map(Some);
    }
    let Some(name) = &args.vs_revision else { return Ok(None) };
    if revision.is_none() {
        *revision = Some(Revision::build(name, args.build.as_deref(), terminal)?);
    }
    let Some(revision) = revision else { return Ok(None) };
    let twin = if what.spec.is_some() {
        revision.backcast(candidate)?
    } else {
        revision.twin(candidate)?
    };
    Ok(Some(twin))
}

/// With folder and variables of the command line.
fn surrounded(mut subject: Subject, what: &What, setting: &Setting) -> Result<Subject, Failure> {
    subject.dir = what.dir.clone();
    for pair in &what.env {
        let pair = Scan::fill(pair, setting);
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Failure::usage(format!("`{pair}` is no variable"))
                .help("such as: --env OMP_NUM_THREADS=1"));
        };
        subject = subject.with_env(name, value);
    }
    Ok(subject)
}

/// How sessions are taken.
fn plan(what: &What, criteria: Criteria) -> Plan {
    let capture = if what.read_output { Capture::Ends(0) } else { Capture::Discard };
    let work = match (what.work, &what.unit) {
        (Some(amount), unit) => {
            Some(Work { amount, unit: unit.clone().unwrap_or_else(|| "units".to_owned()) })
        }
        (None, _) => None,
    };
    Plan {
        runs: runs(what),
        warmup: what.warmup.unwrap_or(WARMUP),
        options: RunOptions {
            timeout: what.timeout,
            affinity: Processors::listed(what.affinity.as_ref()).to_vec(),
            stdout: capture,
            sampling: (!what.no_sampling).then_some(Sampling::LIGHT),
            ..RunOptions::default()
        },
        criteria,
        seed: what.seed,
        any_exit: what.ignore_failure,
        work,
        ..Plan::new(program())
    }
}

/// All sessions of a suite. What an entry says wins over the command line, which wins over what is usual.
pub(super) fn of_suite(what: &What, path: &Path, criteria: Criteria) -> Result<Planned, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
    let shown = path.display().to_string();
    let suite = Suite::parse(&text).map_err(|error| {
        let failure = Failure::new(&error.message);
        match error.place {
            Some(place) => failure.at(&shown, &text, place.start, place.len()),
            None => failure.help(format!("in {shown}; examples/suite.toml is a suite")),
        }
    })?;
    let common = plan(what, criteria);
    let bench = |entry: &Entry| -> Result<Bench, Failure> {
        let scratch = entry.scratch.then(scratch).transpose()?;
        let dir = scratch.as_ref().map(|scratch| scratch.path().to_owned());
        let in_suite = |target: &Target| -> Result<Subject, Failure> {
            let subject = target_of(target, what, entry)?;
            Ok(Subject { dir: dir.clone().or(subject.dir), ..subject })
        };
        let mut plan = common.clone();
        plan.runs = what.iterations.or(entry.iterations).unwrap_or(ITERATIONS);
        plan.warmup = what.warmup.or(entry.warmup).unwrap_or(WARMUP);
        plan.options.timeout = what.timeout.or(entry.timeout);
        plan.work = entry.work.clone();
        plan.any_exit |= entry.ignore_failure;
        let candidate = in_suite(&entry.target)?.named(&entry.name);
        let base = entry.versus.as_ref().map(in_suite).transpose()?;
        Ok(Bench { candidate, base, plan, _scratch: scratch })
    };
    let mut planned = Planned { benches: Vec::new(), broken: Vec::new() };
    for entry in &suite.entries {
        match bench(entry) {
            Ok(bench) => planned.benches.push(bench),
            Err(failure) => planned.broken.push((entry.name.clone(), failure)),
        }
    }
    Ok(planned)
}

/// An empty project.
fn scratch() -> Result<TempDir, Failure> {
    let made = tempfile::Builder::new().prefix("backcast-suite-").tempdir().and_then(|folder| {
        std::fs::create_dir(folder.path().join(".backcast"))?;
        Ok(folder)
    });
    made.map_err(|error| {
        let temporary = std::env::temp_dir();
        Failure::could_not_measure(format!("cannot write to {}: {error}", temporary.display()))
    })
}

fn target_of(target: &Target, what: &What, entry: &Entry) -> Result<Subject, Failure> {
    let words = |words: &[String]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let mut subject = match target {
        Target::Spec { path, set } => {
            let path = PathBuf::from(path);
            own_command::on_spec(&path, &Changes::of(set.clone()), what.kind)?
        }
        Target::Backcast(arguments) => own_command::with_arguments(words(arguments))?,
        Target::Command(argv) => Subject::new(words(argv)),
        Target::Shell(line) => Subject::shell(line),
    };
    for (name, value) in &entry.env {
        subject = subject.with_env(name, value);
    }
    surrounded(subject, what, &Setting::new())
}
