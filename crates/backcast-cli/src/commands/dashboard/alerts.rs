//! Alerts of baselines, as `backcast baseline watch` writes them.

use std::path::Path;

use backcast_lab::{baseline::Alert, stats::Interval};
use serde::Serialize;

/// Alerts at most that are shown, the newest.
const MOST: usize = 20;

/// A confirmed change of what something takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Told {
    /// Nanoseconds since 1970 UTC.
    time_ns: u64,
    subject: String,
    measure: &'static str,
    change: String,
    /// Interval of the ratio, new to old.
    ratio: Interval,
    commit: Option<String>,
}

/// The newest alerts below the folder of baselines, the newest first. What cannot be read is left out.
pub(super) fn recent(baselines: &Path) -> Vec<Told> {
    Alert::read_all(baselines).into_iter().take(MOST).map(Told::from).collect()
}

impl From<Alert> for Told {
    fn from(alert: Alert) -> Told {
        Told {
            time_ns: alert.time_ns,
            subject: alert.subject,
            measure: alert.measure.name(),
            change: alert.change,
            ratio: alert.ratio,
            commit: alert.commit,
        }
    }
}
