//! Reads what `backcast-spans` wrote: exact calls and times of each call path.

use std::path::Path;

use serde::Deserialize;

use super::{
    Area, Builder, Calls, Frame, Kind, Node, Overhead, ProfileError, Repeated, Source,
    builder::Thread,
    file::read_versioned,
    processor_time::{Sampled, shared},
    words,
};

const FORMAT: &str = "backcast-spans";
/// Stands for the time of the spans themselves, which is taken off the own times of those that they are in.
const COST: &str = "(cost of the spans)";
const VERSION: u32 = 1;
/// The name of the first thread of a Rust program.
const MAIN_THREAD: &str = "main";

/// A file of spans.
#[derive(Deserialize)]
struct Recording {
    pid: u32,
    /// Until it was written.
    #[serde(default)]
    wall_ns: u64,
    /// Whether it was written at the end of the recording.
    #[serde(default = "yes")]
    complete: bool,
    clock: Clock,
    threads: Vec<RecordedThread>,
    #[serde(default)]
    sampler: RecordedSampler,
    #[serde(default)]
    recording_bytes: u64,
    #[serde(default)]
    memory: Option<RecordedMemory>,
    /// Why its times cannot be believed.
    #[serde(default)]
    distrust: Vec<String>,
    #[serde(default)]
    errors: RecordedErrors,
}

#[derive(Deserialize)]
struct RecordedMemory {
    net_bytes: i64,
    peak_bytes: u64,
    #[serde(default)]
    alive: Vec<(u64, i64)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RecordedErrors {
    folded_calls: u64,
    unread_threads: u64,
}

#[derive(Deserialize)]
struct Clock {
    hz: f64,
    empty_span_ns: f64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RecordedSampler {
    wanted_period_ns: u64,
    period_ns: u64,
    samples: u64,
    cpu_ns: u64,
}

#[derive(Deserialize)]
struct RecordedThread {
    name: String,
    #[serde(default = "one")]
    threads: u64,
    wall_ns: u64,
    #[serde(default)]
    cpu_ns: Option<u64>,
    nodes: Vec<RecordedNode>,
    /// What is in no span.
    #[serde(default)]
    unattributed: Option<RecordedRest>,
}

#[derive(Deserialize)]
struct RecordedRest {
    self_ns: u64,
    samples: u64,
    sampled_cpu_ns: u64,
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct RecordedNode {
    id: u32,
    parent: Option<u32>,
    name: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    line: u32,
    calls: u64,
    #[serde(default)]
    recursive_calls: u64,
    self_ns: u64,
    /// What recording took of it: calls times the cost of an empty span.
    #[serde(default)]
    overhead_ns: u64,
    #[serde(default)]
    min_ns: u64,
    #[serde(default)]
    max_ns: u64,
    #[serde(default)]
    histogram: Vec<(u32, u64)>,
    #[serde(default)]
    allocations: u64,
    #[serde(default)]
    allocated_bytes: u64,
    #[serde(default)]
    freed_bytes: u64,
    #[serde(default)]
    copied_bytes: u64,
    #[serde(default)]
    lock_wait_ns: u64,
    #[serde(default)]
    samples: u64,
    #[serde(default)]
    sampled_cpu_ns: u64,
    #[serde(default)]
    digests: Option<Repeated>,
}

/// Adds the threads of a file of spans.
///
/// # Errors
/// [`ProfileError`] if the file cannot be read, or is no such file.
pub fn read_spans(path: &Path, builder: &mut Builder) -> Result<(), ProfileError> {
    let recording: Recording = read_versioned(path, FORMAT, VERSION)?;
    let (mut spans, mut cost_ns) = (0, 0);
    let lost_ns = lost(&recording, builder);
    for thread in recording.threads {
        let cpu = thread.processor_time();
        let mut places = std::collections::HashMap::new();
        let mut nodes = Vec::with_capacity(thread.nodes.len());
        for (place, node) in thread.nodes.into_iter().enumerate() {
            let parent = match node.parent {
                None => None,
                Some(parent) => match places.get(&parent) {
                    Some(place) => Some(*place),
                    None => {
                        let found = format!("node {} stands before its parent {parent}", node.id);
                        let path = path.to_path_buf();
                        return Err(ProfileError::Format { path, wanted: FORMAT, found });
                    }
                },
            };
            places.insert(node.id, place as u32);
            spans += node.calls + node.recursive_calls;
            cost_ns += node.overhead_ns.min(node.self_ns);
            let built = node.build(parent, recording.clock.hz, builder);
            nodes.push(Node { cpu_ns: cpu[place], ..built });
        }
        // Where it is taken off it is shown, so that own times still add up to the whole.
        if cost_ns > 0 {
            let frame = Frame {
                name: COST.to_owned(),
                file: None,
                line: None,
                kind: Kind::Span,
                area: Area::Unknown,
            };
            let frame = builder.frame(frame);
            nodes.push(Node { frame, own_ns: std::mem::take(&mut cost_ns), ..Node::default() });
        }
        let main = thread.name == MAIN_THREAD;
        builder.thread(
            Thread {
                pid: recording.pid,
                name: thread.name,
                count: thread.threads,
                source: Source::Spans,
                wall_ns: thread.wall_ns + if main { lost_ns } else { 0 },
                cpu_ns: thread.cpu_ns,
                samples: 0,
                effective_samples: 0,
            },
            nodes,
        );
    }
    builder.overhead.spans += spans;
    builder.overhead.empty_span_ns = recording.clock.empty_span_ns;
    builder.overhead.sampler_cpu_ns += recording.sampler.cpu_ns;
    recording.sampler.tell(&mut builder.overhead);
    builder.overhead.recording_bytes += recording.recording_bytes;
    if let Some(memory) = recording.memory {
        let heap = builder.heap.get_or_insert_default();
        heap.net_bytes += memory.net_bytes;
        heap.peak_bytes = heap.peak_bytes.max(memory.peak_bytes);
        heap.alive.push(memory.alive);
    }
    builder.distrust.extend(recording.distrust);
    let errors = recording.errors;
    if errors.folded_calls > 0 {
        builder.unseen.push(format!(
            "call paths of {} calls: there was no room for them, they are in `(other paths)`",
            errors.folded_calls
        ));
    }
    if errors.unread_threads > 0 {
        builder.unseen.push(format!("{} threads that could not be read", errors.unread_threads));
    }
    Ok(())
}

/// How long the process lived on after what it had written, which is said. It may have recorded a little less than it lived.
fn lost(recording: &Recording, builder: &mut Builder) -> u64 {
    if recording.complete {
        return 0;
    }
    builder.unseen.push(format!(
        "spans of process {} after its first {}: it was killed before it had written the rest",
        recording.pid,
        words::time(recording.wall_ns)
    ));
    let began_ns = builder.command.map_or(0, |command| command.began_ns);
    builder.lived_on(recording.pid, began_ns + recording.wall_ns).unwrap_or(0)
}

impl RecordedSampler {
    fn tell(&self, overhead: &mut Overhead) {
        if self.samples == 0 {
            return;
        }
        let hz = |period_ns: u64| 1e9 / period_ns.max(1) as f64;
        let fewest = if overhead.looks > 0 { overhead.looks_hz } else { f64::INFINITY };
        overhead.looks += self.samples;
        overhead.looks_wanted_hz = hz(self.wanted_period_ns);
        overhead.looks_hz = fewest.min(hz(self.period_ns));
    }
}

impl RecordedThread {
    /// That of its nodes, in their order.
    fn processor_time(&self) -> Vec<Option<u64>> {
        let Some(cpu_ns) = self.cpu_ns else { return vec![None; self.nodes.len()] };
        let mut paths: Vec<Sampled> = Vec::with_capacity(self.nodes.len() + 1);
        paths.extend(self.nodes.iter().map(|node| Sampled {
            own_ns: node.self_ns,
            samples: node.samples,
            cpu_ns: node.sampled_cpu_ns,
        }));
        paths.extend(self.unattributed.as_ref().map(|rest| Sampled {
            own_ns: rest.self_ns,
            samples: rest.samples,
            cpu_ns: rest.sampled_cpu_ns,
        }));
        shared(cpu_ns, &paths)
    }
}

impl RecordedNode {
    fn build(self, parent: Option<u32>, hz: f64, builder: &mut Builder) -> Node {
        let area = Area::of_span(&self.name);
        let frame = builder.frame(Frame {
            name: self.name,
            file: (!self.file.is_empty()).then_some(self.file),
            line: (self.line > 0).then_some(self.line),
            kind: Kind::Span,
            area,
        });
        // Half of a bucket's ticks, in nanoseconds.
        let middle = |bucket: u32| {
            let range = backcast_spans::histogram::range_of(bucket as usize);
            ((range.start + (range.end - range.start) / 2) as f64 * 1e9 / hz) as u64
        };
        Node {
            parent,
            frame,
            own_ns: self.self_ns.saturating_sub(self.overhead_ns),
            total_ns: 0,
            cpu_ns: None,
            idle_ns: 0,
            samples: self.samples,
            calls: Some(Box::new(Calls {
                count: self.calls,
                min_ns: self.min_ns,
                max_ns: self.max_ns,
                histogram: self.histogram.iter().map(|(bucket, n)| (middle(*bucket), *n)).collect(),
                allocations: self.allocations,
                allocated_bytes: self.allocated_bytes,
                freed_bytes: self.freed_bytes,
                copied_bytes: self.copied_bytes,
                lock_wait_ns: self.lock_wait_ns,
                repeated: self.digests,
            })),
            lines: Vec::new(),
        }
    }
}
