//! pytest-benchmark: `--benchmark-json FILE` with `--benchmark-save-data`.

use serde_json::Value;

use super::{File, Record, numbers, text_or};

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
    record.commit = file.value["commit_info"]["id"].as_str().map(str::to_owned);
    record.taken_at = text_or(file.value, "datetime", &file.taken_at);
    Ok(record)
}
