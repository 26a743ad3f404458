//! How far a trade went against, and in favour of, the trader while it lasted.
//!
//! Source: J. Sweeney, "Maximum Adverse Excursion", Wiley, 1996.

use backcast_data::Asset;
use backcast_types::Trade;

use crate::config::FillTiming;

/// Largest distances of the price from the entry price during a trade, as fractions of the entry price, not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excursion {
    /// Against the trader (MAE).
    pub adverse: f64,
    /// In the trader's favour (MFE).
    pub favourable: f64,
}

/// Excursions of a finished trade.
///
/// Highs and lows count for the bars that were held whole: with fills at the open from the bar of the entry to the one before the
/// exit, with fills at the close from the bar after the entry to that of the exit. The exit price counts always. Prices before a
/// split are restated as the trade's entry price is. `asset` must be the one that was traded.
#[must_use]
pub fn excursions(trade: &Trade, asset: &Asset, timing: FillTiming) -> Excursion {
    let bars = &asset.bars;
    let row = |time: i64| bars.time.partition_point(|t| *t < time);
    let late = usize::from(timing == FillTiming::SameClose);
    let (entry, exit) = (row(trade.entry_time.0), row(trade.exit_time.0));
    let held = (entry + late).min(bars.len())..(exit + late).min(bars.len());
    let last_day = bars.day.get(exit).copied().unwrap_or(i32::MAX);
    let (mut high, mut low) = (trade.exit_price, trade.exit_price);
    for row in held {
        let later = asset.splits.iter().filter(|s| s.day.0 > bars.day[row] && s.day.0 <= last_day);
        let factor = later.fold(1.0, |product, split| product * split.shares);
        high = high.max(bars.high[row] / factor);
        low = low.min(bars.low[row] / factor);
    }
    let above = (high / trade.entry_price - 1.0).max(0.0);
    let below = (1.0 - low / trade.entry_price).max(0.0);
    if trade.quantity > 0.0 {
        Excursion { adverse: below, favourable: above }
    } else {
        Excursion { adverse: above, favourable: below }
    }
}
