//! Many runs: specs, grids, sweeps, walk-forward.

mod bind;
mod constraint;
mod grid;
pub mod spec;

pub use bind::Bound;
pub use spec::{Override, Spec, SpecError};
