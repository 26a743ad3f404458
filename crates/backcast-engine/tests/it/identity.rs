//! Digest and manifest.

use backcast_engine::{FillTiming, Manifest, RunConfig, RunResult, Span, run};
use backcast_testkit::{Script, asset, market};
use backcast_types::{AssetId, Day};
use expect_test::expect;

const BARS: &str = "09:30 close 100
                    09:31 close 101
                    09:32 close 102";

fn played(orders: &str, bars: &str) -> RunResult {
    let market = market(vec![asset("TEST", bars)]);
    let config = RunConfig::default();
    run(&market, &[AssetId(0)], &Span::ALL, &config, &mut Script::new(orders)).unwrap()
}

#[test]
fn digest_of_a_run_is_frozen() {
    let digest = played("buy 10; 09:31 close", BARS).digest().to_string();
    expect!["d809ec62b2d2423d2437cab4006f93af5cc20dd518dccbaff5f2f179478dcd46"].assert_eq(&digest);
}

#[test]
fn digest_sees_orders_fills_positions_and_equity() {
    let base = played("buy 10; 09:31 close", BARS);
    assert_eq!(base.digest(), played("buy 10; 09:31 close", BARS).digest());
    assert_ne!(base.digest(), played("buy 11; 09:31 close", BARS).digest());
    assert_ne!(base.digest(), played("buy 10; 09:31 close; buy 1 limit 1", BARS).digest());
    let mut other = base.clone();
    other.fills[0].price = 101.5;
    assert_ne!(base.digest(), other.digest());
    let mut other = base.clone();
    other.equity[0] += 1.0;
    assert_ne!(base.digest(), other.digest());
    let mut other = base.clone();
    other.positions.changes[0].quantity = 9.0;
    assert_ne!(base.digest(), other.digest());
    let mut other = base.clone();
    other.order_events.pop();
    assert_ne!(base.digest(), other.digest());
}

#[test]
fn digest_does_not_tell_the_two_zeros_apart() {
    let base = played("buy 10; 09:31 close", BARS);
    let mut other = base.clone();
    other.positions.changes[1].quantity = -0.0;
    assert_eq!(base.digest(), other.digest());
}

#[test]
fn manifest_is_canonical() {
    let market = market(vec![asset("TEST", BARS)]);
    let span = Span::Days { from: Some(Day(11_000)), to: None };
    let mut manifest = Manifest::of(&market, &[AssetId(0)], &span, &RunConfig::default());
    manifest.params(&["fast".into()], &[10.0]);
    manifest.set("rules.enter_long", "close > 1\nor close < 2");
    expect![[r#"
        broker.cash = 100000.0
        broker.fill = next_open
        broker.liquidate = false
        broker.shares = whole
        broker.size = 1.0 of equity
        costs.commission.per_share = 0.0
        costs.commission.per_trade = 0.0
        costs.commission.rate = 0.0
        costs.slippage.fixed = 0.0
        costs.slippage.rate = 0.0
        data.assets = TEST
        data.digest = 
        data.frequency = 1d
        data.periods_per_year = 252.0
        from = 2000-02-13
        params.fast = 10.0
        results_version = 1
        rules.enter_long = close > 1\nor close < 2
        semantics = native
        to = end
    "#]]
    .assert_eq(&manifest.text());
    let id = manifest.run_id();
    assert_eq!(id.len(), 12);
    let mut same = Manifest::new();
    for (key, value) in manifest.entries() {
        same.set(key, value);
    }
    assert_eq!(same.run_id(), id);
    let close = RunConfig { timing: FillTiming::SameClose, ..RunConfig::default() };
    manifest.config(&close);
    assert_ne!(manifest.run_id(), id);
}
