//! Why nothing can be said about a change.

use std::{io, path::PathBuf};

use super::equality::Divergence;
use crate::{
    bench::Arm,
    child::{ChildError, Exit},
};

/// Why a change could not be judged. A result that moved is no such error: see [`super::Equality`].
#[derive(Debug, thiserror::Error)]
pub enum CertifyError {
    /// A command could not be run.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// A certificate cannot be read, or a session failed.
    #[error(transparent)]
    Bench(#[from] crate::bench::BenchError),
    /// Samples that no statistics can be made of.
    #[error(transparent)]
    Stats(#[from] crate::stats::StatsError),
    /// A command failed, so it has no result.
    #[error("{command} {}, so there is no result to compare{}", .exit.told(), tail(.said))]
    Failed {
        /// Whose result it was to make: the base is the state before the change.
        side: Arm,
        /// What was run.
        command: String,
        /// How it ended.
        exit: Exit,
        /// The last lines of its standard error.
        said: String,
    },
    /// An output is too large to be compared as JSON or as a table.
    #[error("{command} printed {bytes} bytes; at most {most} can be read as {what}")]
    TooLong {
        /// What was run.
        command: String,
        /// Length of the output.
        bytes: u64,
        /// The most that is read.
        most: usize,
        /// What it was to be read as.
        what: &'static str,
    },
    /// An output is not JSON.
    #[error("{command} printed no JSON: {reason}")]
    NotJson {
        /// What was run.
        command: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A command does not give one result, so that nobody can say that a change moved it.
    #[error(
        "{command} does not give the same result twice: {} is {}, was {}",
        .at.place, .at.after, .at.before
    )]
    Unsteady {
        /// What was run.
        command: String,
        /// Where its results part.
        at: Divergence,
    },
    /// A command prints no digest.
    #[error("{command} printed no digest; only runs, sweeps and walk-forward tests of Backcast do")]
    NoDigest {
        /// What was run.
        command: String,
    },
    /// A pattern of files makes no sense.
    #[error("`{pattern}` is no pattern of files: {reason}")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// What is wrong.
        reason: String,
    },
    /// No file fits the pattern.
    #[error("{command} wrote no file that fits `{pattern}`")]
    NoFiles {
        /// What was run.
        command: String,
        /// As it was given.
        pattern: String,
    },
    /// A command prints nothing, so its output cannot say whether a result moved.
    #[error("{command} prints nothing, so standard output says nothing of its results")]
    Silent {
        /// What was run.
        command: String,
    },
    /// No file of tests fits the pattern.
    #[error("no file fits `{pattern}`, so nobody could see whether tests were changed")]
    NoTestFiles {
        /// As it was given.
        pattern: String,
    },
    /// Two commands are judged by one and the same suite.
    #[error(
        "both sides would run `{command}` in one folder and one environment, which says nothing of the change"
    )]
    SameSuite {
        /// What runs the tests.
        command: String,
    },
    /// The output of a test runner names no tests.
    #[error(
        "`{command}` named no tests; its output must be that of pytest, unittest -v, cargo test, cargo nextest, or TAP"
    )]
    NoTests {
        /// What was run.
        command: String,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} {}", .path.display())]
    File {
        /// "read", "write".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl CertifyError {
    /// Whether somebody asked to stop.
    pub fn is_stop(&self) -> bool {
        use crate::bench::BenchError;
        let (Self::Child(error) | Self::Bench(BenchError::Child(error))) = self else {
            return false;
        };
        matches!(error, ChildError::Stopped)
    }
}

fn tail(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("; it said: {said}") }
}
