//! Why a session gave nothing.

use std::path::PathBuf;

use crate::{
    child::{ChildError, Exit},
    stats::StatsError,
};

/// Why a session gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A command could not be started.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// A command ran and failed.
    #[error("`{name}` {}{}", .exit.told(), in_run(*.run))]
    Failed {
        /// The command.
        name: String,
        /// How it ended.
        exit: Exit,
        /// Which of its runs that was, from one; zero for a warm-up.
        run: u32,
        /// The last lines that it wrote to standard error.
        stderr: String,
    },
    /// Figures out of range.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// A record that is none.
    #[error("{what} is no {format} file: {reason}")]
    Malformed {
        /// Which.
        what: String,
        /// What it should have been.
        format: &'static str,
        /// Why it is not.
        reason: String,
    },
    /// A record of a newer Backcast.
    #[error("{what} is of version {found}; this Backcast reads up to {known}")]
    Newer {
        /// Which.
        what: String,
        /// Its version.
        found: u32,
        /// The newest that is understood.
        known: u32,
    },
    /// A file that cannot be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file without anything that could be imported.
    #[error("{} holds no figures of {known}", .path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What could have been.
        known: &'static str,
    },
}

fn in_run(run: u32) -> String {
    if run == 0 { " in its warm-up".to_owned() } else { format!(" in run {run}") }
}
