//! Fixed against variable cost: one command measured at many sizes, and what each of its parts costs by them.
//!
//! | step | here |
//! |---|---|
//! | which sizes | [`SizeRange`], [`SizeValue`] |
//! | at which points, in which order | [`Grid`] |
//! | own time of each part in each run | [`Collector`] |
//! | what is fixed, what grows, and how | [`Scaling`], by [`fit_parts`](crate::stats::fit_parts) |
//! | in words, in a file for people | [`words`], [`markdown`] |
//! | as lines to be drawn | [`Curve`] |

mod collector;
mod curve;
mod error;
mod grid;
mod markdown;
mod scaling;
mod size;
pub mod words;

pub use collector::{Collector, Part, TimedRun};
pub use curve::{Curve, curves};
pub use error::ScaleError;
pub use grid::Grid;
pub use markdown::markdown;
pub use scaling::{Farthest, Scaling};
pub use size::{SizeRange, SizeValue};
