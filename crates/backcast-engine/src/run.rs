//! What a strategy sees of a run, and where it leaves its orders.

use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use backcast_types::{AssetId, Day, Order, OrderId, OrderStatus, Side, Size, Timestamp, Trade};

use crate::{
    clock::Clock,
    config::RunConfig,
    desk::{Desk, Ticket},
    error::TicketError,
    ledger::{Ledger, Stamp},
    strategy::TradeId,
};

const NO_SLOT: u32 = u32::MAX;

/// A run as its strategy sees it: clock, cash, positions, orders.
///
/// It is shared, not borrowed mutably: the desk is locked inside each method only, so a strategy may keep an `Arc` of it.
#[derive(Debug)]
pub struct Run {
    config: RunConfig,
    assets: Box<[AssetId]>,
    /// By asset of the market: its place in `assets`.
    slots: Box<[u32]>,
    /// By place: the asset's own row last seen, `usize::MAX` before the first.
    cursors: Box<[Arc<AtomicUsize>]>,
    /// By place: whether the asset has a bar at this row.
    live: Box<[Cell<bool>]>,
    clock: Clock,
    row: Cell<usize>,
    pub(crate) ledger: Ledger,
    pub(crate) desk: RefCell<Desk>,
    /// Whether an order was made at this close, so that the engine need not look.
    pub(crate) ordered: Cell<bool>,
}

impl Run {
    pub(crate) fn new(
        config: &RunConfig,
        assets: &[AssetId],
        market_assets: usize,
        clock: Clock,
        ledger: Ledger,
        seen: &[usize],
    ) -> Run {
        let mut slots = vec![NO_SLOT; market_assets];
        for (slot, asset) in assets.iter().enumerate() {
            slots[asset.index()] = slot as u32;
        }
        Run {
            config: *config,
            assets: assets.into(),
            slots: slots.into(),
            cursors: seen.iter().map(|row| Arc::new(AtomicUsize::new(*row))).collect(),
            live: seen.iter().map(|_| Cell::new(false)).collect(),
            clock,
            row: Cell::new(0),
            ledger,
            desk: RefCell::default(),
            ordered: Cell::new(false),
        }
    }

    /// Assets of the run in listed order.
    #[must_use]
    pub fn assets(&self) -> &[AssetId] {
        &self.assets
    }

    /// Costs, sizing and timing.
    #[must_use]
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Row of the run's clock, counted from the first evaluated one.
    #[inline]
    #[must_use]
    pub fn row(&self) -> usize {
        self.row.get()
    }

    /// Rows of the run's clock.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.clock.time.len()
    }

    /// Time of this row.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        Timestamp(self.clock.time.get(self.row()).copied().unwrap_or_default())
    }

    /// Session day of this row.
    #[must_use]
    pub fn day(&self) -> Day {
        Day(self.clock.day.get(self.row()).copied().unwrap_or_default())
    }

    /// Whether the asset has a bar at this row; an asset that takes no part has none.
    #[inline]
    #[must_use]
    pub fn has_bar(&self, asset: AssetId) -> bool {
        self.slot(asset).is_ok_and(|slot| self.is_live(slot))
    }

    /// The asset's own row that was seen last, counted from its first bar in the data; `None` before that.
    #[inline]
    #[must_use]
    pub fn own_row(&self, asset: AssetId) -> Option<usize> {
        let row = self.cursors.get(self.slot(asset).ok()?)?.load(Ordering::Relaxed);
        (row != usize::MAX).then_some(row)
    }

    /// Cash, earned but unpaid dividends not included.
    #[inline]
    #[must_use]
    pub fn cash(&self) -> f64 {
        self.ledger.cash()
    }

    /// Cash and positions at their last known closes.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.ledger.equity()
    }

    /// Shares held of an asset, negative where short; zero for an asset that takes no part.
    #[inline]
    #[must_use]
    pub fn position(&self, asset: AssetId) -> f64 {
        self.slot(asset).map_or(0.0, |slot| self.ledger.position(slot))
    }

    /// Last known close of an asset as traded; `None` before its first bar.
    #[must_use]
    pub fn close_price(&self, asset: AssetId) -> Option<f64> {
        self.own_row(asset).and_then(|_| Some(self.ledger.close(self.slot(asset).ok()?)))
    }

    /// What entries are for where the strategy does not say otherwise.
    #[must_use]
    pub fn default_size(&self) -> Size {
        self.config.size.into()
    }

    /// A market order to buy.
    ///
    /// # Errors
    /// As [`Run::submit`].
    pub fn buy(&self, asset: AssetId, size: Size) -> Result<OrderId, TicketError> {
        self.market_order(asset, Side::Buy, size)
    }

    /// A market order to sell, short where there is nothing to sell.
    ///
    /// # Errors
    /// As [`Run::submit`].
    pub fn sell(&self, asset: AssetId, size: Size) -> Result<OrderId, TicketError> {
        self.market_order(asset, Side::Sell, size)
    }

    /// A market order that closes the position; `None` where there is none.
    ///
    /// # Errors
    /// As [`Run::submit`].
    pub fn close(&self, asset: AssetId) -> Result<Option<OrderId>, TicketError> {
        let position = self.ledger.position(self.slot(asset)?);
        if position == 0.0 {
            return Ok(None);
        }
        let side = if position > 0.0 { Side::Sell } else { Side::Buy };
        self.market_order(asset, side, Size::Position).map(Some)
    }

    fn market_order(&self, asset: AssetId, side: Side, size: Size) -> Result<OrderId, TicketError> {
        self.submit(&Ticket::market(asset, side, size))
    }

    /// Makes an order. It is filled by the engine later, never inside this call.
    ///
    /// # Errors
    /// An asset that takes no part; a price, size or distance that is not above zero.
    pub fn submit(&self, ticket: &Ticket) -> Result<OrderId, TicketError> {
        let slot = self.slot(ticket.asset)?;
        let id = self.desk.borrow_mut().submit(ticket, slot, self.stamp())?;
        self.ordered.set(true);
        Ok(id)
    }

    /// Withdraws an order; false where it no longer waits.
    pub fn cancel(&self, order: OrderId) -> bool {
        self.desk.borrow_mut().cancel(order, self.row() as u32)
    }

    /// An order as it was submitted; `None` for a number that was not given out.
    #[must_use]
    pub fn order(&self, order: OrderId) -> Option<Order> {
        self.desk.borrow().orders.get(order.0 as usize).copied()
    }

    /// Where an order stands.
    #[must_use]
    pub fn status(&self, order: OrderId) -> Option<OrderStatus> {
        self.desk.borrow().status.get(order.0 as usize).copied()
    }

    /// A closed trade.
    #[must_use]
    pub fn trade(&self, trade: TradeId) -> Option<Trade> {
        self.ledger.book().trades.get(trade.0 as usize).copied()
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { row: self.row() as u32, time: self.time() }
    }

    #[inline]
    pub(crate) fn slot(&self, asset: AssetId) -> Result<usize, TicketError> {
        match self.slots.get(asset.index()) {
            Some(slot) if *slot != NO_SLOT => Ok(*slot as usize),
            _ => Err(TicketError::Asset(asset)),
        }
    }

    #[inline]
    pub(crate) fn is_live(&self, slot: usize) -> bool {
        self.live[slot].get()
    }

    #[inline]
    pub(crate) fn set_live(&self, slot: usize, live: bool) {
        self.live[slot].set(live);
    }

    #[inline]
    pub(crate) fn set_row(&self, row: usize) {
        self.row.set(row);
    }

    #[inline]
    pub(crate) fn cursor(&self, slot: usize) -> &Arc<AtomicUsize> {
        &self.cursors[slot]
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }
}
