//! Values that every part of Backcast shares: time, assets, orders, fills, trades.
//!
//! No behaviour beyond their own arithmetic. Prices, sizes and cash are `f64`, time is `i64` nanoseconds UTC.

mod day;
mod order;
mod timestamp;
mod trade;

pub use day::{Day, DayError};
pub use order::{Fill, Order, OrderEvent, OrderId, OrderKind, OrderStatus, Reason, Side, Size};
pub use timestamp::{Timestamp, TimestampError};
pub use trade::Trade;

/// An asset by its position in the market it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId(pub u32);

impl AssetId {
    /// Position in the market's list of assets.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
