//! The optimisation loop over simulated judgements: what is kept, what is taken back, what gains come to.

use std::collections::BTreeMap;

use backcast_lab::{
    bench::Arm,
    certify::{Certificate, CertifyError, Refusal},
    child::{ChildError, Exit, Subject},
    optimize::{
        CandidateError, Candidates, Judge, Phase, State, Trial, TrialOutcome, TuningFolder, climb,
    },
};

use crate::bench::{Simulated, compared, plan};

/// Times by the words of a command: what `--fast` and `--faster` bring, and that `--broken` fails.
struct Timed {
    folder: TuningFolder,
    heard: Vec<String>,
}

impl Timed {
    fn new() -> Timed {
        Timed { folder: TuningFolder::new().unwrap(), heard: Vec::new() }
    }

    fn ms(&self, state: &State) -> f64 {
        let words = state.subject(&self.folder).argv;
        let has = |word: &str| words.iter().any(|it| it == word);
        let fast = if has("--fast") { 0.5 } else { 1.0 };
        let faster = if has("--faster") { 0.8 } else { 1.0 };
        100.0 * fast * faster
    }
}

impl Judge for Timed {
    fn begin(&mut self, start: &State) -> Result<(), CertifyError> {
        match start.subject(&self.folder).argv.iter().any(|word| word == "--broken") {
            true => Err(broken()),
            false => Ok(()),
        }
    }

    fn judge(
        &mut self,
        before: &State,
        after: &State,
    ) -> Result<Result<Certificate, Vec<Refusal>>, CertifyError> {
        if after.subject(&self.folder).argv.iter().any(|word| word == "--broken") {
            return Err(broken());
        }
        if after.subject(&self.folder).argv.iter().any(|word| word == "--stop") {
            return Err(ChildError::Stopped.into());
        }
        let mut runner = Simulated::new(self.ms(before), self.ms(after), 23);
        Ok(super::certificates::issued(compared(&mut runner, &plan(20))))
    }

    fn objection(&mut self, _: &State) -> Result<Option<String>, CertifyError> {
        Ok(None)
    }

    fn hear(&mut self, trial: &Trial) {
        self.heard.push(trial.candidate.clone());
    }
}

fn broken() -> CertifyError {
    let (command, said) = ("broken".to_owned(), "no such option".to_owned());
    CertifyError::Failed { side: Arm::Candidate, command, exit: Exit::Code(2), said }
}

const FILE: &str = r#"
    [phases]
    options = "55%"

    [[candidate]]
    name = "fast"
    phase = "options"
    arguments = ["--fast"]

    [[candidate]]
    name = "nothing"
    env = { UNUSED = "1" }

    [[candidate]]
    name = "broken"
    arguments = ["--broken"]

    [[candidate]]
    name = "workers"
    workers = 4

    [[candidate]]
    name = "faster"
    phase = "options"
    arguments = ["--faster"]
"#;

#[test]
fn certified_candidates_are_kept_all_others_taken_back_and_gains_multiply() {
    let mut judge = Timed::new();
    let start = State::new(Subject::new(["program"]));
    let climbed = climb(start, &Candidates::parse(FILE).unwrap(), &[0, 1], &mut judge).unwrap();
    let fates: Vec<&str> = climbed
        .trials
        .iter()
        .map(|trial| match trial.outcome {
            TrialOutcome::Kept(_) => "kept",
            TrialOutcome::Restored(_) => "restored",
            TrialOutcome::NotApplicable(_) => "not applicable",
        })
        .collect();
    assert_eq!(fates, ["kept", "restored", "restored", "not applicable", "kept"]);
    assert_eq!(judge.heard, ["fast", "nothing", "broken", "workers", "faster"]);
    let last = climbed.state.subject(&judge.folder);
    assert_eq!(last.argv, ["program", "--fast", "--faster"]);
    assert_eq!(last.env, [], "a candidate that was taken back leaves nothing");
    // Half the time, then four fifths of that: 60 % saved, not 70.
    let gain = climbed.gain.unwrap();
    assert!(gain.contains(0.6) && gain.high < 0.65, "{gain:?}");
    assert!(climbed.phases[0].reached);
    assert_eq!(climbed.chain().count(), 2);
}

#[test]
fn a_command_that_fails_as_it_is_cannot_be_made_faster() {
    let start = State::new(Subject::new(["program", "--broken"]));
    let mut judge = Timed::new();
    let climbed = climb(start, &Candidates::parse(FILE).unwrap(), &[0, 1], &mut judge);
    assert!(matches!(climbed, Err(CertifyError::Failed { .. })), "{climbed:?}");
    assert!(judge.heard.is_empty());
}

#[test]
fn what_was_certified_before_it_was_stopped_stands() {
    let file = FILE.replace("--broken", "--stop");
    let start = State::new(Subject::new(["program"]));
    let mut judge = Timed::new();
    let climbed = climb(start, &Candidates::parse(&file).unwrap(), &[0, 1], &mut judge).unwrap();
    assert!(climbed.stopped);
    assert_eq!((judge.heard, climbed.chain().count()), (vec!["fast".into(), "nothing".into()], 1));
    assert_eq!(climbed.state.subject(&judge.folder).argv, ["program", "--fast"]);
}

#[test]
fn a_phase_below_its_minimum_is_told() {
    let mut judge = Timed::new();
    let candidates = Candidates::parse(FILE).unwrap();
    let candidates = candidates.with_phases(vec![Phase::parse("options", "70%").unwrap()]).unwrap();
    let climbed =
        climb(State::new(Subject::new(["program"])), &candidates, &[0], &mut judge).unwrap();
    assert!(!climbed.phases[0].reached);
    assert_eq!(climbed.phases[0].minimum_gain, 0.7);
}

#[test]
fn workers_fill_their_place_in_words_and_environment() {
    let folder = TuningFolder::new().unwrap();
    let subject = Subject::new(["program", "--jobs={workers}"]).with_env("JOBS", "{workers}");
    let state = State::new(subject);
    let at = |state: &State| {
        let subject = state.subject(&folder);
        (subject.argv[1].clone(), subject.env[0].1.clone())
    };
    assert_eq!(at(&state), ("--jobs=1".into(), "1".into()));
    let candidates = Candidates::python(&[0, 1, 2]);
    let three = candidates.candidates.iter().find(|it| it.name == "3 workers").unwrap();
    assert_eq!(at(&state.with(&three.changes, &[]).unwrap()), ("--jobs=3".into(), "3".into()));
}

#[test]
fn files_that_make_no_sense_are_refused_with_the_reason() {
    let message = |text: &str| Candidates::parse(text).unwrap_err().to_string();
    assert_eq!(message(""), "there is no [[candidate]]");
    assert_eq!(
        message("[[candidate]]\nname = 'x'"),
        "candidate `x` changes nothing; it may have env, arguments, command, processors, workers or python"
    );
    let twice = "[[candidate]]\nname = 'x'\nworkers = 1\n".repeat(2);
    assert_eq!(message(&twice), "two candidates are called `x`");
    let phase = "phases = { y = '2%' }\n[[candidate]]\nname = 'x'\nworkers = 1";
    assert_eq!(message(phase), "no candidate belongs to phase `y`");
    assert!(message(&phase.replace("2%", "much")).contains("write a share such as \"2%\""));
    assert!(matches!(
        Candidates::parse("[[candidate]]\nname = 'x'\nworker = 1"),
        Err(CandidateError::Malformed { at: Some(_), .. })
    ));
}

/// What an interpreter says of itself: each ready candidate shows in one of these.
const PROBE: &str = "
import gc, os, sys, json
print(json.dumps({
    'thresholds': gc.get_threshold(), 'enabled': gc.isenabled(), 'frozen': gc.get_freeze_count() > 0,
    'optimize': sys.flags.optimize, 'interval': round(sys.getswitchinterval(), 6), 'limit': sys.getrecursionlimit(),
    'trace': sys.gettrace() is None, 'processors': len(os.sched_getaffinity(0)),
    're': 're' in sys.modules, 'cached': len(sys.path_importer_cache),
    'path': any('backcast' in entry for entry in sys.path), 'workers': sys.argv[1:],
}))
";

fn probe(subject: &Subject, processors: &[usize]) -> BTreeMap<String, serde_json::Value> {
    let mut command = if processors.is_empty() {
        std::process::Command::new(&subject.argv[0])
    } else {
        let list: Vec<String> = processors.iter().map(usize::to_string).collect();
        let mut command = std::process::Command::new("taskset");
        command.args(["-c", &list.join(",")]).arg(&subject.argv[0]);
        command
    };
    command.args(&subject.argv[1..]).envs(subject.env.iter().cloned());
    let output = command.output().expect("python3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn each_ready_candidate_for_python_is_applied_and_leaves_nothing_behind() {
    let folder = TuningFolder::new().unwrap();
    let start = State::new(Subject::new(["python3", "-c", PROBE, "{workers}"]));
    let before = probe(&start.subject(&folder), &[]);
    let expected = [
        ("collector thresholds 700, 7, 7", "thresholds", "[700,7,7]"),
        ("collector thresholds 700, 10, 10", "thresholds", "[700,10,10]"),
        ("collector thresholds 2000, 20, 20", "thresholds", "[2000,20,20]"),
        ("collector thresholds 500, 8, 8", "thresholds", "[500,8,8]"),
        ("collect, then freeze", "frozen", "true"),
        ("collector off", "enabled", "false"),
        ("byte code level 1", "optimize", "1"),
        ("byte code level 2", "optimize", "2"),
        ("modules loaded first", "re", "true"),
        ("threads switched every 50 ms", "interval", "0.05"),
        ("recursion limit 3,000", "limit", "3000"),
        ("tracing off", "trace", "true"),
        ("one processor", "processors", "1"),
        ("2 workers", "workers", "[\"2\"]"),
    ];
    let candidates = Candidates::python(&[0, 1]);
    for candidate in &candidates.candidates {
        let state = start.with(&candidate.changes, &[0]).unwrap_or(start.clone());
        let during = probe(&state.subject(&folder), &state.processors);
        if let Some((_, name, value)) = expected.iter().find(|(name, ..)| *name == candidate.name) {
            assert_eq!(during[*name].to_string(), *value, "{}", candidate.name);
        }
        if candidate.name == "import caches made anew" {
            let cached = |probe: &BTreeMap<String, serde_json::Value>| probe["cached"].as_u64();
            assert!(cached(&during) < cached(&before), "what was learnt of folders is forgotten");
        }
        assert_eq!(during["path"], false, "{}: the folder is off the search path", candidate.name);
        let after = probe(&start.subject(&folder), &[]);
        assert_eq!(after, before, "{} is restored", candidate.name);
    }
    assert!(expected.iter().all(|it| candidates.candidates.iter().any(|c| c.name == it.0)));
}

#[test]
fn tracing_that_begins_at_start_up_is_taken_off_last_of_all() {
    let other = tempfile::tempdir().unwrap();
    let traces = "import sys\nsys.settrace(lambda *_: None)\n";
    std::fs::write(other.path().join("sitecustomize.py"), traces).unwrap();
    let folder = TuningFolder::new().unwrap();
    let subject = Subject::new(["python3", "-c", PROBE]).with_env("PYTHONPATH", other.path());
    let start = State::new(subject);
    assert_eq!(probe(&start.subject(&folder), &[])["trace"], false);
    let candidates = Candidates::python(&[0]);
    let off = candidates.candidates.iter().find(|it| it.name == "tracing off").unwrap();
    let state = start.with(&off.changes, &[0]).unwrap();
    assert_eq!(probe(&state.subject(&folder), &[])["trace"], true);
}

#[test]
fn a_tuned_interpreter_loads_no_more_than_one_that_is_left_alone() {
    let folder = TuningFolder::new().unwrap();
    let count = "import sys; print(len(sys.modules))";
    let start = State::new(Subject::new(["python3", "-c", count]));
    let modules = |state: &State| {
        let subject = state.subject(&folder);
        let mut command = std::process::Command::new(&subject.argv[0]);
        let output = command.args(&subject.argv[1..]).envs(subject.env).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse::<usize>().unwrap()
    };
    let candidates = Candidates::python(&[0]);
    let named = |name: &str| {
        let found = candidates.candidates.iter().find(|it| it.name == name).unwrap();
        start.with(&found.changes, &[0]).unwrap()
    };
    // A setting of the collector takes the built-in module that is the collector.
    assert!(modules(&named("collector off")) <= modules(&start) + 1);
    assert_eq!(modules(&named("recursion limit 3,000")), modules(&start));
}

#[test]
fn a_setting_that_the_interpreter_refuses_ends_it_and_is_told() {
    let file = "[[candidate]]\nname = 'x'\npython = { switch_interval_s = -1.0 }";
    let candidates = Candidates::parse(file).unwrap();
    let state = State::new(Subject::new(["python3", "-c", "print('ran')"]));
    let state = state.with(&candidates.candidates[0].changes, &[0]).unwrap();
    let kept = tempfile::tempdir().unwrap();
    // A folder that stays is still there when the value that made it is gone.
    let subject = state.subject(&TuningFolder::at(&kept.path().join("tuning")).unwrap());
    let mut command = std::process::Command::new(&subject.argv[0]);
    let output = command.args(&subject.argv[1..]).envs(subject.env).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{said}");
    assert!(said.contains("refuses switch_interval_s=-1: switch interval"), "{said}");
}
