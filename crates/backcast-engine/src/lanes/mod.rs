//! Many parameter sets at a time, one in each SIMD lane.

mod actions;
mod kernel;
mod operands;
mod param_sets;
mod plan;
mod signals;
mod target;
mod vector;

pub use param_sets::{Param, ParamSets, Picker};
pub use plan::{Plan, unsupported};
pub use vector::Isa;
