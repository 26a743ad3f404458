//! What a run leaves behind.

use backcast_metrics::{Row, Tally};
use backcast_types::{
    AssetId, Fill, Order, OrderEvent, OrderId, OrderStatus, Reason, Timestamp, Trade,
};

use crate::clock::Window;

/// Everything a run did.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// Assets in listed order.
    pub assets: Vec<AssetId>,
    /// Time of each row, nanoseconds UTC.
    pub clock: Window<i64>,
    /// Session day of each row, days since 1970-01-01.
    pub days: Window<i32>,
    /// Cash at the start.
    pub start_cash: f64,
    /// Cash and positions at the close of each row.
    pub equity: Vec<f64>,
    /// Shares held at the close of each row.
    pub positions: Positions,
    /// All orders by number.
    pub orders: Vec<Order>,
    /// What became of them, in order of time.
    pub order_events: Vec<OrderEvent>,
    /// Shares that changed hands, in order of time.
    pub fills: Vec<Fill>,
    /// Round trips in order of their end.
    pub trades: Vec<Trade>,
    /// Dividends and split fractions that were paid.
    pub payments: Vec<Payment>,
    /// What fills add up to.
    pub tally: Tally,
    /// The thirteen metrics.
    pub row: Row,
    /// What the user should know about how the run was done.
    pub notices: Vec<String>,
}

/// Positions as changes, since most rows change nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Positions {
    /// Number of rows.
    pub rows: usize,
    /// Number of assets.
    pub assets: usize,
    /// In order of row, at most one for each row and asset.
    pub changes: Vec<Change>,
}

/// From a row on, so many shares are held at the close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Row of the run's clock.
    pub row: u32,
    /// The asset by its place in the run's list.
    pub slot: u32,
    /// Shares, negative where short.
    pub quantity: f64,
}

impl Positions {
    /// Shares held at the close of a row; zero outside of the run.
    #[must_use]
    pub fn at(&self, slot: usize, row: usize) -> f64 {
        let seen = self.changes.partition_point(|c| c.row as usize <= row);
        let last = self.changes[..seen].iter().rev().find(|c| c.slot as usize == slot);
        last.map_or(0.0, |c| c.quantity)
    }

    /// Shares held at the close of every row, shape `(rows,)`.
    #[must_use]
    pub fn column(&self, slot: usize) -> Vec<f64> {
        let mut column = Vec::with_capacity(self.rows);
        let mut held = 0.0;
        for change in self.changes.iter().filter(|c| c.slot as usize == slot) {
            column.resize((change.row as usize).min(self.rows), held);
            held = change.quantity;
        }
        column.resize(self.rows, held);
        column
    }
}

/// Cash that came in or went out other than by a fill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payment {
    /// Row of the run's clock.
    pub row: u32,
    /// Time of that row.
    pub time: Timestamp,
    /// The asset behind it.
    pub asset: AssetId,
    /// What for.
    pub kind: PaymentKind,
    /// Cash, negative where it went out.
    pub amount: f64,
}

/// What a payment was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKind {
    /// A dividend, to holders or from those who are short.
    Dividend,
    /// The part of a share that a split left over.
    SplitFraction,
}

/// What became of one order.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// The order as it was submitted.
    pub order: Order,
    /// Its steps in order of time.
    pub events: Vec<OrderEvent>,
    /// Its fill, where it was filled.
    pub fill: Option<Fill>,
}

impl Story {
    /// Why it was not filled; `None` where it was.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self.events.last()?.status {
            OrderStatus::Rejected(reason) | OrderStatus::Ended(reason) => Some(reason),
            OrderStatus::Open | OrderStatus::Filled => None,
        }
    }
}

impl RunResult {
    /// The story of an order; `None` for a number that was not given out.
    #[must_use]
    pub fn story(&self, order: OrderId) -> Option<Story> {
        Some(Story {
            order: *self.orders.get(order.0 as usize)?,
            events: self.order_events.iter().filter(|e| e.order == order).copied().collect(),
            fill: self.fills.iter().find(|f| f.order == order).copied(),
        })
    }

    /// Where an asset stands in the run's list.
    #[must_use]
    pub fn slot(&self, asset: AssetId) -> Option<usize> {
        self.assets.iter().position(|a| *a == asset)
    }
}
