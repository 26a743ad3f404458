//! What is written to a file.

use backcast_spans::{histogram, json, span, start};
use serde_json::Value;

use super::{busy, no_sampling, turn};

#[test]
fn the_document_says_what_the_snapshot_knows() {
    let _turn = turn();
    let recording = start(no_sampling("document"));
    {
        let _outer = span!("test.outer");
        for digest in [1_u64, 2, 1] {
            let _inner = span!("test.inner", digest = digest);
            busy(50);
        }
    }
    let snapshot = recording.finish();
    let document: Value = serde_json::from_str(&snapshot.to_json()).unwrap();
    assert_eq!(document["format"], json::FORMAT);
    assert_eq!(document["version"], json::VERSION);
    assert_eq!(document["trusted"], true);
    assert_eq!(document["wall_ns"], snapshot.wall_ns);
    let thread = &document["threads"][0];
    let nodes = thread["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    assert_eq!((&nodes[0]["name"], &nodes[0]["parent"]), (&"test.outer".into(), &Value::Null));
    assert_eq!((&nodes[1]["name"], &nodes[1]["parent"]), (&"test.inner".into(), &nodes[0]["id"]));
    assert_eq!(nodes[1]["digests"]["repeated"], 1);
    assert_eq!(nodes[0]["digests"], Value::Null);
    let own: u64 = nodes.iter().map(|node| node["self_ns"].as_u64().unwrap()).sum();
    let all = own + thread["unattributed_ns"].as_u64().unwrap();
    assert!(all.abs_diff(thread["wall_ns"].as_u64().unwrap()) <= 3);
    // A bucket of the histogram holds the durations that it says, in ticks.
    let tick_ns = 1e9 / document["clock"]["hz"].as_f64().unwrap();
    for bucket in nodes[1]["histogram"].as_array().unwrap() {
        let range = histogram::range_of(bucket[0].as_u64().unwrap() as usize);
        assert!(range.end as f64 * tick_ns >= 50_000.0, "{bucket}");
    }
}

#[test]
fn the_cost_of_recording_is_measured_and_charged_to_the_right_nodes() {
    let _turn = turn();
    let recording = start(no_sampling("cost"));
    {
        let _outer = span!("test.parent");
        for _ in 0..1_000 {
            drop(span!("test.empty"));
        }
    }
    let snapshot = recording.finish();
    let clock = snapshot.clock;
    assert!(clock.empty_span_ns > clock.empty_span_inside_ns && clock.empty_span_inside_ns > 0.0);
    assert!(clock.empty_span_ns < 2_000.0 && clock.resolution_ns > 0.0, "{clock:?}");
    let parent = super::node(&snapshot, "test.parent");
    let child = super::node(&snapshot, "test.empty");
    let inside = 1_000.0 * clock.empty_span_inside_ns;
    let outside = 1_000.0 * (clock.empty_span_ns - clock.empty_span_inside_ns);
    assert!((child.overhead_ns as f64) <= inside + 1.0 && child.overhead_ns <= child.self_ns);
    assert!((parent.overhead_ns as f64) <= outside + clock.empty_span_ns + 1.0);
    assert!(parent.overhead_ns > child.overhead_ns / 10);
}
