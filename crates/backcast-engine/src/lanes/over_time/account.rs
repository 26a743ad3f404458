//! The account of one run, from one row at which something happens to the next.

use backcast_data::Market;
use backcast_types::{AssetId, OrderId, OrderStatus, Reason, Side, Size, Timestamp};

use super::{
    ahead::Ahead,
    curve::{Stretch, write_curve},
};
use crate::{
    actions::{Action, Actions},
    broker::{Broker, Filling, Hit, Moment},
    clock::Clock,
    config::{FillTiming, RunConfig},
    desk::{Desk, Ticket, Waiting},
    engine::UNSOLD,
    error::TicketError,
    lanes::vector::{Isa, prefetch},
    ledger::{Ledger, Stamp},
    recorder::Record,
    result::RunResult,
    rule_strategy::{Conditions, Decision, Expected},
};

/// Rows from which on prices are asked for ahead of their need: those of fewer stay in the cache.
const LONG_RUN: usize = 1 << 15;

/// Market orders of one asset, with nothing but them to wait for.
pub(super) struct Account<'a> {
    conditions: &'a Conditions,
    open: &'a [f64],
    close: &'a [f64],
    time: &'a [i64],
    clock: Clock,
    rows: usize,
    /// The asset's row that is row 0 of the run.
    first: usize,
    actions: Actions,
    next_action: usize,
    assets: [AssetId; 1],
    broker: Broker,
    ledger: Ledger,
    desk: Desk,
    size: Size,
    cash: f64,
    same_close: bool,
    whole: bool,
    /// The row at which positions are sold and nothing is decided.
    last_row: usize,
    /// The newest order: with market orders alone no other can wait.
    order: Waiting,
    /// Whether it waits for the next open.
    waits: bool,
    /// Whether the newest order that was to be filled was refused.
    refused: bool,
    ahead: Ahead,
    stretches: Vec<Stretch>,
    notices: Vec<String>,
}

impl<'a> Account<'a> {
    pub(super) fn new(
        market: &'a Market,
        asset: AssetId,
        clock: Clock,
        config: &RunConfig,
        conditions: &'a Conditions,
    ) -> Account<'a> {
        let data = &market.assets[asset.index()];
        let (rows, first) = (clock.rows(), clock.first_row(data));
        let actions = Actions::of(data);
        let Expected { orders, trades } = conditions.expected(&(first..first + rows));
        let last_known =
            first.checked_sub(1).and_then(|row| data.bars.close.get(row)).copied().unwrap_or(0.0);
        let ledger = Ledger::new(config.cash, [(asset, last_known)].into_iter());
        // One more where positions are sold at the end.
        ledger.make_room(orders + 1, trades + 1);
        let mut stretches = Vec::with_capacity(orders + 2);
        stretches.push(Stretch { from: 0, cash: config.cash, position: 0.0 });
        Account {
            conditions,
            open: &data.bars.open,
            close: &data.bars.close,
            time: &data.bars.time,
            first,
            next_action: actions.first_at(first),
            actions,
            assets: [asset],
            broker: Broker::new(config),
            ledger,
            desk: Desk::with_room(orders + 1),
            ahead: Ahead::default(),
            size: config.size.into(),
            cash: config.cash,
            same_close: config.timing == FillTiming::SameClose,
            whole: config.whole_shares,
            last_row: if config.liquidate { rows.wrapping_sub(1) } else { usize::MAX },
            order: Waiting::new(&Ticket::market(asset, Side::Buy, Size::AllIn), OrderId(0), 0, 0),
            waits: false,
            refused: false,
            stretches,
            notices: Vec::new(),
            rows,
            clock,
        }
    }

    /// All rows.
    ///
    /// # Errors
    /// More orders than can be numbered.
    pub(super) fn play(&mut self) -> Result<(), TicketError> {
        let _span = backcast_spans::span!("engine.play");
        let mut row = self.next_row(0);
        while row < self.rows {
            self.row(row)?;
            row = if self.waits { row + 1 } else { self.next_row(row + 1) };
        }
        if self.waits {
            let last = self.rows as u32 - 1;
            self.desk.settle(self.order.id, OrderStatus::Ended(Reason::EndOfData), last);
        }
        Ok(())
    }

    /// The first row from `from` on at which something may happen; behind the last where there is none.
    #[inline]
    fn next_row(&self, from: usize) -> usize {
        let call = self.conditions.next_call(self.first + from, self.ledger.position(0));
        let next = call.min(self.actions.row(self.next_action)).saturating_sub(self.first);
        if from <= self.last_row { next.min(self.last_row) } else { next }
    }

    /// One row, in the order of the event engine: splits and dividends, the fill of the waiting order, the decision, fills at this
    /// close.
    fn row(&mut self, row: usize) -> Result<(), TicketError> {
        let at = self.first + row;
        let stamp = Stamp { row: row as u32, time: Timestamp(self.time[at]) };
        // Closes are marked where something looks at them.
        let acts = self.actions.row(self.next_action) <= at;
        if let (true, Some(before)) = (acts || self.waits, at.checked_sub(1)) {
            self.ledger.mark(0, self.close[before]);
        }
        if acts {
            self.apply_actions(at, stamp);
        }
        if self.waits {
            self.fill(Hit { price: self.open[at], at_open: true }, Moment::Open, stamp);
        }
        let decides = row != self.last_row;
        if decides {
            self.decide(at, stamp)?;
        }
        if self.waits && self.same_close {
            self.ledger.mark(0, self.close[at]);
            self.fill(Hit { price: self.close[at], at_open: false }, Moment::Close, stamp);
        }
        if !decides {
            self.ledger.mark(0, self.close[at]);
            self.liquidate(stamp);
        }
        self.note_stretch(stamp.row);
        Ok(())
    }

    /// Begins a stretch where cash or position are no longer what they were.
    #[inline]
    fn note_stretch(&mut self, from: u32) {
        let (cash, position) = (self.ledger.cash(), self.ledger.position(0));
        let last = self.stretches.last();
        if last.is_none_or(|last| (last.cash, last.position) != (cash, position)) {
            self.stretches.push(Stretch { from, cash, position });
        }
    }

    /// Makes the order that the rules ask for at this close, where they do.
    #[inline]
    fn decide(&mut self, at: usize, stamp: Stamp) -> Result<(), TicketError> {
        let position = self.ledger.position(0);
        if !self.conditions.is_called(at, position) {
            return Ok(());
        }
        if self.rows >= LONG_RUN {
            self.look_ahead(at, position);
        }
        let ticket = match self.conditions.decide(at, position) {
            None => return Ok(()),
            Some(Decision::Leave(side)) => Ticket::market(self.assets[0], side, Size::Position),
            Some(Decision::Enter(side)) => {
                let ticket = Ticket::market(self.assets[0], side, self.size);
                Ticket { reverse: position != 0.0, ..ticket }
            }
        };
        let id = self.desk.register(&ticket, stamp)?;
        self.order = Waiting::new(&ticket, id, 0, stamp.row);
        self.waits = true;
        Ok(())
    }

    /// Asks for the prices of a row some decisions ahead, so that they come from memory meanwhile.
    #[inline]
    fn look_ahead(&mut self, at: usize, position: f64) {
        let row = self.ahead.after(self.conditions, at, position, self.refused);
        prefetch(self.open, row + 1);
        prefetch(self.close, row);
        prefetch(self.time, row);
    }

    /// Fills the order that waits, or rejects it.
    fn fill(&mut self, hit: Hit, moment: Moment, stamp: Stamp) {
        self.waits = false;
        let fills = self.desk.fills.len();
        Filling::new(&self.broker, &self.assets, &self.ledger, &mut self.desk, stamp).fill(
            &self.order,
            hit,
            moment,
        );
        self.refused = self.desk.fills.len() == fills;
    }

    #[cold]
    fn apply_actions(&mut self, at: usize, stamp: Stamp) {
        while self.actions.row(self.next_action) <= at {
            let (_, action) = self.actions.at[self.next_action];
            self.next_action += 1;
            self.ledger.act(0, action, self.whole, stamp);
            if let Action::Split { shares } = action {
                self.order.split(shares, self.whole);
            }
        }
    }

    #[cold]
    fn liquidate(&mut self, stamp: Stamp) {
        let (broker, ledger) = (&self.broker, &self.ledger);
        if broker.liquidate(&self.assets, ledger, &mut self.desk, stamp).is_err() {
            self.notices.push(UNSOLD.into());
        }
    }

    /// The result, with the curve that the stretches make.
    pub(super) fn finish(self, isa: Isa, market: &Market) -> RunResult {
        let _span = backcast_spans::span!("engine.finish");
        let rows = self.rows;
        let close = &self.close[self.first..self.first + rows];
        let (equity, totals) = write_curve(isa, close, &self.stretches, self.cash);
        let ends = self.stretches.iter().skip(1).map(|next| next.from as usize).chain([rows]);
        let held = self.stretches.iter().zip(ends).filter(|(stretch, _)| stretch.position != 0.0);
        Record {
            start: self.cash,
            exposed: held.map(|(stretch, end)| end - stretch.from as usize).sum(),
            equity,
            totals,
            notices: self.notices,
        }
        .result(market, &self.assets, &self.clock, self.ledger.take_book(), self.desk)
    }
}
