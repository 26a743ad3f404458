//! One run: clock, strategy, broker, ledger, lanes.

pub mod config;
pub mod lanes;
pub mod math;
