//! Made-up markets.

use backcast_data::{
    Frequency, Market, SyntheticSpec,
    synthetic::{self, PlainBars},
};

/// FNV-1a over all columns and events: enough to see a changed bit.
fn fingerprint(market: &Market) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut take = |x: u64| {
        x.to_le_bytes()
            .iter()
            .for_each(|b| hash = (hash ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
    };
    for asset in &market.assets {
        let bars = &asset.bars;
        bars.time.iter().for_each(|t| take(*t as u64));
        for column in [&bars.open, &bars.high, &bars.low, &bars.close, &bars.volume] {
            column.iter().for_each(|x| take(x.to_bits()));
        }
        asset.splits.iter().for_each(|s| take(s.shares.to_bits() ^ s.day.0 as u64));
        asset.dividends.iter().for_each(|d| take(d.amount.to_bits() ^ d.ex_day.0 as u64));
    }
    hash
}

fn check_bars(market: &Market) {
    for asset in &market.assets {
        let bars = &asset.bars;
        assert!(!bars.is_empty());
        assert!(bars.time.windows(2).all(|w| w[0] < w[1]));
        assert!(bars.day.windows(2).all(|w| w[0] <= w[1]));
        for row in 0..bars.len() {
            let (o, h, l, c) = (bars.open[row], bars.high[row], bars.low[row], bars.close[row]);
            assert!(
                l > 0.0 && l <= o.min(c) && h >= o.max(c) && bars.volume[row] >= 1.0,
                "{} {row}",
                asset.symbol
            );
        }
    }
}

#[test]
fn a_made_up_market_is_untidy_and_the_same_each_time() {
    let spec: SyntheticSpec = "assets=60, years=20, freq=1d, seed=7".parse().unwrap();
    let market = spec.market("x");
    check_bars(&market);
    assert_eq!(fingerprint(&market), fingerprint(&spec.market("y")));
    assert_eq!(
        fingerprint(&market),
        15_142_410_111_669_610_898,
        "the market of this seed has changed"
    );
    let other = SyntheticSpec { seed: 8, ..spec };
    assert_ne!(fingerprint(&market), fingerprint(&other.market("x")));
    let count = |f: &dyn Fn(&backcast_data::Asset) -> usize| {
        market.assets.iter().map(|a| f(a)).sum::<usize>()
    };
    let longest = market.assets.iter().map(|a| a.bars.len()).max().unwrap();
    assert!(longest > 4900 && longest <= 5033);
    assert!(count(&|a| a.splits.len()) > 10);
    assert!(count(&|a| a.dividends.len()) > 1000);
    assert!(count(&|a| usize::from(a.delisted.is_some())) >= 2);
    let begin = market.assets.iter().map(|a| a.bars.day[0]).min().unwrap();
    assert!(count(&|a| usize::from(a.bars.day[0] > begin)) >= 5, "late listings");
    // The asset does not depend on how many there are.
    assert_eq!(SyntheticSpec { assets: 3, ..spec }.asset(1).bars, market.assets[1].bars);
}

#[test]
fn made_up_minutes_lie_inside_sessions() {
    let spec: SyntheticSpec = "assets=2,years=1,freq=5m,seed=3".parse().unwrap();
    let market = spec.market("m");
    check_bars(&market);
    assert_eq!((market.frequency, market.periods_per_year), (Frequency::Minutes(5), 252.0 * 78.0));
    assert!(market.assets.iter().any(|a| a.bars.len() > 19_000));
}

#[test]
fn plain_bars_are_as_many_as_asked_for() {
    for (bars, frequency) in [
        (1, Frequency::Daily),
        (2520, Frequency::Daily),
        (12_000, Frequency::Daily),
        (5000, Frequency::Minutes(1)),
    ] {
        let market = synthetic::gbm_assets(2, bars, frequency, 42);
        check_bars(&market);
        for asset in &market.assets {
            assert_eq!(asset.bars.len(), bars);
            assert!(asset.splits.is_empty() && asset.dividends.is_empty());
            let close = &asset.bars.close;
            assert!(close.iter().all(|x| ((x * 1e6).round() / 1e6).to_bits() == x.to_bits()));
        }
        assert_ne!(market.assets[0].bars.close, market.assets[1].bars.close);
    }
    let returns: Vec<f64> = synthetic::gbm(5000, 1).assets[0]
        .bars
        .close
        .windows(2)
        .map(|w| (w[1] / w[0]).ln())
        .collect();
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    let sigma =
        (returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / returns.len() as f64).sqrt();
    assert!((sigma - 0.0153).abs() < 0.001, "{sigma}");
}

#[test]
fn plain_bars_made_one_by_one_are_those_of_the_market_and_know_their_room() {
    let market = synthetic::gbm_assets(3, 700, Frequency::Minutes(5), 42);
    let plain = PlainBars::new(700, Frequency::Minutes(5), 42);
    assert!((0..3).all(|i| plain.asset(i) == *market.assets[i]));
    assert_eq!(plain.calendar(), market.calendar.as_deref());
    for frequency in [Frequency::Daily, Frequency::Minutes(390)] {
        let room = PlainBars::room(frequency);
        assert!(PlainBars::new(room, frequency, 1).calendar().is_some());
        assert!(PlainBars::new(room + 1, frequency, 1).calendar().is_none());
    }
}

#[test]
fn mistakes_in_a_spec_are_named() {
    let error = |text: &str| text.parse::<SyntheticSpec>().unwrap_err().to_string();
    assert!(
        error("asets=5").starts_with("a made-up market has no `asets`, did you mean `assets`?")
    );
    assert_eq!(
        error("years=0"),
        "years cannot be `0`; it is a whole number from 1 to 34 (1990 to 2023)"
    );
    assert_eq!(
        error("freq=2h"),
        "freq cannot be `2h`; it is 1d, or minutes as in 1m and 5m, up to 390m"
    );
    assert_eq!(
        error("seed"),
        "`seed` is not written as key=value, as in assets=500,years=20,freq=1d,seed=7"
    );
    assert_eq!(error("seed=1,seed=2"), "`seed` is given twice");
    assert_eq!("".parse::<SyntheticSpec>(), Ok(SyntheticSpec::default()));
}
