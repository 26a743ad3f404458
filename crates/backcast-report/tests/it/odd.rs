//! Pages with little, nothing or nonsense in them.

use backcast_report::*;

use crate::pages::*;

#[test]
fn every_section_says_so_when_it_is_empty() {
    let page = Page {
        sweep: Some(Sweep::default()),
        walk_forward: Some(WalkForward::default()),
        run: Some(Run::default()),
        ..Page::default()
    };
    let html = visible(&render(&page));
    for sentence in
        ["The sweep has no sets", "No windows", "No account", "No prices", "No month", "No trades"]
    {
        assert!(html.contains(sentence), "nothing says `{sentence}`");
    }
}

#[test]
fn parts_that_are_there_but_empty_do_not_break_the_page() {
    let mut page = sweep_page(3, 2);
    let sweep = page.sweep.as_mut().unwrap();
    sweep.assets[0] = AssetSweep {
        asset: "EMPTY".to_owned(),
        best: Some(Table::default()),
        ..AssetSweep::default()
    };
    sweep.assets[1].coarse = Some(CoarseCurves::default());
    sweep.assets[1].full = vec![(0, Series::default())];
    sweep.chosen_asset = 99;
    sweep.summary = Some(Table::default());
    page.run = Some(Run {
        accounts: vec![Account::default(), Account::default()],
        candles: vec![Candles::default(), candles(0)],
        trades: Some(Table::default()),
        ..Run::default()
    });
    let html = render(&page);
    assert!(html.contains("No rows."));
    serde_json::from_str::<serde_json::Value>(block(&html, "data")).unwrap();
}

#[test]
fn lists_of_unequal_length_are_cut() {
    let mut page = run_page();
    let run = page.run.as_mut().unwrap();
    run.accounts[0].equity.values.pop();
    run.candles[0].close.truncate(1);
    run.trades.as_mut().unwrap().rows[0].truncate(1);
    let html = render(&page);
    let json: serde_json::Value = serde_json::from_str(block(&html, "data")).unwrap();
    assert_eq!(json["run"]["accounts"][0]["equity"]["t"]["n"], 2);
    assert_eq!(json["run"]["candles"][0]["t"]["n"], 1);
}

#[test]
fn numbers_that_are_none_do_not_break_the_page() {
    let mut page = run_page();
    let run = page.run.as_mut().unwrap();
    run.accounts[0] = account("All", &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    run.accounts[0].monthly.push(MonthReturn { year: 0, month: 13, value: 1.0 });
    run.candles[0].high = vec![f64::NAN; 3];
    let html = render(&page);
    serde_json::from_str::<serde_json::Value>(block(&html, "data")).unwrap();
}

#[test]
fn trials_outside_the_grid_are_left_out() {
    let mut page = sweep_page(3, 1);
    let sweep = page.sweep.as_mut().unwrap();
    sweep.sets = Some(vec![0, 0, 9, 9, 2]);
    sweep.assets[0].best_trials = vec![0, 1, 77];
    let html = render(&page);
    let json: serde_json::Value = serde_json::from_str(block(&html, "data")).unwrap();
    assert_eq!(json["sweep"]["trials"]["n"], 9);
}
