//! pytest-benchmark: `--benchmark-json FILE`, or `--benchmark-save NAME` with `--benchmark-save-data`.

use serde_json::Value;

use super::{File, Record, numbers, text_or};

/// What it says where there is no version control.
const NO_COMMIT: &str = "unversioned";

pub(super) fn is_one(value: &Value) -> bool {
    value["benchmarks"].is_array() && value["machine_info"].is_object()
}

pub(super) fn read(file: &File<'_>) -> Result<Vec<Record>, String> {
    let benchmarks = file.value["benchmarks"].as_array().into_iter().flatten();
    benchmarks.map(|benchmark| record(file, benchmark)).collect()
}

fn record(file: &File<'_>, benchmark: &Value) -> Result<Record, String> {
    let name = text_or(benchmark, "fullname", benchmark["name"].as_str().unwrap_or("unnamed"));
    let times = numbers(&benchmark["stats"]["data"], 1e9).ok_or_else(|| {
        format!("`{name}` holds a summary only; measure again with --benchmark-save-data")
    })?;
    let mut record = file.record("pytest-benchmark", name, &[times])?;
    let commit = file.value["commit_info"]["id"].as_str().filter(|id| *id != NO_COMMIT);
    record.commit = commit.map(str::to_owned);
    let told =
        file.value["datetime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let told = told.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    record.taken_at = told.unwrap_or_else(|| file.taken_at.clone());
    Ok(record)
}
