//! pytest-benchmark: `--benchmark-json FILE`, or `--benchmark-save NAME` with `--benchmark-save-data`.

use serde_json::Value;

use super::{File, Imported, Record, numbers, text_or};

/// What it says where there is no version control.
const NO_COMMIT: &str = "unversioned";

pub(super) fn is_one(value: &Value) -> bool {
    value["benchmarks"].is_array() && value["machine_info"].is_object()
}

/// Benchmarks of which only a summary was kept are skipped, unless all are of that kind.
pub(super) fn read(file: &File<'_>) -> Result<Imported, String> {
    let mut found = Imported::default();
    for benchmark in file.value["benchmarks"].as_array().into_iter().flatten() {
        let name = text_or(benchmark, "fullname", benchmark["name"].as_str().unwrap_or("unnamed"));
        match numbers(&benchmark["stats"]["data"], 1e9) {
            Some(times) => found.records.push(record(file, name, times)?),
            None => found.skipped.push(name),
        }
    }
    match found.skipped.first() {
        Some(name) if found.records.is_empty() => {
            Err(format!("`{name}` holds a summary only; measure again with --benchmark-save-data"))
        }
        _ => Ok(found),
    }
}

fn record(file: &File<'_>, name: String, times: Vec<f64>) -> Result<Record, String> {
    let mut record = file.record("pytest-benchmark", name, &[times])?;
    let commit = file.value["commit_info"]["id"].as_str().filter(|id| *id != NO_COMMIT);
    record.commit = commit.map(str::to_owned);
    let told =
        file.value["datetime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let told = told.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    record.taken_at = told.unwrap_or_else(|| file.taken_at.clone());
    Ok(record)
}
