//! Splits and dividends as factors on prices and volumes.
//!
//! Forward adjustment is what rules see: raw price times the product of 1/ratio of all events on or before the row.
//! It only appends: an event changes rows from its day on and nothing before, so the past never moves.

use crate::{Asset, Field};

/// Products of factors, one value a row. `None` stands for all ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Factors {
    /// What a traded price is multiplied by: 1/ratio of splits and dividends so far.
    pub price: Option<Vec<f64>>,
    /// What a traded volume is multiplied by: the split ratios (old by new shares) so far.
    pub volume: Option<Vec<f64>>,
}

/// Ratio of a split for prices: old shares by new shares, 0.5 for a 2:1 split.
pub(crate) fn split_ratio(shares: f64) -> f64 {
    1.0 / shares
}

/// Ratio of a dividend for prices: `1 - amount / previous close`, the close as traded of the last bar before the
/// ex-date. `None` where there is no such bar, or the ratio would not be positive: the price is then not adjusted.
pub(crate) fn dividend_ratio(asset: &Asset, index: usize) -> Option<f64> {
    let dividend = &asset.dividends[index];
    let row = asset.bars.day.partition_point(|d| *d < dividend.ex_day.0);
    let previous = asset.bars.close[row.checked_sub(1)?];
    let ratio = 1.0 - dividend.amount / previous;
    (ratio > 0.0).then_some(ratio)
}

/// Price events of an asset: (first row on or after the day, ratio, is a split), in order of day, dividends first.
pub(crate) fn events(asset: &Asset) -> Vec<(usize, f64, bool)> {
    let dividends = (0..asset.dividends.len())
        .filter_map(|i| dividend_ratio(asset, i).map(|r| (asset.dividends[i].ex_day, r, false)));
    let splits = asset.splits.iter().map(|s| (s.day, split_ratio(s.shares), true));
    let mut all: Vec<_> = dividends.chain(splits).collect();
    all.sort_by_key(|(day, _, is_split)| (*day, *is_split));
    all.into_iter()
        .map(|(day, ratio, is_split)| {
            (asset.bars.day.partition_point(|d| *d < day.0), ratio, is_split)
        })
        .collect()
}

/// Forward factors of every row of an asset.
#[must_use]
pub fn forward_factors(asset: &Asset) -> Factors {
    let _span = backcast_spans::span!("data.adjust");
    let events = events(asset);
    let running = |wanted: &dyn Fn(bool) -> bool, invert: bool| {
        if !events.iter().any(|(row, _, split)| wanted(*split) && *row < asset.bars.len()) {
            return None;
        }
        let mut factor = 1.0;
        let mut next = events.iter().filter(|(_, _, split)| wanted(*split)).peekable();
        let rows = (0..asset.bars.len()).map(|row| {
            while let Some((_, ratio, _)) = next.next_if(|(at, _, _)| *at <= row) {
                factor *= if invert { 1.0 / ratio } else { *ratio };
            }
            factor
        });
        Some(rows.collect())
    };
    Factors { price: running(&|_| true, true), volume: running(&|split| split, false) }
}

/// A column as rules see it: forward adjusted. Without events this is the traded column itself.
#[must_use]
pub fn forward_column(asset: &Asset, field: Field, factors: &Factors) -> crate::Column<f64> {
    let _span = backcast_spans::span!("data.adjust_column");
    let raw = asset.bars.field(field);
    let by = if field == Field::Volume { &factors.volume } else { &factors.price };
    match by {
        None => raw.clone(),
        Some(by) => raw.iter().zip(by).map(|(x, f)| x * f).collect::<Vec<_>>().into(),
    }
}
