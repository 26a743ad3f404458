//! Why a command could not be run.

use std::{io, path::PathBuf};

/// Why a command could not be run or its cost not be told. A command that runs and fails is no such error: see [`super::Exit`].
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// No such program on the search path.
    #[error("there is no program `{program}` on the search path")]
    NotOnPath {
        /// As it was named.
        program: String,
    },
    /// No such file.
    #[error("there is no program {}", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The program is a folder.
    #[error("{} is a folder, not a program", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file may not be executed.
    #[error("{} is not executable", .path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// The working directory is not there.
    #[error("there is no folder {} to run in", .path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The system refused to start it.
    #[error("cannot start {program}: {reason}")]
    Refused {
        /// As it was named.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// A processor that is not there, or that this process may not use.
    #[error("processor {cpu} cannot be used; usable are {usable}")]
    NoProcessor {
        /// What was asked for.
        cpu: usize,
        /// What could have been.
        usable: String,
    },
    /// The launcher could not be started or talked to.
    #[error("the launcher failed: {doing}")]
    Launcher {
        /// While doing what.
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The launcher ended before it had reported, so what the command cost is not known.
    #[error("the launcher was killed while it ran {program}")]
    LauncherLost {
        /// As it was named.
        program: String,
    },
    /// This process was asked to stop.
    #[error("stopped")]
    Stopped,
    /// A process that is to be watched is not there.
    #[error("there is no process {pid}")]
    NoProcess {
        /// Its number.
        pid: i32,
    },
}
