//! A confirmed change, told to people: a file for the live page, a line in a log.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{BaselineError, Judgement, Measure};
use crate::aside;

/// What a file of it says it is.
const FORMAT: &str = "backcast-alert";
/// Newest version that is read and the one that is written.
const VERSION: u32 = 1;

/// A change of a command that a second session confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Always `backcast-alert`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// When it was confirmed, in nanoseconds since 1970 UTC.
    pub time_ns: u64,
    /// Name of the command.
    pub subject: String,
    /// Key of the class of machines.
    pub class: String,
    /// What got worse.
    pub measure: Measure,
    /// In words: `wall 12.3 % more than over 5 sessions before`.
    pub change: String,
    /// New by old.
    pub ratio: crate::stats::Interval,
    /// Level before, in nanoseconds or bytes.
    pub before: f64,
    /// Level now.
    pub now: f64,
    /// Commit of the sources.
    pub commit: Option<String>,
    /// Ids of the two records that show it.
    pub records: Vec<String>,
}

impl Alert {
    /// The alert that a judgement makes, confirmed by a second one.
    pub fn new(
        subject: &str,
        class: &str,
        measure: Measure,
        confirmed: &Judgement,
        commit: Option<String>,
        records: Vec<String>,
    ) -> Alert {
        let sessions = match confirmed.sessions {
            1 => "1 session".to_owned(),
            n => format!("{n} sessions"),
        };
        let more = (confirmed.ratio.estimate - 1.0) * 100.0;
        Alert {
            format: FORMAT.to_owned(),
            version: VERSION,
            time_ns: jiff::Timestamp::now().as_nanosecond().try_into().unwrap_or(0),
            subject: subject.to_owned(),
            class: class.to_owned(),
            measure,
            change: format!("{measure} {more:.1} % more than over {sessions} before"),
            ratio: confirmed.ratio,
            before: confirmed.before,
            now: confirmed.now,
            commit,
            records,
        }
    }

    /// Writes the alert below the folder of baselines: a file of its own in `alerts/`, and a line of `alerts/log.txt`. Tells the file.
    ///
    /// # Errors
    /// [`BaselineError::Write`].
    pub fn write(&self, baselines: &Path) -> Result<PathBuf, BaselineError> {
        let folder = baselines.join("alerts");
        let failed =
            |path: &Path, source| BaselineError::Write { path: path.to_path_buf(), source };
        fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?;
        let text = serde_json::to_string(self).expect("an alert holds text and numbers alone");
        let digest = blake3::hash(text.as_bytes()).to_hex();
        let path = folder.join(format!("{}-{}.json", self.time_ns, &digest[..8]));
        aside::write(&path, text.as_bytes()).map_err(|source| failed(&path, source))?;
        let log = folder.join("log.txt");
        let commit = self.commit.as_deref().map_or(String::new(), |c| format!(", commit {c}"));
        let at = jiff::Timestamp::from_nanosecond(i128::from(self.time_ns)).unwrap_or_default();
        let line = format!(
            "{} {}: {}{commit} (class {}, {})\n",
            at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            self.subject,
            self.change,
            self.class,
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        let append =
            || OpenOptions::new().create(true).append(true).open(&log)?.write_all(line.as_bytes());
        append().map_err(|source| failed(&log, source))?;
        Ok(path)
    }

    /// All alerts below the folder of baselines that can be read, the newest first.
    pub fn read_all(baselines: &Path) -> Vec<Alert> {
        let files = fs::read_dir(baselines.join("alerts")).into_iter().flatten().flatten();
        let json = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|e| e == "json"));
        let mut alerts: Vec<Alert> = json
            .filter_map(|path| serde_json::from_slice::<Alert>(&fs::read(path).ok()?).ok())
            .filter(|alert| alert.format == FORMAT && alert.version <= VERSION)
            .collect();
        alerts.sort_by_key(|alert| std::cmp::Reverse(alert.time_ns));
        alerts
    }

    /// Whether a level is no higher than the one that this alert told of, but for less than the threshold.
    pub fn covers(&self, level: f64, threshold: f64) -> bool {
        level < self.now * (1.0 + threshold)
    }
}
