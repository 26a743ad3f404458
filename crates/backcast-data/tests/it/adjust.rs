//! Forward adjustment, and the portal against a restatement of its rules.

use backcast_data::{
    Asset, Field, Item, Market, PortalData, SyntheticSpec, forward_column, forward_factors,
};
use backcast_types::{AssetId, Timestamp};
use proptest::prelude::*;

fn market(seed: u64) -> Market {
    SyntheticSpec { assets: 3, years: 3, seed, ..SyntheticSpec::default() }.market("m")
}

/// Price and volume ratio of every event by day, dividends first, as the text of the rules has it.
fn ratios(asset: &Asset) -> Vec<(i32, f64, f64)> {
    let mut all = Vec::new();
    for dividend in &asset.dividends {
        let before =
            (0..asset.bars.len()).rev().find(|row| asset.bars.day[*row] < dividend.ex_day.0);
        let Some(before) = before else { continue };
        let ratio = 1.0 - dividend.amount / asset.bars.close[before];
        if ratio > 0.0 {
            all.push((dividend.ex_day.0, ratio, 1.0));
        }
    }
    all.extend(asset.splits.iter().map(|s| (s.day.0, 1.0 / s.shares, s.shares)));
    all.sort_by_key(|event| event.0);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_window_is_what_the_rules_say_row_by_row(seed in 0u64..50, at in 0usize..700, n in 1usize..400, asset in 0usize..3, volume: bool) {
        let market = market(seed);
        let data = PortalData::new(&market);
        let row = at.min(data.times().len() - 1);
        let now = Timestamp(data.times()[row]);
        let field = if volume { Field::Volume } else { Field::Close };
        let Ok(window) = data.at(now).history(AssetId(asset as u32), field, n) else {
            prop_assert!(n > row + 1);
            return Ok(());
        };
        let asset = &market.assets[asset];
        let today = *window.days.last().unwrap();
        for (i, day) in window.days.iter().enumerate() {
            let expected = match asset.bars.day.binary_search(day) {
                Err(_) => if volume { 0.0 } else { f64::NAN },
                Ok(own) => ratios(asset)
                    .iter()
                    .filter(|event| event.0 > *day && event.0 <= today)
                    .fold(asset.bars.field(field)[own], |x, event| x * if volume { event.2 } else { event.1 }),
            };
            let got = window.values[i];
            prop_assert!((got - expected).abs() <= 1e-12 * expected.abs() || (got.is_nan() && expected.is_nan()), "{day}: {got} {expected}");
        }
    }

    #[test]
    fn later_rows_change_no_forward_adjusted_value(seed in 0u64..50, keep in 2usize..600) {
        let long = market(seed).assets[0].as_ref().clone();
        let keep = keep.min(long.bars.len());
        let mut short = long.clone();
        let last = long.bars.day[keep - 1];
        let cut = |column: &[f64]| column[..keep].to_vec().into();
        short.bars.time = long.bars.time[..keep].to_vec().into();
        short.bars.day = long.bars.day[..keep].to_vec().into();
        (short.bars.open, short.bars.high, short.bars.low) = (cut(&long.bars.open), cut(&long.bars.high), cut(&long.bars.low));
        (short.bars.close, short.bars.volume) = (cut(&long.bars.close), cut(&long.bars.volume));
        short.splits.retain(|split| split.day.0 <= last);
        short.dividends.retain(|dividend| dividend.ex_day.0 <= last);
        for field in Field::ALL {
            let whole = forward_column(&long, field, &forward_factors(&long));
            let part = forward_column(&short, field, &forward_factors(&short));
            prop_assert_eq!(&whole[..keep], &part[..]);
        }
    }
}

#[test]
fn forward_and_backward_adjustment_have_the_same_returns() {
    let market = market(4);
    let data = PortalData::new(&market);
    let last = data.at(Timestamp(*data.times().last().unwrap()));
    for (id, asset) in market.assets.iter().enumerate() {
        let forward = forward_column(asset, Field::Close, &forward_factors(asset));
        let n = data.times().len();
        let window = last.history(AssetId(id as u32), Item::Price, n);
        let backward: Vec<f64> = window.unwrap().values.to_vec();
        let own: Vec<f64> = (0..n)
            .filter(|i| asset.bars.time.binary_search(&data.times()[*i]).is_ok())
            .map(|i| backward[i])
            .collect();
        for (f, b) in forward.windows(2).zip(own.windows(2)) {
            assert!((f[1] / f[0] - b[1] / b[0]).abs() < 1e-12);
        }
    }
}
