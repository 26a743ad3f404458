//! Strategies made of rules.

use std::sync::Arc;

use backcast_engine::{FillTiming, RuleStrategy, RunConfig, RunResult, Span, run};
use backcast_rules::{Definitions, Program, Text, compile};
use backcast_testkit::{asset, market};
use backcast_types::{AssetId, OrderStatus};

fn program(rules: &[(&str, &str)]) -> Arc<Program> {
    let texts: Vec<Text<'_>> =
        rules.iter().map(|(name, text)| Text { name, text, offset: 0 }).collect();
    let columns = ["signal".to_owned()];
    let definitions = Definitions { rules: &texts, columns: &columns, ..Definitions::default() };
    Arc::new(compile(&definitions).unwrap_or_else(|e| panic!("{rules:?}: {e}")))
}

/// Bars that open and close alike at `closes`, with an extra column `signal`.
fn with_signal(closes: &[f64], signal: &[f64]) -> backcast_data::Market {
    let lines: Vec<String> =
        closes.iter().enumerate().map(|(i, x)| format!("09:{:02} close {x}", 10 + i)).collect();
    let mut asset = asset("TEST", &lines.join("\n"));
    asset.bars.extra.push(("signal".into(), signal.to_vec().into()));
    market(vec![asset])
}

fn played(rules: &[(&str, &str)], signal: &[f64]) -> RunResult {
    let closes: Vec<f64> = (0..signal.len()).map(|i| 100.0 + i as f64).collect();
    on(rules, &with_signal(&closes, signal), &RunConfig::default())
}

fn on(rules: &[(&str, &str)], market: &backcast_data::Market, config: &RunConfig) -> RunResult {
    let mut strategy = RuleStrategy::new(program(rules), &[]);
    run(market, &[AssetId(0)], &Span::ALL, config, &mut strategy).unwrap()
}

/// Rows and signs of fills.
fn fills(result: &RunResult) -> Vec<(u32, f64)> {
    result.fills.iter().map(|f| (f.row, f.quantity.signum())).collect()
}

const BOTH: [(&str, &str); 4] = [
    ("enter_long", "signal == 1 or signal == 9"),
    ("exit_long", "signal == 2 or signal == 8"),
    ("enter_short", "signal == 3 or signal == 9"),
    ("exit_short", "signal == 4 or signal == 8"),
];

#[test]
fn entry_and_exit_fill_at_the_bar_after_their_signals() {
    let result = played(&BOTH, &[1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0, 0.0]);
    assert_eq!(fills(&result), [(1, 1.0), (3, -1.0), (5, -1.0), (7, 1.0)]);
}

#[test]
fn same_side_entry_is_ignored_while_a_position_is_held() {
    assert_eq!(fills(&played(&BOTH, &[1.0, 1.0, 1.0, 0.0])), [(1, 1.0)]);
}

#[test]
fn opposite_entry_is_one_reversing_order() {
    let result = played(&BOTH, &[1.0, 0.0, 3.0, 0.0, 1.0, 0.0]);
    assert_eq!(fills(&result), [(1, 1.0), (3, -1.0), (5, 1.0)]);
    assert!(result.orders[1].reverse && result.orders[2].reverse);
    assert_eq!(result.trades.len(), 2);
    assert!(result.positions.at(0, 3) < 0.0);
}

#[test]
fn flat_does_nothing_where_both_entries_hold() {
    assert!(played(&BOTH, &[9.0, 9.0, 0.0]).orders.is_empty());
    // With limits the bar is looked at for another reason, and the answer is the same.
    let limits = [&BOTH[..], &[("entry_limit", "raw.close * 0.9")]].concat();
    assert!(played(&limits, &[9.0, 9.0, 0.0]).orders.is_empty());
}

#[test]
fn exits_do_nothing_while_flat() {
    assert!(played(&BOTH, &[2.0, 4.0, 8.0, 0.0]).orders.is_empty());
}

#[test]
fn undefined_condition_does_nothing() {
    let nan = f64::NAN;
    let result = played(&BOTH, &[nan, 1.0, nan, nan, 2.0, 0.0]);
    assert_eq!(fills(&result), [(2, 1.0), (5, -1.0)]);
}

#[test]
fn decision_at_the_last_row_stays_unfilled() {
    let result = played(&BOTH, &[0.0, 0.0, 1.0]);
    assert_eq!(result.orders.len(), 1);
    assert!(result.fills.is_empty());
}

#[test]
fn rules_fill_at_the_same_close_where_told() {
    let same = RunConfig { timing: FillTiming::SameClose, ..RunConfig::default() };
    let market = with_signal(&[100.0, 101.0, 102.0], &[1.0, 0.0, 2.0]);
    assert_eq!(fills(&on(&BOTH, &market, &same)), [(0, 1.0), (2, -1.0)]);
}

#[test]
fn limit_entry_waits_until_its_exit_condition_cancels_it() {
    let rules = [
        ("enter_long", "signal == 1"),
        ("exit_long", "signal == 2"),
        ("entry_limit", "raw.close - 5"),
    ];
    let market = with_signal(&[100.0, 99.0, 94.0, 100.0], &[1.0, 1.0, 0.0, 0.0]);
    let result = on(&rules, &market, &RunConfig::default());
    // The limit of the first signal stays: 95, reached at the open of 94.
    assert_eq!((result.orders.len(), result.fills[0].row, result.fills[0].price), (1, 2, 94.0));
    let market = with_signal(&[100.0, 99.0, 94.0, 100.0], &[1.0, 2.0, 0.0, 0.0]);
    assert!(on(&rules, &market, &RunConfig::default()).fills.is_empty());
}

#[test]
fn limit_entry_goes_on_waiting_while_its_entry_condition_holds_beside_the_exit() {
    // 5 enters, 6 leaves, 7 does both.
    let (enter, exit) = ("signal == 5 or signal == 7", "signal == 6 or signal == 7");
    let long = |signal: [f64; 4]| {
        let rules = [("enter_long", enter), ("exit_long", exit), ("entry_limit", "raw.close - 5")];
        on(&rules, &with_signal(&[100.0, 99.0, 98.0, 94.0], &signal), &RunConfig::default())
    };
    let result = long([5.0, 7.0, 7.0, 0.0]);
    assert_eq!((result.orders.len(), fills(&result)), (1, vec![(3, 1.0)]), "the first limit stays");
    assert_eq!(fills(&long([7.0, 0.0, 0.0, 0.0])), [(3, 1.0)], "as while nothing waits");
    assert!(fills(&long([5.0, 7.0, 6.0, 0.0])).is_empty());
    let short = |signal: [f64; 4]| {
        let rules =
            [("enter_short", enter), ("exit_short", exit), ("entry_limit", "raw.close + 5")];
        on(&rules, &with_signal(&[100.0, 101.0, 102.0, 106.0], &signal), &RunConfig::default())
    };
    assert_eq!(fills(&short([5.0, 7.0, 7.0, 0.0])), [(3, -1.0)]);
    assert!(fills(&short([5.0, 7.0, 6.0, 0.0])).is_empty());
}

#[test]
fn limit_on_the_other_side_replaces_the_one_that_waits() {
    let rules = [
        ("enter_long", "signal == 1"),
        ("enter_short", "signal == 3"),
        ("entry_limit", "raw.close * 0.9"),
    ];
    let market = with_signal(&[100.0, 100.0, 100.0, 80.0], &[1.0, 3.0, 0.0, 0.0]);
    let result = on(&rules, &market, &RunConfig::default());
    let ended = result.order_events.iter().filter(|e| matches!(e.status, OrderStatus::Ended(_)));
    assert_eq!(ended.count(), 1);
    // A short sale with a limit below the market fills at once.
    assert_eq!(fills(&result), [(2, -1.0)]);
}

#[test]
fn adjusted_limit_is_a_traded_price_again() {
    let rules = [("enter_long", "signal == 1"), ("entry_limit", "close * 0.95")];
    let mut stock = asset(
        "TEST",
        "2001-01-01 close 100
         2001-01-02 close 50 split 2
         2001-01-03 close 50
         2001-01-04 close 47",
    );
    stock.bars.extra.push(("signal".into(), vec![0.0, 0.0, 1.0, 0.0].into()));
    let result = on(&rules, &market(vec![stock]), &RunConfig::default());
    // Adjusted, the close is 100; traded it is 50, and the limit 47.50.
    assert_eq!((result.fills[0].row, result.fills[0].price), (3, 47.0));
    let backcast_types::OrderKind::Limit { limit } = result.orders[0].kind else { panic!() };
    assert!((limit - 47.5).abs() < 1e-9);
}

#[test]
fn stop_target_and_trailing_stop_close_what_rules_opened() {
    let entry = ("enter_long", "signal == 1");
    let signal = [1.0, 0.0, 0.0, 0.0];
    let falling = with_signal(&[100.0, 100.0, 94.0, 80.0], &signal);
    let rising = with_signal(&[100.0, 100.0, 106.0, 99.0], &signal);
    let played =
        |rule: (&str, &str), market| fills(&on(&[entry, rule], market, &RunConfig::default()));
    assert_eq!(played(("stop_loss", "5%"), &falling), [(1, 1.0), (2, -1.0)]);
    assert_eq!(played(("stop_loss", "10%"), &falling), [(1, 1.0), (3, -1.0)]);
    assert_eq!(played(("take_profit", "5%"), &rising), [(1, 1.0), (2, -1.0)]);
    assert_eq!(played(("take_profit", "9%"), &rising), [(1, 1.0)]);
    assert_eq!(played(("trailing", "6%"), &rising), [(1, 1.0), (3, -1.0)]);
    assert_eq!(played(("trailing", "9%"), &rising), [(1, 1.0)]);
}

#[test]
fn stop_may_be_a_distance_in_price() {
    let rules =
        [("enter_long", "signal == 1"), ("stop_loss", "highest(high, 1) * 0 + 0.07 * close")];
    let market = with_signal(&[100.0, 100.0, 94.0, 92.0], &[1.0, 0.0, 0.0, 0.0]);
    assert_eq!(fills(&on(&rules, &market, &RunConfig::default())), [(1, 1.0), (3, -1.0)]);
}

#[test]
fn entry_waits_until_its_stop_is_defined() {
    let rules = [("enter_long", "signal == 1"), ("stop_loss", "atr(3)")];
    let market = with_signal(&[100.0; 8], &[1.0; 8]);
    let result = on(&rules, &market, &RunConfig::default());
    // A flat market has an average range of zero, which is no distance either.
    assert!(result.orders.is_empty());
}

#[test]
fn each_asset_may_have_its_own_rules() {
    let long = program(&[("enter_long", "close > 0 * close")]);
    let short = program(&[("enter_short", "close > 0 * close")]);
    let bars = "09:30 close 100
                09:31 close 100";
    let market = market(vec![asset("A", bars), asset("B", bars), asset("C", bars)]);
    let assets = [AssetId(0), AssetId(1), AssetId(2)];
    let config =
        RunConfig { size: backcast_engine::Sizing::Value(10_000.0), ..RunConfig::default() };
    let mut strategy = RuleStrategy::per_asset(vec![Some(long), None, Some(short)], &[]);
    let result = run(&market, &assets, &Span::ALL, &config, &mut strategy).unwrap();
    let held: Vec<f64> = (0..3).map(|slot| result.positions.at(slot, 1)).collect();
    assert_eq!(held, [100.0, 0.0, -100.0]);
}

#[test]
fn mistake_in_a_parameter_stops_the_run_before_it_begins() {
    let rules = program(&[("enter_long", "close > sma(close, 3)")]);
    let mut strategy = RuleStrategy::new(rules, &[1.0]);
    let market = with_signal(&[100.0], &[0.0]);
    let failed = run(&market, &[AssetId(0)], &Span::ALL, &RunConfig::default(), &mut strategy);
    assert_eq!(
        failed.unwrap_err().to_string(),
        "the rules have 0 parameters, but 1 values were given"
    );
}
