//! pyperf: `-o FILE`. Each of its worker processes is a block.

use serde_json::Value;

use super::{File, Record, numbers};

pub(super) fn is_one(value: &Value) -> bool {
    value["benchmarks"]
        .as_array()
        .is_some_and(|benchmarks| benchmarks.iter().any(|benchmark| benchmark["runs"].is_array()))
}

pub(super) fn read(file: &File<'_>) -> Result<Vec<Record>, String> {
    let benchmarks = file.value["benchmarks"].as_array().into_iter().flatten();
    benchmarks.map(|benchmark| record(file, benchmark)).collect()
}

fn record(file: &File<'_>, benchmark: &Value) -> Result<Record, String> {
    // What is equal for all benchmarks of a file stands once, at its top.
    let metadata = |key: &str| {
        let own = benchmark["metadata"][key].as_str();
        own.or_else(|| file.value["metadata"][key].as_str()).map(str::to_owned)
    };
    let name = metadata("name").unwrap_or_else(|| "unnamed".to_owned());
    if let Some(unit) = metadata("unit").filter(|unit| unit != "second") {
        return Err(format!("`{name}` is in {unit}s, not in seconds"));
    }
    let runs = benchmark["runs"].as_array().into_iter().flatten();
    // Runs that only calibrate have no values.
    let blocks = runs.filter(|run| !run["values"].is_null());
    let blocks: Option<Vec<Vec<f64>>> = blocks.map(|run| numbers(&run["values"], 1e9)).collect();
    let blocks = blocks.ok_or_else(|| format!("`{name}` has values that are no numbers"))?;
    let mut record = file.record("pyperf", name, &blocks)?;
    // `pyperf command` tells the most memory of all calls of a process.
    let processes = benchmark["runs"].as_array().into_iter().flatten();
    let peaks = processes.filter(|run| !run["values"].is_null());
    let peaks: Vec<Option<u64>> =
        peaks.map(|run| run["metadata"]["command_max_rss"].as_u64()).collect();
    for run in &mut record.runs {
        run.sample.peak_bytes = peaks.get(run.block as usize).copied().flatten();
    }
    Ok(record)
}
