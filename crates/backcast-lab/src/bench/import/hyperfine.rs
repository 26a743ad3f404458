//! hyperfine: `--export-json FILE`. User and system time are told as means over the runs, and stand as such in each run.

use serde_json::Value;

use super::{File, Record, numbers, text_or};
use crate::child::Exit;

pub(super) fn is_one(value: &Value) -> bool {
    value["results"].as_array().is_some_and(|results| {
        !results.is_empty() && results.iter().all(|result| result["command"].is_string())
    })
}

pub(super) fn read(file: &File<'_>) -> Result<Vec<Record>, String> {
    let results = file.value["results"].as_array().into_iter().flatten();
    results.map(|result| record(file, result)).collect()
}

fn record(file: &File<'_>, result: &Value) -> Result<Record, String> {
    let name = text_or(result, "command", "");
    let times = numbers(&result["times"], 1e9);
    let times = times.ok_or_else(|| format!("`{name}` has no list of times"))?;
    let mut record = file.record("hyperfine", name.clone(), &[times])?;
    record.command.argv = vec!["sh".to_owned(), "-c".to_owned(), name];
    let mean_ns = |key: &str| (result[key].as_f64().unwrap_or(0.0).max(0.0) * 1e9).round() as u64;
    for (at, run) in record.runs.iter_mut().enumerate() {
        run.sample.user_ns = mean_ns("user");
        run.sample.system_ns = mean_ns("system");
        run.sample.peak_bytes = result["memory_usage_byte"][at].as_u64();
        if let Some(code) = result["exit_codes"][at].as_i64() {
            run.sample.exit = Exit::Code(code as i32);
        }
    }
    Ok(record)
}
