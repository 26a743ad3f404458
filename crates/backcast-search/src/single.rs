//! One run of one parameter set on one account, with curve, orders and trades.

use std::sync::Arc;

use backcast_data::Market;
use backcast_engine::{
    EngineError, RuleStrategy, RunConfig, RunResult, Span, lanes::evaluator, run_rules,
};
use backcast_rules::{EvalError, Evaluator};

use crate::{
    SearchError,
    bind::{Account, Bound},
    spec::Spec,
};

/// What single runs of a spec need.
#[derive(Clone, Copy)]
pub(crate) struct Single<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) market: &'a Market,
    pub(crate) bound: &'a Bound,
}

impl Single<'_> {
    /// A run over the sessions of a span.
    pub(crate) fn run(
        &self,
        account: &Account,
        params: &[f64],
        span: &Span,
        config: &RunConfig,
    ) -> Result<RunResult, SearchError> {
        self.run_sharing(account, params, span, config, &mut [])
    }

    /// Evaluators for many runs of one account that share what they compute.
    pub(crate) fn evaluators(&self, account: &Account) -> Vec<Evaluator<'_>> {
        let member =
            |i: usize| evaluator(&self.bound.programs[i], self.market, self.bound.assets[i]);
        account.members.clone().map(member).collect()
    }

    /// [`Single::run`] that adds what it computes to `evaluators`, those of the account, and begins with what is there; none of
    /// them computes everything anew.
    pub(crate) fn run_sharing<'m>(
        &'m self,
        account: &Account,
        params: &[f64],
        span: &Span,
        config: &RunConfig,
        evaluators: &mut [Evaluator<'m>],
    ) -> Result<RunResult, SearchError> {
        let _span = backcast_spans::span!(
            "search.single",
            digest = self.digest(account, params, span, config)
        );
        for (member, evaluator) in account.members.clone().zip(&mut *evaluators) {
            let rules = self.bound.programs[member].rules();
            let wanted = [rules.enter_long, rules.exit_long, rules.enter_short, rules.exit_short];
            for node in wanted.into_iter().flatten() {
                evaluator.bools(node, params).map_err(|error| self.spec.place_eval(&error))?;
            }
        }
        let assets = &self.bound.assets[account.members.clone()];
        let programs = self.bound.programs[account.members.clone()].iter().map(Arc::clone);
        let mut strategy = RuleStrategy::per_asset(programs.map(Some).collect(), params)
            .starting_from(evaluators.to_vec());
        run_rules(self.market, assets, span, config, &mut strategy)
            .map_err(|error| self.place(error))
    }

    /// Stands for a run in digests of arguments of spans.
    fn digest(&self, account: &Account, params: &[f64], span: &Span, config: &RunConfig) -> u64 {
        let programs = self.bound.programs[account.members.clone()].iter();
        let rules = programs.flat_map(|program| {
            let rules = program.rules().by_name().into_iter();
            rules.map(|(_, node)| node.map(|node| program.span_digest(node, params)))
        });
        let rules: Vec<Option<u64>> = rules.collect();
        let assets = &self.bound.assets[account.members.clone()];
        let settings = format!("{span:?} {config:?}");
        backcast_spans::digest((self.market.span_digest(), assets, rules, settings))
    }

    /// An error of the rules points at the spec; any other is the engine's own.
    pub(crate) fn place(&self, error: EngineError) -> SearchError {
        match error {
            EngineError::Init(source) => match source.downcast::<EvalError>() {
                Ok(error) => self.spec.place_eval(&error).into(),
                Err(source) => EngineError::Init(source).into(),
            },
            other => other.into(),
        }
    }
}
