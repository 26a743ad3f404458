//! The loop: one candidate at a time on top of the last certified state.

use serde::{Deserialize, Serialize};

use super::{Candidates, State, candidate::Candidate};
use crate::{
    certify::{Certificate, CertifyError, Refusal},
    stats::{Interval, compose, gain_of},
};

/// Says whether one state may take the place of another.
pub trait Judge {
    /// Whether a result that moves could be seen at all: the command as it is must run, and give one result twice.
    ///
    /// # Errors
    /// [`CertifyError`] where it does not.
    fn begin(&mut self, start: &State) -> Result<(), CertifyError>;

    /// Why a setting of Python does not hold in the program that runs, where it does not: what is not applied must not be measured.
    ///
    /// # Errors
    /// [`CertifyError`] where it cannot be run.
    fn objection(&mut self, state: &State) -> Result<Option<String>, CertifyError>;

    /// A certificate, or all that speaks against it.
    ///
    /// # Errors
    /// [`CertifyError`] where the states cannot be compared, which speaks against the second one.
    fn judge(
        &mut self,
        before: &State,
        after: &State,
    ) -> Result<Result<Certificate, Vec<Refusal>>, CertifyError>;

    /// Hears what became of each candidate as soon as it is known.
    fn hear(&mut self, trial: &Trial);
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its name.
    pub candidate: String,
    /// Its phase.
    pub phase: Option<String>,
    /// What to know before it is used.
    pub caution: Option<String>,
    /// What became of it.
    pub outcome: TrialOutcome,
}

/// What became of a candidate.
#[derive(Clone, Debug, PartialEq)]
pub enum TrialOutcome {
    /// It is certified, and what follows stands on it.
    Kept(Box<Certificate>),
    /// It was taken back, for these reasons.
    Restored(Vec<String>),
    /// It could not be applied.
    NotApplicable(String),
}

/// What a phase brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseOutcome {
    /// Its name.
    pub name: String,
    /// What it had to bring.
    pub minimum_gain: f64,
    /// Share of the time that its kept candidates save together; nothing where none was kept.
    pub gain: Option<Interval>,
    /// Whether the lower end of the gain is the minimum or more.
    pub reached: bool,
}

/// The loop when it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Climb {
    /// Candidates that were tried, in order.
    pub trials: Vec<Trial>,
    /// Whether it was stopped before all of them were tried.
    pub stopped: bool,
    /// Phases that have a minimum.
    pub phases: Vec<PhaseOutcome>,
    /// The last certified state.
    pub state: State,
    /// Share of the time that all kept candidates save together: their ratios multiplied. Nothing where none was kept.
    pub gain: Option<Interval>,
}

/// Tries the candidates one by one. `usable` are the processors that this process may use. Once stopped, what is certified stands.
///
/// # Errors
/// Those of the judge about the beginning; of the statistics where certificates do not multiply.
pub fn climb(
    start: State,
    candidates: &Candidates,
    usable: &[usize],
    judge: &mut dyn Judge,
) -> Result<Climb, CertifyError> {
    judge.begin(&start)?;
    let mut state = start;
    let mut trials = Vec::new();
    let mut stopped = false;
    for candidate in &candidates.candidates {
        let Some((outcome, next)) = attempt(&state, candidate, usable, judge) else {
            stopped = true;
            break;
        };
        let trial = Trial {
            candidate: candidate.name.clone(),
            phase: candidate.phase.clone(),
            caution: candidate.caution.clone(),
            outcome,
        };
        judge.hear(&trial);
        trials.push(trial);
        state = next.unwrap_or(state);
    }
    let phases = candidates.phases.iter().map(|phase| {
        let gain = gain(trials.iter().filter(|it| it.phase.as_ref() == Some(&phase.name)))?;
        Ok(PhaseOutcome {
            name: phase.name.clone(),
            minimum_gain: phase.minimum_gain,
            gain,
            reached: gain.is_some_and(|gain| gain.low >= phase.minimum_gain),
        })
    });
    let phases = phases.collect::<Result<_, CertifyError>>()?;
    Ok(Climb { gain: gain(trials.iter())?, trials, stopped, phases, state })
}

/// What becomes of a candidate, and the state that follows where it is kept; nothing where the work is stopped.
fn attempt(
    state: &State,
    candidate: &Candidate,
    usable: &[usize],
    judge: &mut dyn Judge,
) -> Option<(TrialOutcome, Option<State>)> {
    let next = match state.with(&candidate.changes, usable) {
        Ok(next) => next.by(&candidate.name),
        Err(why) => return Some((TrialOutcome::NotApplicable(why.to_string()), None)),
    };
    if candidate.is_for_python() {
        match judge.objection(&next) {
            Ok(None) => {}
            Ok(Some(why)) => return Some((TrialOutcome::NotApplicable(why), None)),
            Err(error) if error.is_stop() => return None,
            Err(error) => return Some((TrialOutcome::Restored(vec![error.to_string()]), None)),
        }
    }
    match judge.judge(state, &next) {
        Ok(Ok(certificate)) => Some((TrialOutcome::Kept(Box::new(certificate)), Some(next))),
        Ok(Err(refusals)) if refusals.contains(&Refusal::Stopped) => None,
        Ok(Err(refusals)) => {
            let reasons = refusals.iter().map(Refusal::to_string).collect();
            Some((TrialOutcome::Restored(reasons), None))
        }
        Err(error) if error.is_stop() => None,
        // A state in which the command fails is a candidate that failed, not a loop that did.
        Err(error) => Some((TrialOutcome::Restored(vec![error.to_string()]), None)),
    }
}

/// Gains multiply: two that save a half each leave a quarter.
fn gain<'a>(trials: impl Iterator<Item = &'a Trial>) -> Result<Option<Interval>, CertifyError> {
    let ratios: Vec<Interval> = trials
        .filter_map(|trial| match &trial.outcome {
            TrialOutcome::Kept(certificate) => certificate.ratio(),
            _ => None,
        })
        .collect();
    if ratios.is_empty() {
        return Ok(None);
    }
    Ok(Some(gain_of(compose(&ratios)?)))
}

impl Climb {
    /// The certificates of the kept candidates, in order: each state is the next one's beginning.
    pub fn chain(&self) -> impl Iterator<Item = &Certificate> {
        self.trials.iter().filter_map(|trial| match &trial.outcome {
            TrialOutcome::Kept(certificate) => Some(&**certificate),
            _ => None,
        })
    }
}
