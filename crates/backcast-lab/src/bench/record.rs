//! What is kept of one command in one session: every single run, and what it belongs to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::BenchError;
use crate::{
    child::{Sample, Subject},
    json_fault,
    machine::Machine,
    stats::{StatsError, Summary},
};

/// What a file of it says it is.
const FORMAT: &str = "backcast-record";
/// Newest version that is read and the one that is written.
const VERSION: u32 = 1;

/// Runs of one command in one session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Always `backcast-record`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// What was run.
    pub command: RecordedCommand,
    /// Where; nothing where it is not told by what was imported.
    pub machine: Option<Machine>,
    /// Commit of the sources in the folder of the command, with a plus sign where they had changed since.
    pub commit: Option<String>,
    /// When, in UTC: `2026-11-21T09:15:02.250Z`; records of before have whole seconds.
    pub taken_at: String,
    /// Who timed it.
    pub source: Source,
    /// What one run gets done.
    pub work: Option<Work>,
    /// All runs in their order.
    pub runs: Vec<Run>,
}

/// A command as it was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCommand {
    /// What people call it.
    pub name: String,
    /// Its words; empty where they are not told by what was imported.
    pub argv: Vec<String>,
    /// Variables that were added to its environment, without those that differ from block to block.
    pub env: Vec<(String, String)>,
}

/// Who timed the runs of a record. Where another program did, costs that it does not tell are zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// This laboratory, each run in a fresh process.
    Backcast,
    /// Another program, named here.
    Imported(String),
}

/// What one run gets done, for throughput.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// How much.
    pub amount: f64,
    /// Of what: `bars`.
    pub unit: String,
}

/// One run that counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Block of the session.
    pub block: u32,
    /// Place in the block.
    pub slot: u32,
    /// What it cost.
    pub sample: Sample,
}

impl RecordedCommand {
    /// The record of a command.
    pub fn of(subject: &Subject) -> RecordedCommand {
        let text = |word: &std::ffi::OsString| word.to_string_lossy().into_owned();
        RecordedCommand {
            name: subject.name.clone(),
            argv: subject.argv.iter().map(text).collect(),
            env: subject.env.iter().map(|(name, value)| (text(name), text(value))).collect(),
        }
    }
}

impl Record {
    /// A record without runs.
    pub fn new(command: RecordedCommand, taken_at: String, source: Source) -> Record {
        Record {
            format: FORMAT.to_owned(),
            version: VERSION,
            command,
            machine: None,
            commit: None,
            taken_at,
            source,
            work: None,
            runs: Vec::new(),
        }
    }

    /// Wall times in seconds, in the order of the runs.
    pub fn wall_seconds(&self) -> Vec<f64> {
        self.runs.iter().map(|run| run.sample.wall_ns as f64 / 1e9).collect()
    }

    /// Summary of the wall times in seconds.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] where nothing ran.
    pub fn wall_summary(&self) -> Result<Summary, StatsError> {
        Summary::of(&self.wall_seconds())
    }

    /// Mean over the runs of what one run cost; nothing without runs.
    pub fn mean_of(&self, cost: impl Fn(&Sample) -> f64) -> Option<f64> {
        let sum: f64 = self.runs.iter().map(|run| cost(&run.sample)).sum();
        (!self.runs.is_empty()).then(|| sum / self.runs.len() as f64)
    }

    /// Cores kept busy: processor time of all runs over their wall time. Nothing where nobody told the processor time.
    pub fn cores(&self) -> Option<f64> {
        let cpu: u64 = self.runs.iter().map(|run| run.sample.cpu_ns()).sum();
        let wall: u64 = self.runs.iter().map(|run| run.sample.wall_ns).sum();
        let told = self.source == Source::Backcast || cpu > 0;
        (told && wall > 0).then(|| cpu as f64 / wall as f64)
    }

    /// Most memory that one process of any run had.
    pub fn peak_bytes(&self) -> Option<u64> {
        self.runs.iter().filter_map(|run| run.sample.peak_bytes).max()
    }

    /// Most memory that a run cannot be seen below: the launcher's own, with which each process begins.
    pub fn peak_floor_bytes(&self) -> Option<u64> {
        self.runs.iter().filter_map(|run| run.sample.peak_floor_bytes).max()
    }

    /// Whether the peak is so near to the launcher's own that it may be that, and the command's any smaller one.
    pub fn peak_is_at_most(&self) -> bool {
        let both = self.peak_bytes().zip(self.peak_floor_bytes());
        both.is_some_and(|(peak, floor)| peak < floor + floor / 8)
    }

    /// Most memory that the tree of any run was seen with.
    pub fn tree_peak_bytes(&self) -> Option<u64> {
        self.runs.iter().filter_map(|run| run.sample.tree_peak_bytes).max()
    }

    /// Work done per second at the median wall time.
    pub fn throughput(&self) -> Option<f64> {
        Some(self.work.as_ref()?.amount / self.wall_summary().ok()?.median)
    }

    /// The record as JSON that is the same for equal records: keys in a fixed order, numbers in shortest form.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a record holds text and numbers alone")
    }

    /// Name by content: blake3 of [`Record::to_json`], in hexadecimal.
    pub fn id(&self) -> String {
        crate::records::id_of(self.to_json().as_bytes())
    }

    /// Reads a record; `what` names it in messages.
    ///
    /// # Errors
    /// [`BenchError::Malformed`], [`BenchError::Newer`].
    pub fn from_json(text: &str, what: &str) -> Result<Record, BenchError> {
        read_json(text, what, FORMAT, VERSION)
    }
}

/// Now, as records tell it: sessions of short commands begin within one second.
pub fn taken_now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub(super) fn malformed(what: &str, format: &'static str, reason: String) -> BenchError {
    BenchError::Malformed { what: what.to_owned(), format, reason }
}

/// Reads a file of a format and version; `what` names it in messages.
///
/// # Errors
/// [`BenchError::Malformed`], [`BenchError::Newer`].
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    text: &str,
    what: &str,
    format: &'static str,
    known: u32,
) -> Result<T, BenchError> {
    check_format(text, what, format, known)?;
    serde_json::from_str(text).map_err(|error| malformed(what, format, json_fault::told(&error)))
}

/// Refuses files of other formats and of newer versions before their contents can confuse anybody.
pub(super) fn check_format(
    text: &str,
    what: &str,
    format: &'static str,
    known: u32,
) -> Result<(), BenchError> {
    let head: Value = serde_json::from_str(text)
        .map_err(|error| malformed(what, format, json_fault::told(&error)))?;
    let version = head["version"].as_u64().map(|found| u32::try_from(found).unwrap_or(u32::MAX));
    match (head["format"].as_str(), version) {
        (Some(named), _) if named != format => {
            Err(malformed(what, format, format!("it says that it is `{named}`")))
        }
        (Some(_), Some(found)) if found > known => {
            Err(BenchError::Newer { what: what.to_owned(), found, known })
        }
        (Some(_), Some(_)) => Ok(()),
        _ => Err(malformed(what, format, "it names no format and version".to_owned())),
    }
}
