//! Single runs: curve, comparison, what is saved, and all examples.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use backcast_metrics::Metric;
use backcast_search::{
    Override, Quiet, RunOutcome, SearchError, Spec, SweepOptions, SweepOutcome, recently_made,
    run_spec, saved_run, spec::Mode, summary, sweep, tables,
};
use backcast_store::{Home, Table, TableFormat, render_table};
use expect_test::{Expect, expect};

use crate::market::{asset, market, walk};

const SPEC: &str = r#"
[data]
bundle = "made"

[params]
fast = 5
slow = 20

[rules]
enter_long = "sma(close, fast) > sma(close, slow)"
exit_long = "sma(close, fast) < sma(close, slow)"

[costs]
commission = "0.1%"
"#;

fn spec(sets: &[&str]) -> Spec {
    let overrides: Vec<_> = sets.iter().map(|set| Override::set(set)).collect();
    Spec::parse(SPEC, None, &overrides).unwrap()
}

fn two() -> backcast_data::Market {
    market(vec![asset("AAA", &walk(1, 400)), asset("BBB", &walk(2, 300))])
}

#[test]
fn a_run_and_the_same_set_of_a_sweep_have_one_row() {
    let market = two();
    let spec = spec(&["mode=each"]);
    let run = run_spec(&spec, &market).unwrap();
    let options = SweepOptions { threads: 1, ..SweepOptions::default() };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let SweepOutcome::Finished(swept) = sweep(&spec, &market, &options, &Quiet, &stop).unwrap()
    else {
        panic!("nobody stopped it")
    };
    for (account, rows) in run.accounts.iter().zip(&swept.accounts) {
        assert_eq!(account.result.row, rows.best[0].row, "{}", account.name);
        assert!(account.result.row.get(Metric::Trades).unwrap() > 3.0);
    }
}

#[test]
fn an_account_without_enough_data_has_an_empty_row_in_a_run_as_in_a_sweep() {
    let run = run_spec(&spec(&["mode=each", "params.slow=350"]), &two()).unwrap();
    assert!(run.accounts[0].result.row.get(Metric::TotalReturn).is_some());
    assert_eq!(run.accounts[1].result.row, backcast_metrics::Row::EMPTY);
    expect![
        "the row of BBB is empty: the rules need 350 bars before they can enter, and BBB has 300"
    ]
    .assert_eq(&run.notices.join("\n"));
}

#[test]
fn the_mode_of_a_run_is_a_pool_unless_told_otherwise() {
    let pool = run_spec(&spec(&[]), &two()).unwrap();
    assert_eq!((pool.mode, pool.accounts.len()), (Mode::Pool, 1));
    let each = run_spec(&spec(&["mode=each"]), &two()).unwrap();
    assert_eq!(each.accounts.len(), 2);
    assert_ne!(pool.id, each.id);
}

#[test]
fn buy_and_hold_is_bought_when_the_rules_are_warm() {
    let closes: Vec<f64> = (0..60).map(|i| 100.0 + f64::from(i)).collect();
    let market = market(vec![asset("AAA", &closes)]);
    let run = run_spec(&spec(&["costs.commission=0", "broker.cash=1000"]), &market).unwrap();
    let held = &run.accounts[0].buy_and_hold;
    // Row 19 is the first with both averages; row 20 opens at the close of row 19, which is 119: 8 shares for 952.
    assert_eq!(held[..20], [1000.0; 20]);
    assert_eq!(held[20], 1000.0 - 8.0 * 119.0 + 8.0 * 120.0);
    assert_eq!(held[59], 1000.0 - 8.0 * 119.0 + 8.0 * 159.0);
}

#[test]
fn a_run_takes_one_set_that_can_trade() {
    let check = |sets: &[&str], expected: Expect| {
        let error = run_spec(&spec(sets), &two()).unwrap_err();
        let SearchError::Spec(spec) = &error else { panic!("{error}") };
        let help = spec.help.as_deref().unwrap_or("-");
        expected.assert_eq(&format!("{error} (at `{}`)\n{help}", spec.found()));
    };
    check(
        &["params.fast=2..101"],
        expect![[r#"
        a run takes one value of `fast`, and there are 100 (at `2..101`)
        choose one with --set params.fast=2, or use `sweep`"#]],
    );
    check(
        &["params.slow=500"],
        expect![[r#"
        no parameter set can ever trade: the rules need 500 bars before they can enter, and AAA has 400 (at `500`)
        make periods shorter, or take a longer range of data"#]],
    );
    check(
        &["params.slow=20.5"],
        expect![[r#"
        parameter `slow` is 20.5, but `period` of sma must be a whole number, not 20.5 (at `20.5`)
        -"#]],
    );
}

#[test]
fn what_was_made_last_is_listed_first_and_what_cannot_be_read_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    assert!(recently_made(home, 9).is_empty());
    let market = two();
    let mut ids = Vec::new();
    for (age_s, fast) in [(30, "params.fast=4"), (10, "params.fast=6"), (20, "params.fast=8")] {
        let spec = spec(&[fast]);
        let run = run_spec(&spec, &market).unwrap();
        let manifest = run.save(&spec, &market, home).unwrap().join("manifest.json");
        let made = SystemTime::now() - Duration::from_secs(age_s);
        fs::File::options().append(true).open(manifest).unwrap().set_modified(made).unwrap();
        ids.push((run.id, fast));
    }
    fs::create_dir_all(home.join("runs/000000000000")).unwrap();
    fs::write(home.join("runs/000000000000/manifest.json"), "{").unwrap();
    fs::create_dir_all(home.join("sweeps/111111111111")).unwrap();
    let listed = |most| -> Vec<_> {
        let made = recently_made(home, most).into_iter();
        made.map(|made| (made.kind, made.id, made.changes)).collect()
    };
    let run = |at: usize| ("run".to_owned(), ids[at].0.clone(), vec![ids[at].1.to_owned()]);
    assert_eq!(listed(9), [run(1), run(2), run(0)]);
    assert_eq!(listed(2), [run(1), run(2)]);
}

#[test]
fn a_saved_run_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let market = two();
    let spec = spec(&["params.fast=7"]);
    let run = run_spec(&spec, &market).unwrap();
    let saved = run.save(&spec, &market, folder.path()).unwrap();
    let mut files: Vec<_> = fs::read_dir(&saved).unwrap().map(|f| f.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(
        files,
        ["equity.parquet", "fills.parquet", "manifest.json", "orders.parquet", "trades.parquet"]
    );
    let again = saved_run(folder.path(), &run.id).unwrap();
    let again = (run_spec(&again.spec, &market).unwrap(), again.digests);
    assert_eq!((again.0.id, &again.0.accounts[0].digest), (run.id, &again.1[0]));
    assert!(matches!(saved_run(folder.path(), "0123456789ab"), Err(SearchError::UnknownId { .. })));
}

fn example(name: &str) -> (Spec, RunOutcome, backcast_data::Market) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let text = fs::read_to_string(&path).unwrap();
    let sets = match name {
        "sma_grid.toml" => vec![Override::set("params.fast=20"), Override::set("params.slow=150")],
        "walkforward.toml" => {
            vec![Override::set("params.fast=20"), Override::set("params.slow=100")]
        }
        _ => Vec::new(),
    };
    let spec = Spec::parse(&text, Some(&path), &sets).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let market = spec.load(&Home::at(folder.path())).unwrap();
    let run = run_spec(&spec, &market).unwrap();
    (spec, run, market)
}

#[test]
fn every_example_trades() {
    let mut told = String::new();
    for name in [
        "sma_cross.toml",
        "rsi_reversal.toml",
        "bollinger_breakout.toml",
        "momentum.toml",
        "pairs.toml",
        "buy_and_hold.toml",
        "sma_grid.toml",
        "walkforward.toml",
    ] {
        let (_, run, market) = example(name);
        let account = &run.accounts[0];
        let row = &account.result.row;
        told += &format!(
            "{name}: {} {} bars, {} fills, {} trades, return {:.4}, hold {:.4}\n",
            account.name,
            account.result.equity.len(),
            account.result.fills.len(),
            account.result.trades.len(),
            row.get(Metric::TotalReturn).unwrap(),
            account.buy_and_hold.last().unwrap() / account.result.start_cash - 1.0,
        );
        assert_eq!(tables::trades(&run, &market).rows(), account.result.trades.len());
        assert_eq!(tables::orders(&run, &market).rows(), account.result.orders.len());
    }
    expect![[r#"
        sma_cross.toml: pool 3270 bars, 12 fills, 6 trades, return 15.4857, hold 55.2844
        rsi_reversal.toml: pool 3270 bars, 8 fills, 4 trades, return -0.0478, hold 0.2017
        bollinger_breakout.toml: pool 3270 bars, 156 fills, 78 trades, return 1.8627, hold 6.0423
        momentum.toml: pool 3270 bars, 116 fills, 57 trades, return 2.4327, hold 3.5866
        pairs.toml: pool 3270 bars, 272 fills, 142 trades, return 0.2178, hold 0.5020
        buy_and_hold.toml: pool 3270 bars, 1 fills, 0 trades, return 1.2142, hold 1.2142
        sma_grid.toml: pool 3270 bars, 62 fills, 30 trades, return 1.4261, hold 34.1288
        walkforward.toml: pool 3270 bars, 88 fills, 43 trades, return 1.0640, hold 15.6601
    "#]]
    .assert_eq(&told);
}

#[test]
fn tables_name_the_session_beside_the_time() {
    // Sessions that close at three in the night, UTC: the time is that of the next day.
    const LATER: i64 = 6 * 3_600_000_000_000;
    let mut late = asset("AAA", &[10.0, 11.0, 12.0, 13.0, 9.0, 8.0, 8.0]);
    late.bars.time = late.bars.time.iter().map(|time| time + LATER).collect::<Vec<_>>().into();
    let market = market(vec![late]);
    let sets = ["params.fast=1", "params.slow=2", "broker.cash=100", "costs.commission=0%"];
    let run = run_spec(&spec(&sets), &market).unwrap();
    let told = |table: &Table| {
        let bytes = render_table(TableFormat::Csv, table).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    expect![[r#"
        account,order,asset,side,kind,price,size,reverse,session,time,status
        pool,0,AAA,buy,market,,1 of equity,false,2001-01-03,2001-01-04T03:00:00Z,filled
        pool,1,AAA,sell,market,,position,false,2001-01-06,2001-01-07T03:00:00Z,filled
    "#]]
    .assert_eq(&told(&tables::orders(&run, &market)));
    expect![[r#"
        account,order,asset,session,time,quantity,price,commission,slippage
        pool,0,AAA,2001-01-04,2001-01-05T03:00:00Z,9,11,0,0
        pool,1,AAA,2001-01-07,2001-01-08T03:00:00Z,-9,9,0,0
    "#]]
    .assert_eq(&told(&tables::fills(&run, &market)));
    expect![[r#"
        account,asset,quantity,entry_session,entry_time,entry_price,exit_session,exit_time,exit_price,net_profit,costs
        pool,AAA,9,2001-01-04,2001-01-05T03:00:00Z,11,2001-01-07,2001-01-08T03:00:00Z,9,-18,0
    "#]]
    .assert_eq(&told(&tables::trades(&run, &market)));
    expect![[r#"
        account,session,time,equity,buy_and_hold
        pool,2001-01-02,2001-01-03T03:00:00Z,100,100
        pool,2001-01-03,2001-01-04T03:00:00Z,100,100
        pool,2001-01-04,2001-01-05T03:00:00Z,109,109
        pool,2001-01-05,2001-01-06T03:00:00Z,118,118
        pool,2001-01-06,2001-01-07T03:00:00Z,82,82
        pool,2001-01-07,2001-01-08T03:00:00Z,82,73
        pool,2001-01-08,2001-01-09T03:00:00Z,82,73
    "#]]
    .assert_eq(&told(&tables::equity(&run)));
}

#[test]
fn months_multiply_to_the_whole() {
    let (_, run, _) = example("sma_cross.toml");
    let result = &run.accounts[0].result;
    let months = summary::monthly_returns(&result.days, &result.equity, result.start_cash);
    let product: f64 = months.iter().map(|month| 1.0 + month.value).product();
    let total = result.row.get(Metric::TotalReturn).unwrap();
    assert!((product - 1.0 - total).abs() < 1e-9, "{product} {total}");
    assert_eq!(months.len(), 157);
    let worst = summary::drawdowns(&result.equity, result.start_cash);
    let worst = worst.into_iter().fold(0.0, f64::max);
    assert_eq!(Some(worst), result.row.get(Metric::MaxDrawdown));
}
