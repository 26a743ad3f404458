//! Benchmark sessions: commands timed as fresh processes, two of them in `A B B A` blocks, with what it takes to trust the outcome.
//!
//! | step | here |
//! |---|---|
//! | what is run, how often | [`Plan`] |
//! | the session itself | [`measure`] gives a [`Session`]: records with raw samples, comparison, doubts |
//! | one row per parameter value | [`Scan`] |
//! | many sessions | [`Suite`], [`discoveries`] |
//! | to and from files | [`export`], [`import`] |

mod error;
pub mod export;
pub mod import;
mod plan;
mod record;
mod scan;
mod session;
mod suite;

pub use error::BenchError;
pub(crate) use plan::surroundings;
pub use plan::{Arm, FEWEST_COMPARED, Plan, Step};
pub(crate) use record::read_json;
pub use record::{Record, RecordedCommand, Run, Source, Work, taken_now};
pub use scan::{Scan, ScanError, Setting};
pub(crate) use session::pairs;
pub use session::{Doubt, Looked, Outcome, Progress, Runner, Session, Through, measure};
pub use suite::{Entry, Suite, SuiteError, Target, discoveries, duration, probability};
