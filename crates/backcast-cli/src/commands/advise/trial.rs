//! Trials: what a suggestion brings when it is followed, measured in pairs of fresh processes.

use std::{
    ffi::OsString,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use backcast_lab::{
    advise::{Remedy, Suggestion, Tried},
    bench::{Arm, Plan, Session, Through, measure},
    certify::equality::{Case, Equality, Evidence, Oracle, Workbench, check},
    child::{Capture, Launcher, RunOptions, Subject, usable_processors},
    optimize::{State, TuningFolder},
    stats::{Criteria, gain_of},
};
use backcast_search::spec::DataSource;
use tempfile::TempDir;

use super::{ALL, Args, certify, subject::Wanted};
use crate::{
    failure::{Failure, nearest},
    measuring::RunsBar,
    own_command, spec_file,
    terminal::Terminal,
    words,
};

/// Bundle of a trial.
const BUNDLE: &str = "advised";

/// A command with a suggestion followed; folders that it needs live as long as this.
struct Changed {
    subject: Subject,
    processors: Vec<usize>,
    /// What was changed, in words.
    change: String,
    _tuning: TuningFolder,
    _project: Option<TempDir>,
}

/// The suggestions that are meant: all that are settings, or those of a name or a rule.
pub(super) fn chosen<'a>(
    asked: &str,
    by_hand: bool,
    suggestions: &'a [Suggestion],
) -> Result<Vec<&'a Suggestion>, Failure> {
    if asked == ALL {
        if by_hand {
            return Err(Failure::usage(
                "--with is the change of one suggestion; name it by --try NAME",
            ));
        }
        return Ok(suggestions.iter().filter(|it| it.remedy.is_setting()).collect());
    }
    let named = suggestions.iter().filter(|it| it.name == asked || it.rule.name() == asked);
    let chosen: Vec<&Suggestion> = if by_hand { named.take(1).collect() } else { named.collect() };
    if chosen.is_empty() {
        let names = suggestions.iter().map(|it| it.name.as_str());
        let failure = Failure::usage(format!("nothing of the name `{asked}` was suggested"));
        return Err(match nearest(asked, names.clone()) {
            Some(name) => failure.help(format!("did you mean `{name}`?")),
            None if suggestions.is_empty() => failure.help("nothing was suggested at all"),
            None => failure.help(format!("there are: {}", names.collect::<Vec<_>>().join(", "))),
        });
    }
    match chosen.iter().find(|it| !it.remedy.is_setting()) {
        Some(one) if !by_hand => Err(Failure::usage(format!("`{}` takes a hand", one.name))
            .help(format!("name the changed command: --try {} --with 'COMMAND'", one.name))),
        _ => Ok(chosen),
    }
}

/// Follows a suggestion and measures; nothing where it cannot be followed here, which is said.
pub(super) fn attempt(
    args: &Args,
    wanted: &Wanted,
    suggestion: &Suggestion,
    stop: &AtomicBool,
    terminal: &mut Terminal,
) -> Result<Option<Tried>, Failure> {
    let changed = match changed(args, wanted, suggestion, stop) {
        Ok(changed) => changed,
        Err(why) if stop.load(Ordering::Relaxed) => return Err(why),
        Err(why) => {
            terminal.say(&format!("note: {} cannot be tried: {why}", suggestion.name));
            return Ok(None);
        }
    };
    let oracle = oracle(args, wanted)?;
    let launcher = Launcher::this_program();
    let case = Case {
        name: wanted.subject.name.clone(),
        before: wanted.subject.clone(),
        after: changed.subject.clone(),
    };
    let workbench = Workbench { launcher: &launcher, timeout: args.timeout, stop };
    let evidence = check(&oracle, &[case], &workbench)?;
    if !evidence.holds() {
        let equality = parted(&evidence);
        return Ok(Some(Tried {
            change: changed.change,
            gain: None,
            equal: false,
            equality,
            doubts: Vec::new(),
        }));
    }
    let session = session(args, &wanted.subject, &changed, &launcher, stop, terminal)?;
    if session.stopped {
        return Err(Failure::interrupted(format!("stopped while {} was tried", suggestion.name)));
    }
    Ok(Some(Tried {
        change: changed.change,
        gain: session.comparison.as_ref().map(|comparison| gain_of(comparison.ratio)),
        equal: true,
        equality: oracle.to_string(),
        doubts: session.doubts.iter().map(ToString::to_string).collect(),
    }))
}

fn session(
    args: &Args,
    before: &Subject,
    changed: &Changed,
    launcher: &Launcher,
    stop: &AtomicBool,
    terminal: &Terminal,
) -> Result<Session, Failure> {
    let criteria = Criteria { level: args.level, seed: args.seed, ..Criteria::default() };
    let plan = Plan {
        runs: args.iterations,
        criteria,
        seed: args.seed,
        options: RunOptions { timeout: args.timeout, ..RunOptions::default() },
        ..Plan::new(crate::measuring::program())
    };
    let mut runner = Through::new(launcher, &plan, stop)
        .with_processors(Arm::Candidate, changed.processors.clone());
    let bar = RunsBar::new(&before.name, terminal);
    let after = &changed.subject;
    Ok(measure(&mut runner, Some(before), after, &plan, stop, &mut |it| bar.show(it))?)
}

fn oracle(args: &Args, wanted: &Wanted) -> Result<Oracle, Failure> {
    if args.equal.is_empty() && wanted.spec.is_none() {
        return Ok(Oracle::Stdout);
    }
    certify::oracle(&args.equal, certify::allowance(args.tol, None), "tests/**/*")
}

/// Where results part.
fn parted(evidence: &Evidence) -> String {
    match evidence.first_difference().map(|finding| &finding.equality) {
        Some(Equality::Different(at)) => {
            format!("{} is {}, was {}", at.place, at.after, at.before)
        }
        _ => "no result was compared".to_owned(),
    }
}

/// The command with the suggestion followed, or why that cannot be done.
fn changed(
    args: &Args,
    wanted: &Wanted,
    suggestion: &Suggestion,
    stop: &AtomicBool,
) -> Result<Changed, Failure> {
    let tuning = TuningFolder::new()
        .map_err(|error| Failure::new(format!("cannot make a temporary folder: {error}")))?;
    if let Some(line) = &args.with {
        let subject =
            Subject { dir: wanted.subject.dir.clone(), ..Subject::new(words::split(line)?) };
        return Ok(Changed {
            subject: subject.named(line.as_str()),
            processors: Vec::new(),
            change: line.clone(),
            _tuning: tuning,
            _project: None,
        });
    }
    match &suggestion.remedy {
        Remedy::Settings(changes) => {
            let state = State::new(wanted.subject.clone())
                .with(changes, &usable_processors())
                .map_err(|why| Failure::new(why.to_string()))?;
            let launcher = Launcher::this_program();
            let workbench = Workbench { launcher: &launcher, timeout: args.timeout, stop };
            if let Some(why) = tuning.objection(&state, &workbench)? {
                return Err(Failure::new(why));
            }
            Ok(Changed {
                subject: state.subject(&tuning),
                processors: state.processors.clone(),
                change: format!("settings: {}", suggestion.advice),
                _tuning: tuning,
                _project: None,
            })
        }
        Remedy::Bundle => in_bundle(args, wanted, tuning, stop),
        Remedy::ByHand => Err(Failure::new("it takes a hand")),
    }
}

/// The same spec on a bundle of its files, in a project of its own that is gone afterwards.
fn in_bundle(
    args: &Args,
    wanted: &Wanted,
    tuning: TuningFolder,
    stop: &AtomicBool,
) -> Result<Changed, Failure> {
    let Some(path) = &wanted.spec else {
        return Err(Failure::new(
            "only a spec that is named on the command line can be put on a bundle",
        ));
    };
    let spec = spec_file::read(path, &args.changes.overrides())?;
    let DataSource::File(file) = spec.data.source else {
        return Err(Failure::new("the spec names no file"));
    };
    let temporary =
        |error: std::io::Error| Failure::new(format!("cannot make a temporary folder: {error}"));
    let project =
        tempfile::Builder::new().prefix("backcast-advice-").tempdir().map_err(temporary)?;
    std::fs::create_dir(project.path().join(".backcast")).map_err(temporary)?;
    let absolute = |path: &Path| std::path::absolute(path).map_err(temporary);
    let words: [OsString; 4] =
        ["ingest".into(), absolute(&file)?.into(), "--bundle".into(), BUNDLE.into()];
    let ingest = own_command::with_arguments(words.to_vec())?;
    let ingest = Subject { dir: Some(project.path().to_owned()), ..ingest };
    let options = RunOptions { stderr: Capture::Ends(4096), ..RunOptions::default() };
    let done = Launcher::this_program().run(&ingest, &options, stop)?;
    if !done.sample.exit.is_success() {
        let said = done.stderr.map(|said| said.tail(3)).unwrap_or_default();
        return Err(Failure::new(format!("its files cannot be put into a bundle: {said}")));
    }
    let mut subject = wanted.subject.clone();
    for word in subject.argv.iter_mut().filter(|word| **word == *path.as_os_str()) {
        *word = absolute(path)?.into();
    }
    subject.argv.extend(["--set".into(), format!("data.bundle={BUNDLE}").into()]);
    subject.dir = Some(project.path().to_owned());
    Ok(Changed {
        subject,
        processors: Vec::new(),
        change: format!("{} in a bundle", file.display()),
        _tuning: tuning,
        _project: Some(project),
    })
}
