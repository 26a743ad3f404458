//! Why a search failed.

use std::path::{Path, PathBuf};

use backcast_engine::EngineError;

use crate::spec::SpecError;

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The spec is wrong, or does not fit its data.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// `read`, `write`, `make`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of results is not what it should be.
    #[error("{} is no file of results: {why}", .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// There is no saved search of that id.
    #[error("there is no {} {id} in {}", .kind.replace('_', "-"), .folder.display())]
    UnknownId {
        /// `sweep`, `run` or `walk_forward`.
        kind: &'static str,
        /// What was asked for.
        id: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A search cannot go on because its manifest no longer fits its id.
    #[error("{kind} {id} cannot go on: its manifest was changed")]
    Changed {
        /// `sweep` or `walk-forward`.
        kind: &'static str,
        /// Which one.
        id: String,
    },
    /// The engine refused a run.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl SearchError {
    pub(crate) fn io(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> SearchError {
        let path = path.to_path_buf();
        move |source| SearchError::Io { action, path, source }
    }

    pub(crate) fn damaged(path: &Path, why: impl ToString) -> SearchError {
        SearchError::Damaged { path: path.to_path_buf(), why: why.to_string() }
    }
}
