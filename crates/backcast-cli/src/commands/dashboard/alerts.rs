//! Alerts of baselines: `.backcast/baselines/alerts/*.json`, one file for each confirmed change.

use std::{fs, path::Path, time::SystemTime};

use serde::{Deserialize, Serialize};

/// Alerts at most that are shown, the newest.
const MOST: usize = 20;
/// No alert is larger.
const MOST_BYTES: u64 = 1 << 16;
/// Version of the file; newer ones are left out.
const VERSION: u32 = 1;

/// A confirmed change of what something takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Alert {
    /// Nanoseconds since 1970 UTC.
    time_ns: u64,
    subject: String,
    change: String,
    /// Interval of the ratio of times, new to old.
    ratio: Option<Ratio>,
    commit: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Ratio {
    low: f64,
    high: f64,
}

/// The file, of which only a subject and a change are needed.
#[derive(Deserialize)]
struct AlertFile {
    version: u32,
    subject: String,
    change: String,
    time_ns: Option<u64>,
    ratio: Option<Ratio>,
    commit: Option<String>,
}

/// The newest alerts below `.backcast`, the newest first. What cannot be read is left out.
pub(super) fn recent(home: &Path) -> Vec<Alert> {
    let entries = fs::read_dir(home.join("baselines").join("alerts"));
    let mut alerts: Vec<_> =
        entries.into_iter().flatten().flatten().filter_map(|entry| read(&entry)).collect();
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.time_ns));
    alerts.truncate(MOST);
    alerts
}

fn read(entry: &fs::DirEntry) -> Option<Alert> {
    let metadata = entry.metadata().ok()?;
    let path = entry.path();
    if !metadata.is_file() || metadata.len() > MOST_BYTES || path.extension()? != "json" {
        return None;
    }
    let file: AlertFile = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let written = || metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok();
    (file.version <= VERSION).then(|| Alert {
        time_ns: file.time_ns.or_else(|| Some(written()?.as_nanos() as u64)).unwrap_or(0),
        subject: file.subject,
        change: file.change,
        ratio: file.ratio,
        commit: file.commit,
    })
}
