//! Why a store of baselines could not do what was asked.

use std::{io, path::PathBuf};

use crate::{bench::BenchError, stats::StatsError};

/// What can go wrong with baselines.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// A folder of the store cannot be read.
    #[error("cannot read baselines in {}", .path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record or an alert cannot be written: a full disk, a folder that may not be written to.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no folder of baselines where one was named.
    #[error("{} holds no baselines (there is no folder `records` in it)", .path.display())]
    NoStore {
        /// The folder.
        path: PathBuf,
    },
    /// No record has this id.
    #[error("no record begins with `{id}`")]
    UnknownId {
        /// What was looked for.
        id: String,
    },
    /// A record cannot be used.
    #[error(transparent)]
    Record(#[from] BenchError),
    /// The contents of a record do not belong to its name.
    #[error("{} does not hold what its name says: it was changed or is damaged", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A record that does not say where it was measured, as those of other programs do not.
    #[error("`{subject}` was measured by another program, on a machine that it does not tell")]
    NoMachine {
        /// Name of the command.
        subject: String,
    },
    /// No kept session of a command is of that commit or id.
    #[error("no session of `{subject}` is of commit or id `{which}`")]
    UnknownBase {
        /// Name of the command.
        subject: String,
        /// What was looked for.
        which: String,
    },
    /// A record without runs, or of runs that took no time at all.
    #[error("`{subject}` has no run that took any time")]
    NoRuns {
        /// Name of the command.
        subject: String,
    },
    /// A history that cannot be judged.
    #[error(transparent)]
    Stats(#[from] StatsError),
}
