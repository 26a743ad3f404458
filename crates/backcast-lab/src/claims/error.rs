//! Why a claim cannot be judged.

use std::path::PathBuf;

use crate::{bench::BenchError, stats::StatsError};

/// Why a claim cannot be judged at all. A claim with too little evidence is judged: it is unproven.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The profile has no call path of that name.
    #[error("`{span}` is not among the {} names of {profile}", .known.len())]
    UnknownSpan {
        /// What was asked for.
        span: String,
        /// The profile's name.
        profile: String,
        /// All names that it has.
        known: Vec<String>,
    },
    /// The span never ran inside of the one that is the whole.
    #[error("`{span}` has no time inside of `{of}`")]
    NotInside {
        /// The span.
        span: String,
        /// The whole.
        of: String,
    },
    /// A profile that saw nothing of the inside of its command.
    #[error("{profile} holds no samples: nothing of the inside of its command was seen")]
    NoSamples {
        /// The profile's name.
        profile: String,
    },
    /// A file with another number of sessions than one.
    #[error("{} holds {found} sessions, and a claim is about one", .path.display())]
    Sessions {
        /// The file.
        path: PathBuf,
        /// How many it holds.
        found: usize,
    },
    /// A file of runs that cannot be read.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// Numbers that cannot be judged.
    #[error(transparent)]
    Stats(#[from] StatsError),
}
