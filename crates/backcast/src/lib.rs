//! Backtesting engine: what a trading strategy would have earned, and whether that answer can be trusted.
//!
//! This crate gathers the parts under one name; each is a crate of its own and is described there.
//!
//! | module | what |
//! |---|---|
//! | [`types`] | time, days, orders, fills, trades |
//! | [`calendar`] | sessions, half days and hours of markets |
//! | [`indicators`] | averages, oscillators, bands: over whole slices and bar by bar |
//! | [`metrics`] | return, Sharpe, drawdown and the rest, in one definition |
//! | [`data`] | bars in memory, splits and dividends, made-up markets |
//! | [`rules`] | expressions to series and conditions |
//! | [`engine`] | one run: clock, strategy, broker, ledger, and lanes for many at once |
//! | [`store`] | files to bundles and back, the sample |
//! | [`search`] | specs, sweeps, walk-forward |
//! | [`report`] | results to HTML pages |
//!
//! # A sweep
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//!
//! use backcast::{
//!     data::SyntheticSpec,
//!     metrics::Metric,
//!     search::{Quiet, Spec, SweepOptions, SweepOutcome, sweep},
//! };
//!
//! let market = "assets=2,years=3,seed=7".parse::<SyntheticSpec>()?.market("made-up");
//! let spec = r#"
//!     [data]
//!     bundle = "made-up"
//!
//!     [params]
//!     fast = { from = 5, to = 8 }
//!     slow = { values = [20, 40] }
//!
//!     [rules]
//!     enter_long = "cross_above(sma(close, fast), sma(close, slow))"
//!     exit_long = "cross_below(sma(close, fast), sma(close, slow))"
//!
//!     [costs]
//!     commission = "0.1%"
//! "#;
//! let spec = Spec::parse(spec, None, &[])?;
//! let outcome = sweep(&spec, &market, &SweepOptions::default(), &Quiet, &AtomicBool::new(false))?;
//! let SweepOutcome::Finished(result) = outcome else { unreachable!("nobody asked it to stop") };
//! assert_eq!((result.sets.count(), result.accounts.len()), (8, 2));
//! assert_eq!(result.column(0, Metric::Sharpe).map(<[f64]>::len), Some(8));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A strategy in Rust
//!
//! ```
//! use backcast::{
//!     data::SyntheticSpec,
//!     engine::{Commission, FillTiming, Run, RunConfig, Sizing, Slippage, Span, Strategy, StrategyError, run},
//!     types::AssetId,
//! };
//!
//! /// Buys at the first close and holds.
//! struct BuyAndHold;
//!
//! impl Strategy for BuyAndHold {
//!     fn next(&mut self, run: &Run) -> Result<(), StrategyError> {
//!         if run.row() == 0 {
//!             run.buy(run.assets()[0], run.default_size())?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let market = "assets=1,years=1,seed=7".parse::<SyntheticSpec>()?.market("made-up");
//! let config = RunConfig {
//!     cash: 10_000.0,
//!     size: Sizing::AllIn,
//!     whole_shares: true,
//!     commission: Commission { rate: 0.001, per_share: 0.0, per_trade: 0.0 },
//!     slippage: Slippage { rate: 0.0, fixed: 0.0 },
//!     timing: FillTiming::NextOpen,
//!     liquidate: false,
//! };
//! let span = Span::Days { from: None, to: None };
//! let result = run(&market, &[AssetId(0)], &span, &config, &mut BuyAndHold)?;
//! assert_eq!(result.fills.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use backcast_calendar as calendar;
pub use backcast_data as data;
pub use backcast_engine as engine;
pub use backcast_indicators as indicators;
pub use backcast_metrics as metrics;
pub use backcast_report as report;
pub use backcast_rules as rules;
pub use backcast_search as search;
pub use backcast_store as store;
pub use backcast_types as types;
