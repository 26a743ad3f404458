//! Own times and the unattributed rest add up to the time of the thread.

use std::time::Instant;

use backcast_spans::{Options, Snapshot, span, start};

fn assert_partition(snapshot: &Snapshot) {
    for thread in &snapshot.threads {
        let own: u64 = thread.nodes.iter().map(|node| node.self_ns).sum();
        let total = own + thread.unattributed.self_ns;
        let error = total.abs_diff(thread.wall_ns);
        assert!(
            error <= 1 + thread.nodes.len() as u64,
            "{}: {total} of {}",
            thread.name,
            thread.wall_ns
        );
    }
}

#[test]
fn the_wall_time_of_a_recording_is_that_of_another_clock() {
    let begin = Instant::now();
    let recording = start(Options::default());
    let begun = Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(50));
    let least = begun.elapsed().as_nanos() as f64;
    let snapshot = recording.finish();
    let most = begin.elapsed().as_nanos() as f64;
    let wall = snapshot.wall_ns as f64;
    assert!(least * 0.999 <= wall && wall <= most * 1.001, "{least} {wall} {most}");
    assert_partition(&snapshot);
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
    let recording = start(Options::default());
    for n in 0..10_000 {
        std::hint::black_box(early(n));
    }
    let snapshot = recording.finish();
    assert_partition(&snapshot);
    let node = super::node(&snapshot, "test.early");
    assert_eq!(node.calls, 10_000);
}
