//! What a strategy is compared with: the same assets, bought once and held, with the spec's sizes, costs and dividends.

use backcast_data::Market;
use backcast_engine::{Run, RunConfig, Span, Strategy, StrategyError, run};

use crate::{
    SearchError,
    bind::{Account, Bound},
    warm_up::first_entry,
};

/// Buys each asset once, at the first of its rows at which the rules could have entered.
struct BuyOnce {
    /// By place in the run's list: the row to buy at; `None` once it was bought, or never can be.
    rows: Vec<Option<usize>>,
}

impl Strategy for BuyOnce {
    fn next(&mut self, run: &Run) -> Result<(), StrategyError> {
        for (asset, row) in run.assets().iter().zip(&mut self.rows) {
            let warm = |row: usize| run.own_row(*asset).is_some_and(|own| own >= row);
            if run.has_bar(*asset) && row.is_some_and(warm) {
                *row = None;
                run.buy(*asset, run.default_size())?;
            }
        }
        Ok(())
    }
}

/// Equity of buy and hold at each row of the account's run: each asset is bought with the spec's size at the first price at
/// which the strategy could have bought it, once its rules are warm. A pool buys in listed order, as the strategy does.
pub(crate) fn buy_and_hold(
    market: &Market,
    bound: &Bound,
    account: &Account,
    params: &[f64],
    span: &Span,
) -> Result<Vec<f64>, SearchError> {
    let _span = backcast_spans::span!("search.buy_and_hold");
    let members = account.members.clone();
    let rows = members.clone().map(|member| first_entry(&bound.programs[member], params)).collect();
    let config = RunConfig { liquidate: false, ..bound.config };
    let mut strategy = BuyOnce { rows };
    Ok(run(market, &bound.assets[members], span, &config, &mut strategy)?.equity)
}
