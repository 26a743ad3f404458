//! This program again, as a process of its own: nothing is warm in it, and its peak of memory is its own.

use std::{fs, process::Command};

use serde::{Deserialize, Serialize};

/// What such a process found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Time of the work alone.
    pub(crate) seconds: f64,
    /// Most memory that was resident at once, in bytes; zero where the system does not say.
    pub(crate) peak_bytes: f64,
}

/// Starts the work of that name and waits for it.
pub(crate) fn process(name: &str, arguments: &[&str]) -> Result<Told, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let output = Command::new(program)
        .args(["child", name])
        .args(arguments)
        .output()
        .map_err(|error| format!("cannot start myself: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{name} told nonsense: {error}"))
}

/// What the process prints at its end: a peak that cannot be read is an error, for none at all would meet every target.
pub(crate) fn told(seconds: f64) -> Result<String, String> {
    let path = "/proc/self/status";
    let status =
        fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    let kilobytes = kilobytes.ok_or_else(|| format!("{path} tells no peak (VmHWM)"))?;
    let told = Told { seconds, peak_bytes: kilobytes * 1024.0 };
    serde_json::to_string(&told).map_err(|error| error.to_string())
}
