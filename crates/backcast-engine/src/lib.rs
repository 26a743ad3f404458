//! One run: clock, strategy, broker, ledger, lanes.
//!
//! Start reading at [`Engine::drive`](engine::Engine::drive): it is the whole loop.

mod actions;
mod broker;
mod checks;
mod clock;
pub mod config;
mod desk;
mod digest;
mod engine;
mod error;
mod excursion;
pub mod lanes;
mod ledger;
mod manifest;
pub mod math;
mod recorder;
mod result;
mod rule_strategy;
mod run;
mod strategy;

pub use clock::{Span, Window};
pub use config::{Commission, FillTiming, RunConfig, Sizing, Slippage};
pub use desk::{Distance, Guard, Ticket};
pub use digest::Digest;
pub use engine::{Engine, run};
pub use error::{EngineError, TicketError};
pub use excursion::{Excursion, excursions};
pub use lanes::run_rules;
pub use ledger::Ledger;
pub use manifest::{Manifest, RESULTS_VERSION};
pub use result::{Change, Payment, PaymentKind, Positions, RunResult, Story};
pub use rule_strategy::RuleStrategy;
pub use run::Run;
pub use strategy::{Line, Setup, Strategy, StrategyError, TradeId, Wants};
