//! Backtesting engine: the facade for Rust users.
