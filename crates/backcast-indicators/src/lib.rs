//! Technical indicators as whole-slice kernels and bar-by-bar twins.
//!
//! Every indicator of the [`catalog`] exists twice with equal bits: [`compute`] works on whole slices, [`stream`]
//! takes one bar at a time. Definitions and parameter defaults are those of backtrader; a variant of another program
//! would bear another name.
//!
//! # Undefined values
//!
//! - An output is undefined (`NaN` in the buffers) before its warm-up is complete. The first index that can be
//!   defined is `valid_from` = the latest `valid_from` of the inputs + [`IndicatorSpec::warm_up`] - 1, or the length of
//!   the input when that is shorter.
//! - An input value that is not finite is missing, and a bar that misses one input counts as missing in all of them.
//! - Window indicators (sma, wma, stddev, highest, ...) are undefined while their window holds a missing bar.
//! - Recursive ones (ema, smma, kama and what is built on them) are undefined at a missing bar, keep their state and go
//!   on with the next bar; their seed is made of the first defined values.
//! - A division by zero inside an indicator (a stochastic whose highest equals its lowest) is an undefined value at that bar
//!   and reaches later bars only as a missing value reaches them.

mod averages;
mod catalog;
mod directional;
mod momentum;
mod prefix;
mod ranges;
mod ring;
mod series;
mod twin;
mod weighted;
mod windows;

pub use averages::{Dema, Ema, Kama, Sma, Smma, Tema, Zlema};
pub use catalog::{
    FastPath, IndicatorError, IndicatorSpec, InputSpec, OutputSpec, OutputUnit, ParamSpec, catalog,
    compute, compute_into, find, stream, valid_from, validate,
};
pub use directional::Adx;
pub use momentum::{Macd, Momentum, Ppo, Roc, Rsi, Trix};
pub use prefix::{
    PrefixSums, RunningSums, WindowEnds, sma_from_prefix, sma_from_prefix_range, window_averages,
};
pub use ranges::{
    Atr, Awesome, Cci, Stochastic, StochasticFast, StochasticFull, TrueRange, Vortex, WilliamsR,
};
pub use series::{Computed, SeriesView};
pub use twin::{Streaming, Twin};
pub use weighted::{Hma, Wma};
pub use windows::{Bollinger, Extreme, Highest, Lowest, MeanDeviation, StdDev, Sum};
