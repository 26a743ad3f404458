//! Several recordings at once.

use std::{sync::Barrier, thread};

use backcast_spans::{span, start};

use super::{assert_partition, busy, named, no_sampling, node, turn};

fn step(us: u64) {
    let _span = span!("test.step");
    busy(us);
}

#[test]
fn recordings_of_one_name_that_overlap_stay_separate() {
    let _turn = turn();
    let first = start(no_sampling("same"));
    step(100);
    let second = start(no_sampling("same"));
    step(5_000);
    step(100);
    let first = first.finish();
    step(300);
    let second = second.finish();
    assert_eq!((first.name.as_str(), second.name.as_str()), ("same", "same"));
    let (a, b) = (node(&first, "test.step"), node(&second, "test.step"));
    assert_eq!((a.calls, b.calls), (3, 3));
    assert!(a.min_ns >= 100_000 && a.min_ns < 200_000 || a.min_ns < a.max_ns, "{a:?}");
    // The call before the second began was the shortest, and is not among its own.
    assert!(b.histogram.iter().map(|(_, calls)| calls).sum::<u64>() == 3);
    assert_partition(&first);
    assert_partition(&second);
    let next = start(no_sampling("same"));
    assert!(named(&next.finish(), "test.step").is_empty());
}

#[test]
fn a_span_that_is_open_counts_for_the_part_inside_of_the_recording() {
    let _turn = turn();
    let around = start(no_sampling("around"));
    let span = span!("test.long");
    busy(4_000);
    let inner = start(no_sampling("inner"));
    busy(2_000);
    let inner = inner.finish();
    let open = node(&inner, "test.long");
    assert_eq!((open.calls, open.open), (0, 1));
    assert!(open.sum_ns >= 2_000_000 && open.sum_ns <= inner.wall_ns + 1_000_000, "{open:?}");
    assert_eq!(open.sum_ns, open.self_ns);
    drop(span);
    let around = around.finish();
    assert!(node(&around, "test.long").sum_ns >= 6_000_000);
    assert_partition(&inner);
}

#[test]
fn recordings_on_several_threads_each_count_what_happens_meanwhile() {
    let _turn = turn();
    let both = Barrier::new(2);
    let work = |calls: u64| {
        let recording = start(no_sampling("threaded"));
        both.wait();
        (0..calls).for_each(|_| step(10));
        both.wait();
        recording.finish()
    };
    let (a, b) = thread::scope(|scope| {
        let (a, b) = (scope.spawn(|| work(5)), scope.spawn(|| work(7)));
        (a.join().unwrap(), b.join().unwrap())
    });
    for snapshot in [a, b] {
        let calls: u64 = named(&snapshot, "test.step").iter().map(|node| node.calls).sum();
        assert_eq!(calls, 12);
        assert_partition(&snapshot);
    }
}

#[test]
fn a_recording_that_is_dropped_leaves_nothing_behind() {
    let _turn = turn();
    drop(start(no_sampling("dropped")));
    step(1);
    let recording = start(no_sampling("kept"));
    step(1);
    let snapshot = recording.finish();
    assert_eq!(node(&snapshot, "test.step").calls, 1);
}

#[test]
fn a_span_of_an_earlier_recording_ends_without_harm() {
    let _turn = turn();
    let first = start(no_sampling("first"));
    let old = span!("test.old");
    let first = first.finish();
    assert_eq!(node(&first, "test.old").open, 1);
    let second = start(no_sampling("second"));
    let _new = span!("test.new");
    drop(old);
    let second = second.finish();
    assert!(named(&second, "test.old").is_empty());
    assert_eq!(node(&second, "test.new").open, 1);
}

#[test]
fn a_look_at_a_recording_leaves_it_as_it_was() {
    let _turn = turn();
    let recording = start(no_sampling("looked at"));
    let open = span!("test.open");
    step(100);
    let early = recording.peek();
    step(100);
    drop(open);
    let late = recording.finish();
    assert_eq!((early.complete, late.complete), (false, true));
    assert_eq!((node(&early, "test.step").calls, node(&late, "test.step").calls), (1, 2));
    assert_eq!((node(&early, "test.open").open, node(&late, "test.open").open), (1, 0));
    assert!(early.wall_ns < late.wall_ns && early.wall_ns >= 100_000);
    assert_partition(&early);
    assert_partition(&late);
}
