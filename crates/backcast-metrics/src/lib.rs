//! Performance metrics of a run, in one definition for every speed.
//!
//! Equity is looked at in blocks of 32 bars. The same block arithmetic serves eight parameter sets side by side
//! ([`SetsCurve`]) and eight bars of one run side by side ([`TimeCurve`]); both give the same bits because they do the same
//! IEEE operations in the same order. See [`curve`] for the definition.

pub mod curve;
mod metric;
mod row;
mod vector;

pub use curve::{BLOCK, CurveTotals, SetsCurve, TimeCurve};
pub use metric::{Metric, MetricSet, Unit};
pub use row::{Row, Tally, Timeline, finish};
pub use vector::{Array8, Vector};
