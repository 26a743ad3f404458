//! Splits and dividends on positions and on orders that wait.

use backcast_engine::{PaymentKind, RunConfig, RunResult, Span, run};
use backcast_testkit::{Script, asset, check_fills, check_fills_with, market};
use backcast_types::AssetId;
use expect_test::expect;

fn played(config: &RunConfig, orders: &str, bars: &str) -> RunResult {
    let market = market(vec![asset("TEST", bars)]);
    run(&market, &[AssetId(0)], &Span::ALL, config, &mut Script::new(orders)).unwrap()
}

#[test]
fn split_multiplies_shares_and_leaves_value_alone() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 50 split 2
                2001-01-04 close 55";
    let result = played(&RunConfig::default(), "buy 10; 2001-01-03 close", bars);
    assert_eq!(result.positions.column(0), [0.0, 10.0, 20.0, 0.0]);
    assert_eq!(result.equity, [100_000.0, 100_000.0, 100_000.0, 100_100.0]);
    let trade = result.trades[0];
    assert_eq!((trade.entry_price, trade.quantity, trade.net_profit), (50.0, 20.0, 100.0));
}

#[test]
fn fraction_of_a_reverse_split_is_paid_at_the_previous_close() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 1000 split 0.1";
    let whole = played(&RunConfig::default(), "buy 15", bars);
    assert_eq!(whole.positions.at(0, 2), 1.0);
    assert_eq!(whole.payments[0].kind, PaymentKind::SplitFraction);
    // Half of a new share, which was worth 1,000 at the previous close.
    assert!((whole.payments[0].amount - 500.0).abs() < 1e-9);
    let fractional = RunConfig { whole_shares: false, ..RunConfig::default() };
    assert_eq!(played(&fractional, "buy 15", bars).positions.at(0, 2), 1.5);
}

#[test]
fn position_that_a_split_leaves_no_share_of_ends_its_trade() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 1000 split 0.1";
    let result = played(&RunConfig::default(), "buy 5; 2001-01-02 close", bars);
    assert_eq!(result.positions.column(0), [0.0, 5.0, 0.0]);
    assert_eq!((result.trades.len(), result.tally.trades), (1, 1.0));
    assert_eq!(result.trades[0].exit_price, 1000.0);
    assert_eq!(result.fills.len(), 1);
}

#[test]
fn split_restates_waiting_orders() {
    check_fills(
        "buy 10 limit 90; buy 10 stop 120",
        "2001-01-01 close 100
         2001-01-02 close 100
         2001-01-03 open 50 high 61 low 44 close 50 split 2",
        expect![[r#"
            2001-01-03 buy 20 at 60.00
            2001-01-03 buy 20 at 45.00
        "#]],
    );
}

#[test]
fn split_restates_a_stop_of_the_position() {
    check_fills(
        "buy 10 loss 10%",
        "2001-01-01 close 100
         2001-01-02 close 100
         2001-01-03 open 50 high 50 low 46 close 48 split 2
         2001-01-04 open 48 high 48 low 45 close 46",
        expect![[r#"
            2001-01-02 buy 10 at 100.00
            2001-01-04 sell 20 at 45.00
        "#]],
    );
}

#[test]
fn dividend_goes_to_holders_before_the_ex_date() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 98 dividend 2
                2001-01-04 close 98";
    let before = played(&RunConfig::default(), "buy 10", bars);
    assert_eq!((before.payments.len(), before.payments[0].amount), (1, 20.0));
    assert_eq!(before.equity, [100_000.0; 4]);
    // Bought at the open of the ex-date: too late. Sold at that open: still paid.
    assert!(played(&RunConfig::default(), "2001-01-02 buy 10", bars).payments.is_empty());
    let sold = played(&RunConfig::default(), "buy 10; 2001-01-02 close", bars);
    assert_eq!(sold.payments[0].amount, 20.0);
    assert_eq!(sold.trades[0].net_profit, 10.0 * -2.0 + 20.0);
}

#[test]
fn short_position_pays_the_dividend() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 98 dividend 2";
    let result = played(&RunConfig::default(), "sell 10", bars);
    assert_eq!(result.payments[0].amount, -20.0);
    assert_eq!(result.equity[2], 100_000.0);
}

#[test]
fn dividend_comes_on_its_pay_day_even_when_shares_are_sold() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 98 dividend 2 pay 2001-01-05
                2001-01-04 close 98
                2001-01-08 close 98";
    let result = played(&RunConfig::default(), "buy 10; 2001-01-03 close", bars);
    // No bar on the fifth: it comes with the first bar after.
    assert_eq!((result.payments[0].row, result.payments[0].amount), (4, 20.0));
    assert_eq!(result.equity[2..], [99_980.0, 99_980.0, 100_000.0]);
    assert_eq!(result.trades[0].net_profit, 0.0);
}

#[test]
fn dividend_that_is_due_after_the_sale_at_the_end_is_paid_with_it() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 98 dividend 2 pay 2001-01-30
                2001-01-04 close 98";
    let end = |liquidate, script| {
        let config = RunConfig { liquidate, ..RunConfig::default() };
        let result = played(&config, script, bars);
        let paid: Vec<f64> = result.payments.iter().map(|payment| payment.amount).collect();
        (result.equity[3], paid)
    };
    assert_eq!(end(true, "buy 10"), (100_000.0, vec![20.0]));
    assert_eq!(end(false, "buy 10"), (99_980.0, vec![]));
    assert_eq!(end(true, "sell 10"), (100_000.0, vec![-20.0]));
    assert_eq!(end(true, "buy 10; 2001-01-02 close"), (100_000.0, vec![20.0]), "sold before");
}

#[test]
fn dividend_is_earned_on_the_old_share_count() {
    let bars = "2001-01-01 close 100
                2001-01-02 close 100
                2001-01-03 close 49 split 2 dividend 2";
    let result = played(&RunConfig::default(), "buy 10", bars);
    assert_eq!(result.payments[0].amount, 20.0);
    assert_eq!(result.positions.at(0, 2), 20.0);
}

#[test]
fn waiting_size_that_a_split_makes_less_than_a_share_is_refused() {
    check_fills_with(
        &RunConfig::default(),
        "2001-01-02 buy 5",
        "2001-01-01 close 100
         2001-01-02 close 100
         2001-01-03 close 1000 split 0.1",
        expect!["2001-01-03 order 0 rejected: LessThanOneShare"],
    );
}
