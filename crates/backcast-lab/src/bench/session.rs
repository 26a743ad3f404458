//! One session: runs in the order of its plan, and what follows from them.

use std::{
    fmt,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};

use super::{
    BenchError, Record, RecordedCommand, Run, Source,
    plan::{Arm, Plan, Step, surroundings},
    record::taken_now,
};
use crate::{
    child::{Capture, ChildError, ClockTrouble, Exit, Finished, Launcher, RunOptions, Subject},
    machine::{Drift, Machine, ProcessorTime, Reference},
    stats::{
        Comparison, Criteria, Looks, NoiseFloor, Pair, StatsError, Verdict, compare_pairs,
        noise_floor, noise_floor_of_equals,
    },
};

/// What is kept of each end of a command's standard error, for messages.
const KEPT_OF_STDERR: usize = 4096;
/// Lines of it in a message.
const SHOWN_OF_STDERR: usize = 8;
/// Share of processor time taken by other guests from which on a session is doubted.
const MOST_STEAL: f64 = 0.1;

/// Highest level of a look: the first of many would be so sure that no number says it.
const MOST_SURE: f64 = 0.999_999;

/// Runs commands; by processes, or by a simulation.
pub trait Runner {
    /// Runs one command to its end.
    ///
    /// # Errors
    /// [`ChildError`] where its cost is not known.
    fn run(&mut self, arm: Arm, subject: &Subject) -> Result<Finished, ChildError>;

    /// Times the reference work.
    fn reference(&mut self) -> Reference {
        Reference::measure()
    }
}

/// Runs commands as fresh processes through a launcher.
#[derive(Debug)]
pub struct Through<'a> {
    launcher: &'a Launcher,
    options: RunOptions,
    /// Processors of the base and of the candidate, where they have some of their own.
    processors: [Option<Vec<usize>>; 2],
    stop: &'a AtomicBool,
}

impl<'a> Through<'a> {
    /// By this launcher under the options of a plan, until `stop` is set.
    pub fn new(launcher: &'a Launcher, plan: &Plan, stop: &'a AtomicBool) -> Through<'a> {
        let mut options = plan.options.clone();
        if options.stderr == Capture::Discard {
            options.stderr = Capture::Ends(KEPT_OF_STDERR);
        }
        Through { launcher, options, processors: [None, None], stop }
    }

    /// The same, with processors of its own for one of the commands; all that may be used where there are none.
    pub fn with_processors(mut self, arm: Arm, processors: Vec<usize>) -> Through<'a> {
        self.processors[arm as usize] = Some(processors);
        self
    }
}

impl Runner for Through<'_> {
    fn run(&mut self, arm: Arm, subject: &Subject) -> Result<Finished, ChildError> {
        let own = self.processors[arm as usize].clone();
        let affinity = own.unwrap_or_else(|| self.options.affinity.clone());
        let options = RunOptions { affinity, ..self.options.clone() };
        self.launcher.run(subject, &options, self.stop)
    }
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs that are over, warm-ups among them.
    pub done: usize,
    /// Runs that the plan has.
    pub total: usize,
}

/// Why a session is not to be trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// A clock did not run evenly.
    Clock(ClockTrouble),
    /// The reference work took another time at the end than at the beginning.
    Drift {
        /// Which part of it.
        kernel: String,
        /// How many times as long it took at the end.
        ratio: f64,
    },
    /// Other guests of the machine took processor time.
    Steal {
        /// Share of all processor time.
        share: f64,
    },
    /// The command differs from itself.
    Unequal {
        /// Probability that chance does that.
        p: f64,
    },
    /// There are too few runs to check the session against itself.
    Unchecked,
    /// The difference that was found is no larger than what the session finds between a command and itself.
    WithinNoise {
        /// Largest difference that a command may have from itself.
        floor: f64,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Clock(trouble) => trouble.fmt(f),
            Doubt::Drift { kernel, ratio } => write!(
                f,
                "the machine changed: {kernel} took {ratio:.2} times as long at the end as at the beginning"
            ),
            Doubt::Steal { share } => write!(
                f,
                "other guests of the machine took {:.0} % of the processor time",
                share * 100.0
            ),
            Doubt::Unequal { p } => {
                write!(f, "the A/A check failed: a command differs from itself (p = {p:.1e})")
            }
            Doubt::Unchecked => f.write_str("too few runs for an A/A check, which takes 8 of each"),
            Doubt::WithinNoise { floor } => write!(
                f,
                "the difference is within the session's own noise of {:.2} %",
                floor * 100.0
            ),
        }
    }
}

/// What a session says as a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing speaks against the candidate.
    Passed,
    /// The candidate is slower, or needs more.
    Regressed,
    /// The session cannot tell.
    CouldNotMeasure,
}

/// A session that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The base, where there is one.
    pub base: Option<Record>,
    /// The command in question.
    pub candidate: Record,
    /// Wall times of the two, compared in pairs.
    pub comparison: Option<Comparison>,
    /// The session checked against itself.
    pub noise: Option<NoiseFloor>,
    /// The reference work before and after; nothing for imported figures.
    pub drift: Option<Drift>,
    /// Why it is not to be trusted, if anything.
    pub doubts: Vec<Doubt>,
    /// Whether it was stopped before its plan was done.
    pub stopped: bool,
    /// Where it was looked at more than once: how, and how often it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub looked: Option<Looked>,
}

/// A session that was to end at the first look that decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// The looks that were planned before it began.
    pub plan: Looks,
    /// Those that were taken. Intervals have the level of the last one.
    pub taken: usize,
}

impl Session {
    /// Figures of another program, which cannot be checked against themselves.
    pub fn of_import(record: Record) -> Session {
        Session {
            base: None,
            candidate: record,
            comparison: None,
            noise: None,
            drift: None,
            doubts: Vec::new(),
            stopped: false,
            looked: None,
        }
    }

    /// The same runs with what follows from them under these criteria: comparison, noise floor, doubts. Doubts about clocks are
    /// not of the runs' own and stay.
    ///
    /// # Errors
    /// [`BenchError::Stats`] for criteria out of range and for runs that took no time.
    pub fn judged(mut self, criteria: &Criteria) -> Result<Session, BenchError> {
        let runs = &self.candidate.runs;
        let (comparison, noise) = match &self.base {
            Some(_) => {
                let pairs = self.pairs();
                (Some(compare_pairs(&pairs, criteria)), noise_floor(&pairs, criteria))
            }
            None => (None, noise_floor_of_equals(&pairs_of_one(runs), criteria)),
        };
        self.comparison = enough(comparison.transpose())?.flatten();
        self.noise = enough(noise)?;
        self.doubts.retain(|doubt| matches!(doubt, Doubt::Clock(_)));
        let steal = self.candidate.machine.as_ref().and_then(|it| it.covariates.steal);
        let doubts = doubts(&self, steal);
        self.doubts.extend(doubts);
        Ok(self)
    }

    /// Neighbouring runs of base and candidate, in nanoseconds: what the comparison is made from. None without a base.
    pub fn pairs(&self) -> Vec<Pair> {
        let base = self.base.as_ref();
        base.map_or_else(Vec::new, |base| pairs(&base.runs, &self.candidate.runs))
    }

    /// What follows from verdict and doubts. A session without comparison passes unless a clock failed.
    pub fn outcome(&self) -> Outcome {
        let Some(comparison) = &self.comparison else {
            let clock = self.doubts.iter().any(|doubt| matches!(doubt, Doubt::Clock(_)));
            return if clock { Outcome::CouldNotMeasure } else { Outcome::Passed };
        };
        match comparison.verdict {
            _ if !self.doubts.is_empty() => Outcome::CouldNotMeasure,
            Verdict::Slower => Outcome::Regressed,
            _ => Outcome::Passed,
        }
    }
}

/// Runs a session: the candidate alone, or against a base. Once `stop` is set, what is there is the session.
///
/// # Errors
/// [`BenchError::Child`] for a command that cannot be started, [`BenchError::Failed`] for one that fails where the plan does not allow
/// it, [`ChildError::Stopped`] where it was stopped before a single run counted.
pub fn measure(
    runner: &mut dyn Runner,
    base: Option<&Subject>,
    candidate: &Subject,
    plan: &Plan,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress),
) -> Result<Session, BenchError> {
    plan.criteria.check()?;
    let mut machine = Machine::look(&plan.program);
    let before = runner.reference();
    let time = ProcessorTime::now();
    let mut runs = Runs { plan, of_base: Vec::new(), of_candidate: Vec::new(), trouble: None };
    let steps = plan.steps(base.is_some());
    let planned = base.map(|_| plan.planned_looks()).transpose()?.flatten();
    let mut looked = planned.map(|plan| Looked { plan, taken: 0 });
    let mut stopped = false;
    watch(Progress { done: 0, total: steps.len() });
    for (done, step) in steps.iter().enumerate() {
        let subject = if step.arm == Arm::Base { base.unwrap_or(candidate) } else { candidate };
        stopped = stop.load(Ordering::Relaxed);
        match (!stopped).then(|| runs.take(runner, subject, step)).transpose() {
            Ok(Some(())) => {}
            Ok(None) | Err(BenchError::Child(ChildError::Stopped)) => {
                stopped = true;
                break;
            }
            Err(error) => return Err(error),
        }
        watch(Progress { done: done + 1, total: steps.len() });
        if let Some(looked) = &mut looked
            && looked.decides(&runs)?
        {
            break;
        }
    }
    let drift = Drift { before, after: runner.reference() };
    machine.covariates.steal =
        time.and_then(|early| Some(ProcessorTime::now()?.stolen_since(&early)));
    if runs.of_candidate.is_empty() {
        return Err(ChildError::Stopped.into());
    }
    let Runs { of_base, of_candidate, trouble, .. } = runs;
    let record = |subject: &Subject, runs| {
        let command = RecordedCommand::of(subject);
        let mut record = Record::new(command, taken_now(), Source::Backcast);
        record.machine = Some(machine.clone());
        record.commit = subject.commit.clone().or_else(|| commit(subject));
        record.work = plan.work.clone();
        record.runs = runs;
        record
    };
    let taken = Session {
        base: base.map(|subject| record(subject, of_base)),
        candidate: record(candidate, of_candidate),
        comparison: None,
        noise: None,
        drift: Some(drift),
        doubts: trouble.map(Doubt::Clock).into_iter().collect(),
        stopped,
        looked,
    };
    let criteria = taken.looked.as_ref().map_or(plan.criteria, |it| it.criteria(&plan.criteria));
    taken.judged(&criteria)
}

impl Looked {
    /// Takes a look where one is due, and tells whether it decides: the verdict is no open one, and what was found is beyond the session's
    /// own noise.
    fn decides(&mut self, runs: &Runs<'_>) -> Result<bool, StatsError> {
        let due = self.plan.pairs().get(self.taken).map(|pairs| *pairs as usize);
        if due != Some(runs.of_base.len()) || due != Some(runs.of_candidate.len()) {
            return Ok(false);
        }
        self.taken += 1;
        let pairs = pairs(&runs.of_base, &runs.of_candidate);
        let criteria = self.criteria(&runs.plan.criteria);
        let found = compare_pairs(&pairs, &criteria)?;
        let noise = noise_floor(&pairs, &criteria)?;
        Ok(match found.verdict {
            Verdict::Faster | Verdict::Slower => noise.passed && distance(&found) >= noise.floor,
            Verdict::Equivalent { .. } => noise.passed,
            Verdict::Inconclusive { .. } => false,
        })
    }

    /// With the level of the last look, or of the first where none was taken.
    fn criteria(&self, criteria: &Criteria) -> Criteria {
        let level = self.plan.level_at(self.taken.saturating_sub(1)).unwrap_or(criteria.level);
        Criteria { level: level.min(MOST_SURE), ..*criteria }
    }
}

/// How far the ratio is from one, whichever side it is on.
fn distance(found: &Comparison) -> f64 {
    let ratio = found.ratio.estimate;
    ratio.max(1.0 / ratio) - 1.0
}

/// Runs that were taken.
struct Runs<'a> {
    plan: &'a Plan,
    of_base: Vec<Run>,
    of_candidate: Vec<Run>,
    trouble: Option<ClockTrouble>,
}

impl Runs<'_> {
    /// Takes one more.
    fn take(
        &mut self,
        runner: &mut dyn Runner,
        subject: &Subject,
        step: &Step,
    ) -> Result<(), BenchError> {
        // What the subject itself asks for comes later and wins.
        let around = surroundings(self.plan.seed, step.block);
        let around = around.into_iter().map(|(name, value)| (name.into(), value.into()));
        let env = around.chain(subject.env.iter().cloned()).collect();
        let finished = runner.run(step.arm, &Subject { env, ..subject.clone() })?;
        let runs = match step.arm {
            Arm::Base => &mut self.of_base,
            Arm::Candidate => &mut self.of_candidate,
        };
        let exit = finished.sample.exit;
        // The time of a command that was killed at its limit is the limit.
        if exit == Exit::TimedOut || !(exit.is_success() || self.plan.any_exit) {
            return Err(BenchError::Failed {
                name: subject.name.clone(),
                exit,
                run: step.block.map_or(0, |_| runs.len() as u32 + 1),
                stderr: finished.stderr.map(|e| e.tail(SHOWN_OF_STDERR)).unwrap_or_default(),
            });
        }
        self.trouble = self.trouble.or(finished.clock_trouble);
        if let Some(block) = step.block {
            runs.push(Run { block, slot: step.slot, sample: finished.sample });
        }
        Ok(())
    }
}

/// Neighbours in blocks `A B B A`: the first two runs, and the last two.
pub(crate) fn pairs(base: &[Run], candidate: &[Run]) -> Vec<Pair> {
    let ns = |run: &Run| run.sample.wall_ns.max(1) as f64;
    let both = base.iter().zip(candidate);
    let paired = both.filter(|(base, candidate)| base.block == candidate.block);
    paired
        .map(|(base, candidate)| Pair {
            block: base.block,
            base: ns(base),
            candidate: ns(candidate),
        })
        .collect()
}

/// One command in place of both: whole blocks of four runs as `A A' A' A`.
fn pairs_of_one(runs: &[Run]) -> Vec<Pair> {
    let blocks = runs.chunk_by(|one, next| one.block == next.block);
    let whole = blocks.filter_map(|block| <&[Run; 4]>::try_from(block).ok());
    whole.flat_map(|[a, b, c, d]| pairs(&[a.clone(), d.clone()], &[b.clone(), c.clone()])).collect()
}

/// Too few runs are no error: there is just nothing to be said from them.
fn enough<T>(computed: Result<T, StatsError>) -> Result<Option<T>, StatsError> {
    match computed {
        Ok(value) => Ok(Some(value)),
        Err(StatsError::TooFew { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn doubts(session: &Session, steal: Option<f64>) -> Vec<Doubt> {
    let drifted = session.drift.filter(Drift::is_large).map(|drift| drift.largest());
    let drifted = drifted.map(|(kernel, ratio)| Doubt::Drift { kernel: kernel.to_owned(), ratio });
    let stolen = steal.filter(|share| *share > MOST_STEAL).map(|share| Doubt::Steal { share });
    let unequal = session.noise.filter(|noise| !noise.passed);
    let unequal = unequal.map(|noise| Doubt::Unequal { p: noise.p });
    let (mut unchecked, mut within) = (None, None);
    if let Some(comparison) = &session.comparison {
        unchecked = session.noise.is_none().then_some(Doubt::Unchecked);
        let found = distance(comparison);
        let decided = matches!(comparison.verdict, Verdict::Faster | Verdict::Slower);
        let floor = session.noise.map(|noise| noise.floor);
        within = floor.filter(|floor| decided && found < *floor);
    }
    let within = within.map(|floor| Doubt::WithinNoise { floor });
    [drifted, stolen, unequal, unchecked, within].into_iter().flatten().collect()
}

/// Commit of the sources where the command runs; nothing where there is no git or no repository.
fn commit(subject: &Subject) -> Option<String> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        // Looking must not take the lock of somebody's index.
        command
            .arg("--no-optional-locks")
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        if let Some(dir) = &subject.dir {
            command.current_dir(dir);
        }
        let output = command.output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { hash } else { hash + "+" })
}
