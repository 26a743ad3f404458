//! A gain in speed: read from files with single runs, judged by pairs.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ClaimError;
use crate::{
    bench::{Record, Session, import::sessions, pairs},
    stats::{
        Claim, Criteria, Evidence, Fault, Interval, ShareVerdict, StatsError, evidence, gain_of,
        judge_share,
    },
};

/// A claim of a gain with all that files tell about it.
#[derive(Clone, Debug, PartialEq)]
pub struct GainClaim {
    /// The measurements.
    pub claim: Claim,
    /// Why the session that they are from is not to be trusted, a sentence each.
    pub doubts: Vec<String>,
}

/// Reads what is to prove a gain: one file of a session that compared two commands, or a file before and a file after. Files are those
/// of `bench --export FILE.json`, or of other benchmark programs with their single runs.
///
/// # Errors
/// [`ClaimError::Bench`] for files without single runs, [`ClaimError::Sessions`].
pub fn read_gain(
    before: &Path,
    after: Option<&Path>,
    criteria: &Criteria,
) -> Result<GainClaim, ClaimError> {
    let Some(after) = after else {
        return of_session(session(before)?, criteria);
    };
    let seconds = |record: &Record| record.wall_seconds();
    let (before, after) = (session(before)?, session(after)?);
    let doubts = before.doubts.iter().chain(&after.doubts).map(ToString::to_string).collect();
    let claim = Claim {
        before: seconds(&before.candidate),
        after: seconds(&after.candidate),
        ..Claim::default()
    };
    Ok(GainClaim { claim, doubts })
}

/// The one session of a file.
fn session(path: &Path) -> Result<Session, ClaimError> {
    let (mut sessions, skipped) = sessions(path)?;
    // One that had to be skipped may be the one that was meant.
    match (sessions.pop(), sessions.len() + skipped.len()) {
        (Some(session), 0) => Ok(session),
        (last, before) => {
            let found = before + usize::from(last.is_some());
            Err(ClaimError::Sessions { path: path.to_owned(), found })
        }
    }
}

/// Pairs of a session of two commands; of one command alone there is nothing before.
fn of_session(session: Session, criteria: &Criteria) -> Result<GainClaim, ClaimError> {
    let session = session.judged(criteria)?;
    let Some(base) = &session.base else {
        let claim = Claim { after: session.candidate.wall_seconds(), ..Claim::default() };
        return Ok(GainClaim { claim, doubts: Vec::new() });
    };
    let (before, after) = (base.wall_seconds(), session.candidate.wall_seconds());
    let claim = Claim {
        pairs: pairs(&base.runs, &session.candidate.runs),
        compared_with_itself: session.noise.is_some_and(|noise| noise.passed),
        before,
        after,
        ..Claim::default()
    };
    let early = session.looked.filter(|looked| looked.taken < looked.plan.pairs().len());
    let early = early.map(|_| "it ended at the first look that decided, which favours large gains");
    let doubts = session.doubts.iter().map(ToString::to_string);
    Ok(GainClaim { claim, doubts: doubts.chain(early.map(str::to_owned)).collect() })
}

/// What measurements say about a claimed gain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GainEvidence {
    /// All that is wrong with them.
    pub evidence: Evidence,
    /// The gain that they show, as a fraction of before; nothing where they show none.
    pub measured: Option<Interval>,
    /// What that says about the claim.
    pub verdict: ShareVerdict,
}

/// Judges a claimed gain: confirmed where the evidence has no fault and its whole interval lies within the tolerance of the claim,
/// refuted where sound evidence lies outside, unproven otherwise. Gain and tolerance are fractions of before.
///
/// # Errors
/// [`StatsError`] for a gain, a tolerance, criteria or measurements that are none.
pub fn weigh_gain(
    gain: f64,
    tolerance: f64,
    claim: &GainClaim,
    criteria: &Criteria,
) -> Result<GainEvidence, StatsError> {
    // The tolerance takes the place of the gain that the interval has to hold.
    let evidence = evidence(&Claim { gain: None, ..claim.claim.clone() }, criteria)?;
    let measured = evidence.comparison.as_ref().map(|comparison| gain_of(comparison.ratio));
    let nothing = Interval { estimate: gain, low: gain, high: gain, level: criteria.level };
    let judged = judge_share(gain, tolerance, measured.as_ref().unwrap_or(&nothing))?;
    let no_difference = evidence.faults.contains(&Fault::NoDifference);
    let sound = evidence.faults.len() == usize::from(no_difference) && claim.doubts.is_empty();
    let verdict = match judged {
        _ if !sound || measured.is_none() => ShareVerdict::Unproven,
        ShareVerdict::Confirmed if no_difference => ShareVerdict::Unproven,
        judged => judged,
    };
    Ok(GainEvidence { evidence, measured, verdict })
}
