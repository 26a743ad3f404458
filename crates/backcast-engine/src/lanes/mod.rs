//! Many parameter sets at a time, one in each SIMD lane.

mod kernel;
mod operands;
mod param_sets;
mod plan;
mod signals;
mod target;
mod time;
mod vector;

pub use param_sets::{Param, ParamSets, Picker};
pub use plan::{Plan, unsupported};
pub use time::curve_totals;
pub use vector::{Isa, Kernel, LaneVector, dispatch};

pub(crate) use vector::prefetch;
