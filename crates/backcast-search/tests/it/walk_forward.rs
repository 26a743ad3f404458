//! Walk-forward: windows, choices and curves worked by hand, and no look at what comes later.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use backcast_data::{Dividend, Market};
use backcast_metrics::Metric;
use backcast_search::{
    BestSoFar, CacheUse, Override, Progress, Quiet, SearchError, Spec, Stopped, SweepOptions,
    WalkForwardOutcome, WalkForwardResult, saved_walk_forward, walk_forward,
};
use backcast_types::Day;
use expect_test::expect;

use crate::market::{FIRST_DAY, asset, market, walk};

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
    run_with(spec, market, &options(1))
}

fn run_with(spec: &Spec, market: &Market, options: &SweepOptions) -> WalkForwardResult {
    match walk_forward(spec, market, options, &Quiet, &AtomicBool::new(false)).unwrap() {
        WalkForwardOutcome::Finished(result) => *result,
        WalkForwardOutcome::Stopped(stopped) => panic!("nobody stopped it: {stopped:?}"),
    }
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

/// Remembers the best set that was told last of each window.
#[derive(Default)]
struct Leaders(Mutex<BTreeMap<String, (usize, f64)>>);

impl Progress for Leaders {
    fn best(&self, found: &BestSoFar<'_>) {
        self.0.lock().unwrap().insert(found.account.to_owned(), found.best[0]);
    }
}

#[test]
fn the_choice_of_each_window_is_told() {
    let (spec, market, told) = (spec(AVERAGES, &[]), three(), Leaders::default());
    let stop = AtomicBool::new(false);
    let outcome = walk_forward(&spec, &market, &options(1), &told, &stop).unwrap();
    let WalkForwardOutcome::Finished(result) = outcome else { panic!("nobody stopped it") };
    let told = told.0.into_inner().unwrap();
    assert_eq!(told.len(), result.windows.len());
    for (i, window) in result.windows.iter().enumerate() {
        assert_eq!(told[&format!("window {}", i + 1)], (window.set, window.train_score));
    }
}

/// Remembers what was told last of what is kept: name, hits, misses.
#[derive(Default)]
struct Kept(Mutex<Vec<(&'static str, u64, u64)>>);

impl Progress for Kept {
    fn caches(&self, uses: &[CacheUse]) {
        *self.0.lock().unwrap() = uses.iter().map(|one| (one.name, one.hits, one.misses)).collect();
    }
}

#[test]
fn what_windows_share_is_told() {
    let (spec, market, kept) = (spec(AVERAGES, &[]), three(), Kept::default());
    let stop = AtomicBool::new(false);
    let outcome = walk_forward(&spec, &market, &options(1), &kept, &stop).unwrap();
    let WalkForwardOutcome::Finished(result) = outcome else { panic!("nobody stopped it") };
    let told = kept.0.into_inner().unwrap();
    let [(series, looks, 15), (conditions, hits, misses)] = told[..] else { panic!("{told:?}") };
    assert_eq!((series, conditions), ("indicator series", "conditions of test windows"));
    // Each of six sets looks at two averages in each window on three assets; five of them were made on each.
    let windows = result.windows.len() as u64;
    assert_eq!(looks + 15, 2 * 6 * 3 * windows);
    // Two conditions on each asset that has bars there; those of a set that an earlier window chose are kept.
    let mut chosen: Vec<usize> = result.windows.iter().map(|window| window.set).collect();
    chosen.sort_unstable();
    chosen.dedup();
    let chosen = chosen.len() as u64;
    assert!(misses >= 2 * chosen && misses <= 2 * 3 * chosen, "{misses} of {chosen} sets");
    assert!(hits > 0 && hits + misses <= 2 * 3 * windows, "{hits} of {windows} windows");
}

#[test]
fn a_dividend_that_is_due_after_its_window_is_paid_at_the_window_s_end() {
    let curve = |ex: i32, pay: i32| {
        let mut one = asset("AAA", &[100.0; 9]);
        let (ex_day, pay_day) = (Day(FIRST_DAY + ex), Day(FIRST_DAY + pay));
        one.dividends.push(Dividend { ex_day, pay_day, amount: 2.0 });
        let sets = ["walkforward.test=3", "broker.size=5 shares"];
        run(&spec(BY_HAND, &sets), &market(vec![one])).accounts[0].equity.clone()
    };
    // Windows out of sample are sessions 3 to 5 and 6 to 8; each holds five shares at the open of its third.
    for pay in [5, 6, 8, 40] {
        assert_eq!(curve(5, pay), [1000.0, 1000.0, 1010.0, 1010.0, 1010.0, 1010.0], "{pay}");
    }
    assert_eq!(curve(6, 8), [1000.0; 6], "sold at the last close");
    assert_eq!(curve(8, 40), [1000.0, 1000.0, 1000.0, 1000.0, 1000.0, 1010.0]);
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
    let two = run_with(&spec(AVERAGES, &[]), &market, &options(2));
    assert_eq!(base.digest, two.digest);
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

/// Counts training runs, and stops the test after so many.
struct Counter<'a> {
    limit: u64,
    done: AtomicU64,
    stop: &'a AtomicBool,
    begun: Mutex<Option<(u64, u64)>>,
    notes: Mutex<Vec<String>>,
}

impl<'a> Counter<'a> {
    fn new(limit: u64, stop: &'a AtomicBool) -> Counter<'a> {
        let (begun, notes) = (Mutex::new(None), Mutex::new(Vec::new()));
        Counter { limit, done: AtomicU64::new(0), stop, begun, notes }
    }
}

impl Progress for Counter<'_> {
    fn begin(&self, total: u64, done: u64) {
        *self.begun.lock().unwrap() = Some((total, done));
    }

    fn advance(&self, runs: u64) {
        if self.done.fetch_add(runs, Ordering::Relaxed) + runs >= self.limit {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
    }
}

/// Tests until so many training runs are done; what came of it, and how many were done before and now.
fn run_until(
    limit: u64,
    spec: &Spec,
    market: &Market,
    options: &SweepOptions,
) -> (WalkForwardOutcome, u64, u64) {
    let stop = AtomicBool::new(limit == 0);
    let counter = Counter::new(limit, &stop);
    let outcome = walk_forward(spec, market, options, &counter, &stop).unwrap();
    let (_, before) = counter.begun.lock().unwrap().expect("it began");
    (outcome, before, counter.done.load(Ordering::Relaxed))
}

#[test]
fn a_test_that_was_stopped_goes_on_to_the_same_bytes() {
    let market = three();
    let many = "params.fast={ from = 2, to = 11 }";
    // Lanes have one chunk of sets here; the event engine's chunks have 68 of the 120.
    for stop_loss in [&[][..], &["rules.stop_loss=95%"]] {
        let slow = "params.slow={ from = 20, to = 31 }";
        let spec = spec(AVERAGES, &[&[many, slow], stop_loss].concat());
        let base = run(&spec, &market);
        let total = (120 * base.windows.len() * 3) as u64;
        for limit in [0, 1, total / 2, total - 1, total] {
            let folder = tempfile::tempdir().unwrap();
            let saving = SweepOptions { home: Some(folder.path().to_owned()), ..options(1) };
            let (stopped, ..) = run_until(limit, &spec, &market, &saving);
            let WalkForwardOutcome::Stopped(stopped) = stopped else {
                panic!("it was told to stop")
            };
            assert!(stopped.kept == stopped.done && stopped.done >= limit, "{limit}: {stopped:?}");
            assert_eq!((&stopped.id, stopped.total), (&base.id, total));

            let saved = saved_walk_forward(folder.path(), &stopped.id).unwrap();
            assert_eq!((saved.digest, saved.running), (None, None));
            let going_on = SweepOptions { resume: true, ..saving.clone() };
            let (finished, before, now) = run_until(u64::MAX, &saved.spec, &market, &going_on);
            assert_eq!((before, now), (stopped.done, total - stopped.done), "{limit}");
            let WalkForwardOutcome::Finished(finished) = finished else {
                panic!("nobody stopped it")
            };
            assert_eq!((&finished.digest, &finished.id), (&base.digest, &base.id));
            let scores = |result: &WalkForwardResult| {
                (0..result.windows.len()).map(|w| result.scores(w).to_vec()).collect::<Vec<_>>()
            };
            assert_eq!(scores(&finished), scores(&base));
            finished.save(&saved.spec, folder.path()).unwrap();

            // Once more from the beginning, as nobody said to go on.
            let (stopped, before, _) = run_until(1, &spec, &market, &saving);
            assert!(matches!(stopped, WalkForwardOutcome::Stopped(_)) && before == 0);
            let digest = saved_walk_forward(folder.path(), &base.id).unwrap().digest;
            assert_eq!(digest.as_ref(), Some(&base.digest), "what was finished stays known");
        }
    }
}

#[test]
fn a_torn_file_of_training_is_made_again() {
    let (spec, market) = (spec(AVERAGES, &[]), three());
    let folder = tempfile::tempdir().unwrap();
    let saving = SweepOptions { home: Some(folder.path().to_owned()), ..options(1) };
    let base = run_with(&spec, &market, &saving);
    let file = folder.path().join("walk_forwards").join(&base.id).join("training");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let going_on = SweepOptions { resume: true, ..saving };
    let (outcome, before, _) = run_until(u64::MAX, &spec, &market, &going_on);
    let WalkForwardOutcome::Finished(again) = outcome else { panic!("nobody stopped it") };
    assert_eq!((before, &again.digest), (0, &base.digest));
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_stops_nothing() {
    let (spec, market) = (spec(AVERAGES, &[]), three());
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("file");
    fs::write(&home, "in the way").unwrap();
    let stop = AtomicBool::new(false);
    let counter = Counter::new(1, &stop);
    let saving = SweepOptions { home: Some(home), ..options(1) };
    let outcome = walk_forward(&spec, &market, &saving, &counter, &stop).unwrap();
    assert!(matches!(outcome, WalkForwardOutcome::Stopped(Stopped { kept: 0, .. })));
    let notes = counter.notes.into_inner().unwrap().join("\n");
    assert!(notes.starts_with("nothing is kept for --resume: cannot write"), "{notes}");
}

#[test]
fn a_saved_test_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(AVERAGES, &["walkforward.test=30"]);
    let result = run(&spec, &three());
    result.save(&spec, folder.path()).unwrap();
    let saved = saved_walk_forward(folder.path(), &result.id).unwrap();
    assert_eq!(Some(run(&saved.spec, &three()).digest), saved.digest);
}
