//! Sessions with simulated commands: what is run in which order, and what follows from the figures.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use backcast_lab::{
    bench::{
        Arm, BenchError, Doubt, Outcome, Plan, Record, Runner, Session, discoveries, export,
        measure, probability,
    },
    child::{ChildError, ClockTrouble, Exit, Finished, Sample, Subject},
    machine::Reference,
    stats::{Criteria, Random, Verdict},
};

/// Commands that take the time they are told, give or take some noise.
pub(crate) struct Simulated {
    random: Random,
    base_ms: f64,
    candidate_ms: f64,
    noise: f64,
    exit: Exit,
    trouble: Option<ClockTrouble>,
    references: Vec<u64>,
    seen: Vec<(Arm, BTreeMap<String, String>)>,
    /// Peak memory of the candidate, in bytes.
    pub(crate) candidate_peak: u64,
}

impl Simulated {
    pub(crate) fn new(base_ms: f64, candidate_ms: f64, seed: u64) -> Simulated {
        Simulated {
            random: Random::new(seed),
            base_ms,
            candidate_ms,
            noise: 0.01,
            exit: Exit::Code(0),
            trouble: None,
            references: vec![1000, 1000],
            seen: Vec::new(),
            candidate_peak: 9 << 20,
        }
    }

    /// Sum of twelve uniform numbers, less six: nearly normal.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.random.below(1 << 20) as f64 / (1 << 20) as f64).sum::<f64>() - 6.0
    }
}

impl Runner for Simulated {
    fn run(&mut self, arm: Arm, subject: &Subject) -> Result<Finished, ChildError> {
        let text = |word: &std::ffi::OsString| word.to_str().unwrap().to_owned();
        let env = subject.env.iter().map(|(name, value)| (text(name), text(value))).collect();
        self.seen.push((arm, env));
        let ms = if arm == Arm::Base { self.base_ms } else { self.candidate_ms };
        let wall_ns = (ms * 1e6 * (1.0 + self.noise * self.normal())) as u64;
        let mut sample = sample(self.exit, wall_ns);
        if arm == Arm::Candidate {
            sample.peak_bytes = Some(self.candidate_peak);
        }
        let clock_trouble = self.trouble;
        let (stdout, stderr, series) = (None, None, None);
        let (stopped, pid, launcher_pid, began_ns) = (false, 1, 2, 0);
        Ok(Finished {
            sample,
            stdout,
            stderr,
            series,
            stopped,
            pid,
            launcher_pid,
            hung: false,
            began_ns,
            clock_trouble,
        })
    }

    fn reference(&mut self) -> Reference {
        let ns = self.references.remove(0);
        Reference { arithmetic_ns: 1000, memory_ns: ns, branches_ns: 1000 }
    }
}

fn sample(exit: Exit, wall_ns: u64) -> Sample {
    Sample {
        exit,
        wall_ns,
        user_ns: wall_ns / 2,
        system_ns: wall_ns / 4,
        peak_bytes: Some(9 << 20),
        peak_floor_bytes: Some(5 << 20),
        tree_peak_bytes: None,
        voluntary_switches: 1,
        involuntary_switches: 2,
        minor_faults: 3,
        major_faults: 0,
        block_reads: 0,
        block_writes: 0,
        left_over: 0,
    }
}

pub(crate) fn compared(runner: &mut Simulated, plan: &Plan) -> Session {
    let (base, candidate) = (Subject::new(["old"]), Subject::new(["new"]));
    let stop = AtomicBool::new(false);
    measure(runner, Some(&base), &candidate, plan, &stop, &mut |_| {}).unwrap()
}

fn alone(runner: &mut Simulated, plan: &Plan) -> Result<Session, BenchError> {
    let stop = AtomicBool::new(false);
    measure(runner, None, &Subject::new(["new"]), plan, &stop, &mut |_| {})
}

pub(crate) fn plan(runs: u32) -> Plan {
    Plan { runs, ..Plan::new("test 1") }
}

#[test]
fn a_command_that_is_ten_percent_slower_is_a_regression_and_the_other_way_round_not() {
    let slower = compared(&mut Simulated::new(100.0, 110.0, 1), &plan(10));
    let comparison = slower.comparison.as_ref().unwrap();
    assert_eq!(comparison.verdict, Verdict::Slower);
    assert!(comparison.ratio.contains(1.1), "{:?}", comparison.ratio);
    assert_eq!((slower.outcome(), &slower.doubts[..]), (Outcome::Regressed, &[][..]));
    let faster = compared(&mut Simulated::new(110.0, 100.0, 1), &plan(10));
    assert_eq!(faster.comparison.as_ref().unwrap().verdict, Verdict::Faster);
    assert_eq!(faster.outcome(), Outcome::Passed);
}

#[test]
fn equal_commands_regress_in_at_most_two_of_fifty_sessions() {
    let outcome = |seed| compared(&mut Simulated::new(100.0, 100.0, seed), &plan(20)).outcome();
    let regressed = (0..50).filter(|seed| outcome(*seed) == Outcome::Regressed).count();
    assert!(regressed <= 2, "{regressed}");
}

#[test]
fn a_difference_of_one_percent_is_found_in_forty_pairs() {
    let found = (0..20).filter(|seed| {
        let session = compared(&mut Simulated::new(100.0, 101.0, *seed), &plan(40));
        session.outcome() == Outcome::Regressed
    });
    let found = found.count();
    assert!(found >= 17, "{found}");
}

#[test]
fn a_large_difference_ends_at_an_early_look_at_that_looks_level() {
    let looks = Plan { looks: 4, ..plan(40) };
    let session = compared(&mut Simulated::new(100.0, 120.0, 3), &looks);
    let looked = session.looked.as_ref().unwrap();
    assert_eq!((looked.taken, session.pairs().len(), session.stopped), (1, 10, false));
    let comparison = session.comparison.as_ref().unwrap();
    assert_eq!(Some(comparison.ratio.level), looked.plan.level_at(0));
    assert_eq!(session.outcome(), Outcome::Regressed);
    let text = export::json(std::slice::from_ref(&session));
    assert_eq!(export::sessions_from_json(&text, "it").unwrap(), [session]);
    let once = compared(&mut Simulated::new(100.0, 120.0, 3), &plan(40));
    assert!(once.looked.is_none() && once.pairs().len() == 40);
    let alone = alone(&mut Simulated::new(1.0, 1.0, 3), &looks).unwrap();
    assert!(alone.looked.is_none() && alone.candidate.runs.len() == 40);
}

#[test]
fn many_looks_at_equal_commands_raise_no_more_alarms_than_one() {
    let looks = Plan { looks: 10, ..plan(40) };
    // Too narrow a margin for equivalence, so that only alarms end a session.
    let criteria = Criteria { within: 1e-6, resamples: 1000, ..Criteria::default() };
    let session = |seed: u64| {
        let looks = Plan { criteria, ..looks.clone() };
        compared(&mut Simulated::new(100.0, 100.0, 1000 + seed), &looks)
    };
    let sessions: Vec<Session> = (0..300).map(session).collect();
    let fired = |session: &&Session| {
        let verdict = session.comparison.as_ref().unwrap().verdict;
        matches!(verdict, Verdict::Faster | Verdict::Slower)
    };
    // Fifteen in three hundred are promised, and the session's own noise keeps most of these away; ten looks at the level of one raise 20.
    let alarms = sessions.iter().filter(fired).count();
    assert!(alarms <= 10, "{alarms}");
}

#[test]
fn surroundings_are_equal_in_a_block_and_the_subject_has_the_last_word() {
    let mut runner = Simulated::new(1.0, 1.0, 1);
    let subject = Subject::new(["new"]).with_env("PYTHONHASHSEED", "7");
    let base = Subject::new(["old"]);
    let stop = AtomicBool::new(false);
    measure(&mut runner, Some(&base), &subject, &plan(8), &stop, &mut |_| {}).unwrap();
    let counted = &runner.seen[2..];
    let padding = |run: usize| counted[run].1["BACKCAST_PADDING"].len();
    for block in 0..4 {
        assert!((1..4).all(|slot| padding(4 * block + slot) == padding(4 * block)));
    }
    assert_ne!(padding(0), padding(4));
    let seed = |arm| {
        let of = counted.iter().filter(move |(found, _)| *found == arm);
        of.map(|(_, env)| env["PYTHONHASHSEED"].clone()).collect::<Vec<_>>()
    };
    assert!(seed(Arm::Candidate).iter().all(|seed| seed == "7"));
    assert_ne!(seed(Arm::Base)[0], seed(Arm::Base)[2]);
}

#[test]
fn clocks_drift_and_too_few_runs_forbid_a_judgement() {
    let asleep = ClockTrouble::Suspended { ns: 5_000_000_000 };
    let mut slept = Simulated { trouble: Some(asleep), ..Simulated::new(100.0, 120.0, 1) };
    let slept = compared(&mut slept, &plan(10));
    assert_eq!(slept.doubts, [Doubt::Clock(asleep)]);
    let mut moved = Simulated { references: vec![1000, 1500], ..Simulated::new(100.0, 120.0, 1) };
    let moved = compared(&mut moved, &plan(10));
    assert_eq!(moved.doubts, [Doubt::Drift { kernel: "memory".into(), ratio: 1.5 }]);
    let few = compared(&mut Simulated::new(100.0, 120.0, 1), &plan(4));
    assert_eq!(few.doubts, [Doubt::Unchecked]);
    for session in [slept, moved, few] {
        assert_eq!(session.outcome(), Outcome::CouldNotMeasure);
    }
}

#[test]
fn a_single_command_is_doubted_for_its_clock_alone() {
    let mut moved = Simulated { references: vec![1000, 1500], ..Simulated::new(1.0, 1.0, 1) };
    let moved = alone(&mut moved, &plan(8)).unwrap();
    assert_eq!((moved.doubts.len(), moved.outcome()), (1, Outcome::Passed));
    assert!(moved.noise.is_some() && moved.comparison.is_none());
    let asleep = Some(ClockTrouble::Backwards);
    let mut slept = Simulated { trouble: asleep, ..Simulated::new(1.0, 1.0, 1) };
    assert_eq!(alone(&mut slept, &plan(8)).unwrap().outcome(), Outcome::CouldNotMeasure);
}

#[test]
fn a_failing_run_ends_the_session_unless_failures_are_allowed() {
    let failing = || Simulated { exit: Exit::Code(3), ..Simulated::new(1.0, 1.0, 1) };
    let cold = Plan { warmup: 0, ..plan(4) };
    let error = alone(&mut failing(), &cold).unwrap_err();
    assert_eq!(error.to_string(), "`new` ended with exit code 3 in run 1");
    let error = alone(&mut failing(), &plan(4)).unwrap_err();
    assert_eq!(error.to_string(), "`new` ended with exit code 3 in its warm-up");
    let allowed = Plan { any_exit: true, ..plan(4) };
    assert_eq!(alone(&mut failing(), &allowed).unwrap().candidate.runs.len(), 4);
    // What was killed at its limit took as long as the limit, which is no measurement.
    let mut late = Simulated { exit: Exit::TimedOut, ..Simulated::new(1.0, 1.0, 1) };
    let error = alone(&mut late, &Plan { warmup: 0, ..allowed }).unwrap_err();
    assert_eq!(error.to_string(), "`new` ran past its time limit in run 1");
}

#[test]
fn a_lopsided_interval_above_one_is_a_discovery_when_it_stands_alone() {
    let mut session = compared(&mut Simulated::new(100.0, 102.0, 1), &plan(20));
    let ratio = &mut session.comparison.as_mut().unwrap().ratio;
    (ratio.low, ratio.estimate, ratio.high) = (1.001, 1.02, 1.09);
    assert!(probability(&session) < Some(0.05));
    session.comparison.as_mut().unwrap().ratio.low = 0.999;
    assert!(probability(&session) > Some(0.05));
}

#[test]
fn a_session_that_is_stopped_keeps_what_it_has() {
    let stop = AtomicBool::new(false);
    let mut runner = Simulated::new(1.0, 1.0, 1);
    let mut watch = |progress: backcast_lab::bench::Progress| {
        stop.store(progress.done == 4, Ordering::Relaxed);
    };
    let session =
        measure(&mut runner, None, &Subject::new(["new"]), &plan(10), &stop, &mut watch).unwrap();
    assert_eq!((session.stopped, session.candidate.runs.len()), (true, 3));
    let stop = AtomicBool::new(true);
    let nothing =
        measure(&mut runner_again(), None, &Subject::new(["new"]), &plan(10), &stop, &mut |_| {});
    assert!(matches!(nothing, Err(BenchError::Child(ChildError::Stopped))));
}

fn runner_again() -> Simulated {
    Simulated::new(1.0, 1.0, 2)
}

#[test]
fn records_are_named_by_their_content_and_newer_ones_are_refused() {
    let record = alone(&mut Simulated::new(1.0, 1.0, 1), &plan(4)).unwrap().candidate;
    let text = record.to_json();
    assert_eq!(Record::from_json(&text, "it").unwrap(), record);
    let mut other = record.clone();
    other.runs[0].sample.wall_ns += 1;
    assert_ne!(record.id(), other.id());
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    let newer = Record::from_json(&newer, "it").unwrap_err().to_string();
    assert_eq!(newer, "it is of version 2; this Backcast reads up to 1");
    let foreign = Record::from_json("{\"format\":\"other\",\"version\":1}", "it").unwrap_err();
    assert!(foreign.to_string().contains("it says that it is `other`"), "{foreign}");
    assert!(Record::from_json(&text[..text.len() / 2], "it").is_err());
}

#[test]
fn sessions_come_back_from_json_to_the_bit() {
    let sessions = [
        compared(&mut Simulated::new(100.0, 103.0, 1), &plan(10)),
        alone(&mut Simulated::new(1.0, 1.0, 2), &plan(3)).unwrap(),
    ];
    let text = export::json(&sessions);
    assert!(export::sessions_from_json(&text, "it").unwrap() == sessions);
}

#[test]
fn of_many_comparisons_only_those_that_stand_out_among_all_are_discoveries() {
    let plan = plan(20);
    let mut sessions: Vec<Session> = (0..30)
        .map(|seed| compared(&mut Simulated::new(100.0, 100.0, 1000 + seed), &plan))
        .collect();
    sessions.push(compared(&mut Simulated::new(100.0, 110.0, 1), &plan));
    sessions.push(alone(&mut Simulated::new(100.0, 100.0, 1), &plan).unwrap());
    let found = discoveries(&sessions, 0.05).unwrap();
    assert!(found[30] && !found[31]);
    assert!(found[..30].iter().filter(|found| **found).count() <= 1, "{found:?}");
}

#[test]
fn a_peak_near_the_floor_is_exported_as_at_most_that() {
    let plan = Plan { runs: 8, ..Plan::new("test") };
    let told = |peak: u64| {
        let mut runner = Simulated { candidate_peak: peak, ..Simulated::new(10.0, 10.0, 1) };
        let session = [compared(&mut runner, &plan)];
        assert!(!session[0].base.as_ref().unwrap().peak_is_at_most());
        let texts = [export::markdown(&session), export::prometheus(&session)];
        let marked = texts.map(|text| text.contains("at most 5.") || text.contains("_at_most\""));
        (session[0].candidate.peak_is_at_most(), marked)
    };
    assert_eq!(told(5 << 20), (true, [true; 2]));
    assert_eq!(told(6 << 20), (false, [false; 2]));
    let csv = export::csv(&[compared(&mut Simulated::new(10.0, 10.0, 1), &plan)]);
    assert!(csv.lines().nth(1).unwrap().contains(",9437184,5242880,,"), "{csv}");
}

#[test]
fn the_time_of_a_record_has_milliseconds() {
    let plan = Plan { runs: 2, ..Plan::new("test") };
    let taken_at = compared(&mut Simulated::new(10.0, 10.0, 1), &plan).candidate.taken_at;
    assert_eq!((taken_at.len(), &taken_at[19..20], &taken_at[23..]), (24, ".", "Z"), "{taken_at}");
}
