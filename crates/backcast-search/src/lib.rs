//! Many runs: specs, grids, sweeps, walk-forward.

mod bind;
mod buy_and_hold;
mod caches;
mod constraint;
mod curves;
mod error;
mod grid;
mod hold_up;
mod load;
mod manifest;
mod progress;
mod rank;
mod recent;
mod row_file;
mod run;
mod saved;
mod single;
pub mod spec;
pub mod summary;
mod sweep;
pub mod tables;
mod walk_forward;
mod warm_up;
mod workers;

pub use bind::Bound;
pub use caches::CacheUse;
pub use curves::{CoarseCurves, Curve, Curves};
pub use error::SearchError;
pub use hold_up::{AccountSummary, HoldUp};
pub use progress::{BestSoFar, Progress, Quiet};
pub use rank::{Best, best_of, better, means};
pub use recent::{Made, recently_made};
pub use run::{RunAccount, RunOutcome, SavedRun, run_spec, saved_run};
pub use saved::Process;
pub use spec::{Override, Spec, SpecError};
pub use sweep::{
    AccountRows, SavedSweep, Stopped, SweepOptions, SweepOutcome, SweepResult, saved_sweep, sweep,
};
pub use walk_forward::{
    SavedWalkForward, Stitched, WalkForwardOutcome, WalkForwardResult, WalkWindow,
    saved_walk_forward, walk_forward,
};
