//! Strategies made of rules: conditions become bitmaps in `init`, so a bar costs one bit unless something is to be decided.
//!
//! - flat: `enter_long` or `enter_short` enters; where both hold, neither does anything.
//! - long: `enter_short` makes one order that turns the position, else `exit_long` closes it. Short likewise.
//! - A condition that is undefined does nothing. Where a limit, stop or target of an entry is undefined, it does not enter.
//! - An entry with `entry_limit` waits until it fills, the exit condition of its side cancels it, or an entry on the other side
//!   replaces it; the same condition again does not move it, and keeps it where the exit condition holds too.

use std::sync::{Arc, atomic::Ordering};

use backcast_data::{Market, forward_factors};
use backcast_rules::{EvalError, Evaluator, NodeId, Program, Series, Unit};
use backcast_types::{AssetId, OrderId, OrderKind, OrderStatus, Side, Size};

use crate::{
    desk::{Distance, Guard, Ticket},
    error::TicketError,
    run::Run,
    strategy::{Setup, Strategy, StrategyError, Wants},
};

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
                let eval = match self.evaluators.get(slot) {
                    Some(evaluator) => evaluator.clone(),
                    None => Evaluator::new(program, setup.market(), *asset),
                };
                let source = Source {
                    program,
                    market: setup.market(),
                    asset: *asset,
                    params: &self.params,
                    eval,
                };
                legs.push(Leg::new(source, slot, size)?);
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

/// The rules of one asset.
struct Leg {
    asset: AssetId,
    slot: usize,
    size: Size,
    rules: Conditions,
    /// Rows at which there is something to decide while flat, long, short.
    calls: [Vec<u64>; 3],
    limit: Option<Price>,
    stop_loss: Option<DistanceRule>,
    take_profit: Option<DistanceRule>,
    trailing: Option<DistanceRule>,
    entry: Option<(OrderId, Side)>,
    exit: Option<OrderId>,
}

/// Bit `row % 64` of word `row / 64`: the condition is true.
struct Conditions {
    enter_long: Vec<u64>,
    exit_long: Vec<u64>,
    enter_short: Vec<u64>,
    exit_short: Vec<u64>,
}

impl Conditions {
    /// What each state has to look at; a waiting limit order listens to its exit too.
    fn calls(&self, limits: bool) -> [Vec<u64>; 3] {
        let join = |f: &dyn Fn(usize) -> u64| (0..self.enter_long.len()).map(f).collect();
        let (el, xl) = (&self.enter_long, &self.exit_long);
        let (es, xs) = (&self.enter_short, &self.exit_short);
        if limits {
            let any = |i: usize| el[i] | xl[i] | es[i] | xs[i];
            return std::array::from_fn(|_| join(&any));
        }
        [join(&|i| el[i] ^ es[i]), join(&|i| xl[i] | es[i]), join(&|i| xs[i] | el[i])]
    }
}

/// Place of a position among [`Leg::calls`].
#[inline]
fn state(position: f64) -> usize {
    if position == 0.0 { 0 } else { 1 + usize::from(position < 0.0) }
}

#[inline]
fn bit(words: &[u64], row: usize) -> bool {
    words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 != 0)
}

/// A price of the rules as a traded price.
struct Price {
    series: Arc<Series>,
    /// Forward factors, where the series is adjusted and there are any.
    factor: Option<Vec<f64>>,
}

impl Price {
    fn at(&self, row: usize) -> Option<f64> {
        let factor = self.factor.as_ref().map_or(1.0, |f| f[row]);
        let price = self.series.values[row] / factor;
        (price > 0.0 && price.is_finite()).then_some(price)
    }
}

enum DistanceRule {
    Fraction(Price),
    Price(Price),
}

impl DistanceRule {
    fn at(&self, row: usize) -> Option<Distance> {
        match self {
            DistanceRule::Fraction(series) => series.at(row).map(Distance::Fraction),
            DistanceRule::Price(price) => price.at(row).map(Distance::Price),
        }
    }
}

impl Leg {
    fn new(mut source: Source<'_>, slot: usize, size: Size) -> Result<Leg, EvalError> {
        let (program, params, asset) = (source.program, source.params, source.asset);
        program.check(params)?;
        let rules = *program.rules();
        let words = source.market.assets[asset.index()].bars.len().div_ceil(64);
        let mut bits = |node: Option<NodeId>| match node {
            Some(node) => source.eval.bools(node, params).map(|bits| bits.value),
            None => Ok(vec![0; words]),
        };
        let conditions = Conditions {
            enter_long: bits(rules.enter_long)?,
            exit_long: bits(rules.exit_long)?,
            enter_short: bits(rules.enter_short)?,
            exit_short: bits(rules.exit_short)?,
        };
        Ok(Leg {
            asset,
            slot,
            size,
            calls: conditions.calls(rules.entry_limit.is_some()),
            rules: conditions,
            limit: rules.entry_limit.map(|node| source.price(node)).transpose()?,
            stop_loss: rules.stop_loss.map(|node| source.distance(node)).transpose()?,
            take_profit: rules.take_profit.map(|node| source.distance(node)).transpose()?,
            trailing: rules.trailing.map(|node| source.distance(node)).transpose()?,
            entry: None,
            exit: None,
        })
    }

    #[inline]
    fn is_called(&self, row: usize, position: f64) -> bool {
        bit(&self.calls[state(position)], row)
    }

    /// Rows after this one until there is something to decide with the position held now.
    fn quiet_rows(&self, run: &Run) -> usize {
        let row = run.cursor(self.slot).load(Ordering::Relaxed);
        let calls = &self.calls[state(run.ledger.position(self.slot))];
        let from = row + 1;
        let Some(first) = calls.get(from / 64) else { return 0 };
        let rest = first & (!0 << (from % 64));
        if rest != 0 {
            return from / 64 * 64 + rest.trailing_zeros() as usize - from;
        }
        let found = calls[from / 64 + 1..].iter().position(|word| *word != 0);
        let word = found.map_or(calls.len(), |at| from / 64 + 1 + at);
        let bit = calls.get(word).map_or(0, |word| word.trailing_zeros() as usize);
        word * 64 + bit - from
    }

    #[inline(never)]
    fn decide(&mut self, run: &Run, row: usize, position: f64) -> Result<(), TicketError> {
        let rules = &self.rules;
        let (enter_long, exit_long) = (bit(&rules.enter_long, row), bit(&rules.exit_long, row));
        let (enter_short, exit_short) = (bit(&rules.enter_short, row), bit(&rules.exit_short, row));
        let waiting = self.waiting_entry(run);
        if let Some((order, side)) = waiting {
            let (exit, again) = match side {
                Side::Buy => (exit_long, enter_long),
                Side::Sell => (exit_short, enter_short),
            };
            if exit && !again {
                run.cancel(order);
            }
        }
        if position == 0.0 {
            match (enter_long, enter_short) {
                (true, false) => self.enter(run, row, Side::Buy, waiting),
                (false, true) => self.enter(run, row, Side::Sell, waiting),
                _ => Ok(()),
            }
        } else if position > 0.0 {
            match (enter_short, exit_long) {
                (true, _) => self.enter(run, row, Side::Sell, waiting),
                (false, true) => self.leave(run, Side::Sell),
                (false, false) => Ok(()),
            }
        } else {
            match (enter_long, exit_short) {
                (true, _) => self.enter(run, row, Side::Buy, waiting),
                (false, true) => self.leave(run, Side::Buy),
                (false, false) => Ok(()),
            }
        }
    }

    fn waiting_entry(&self, run: &Run) -> Option<(OrderId, Side)> {
        self.entry.filter(|(order, _)| run.status(*order) == Some(OrderStatus::Open))
    }

    /// An order that opens a position, or turns the one there is.
    fn enter(
        &mut self,
        run: &Run,
        row: usize,
        side: Side,
        waiting: Option<(OrderId, Side)>,
    ) -> Result<(), TicketError> {
        if waiting.is_some_and(|(_, other)| other == side) {
            return Ok(());
        }
        let kind = match &self.limit {
            None => Some(OrderKind::Market),
            Some(limit) => limit.at(row).map(|limit| OrderKind::Limit { limit }),
        };
        let (Some(kind), Some(guard)) = (kind, self.guard(row)) else { return Ok(()) };
        if let Some((order, _)) = waiting {
            run.cancel(order);
        }
        let (asset, size) = (self.asset, self.size);
        let reverse = run.ledger.position(self.slot) != 0.0;
        let order = run.submit(&Ticket { asset, side, kind, size, reverse, guard })?;
        self.entry = Some((order, side));
        Ok(())
    }

    /// An order that closes the position, unless one waits already.
    fn leave(&mut self, run: &Run, side: Side) -> Result<(), TicketError> {
        let waits = |order: &OrderId| run.status(*order) == Some(OrderStatus::Open);
        if !self.exit.as_ref().is_some_and(waits) {
            let (kind, size, guard) = (OrderKind::Market, Size::Position, Guard::NONE);
            let ticket = Ticket { asset: self.asset, side, kind, size, reverse: false, guard };
            self.exit = Some(run.submit(&ticket)?);
        }
        Ok(())
    }

    /// Stop and target of an entry decided at a row; `None` where one of them is undefined.
    fn guard(&self, row: usize) -> Option<Guard> {
        let distance = |rule: &Option<DistanceRule>| match rule {
            None => Some(None),
            Some(rule) => rule.at(row).map(Some),
        };
        Some(Guard {
            stop_loss: distance(&self.stop_loss)?,
            take_profit: distance(&self.take_profit)?,
            trailing: distance(&self.trailing)?,
        })
    }
}

/// Where prices of the rules come from.
struct Source<'m> {
    program: &'m Program,
    market: &'m Market,
    asset: AssetId,
    params: &'m [f64],
    eval: Evaluator<'m>,
}

impl Source<'_> {
    fn price(&mut self, node: NodeId) -> Result<Price, EvalError> {
        let series = self.eval.series(node, self.params)?;
        let data = &self.market.assets[self.asset.index()];
        let adjusted = self.program.unit(node).is_adjusted();
        Ok(Price { series, factor: adjusted.then(|| forward_factors(data).price).flatten() })
    }

    fn distance(&mut self, node: NodeId) -> Result<DistanceRule, EvalError> {
        let fraction = matches!(self.program.unit(node), Unit::Scalar | Unit::NUMBER);
        let price = self.price(node)?;
        Ok(if fraction { DistanceRule::Fraction(price) } else { DistanceRule::Price(price) })
    }
}
