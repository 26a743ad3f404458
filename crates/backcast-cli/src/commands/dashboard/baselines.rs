//! Baselines: the newest session of each command, and where their levels changed.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use backcast_lab::baseline::{Contents, Measure, Store, Subject};
use serde::Serialize;

/// Commands and changes at most that are shown, the newest.
const MOST: usize = 12;
/// Records lie in up to 256 folders, which are not looked at four times a second.
const EVERY: Duration = Duration::from_secs(2);
/// Level of the intervals of changes.
const LEVEL: f64 = 0.95;
/// Smaller changes are not looked for, as in `backcast baseline history`.
const LEAST: f64 = 0.01;

/// What the page shows of them.
#[derive(Default)]
pub(super) struct Baselines {
    looked: Option<Instant>,
    time: Option<SystemTime>,
    /// Of commands whose sessions were counted before, by name and class: the count, and what was found.
    known: HashMap<(String, String), (usize, Found)>,
    pub(super) kept: Vec<Kept>,
    pub(super) changes: Vec<Changed>,
}

#[derive(Clone)]
struct Found {
    kept: Option<Kept>,
    changes: Vec<Changed>,
}

/// A command on a class of machines, by its newest session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Kept {
    subject: String,
    class: String,
    sessions: usize,
    taken_at: String,
    commit: Option<String>,
    /// Median time of a run.
    wall_ns: f64,
}

/// A level that became another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Changed {
    subject: String,
    measure: &'static str,
    /// When the first session of the new level was taken.
    since: String,
    commit: Option<String>,
    /// Level after by level before.
    ratio: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl Baselines {
    /// Reads what is new below the folder of baselines; whether there was anything.
    pub(super) fn look(&mut self, folder: &Path) -> bool {
        if self.looked.is_some_and(|at| at.elapsed() < EVERY) {
            return false;
        }
        self.looked = Some(Instant::now());
        let time = newest(&folder.join("records"));
        if time == self.time {
            return false;
        }
        self.time = time;
        let Ok(contents) = Store::at(folder).contents() else { return false };
        let subjects = contents.subjects();
        let found: Vec<Found> =
            subjects.iter().map(|subject| self.found(&contents, subject)).collect();
        self.kept = found.iter().filter_map(|found| found.kept.clone()).collect();
        self.kept.sort_by(|a, b| b.taken_at.cmp(&a.taken_at));
        self.kept.truncate(MOST);
        self.changes = found.into_iter().flat_map(|found| found.changes).collect();
        self.changes.sort_by(|a, b| b.since.cmp(&a.since));
        self.changes.truncate(MOST);
        true
    }

    /// Histories are searched for changes again only where a session was added.
    fn found(&mut self, contents: &Contents, subject: &Subject) -> Found {
        let key = (subject.name.clone(), subject.class.clone());
        match self.known.get(&key) {
            Some((sessions, found)) if *sessions == subject.sessions => found.clone(),
            _ => {
                let found = search(contents, subject);
                self.known.insert(key, (subject.sessions, found.clone()));
                found
            }
        }
    }
}

fn search(contents: &Contents, subject: &Subject) -> Found {
    let mut found = Found { kept: None, changes: Vec::new() };
    for measure in Measure::ALL {
        let history = contents.history(&subject.name, &subject.class, measure, LEAST);
        let Ok(history) = history else { continue };
        if let (Measure::Wall, Some(newest)) = (measure, history.figures.last()) {
            found.kept = Some(Kept {
                subject: subject.name.clone(),
                class: subject.class.clone(),
                sessions: subject.sessions,
                taken_at: newest.taken_at.clone(),
                commit: newest.commit.clone(),
                wall_ns: newest.median,
            });
        }
        for (number, point) in history.changes.points.iter().enumerate() {
            let first = &history.figures[point.index];
            let ratio = history.ratio_of_change(number, LEVEL).ok().flatten();
            found.changes.push(Changed {
                subject: subject.name.clone(),
                measure: measure.name(),
                since: first.taken_at.clone(),
                commit: first.commit.clone(),
                ratio: point.ratio,
                low: ratio.map(|ratio| ratio.low),
                high: ratio.map(|ratio| ratio.high),
            });
        }
    }
    found
}

/// When something was last put into one of the folders of records.
fn newest(records: &Path) -> Option<SystemTime> {
    let time = |path: &Path| fs::metadata(path).ok()?.modified().ok();
    let folders = fs::read_dir(records).ok()?.flatten();
    folders.filter_map(|folder| time(&folder.path())).chain(time(records)).max()
}
