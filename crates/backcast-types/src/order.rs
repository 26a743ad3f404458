//! Orders, what becomes of them, and fills.

use crate::{AssetId, Timestamp};

/// Which way an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Adds shares.
    Buy,
    /// Takes shares away; below zero the position is short.
    Sell,
}

impl Side {
    /// +1 for a purchase, -1 for a sale.
    #[must_use]
    pub fn sign(self) -> f64 {
        match self {
            Side::Buy => 1.0,
            Side::Sell => -1.0,
        }
    }

    /// The other side.
    #[must_use]
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }
}

/// An order by its number in the run, counted from zero in order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u32);

/// How an order wants to be filled. Prices are traded (not adjusted) prices, and are rescaled by splits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OrderKind {
    /// At the next open, or at this bar's close where the run says so.
    Market,
    /// At `limit` or better.
    Limit {
        /// Worst acceptable price.
        limit: f64,
    },
    /// A market order once the price reaches `stop`.
    Stop {
        /// Price that wakes the order.
        stop: f64,
    },
}

/// How many shares an order is for. All but `Shares` are worked out at the fill, after slippage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// So many shares, more than zero. Rejected whole where cash cannot pay for them.
    Shares(f64),
    /// Shares worth this much cash, costs included, at most what cash can pay.
    Value(f64),
    /// Shares worth this fraction of equity (1.0 is all of it), costs included, at most what cash can pay.
    EquityFraction(f64),
    /// Shares for all the cash there is.
    AllIn,
    /// What closes the position held at the fill.
    Position,
}

/// An order as it was submitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// Number in the run.
    pub id: OrderId,
    /// What is traded.
    pub asset: AssetId,
    /// Which way.
    pub side: Side,
    /// How.
    pub kind: OrderKind,
    /// How much.
    pub size: Size,
    /// Where true, the fill first closes an opposite position, then opens `size` on the other side.
    pub reverse: bool,
    /// Row of the run's clock at whose close the order was made.
    pub submitted: u32,
    /// Time of that row.
    pub time: Timestamp,
}

/// Why an order was not filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Cash cannot pay for the fixed size asked for.
    NotEnoughCash,
    /// The budget does not pay for one share.
    LessThanOneShare,
    /// A short sale would be worth more than equity.
    ShortBeyondEquity,
    /// More than 2^53 shares: whole shares have no meaning there.
    TooManyShares,
    /// There was no position left to close.
    NothingToClose,
    /// The strategy withdrew it, or the position that it protects is gone.
    Cancelled,
    /// The data ended before it could be filled.
    EndOfData,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Waiting.
    Open,
    /// Filled whole.
    Filled,
    /// Refused at its fill.
    Rejected(Reason),
    /// Ended without a fill.
    Ended(Reason),
}

/// Something that happened to an order; callbacks get these by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderEvent {
    /// Which order.
    pub order: OrderId,
    /// What it is now.
    pub status: OrderStatus,
    /// Row of the run's clock.
    pub row: u32,
}

/// Shares that changed hands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// The order behind it.
    pub order: OrderId,
    /// What was traded.
    pub asset: AssetId,
    /// Row of the run's clock.
    pub row: u32,
    /// Time of that row's bar.
    pub time: Timestamp,
    /// Shares, negative for a sale.
    pub quantity: f64,
    /// Traded price per share, slippage included.
    pub price: f64,
    /// Commission in cash, not negative.
    pub commission: f64,
    /// What slippage cost in cash: |quantity| times the distance from the price before slippage.
    pub slippage: f64,
}
