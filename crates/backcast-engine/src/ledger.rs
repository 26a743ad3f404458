//! Cash and positions. Nothing else changes them.
//!
//! Readers share the ledger; its cells are written between callbacks only.

use std::cell::{Cell, Ref, RefCell};

use backcast_metrics::Tally;
use backcast_types::{AssetId, Timestamp, Trade};

use crate::{
    actions::Action,
    result::{Change, Payment, PaymentKind},
};

/// When something is booked: row of the run's clock, and its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) row: u32,
    pub(crate) time: Timestamp,
}

/// Shares that change hands in one direction, with the cash that goes the other way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    /// Shares, negative for a sale.
    pub(crate) quantity: f64,
    pub(crate) price: f64,
    /// Cash that comes in, negative where it goes out.
    pub(crate) cash: f64,
    pub(crate) commission: f64,
    pub(crate) slippage: f64,
}

/// Cash, positions and last prices of a run; shared with the strategy to read.
#[derive(Debug)]
pub struct Ledger {
    cash: Cell<f64>,
    holdings: Box<[Holding]>,
    /// How many positions are not zero.
    held: Cell<usize>,
    book: RefCell<Book>,
}

#[derive(Debug)]
struct Holding {
    asset: AssetId,
    position: Cell<f64>,
    /// Last known close; zero before the first bar.
    close: Cell<f64>,
}

/// What the ledger has written down so far.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) trades: Vec<Trade>,
    pub(crate) changes: Vec<Change>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) tally: Tally,
    open: Vec<OpenTrade>,
    /// Dividends that were earned, by asset and number of the dividend, until they are paid.
    claims: Vec<Vec<f64>>,
}

/// A trade that has not ended.
#[derive(Clone, Copy, Debug)]
struct OpenTrade {
    /// Cash it has brought so far.
    flow: f64,
    costs: f64,
    /// Largest position, with its sign.
    largest: f64,
    entry: Stamp,
    entry_price: f64,
}

impl OpenTrade {
    const NONE: OpenTrade = OpenTrade {
        flow: 0.0,
        costs: 0.0,
        largest: 0.0,
        entry: Stamp { row: 0, time: Timestamp(0) },
        entry_price: 0.0,
    };
}

impl Ledger {
    /// Cash and nothing else. `last` is the last close known for each asset, zero where there is none.
    pub(crate) fn new(cash: f64, assets: impl Iterator<Item = (AssetId, f64)>) -> Ledger {
        let holding =
            |(asset, close)| Holding { asset, position: Cell::new(0.0), close: Cell::new(close) };
        let holdings: Box<[Holding]> = assets.map(holding).collect();
        let book = Book {
            open: vec![OpenTrade::NONE; holdings.len()],
            claims: vec![Vec::new(); holdings.len()],
            ..Book::default()
        };
        Ledger { cash: Cell::new(cash), holdings, held: Cell::new(0), book: RefCell::new(book) }
    }

    /// Makes room for so many changes of positions and closed trades.
    pub(crate) fn make_room(&self, changes: usize, trades: usize) {
        let mut book = self.book.borrow_mut();
        book.changes.reserve_exact(changes);
        book.trades.reserve_exact(trades);
    }

    /// Cash, unpaid dividends not included.
    #[inline]
    pub(crate) fn cash(&self) -> f64 {
        self.cash.get()
    }

    /// Shares held of an asset, negative where short.
    #[inline]
    pub(crate) fn position(&self, slot: usize) -> f64 {
        self.holdings[slot].position.get()
    }

    /// Last known close.
    #[inline]
    pub(crate) fn close(&self, slot: usize) -> f64 {
        self.holdings[slot].close.get()
    }

    /// Whether any position is not zero.
    #[inline]
    pub(crate) fn holds(&self) -> bool {
        self.held.get() != 0
    }

    /// Cash, then each position at its last known close, asset by asset.
    #[inline]
    pub(crate) fn equity(&self) -> f64 {
        let value = |h: &Holding| h.position.get() * h.close.get();
        self.holdings.iter().fold(self.cash.get(), |sum, h| sum + value(h))
    }

    /// What all short positions but that of `slot` would cost at the last known closes.
    pub(crate) fn short_value_beside(&self, slot: usize) -> f64 {
        let short = |h: &Holding| {
            if h.position.get() < 0.0 { -h.position.get() * h.close.get() } else { 0.0 }
        };
        let others = self.holdings.iter().enumerate().filter(|(i, _)| *i != slot);
        others.fold(0.0, |sum, (_, h)| sum + short(h))
    }

    /// What was written down.
    pub(crate) fn book(&self) -> Ref<'_, Book> {
        self.book.borrow()
    }

    /// Takes what was written down.
    pub(crate) fn take_book(&self) -> Book {
        self.book.take()
    }

    /// A new last known close.
    #[inline]
    pub(crate) fn mark(&self, slot: usize, close: f64) {
        self.holdings[slot].close.set(close);
    }

    /// Shares change hands. A leg never crosses zero: what turns a position is two legs. True where it ended a trade.
    pub(crate) fn trade(&self, slot: usize, leg: &Leg, stamp: Stamp) -> bool {
        let before = self.position(slot);
        let after = before + leg.quantity;
        self.cash.set(self.cash.get() + leg.cash);
        let mut book = self.book.borrow_mut();
        self.set_position(&mut book, slot, after, stamp.row);
        let cost = leg.commission + leg.slippage;
        book.tally.costs += cost;
        let open = &mut book.open[slot];
        if before == 0.0 {
            *open = OpenTrade { entry: stamp, entry_price: leg.price, ..OpenTrade::NONE };
        }
        open.flow += leg.cash;
        open.costs += cost;
        if after.abs() > open.largest.abs() {
            open.largest = after;
        }
        if after == 0.0 {
            self.end_trade(&mut book, slot, leg.price, stamp);
        }
        after == 0.0
    }

    /// A split or dividend. True where it ended a trade.
    pub(crate) fn act(&self, slot: usize, action: Action, whole: bool, stamp: Stamp) -> bool {
        match action {
            Action::Earn { amount, claim } => self.earn(slot, amount, claim),
            Action::Pay { claim } => self.pay(slot, claim, stamp),
            Action::Split { shares } => return self.split(slot, shares, whole, stamp),
        }
        false
    }

    /// Holders before this row's open will be paid `amount` a share.
    fn earn(&self, slot: usize, amount: f64, claim: usize) {
        let position = self.position(slot);
        if position == 0.0 {
            return;
        }
        let mut book = self.book.borrow_mut();
        let earned = position * amount;
        let claims = &mut book.claims[slot];
        if claims.len() <= claim {
            claims.resize(claim + 1, 0.0);
        }
        claims[claim] = earned;
        book.open[slot].flow += earned;
    }

    /// A dividend that was earned comes in; that of a short position goes out.
    fn pay(&self, slot: usize, claim: usize, stamp: Stamp) {
        let mut book = self.book.borrow_mut();
        let earned = book.claims[slot].get_mut(claim).map_or(0.0, std::mem::take);
        if earned != 0.0 {
            self.cash.set(self.cash.get() + earned);
            book.payments.push(self.payment(slot, PaymentKind::Dividend, earned, stamp));
        }
    }

    /// All dividends that were earned and are not due yet come in, or go out: nothing comes after.
    pub(crate) fn pay_all(&self, stamp: Stamp) {
        for slot in 0..self.holdings.len() {
            let claims = self.book.borrow().claims[slot].len();
            (0..claims).for_each(|claim| self.pay(slot, claim, stamp));
        }
    }

    /// Each share becomes `shares`. Of whole shares, a fraction left over is paid at the previous close. True where no share is
    /// left, which ends the trade.
    fn split(&self, slot: usize, shares: f64, whole: bool, stamp: Stamp) -> bool {
        let before = self.position(slot);
        if before == 0.0 {
            return false;
        }
        let restated = before * shares;
        // Adding zero turns -0.0 into 0.0.
        let after = if whole { restated.trunc() + 0.0 } else { restated };
        let price = self.close(slot) / shares;
        let mut book = self.book.borrow_mut();
        self.set_position(&mut book, slot, after, stamp.row);
        let open = &mut book.open[slot];
        open.entry_price /= shares;
        open.largest *= shares;
        if whole {
            let paid = (restated - after) * price;
            open.flow += paid;
            self.cash.set(self.cash.get() + paid);
            if paid != 0.0 {
                book.payments.push(self.payment(slot, PaymentKind::SplitFraction, paid, stamp));
            }
        }
        if after == 0.0 {
            self.end_trade(&mut book, slot, price, stamp);
        }
        after == 0.0
    }

    fn payment(&self, slot: usize, kind: PaymentKind, amount: f64, stamp: Stamp) -> Payment {
        Payment { row: stamp.row, time: stamp.time, asset: self.holdings[slot].asset, kind, amount }
    }

    fn set_position(&self, book: &mut Book, slot: usize, after: f64, row: u32) {
        let before = self.holdings[slot].position.replace(after);
        let held = self.held.get() + usize::from(after != 0.0) - usize::from(before != 0.0);
        self.held.set(held);
        let changes = &mut book.changes;
        let slot = slot as u32;
        // Of several changes in a row only the last is seen at the close.
        let now = changes.iter().rposition(|c| c.row != row).map_or(0, |i| i + 1);
        match changes[now..].iter_mut().find(|c| c.slot == slot) {
            Some(change) => change.quantity = after,
            None => changes.push(Change { row, slot, quantity: after }),
        }
    }

    fn end_trade(&self, book: &mut Book, slot: usize, price: f64, stamp: Stamp) {
        let open = std::mem::replace(&mut book.open[slot], OpenTrade::NONE);
        book.tally.trades += 1.0;
        if open.flow > 0.0 {
            book.tally.wins += 1.0;
            book.tally.profit += open.flow;
        } else {
            book.tally.loss += open.flow;
        }
        book.trades.push(Trade {
            asset: self.holdings[slot].asset,
            quantity: open.largest,
            entry_row: open.entry.row,
            entry_time: open.entry.time,
            entry_price: open.entry_price,
            exit_row: stamp.row,
            exit_time: stamp.time,
            exit_price: price,
            net_profit: open.flow,
            costs: open.costs,
        });
    }
}
