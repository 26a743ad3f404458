//! Rules: text to typed programs, programs to series and bitmaps.
//!
//! A rule is an expression over the columns of an asset, such as `cross_above(sma(close, fast), sma(close, slow))`.
//! [`compile`] turns the texts of a strategy into one [`Program`], a graph in which equal expressions are one node;
//! an [`Evaluator`] computes any node over all rows of an asset at once.
//!
//! # Values
//!
//! - A number is undefined before its warm-up is complete, where data is missing, and where arithmetic gives no finite
//!   number (`x / 0`, `log(0)`). Conditions follow Kleene: `false and undefined` is false, `not undefined` undefined.
//! - Prices are forward adjusted (`raw.close` is the traded one), so a later bar never changes an earlier value.
//! - `x[-k]` is k rows ago. Indicators and shifts of another asset's series run over its own rows; what comes out is
//!   seen from the run's asset as the last row at or before each bar.

mod bits;
mod compile;
mod error;
mod evaluate;
mod numeric;
mod program;
mod text;
mod unit;

pub use bits::Bits;
pub use compile::{Definitions, Text, compile, compile_expression, compile_tables};
pub use error::{EvalError, RuleError};
pub use evaluate::{Asked, Evaluator, Loops, Rows, Series, Sides, Stream};
pub use numeric::{BAND, band_above, band_below};
pub use program::{
    BinaryOp, ColumnRef, CompareOp, CrossDir, Node, NodeId, Program, Rules, UnaryOp,
};
pub use unit::Unit;
