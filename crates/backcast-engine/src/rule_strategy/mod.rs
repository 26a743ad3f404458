//! Strategies made of rules: conditions become bitmaps in `init`, so a bar costs one bit unless something is to be decided.
//!
//! - flat: `enter_long` or `enter_short` enters; where both hold, neither does anything.
//! - long: `enter_short` makes one order that turns the position, else `exit_long` closes it. Short likewise.
//! - A condition that is undefined does nothing. Where a limit, stop or target of an entry is undefined, it does not enter.
//! - An entry with `entry_limit` waits until it fills, the exit condition of its side cancels it, or an entry on the other side
//!   replaces it; the same condition again does not move it, and keeps it where the exit condition holds too.

mod conditions;
mod leg;
mod prices;

use std::sync::{Arc, atomic::Ordering};

use backcast_data::Market;
use backcast_rules::{EvalError, Evaluator, Program};
use backcast_types::AssetId;

use crate::{
    lanes::{self, Isa},
    run::Run,
    strategy::{Setup, Strategy, StrategyError, Wants},
};
pub(crate) use conditions::{Conditions, Decision, Expected};
use leg::Leg;
use prices::Source;

/// A strategy made of compiled rules.
pub struct RuleStrategy<'m> {
    programs: Programs,
    params: Vec<f64>,
    /// By place in the run's list of assets: what was computed before.
    evaluators: Vec<Evaluator<'m>>,
    legs: Vec<Leg>,
}

enum Programs {
    One(Arc<Program>),
    /// By place in the run's list of assets.
    Each(Vec<Option<Arc<Program>>>),
}

impl<'m> RuleStrategy<'m> {
    /// The same rules for every asset of the run.
    #[must_use]
    pub fn new(program: Arc<Program>, params: &[f64]) -> RuleStrategy<'m> {
        let programs = Programs::One(program);
        RuleStrategy { programs, params: params.to_vec(), evaluators: Vec::new(), legs: Vec::new() }
    }

    /// Rules for each asset in the run's list; one without rules does nothing, as do assets beyond the end of `programs`.
    #[must_use]
    pub fn per_asset(programs: Vec<Option<Arc<Program>>>, params: &[f64]) -> RuleStrategy<'m> {
        let programs = Programs::Each(programs);
        RuleStrategy { programs, params: params.to_vec(), evaluators: Vec::new(), legs: Vec::new() }
    }

    /// Begins with what these evaluators have computed, one for each asset of the run's list: of the same rules, market and asset.
    #[must_use]
    pub fn starting_from(mut self, evaluators: Vec<Evaluator<'m>>) -> RuleStrategy<'m> {
        self.evaluators = evaluators;
        self
    }

    fn program(&self, slot: usize) -> Option<&Arc<Program>> {
        match &self.programs {
            Programs::One(program) => Some(program),
            Programs::Each(programs) => programs.get(slot)?.as_ref(),
        }
    }

    fn evaluator<'a>(
        &self,
        slot: usize,
        program: &'a Program,
        market: &'a Market,
        asset: AssetId,
    ) -> Evaluator<'a>
    where
        'm: 'a,
    {
        match self.evaluators.get(slot) {
            Some(evaluator) => evaluator.clone(),
            None => lanes::evaluator(program, market, asset),
        }
    }

    /// The conditions of a run's only asset, where its rules need nothing but them; `None` where they do.
    pub(crate) fn only_conditions(
        &self,
        isa: Isa,
        market: &Market,
        assets: &[AssetId],
    ) -> Option<Result<Conditions, EvalError>> {
        let ([asset], Some(program)) = (assets, self.program(0)) else { return None };
        if lanes::unsupported(program).is_some() {
            return None;
        }
        let evaluator = self.evaluator(0, program, market, *asset);
        let mut evaluator = evaluator.with_loops(isa.loops());
        Some(Conditions::new(program, &self.params, &mut evaluator))
    }
}

impl Strategy for RuleStrategy<'_> {
    fn wants(&self) -> Wants {
        Wants::STRETCHES
    }

    fn quiet_rows(&self, run: &Run) -> usize {
        match &self.legs[..] {
            [leg] => leg.quiet_rows(run),
            _ => 0,
        }
    }

    fn init(&mut self, setup: &mut Setup<'_>) -> Result<(), StrategyError> {
        let _span = backcast_spans::span!("engine.init_rules");
        let size = setup.run().default_size();
        let mut legs = Vec::new();
        for (slot, asset) in setup.assets().iter().enumerate() {
            if let Some(program) = self.program(slot) {
                let market = setup.market();
                let mut evaluator = self.evaluator(slot, program, market, *asset);
                let source = Source {
                    program,
                    params: &self.params,
                    asset: &market.assets[asset.index()],
                    evaluator: &mut evaluator,
                };
                legs.push(Leg::new(source, *asset, slot, size)?);
            }
        }
        self.legs = legs;
        Ok(())
    }

    #[inline]
    fn next(&mut self, run: &Run) -> Result<(), StrategyError> {
        for leg in &mut self.legs {
            if run.is_live(leg.slot) {
                let row = run.cursor(leg.slot).load(Ordering::Relaxed);
                let position = run.ledger.position(leg.slot);
                if leg.is_called(row, position) {
                    leg.decide(run, row, position)?;
                }
            }
        }
        Ok(())
    }
}
