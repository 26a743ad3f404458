//! Round trips.

use crate::{AssetId, Timestamp};

/// A round trip: from flat (or from the other side) to flat. A position still open at the end is no trade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trade {
    /// What was traded.
    pub asset: AssetId,
    /// Largest number of shares held, negative for a short trade.
    pub quantity: f64,
    /// Row of the run's clock of the first fill.
    pub entry_row: u32,
    /// Time of the first fill's bar.
    pub entry_time: Timestamp,
    /// Price of the first fill, restated by splits since.
    pub entry_price: f64,
    /// Row of the run's clock of the last fill.
    pub exit_row: u32,
    /// Time of the last fill's bar.
    pub exit_time: Timestamp,
    /// Price of the last fill.
    pub exit_price: f64,
    /// Cash out less cash in: price, commission, slippage, dividends and split fractions together.
    pub net_profit: f64,
    /// Commission and slippage of its fills.
    pub costs: f64,
}
