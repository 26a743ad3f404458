//! Sweeps: the same bytes on any number of threads, in any chunks, after any interruption.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use backcast_data::Market;
use backcast_engine::lanes::Isa;
use backcast_metrics::Metric;
use backcast_search::{
    BestSoFar, CacheUse, Curves, Override, Progress, Quiet, SearchError, Spec, SweepOptions,
    SweepOutcome, SweepResult, saved_sweep, summary::curve_row, sweep,
};
use expect_test::expect;

use crate::market::{asset, market, walk};

const SPEC: &str = r#"
[data]
bundle = "made"

[params]
fast = { from = 2, to = 21 }
slow = { from = 22, to = 61 }

[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"

[costs]
commission = "0.1%"
slippage = "2bp"
"#;

fn two_assets() -> Market {
    market(vec![asset("AAA", &walk(1, 700)), asset("BBB", &walk(2, 500))])
}

fn spec(sets: &[&str]) -> Spec {
    let overrides: Vec<_> = sets.iter().map(|set| Override::set(set)).collect();
    Spec::parse(SPEC, None, &overrides).unwrap()
}

fn options() -> SweepOptions {
    SweepOptions { threads: 1, ..SweepOptions::default() }
}

fn run(spec: &Spec, market: &Market, options: &SweepOptions) -> SweepResult {
    match sweep(spec, market, options, &Quiet, &AtomicBool::new(false)).unwrap() {
        SweepOutcome::Finished(result) => *result,
        SweepOutcome::Stopped(stopped) => panic!("nobody stopped it: {stopped:?}"),
    }
}

#[test]
fn buy_and_hold_waits_for_the_first_set_that_can_trade() {
    let (spec, market) = (spec(&["params.slow=600,650,60"]), two_assets());
    let result = run(&spec, &market, &options());
    let curves = Curves::new(&spec, &market, &result, 1).unwrap();
    assert_eq!([curves.first_to_trade(0), curves.first_to_trade(1)], [Some(0), Some(2)]);
    let held = curves.buy_and_hold(1, 2).unwrap();
    assert_ne!(held[0], held[499], "it bought");
}

/// Stops the sweep once so many runs are done.
struct StopAfter<'a> {
    runs: u64,
    done: AtomicU64,
    stop: &'a AtomicBool,
}

impl Progress for StopAfter<'_> {
    fn advance(&self, runs: u64) {
        if self.done.fetch_add(runs, Ordering::Relaxed) + runs >= self.runs {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Bytes of the columns, so that undefined values compare too.
fn bits(result: &SweepResult) -> Vec<u64> {
    let columns = result.accounts.iter().flat_map(|account| account.columns.iter());
    columns.flatten().map(|value| value.to_bits()).collect()
}

#[test]
fn threads_chunks_and_vector_levels_change_no_byte() {
    let (spec, market) = (spec(&["sweep.metric=total_return"]), two_assets());
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let base = run(&spec, &market, &SweepOptions { out: Some(file("a.parquet")), ..options() });
    assert_eq!(base.sets.count(), 800);
    assert!(base.accounts.iter().all(|account| account.best[0].row.get(Metric::Sharpe).is_some()));
    let two = SweepOptions { threads: 2, out: Some(file("b.parquet")), ..options() };
    let two = run(&spec, &market, &two);
    assert_eq!((bits(&base), &base.digest, &base.id), (bits(&two), &two.digest, &two.id));
    assert_eq!(fs::read(file("a.parquet")).unwrap(), fs::read(file("b.parquet")).unwrap());
    for chunk in [1, 7, 100, 799] {
        let other = run(&spec, &market, &SweepOptions { chunk, threads: 2, ..options() });
        assert_eq!((bits(&base), &base.digest), (bits(&other), &other.digest), "{chunk}");
    }
    for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
        let other = run(&spec, &market, &SweepOptions { isa, ..options() });
        assert_eq!(base.digest, other.digest, "{isa:?}");
    }
}

/// Puts a folder where a chunk is to be saved, as a disk that fills would, and stops some chunks later.
struct FullDisk<'a> {
    chunk: PathBuf,
    stopper: StopAfter<'a>,
    notes: Mutex<Vec<String>>,
}

impl Progress for FullDisk<'_> {
    fn begin(&self, _: u64, _: u64) {
        fs::create_dir_all(self.chunk.join("in the way")).unwrap();
    }

    fn advance(&self, runs: u64) {
        self.stopper.advance(runs);
    }

    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
    }
}

#[test]
fn what_was_saved_before_the_disk_filled_is_kept_and_told() {
    let (spec, market) = (spec(&[]), two_assets());
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".backcast");
    let (chunk, stop) = (64, AtomicBool::new(false));
    let base = run(&spec, &market, &SweepOptions { chunk, ..options() });
    let blocked = home.join("sweeps").join(&base.id).join("chunk-000005.parquet");
    let stopper = StopAfter { runs: 600, done: AtomicU64::new(0), stop: &stop };
    let disk = FullDisk { chunk: blocked.clone(), stopper, notes: Mutex::default() };
    let saving = SweepOptions { chunk, home: Some(home), ..options() };
    let outcome = sweep(&spec, &market, &saving, &disk, &stop).unwrap();
    let SweepOutcome::Stopped(stopped) = outcome else { panic!("it was told to stop") };
    assert_eq!(stopped.kept, 5 * 64);
    assert!(stopped.done >= 600, "{stopped:?}");
    let notes = disk.notes.lock().unwrap().join("\n");
    assert!(notes.starts_with("nothing more is kept for --resume"), "{notes}");

    fs::remove_dir_all(blocked).unwrap();
    let resumed = run(&spec, &market, &SweepOptions { resume: true, ..saving });
    assert_eq!((bits(&base), &base.digest), (bits(&resumed), &resumed.digest));
}

#[test]
fn a_sweep_that_was_stopped_goes_on_to_the_same_bytes() {
    let (spec, market) = (spec(&[]), two_assets());
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".backcast");
    let whole = folder.path().join("whole.parquet");
    let chunk = 64;
    let base = run(&spec, &market, &SweepOptions { chunk, out: Some(whole.clone()), ..options() });

    let stop = AtomicBool::new(false);
    let stopper = StopAfter { runs: 900, done: AtomicU64::new(0), stop: &stop };
    let saving = SweepOptions { chunk, home: Some(home.clone()), ..options() };
    let saving = SweepOptions { out: Some(folder.path().join("half.parquet")), ..saving };
    let stopped = match sweep(&spec, &market, &saving, &stopper, &stop).unwrap() {
        SweepOutcome::Stopped(stopped) => stopped,
        SweepOutcome::Finished(_) => panic!("it was told to stop"),
    };
    assert_eq!(stopped.id, base.id);
    assert!(
        stopped.kept == stopped.done && stopped.done >= 900 && stopped.done < stopped.total,
        "{stopped:?}"
    );
    assert!(!folder.path().join("half.parquet").exists(), "an unfinished file has no name");

    // A kill may leave a torn chunk; it is made again.
    let chunks = home.join("sweeps").join(&stopped.id);
    fs::write(chunks.join("chunk-000003.parquet"), b"PAR1").unwrap();
    let saved = saved_sweep(&home, &stopped.id).unwrap();
    let resumed = SweepOptions { resume: true, chunk: 0, ..saving.clone() };
    let out = folder.path().join("resumed.parquet");
    let resumed = run(&saved.spec, &market, &SweepOptions { out: Some(out.clone()), ..resumed });
    assert_eq!(
        (bits(&base), &base.digest, &base.id),
        (bits(&resumed), &resumed.digest, &resumed.id)
    );
    assert_eq!(fs::read(whole).unwrap(), fs::read(out).unwrap());

    let other = market_of(&walk(9, 700), &walk(2, 500));
    let error = sweep(
        &saved.spec,
        &other,
        &SweepOptions { resume: true, ..saving },
        &Quiet,
        &AtomicBool::new(false),
    );
    // Other data has another digest, hence another id: nothing of the old chunks is used.
    assert!(matches!(error.unwrap(), SweepOutcome::Finished(result) if result.id != stopped.id));
}

/// Remembers the best sets that were told last of each account, and how often.
#[derive(Default)]
struct Leaders(Mutex<BTreeMap<String, Told>>);

#[derive(Default)]
struct Told {
    best: Vec<(usize, f64)>,
    times: usize,
}

impl Progress for Leaders {
    fn best(&self, found: &BestSoFar<'_>) {
        let mut all = self.0.lock().unwrap();
        let told = all.entry(found.account.to_owned()).or_default();
        (told.best, told.times) = (found.best.to_vec(), told.times + 1);
    }
}

#[test]
fn the_best_sets_are_told_on_the_way_and_the_last_word_is_the_result() {
    let market = two_assets();
    for metric in ["total_return", "max_drawdown"] {
        let spec = spec(&[&format!("sweep.metric={metric}")]);
        let (told, stop) = (Leaders::default(), AtomicBool::new(false));
        let in_chunks = SweepOptions { chunk: 100, ..options() };
        let outcome = sweep(&spec, &market, &in_chunks, &told, &stop).unwrap();
        let SweepOutcome::Finished(result) = outcome else { panic!("nobody stopped it") };
        let told = told.0.into_inner().unwrap();
        assert_eq!(told.len(), result.accounts.len());
        for account in &result.accounts {
            let told = &told[&account.name];
            let wanted = account.best.iter().take(3);
            let wanted: Vec<_> =
                wanted.map(|b| (b.set, b.row.get(result.metric).unwrap())).collect();
            assert_eq!(told.best, wanted, "{metric} of {}", account.name);
            assert!(told.times > 1, "told {} times", told.times);
        }
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
fn series_that_sets_share_are_told_and_runs_that_were_saved() {
    let market = two_assets();
    let told = |sets: &[&str], options: &SweepOptions| {
        let kept = Kept::default();
        sweep(&spec(sets), &market, options, &kept, &AtomicBool::new(false)).unwrap();
        kept.0.into_inner().unwrap()
    };
    // Each of 800 sets on two assets looks at two averages, of which there are 20 and 40 on each.
    for threads in [1, 2] {
        let shared = told(&[], &SweepOptions { threads, ..options() });
        assert_eq!(shared, [("indicator series", 3200 - 120, 120)]);
    }
    let rule = |than| format!("sma(close, fast + slow) {than} sma(open, fast + slow)");
    let (enter, exit) = (rule(">"), rule("<"));
    let (enter, exit) = (format!("rules.enter_long={enter}"), format!("rules.exit_long={exit}"));
    let alone = ["params.slow=25", &enter, &exit];
    assert_eq!(told(&alone, &options()), [("indicator series", 0, 80)]);
    assert_eq!(told(&["rules.stop_loss=10%", "params.slow=25"], &options()), []);
    let folder = tempfile::tempdir().unwrap();
    let saving = SweepOptions { chunk: 100, home: Some(folder.path().into()), ..options() };
    told(&[], &saving);
    let again = told(&[], &SweepOptions { resume: true, ..saving });
    assert_eq!(again, [("runs of an earlier start", 1600, 0)]);
}

/// Sweeps the same a second time while the first one is at work.
struct SecondSweep<'a> {
    spec: &'a Spec,
    market: &'a Market,
    options: SweepOptions,
    result: Mutex<Option<SweepResult>>,
    notes: Mutex<Vec<String>>,
}

impl Progress for SecondSweep<'_> {
    fn advance(&self, _: u64) {
        let mut result = self.result.lock().unwrap();
        if result.is_none() {
            let outcome =
                sweep(self.spec, self.market, &self.options, &Notes(self), &AtomicBool::new(false));
            match outcome.unwrap() {
                SweepOutcome::Finished(second) => *result = Some(*second),
                SweepOutcome::Stopped(stopped) => panic!("nobody stopped it: {stopped:?}"),
            }
        }
    }
}

struct Notes<'a, 'b>(&'a SecondSweep<'b>);

impl Progress for Notes<'_, '_> {
    fn note(&self, text: &str) {
        self.0.notes.lock().unwrap().push(text.to_owned());
    }
}

#[test]
fn two_sweeps_of_one_spec_at_a_time_give_the_same_and_harm_nothing() {
    let (spec, market) = (spec(&[]), two_assets());
    let base = run(&spec, &market, &options());
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join(".backcast");
    for resume in [false, true] {
        let saving = SweepOptions { chunk: 64, home: Some(home.clone()), ..options() };
        let second = SecondSweep {
            spec: &spec,
            market: &market,
            options: SweepOptions { resume, ..saving.clone() },
            result: Mutex::new(None),
            notes: Mutex::new(Vec::new()),
        };
        let stop = AtomicBool::new(false);
        let first = match sweep(&spec, &market, &saving, &second, &stop).unwrap() {
            SweepOutcome::Finished(first) => first,
            SweepOutcome::Stopped(stopped) => panic!("nobody stopped it: {stopped:?}"),
        };
        let other = second.result.into_inner().unwrap().expect("it ran");
        assert_eq!((&base.digest, &base.digest), (&first.digest, &other.digest));
        let notes = second.notes.into_inner().unwrap().join("\n");
        let (me, id) = (std::process::id(), &base.id);
        assert_eq!(
            notes,
            format!("process {me} runs sweep {id} as well; this one keeps nothing for --resume")
        );
        // Each of the two assets has 13 chunks, beside them the manifest and the lock.
        assert_eq!(fs::read_dir(home.join("sweeps").join(id)).unwrap().count(), 2 * 13 + 2);
        assert_eq!(saved_sweep(&home, id).unwrap().running, None);
    }
}

fn market_of(a: &[f64], b: &[f64]) -> Market {
    let mut market = market(vec![asset("AAA", a), asset("BBB", b)]);
    market.digest = "1".repeat(64);
    market
}

#[test]
fn an_unknown_id_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for id in ["abcdef012345", "", "../..", "no"] {
        let error = saved_sweep(folder.path(), id).unwrap_err();
        assert!(matches!(error, SearchError::UnknownId { .. }), "{id}");
    }
    assert!(!Path::new(folder.path()).join("sweeps").exists());
}

#[test]
fn sets_that_need_more_bars_than_there_are_give_empty_rows() {
    let market = market(vec![asset("AAA", &walk(1, 100)), asset("BBB", &walk(2, 30))]);
    let spec = spec(&["params.fast=2", "params.slow=10,40,90,200"]);
    let result = run(&spec, &market, &options());
    assert_eq!(result.accounts.iter().map(|a| a.empty).collect::<Vec<_>>(), [1, 3]);
    let trades = result.column(0, Metric::Trades).unwrap();
    assert_eq!(trades.iter().map(|t| t.is_nan()).collect::<Vec<_>>(), [false, false, false, true]);
    expect!["4 rows are empty; the first because the rules need 200 bars before they can enter, and AAA has 100"]
        .assert_eq(&result.notices.join("\n"));
}

#[test]
fn a_spec_in_which_no_set_can_trade_is_refused() {
    let spec = spec(&["params.slow=900..1000"]);
    let error = sweep(&spec, &two_assets(), &options(), &Quiet, &AtomicBool::new(false));
    let error = error.unwrap_err();
    expect!["no parameter set can ever trade: the rules need 900 bars before they can enter, and AAA has 700"]
        .assert_eq(&error.to_string());
    assert!(matches!(error, SearchError::Spec(error) if error.found() == "900..1000"));
}

#[test]
fn periods_must_be_whole_numbers() {
    let spec = spec(&["params.fast=2..3..0.5"]);
    let error = sweep(&spec, &two_assets(), &options(), &Quiet, &AtomicBool::new(false));
    let error = error.unwrap_err();
    expect!["parameter `fast` is 2.5, but `period` of sma must be a whole number, not 2.5"]
        .assert_eq(&error.to_string());
    assert!(matches!(error, SearchError::Spec(error) if error.found() == "2..3..0.5"));
}

#[test]
fn each_option_changes_what_it_says() {
    let market = two_assets();
    let digest = |sets: &[&str]| run(&spec(sets), &market, &options()).digest;
    let base = digest(&[]);
    for set in [
        "costs.commission=0.2%",
        "costs.commission=0.01 per share",
        "costs.commission=1 per trade",
        "costs.slippage=5bp",
        "costs.slippage=0.01 per share",
        "broker.cash=50000",
        "broker.size=50% of equity",
        "broker.size=10 shares",
        "broker.size=5000 cash",
        "broker.shares=fractional",
        "broker.fill=same_close",
        "data.from=2001-06-01",
        "data.to=2001-12-31",
        "data.assets=AAA",
        "sweep.where=fast + 10 < slow",
        "params.fast=3",
    ] {
        assert_ne!(base, digest(&[set]), "{set}");
    }
    let result = |sets: &[&str]| run(&spec(sets), &market, &options());
    assert_eq!(result(&["sweep.best=3"]).accounts[0].best.len(), 3);
    assert_ne!(result(&["sweep.metric=trades"]).best, result(&["sweep.metric=sharpe"]).best);
    let few = result(&["metrics=[\"trades\"]", "sweep.metric=cagr"]);
    assert_eq!(few.metrics, [Metric::Cagr, Metric::Trades]);
}

#[test]
fn bars_after_the_end_of_the_range_change_nothing() {
    let long = walk(1, 700);
    let with = |closes: &[f64]| {
        let market = market(vec![asset("AAA", closes)]);
        run(&spec(&["data.to=2002-06-30"]), &market, &options()).digest
    };
    let mut changed = long.clone();
    for close in &mut changed[600..] {
        *close *= 3.0;
    }
    assert_eq!(with(&long), with(&changed));
    assert_eq!(with(&long), with(&long[..600]));
}

#[test]
fn little_room_keeps_the_metric_of_the_ranking_alone() {
    let (spec, market) = (spec(&[]), two_assets());
    let all = run(&spec, &market, &options());
    let one = run(&spec, &market, &SweepOptions { keep_bytes: 1000, ..options() });
    assert_eq!(one.kept, [Metric::Sharpe]);
    assert_eq!((all.digest, all.best), (one.digest, one.best));
    assert_eq!(all.accounts[1].best, one.accounts[1].best);
}

#[test]
fn what_lanes_cannot_do_goes_through_the_event_engine_with_a_notice() {
    let market = two_assets();
    let few = ["params.fast=5..8", "params.slow=30,40"];
    let lanes = run(&spec(&few), &market, &options());
    assert!(lanes.notices.is_empty());
    let stopped = run(&spec(&[few[0], few[1], "rules.stop_loss=50%"]), &market, &options());
    expect!["the event engine runs each set: `stop_loss` waits inside the bars"]
        .assert_eq(&stopped.notices.join("\n"));
    // Nothing falls by half within a trade here, so both engines must agree to the bit.
    assert_eq!(bits(&lanes), bits(&stopped));
    let near = run(&spec(&[few[0], few[1], "rules.stop_loss=2%"]), &market, &options());
    assert_ne!(bits(&lanes), bits(&near));

    let pool = &[few[0], few[1], "mode=pool", "broker.size=50% of equity"];
    let one = run(&spec(pool), &market, &options());
    let two = run(&spec(pool), &market, &SweepOptions { threads: 2, chunk: 3, ..options() });
    assert_eq!(one.accounts.len(), 1);
    assert_eq!((bits(&one), &one.digest), (bits(&two), &two.digest));
    expect!["the event engine runs each set: its assets share one pool of cash"]
        .assert_eq(&one.notices.join("\n"));
}

#[test]
fn digests_of_single_runs_come_only_when_asked_for() {
    let market = two_assets();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let few = ["params.fast=5..8", "params.slow=30,40", "sweep.digests=true"];
    let with = SweepOptions { out: Some(file("with.parquet")), ..options() };
    let home = folder.path().join(".backcast");
    let with = run(&spec(&few), &market, &SweepOptions { home: Some(home), ..with });
    let without = run(&spec(&few[..2]), &market, &options());
    assert_eq!(bits(&with), bits(&without));
    assert_ne!(with.digest, without.digest);
}

#[test]
fn curves_of_a_sweep_end_at_the_returns_of_its_rows() {
    let market = two_assets();
    let spec = spec(&["params.fast=5..8", "params.slow=30,40"]);
    let result = run(&spec, &market, &options());
    let curves = Curves::new(&spec, &market, &result, 2).unwrap();
    let coarse = curves.coarse(1, 16, &Quiet).unwrap();
    let returns = result.column(1, Metric::TotalReturn).unwrap();
    assert_eq!((coarse.times.len(), coarse.values.len()), (16, 8 * 16));
    for (set, expected) in returns.iter().enumerate() {
        let last = f64::from(coarse.values[set * 16 + 15]) / 100_000.0 - 1.0;
        assert!((last - expected).abs() < 1e-6, "{set}");
    }
    let full = curves.full(0, &result.best).unwrap();
    assert_eq!(full.iter().map(|curve| curve.set).collect::<Vec<_>>(), result.best);
    assert_eq!(full[0].equity.len(), 700);
    let best = curves.run(0, result.best[0]).unwrap().unwrap();
    assert_eq!(best.equity, full[0].equity);
    assert_eq!(curves.buy_and_hold(0, 0).unwrap().len(), 700);
}

#[test]
fn a_set_holds_up_by_its_mean_its_worst_and_its_places() {
    let market = two_assets();
    let spec = spec(&["params.fast=5..8", "params.slow=30,40", "sweep.best=3"]);
    let result = run(&spec, &market, &options());
    let values = [0, 1].map(|account| result.column(account, Metric::Sharpe).unwrap());
    let benchmarks = [values[0][3], f64::NAN];
    let best = result.hold_up(&benchmarks);
    assert_eq!(best.iter().map(|one| one.set).collect::<Vec<_>>(), result.best);
    for one in &best {
        let own = values.map(|column| column[one.set]);
        let place =
            |account: usize| 1 + values[account].iter().filter(|v| **v > own[account]).count();
        assert_eq!(one.mean, (own[0] + own[1]) / 2.0);
        assert_eq!(one.worst, own[0].min(own[1]));
        assert_eq!(one.mean_rank, (place(0) + place(1)) as f64 / 2.0);
        assert_eq!(one.beating, usize::from(own[0] > benchmarks[0]));
    }
    let all = result.account_summaries(&benchmarks);
    let better = values[0].iter().filter(|v| **v > benchmarks[0]).count();
    assert_eq!(all[0].beating, better as f64 / 8.0);
    assert_eq!(all[0].best, values[0].iter().copied().fold(f64::MIN, f64::max));
    assert!(all[1].beating.is_nan());
}

#[test]
fn the_metrics_of_a_curve_are_those_of_its_run() {
    let market = two_assets();
    let spec = spec(&["params.fast=5", "params.slow=30,40"]);
    let result = run(&spec, &market, &options());
    let curves = Curves::new(&spec, &market, &result, 1).unwrap();
    let run = curves.run(0, 0).unwrap().unwrap();
    let row = curve_row(&run.equity, &run.days, run.start_cash, market.periods_per_year);
    for metric in [Metric::Sharpe, Metric::Cagr, Metric::Calmar, Metric::MaxDrawdownBars] {
        assert_eq!(row.get(metric), run.row.get(metric));
    }
    assert_eq!(row.get(Metric::Trades), None);
}
