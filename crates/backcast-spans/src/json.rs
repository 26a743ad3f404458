//! A recording as a JSON document: format "backcast-spans", version 1.
//!
//! | place | what it holds |
//! |---|---|
//! | `format`, `version`, `name`, `pid` | "backcast-spans", 1, the name of the recording, the process |
//! | `trusted`, `distrust` | false and reasons in words where its times cannot be believed |
//! | `wall_ns`, `complete` | from begin to end; false where the program was still running when it wrote this |
//! | `clock` | `kind` tsc or monotonic, `hz` ticks a second, `resolution_ns`, `empty_span_ns`, of which `empty_span_inside_ns` is in the span's own time |
//! | `errors` | counts, as in [`Errors`](crate::Errors) |
//! | `sampler` | `wanted_period_ns`, `period_ns`, `samples`, `cpu_ns` |
//! | `memory` | `net_bytes`, `peak_bytes`, `alive`: pairs of nanoseconds since the begin and bytes alive beside it; null unless the program counts allocations. files of earlier builds have no `alive` |
//! | `recording_bytes`, `delays` | memory of recording itself; `name`, `delay_ns`, `calls` of spans made longer |
//! | `threads` | an array: `name`, `threads`, `wall_ns`, `cpu_ns`, `unattributed_ns`, `unattributed`, `nodes` |
//!
//! A node has the fields of [`NodeSnapshot`](crate::NodeSnapshot) but for `digests`, which is null or has `distinct`, `repeated`
//! and `repeated_ns`, and `parent`, which is null at the top. `unattributed` is such a node without calls. Per thread,
//! `unattributed_ns` and all `self_ns` add up to `wall_ns`. `histogram` has pairs of a bucket and a count; buckets are those of
//! [`histogram::range_of`](crate::histogram::range_of) over ticks, a tick being `1e9 / hz` nanoseconds.

use std::fmt::Write;

use crate::snapshot::{NodeSnapshot, Snapshot, ThreadSnapshot};

/// The name of the format.
pub const FORMAT: &str = "backcast-spans";

/// The version of the format that is written.
pub const VERSION: u32 = 1;

impl Snapshot {
    /// The document that the module [`json`](crate::json) describes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = Object::begin();
        out.text("format", FORMAT);
        out.number("version", VERSION);
        out.text("name", &self.name);
        out.number("pid", self.process_id);
        let distrust = self.distrust();
        out.number("trusted", distrust.is_empty());
        out.list("distrust", distrust.iter().map(|reason| quoted(reason)));
        out.number("wall_ns", self.wall_ns);
        out.number("complete", self.complete);
        out.value("clock", &self.clock_json());
        out.value("errors", &self.errors_json());
        out.value("sampler", &self.sampler_json());
        let memory = self.memory.as_ref().map_or("null".to_owned(), |memory| {
            let mut out = Object::begin();
            out.number("net_bytes", memory.net_bytes);
            out.number("peak_bytes", memory.peak_bytes);
            out.list(
                "alive",
                memory.alive.iter().map(|(at_ns, bytes)| format!("[{at_ns},{bytes}]")),
            );
            out.end()
        });
        out.value("memory", &memory);
        out.number("recording_bytes", self.recording_bytes);
        let delays = self.delays.iter().map(|delay| {
            let mut out = Object::begin();
            out.text("name", &delay.name);
            out.number("delay_ns", delay.delay_ns);
            out.number("calls", delay.calls);
            out.end()
        });
        out.list("delays", delays);
        out.list("threads", self.threads.iter().map(thread_json));
        out.end() + "\n"
    }

    fn clock_json(&self) -> String {
        let mut out = Object::begin();
        out.text("kind", self.clock.kind.name());
        out.number("hz", self.clock.hz);
        out.number("resolution_ns", self.clock.resolution_ns);
        out.number("empty_span_ns", self.clock.empty_span_ns);
        out.number("empty_span_inside_ns", self.clock.empty_span_inside_ns);
        out.end()
    }

    fn errors_json(&self) -> String {
        let mut out = Object::begin();
        out.number("clock_jumps", self.errors.clock_jumps);
        out.number("backward_steps", self.errors.backward_steps);
        out.number("asleep_ns", self.errors.asleep_ns);
        out.number("out_of_order", self.errors.out_of_order);
        out.number("folded_calls", self.errors.folded_calls);
        out.number("unread_threads", self.errors.unread_threads);
        out.end()
    }

    fn sampler_json(&self) -> String {
        let mut out = Object::begin();
        out.number("wanted_period_ns", self.sampler.wanted_period_ns);
        out.number("period_ns", self.sampler.period_ns);
        out.number("samples", self.sampler.looks);
        out.number("cpu_ns", self.sampler.cpu_ns);
        out.end()
    }
}

fn thread_json(thread: &ThreadSnapshot) -> String {
    let mut out = Object::begin();
    out.text("name", &thread.name);
    out.number("threads", thread.threads);
    out.number("wall_ns", thread.wall_ns);
    out.number("cpu_ns", thread.cpu_ns);
    out.number("unattributed_ns", thread.unattributed.self_ns);
    out.value("unattributed", &node_json(&thread.unattributed));
    out.list("nodes", thread.nodes.iter().map(node_json));
    out.end()
}

fn node_json(node: &NodeSnapshot) -> String {
    let mut out = Object::begin();
    out.number("id", node.id);
    match node.parent {
        0 => out.value("parent", "null"),
        parent => out.number("parent", parent),
    }
    out.text("name", &node.name);
    out.text("file", &node.file);
    out.number("line", node.line);
    for (name, figure) in [
        ("calls", node.calls),
        ("recursive_calls", node.recursive_calls),
        ("open", u64::from(node.open)),
        ("sum_ns", node.sum_ns),
        ("self_ns", node.self_ns),
        ("overhead_ns", node.overhead_ns),
        ("min_ns", node.min_ns),
        ("max_ns", node.max_ns),
    ] {
        out.number(name, figure);
    }
    out.number("sum_sq_ns2", node.sum_sq_ns2);
    out.list("histogram", node.histogram.iter().map(|(bucket, n)| format!("[{bucket},{n}]")));
    for (name, figure) in [
        ("allocations", node.allocations),
        ("allocated_bytes", node.allocated_bytes),
        ("freed_bytes", node.freed_bytes),
        ("copied_bytes", node.copied_bytes),
        ("lock_wait_ns", node.lock_wait_ns),
        ("samples", node.samples),
        ("cpu_samples", node.cpu_samples),
        ("sampled_cpu_ns", node.sampled_cpu_ns),
    ] {
        out.number(name, figure);
    }
    let digests = node.digests.map_or("null".to_owned(), |digests| {
        let mut out = Object::begin();
        out.number("distinct", digests.distinct);
        out.number("repeated", digests.repeated);
        out.number("repeated_ns", digests.repeated_ns);
        out.end()
    });
    out.value("digests", &digests);
    out.end()
}

/// An object that is being written.
struct Object(String);

impl Object {
    fn begin() -> Object {
        Object("{".to_owned())
    }

    fn value(&mut self, name: &str, json: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        // Names are ours and need no escapes.
        let _ = write!(self.0, "\"{name}\":{json}");
    }

    fn number(&mut self, name: &str, number: impl std::fmt::Display) {
        self.value(name, &number.to_string());
    }

    fn text(&mut self, name: &str, text: &str) {
        self.value(name, &quoted(text));
    }

    fn list(&mut self, name: &str, items: impl Iterator<Item = String>) {
        self.value(name, &format!("[{}]", items.collect::<Vec<_>>().join(",")));
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            letter if letter < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
