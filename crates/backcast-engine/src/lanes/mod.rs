//! Many parameter sets at a time, one in each SIMD lane.

mod param_sets;
mod vector;

pub use param_sets::{Param, ParamSets, Picker};
pub use vector::Isa;
