//! Profiles of commands: where the time of a finished process tree went.
//!
//! A [`Profile`] is plain data, written as JSON and read back. Its times partition: own times and what is
//! unattributed add up to the wall time of each thread ([`Profile::largest_gap`] says how exactly). Three readers
//! fill it: a file of spans ([`read_spans`]), files of the Python sampler ([`python`]) and perf ([`perf`]).
//! [`View`] merges threads into one tree with shares, [`Functions`] is the flat table, [`Split`] the closing line,
//! [`Difference`] compares two profiles, [`export`] writes what other viewers read.

pub mod export;
pub mod perf;
pub mod python;
pub mod words;

mod area;
mod builder;
mod diff;
mod file;
mod functions;
mod interval;
mod processor_time;
mod scratch;
mod session;
mod spans;
mod split;
mod trend;
mod view;

use serde::{Deserialize, Serialize};

use crate::child::{ProcessSeries, Sample};

pub use area::Area;
pub use builder::{Builder, Lifetime, Thread};
pub use diff::{Change, Difference, Moved};
pub use file::{ProfileError, VERSION, load, save};
pub use functions::{Function, Functions};
pub use interval::share_interval;
pub use scratch::Scratch;
pub use session::{Options, Outcome, Perf, SessionError, attach, profile};
pub use spans::read_spans;
pub use split::Split;
pub use trend::{Held, Kept, MemoryTrend};
pub use view::{Row, View};

/// A measured command, its threads and their call trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// `backcast-profile`.
    pub format: String,
    /// Version of the layout.
    pub version: u32,
    /// What it is called.
    pub name: String,
    /// Program and arguments, as started.
    pub command: Vec<String>,
    /// When it was started, RFC 3339 in UTC.
    pub taken_at: String,
    /// How the command ended, in words; `None` where it was still running.
    pub ended: Option<String>,
    /// From start to end of the command.
    pub wall_ns: u64,
    /// What nodes refer to.
    pub frames: Vec<Frame>,
    /// Threads, or groups of threads with one name.
    pub threads: Vec<ThreadProfile>,
    /// Call paths, each after its parent, those of one thread together.
    pub nodes: Vec<Node>,
    /// What the Python sampler knows beside its stacks.
    #[serde(default)]
    pub python: Vec<PythonProcess>,
    /// The whole process tree over time.
    pub process: Processes,
    /// Memory that the command allocated, where it counts that itself.
    #[serde(default)]
    pub heap: Option<Heap>,
    /// What measuring cost.
    pub overhead: Overhead,
    /// What could not be seen, a sentence each.
    pub unseen: Vec<String>,
    /// Why its times cannot be believed, a sentence each; empty in a good profile.
    #[serde(default)]
    pub distrust: Vec<String>,
}

/// A place in a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Frame {
    /// Function, span or symbol.
    pub name: String,
    /// Source file or shared object.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// First line of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// What it is.
    pub kind: Kind,
    /// Whose work it does.
    pub area: Area,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A span of `backcast-spans`.
    Span,
    /// A Python function.
    Python,
    /// A function of compiled code.
    Native,
    /// Python's garbage collector.
    Collector,
    /// Python's import system.
    Import,
    /// A thread, the root of its call paths.
    Thread,
    /// Time that no frame accounts for.
    Unattributed,
}

impl Kind {
    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Span => "span",
            Kind::Python => "python",
            Kind::Native => "native",
            Kind::Collector => "collector",
            Kind::Import => "import",
            Kind::Thread => "thread",
            Kind::Unattributed => "unattributed",
        }
    }
}

/// Where the call paths of a thread are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Spans: calls and times are exact.
    Spans,
    /// Samples of Python stacks.
    Python,
    /// Samples of perf.
    Perf,
}

impl Source {
    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Source::Spans => "spans",
            Source::Python => "python",
            Source::Perf => "perf",
        }
    }
}

/// A thread, or all threads of one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreadProfile {
    /// Its process.
    pub pid: u32,
    /// Its name; digits of a group's names are `#`.
    pub name: String,
    /// Threads in the group.
    pub count: u64,
    /// How it was seen.
    pub source: Source,
    /// Lifetime, of all threads of the group together.
    pub wall_ns: u64,
    /// Time on a processor, where it could be measured.
    pub cpu_ns: Option<u64>,
    /// Lifetime that no node accounts for.
    pub unattributed_ns: u64,
    /// Samples taken; zero where calls were recorded instead.
    pub samples: u64,
    /// How many would tell as much if each stood for equally long; zero where that is not known.
    #[serde(default)]
    pub effective_samples: u64,
    /// First of its nodes.
    pub first: u32,
    /// Number of its nodes.
    pub len: u32,
}

/// A call path: a frame below its parent's call path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The calling node, an index into [`Profile::nodes`].
    pub parent: Option<u32>,
    /// What was called, an index into [`Profile::frames`].
    pub frame: u32,
    /// Time in it and in nothing that it called.
    pub own_ns: u64,
    /// Own time and that of all below.
    pub total_ns: u64,
    /// Own time on a processor, estimated by sampling; `None` where too few samples met it. What nodes leave of the thread's is
    /// that of the others and of what is unattributed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpu_ns: Option<u64>,
    /// Own time between samples in which it used no processor, as far as that was looked for.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub idle_ns: u64,
    /// Samples in which it was the innermost frame.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub samples: u64,
    /// Calls, exact; `None` where it was only sampled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calls: Option<Box<Calls>>,
    /// Times by source line.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lines: Vec<LineTime>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What is known exactly about the calls of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// How many.
    pub count: u64,
    /// The shortest.
    pub min_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Middles of occupied buckets and calls in them, shortest first; at most 6.25 % wide.
    pub histogram: Vec<(u64, u64)>,
    /// Allocations made in the node itself.
    pub allocations: u64,
    /// Bytes of them.
    pub allocated_bytes: u64,
    /// Bytes given back in the node itself, wherever they were allocated.
    pub freed_bytes: u64,
    /// Bytes that the node says it copied.
    pub copied_bytes: u64,
    /// Time spent waiting for locks.
    pub lock_wait_ns: u64,
    /// Calls whose arguments had been seen before, where the span carries a digest of them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeated: Option<Repeated>,
}

/// Repeated identical calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// Different arguments.
    pub distinct: u64,
    /// Calls with arguments seen before.
    pub repeated: u64,
    /// Time of those calls.
    pub repeated_ns: u64,
}

/// Time on a source line of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTime {
    /// The line, from 1.
    pub line: u32,
    /// Time on it.
    pub own_ns: u64,
    /// With all that it called.
    pub total_ns: u64,
    /// Samples on it.
    pub samples: u64,
}

/// What the Python sampler of one process knows beside its stacks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PythonProcess {
    /// The process.
    pub pid: u32,
    /// Its interpreter, `3.11.7`.
    pub python: String,
    /// From the sampler's start to its last word.
    pub wall_ns: u64,
    /// Samples asked for in a second.
    pub wanted_hz: f64,
    /// Samples reached in a second.
    pub achieved_hz: f64,
    /// After how long an interpreter lets another thread run.
    pub switch_interval_ns: u64,
    /// Collections by generation, youngest first.
    pub collections: Vec<Collections>,
    /// Modules imported, slowest own time first.
    pub imports: Vec<Import>,
    /// Highest resident memory.
    pub peak_bytes: Option<u64>,
    /// Nanoseconds since the begin, and blocks that Python's allocators had given out then; empty where they are not counted.
    #[serde(default)]
    pub blocks: Vec<(u64, u64)>,
    /// Memory that the sampler took for itself, roughly.
    #[serde(default)]
    pub sampler_bytes: u64,
    /// Most threads at one time.
    pub most_threads: u64,
    /// Processor time of the sampling thread.
    pub sampler_cpu_ns: u64,
}

/// Work of Python's garbage collector in one generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collections {
    /// Runs.
    pub count: u64,
    /// Time of them.
    pub ns: u64,
    /// Objects collected.
    pub collected: u64,
    /// Objects found that cannot be collected.
    pub uncollectable: u64,
}

/// Time of importing a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its full name.
    pub module: String,
    /// Without the modules that it imported.
    pub own_ns: u64,
    /// With them.
    pub total_ns: u64,
}

/// The whole process tree: what it cost, and how that grew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Processes {
    /// What it cost; `None` where it had not ended.
    pub cost: Option<Sample>,
    /// Looks at the tree.
    pub series: ProcessSeries,
}

/// Memory that a program allocated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heap {
    /// Allocated and not given back.
    pub net_bytes: i64,
    /// Most at one time.
    pub peak_bytes: u64,
    /// For each process that recorded, nanoseconds since its begin and bytes alive beside it.
    #[serde(default)]
    pub alive: Vec<Vec<(u64, i64)>>,
}

/// What measuring cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overhead {
    /// Spans recorded.
    pub spans: u64,
    /// Cost of an empty span.
    pub empty_span_ns: f64,
    /// Looks at the spans of all threads.
    pub looks: u64,
    /// How many a second were asked for.
    pub looks_wanted_hz: f64,
    /// How many a second there were, in the process with the fewest.
    pub looks_hz: f64,
    /// Processor time of all samplers.
    pub sampler_cpu_ns: u64,
    /// Memory of the recording, and bytes of files read.
    pub recording_bytes: u64,
}

impl Overhead {
    /// Time that measuring took: spans times their cost, and the samplers' processor time.
    pub fn total_ns(&self) -> u64 {
        (self.spans as f64 * self.empty_span_ns) as u64 + self.sampler_cpu_ns
    }
}

impl Profile {
    /// The layout's name in files.
    pub const FORMAT: &'static str = "backcast-profile";

    /// Lifetime of all threads together: what shares are shares of.
    pub fn thread_ns(&self) -> u64 {
        self.threads.iter().map(|thread| thread.wall_ns).sum()
    }

    /// Nodes of a thread.
    pub fn nodes_of(&self, thread: &ThreadProfile) -> &[Node] {
        &self.nodes[thread.first as usize..(thread.first + thread.len) as usize]
    }

    /// How far own times and what is unattributed are from the wall time, as a share of it, in the worst thread.
    pub fn largest_gap(&self) -> f64 {
        let gap = |thread: &ThreadProfile| {
            let own: u64 = self.nodes_of(thread).iter().map(|node| node.own_ns).sum();
            let found = own + thread.unattributed_ns;
            found.abs_diff(thread.wall_ns) as f64 / thread.wall_ns.max(1) as f64
        };
        self.threads.iter().map(gap).fold(0.0, f64::max)
    }
}
