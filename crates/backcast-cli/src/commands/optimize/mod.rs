//! `backcast optimize`: tries changes one at a time and keeps those that are certified.

mod print;

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use backcast_lab::{
    certify::{
        Certificate, CertifyError, Refusal, Side,
        equality::{Case, Oracle, Workbench},
    },
    child::{Launcher, Subject, usable_processors},
    optimize::{
        CandidateError, Candidates, Change, Judge, Phase, State, Trial, TrialOutcome, TuningFolder,
        climb,
    },
};
use backcast_store::Home;

use super::certify::{self, Asked, Compared, Proof};
use crate::{
    failure::Failure, interrupt, output, own_command, page, spec_file::Changes, table::Format,
    terminal::Terminal,
};

/// Try changes one at a time and keep those that are certified
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast optimize --candidates python --equal stdout -- python3 script.py\n  \
    backcast optimize --candidates candidates.toml examples/sma_grid.toml\n  \
    backcast optimize --candidates python --phases collector=2% --equal json -- python3 script.py --workers {workers}\n\n\
    A candidate reaches the measured command alone; nothing outside of it is set. docs/benchmarking.md describes the file.\n\
    Exit codes: 0 done, 1 a phase stayed below its minimum, 2 wrong usage, 3 could not measure.")]
pub(crate) struct Args {
    /// A spec: `backcast run`, `sweep` or `walkforward` on it is what gets faster
    #[arg(value_name = "SPEC", required_unless_present = "command")]
    spec: Option<PathBuf>,
    /// Any command, by its words; {workers} stands for a number of workers
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "spec")]
    command: Vec<std::ffi::OsString>,
    /// A file of candidates, or `python` for those that are often recommended
    #[arg(long, value_name = "FILE|python")]
    candidates: PathBuf,
    /// Least gain of each phase: collector=2%,imports=1%
    #[arg(long, value_name = "PHASE=PERCENT", value_delimiter = ',')]
    phases: Vec<String>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    asked: Asked,
    /// Write the HTML page of the chain of certificates
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
    /// How to print what became of the candidates
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Tries all candidates.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    try_all(args, terminal).map_err(Failure::of_gate)
}

fn try_all(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    output::check([&args.report])?;
    let candidates = candidates(args)?;
    let state = State::new(subject(args)?);
    let oracle = oracle(args)?;
    let tuning = tuning_folder(&candidates)?;
    let stop = interrupt::stop_flag();
    terminal.live.subject(&state.subject(&tuning).name);
    let usable = usable_processors();
    let proof = Proof { oracle, requirements: args.asked.requirements(), plan: args.asked.plan() };
    let mut judge = Certifier { proof, tuning, stop: &stop, unkept: None, terminal };
    let climbed = climb(state, &candidates, &usable, &mut judge)?;
    let Certifier { tuning, unkept, terminal, .. } = judge;
    let last = climbed.state.subject(&tuning);
    print::climb(&climbed, &last, args.format, terminal)?;
    if let Some(path) = &args.report {
        let now = print::command(&last, &climbed.state.processors);
        page::write(path, &page::lab::chain(&climbed, &now), terminal)?;
    }
    if let Some(failure) = unkept {
        return Err(failure);
    }
    if climbed.stopped {
        let (tried, all) = (climbed.trials.len(), candidates.candidates.len());
        let message =
            format!("stopped after {tried} of {all} candidates; what is certified is kept");
        return Err(Failure::interrupted(message));
    }
    match climbed.phases.iter().find(|phase| !phase.reached) {
        Some(phase) => Err(Failure::verdict(format!(
            "phase `{}` stayed below its minimum of {} %",
            phase.name,
            phase.minimum_gain * 100.0
        ))),
        None => Ok(()),
    }
}

/// Carries the tuning into Python programs. It stays in the project, so that the command that is printed works and certificates can be
/// measured again; other candidates have no use for it.
fn tuning_folder(candidates: &Candidates) -> Result<TuningFolder, Failure> {
    let mut changes = candidates.candidates.iter().flat_map(|candidate| &candidate.changes);
    let tunes = changes.any(|change| matches!(change, Change::Python(_)));
    let folder = match tunes {
        true => TuningFolder::at(&Home::find()?.path().join("tuning")),
        false => TuningFolder::new(),
    };
    folder.map_err(|error| Failure::new(format!("cannot write a folder for the tuning: {error}")))
}

fn candidates(args: &Args) -> Result<Candidates, Failure> {
    let path = &args.candidates;
    let candidates = if path == Path::new("python") {
        Candidates::python(&usable_processors())
    } else {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
        Candidates::parse(&text).map_err(|error| malformed(path, &text, &error))?
    };
    if args.phases.is_empty() {
        return Ok(candidates);
    }
    let phase = |text: &String| {
        let Some((name, minimum)) = text.split_once('=') else {
            return Err(
                Failure::usage(format!("`{text}` is no phase")).help("--phases collector=2%")
            );
        };
        Phase::parse(name, minimum).map_err(|error| Failure::usage(error.to_string()))
    };
    let phases = args.phases.iter().map(phase).collect::<Result<_, _>>()?;
    candidates.with_phases(phases).map_err(|error| Failure::usage(error.to_string()))
}

fn malformed(path: &Path, text: &str, error: &CandidateError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match error {
        CandidateError::Malformed { at: Some(at), .. } => {
            failure.at(&path.display().to_string(), text, at.start, at.len())
        }
        _ => failure.help(format!("in {}", path.display())),
    }
}

fn subject(args: &Args) -> Result<Subject, Failure> {
    match &args.spec {
        Some(path) => own_command::on_spec(path, &args.changes, None),
        None if args.command[0].is_empty() => Err(Failure::usage("a command is empty")),
        None => Ok(Subject::new(args.command.clone())),
    }
}

fn oracle(args: &Args) -> Result<Oracle, Failure> {
    let oracle = args.asked.oracle()?;
    if matches!(oracle, Oracle::Digest { .. }) && args.spec.is_none() {
        return Err(Failure::usage("commands have no digest; say what is to be equal")
            .help("--equal stdout, --equal files GLOB, --equal json or --equal tests COMMAND"));
    }
    Ok(oracle)
}

/// Certifies a state against the one before it.
struct Certifier<'a> {
    proof: Proof,
    tuning: TuningFolder,
    stop: &'a AtomicBool,
    /// Why a certificate could not be written, where one could not.
    unkept: Option<Failure>,
    terminal: &'a mut Terminal,
}

impl Judge for Certifier<'_> {
    fn begin(&mut self, start: &State) -> Result<(), CertifyError> {
        self.proof.check_steady(&start.subject(&self.tuning), self.stop)
    }

    fn objection(&mut self, state: &State) -> Result<Option<String>, CertifyError> {
        let (launcher, timeout) = (Launcher::this_program(), self.proof.plan.options.timeout);
        self.tuning.objection(state, &Workbench { launcher: &launcher, timeout, stop: self.stop })
    }

    fn hear(&mut self, trial: &Trial) {
        self.terminal.say(&print::line(trial));
        if let TrialOutcome::Kept(certificate) = &trial.outcome
            && let Err(failure) = certify::keep(certificate, None, self.terminal)
        {
            self.unkept.get_or_insert(failure);
        }
    }

    fn judge(
        &mut self,
        before: &State,
        after: &State,
    ) -> Result<Result<Certificate, Vec<Refusal>>, CertifyError> {
        let subjects = [before, after].map(|state| state.subject(&self.tuning));
        let [one, other] = &subjects;
        let sides = [
            Side::of(&before.name(), one, &before.processors)?,
            Side::of(&after.name(), other, &after.processors)?,
        ];
        let case = Case { name: one.name.clone(), before: one.clone(), after: other.clone() };
        let compared = Compared { cases: &[case], made_up: &[] };
        self.proof.make(sides, [one, other], compared, self.stop, self.terminal)
    }
}
