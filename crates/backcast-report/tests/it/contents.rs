//! What the page says, and what it must not contain.

use backcast_report::*;

use crate::{measured::measured_page, pages::*, profiles::profile_page, scales::scale_page};

#[test]
fn a_page_needs_no_network() {
    let backtests = [run_page(), sweep_page(5, 2), walk_forward_page()];
    let of_the_laboratory = [profile_page(20), measured_page(2, 20), scale_page(3)];
    for page in backtests.into_iter().chain(of_the_laboratory) {
        let html = render(&page);
        let own = html.replace(block(&html, "data-charts"), "");
        for word in ["http:", "https:", "//cdn", "@import", "url(", " src=", "<link", "<iframe"] {
            assert!(!own.contains(word), "the page contains `{word}`");
        }
        assert!(html.contains("default-src &#39;none&#39;") || html.contains("default-src 'none'"));
        assert!(!html.contains("unsafe-eval"));
    }
}

#[test]
fn a_name_that_looks_like_markup_stays_text() {
    let bad = "</script><script>alert(1)</script>".to_owned();
    let mut page = run_page();
    page.title.clone_from(&bad);
    page.manifest.push((bad.clone(), bad.clone()));
    page.notices.push(bad.clone());
    let run = page.run.as_mut().unwrap();
    run.accounts[0].name.clone_from(&bad);
    run.accounts[0].currency.clone_from(&bad);
    run.candles[0].asset.clone_from(&bad);
    run.trades.as_mut().unwrap().rows[0][0] = Cell::Text(bad.clone());
    let mut sweep = sweep_page(3, 1).sweep.unwrap();
    sweep.params[0].name.clone_from(&bad);
    sweep.assets[0].run_command.clone_from(&bad);
    page.sweep = Some(sweep);
    let html = render(&page);
    assert!(!html.contains("<script>alert"), "a name became a script");
    let json: serde_json::Value = serde_json::from_str(block(&html, "data")).unwrap();
    assert_eq!(json["run"]["accounts"][0]["name"], bad);
    assert_eq!(json["sweep"]["assets"][0]["run_command"], bad);
}

#[test]
fn undefined_is_an_em_dash_and_negative_a_true_minus() {
    let html = visible(&render(&run_page()));
    assert!(html.contains("Profit factor"));
    assert!(html.contains("<dd>\u{2014}</dd>"), "an undefined metric is a dash");
    assert!(html.contains("\u{2212}1,234.50"), "P&L has separators and a true minus");
    assert!(html.contains("\u{2212}1.2"), "a month's loss is shown");
    assert!(!html.contains("NaN"));
}

#[test]
fn the_header_tells_where_the_result_is_from() {
    let html = visible(&render(&run_page()));
    assert!(html.contains("<dt>Version</dt><dd>0.1.0</dd>"));
    assert!(html.contains("fallback to the event engine"));
}

#[test]
fn a_section_has_the_documented_elements() {
    let has = |html: &str, ids: &[&str]| {
        for id in ids {
            assert!(html.contains(&format!("id=\"{id}\"")), "no element `{id}`");
        }
    };
    let frame = ["manifest", "theme-toggle", "data", "tip"];
    let run = render(&run_page());
    has(&run, &frame);
    has(
        &run,
        &["run", "equity", "drawdown", "log-scale", "candles", "candle-note", "monthly", "trades"],
    );
    let sweep = render(&sweep_page(4, 2));
    has(
        &sweep,
        &[
            "sweep",
            "asset-select",
            "metric-select",
            "set-0",
            "set-1",
            "best-set",
            "heatmap",
            "cell-curve",
        ],
    );
    has(
        &sweep,
        &["cell-log", "cell-facts", "cell-note", "cell-command", "best", "best-0", "best-1"],
    );
    let test = render(&walk_forward_page());
    has(
        &test,
        &["walk-forward", "oos-equity", "oos-drawdown", "oos-log-scale", "oos-monthly", "windows"],
    );
}

#[test]
fn a_table_has_a_caption_and_headings_that_sort() {
    let html = render(&run_page());
    assert!(html.contains("<caption><span>Trades</span></caption>"));
    assert_eq!(html.matches("aria-sort=\"none\"").count(), 3);
    assert!(html.contains("<th scope=\"col\" class=\"number\""));
    assert!(html.contains("<td class=\"time\">1970-01-02</td>"));
}

#[test]
fn a_long_table_keeps_its_first_rows_in_the_page_and_the_others_packed() {
    let mut page = run_page();
    page.run.as_mut().unwrap().trades = Some(table(500));
    let html = render(&page);
    assert_eq!(html.matches("data-row=").count(), 30);
    assert!(html.contains("30 of 500 rows are shown."));
    assert!(!block(&html, "data-rows").is_empty());
    assert!(block(&render(&run_page()), "data-rows").is_empty());
}

#[test]
fn equal_pages_are_equal_bytes() {
    assert_eq!(render(&sweep_page(6, 2)), render(&sweep_page(6, 2)));
}
