//! Each reason for which an order is not filled.

use backcast_engine::{RunConfig, Span, run};
use backcast_testkit::{Script, asset, check_fills, check_fills_with, market};
use backcast_types::{AssetId, OrderId, Reason};
use expect_test::expect;

const FLAT: &str = "09:30 close 100
                    09:31 close 100
                    09:32 close 100";

#[test]
fn fixed_size_that_cash_cannot_pay_is_rejected_whole() {
    check_fills("buy 1001", FLAT, expect!["09:31 order 0 rejected: NotEnoughCash"]);
    check_fills("buy 1000", FLAT, expect!["09:31 buy 1000 at 100.00"]);
}

#[test]
fn budget_below_one_share_is_rejected() {
    check_fills("buy $99", FLAT, expect!["09:31 order 0 rejected: LessThanOneShare"]);
    check_fills("buy $100", FLAT, expect!["09:31 buy 1 at 100.00"]);
}

#[test]
fn short_sale_beyond_equity_is_rejected() {
    check_fills("sell 1001", FLAT, expect!["09:31 order 0 rejected: ShortBeyondEquity"]);
    check_fills("sell 1000", FLAT, expect!["09:31 sell 1000 at 100.00"]);
}

#[test]
fn more_shares_than_can_be_counted_are_rejected() {
    let config = RunConfig { cash: 1e15, ..RunConfig::default() };
    let bars = "09:30 close 0.01
                09:31 close 0.01";
    check_fills_with(&config, "buy all", bars, expect!["09:31 order 0 rejected: TooManyShares"]);
}

#[test]
fn closing_order_finds_nothing_to_close() {
    check_fills(
        "buy 10; 09:31 close; 09:31 close",
        FLAT,
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 100.00
            09:32 order 2 rejected: NothingToClose
        "#]],
    );
}

#[test]
fn refused_reversal_still_closes() {
    check_fills(
        "buy 10; 09:31 sell 2000 reverse",
        FLAT,
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 100.00
        "#]],
    );
}

#[test]
fn story_of_an_order_says_why() {
    let market = market(vec![asset("TEST", FLAT)]);
    let mut script = Script::new("buy 1001; 09:32 buy 1");
    let result =
        run(&market, &[AssetId(0)], &Span::ALL, &RunConfig::default(), &mut script).unwrap();
    let story = result.story(OrderId(0)).unwrap();
    assert_eq!(story.reason(), Some(Reason::NotEnoughCash));
    assert_eq!(story.events.len(), 2);
    assert_eq!(story.fill, None);
    assert_eq!(result.story(OrderId(1)).unwrap().reason(), Some(Reason::EndOfData));
    assert_eq!(result.story(OrderId(2)), None);
}
