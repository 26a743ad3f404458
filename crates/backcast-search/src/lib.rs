//! Many runs: specs, grids, sweeps, walk-forward.

mod bind;
mod constraint;
mod error;
mod grid;
mod identity;
mod progress;
mod rank;
mod row_file;
pub mod spec;
mod sweep;
mod warm_up;
mod workers;

pub use bind::Bound;
pub use error::SearchError;
pub use identity::{Identity, RESULTS_VERSION};
pub use progress::{Progress, Quiet};
pub use rank::{Best, best_of, better, means};
pub use spec::{Override, Spec, SpecError};
pub use sweep::{
    AccountRows, SavedSweep, Stopped, SweepOptions, SweepOutcome, SweepResult, saved_sweep, sweep,
};
