//! Recording through its public face.

mod counters;
mod partition;

use backcast_spans::{NodeSnapshot, Snapshot, alloc::Counting};

#[global_allocator]
static ALLOCATOR: Counting<std::alloc::System> = Counting(std::alloc::System);

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
