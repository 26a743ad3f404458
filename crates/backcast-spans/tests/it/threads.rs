//! Threads that come and go, and the one that looks at them.

use std::{thread, time::Duration};

use backcast_spans::{Options, Snapshot, span, start};

use super::{assert_partition, busy, named, no_sampling, node, turn};

#[test]
fn ten_thousand_threads_of_short_life_are_added_up_in_little_memory() {
    let _turn = turn();
    let recording = start(no_sampling("threads"));
    for batch in 0..1_250 {
        thread::scope(|scope| {
            for place in 0..8 {
                let name = format!("brief {}", batch * 8 + place);
                let work = || {
                    let _span = span!("test.brief");
                };
                thread::Builder::new()
                    .name(name)
                    .stack_size(1 << 16)
                    .spawn_scoped(scope, work)
                    .unwrap();
            }
        });
    }
    let snapshot = recording.finish();
    let calls: u64 = named(&snapshot, "test.brief").iter().map(|node| node.calls).sum();
    assert_eq!(calls, 10_000);
    assert!(snapshot.threads.len() < 70, "{} entries", snapshot.threads.len());
    let threads: u64 = snapshot.threads.iter().map(|thread| thread.threads).sum();
    assert_eq!(threads, 10_001);
    assert!(snapshot.recording_bytes < 1_000_000, "{} bytes", snapshot.recording_bytes);
    assert_partition(&snapshot);
}

#[test]
fn a_thread_that_ends_in_two_recordings_counts_in_each_for_its_part() {
    let _turn = turn();
    let step = || {
        let _span = span!("test.part");
    };
    let (to_thread, at_thread) = std::sync::mpsc::channel::<()>();
    let (to_test, at_test) = std::sync::mpsc::channel::<()>();
    let outer = start(no_sampling("outer"));
    let thread = thread::Builder::new().name("both".to_owned()).spawn(move || {
        (0..3).for_each(|_| step());
        to_test.send(()).unwrap();
        at_thread.recv().unwrap();
        (0..4).for_each(|_| step());
    });
    at_test.recv().unwrap();
    let inner = start(no_sampling("inner"));
    to_thread.send(()).unwrap();
    thread.unwrap().join().unwrap();
    let (inner, outer) = (inner.finish(), outer.finish());
    assert_eq!((node(&inner, "test.part").calls, node(&outer, "test.part").calls), (4, 7));
    assert_partition(&inner);
    assert_partition(&outer);
}

/// A recording of `ms` of work and as much of sleep.
fn works_and_sleeps(ms: u64) -> Snapshot {
    let recording = start(Options::default());
    {
        let _span = span!("test.works");
        busy(1_000 * ms);
    }
    {
        let _span = span!("test.sleeps");
        thread::sleep(Duration::from_millis(ms));
    }
    recording.finish()
}

#[test]
fn samples_tell_work_from_waiting() {
    let _turn = turn();
    // On a busy machine the sampler may come to look only now and then.
    let seen = |snapshot: &Snapshot| {
        let samples = |name| node(snapshot, name).samples;
        samples("test.works") >= 5 && samples("test.sleeps") >= 5
    };
    let durations = (0..8).map(|doublings| 150 << doublings);
    let found = durations.map(|ms| (ms, works_and_sleeps(ms))).find(|(_, found)| seen(found));
    let (ms, snapshot) = found.expect("looks within a minute");
    let (works, sleeps) = (node(&snapshot, "test.works"), node(&snapshot, "test.sleeps"));
    // A busy machine takes processor time away from the one, but gives none to the other.
    assert!(sleeps.sampled_cpu_ns < 100_000 * ms, "{}", sleeps.sampled_cpu_ns);
    assert!(works.sampled_cpu_ns > 3 * sleeps.sampled_cpu_ns, "{works:?} {sleeps:?}");
    let cpu = snapshot.threads.iter().find(|t| t.nodes.iter().any(|n| n.name == "test.works"));
    assert!(cpu.unwrap().cpu_ns < 1_930_000 * ms);
}

#[test]
fn without_sampling_there_are_no_samples() {
    let _turn = turn();
    let recording = start(no_sampling("none"));
    {
        let _span = span!("test.unseen");
        busy(10_000);
    }
    let snapshot = recording.finish();
    assert_eq!((snapshot.sampler.looks, node(&snapshot, "test.unseen").samples), (0, 0));
}
