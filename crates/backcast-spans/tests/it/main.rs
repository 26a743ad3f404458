//! Recording through its public face.

mod counters;
mod example;
mod partition;
mod sessions;
mod threads;
mod written;

use std::sync::{Mutex, MutexGuard, PoisonError};

use backcast_spans::{NodeSnapshot, Options, Snapshot, alloc::Counting};

#[global_allocator]
static ALLOCATOR: Counting<std::alloc::System> = Counting(std::alloc::System);

/// A recording covers the whole process, so tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_sampling(name: &str) -> Options {
    Options { name: name.to_owned(), sample_every: None }
}

/// All nodes of one name, over all threads.
fn named<'a>(snapshot: &'a Snapshot, name: &str) -> Vec<&'a NodeSnapshot> {
    let nodes = snapshot.threads.iter().flat_map(|thread| &thread.nodes);
    nodes.filter(|node| node.name == name).collect()
}

/// The one node of a name.
fn node<'a>(snapshot: &'a Snapshot, name: &str) -> &'a NodeSnapshot {
    let found = named(snapshot, name);
    assert_eq!(found.len(), 1, "nodes called {name}");
    found[0]
}

/// Spends time on the processor.
fn busy(us: u64) {
    let begin = std::time::Instant::now();
    while begin.elapsed().as_micros() < u128::from(us) {
        std::hint::spin_loop();
    }
}

/// Own times and the unattributed rest are the wall time of each thread, to the rounding of each figure.
fn assert_partition(snapshot: &Snapshot) {
    for thread in &snapshot.threads {
        let own: u64 = thread.nodes.iter().map(|node| node.self_ns).sum();
        let total = own + thread.unattributed.self_ns;
        let error = total.abs_diff(thread.wall_ns);
        let rounding = 1 + thread.nodes.len() as u64;
        assert!(error <= rounding, "{}: {total} ns of {} ns", thread.name, thread.wall_ns);
    }
}
