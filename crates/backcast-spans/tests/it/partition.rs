//! Own times and the unattributed rest add up to the time of the thread.

use std::{panic, thread, time::Instant};

use backcast_spans::{Site, Snapshot, Span, span, start};
use proptest::prelude::*;

use super::{assert_partition, busy, no_sampling, node, turn};

#[test]
fn the_wall_time_of_a_recording_is_that_of_another_clock() {
    let _turn = turn();
    // A thread that loses its processor between two readings proves nothing, so the best of some tries counts.
    let differs = || {
        let begin = Instant::now();
        let recording = start(no_sampling("wall"));
        let begun = Instant::now();
        thread::sleep(std::time::Duration::from_millis(50));
        let least = begun.elapsed().as_nanos() as f64;
        let snapshot = recording.finish();
        let most = begin.elapsed().as_nanos() as f64;
        assert_partition(&snapshot);
        let wall = snapshot.wall_ns as f64;
        (least - wall).max(wall - most).max(0.0) / wall
    };
    let differs = (0..5).map(|_| differs()).fold(f64::INFINITY, f64::min);
    assert!(differs < 0.001, "the clocks differ by {differs}");
}

#[test]
fn an_early_return_ends_its_span() {
    fn early(n: u32) -> u32 {
        let _span = span!("test.early");
        if n.is_multiple_of(2) {
            return n;
        }
        n + 1
    }
    let _turn = turn();
    let recording = start(no_sampling("early"));
    for n in 0..10_000 {
        std::hint::black_box(early(n));
    }
    let snapshot = recording.finish();
    assert_partition(&snapshot);
    let node = node(&snapshot, "test.early");
    assert_eq!((node.calls, node.open), (10_000, 0));
    let counted: u64 = node.histogram.iter().map(|(_, calls)| calls).sum();
    assert_eq!(counted, 10_000);
    assert!(node.min_ns <= node.sum_ns / node.calls && node.sum_ns / node.calls <= node.max_ns);
}

#[test]
fn a_panic_ends_the_spans_it_passes() {
    let _turn = turn();
    let recording = start(no_sampling("panic"));
    {
        let _outer = span!("test.catches");
        let caught = panic::catch_unwind(|| {
            let _middle = span!("test.passed");
            let _inner = span!("test.panics");
            busy(200);
            panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(caught.is_err());
        let _after = span!("test.after");
        busy(100);
    }
    let snapshot = recording.finish();
    assert_partition(&snapshot);
    let [outer, inner, after] =
        ["test.catches", "test.panics", "test.after"].map(|n| node(&snapshot, n));
    assert_eq!((outer.calls, inner.calls, after.calls), (1, 1, 1));
    assert_eq!(after.parent, outer.id, "what follows is no child of what panicked");
    assert!(inner.self_ns >= 200_000);
    assert_eq!(snapshot.errors, backcast_spans::Errors::default());
}

#[test]
fn a_recursion_a_million_deep_takes_no_memory() {
    fn down(depth: u32) {
        let _span = span!("test.down");
        if depth > 0 {
            down(depth - 1);
        }
    }
    let _turn = turn();
    let deep = || {
        let recording = start(no_sampling("deep"));
        down(1_000_000);
        recording.finish()
    };
    let thread = thread::Builder::new().stack_size(1 << 30).spawn(deep).unwrap();
    let snapshot = thread.join().unwrap();
    assert_partition(&snapshot);
    let node = node(&snapshot, "test.down");
    assert_eq!((node.calls, node.recursive_calls), (1, 1_000_000));
    assert_eq!(node.sum_ns, node.self_ns);
    assert!(snapshot.recording_bytes < 200_000, "{} bytes", snapshot.recording_bytes);
}

#[test]
fn names_may_hold_anything() {
    let _turn = turn();
    let odd = "a \"b\" \\ <script>\u{0}\n\t\u{1f600} %p";
    let recording = start(no_sampling(odd));
    drop(Span::enter(Site::named(odd, odd, 7)));
    drop(Span::enter(Site::named(odd, odd, 7)));
    drop(span!(""));
    let snapshot = recording.finish();
    let found = node(&snapshot, odd);
    assert_eq!((found.calls, found.file.as_str(), found.line), (2, odd, 7));
    let json: serde_json::Value = serde_json::from_str(&snapshot.to_json()).unwrap();
    assert_eq!(json["name"], odd);
    let names = json["threads"][0]["nodes"].as_array().unwrap().iter().map(|node| &node["name"]);
    assert!(names.into_iter().any(|name| name == odd));
}

/// What a program does: spans within spans, in some order, some of which panic.
#[derive(Clone, Debug)]
enum Step {
    Call { site: usize, inside: Vec<Step>, panics: bool },
    Work,
    Empty { site: usize },
    OnThread { inside: Vec<Step> },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![Just(Step::Work), (0..5_usize).prop_map(|site| Step::Empty { site }),];
    let step = leaf.prop_recursive(6, 40, 5, |inner| {
        let inside = prop::collection::vec(inner, 0..5);
        prop_oneof![
            6 => (0..5_usize, inside.clone(), prop::bool::weighted(0.1))
                .prop_map(|(site, inside, panics)| Step::Call { site, inside, panics }),
            1 => inside.prop_map(|inside| Step::OnThread { inside }),
        ]
    });
    prop::collection::vec(step, 1..6)
}

fn enter(site: usize) -> Span {
    Span::enter(Site::named(&format!("random.{site}"), file!(), site as u32))
}

/// Does the steps and counts the calls of each site.
fn perform(steps: &[Step], calls: &mut [u64; 5]) {
    for step in steps {
        match step {
            Step::Work => busy(3),
            Step::Empty { site } => {
                calls[*site] += 1;
                drop(enter(*site));
            }
            Step::OnThread { inside } => {
                let counted = thread::scope(|scope| {
                    let work = || {
                        let mut calls = [0; 5];
                        perform(inside, &mut calls);
                        calls
                    };
                    scope.spawn(work).join().unwrap()
                });
                calls.iter_mut().zip(counted).for_each(|(sum, one)| *sum += one);
            }
            Step::Call { site, inside, panics } => {
                calls[*site] += 1;
                let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| {
                    let _span = enter(*site);
                    perform(inside, calls);
                    if *panics {
                        panic::resume_unwind(Box::new(()));
                    }
                }));
                assert_eq!(outcome.is_err(), *panics);
            }
        }
    }
}

fn assert_calls(snapshot: &Snapshot, calls: &[u64; 5]) {
    for (site, calls) in calls.iter().enumerate() {
        let nodes = super::named(snapshot, &format!("random.{site}"));
        let found: u64 = nodes.iter().map(|node| node.calls + node.recursive_calls).sum();
        assert_eq!(found, *calls, "site {site}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn own_times_partition_the_time_of_any_program(before in steps(), program in steps()) {
        let _turn = turn();
        // An outer recording that began earlier must not show in the inner one, nor the other way round.
        let (mut early, mut calls) = ([0; 5], [0; 5]);
        let outer = start(no_sampling("outer"));
        perform(&before, &mut early);
        let inner = start(no_sampling("inner"));
        perform(&program, &mut calls);
        let inner = inner.finish();
        assert_partition(&inner);
        assert_calls(&inner, &calls);
        let outer = outer.finish();
        assert_partition(&outer);
        early.iter_mut().zip(calls).for_each(|(sum, one)| *sum += one);
        assert_calls(&outer, &early);
        prop_assert_eq!(inner.errors, backcast_spans::Errors::default());
    }
}
