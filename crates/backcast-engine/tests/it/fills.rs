//! Which order fills where.

use backcast_testkit::check_fills;
use expect_test::expect;

#[test]
fn market_order_fills_at_the_next_open() {
    check_fills(
        "buy 10",
        "09:30 open 100 close 101
         09:31 open 102 close 103",
        expect!["09:31 buy 10 at 102.00"],
    );
}

#[test]
fn limit_buy_fills_at_the_open_when_price_gaps_below_it() {
    check_fills(
        "buy 10 limit 99",
        "09:30 open 101 high 102 low 100 close 101
         09:31 open  97 high  98 low  96 close  97",
        expect!["09:31 buy 10 at 97.00"],
    );
}

#[test]
fn limit_buy_fills_at_its_limit_when_the_bar_reaches_it() {
    check_fills(
        "buy 10 limit 99",
        "09:30 close 101
         09:31 open 101 high 102 low 99.5 close 100
         09:32 open 100 high 101 low 99   close 100",
        expect!["09:32 buy 10 at 99.00"],
    );
}

#[test]
fn limit_sale_fills_at_the_open_when_price_gaps_above_it() {
    check_fills(
        "buy 10; 09:31 sell 10 limit 105",
        "09:30 close 100
         09:31 open 100 close 101
         09:32 open 107 high 108 low 104 close 106",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 107.00
        "#]],
    );
}

#[test]
fn limit_sale_waits_for_a_high_that_reaches_it() {
    check_fills(
        "buy 10; 09:31 sell 10 limit 105",
        "09:30 close 100
         09:31 open 100 close 101
         09:32 open 103 high 104.9 low 102 close 104
         09:33 open 103 high 105 low 102 close 104",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:33 sell 10 at 105.00
        "#]],
    );
}

#[test]
fn stop_buy_fills_at_the_stop_or_at_a_gap_beyond_it() {
    check_fills(
        "buy 10 stop 105; buy 10 stop 110",
        "09:30 close 100
         09:31 open 101 high 106 low 100 close 104
         09:32 open 112 high 113 low 111 close 112",
        expect![[r#"
            09:31 buy 10 at 105.00
            09:32 buy 10 at 112.00
        "#]],
    );
}

#[test]
fn stop_sale_fills_at_the_stop_or_at_a_gap_beyond_it() {
    check_fills(
        "buy 20; 09:31 sell 10 stop 95; 09:31 sell 10 stop 90",
        "09:30 close 100
         09:31 open 100 close 100
         09:32 open 99 high 99 low 94 close 96
         09:33 open 88 high 89 low 87 close 88",
        expect![[r#"
            09:31 buy 20 at 100.00
            09:32 sell 10 at 95.00
            09:33 sell 10 at 88.00
        "#]],
    );
}

#[test]
fn reversing_order_closes_and_opens_in_one_fill() {
    check_fills(
        "buy 10; 09:31 sell 4 reverse",
        "09:30 close 100
         09:31 close 100
         09:32 close 102",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 14 at 102.00
        "#]],
    );
}

#[test]
fn sale_of_more_than_is_held_goes_short_by_the_rest() {
    check_fills(
        "buy 10; 09:31 sell 15; 09:32 close",
        "09:30 close 100
         09:31 close 100
         09:32 close 102
         09:33 close 103",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 15 at 102.00
            09:33 buy 5 at 103.00
        "#]],
    );
}

#[test]
fn sale_by_value_only_reduces_a_position() {
    check_fills(
        "buy 10; 09:31 sell $250; 09:32 sell all",
        "09:30 close 100
         09:31 close 100
         09:32 close 100
         09:33 close 100",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 2 at 100.00
            09:33 sell 8 at 100.00
        "#]],
    );
}

#[test]
fn exits_fill_before_entries_of_the_same_open() {
    // The purchase was made first, but only the sale brings the cash for it.
    check_fills(
        "buy all; 09:31 buy all; 09:31 sell 400",
        "09:30 close 100
         09:31 close 100
         09:32 close 100",
        expect![[r#"
            09:31 buy 1000 at 100.00
            09:32 sell 400 at 100.00
            09:32 buy 400 at 100.00
        "#]],
    );
}

#[test]
fn what_fills_at_the_open_comes_before_what_fills_inside_the_bar() {
    check_fills(
        "buy 10; 09:31 sell 10 stop 95; 09:31 close",
        "09:30 close 100
         09:31 close 100
         09:32 open 99 high 99 low 90 close 92",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 99.00
            09:32 sell 10 at 95.00
        "#]],
    );
}

#[test]
fn cancelled_order_never_fills() {
    check_fills(
        "buy 10 limit 95; 09:31 cancel 0",
        "09:30 close 100
         09:31 close 100
         09:32 close 90",
        expect!["09:31 order 0 ended: Cancelled"],
    );
}

#[test]
fn order_of_the_last_bar_stays_unfilled() {
    check_fills(
        "09:31 buy 10",
        "09:30 close 100
         09:31 close 100",
        expect!["09:31 order 0 ended: EndOfData"],
    );
}
