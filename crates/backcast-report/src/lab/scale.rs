//! Cost by size: what was measured, and the curves that were fitted to it.

use crate::model::Table;

/// What the parts of a command cost at many sizes.
#[derive(Debug, Clone, Default)]
pub struct Scale {
    /// What is predicted, in one sentence.
    pub closing: String,
    /// Names of the sizes; each can be the axis.
    pub sizes: Vec<String>,
    /// The largest value measured of each; beyond it curves are extrapolated.
    pub measured: Vec<f64>,
    /// The whole, then its parts; the reader chooses among them.
    pub parts: Vec<ScalePart>,
    /// Fixed and growing costs as a table.
    pub costs: Option<Table>,
}

/// The whole, or a part of it.
#[derive(Debug, Clone, Default)]
pub struct ScalePart {
    /// Function, span or `the whole`.
    pub name: String,
    /// Its lines along all sizes.
    pub lines: Vec<ScaleLine>,
}

/// A cost along one size, all others held. Costs are seconds.
#[derive(Debug, Clone, Default)]
pub struct ScaleLine {
    /// The size along which it goes, by its position.
    pub axis: usize,
    /// What the others are; empty where there are none.
    pub name: String,
    /// Sizes at which the curve is known, ascending.
    pub at: Vec<f64>,
    /// The fitted cost there.
    pub cost: Vec<f64>,
    /// Lower end of the band that a run falls into.
    pub low: Vec<f64>,
    /// Upper end of it.
    pub high: Vec<f64>,
    /// Size and cost of each run.
    pub runs: Vec<(f64, f64)>,
}
