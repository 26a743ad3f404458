//! Each setting, with two values that give two answers.

use backcast_engine::{
    Commission, EngineError, FillTiming, RunConfig, RunResult, Sizing, Slippage, Span, run,
};
use backcast_testkit::{Script, asset, check_fills_with, market};
use backcast_types::AssetId;
use expect_test::expect;

const RISING: &str = "09:30 open 100 close 101
                      09:31 open 102 close 103
                      09:32 open 104 close 105";

fn config() -> RunConfig {
    RunConfig { cash: 1_000.0, ..RunConfig::default() }
}

fn played(config: &RunConfig, orders: &str) -> Result<RunResult, EngineError> {
    let market = market(vec![asset("TEST", RISING)]);
    run(&market, &[AssetId(0)], &Span::ALL, config, &mut Script::new(orders))
}

#[test]
fn timing_decides_between_next_open_and_this_close() {
    check_fills_with(&config(), "buy 1", RISING, expect!["09:31 buy 1 at 102.00"]);
    let same = RunConfig { timing: FillTiming::SameClose, ..config() };
    check_fills_with(&same, "buy 1", RISING, expect!["09:30 buy 1 at 101.00"]);
}

#[test]
fn limit_order_waits_for_the_next_bar_even_with_fills_at_the_close() {
    let same = RunConfig { timing: FillTiming::SameClose, ..config() };
    check_fills_with(&same, "buy 1 limit 200", RISING, expect!["09:31 buy 1 at 102.00"]);
}

#[test]
fn commission_is_by_value_by_share_and_by_fill() {
    let with = |rate, per_share, per_trade| RunConfig {
        commission: Commission { rate, per_share, per_trade },
        ..config()
    };
    check_fills_with(
        &with(0.01, 0.0, 0.0),
        "buy 5",
        RISING,
        expect!["09:31 buy 5 at 102.00 fee 5.10"],
    );
    check_fills_with(
        &with(0.0, 0.2, 0.0),
        "buy 5",
        RISING,
        expect!["09:31 buy 5 at 102.00 fee 1.00"],
    );
    check_fills_with(
        &with(0.0, 0.0, 7.0),
        "buy 5",
        RISING,
        expect!["09:31 buy 5 at 102.00 fee 7.00"],
    );
}

#[test]
fn slippage_is_a_fraction_or_fixed_and_always_against_the_trader() {
    let with = |rate, fixed| RunConfig { slippage: Slippage { rate, fixed }, ..config() };
    let both_ways = "buy 5; 09:31 close";
    check_fills_with(
        &with(0.01, 0.0),
        both_ways,
        RISING,
        expect![[r#"
            09:31 buy 5 at 103.02
            09:32 sell 5 at 102.96
        "#]],
    );
    check_fills_with(
        &with(0.0, 0.5),
        both_ways,
        RISING,
        expect![[r#"
            09:31 buy 5 at 102.50
            09:32 sell 5 at 103.50
        "#]],
    );
}

#[test]
fn limit_orders_do_not_slip() {
    let slipping = RunConfig { slippage: Slippage { rate: 0.01, fixed: 0.0 }, ..config() };
    check_fills_with(&slipping, "buy 5 limit 103", RISING, expect!["09:31 buy 5 at 102.00"]);
}

#[test]
fn size_counts_costs() {
    // 1000 / 102 is 9.80; with 10 % commission 1000 / 112.2 is 8.91.
    check_fills_with(&config(), "buy all", RISING, expect!["09:31 buy 9 at 102.00"]);
    let dear = Commission { rate: 0.1, ..Commission::default() };
    let dear = RunConfig { commission: dear, ..config() };
    check_fills_with(&dear, "buy all", RISING, expect!["09:31 buy 8 at 102.00 fee 81.60"]);
}

#[test]
fn sizes_are_shares_value_fraction_or_everything() {
    check_fills_with(&config(), "buy 3", RISING, expect!["09:31 buy 3 at 102.00"]);
    check_fills_with(&config(), "buy $500", RISING, expect!["09:31 buy 4 at 102.00"]);
    check_fills_with(&config(), "buy 25%", RISING, expect!["09:31 buy 2 at 102.00"]);
    check_fills_with(&config(), "buy all", RISING, expect!["09:31 buy 9 at 102.00"]);
}

#[test]
fn fractional_shares_spend_the_whole_budget() {
    let fractional = RunConfig { whole_shares: false, ..config() };
    check_fills_with(&fractional, "buy $510", RISING, expect!["09:31 buy 5 at 102.00"]);
    check_fills_with(&fractional, "buy $255", RISING, expect!["09:31 buy 2.5 at 102.00"]);
    check_fills_with(&config(), "buy $255", RISING, expect!["09:31 buy 2 at 102.00"]);
}

#[test]
fn liquidation_sells_at_the_last_close_and_nothing_is_decided_there() {
    let keep = played(&config(), "buy 5").unwrap();
    assert_eq!((keep.positions.at(0, 2), keep.trades.len()), (5.0, 0));
    assert_eq!(keep.equity[2], 1_000.0 + 5.0 * 3.0);
    let sell = RunConfig { liquidate: true, ..config() };
    check_fills_with(
        &sell,
        "buy 5; 09:32 buy 1",
        RISING,
        expect![[r#"
            09:31 buy 5 at 102.00
            09:32 sell 5 at 105.00
        "#]],
    );
    let sold = played(&sell, "buy 5").unwrap();
    assert_eq!((sold.positions.at(0, 2), sold.trades.len()), (0.0, 1));
    assert_eq!(sold.trades[0].net_profit, 15.0);
    assert_eq!(sold.equity[2], 1_015.0);
}

#[test]
fn trade_counts_costs_and_price() {
    let costly = RunConfig {
        commission: Commission { per_trade: 1.0, ..Commission::default() },
        slippage: Slippage { rate: 0.0, fixed: 0.5 },
        ..config()
    };
    let result = played(&costly, "buy 4; 09:31 close").unwrap();
    let trade = result.trades[0];
    // Bought at 102.50, sold at 103.50, one for each fill; slippage took half a unit per share and fill.
    assert_eq!((trade.entry_price, trade.exit_price), (102.5, 103.5));
    assert_eq!((trade.net_profit, trade.costs), (2.0, 6.0));
    assert_eq!((trade.entry_row, trade.exit_row, trade.quantity), (1, 2, 4.0));
    assert_eq!((result.tally.trades, result.tally.wins, result.tally.exposed), (1.0, 1.0, 1.0));
    assert_eq!(result.equity, [1_000.0, 999.0 - 410.0 + 412.0, 1_002.0]);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = |config: RunConfig| played(&config, "buy 1").unwrap_err().to_string();
    let broke = RunConfig { cash: 0.0, ..config() };
    assert_eq!(refused(broke), "cash is 0, but it must be above zero");
    let nan = RunConfig { size: Sizing::Value(f64::NAN), ..config() };
    assert_eq!(refused(nan), "size is NaN, but it must be above zero");
    let paid = Commission { rate: -0.1, ..Commission::default() };
    let paid = RunConfig { commission: paid, ..config() };
    assert_eq!(refused(paid), "commission rate is -0.1, but it must be zero or above");
}
