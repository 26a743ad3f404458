//! What a change must fulfil before it is certified, and what it fails.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::equality::{Equality, Evidence, Finding};
use crate::{
    bench::{Doubt, Record, Run, Session},
    stats::{Criteria, Interval, Summary, Verdict},
};

/// What is asked of a change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Requirements {
    /// Level of the interval and the least effect that it has to clear. Its margin of equivalence decides nothing here.
    pub criteria: Criteria,
    /// Peak memory may grow by this share: 0.02 is two percent.
    pub memory_share: f64,
    /// Or by so many bytes, whichever is more.
    pub memory_bytes: u64,
}

impl Default for Requirements {
    /// An effect of 1 % at the 95 % level; 2 % or 1 MiB of memory.
    fn default() -> Requirements {
        let criteria = Criteria { minimum_effect: 0.01, ..Criteria::default() };
        Requirements { criteria, memory_share: 0.02, memory_bytes: 1 << 20 }
    }
}

/// Median peak memory of both sides. The peak of a run is that of its largest process as the system keeps it, or that of all its
/// processes at once as it was sampled, whichever is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Before the change, in bytes.
    pub before: u64,
    /// After it.
    pub after: u64,
}

/// A condition that a change does not fulfil.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// Nothing was compared.
    NothingCompared,
    /// A result moved.
    ResultMoved(Finding),
    /// It is not proven to be faster.
    NotFaster {
        /// Time after the change by time before it; nothing where too few runs were taken for an interval.
        ratio: Option<Interval>,
        /// The least effect that was asked for.
        effect: f64,
        /// Pairs that would decide, where the present ones do not.
        pairs_needed: Option<u32>,
    },
    /// It is proven to be slower.
    Slower {
        /// Time after the change by time before it.
        ratio: Interval,
    },
    /// It needs more memory.
    MemoryGrew(Memory),
    /// Peak memory is not known for all runs.
    MemoryUnknown,
    /// The session is not to be trusted.
    Doubted(Doubt),
    /// The session was stopped before its plan was done.
    Stopped,
}

impl Refusal {
    /// Whether it says that nothing could be measured, rather than that the change failed.
    pub fn is_no_measurement(&self) -> bool {
        use Refusal::{Doubted, MemoryUnknown, Stopped};
        matches!(self, Doubted(_) | MemoryUnknown | Stopped)
    }
}

/// All conditions that are not fulfilled, those about results first.
pub fn refusals(evidence: &Evidence, session: &Session, asked: &Requirements) -> Vec<Refusal> {
    let moved = evidence.findings.iter().filter(|finding| !finding.equality.holds());
    let mut refusals: Vec<Refusal> = moved.cloned().map(Refusal::ResultMoved).collect();
    if evidence.findings.is_empty() {
        refusals.push(Refusal::NothingCompared);
    }
    refusals.extend(speed(session, asked));
    match memory(session) {
        None => refusals.push(Refusal::MemoryUnknown),
        Some(memory) if memory.grew(asked) => refusals.push(Refusal::MemoryGrew(memory)),
        Some(_) => {}
    }
    refusals.extend(session.doubts.iter().cloned().map(Refusal::Doubted));
    if session.stopped {
        refusals.push(Refusal::Stopped);
    }
    refusals
}

fn speed(session: &Session, asked: &Requirements) -> Option<Refusal> {
    let effect = asked.criteria.minimum_effect;
    let Some(comparison) = &session.comparison else {
        return Some(Refusal::NotFaster { ratio: None, effect, pairs_needed: None });
    };
    let ratio = comparison.ratio;
    match comparison.verdict {
        Verdict::Faster => None,
        Verdict::Slower => Some(Refusal::Slower { ratio }),
        Verdict::Equivalent { .. } | Verdict::Inconclusive { .. } => {
            let pairs_needed = comparison.pairs_needed;
            Some(Refusal::NotFaster { ratio: Some(ratio), effect, pairs_needed })
        }
    }
}

/// Median peaks of both sides; nothing where a run does not tell its own.
pub fn memory(session: &Session) -> Option<Memory> {
    let median = |record: &Record| {
        let peak = |run: &Run| {
            let largest = run.sample.peak_bytes?;
            Some(run.sample.tree_peak_bytes.map_or(largest, |tree| tree.max(largest)) as f64)
        };
        let peaks: Option<Vec<f64>> = record.runs.iter().map(peak).collect();
        Summary::of(&peaks?).ok().map(|summary| summary.median as u64)
    };
    Some(Memory { before: median(session.base.as_ref()?)?, after: median(&session.candidate)? })
}

impl Memory {
    fn grew(self, asked: &Requirements) -> bool {
        let by_share = (self.before as f64 * asked.memory_share) as u64;
        self.after > self.before.saturating_add(by_share.max(asked.memory_bytes))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |ratio: f64| (1.0 - ratio) * 100.0;
        match self {
            Refusal::NothingCompared => f.write_str("no result was compared"),
            Refusal::ResultMoved(finding) => {
                let Equality::Different(at) = &finding.equality else { return Ok(()) };
                let (place, before, after) = (&at.place, &at.before, &at.after);
                write!(f, "a result moved in {}: {place} is {after}, was {before}", finding.case)
            }
            Refusal::NotFaster { ratio: None, .. } => f.write_str("too few runs for an interval"),
            Refusal::NotFaster { ratio: Some(ratio), effect, pairs_needed } => {
                let (least, most) = (percent(ratio.high), percent(ratio.low));
                let effect = effect * 100.0;
                write!(
                    f,
                    "the gain is not proven to be {effect} % or more: it is {least:.2} to {most:.2} %"
                )?;
                match pairs_needed {
                    Some(u32::MAX) | None => Ok(()),
                    Some(pairs) => write!(f, "; about {pairs} pairs would tell"),
                }
            }
            Refusal::Slower { ratio } => {
                write!(
                    f,
                    "it is slower, by {:.2} to {:.2} %",
                    -percent(ratio.low),
                    -percent(ratio.high)
                )
            }
            Refusal::MemoryGrew(Memory { before, after }) => {
                let mib = |bytes: &u64| *bytes as f64 / f64::from(1 << 20);
                write!(f, "peak memory grew from {:.2} to {:.2} MiB", mib(before), mib(after))
            }
            Refusal::MemoryUnknown => f.write_str("peak memory is not known"),
            Refusal::Doubted(doubt) => doubt.fmt(f),
            Refusal::Stopped => f.write_str("the session was stopped before its end"),
        }
    }
}
