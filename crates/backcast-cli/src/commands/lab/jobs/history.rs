//! 2,000 windows of history: 50 daily closes of seven assets in turn, at one session or at sessions that move on, as traded or adjusted
//! for splits and dividends.

use std::{hint::black_box, sync::Arc};

use backcast_data::{Field, Market, PortalData};
use backcast_spans::span;
use backcast_store::load_bundle;
use backcast_types::{AssetId, Timestamp};

use super::{Passes, Setting, Workload, failed, markets::SEVEN};
use crate::failure::Failure;

const CALLS: u32 = 2_000;
const ROWS: usize = 50;
/// Position of the session of the report.
const SESSION: usize = 55;

pub(super) const FIXED_RAW: Workload =
    workload("history-fixed-raw", "at one session, prices as traded", |setting, passes| {
        run(setting, passes, Clock::Fixed, Prices::Raw)
    });
pub(super) const FIXED_ADJUSTED: Workload =
    workload("history-fixed-adjusted", "at one session, prices adjusted", |setting, passes| {
        run(setting, passes, Clock::Fixed, Prices::Adjusted)
    });
pub(super) const MOVING_RAW: Workload =
    workload("history-moving-raw", "at moving sessions, prices as traded", |setting, passes| {
        run(setting, passes, Clock::Moving, Prices::Raw)
    });
pub(super) const MOVING_ADJUSTED: Workload = workload(
    "history-moving-adjusted",
    "at moving sessions, prices adjusted",
    |setting, passes| run(setting, passes, Clock::Moving, Prices::Adjusted),
);

const fn workload(
    name: &'static str,
    about: &'static str,
    run: fn(&Setting, &mut Passes) -> Result<String, Failure>,
) -> Workload {
    Workload { name, about, unit: "window of 50 closes", calls: CALLS, spreads: false, run }
}

#[derive(Clone, Copy)]
enum Clock {
    Fixed,
    Moving,
}

#[derive(Clone, Copy)]
enum Prices {
    Raw,
    Adjusted,
}

fn run(
    setting: &Setting,
    passes: &mut Passes,
    clock: Clock,
    prices: Prices,
) -> Result<String, Failure> {
    let job = span!("lab.job");
    let set_up = span!("lab.set_up");
    let mut market = load_bundle(&setting.home, SEVEN, false)?;
    if let Prices::Raw = prices {
        forget_events(&mut market);
    }
    let portal = PortalData::new(&market);
    let calls = calls(&portal, market.assets.len(), clock);
    drop(set_up);
    passes.repeat(|| {
        let _span = span!("data.history");
        for (asset, now) in &calls {
            let window = portal.at(*now).history(*asset, Field::Close, ROWS);
            black_box(window.map_err(failed)?);
        }
        Ok(())
    })?;
    drop(job);
    digest(&portal, &calls)
}

/// The clock moves once all assets were asked, as in a backtest, and begins anew at the end of the data.
fn calls(portal: &PortalData<'_>, assets: usize, clock: Clock) -> Vec<(AssetId, Timestamp)> {
    let times = portal.times();
    let call = |i: usize| {
        let moved = match clock {
            Clock::Fixed => 0,
            Clock::Moving => i / assets % (times.len() - SESSION),
        };
        (AssetId((i % assets) as u32), Timestamp(times[SESSION + moved]))
    };
    (0..CALLS as usize).map(call).collect()
}

fn forget_events(market: &mut Market) {
    for asset in &mut market.assets {
        let asset = Arc::make_mut(asset);
        asset.splits.clear();
        asset.dividends.clear();
    }
}

/// Of all values to the bit; a price that is not there is always the same NaN.
fn digest(portal: &PortalData<'_>, calls: &[(AssetId, Timestamp)]) -> Result<String, Failure> {
    let mut hasher = blake3::Hasher::new();
    for (asset, now) in calls {
        let window = portal.at(*now).history(*asset, Field::Close, ROWS).map_err(failed)?;
        for value in window.values.iter() {
            let value = if value.is_nan() { f64::NAN } else { *value };
            hasher.update(&value.to_bits().to_le_bytes());
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}
