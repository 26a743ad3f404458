//! The identity of data: blake3 over canonical columns and events.
//!
//! The same bars and events have the same digest whether they came from CSV, Parquet or memory. Layout 1, little-endian:
//! per asset its symbol, number of bars, time, day and the five columns, extra columns by name, splits, dividends, last
//! session; -0.0 counts as 0.0 and every NaN as one; then over all assets the frequency and the assets' digests in listed
//! order. Names of bundle and calendar are no part of it.

use backcast_data::{Asset, Column, Field, Frequency, Market};

const LAYOUT: &[u8] = b"backcast data 1";

/// Hex blake3 of a market's bars and events.
#[must_use]
pub fn data_digest(market: &Market) -> String {
    combine(market.frequency, market.assets.iter().map(|asset| asset_digest(asset)))
}

/// The digest of a market from those of its assets.
pub(crate) fn combine(
    frequency: Frequency,
    assets: impl ExactSizeIterator<Item = blake3::Hash>,
) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(LAYOUT);
    let minutes = match frequency {
        Frequency::Daily => 0u16,
        Frequency::Minutes(n) => n,
    };
    hasher.update(&minutes.to_le_bytes());
    hasher.update(&(assets.len() as u64).to_le_bytes());
    for digest in assets {
        hasher.update(digest.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The digest of one asset.
pub(crate) fn asset_digest(asset: &Asset) -> blake3::Hash {
    let _span = backcast_spans::span!("store.digest");
    let mut hasher = blake3::Hasher::new();
    text(&mut hasher, &asset.symbol);
    let bars = &asset.bars;
    hasher.update(&(bars.len() as u64).to_le_bytes());
    hasher.update(bytemuck::cast_slice(&bars.time));
    hasher.update(bytemuck::cast_slice(&bars.day));
    for field in Field::ALL {
        numbers(&mut hasher, bars.field(field));
    }
    let mut extra: Vec<&(String, Column<f64>)> = bars.extra.iter().collect();
    extra.sort_by(|a, b| a.0.cmp(&b.0));
    hasher.update(&(extra.len() as u64).to_le_bytes());
    for (name, column) in extra {
        text(&mut hasher, name);
        numbers(&mut hasher, column);
    }
    hasher.update(&(asset.splits.len() as u64).to_le_bytes());
    for split in &asset.splits {
        hasher.update(&split.day.0.to_le_bytes());
        hasher.update(&canonical(split.shares).to_le_bytes());
    }
    hasher.update(&(asset.dividends.len() as u64).to_le_bytes());
    for dividend in &asset.dividends {
        hasher.update(&dividend.ex_day.0.to_le_bytes());
        hasher.update(&dividend.pay_day.0.to_le_bytes());
        hasher.update(&canonical(dividend.amount).to_le_bytes());
    }
    hasher.update(&asset.delisted.map_or(i32::MIN, |day| day.0).to_le_bytes());
    hasher.finalize()
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// Bits of a number, with one zero and one NaN.
fn canonical(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { (x + 0.0).to_bits() }
}

fn numbers(hasher: &mut blake3::Hasher, column: &[f64]) {
    let mut block = [0u64; 512];
    for chunk in column.chunks(block.len()) {
        for (slot, x) in block.iter_mut().zip(chunk) {
            *slot = canonical(*x).to_le();
        }
        hasher.update(bytemuck::cast_slice(&block[..chunk.len()]));
    }
}
