//! Pages of what was measured.

use std::io::Read;

use backcast_report::{lab::*, *};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::pages::*;

/// A figure of so many views with two kinds of so many dots each, with intervals, marks, and a name that would be a script.
pub(crate) fn measured_page(views: usize, dots: usize) -> Page {
    let evil = "<script>alert(1)</script>".to_owned();
    // As wild as measurements are: nothing that packs well.
    let wild = |i: usize| 1.0 + ((i as f64 * 12.9898).sin() * 43_758.547).fract().abs();
    let dot = |i: usize| Dot {
        x: 1.7e9 + i as f64 * 3600.0,
        y: wild(i),
        ends: Some((wild(i) * 0.99, wild(i) * 1.01)),
        told: vec![
            format!("2026-01-01T00:00:{i:02}Z"),
            format!("{:.3} ms, 10 runs", wild(i)),
            format!("commit {:012x}", i * 7919),
        ],
    };
    let kind = |colour: Colour, look: Look| Dots {
        name: evil.clone(),
        colour,
        look,
        interval: Some(Along::Y),
        dots: (0..dots).map(dot).collect(),
    };
    let view = |i: usize| View {
        name: format!("{evil} {i}"),
        note: "Dots are medians.".to_owned(),
        x: Axis::Time("when it was taken (UTC)".to_owned()),
        y: Axis::Number("time of a run (ms)".to_owned()),
        dots: vec![kind(Colour::Base, Look::Dots), kind(Colour::Candidate, Look::Line)],
        marks: vec![Mark {
            along: Along::X,
            from: 1.7e9,
            to: 1.7e9,
            label: evil.clone(),
            colour: Colour::Alarm,
        }],
    };
    Page {
        title: "Baselines".to_owned(),
        measured: vec![Measured {
            id: "history".to_owned(),
            heading: "History".to_owned(),
            lead: "Slower by 3 %.".to_owned(),
            figures: vec![Figure {
                id: "over-time".to_owned(),
                title: "Over time".to_owned(),
                label: "Sessions over time".to_owned(),
                views: (0..views).map(view).collect(),
            }],
            tables: vec![("changes".to_owned(), table(3))],
        }],
        ..Page::default()
    }
}

/// What the script gets of the figures.
fn figures(html: &str) -> serde_json::Value {
    let bytes = STANDARD.decode(block(html, "data-measured")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_section_has_its_elements_and_a_choice_where_there_are_several_views() {
    let html = render(&measured_page(2, 5));
    for id in ["history", "over-time", "over-time-note", "over-time-view", "changes"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "no element `{id}`");
    }
    assert!(visible(&html).contains("Slower by 3 %."));
    assert!(html.contains("<a href=\"#history\">History</a>"));
    assert!(!visible(&html).contains("Past results"), "a measurement promises no returns");
    assert!(!render(&measured_page(1, 5)).contains("id=\"over-time-view\""));
    let mut empty = measured_page(0, 0);
    assert!(visible(&render(&empty)).contains("Over time: there is nothing to draw."));
    empty.measured[0].figures.clear();
    empty.measured[0].tables.clear();
    assert!(visible(&render(&empty)).contains("Nothing was measured."));
}

#[test]
fn every_axis_has_its_title_and_every_dot_its_interval() {
    let drawn = figures(&render(&measured_page(1, 3)));
    let view = &drawn[0]["views"][0];
    assert_eq!((&drawn[0]["id"], &view["x"]["kind"]), (&"over-time".into(), &"time".into()));
    assert_eq!(view["y"]["title"], "time of a run (ms)");
    let series = &view["series"][0];
    assert_eq!(series["x"][1], 1_700_003_600.0);
    for list in ["x", "y", "low", "high", "told"] {
        assert_eq!(series[list].as_array().unwrap().len(), 3, "{list}");
    }
    assert!(series["told"][0].as_str().unwrap().ends_with("\ncommit 000000000000"));
    assert_eq!(view["left_out"], 0);
}

#[test]
fn names_in_figures_are_text() {
    let html = render(&measured_page(2, 2));
    assert!(!html.contains("<script>alert"));
    assert_eq!(figures(&html)[0]["views"][0]["series"][0]["name"], "<script>alert(1)</script>");
}

#[test]
fn any_number_of_sessions_and_histories_stays_within_half_a_megabyte_and_the_page_says_so() {
    for (views, dots) in [(1, 100_000), (300, 400)] {
        let html = render(&measured_page(views, dots));
        let own = html.len() - block(&html, "data-charts").len();
        assert!(own < 500_000, "{views} views of {dots} dots: {own}");
        let drawn = figures(&html);
        let left_out = drawn[0]["views"][0]["left_out"].as_u64().unwrap();
        let kept = drawn[0]["views"][0]["series"][0]["x"].as_array().unwrap().len() as u64;
        assert_eq!(left_out + 2 * kept, 2 * dots as u64);
        assert!(kept >= 12, "{kept}");
    }
    assert!(visible(&render(&measured_page(300, 2))).contains("200 of 300 are in this page."));
}

#[test]
fn what_is_no_number_has_no_place_and_breaks_nothing() {
    let mut page = measured_page(1, 3);
    let view = &mut page.measured[0].figures[0].views[0];
    view.dots[0].dots[1].y = f64::NAN;
    view.dots[0].dots[2].ends = None;
    view.marks[0].from = f64::INFINITY;
    let drawn = figures(&render(&page));
    let view = &drawn[0]["views"][0];
    assert!(view["series"][0]["y"][1].is_null() && view["series"][0]["low"][2].is_null());
    assert_eq!(view["marks"].as_array().unwrap().len(), 0);
}
