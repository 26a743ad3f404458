//! Small markets made by hand.

use std::sync::Arc;

use backcast_data::{Asset, Bars, Frequency, Market};

/// First session of every market here: 2001-01-02.
pub(crate) const FIRST_DAY: i32 = 11_324;

const DAY_NS: i64 = 86_400_000_000_000;

/// An asset whose bars open where the last one closed, one a calendar day.
pub(crate) fn asset(symbol: &str, close: &[f64]) -> Asset {
    let open: Vec<f64> = [close[0]].into_iter().chain(close.iter().copied()).collect();
    let open = open[..close.len()].to_vec();
    let high = open.iter().zip(close).map(|(a, b)| a.max(*b)).collect::<Vec<_>>();
    let low = open.iter().zip(close).map(|(a, b)| a.min(*b)).collect::<Vec<_>>();
    let day: Vec<i32> = (0..close.len() as i32).map(|i| FIRST_DAY + i).collect();
    let time: Vec<i64> = day.iter().map(|d| i64::from(*d) * DAY_NS + DAY_NS * 7 / 8).collect();
    Asset {
        symbol: symbol.to_owned(),
        bars: Bars {
            time: time.into(),
            day: day.into(),
            open: open.into(),
            high: high.into(),
            low: low.into(),
            close: close.to_vec().into(),
            volume: vec![1000.0; close.len()].into(),
            extra: Vec::new(),
        },
        splits: Vec::new(),
        dividends: Vec::new(),
        delisted: None,
    }
}

pub(crate) fn market(assets: Vec<Asset>) -> Market {
    Market {
        name: "made".to_owned(),
        calendar: None,
        frequency: Frequency::Daily,
        periods_per_year: 252.0,
        assets: assets.into_iter().map(Arc::new).collect(),
        digest: "0".repeat(64),
    }
}

/// Closes that wander, the same for the same seed.
pub(crate) fn walk(seed: u64, bars: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut price: f64 = 100.0;
    (0..bars)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let unit = (state >> 33) as f64 / (1u64 << 31) as f64;
            price *= 1.0 + (unit - 0.495) * 0.04;
            (price * 100.0).round() / 100.0
        })
        .collect()
}
