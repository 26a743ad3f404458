//! What is counted beside time.

use std::{
    hint::black_box,
    sync::{Barrier, Mutex},
    thread,
    time::Duration,
};

use backcast_spans::{copied, lock, span, start};

use super::{busy, no_sampling, node, turn};

#[test]
fn allocations_belong_to_the_span_that_made_them() {
    let _turn = turn();
    let recording = start(no_sampling("counters"));
    {
        let _outer = span!("test.alloc_outer");
        let kept = black_box(vec![0_u8; 5_000]);
        {
            let _inner = span!("test.alloc_inner");
            for _ in 0..10 {
                drop(black_box(vec![1_u8; 1_000]));
            }
        }
        drop(kept);
    }
    let snapshot = recording.finish();
    let (outer, inner) = (node(&snapshot, "test.alloc_outer"), node(&snapshot, "test.alloc_inner"));
    assert_eq!((inner.allocations, inner.allocated_bytes, inner.freed_bytes), (10, 10_000, 10_000));
    assert_eq!((outer.allocations, outer.allocated_bytes, outer.freed_bytes), (1, 5_000, 5_000));
}

#[test]
fn memory_that_stays_is_net_and_the_peak_is_above_it() {
    let _turn = turn();
    let recording = start(no_sampling("counters"));
    let kept = black_box(vec![0_u8; 8 << 20]);
    drop(black_box(vec![0_u8; 32 << 20]));
    let memory = recording.finish().memory.expect("the allocator counts");
    drop(kept);
    // Other tests allocate meanwhile, but far less.
    assert!((7 << 20..16 << 20).contains(&memory.net_bytes), "{memory:?}");
    assert!((39 << 20..56 << 20).contains(&memory.peak_bytes), "{memory:?}");
}

#[test]
fn memory_over_time_is_known_call_by_call_though_nothing_samples() {
    let _turn = turn();
    let recording = start(no_sampling("counters"));
    let mut kept = Vec::with_capacity(1_000);
    for _ in 0..1_000 {
        let _span = span!("test.keeps");
        kept.push(black_box(vec![0_u8; 1_024]));
        busy(20);
    }
    let memory = recording.finish().memory.expect("the allocator counts");
    drop(kept);
    let alive = &memory.alive;
    assert!((40..=256).contains(&alive.len()), "{}", alive.len());
    assert_eq!((alive[0], alive[alive.len() - 1].1), ((0, 0), memory.net_bytes));
    assert!(alive.is_sorted_by_key(|(at_ns, _)| *at_ns));
    // It grows all along, by less than a batch from point to point. Other tests allocate meanwhile, but far less.
    let steps = alive.windows(2).map(|two| two[1].1 - two[0].1);
    let steps: Vec<i64> = steps.filter(|step| *step > 0).collect();
    assert!(steps.len() >= 40, "{steps:?}");
    assert!((1_000_000..1_200_000).contains(&memory.net_bytes), "{}", memory.net_bytes);
}

#[test]
fn what_a_thread_without_spans_keeps_is_seen_while_it_runs() {
    let _turn = turn();
    let recording = start(no_sampling("counters"));
    let (kept, done) = (Barrier::new(2), Barrier::new(2));
    let memory = thread::scope(|scope| {
        scope.spawn(|| {
            let kept_here = black_box(vec![0_u8; 200_000]);
            let less_than_a_batch = black_box(vec![0_u8; 30_000]);
            kept.wait();
            done.wait();
            drop((kept_here, less_than_a_batch));
        });
        kept.wait();
        let memory = recording.finish().memory.expect("the allocator counts");
        done.wait();
        memory
    });
    assert!((225_000..1_000_000).contains(&memory.net_bytes), "{}", memory.net_bytes);
}

#[test]
fn memory_of_a_thread_that_ended_is_known_though_it_was_little() {
    let _turn = turn();
    let recording = start(no_sampling("counters"));
    let little = || thread::spawn(|| black_box(vec![0_u8; 40_000])).join().unwrap();
    let kept: Vec<Vec<u8>> = (0..100).map(|_| little()).collect();
    let memory = recording.finish().memory.expect("the allocator counts");
    drop(kept);
    assert!((3_900_000..8_000_000).contains(&memory.net_bytes), "{memory:?}");
}

#[test]
fn bytes_copied_and_waits_for_locks_belong_to_the_open_span() {
    let _turn = turn();
    let recording = start(no_sampling("counters"));
    let (mutex, both) = (Mutex::new(0), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let held = mutex.lock().unwrap();
            both.wait();
            thread::sleep(Duration::from_millis(30));
            drop(held);
        });
        both.wait();
        let _span = span!("test.waits");
        copied(123);
        *lock(&mutex).unwrap() += 1;
        copied(877);
    });
    {
        let _free = span!("test.waits_not");
        drop(lock(&mutex));
    }
    let snapshot = recording.finish();
    let waits = node(&snapshot, "test.waits");
    assert_eq!(waits.copied_bytes, 1_000);
    assert!(waits.lock_wait_ns > 10_000_000, "{}", waits.lock_wait_ns);
    assert_eq!(node(&snapshot, "test.waits_not").lock_wait_ns, 0);
}

#[test]
fn calls_with_known_arguments_are_counted_with_their_time() {
    let _turn = turn();
    let recording = start(no_sampling("counters"));
    for call in 0..30_u64 {
        let _span = span!("test.digest", digest = call % 10);
        if call >= 10 {
            thread::sleep(Duration::from_millis(1));
        }
    }
    let snapshot = recording.finish();
    let digests = node(&snapshot, "test.digest").digests.expect("digests");
    assert_eq!((digests.distinct, digests.repeated), (10, 20));
    assert!(digests.repeated_ns >= 20_000_000, "{digests:?}");
}
