//! A page stays small: 500 kB beyond the chart script and the curves.

use backcast_report::*;

use crate::pages::*;

const BUDGET: usize = 500_000;

/// Bytes of the page without the chart script and the curves of a sweep's sets.
fn own_size(html: &str) -> usize {
    html.len() - block(html, "data-charts").len() - block(html, "data-curves").len()
}

#[test]
fn the_chart_script_is_under_two_megabytes() {
    let html = render(&Page::default());
    let script = block(&html, "data-charts").len();
    assert!((1_000_000..2_000_000).contains(&script), "{script}");
    assert!(own_size(&html) < 80_000, "{}", own_size(&html));
}

#[test]
fn ten_thousand_sets_on_five_assets_stay_within_the_budget() {
    let html = render(&sweep_page(100, 5));
    assert!(own_size(&html) < BUDGET, "{}", own_size(&html));
}

#[test]
fn a_huge_grid_is_thinned_and_the_page_says_so() {
    let html = render(&sweep_page(300, 3));
    assert!(own_size(&html) < BUDGET, "{}", own_size(&html));
    assert!(html.contains("id=\"thinning-note\""));
}

#[test]
fn a_million_minute_bars_stay_within_the_budget() {
    let bars = 1_000_000;
    let equity: Vec<f64> = (0..bars).map(|i| 1e5 + 1e3 * (i as f64 * 0.001).sin()).collect();
    let mut page = run_page();
    let run = page.run.as_mut().unwrap();
    run.accounts = vec![account("All", &equity)];
    run.candles = vec![candles(bars)];
    let html = render(&page);
    assert!(own_size(&html) < BUDGET, "{}", own_size(&html));
    let json: serde_json::Value = serde_json::from_str(block(&html, "data")).unwrap();
    assert!(json["run"]["accounts"][0]["equity"]["t"]["n"].as_u64().unwrap() <= 4000);
    assert_eq!(json["run"]["candles"][0]["bars"], 250);
}
