//! The file of one command: what it is, how far it is, what it found so far, what it takes.

use serde::{Deserialize, Serialize};

use super::{History, Identity};

/// Name of the file's format.
pub const FORMAT: &str = "backcast-live";
/// Version of the file's format; a reader refuses newer ones.
pub const VERSION: u32 = 1;

/// All that a command tells. Times of day are nanoseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Which process of which machine it is.
    pub process: Identity,
    /// `sweep`, `run` and so on.
    pub kind: String,
    /// The command line, the program first.
    pub command: Vec<String>,
    /// What it works on: a spec, a bundle.
    pub subject: Option<String>,
    /// What it does just now.
    pub phase: Option<String>,
    /// When it began.
    pub started_ns: u64,
    /// When this was written.
    pub updated_ns: u64,
    /// Time between the two by a clock that is never set.
    pub elapsed_ns: u64,
    /// Whether it goes on, and if not, how it ended.
    pub state: State,
    /// What the process reported at its end.
    pub exit_code: Option<u8>,
    /// Id of what it made, which `backcast report` takes.
    pub result: Option<String>,
    /// How far it is.
    pub progress: Option<Progress>,
    /// The best parameter sets so far.
    pub best: Option<Best>,
    /// Where time went, by span, while spans are recorded.
    #[serde(default)]
    pub spans: Vec<SpanShare>,
    /// How its caches do, where it has some.
    #[serde(default)]
    pub caches: Vec<CacheUse>,
    /// What the process takes.
    pub vitals: Vitals,
    /// The same over time, from its beginning.
    pub history: History,
}

/// Whether a command goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does.
    Running,
    /// It did what it was asked for.
    Finished,
    /// It could not.
    Failed,
    /// It was stopped and can go on.
    Stopped,
}

impl State {
    /// How a command ended, by its exit code.
    pub(super) fn of_exit_code(code: u8) -> State {
        match code {
            0 => State::Finished,
            75 => State::Stopped,
            _ => State::Failed,
        }
    }
}

/// How far a command is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: u64,
    /// What is counted, in the plural: `runs`.
    pub unit: String,
    /// Units a second over the last seconds; absent before any was done.
    pub per_second: Option<f64>,
    /// Time left at that rate.
    pub left_ns: Option<u64>,
}

/// The best parameter sets so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Title of the metric they are ranked by.
    pub metric: String,
    /// The best first.
    pub sets: Vec<BestSet>,
}

/// One of the best sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestSet {
    /// Whose run it is: an asset, the pool, a window.
    pub account: String,
    /// `fast 10, slow 30`.
    pub set: String,
    /// Its value of the metric.
    pub value: f64,
    /// The value as people read it: `0.78`, `12.4 %`.
    pub shown: String,
}

/// Time inside a span and not inside its children.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanShare {
    /// Name of the span.
    pub name: String,
    /// That time, over all threads.
    pub self_ns: u64,
    /// Its share of the time of all threads, 0 to 1.
    pub share: f64,
}

/// How a cache does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheUse {
    /// Which one.
    pub name: String,
    /// Questions it could answer.
    pub hits: u64,
    /// Questions it could not.
    pub misses: u64,
    /// What it holds.
    pub bytes: Option<u64>,
}

/// What a process takes. Absent is what the system does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vitals {
    /// Threads of the process, the one that publishes among them.
    pub threads: Option<u32>,
    /// Memory that is resident now.
    pub resident_bytes: Option<u64>,
    /// Most memory that was resident at once.
    pub peak_bytes: Option<u64>,
    /// Processor time of all threads, user and system.
    pub cpu_ns: Option<u64>,
}
