//! The optimisation loop: one change at a time, kept if it is certified, taken back otherwise.
//!
//! All changes reach a child process alone: its words, its environment, its processors. Nothing outside of it is ever set, so taking
//! a change back is going on with the state before it.
//!
//! | question | answer |
//! |---|---|
//! | what may be tried? | [`Candidate`], from a file by [`Candidates::parse`] or ready for Python programs by [`Candidates::python`] |
//! | what is a program with some of them applied? | [`State`] |
//! | which are kept? | [`climb`] asks a [`Judge`] and gives a [`Climb`] with its chain of certificates |

mod candidate;
mod climb;
mod file;
mod python;
mod state;

pub use candidate::{Candidate, Candidates, Change, Phase};
pub use climb::{Climb, Judge, PhaseOutcome, Trial, TrialOutcome, climb};
pub use file::CandidateError;
pub use python::{Collector, Tuning, TuningFolder};
pub use state::{NotApplicable, State};
