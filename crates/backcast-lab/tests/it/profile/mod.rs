//! Profiles: what readers make of files, what views and exports make of profiles.

mod exports;
mod files;
mod perf;
mod spans;

use std::path::PathBuf;

use backcast_lab::profile::{Builder, Profile, View, read_spans};
use serde_json::{Value, json};

/// A file in a folder of its own.
fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// One call path of a span file: its number, its parent's, its name, its own time.
pub(crate) fn span(id: u32, parent: Option<u32>, name: &str, self_ns: u64) -> Value {
    json!({ "id": id, "parent": parent, "name": name, "file": "src/lib.rs", "line": id, "calls": 10,
            "self_ns": self_ns, "min_ns": 1, "max_ns": self_ns, "histogram": [[100, 10]] })
}

/// A span file of one thread.
fn recording(wall_ns: u64, nodes: &[Value]) -> String {
    json!({
        "format": "backcast-spans", "version": 1, "pid": 7, "clock": { "hz": 1e9, "empty_span_ns": 20.0 },
        "wall_ns": wall_ns, "threads": [{ "name": "main", "threads": 1, "wall_ns": wall_ns, "nodes": nodes }],
    })
    .to_string()
}

/// The profile of such a file.
pub(crate) fn profile(wall_ns: u64, nodes: &[Value]) -> Profile {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::default();
    read_spans(&written(&folder, "spans.json", &recording(wall_ns, nodes)), &mut builder).unwrap();
    let command = vec!["backcast".to_owned(), "sweep".to_owned()];
    builder.finish("a sweep", command, "2026-11-20T00:00:00Z".to_owned(), wall_ns)
}

/// A tree with a recursion, markup in a name, and time in no span.
pub(crate) fn example() -> Profile {
    profile(
        1_000_000,
        &[
            span(1, None, "engine.run", 300_000),
            span(2, Some(1), "engine.fill_orders", 200_000),
            span(3, Some(2), "engine.fill_orders", 100_000),
            span(4, Some(1), "rules.<b>series</b>;|x", 150_000),
            span(5, None, "data.load", 200_000),
        ],
    )
}

fn names<'a>(view: &'a View<'_>) -> Vec<&'a str> {
    view.rows.iter().map(|row| &*row.name).collect()
}
