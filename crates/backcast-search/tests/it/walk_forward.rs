//! Walk-forward: windows, choices and curves worked by hand, and no look at what comes later.

use std::sync::atomic::AtomicBool;

use backcast_data::Market;
use backcast_metrics::Metric;
use backcast_search::{
    Override, Quiet, SearchError, Spec, SweepOptions, WalkForwardResult, saved_walk_forward,
    walk_forward,
};
use expect_test::expect;

use crate::market::{asset, market, walk};

/// Always long above 10, never above 1000: a rising window chooses the first set, a falling one the second.
const BY_HAND: &str = r#"
[data]
bundle = "made"

[params]
level = [10, 1000]

[rules]
enter_long = "raw.close > level"

[broker]
cash = 1000

[walkforward]
train = 3
test = 2
metric = "total_return"
"#;

const AVERAGES: &str = r#"
[data]
bundle = "made"

[params]
fast = [3, 5, 8]
slow = [20, 40]

[rules]
enter_long = "sma(close, fast) > sma(close, slow)"
exit_long = "sma(close, fast) < sma(close, slow)"

[costs]
commission = "0.1%"

[walkforward]
train = 100
test = 20
"#;

fn spec(text: &str, sets: &[&str]) -> Spec {
    let overrides: Vec<_> = sets.iter().map(|set| Override::set(set)).collect();
    Spec::parse(text, None, &overrides).unwrap()
}

fn options(threads: usize) -> SweepOptions {
    SweepOptions { threads, ..SweepOptions::default() }
}

fn run(spec: &Spec, market: &Market) -> WalkForwardResult {
    walk_forward(spec, market, &options(1), &Quiet, &AtomicBool::new(false)).unwrap().unwrap()
}

fn three() -> Market {
    market(vec![
        asset("AAA", &walk(1, 400)),
        asset("BBB", &walk(2, 400)),
        asset("CCC", &walk(3, 250)),
    ])
}

#[test]
fn windows_choices_and_curve_are_those_worked_by_hand() {
    let closes = [100.0, 110.0, 121.0, 110.0, 100.0, 200.0, 300.0, 300.0, 330.0];
    let result = run(&spec(BY_HAND, &[]), &market(vec![asset("AAA", &closes)]));
    let told: Vec<_> = result
        .windows
        .iter()
        .map(|window| {
            let (a, b) = (window.train, window.test);
            format!("{}..{} {}..{} set {}", a.0, a.1, b.0, b.1, window.set)
        })
        .collect();
    expect![[r#"
        2001-01-02..2001-01-04 2001-01-05..2001-01-06 set 0
        2001-01-04..2001-01-06 2001-01-07..2001-01-08 set 1
        2001-01-06..2001-01-08 2001-01-09..2001-01-10 set 0"#]]
    .assert_eq(&told.join("\n"));
    // Window 1: 9 shares at 110 leave 10, sold at 100: 910. Window 2 stays flat. Window 3: 3 shares at 300 leave 10,
    // sold at 330: 1000.
    let curve = &result.accounts[0];
    assert_eq!(curve.equity, [1000.0, 910.0, 910.0, 910.0, 910.0, 1000.0]);
    assert_eq!(curve.trades.len(), 2);
    assert_eq!((curve.trades[1].entry_row, curve.trades[1].exit_row), (5, 5));
    assert_eq!(curve.row.get(Metric::TotalReturn), Some(0.0));
    assert_eq!(curve.row.get(Metric::WinRate), Some(0.5));
    // Training of window 1: 10 shares at 100, worth 1210 at 121.
    assert_eq!(result.windows[0].train_score, 1210.0 / 1000.0 - 1.0);
    assert_eq!(result.scores(0), [1210.0 / 1000.0 - 1.0, 0.0]);
    assert_eq!(result.windows[0].returns, [910.0 / 1000.0 - 1.0]);
    assert_eq!(result.mean.equity, curve.equity);
}

#[test]
fn what_comes_after_a_window_changes_nothing_in_it() {
    let closes = walk(7, 400);
    let spec = spec(AVERAGES, &[]);
    let base = run(&spec, &market(vec![asset("AAA", &closes)]));
    assert_eq!(base.windows.len(), 15);
    for later in [120, 205, 300] {
        let mut changed = closes.clone();
        for (i, close) in changed.iter_mut().enumerate().skip(later) {
            *close *= 1.0 + 0.3 * ((i * 7) % 5) as f64;
        }
        let other = run(&spec, &market(vec![asset("AAA", &changed)]));
        // Window k tests sessions 100 + 20 k up to 120 + 20 k.
        let whole = (0..15).filter(|k| 120 + 20 * k <= later).count();
        for (a, b) in base.windows.iter().zip(&other.windows).take(whole) {
            assert_eq!((a.set, a.train_score, &a.rows), (b.set, b.train_score, &b.rows));
        }
        let bars = whole * 20;
        assert_eq!(base.accounts[0].equity[..bars], other.accounts[0].equity[..bars]);
        assert_ne!(base.accounts[0].equity, other.accounts[0].equity, "{later}");
        // The choice of a window sees its training sessions alone.
        let chosen = (0..15).filter(|k| 100 + 20 * k <= later).count();
        let choices =
            |r: &WalkForwardResult| r.windows[..chosen].iter().map(|w| w.set).collect::<Vec<_>>();
        assert_eq!(choices(&base), choices(&other));
    }
}

#[test]
fn rows_before_a_window_warm_its_rules_up() {
    let result = run(&spec(AVERAGES, &["params.slow=60"]), &three());
    // An average of 60 has no value within 20 sessions; trades there come of the rows before.
    assert!(result.accounts.iter().all(|account| account.trades.len() >= 5));
    let inside = |trade: &backcast_types::Trade| trade.entry_row / 20 == trade.exit_row / 20;
    assert!(result.accounts[0].trades.iter().all(inside), "every window ends flat");
}

#[test]
fn threads_and_engines_change_no_byte() {
    let market = three();
    let base = run(&spec(AVERAGES, &[]), &market);
    let two =
        walk_forward(&spec(AVERAGES, &[]), &market, &options(2), &Quiet, &AtomicBool::new(false));
    assert_eq!(base.digest, two.unwrap().unwrap().digest);
    // A stop that is never reached: the event engine must choose and trade alike.
    let slow = run(&spec(AVERAGES, &["rules.stop_loss=95%"]), &market);
    assert_eq!(base.digest, slow.digest);
    assert_eq!(slow.notices.len(), 1);
    assert_eq!(base.accounts[2].equity.len(), 150, "the third asset ends within a window");
}

#[test]
fn each_option_changes_what_it_says() {
    let market = three();
    let digest = |sets: &[&str]| run(&spec(AVERAGES, sets), &market).digest;
    let base = digest(&[]);
    for set in [
        "walkforward.train=80",
        "walkforward.test=25",
        "walkforward.step=40",
        "walkforward.anchored=true",
        "walkforward.metric=trades",
        "mode=pool",
        "data.assets=AAA,BBB",
    ] {
        assert_ne!(base, digest(&[set]), "{set}");
    }
}

#[test]
fn too_short_a_range_and_a_missing_section_are_refused() {
    let market = three();
    let told = |spec: &Spec| {
        let error = walk_forward(spec, &market, &options(1), &Quiet, &AtomicBool::new(false));
        match error.unwrap_err() {
            SearchError::Spec(error) => format!("{error} (at `{}`)", error.found()),
            other => panic!("{other}"),
        }
    };
    expect!["one window takes 420 sessions (400 to train, 20 to test), and the range has 400 (at `walkforward`)"]
        .assert_eq(&told(&spec(AVERAGES, &["walkforward.train=400"])));
    expect!["no parameter set can ever trade: the rules need 500 bars before they can enter, and BBB has 400 (at `500,600`)"]
        .assert_eq(&told(&spec(AVERAGES, &["params.slow=500,600"])));
    let without = AVERAGES.split("[walkforward]").next().unwrap();
    expect![[r#"the spec has no [walkforward] (at `"made"`)"#]]
        .assert_eq(&told(&spec(without, &[])));
}

#[test]
fn a_test_that_was_told_to_stop_stops() {
    let stopped =
        walk_forward(&spec(AVERAGES, &[]), &three(), &options(1), &Quiet, &AtomicBool::new(true));
    assert!(stopped.unwrap().is_none());
}

#[test]
fn a_saved_test_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(AVERAGES, &["walkforward.test=30"]);
    let result = run(&spec, &three());
    result.save(&spec, folder.path()).unwrap();
    let saved = saved_walk_forward(folder.path(), &result.id).unwrap();
    assert_eq!(run(&saved.spec, &three()).digest, saved.digest);
}
