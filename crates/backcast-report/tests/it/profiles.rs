//! Pages of profiles.

use backcast_report::*;

use crate::pages::*;

/// A page with so many call paths, and a name that would be a script.
pub(crate) fn profile_page(call_paths: usize) -> Page {
    let row = |i: usize| lab::FlameRow {
        parent: (i > 0).then(|| (i - 1) / 4),
        name: if i == 1 { "<script>alert(1)</script>".to_owned() } else { format!("function_{i}") },
        detail: format!("12.3 % of all, 45 ms; alone 1.2 %; src/file_{i}.rs:{i}"),
        group: "engine".to_owned(),
        own: 1.0,
        total: (call_paths - i) as f64,
    };
    let change = |i: usize| lab::ChangeRow {
        parent: (i > 0).then(|| (i - 1) / 4),
        name: format!("function_{i}"),
        detail: "gone".to_owned(),
        own: 1.0,
        total: (call_paths - i) as f64,
        change: if i.is_multiple_of(2) { -1.0 } else { 0.5 },
    };
    Page {
        title: "Profile of a command".to_owned(),
        profile: Some(lab::Profile {
            closing: "user code 12.0 %, engine 88.0 %".to_owned(),
            flame: (0..call_paths).map(row).collect(),
            difference: Some((0..call_paths).map(change).collect()),
            paths: Some(table(200)),
            functions: Some(table(5)),
            process: (0..1000)
                .map(|i| lab::ProcessPoint { at: i as f64 * 0.01, cores: 1.0, resident_mb: 50.5 })
                .collect(),
            ..lab::Profile::default()
        }),
        ..Page::default()
    }
}

#[test]
fn a_profile_has_the_documented_elements() {
    let html = render(&profile_page(10));
    for id in [
        "profile",
        "flame",
        "flame-search",
        "flame-difference",
        "process",
        "closing",
        "profile-paths",
        "profile-functions",
    ] {
        assert!(html.contains(&format!("id=\"{id}\"")), "no element `{id}`");
    }
    assert!(!visible(&html).contains("Past results"), "a profile promises no returns");
    let alone = Page { profile: Some(lab::Profile::default()), ..Page::default() };
    let html = render(&alone);
    assert!(html.contains("The inside of the command was not seen."));
    assert!(!html.contains("id=\"flame\"") && !html.contains("id=\"flame-difference\""));
}

#[test]
fn names_of_functions_are_text() {
    let html = render(&profile_page(10));
    assert!(!html.contains("<script>alert"));
    let json: serde_json::Value = serde_json::from_str(block(&html, "data")).unwrap();
    assert_eq!(json["profile"]["flame"]["names"][1], "<script>alert(1)</script>");
}

#[test]
fn a_hundred_thousand_call_paths_stay_within_the_budget_and_lose_no_time() {
    let html = render(&profile_page(100_000));
    let own = html.len() - block(&html, "data-charts").len();
    assert!(own < 1_000_000, "two flame graphs: {own}");
    let json: serde_json::Value = serde_json::from_str(block(&html, "data")).unwrap();
    let flame = &json["profile"]["flame"];
    assert_eq!(flame["left_out"], 97_500);
    let own: f64 = flame["own"].as_array().unwrap().iter().map(|own| own.as_f64().unwrap()).sum();
    assert!((own - 100_000.0).abs() < 1e-6, "{own}");
    let parents = flame["parent"].as_array().unwrap().iter().enumerate();
    assert!(parents.skip(1).all(|(i, parent)| parent.as_u64().unwrap() < i as u64));
}

#[test]
fn one_flame_graph_of_any_profile_stays_within_half_a_megabyte() {
    let mut page = profile_page(100_000);
    page.profile.as_mut().unwrap().difference = None;
    let html = render(&page);
    let own = html.len() - block(&html, "data-charts").len();
    assert!(own < 500_000, "{own}");
}
