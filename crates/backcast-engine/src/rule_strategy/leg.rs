//! The rules of one asset as orders.

use std::sync::atomic::Ordering;

use backcast_rules::EvalError;
use backcast_types::{AssetId, OrderId, OrderKind, OrderStatus, Side, Size};

use super::{
    conditions::{Conditions, Decision},
    prices::{DistanceRule, Price, Source},
};
use crate::{
    desk::{Guard, Ticket},
    error::TicketError,
    run::Run,
};

/// The rules of one asset.
pub(super) struct Leg {
    asset: AssetId,
    pub(super) slot: usize,
    size: Size,
    conditions: Conditions,
    limit: Option<Price>,
    stop_loss: Option<DistanceRule>,
    take_profit: Option<DistanceRule>,
    trailing: Option<DistanceRule>,
    entry: Option<(OrderId, Side)>,
    exit: Option<OrderId>,
}

impl Leg {
    pub(super) fn new(
        mut source: Source<'_, '_>,
        asset: AssetId,
        slot: usize,
        size: Size,
    ) -> Result<Leg, EvalError> {
        let rules = *source.program.rules();
        Ok(Leg {
            asset,
            slot,
            size,
            conditions: Conditions::new(source.program, source.params, source.evaluator)?,
            limit: rules.entry_limit.map(|node| source.price(node)).transpose()?,
            stop_loss: rules.stop_loss.map(|node| source.distance(node)).transpose()?,
            take_profit: rules.take_profit.map(|node| source.distance(node)).transpose()?,
            trailing: rules.trailing.map(|node| source.distance(node)).transpose()?,
            entry: None,
            exit: None,
        })
    }

    #[inline]
    pub(super) fn is_called(&self, row: usize, position: f64) -> bool {
        self.conditions.is_called(row, position)
    }

    /// Rows after this one until there is something to decide with the position held now.
    pub(super) fn quiet_rows(&self, run: &Run) -> usize {
        let from = run.cursor(self.slot).load(Ordering::Relaxed) + 1;
        self.conditions.next_call(from, run.ledger.position(self.slot)) - from
    }

    #[inline(never)]
    pub(super) fn decide(
        &mut self,
        run: &Run,
        row: usize,
        position: f64,
    ) -> Result<(), TicketError> {
        let waiting = self.waiting_entry(run);
        if let Some((order, side)) = waiting {
            let (exit, again) =
                (self.conditions.leaves(side, row), self.conditions.enters(side, row));
            if exit && !again {
                run.cancel(order);
            }
        }
        match self.conditions.decide(row, position) {
            Some(Decision::Enter(side)) => self.enter(run, row, side, waiting),
            Some(Decision::Leave(side)) => self.leave(run, side),
            None => Ok(()),
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
            self.exit = Some(run.submit(&Ticket::market(self.asset, side, Size::Position))?);
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
