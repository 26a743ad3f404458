//! criterion.rs: `target/criterion/GROUP/NAME/new/sample.json`, whose times are sums over `iters` calls each.

use std::fs;

use serde_json::Value;

use super::{File, Record, numbers};

pub(super) fn is_one(value: &Value) -> bool {
    is_sample(value) || (value["mean"]["point_estimate"].is_number() && value["median"].is_object())
}

fn is_sample(value: &Value) -> bool {
    value["iters"].is_array() && value["times"].is_array()
}

pub(super) fn read(file: &File<'_>) -> Result<Vec<Record>, String> {
    let beside = |name: &str| -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(file.path.with_file_name(name)).ok()?).ok()
    };
    let sample =
        if is_sample(file.value) { Some(file.value.clone()) } else { beside("sample.json") };
    let sample = sample
        .filter(is_sample)
        .ok_or("it holds estimates only, and no sample.json lies beside it")?;
    let (times, calls) = (numbers(&sample["times"], 1.0), numbers(&sample["iters"], 1.0));
    let (times, calls) = times.zip(calls).ok_or("times and iters are lists of numbers")?;
    if times.len() != calls.len() {
        return Err(format!("{} times of {} iters", times.len(), calls.len()));
    }
    let one = times.iter().zip(&calls).map(|(ns, calls)| ns / calls).collect();
    let named = beside("benchmark.json");
    let named = named.and_then(|value| Some(value["full_id"].as_str()?.to_owned()));
    Ok(vec![file.record("criterion", named.unwrap_or_else(|| folders(file)), &[one])?])
}

/// The folders above `new` or `base` where no file says the name.
fn folders(file: &File<'_>) -> String {
    let above = file.path.parent().and_then(|folder| folder.parent());
    let names = above.into_iter().flat_map(|path| path.components());
    let names: Vec<String> = names.map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    let after = names.iter().rposition(|name| name == "criterion").map_or(0, |at| at + 1);
    let name = names[after..].join("/");
    if name.is_empty() { file.path.display().to_string() } else { name }
}
