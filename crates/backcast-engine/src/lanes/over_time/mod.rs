//! Lanes over time: one run of rules with eight bars side by side.
//!
//! Conditions are bitmaps, so the rows at which something happens are known without a look at the others. The account goes from one of
//! these rows to the next, through the broker and the ledger of the event engine; between them cash and position are constant, and the
//! curve is written and looked at in vectors.

mod account;
mod ahead;
mod curve;

use backcast_data::Market;
use backcast_types::AssetId;

pub use curve::curve_totals;

use super::vector::Isa;
use crate::{
    checks::{check_assets, check_config},
    clock::{Clock, Span},
    config::RunConfig,
    engine,
    error::EngineError,
    result::RunResult,
    rule_strategy::RuleStrategy,
};
use account::Account;

/// Runs rules over a market: in lanes over time where the rules allow it, in the event engine otherwise. The result is the same.
///
/// # Errors
/// As [`engine::run`].
pub fn run_rules(
    market: &Market,
    assets: &[AssetId],
    span: &Span,
    config: &RunConfig,
    strategy: &mut RuleStrategy<'_>,
) -> Result<RunResult, EngineError> {
    match over_time(Isa::detect(), market, assets, span, config, strategy)? {
        Some(result) => Ok(result),
        None => engine::run(market, assets, span, config, strategy),
    }
}

/// The run of rules that ask for market orders in one asset; `None` where they ask for more, which takes the event engine.
///
/// # Errors
/// As [`engine::run`].
pub fn over_time(
    isa: Isa,
    market: &Market,
    assets: &[AssetId],
    span: &Span,
    config: &RunConfig,
    strategy: &RuleStrategy<'_>,
) -> Result<Option<RunResult>, EngineError> {
    let _span = backcast_spans::span!("engine.over_time");
    check_assets(market, assets)?;
    check_config(config)?;
    let clock = Clock::new(market, assets, span)?;
    let [asset] = assets else { return Ok(None) };
    let conditions = {
        let _span = backcast_spans::span!("engine.conditions");
        strategy.only_conditions(isa, market, assets)
    };
    let Some(conditions) = conditions else { return Ok(None) };
    let conditions = conditions.map_err(|error| EngineError::Init(error.into()))?;
    let mut account = Account::new(market, *asset, clock, config, &conditions);
    // Numbers of orders have run out: the event engine says so, with the rows before.
    let Ok(()) = account.play() else { return Ok(None) };
    Ok(Some(account.finish(isa, market)))
}
