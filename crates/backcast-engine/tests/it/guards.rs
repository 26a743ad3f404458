//! Stops and targets that come with a position and go with it.

use backcast_engine::{FillTiming, RunConfig, Slippage};
use backcast_testkit::{check_fills, check_fills_with};
use expect_test::expect;

#[test]
fn stop_counts_on_the_bar_of_an_entry_at_its_open() {
    check_fills(
        "buy 10 loss 5%",
        "09:30 close 100
         09:31 open 100 high 101 low 95 close 97",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:31 sell 10 at 95.00
        "#]],
    );
}

#[test]
fn stop_does_not_count_on_the_bar_of_an_entry_at_its_close() {
    let same = RunConfig { timing: FillTiming::SameClose, ..RunConfig::default() };
    check_fills_with(
        &same,
        "buy 10 loss 5",
        "09:30 open 100 high 101 low 90 close 100
         09:31 open 100 high 101 low 96 close 97
         09:32 open 97 high 98 low 94 close 96",
        expect![[r#"
            09:30 buy 10 at 100.00
            09:32 sell 10 at 95.00
        "#]],
    );
}

#[test]
fn stop_is_assumed_to_come_before_the_target() {
    check_fills(
        "buy 10 target 5% loss 5%",
        "09:30 close 100
         09:31 open 100 high 106 low 94 close 97",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:31 sell 10 at 95.00
            09:31 order 2 ended: Cancelled
        "#]],
    );
}

#[test]
fn target_fills_at_a_better_open_and_ends_the_stop() {
    check_fills(
        "buy 10 target 5 loss 5",
        "09:30 close 100
         09:31 open 100 close 100
         09:32 open 108 high 109 low 107 close 108",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 108.00
            09:32 order 1 ended: Cancelled
        "#]],
    );
}

#[test]
fn stop_fills_at_the_open_when_price_gaps_through_it() {
    check_fills(
        "buy 10 loss 5",
        "09:30 close 100
         09:31 open 100 close 100
         09:32 open 91 high 92 low 90 close 91",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 91.00
        "#]],
    );
}

#[test]
fn stop_slips_and_target_does_not() {
    let slipping =
        RunConfig { slippage: Slippage { rate: 0.0, fixed: 1.0 }, ..RunConfig::default() };
    check_fills_with(
        &slipping,
        "buy 10 loss 5; 09:32 buy 10 target 5",
        "09:30 close 100
         09:31 open 99 close 99
         09:32 open 99 high 99 low 95 close 97
         09:33 open 99 high 104 low 99 close 104
         09:34 open 104 high 105 low 104 close 105",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 94.00
            09:33 buy 10 at 100.00
            09:34 sell 10 at 105.00
        "#]],
    );
}

#[test]
fn stop_of_a_short_position_lies_above() {
    check_fills(
        "sell 10 loss 5% target 10%",
        "09:30 close 100
         09:31 open 100 high 104 low 99 close 100
         09:32 open 100 high 105 low 91 close 92",
        expect![[r#"
            09:31 sell 10 at 100.00
            09:32 buy 10 at 105.00
            09:32 order 2 ended: Cancelled
        "#]],
    );
}

#[test]
fn trailing_stop_follows_the_high_from_the_next_bar_on() {
    check_fills(
        "buy 10 trail 10%",
        "09:30 close 100
         09:31 open 100 high 110 low 95 close 108
         09:32 open 108 high 120 low 100 close 118
         09:33 open 118 high 119 low 107 close 110",
        // 110 less ten percent is 99, which 09:32 does not reach; 120 less ten percent is 108.
        expect![[r#"
            09:31 buy 10 at 100.00
            09:33 sell 10 at 108.00
        "#]],
    );
}

#[test]
fn trailing_stop_of_a_short_position_follows_the_low() {
    check_fills(
        "sell 10 trail 5",
        "09:30 close 100
         09:31 open 100 high 101 low 90 close 91
         09:32 open 91 high 94 low 88 close 90
         09:33 open 90 high 93 low 89 close 92",
        expect![[r#"
            09:31 sell 10 at 100.00
            09:33 buy 10 at 93.00
        "#]],
    );
}

#[test]
fn stop_counts_after_a_limit_inside_the_bar_and_the_target_does_not() {
    // To get from the open at 100 to 90 the price passes 98 and then 93; where it was before the high of 110 is not known.
    check_fills(
        "buy 10 limit 98 loss 5",
        "09:30 close 100
         09:31 open 100 high 110 low 90 close 100",
        expect![[r#"
            09:31 buy 10 at 98.00
            09:31 sell 10 at 93.00
        "#]],
    );
    check_fills(
        "buy 10 limit 98 target 5",
        "09:30 close 100
         09:31 open 100 high 110 low 97 close 100
         09:32 open 100 high 104 low 99 close 101",
        expect![[r#"
            09:31 buy 10 at 98.00
            09:32 sell 10 at 103.00
        "#]],
    );
}

#[test]
fn protection_ends_when_the_position_is_closed_or_turned() {
    check_fills(
        "buy 10 loss 5; 09:31 close",
        "09:30 close 100
         09:31 close 100
         09:32 open 100 high 100 low 90 close 90",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 10 at 100.00
            09:32 order 1 ended: Cancelled
        "#]],
    );
    check_fills(
        "buy 10 loss 5; 09:31 sell 10 reverse loss 5",
        "09:30 close 100
         09:31 close 100
         09:32 open 100 high 102 low 90 close 90
         09:33 open 90 high 106 low 90 close 100",
        expect![[r#"
            09:31 buy 10 at 100.00
            09:32 sell 20 at 100.00
            09:32 order 1 ended: Cancelled
            09:33 buy 10 at 105.00
        "#]],
    );
}
