//! Sessions as text for other programs.

mod csv;
mod json;
mod junit;
mod markdown;
mod prometheus;

pub use csv::csv;
pub use json::{json, sessions_from_json};
pub use junit::{Unmeasured, junit};
pub use markdown::markdown;
pub use prometheus::prometheus;

use super::{Outcome, Record, Session};
use crate::stats::Verdict;

/// A word for the verdict of a session: `faster`, `slower`, `equivalent`, `inconclusive`; nothing without comparison.
pub fn verdict_word(session: &Session) -> Option<&'static str> {
    Some(word(session.comparison.as_ref()?.verdict))
}

/// A word for a verdict.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Equivalent { .. } => "equivalent",
        Verdict::Inconclusive { .. } => "inconclusive",
    }
}

/// A word for what follows from a session: `passed`, `regressed`, `could not measure`.
pub fn outcome_word(session: &Session) -> &'static str {
    match session.outcome() {
        Outcome::Passed => "passed",
        Outcome::Regressed => "regressed",
        Outcome::CouldNotMeasure => "could not measure",
    }
}

/// The records of a session with the word for their arm, the base first.
fn arms(session: &Session) -> impl Iterator<Item = (&'static str, &Record)> {
    let base = session.base.as_ref().map(|record| ("base", record));
    base.into_iter().chain([("candidate", &session.candidate)])
}
