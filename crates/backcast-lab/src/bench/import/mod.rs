//! Records from the files of other benchmark programs.
//!
//! Only files with raw times are taken: means and deviations cannot be compared again. Costs that a program does not tell are zero.

mod criterion;
mod hyperfine;
mod pyperf;
mod pytest_benchmark;

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    BenchError, Record, RecordedCommand, Run, Session, Source, Work, export::sessions_from_json,
    record,
};
use crate::{
    child::{Exit, Sample},
    json_fault,
};

/// A shorter call would lose more than a thousandth of its time by rounding.
const LEAST_NS: f64 = 1000.0;
/// Calls that short ones are told by.
const MANY: f64 = 1000.0;

/// Programs whose files are understood.
const KNOWN: &str = "criterion, hyperfine, pytest-benchmark or pyperf";
const KNOWN_WITH_OURS: &str = "backcast bench, criterion, hyperfine, pytest-benchmark or pyperf";

/// What a file of another program holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// Benchmarks with their raw times.
    pub records: Vec<Record>,
    /// Names of benchmarks without any, beside others that have them.
    pub skipped: Vec<String>,
}

/// Reads a file of criterion (`sample.json`, or `estimates.json` beside it), hyperfine (`--export-json`), pytest-benchmark
/// (`--benchmark-json`, or `--benchmark-save` with `--benchmark-save-data`) or pyperf (`-o`); which, is seen from its contents.
///
/// # Errors
/// [`BenchError::Read`]; [`BenchError::Malformed`] for a file without raw times or with times that are none; [`BenchError::Unknown`].
pub fn import(path: &Path) -> Result<Imported, BenchError> {
    let unreadable = |source| BenchError::Read { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let what = path.display().to_string();
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| record::malformed(&what, "JSON", json_fault::told(&error)))?;
    let changed = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let changed = changed.and_then(|time| jiff::Timestamp::try_from(time).ok());
    let taken_at = changed.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let file = File { path, value: &value, taken_at };
    let readers: [Reader; 4] = [
        (criterion::is_one, |file| criterion::read(file).map(whole), "criterion"),
        (hyperfine::is_one, |file| hyperfine::read(file).map(whole), "hyperfine"),
        (pytest_benchmark::is_one, pytest_benchmark::read, "pytest-benchmark"),
        (pyperf::is_one, |file| pyperf::read(file).map(whole), "pyperf"),
    ];
    for (is_one, read, format) in readers {
        if is_one(&value) {
            return read(&file).map_err(|reason| record::malformed(&what, format, reason));
        }
    }
    Err(BenchError::Unknown { path: path.to_owned(), known: KNOWN })
}

/// A file of which all can be used.
fn whole(records: Vec<Record>) -> Imported {
    Imported { records, skipped: Vec::new() }
}

/// Sessions of a file of `bench --export FILE.json`, or those that [`import`] makes of a file of another program, and the names of
/// what it skipped.
///
/// # Errors
/// As [`import`].
pub fn sessions(path: &Path) -> Result<(Vec<Session>, Vec<String>), BenchError> {
    let unreadable = |source| BenchError::Read { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    if text.contains("\"backcast-bench\"") {
        return Ok((sessions_from_json(&text, &path.display().to_string())?, Vec::new()));
    }
    let Imported { records, skipped } = import(path).map_err(|error| match error {
        BenchError::Unknown { path, .. } => BenchError::Unknown { path, known: KNOWN_WITH_OURS },
        other => other,
    })?;
    Ok((records.into_iter().map(Session::of_import).collect(), skipped))
}

/// Whether a file is of a program, its records, and the program's name.
type Reader = (fn(&Value) -> bool, fn(&File<'_>) -> Result<Imported, String>, &'static str);

/// A file of another program.
struct File<'a> {
    path: &'a Path,
    value: &'a Value,
    /// When it was written, where it does not say itself when it was measured.
    taken_at: String,
}

impl File<'_> {
    /// A record of that name from times in nanoseconds, in blocks. Records hold whole nanoseconds, so calls that take less than a
    /// microsecond are told by the thousand.
    fn record(&self, program: &str, name: String, blocks: &[Vec<f64>]) -> Result<Record, String> {
        let shortest = blocks.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        let calls = if shortest < LEAST_NS { MANY } else { 1.0 };
        let name = if calls > 1.0 { format!("{name}, {calls} calls") } else { name };
        let command = RecordedCommand { name, argv: Vec::new(), env: Vec::new() };
        let source = Source::Imported(program.to_owned());
        let mut record = Record::new(command, self.taken_at.clone(), source);
        record.work = (calls > 1.0).then(|| Work { amount: calls, unit: "calls".to_owned() });
        for (block, times) in (0..).zip(blocks) {
            for (slot, ns) in (0..).zip(times) {
                if !(*ns > 0.0 && *ns < 1e18) {
                    return Err(format!("a time of {} s is none", ns / 1e9));
                }
                record.runs.push(Run { block, slot, sample: sample((ns * calls).round() as u64) });
            }
        }
        if record.runs.is_empty() {
            return Err(format!("`{}` holds no times", record.command.name));
        }
        Ok(record)
    }
}

/// A run of which nothing but its time is known.
fn sample(wall_ns: u64) -> Sample {
    Sample {
        exit: Exit::Code(0),
        wall_ns: wall_ns.max(1),
        user_ns: 0,
        system_ns: 0,
        peak_bytes: None,
        peak_floor_bytes: None,
        tree_peak_bytes: None,
        voluntary_switches: 0,
        involuntary_switches: 0,
        minor_faults: 0,
        major_faults: 0,
        block_reads: 0,
        block_writes: 0,
        left_over: 0,
    }
}

/// Numbers of a list, scaled; nothing where one is no number.
fn numbers(list: &Value, scale: f64) -> Option<Vec<f64>> {
    list.as_array()?.iter().map(|value| Some(value.as_f64()? * scale)).collect()
}

/// A text by its key, or another.
fn text_or(value: &Value, key: &str, other: &str) -> String {
    value[key].as_str().unwrap_or(other).to_owned()
}
