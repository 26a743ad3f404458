//! Many runs: specs, grids, sweeps, walk-forward.

pub mod spec;

pub use spec::{Override, Spec, SpecError};
