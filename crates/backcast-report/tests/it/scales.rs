//! Pages of costs by size.

use backcast_report::*;

use crate::pages::*;

/// A page with so many parts over two sizes, one of them named like a script.
pub(crate) fn scale_page(parts: usize) -> Page {
    let line = |axis: usize, held: usize| lab::ScaleLine {
        axis,
        name: format!("assets={held}"),
        at: (0..26).map(|i| 1000.0 * 1.3f64.powi(i)).collect(),
        cost: (0..26).map(|i| 1.234_567_8e-3 * 1.2f64.powi(i)).collect(),
        low: vec![0.0; 26],
        high: vec![9.9; 26],
        runs: (0..15).map(|i| (1000.0 * f64::from(i), 1e-3)).collect(),
    };
    let part = |i: usize| lab::ScalePart {
        name: if i == 1 { "<script>alert(1)</script>".to_owned() } else { format!("part_{i}") },
        lines: [(0, 1), (0, 8), (0, 64), (1, 1), (1, 8), (1, 64)]
            .map(|(axis, held)| line(axis, held))
            .into(),
    };
    Page {
        title: "Cost of a command by size".to_owned(),
        scale: Some(lab::Scale {
            closing: "123 ms at bars=10,000,000 (extrapolated)".to_owned(),
            sizes: vec!["bars".to_owned(), "assets".to_owned()],
            measured: vec![1e6, 64.0],
            parts: (0..parts).map(part).collect(),
            costs: Some(table(3)),
        }),
        ..Page::default()
    }
}

#[test]
fn costs_by_size_have_the_documented_elements() {
    let html = render(&scale_page(3));
    for id in ["scale", "scale-plot", "scale-part", "scale-axis", "scale-note", "scale-costs"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "no element `{id}`");
    }
    assert!(!visible(&html).contains("Past results"), "a cost promises no returns");
    let mut one = scale_page(3);
    one.scale.as_mut().unwrap().sizes.truncate(1);
    assert!(!render(&one).contains("id=\"scale-axis\""), "one size is no choice");
    let empty = Page { scale: Some(lab::Scale::default()), ..Page::default() };
    let html = render(&empty);
    assert!(html.contains("Nothing was measured.") && !html.contains("id=\"scale-plot\""));
}

#[test]
fn names_of_parts_are_text_and_costs_of_nothing_have_no_place() {
    let html = render(&scale_page(3));
    assert!(!html.contains("<script>alert"));
    let json: serde_json::Value = serde_json::from_str(block(&html, "data")).unwrap();
    let parts = &json["scale"]["parts"];
    assert_eq!(parts[1]["name"], "<script>alert(1)</script>");
    let line = &parts[0]["lines"][0];
    assert_eq!(line["cost"][0], 1.23457e-3, "six digits");
    assert_eq!(line["low"][0], 1.23457e-4, "a band that reaches zero is cut at a tenth");
    assert_eq!(line["sizes"][0], serde_json::Value::Null);
}

#[test]
fn sixty_parts_over_two_sizes_stay_within_half_a_megabyte() {
    let html = render(&scale_page(61));
    let own = html.len() - block(&html, "data-charts").len();
    assert!(own < 500_000, "{own}");
}
