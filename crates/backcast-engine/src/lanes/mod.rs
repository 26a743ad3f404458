//! Many parameter sets at a time, one in each SIMD lane; or one run, with eight bars side by side.

mod compare;
mod kernel;
mod loops;
mod operands;
mod over_time;
mod param_sets;
mod plan;
mod signals;
mod target;
mod vector;

pub use loops::evaluator;
pub use operands::SharedSeries;
pub use over_time::{curve_totals, over_time, run_rules};
pub use param_sets::{Param, ParamSets, Picker};
pub use plan::{Plan, unsupported};

pub use vector::{Isa, Kernel, LaneVector, dispatch};

pub(crate) use signals::latch;
pub(crate) use vector::prefetch;
