//! What the page shows, as JSON that is made anew only where something changed.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use axum::body::Bytes;
use backcast_lab::live::{Life, Listing, Reader, Seen, State, mark};
use backcast_search::{Made, recently_made};
use backcast_store::Home;
use serde::Serialize;

use super::{
    alerts::{self, Told},
    baselines::{Baselines, Changed, Kept},
};

/// Results at most that are shown.
const MOST_RESULTS: usize = 12;
/// A result that was made again changes no folder that is looked at; so long it may go unseen.
const RESULTS_EVERY: Duration = Duration::from_secs(30);
/// Time between two marks that somebody looks.
const MARK_EVERY: Duration = Duration::from_secs(1);
/// Folders whose times tell that there is something new.
const WATCHED: [&str; 4] = ["runs", "sweeps", "walk_forwards", "baselines/alerts"];

/// Looks at a project.
pub(super) struct Feed {
    home: PathBuf,
    reader: Reader,
    listing: Listing,
    times: Vec<Option<SystemTime>>,
    looked: Option<Instant>,
    marked: Option<Instant>,
    results: Vec<MadeResult>,
    alerts: Vec<Told>,
    baselines: Baselines,
    news: News,
}

/// Two documents, and how often each has changed.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    /// Running commands.
    pub(super) running: Document,
    /// Everything else, which changes seldom.
    pub(super) project: Document,
}

impl News {
    /// A number for each state of both documents.
    pub(super) fn changes(&self) -> (u64, u64) {
        (self.running.changes, self.project.changes)
    }
}

/// JSON without a line break.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) json: Bytes,
    pub(super) changes: u64,
}

impl Document {
    fn set(&mut self, value: &impl Serialize) {
        let json = serde_json::to_vec(value).expect("texts and numbers are JSON");
        if self.json != json {
            self.json = Bytes::from(json);
            self.changes += 1;
        }
    }
}

#[derive(Serialize)]
struct Project<'a> {
    folder: String,
    version: &'static str,
    ended: Vec<Ended<'a>>,
    results: &'a [MadeResult],
    baselines: &'a [Kept],
    changes: &'a [Changed],
    alerts: &'a [Told],
    unreadable: usize,
    newer: usize,
}

/// A command that ended: one line of a table.
#[derive(Serialize)]
struct Ended<'a> {
    kind: &'a str,
    subject: Option<&'a str>,
    command: &'a [String],
    /// Absent where it never said that it ended.
    state: Option<State>,
    phase: Option<&'a str>,
    exit_code: Option<u8>,
    result: Option<&'a str>,
    elapsed_ns: u64,
    updated_ns: u64,
    peak_bytes: Option<u64>,
}

#[derive(Serialize)]
struct MadeResult {
    kind: String,
    id: String,
    spec: Option<String>,
    changes: Vec<String>,
    made_ns: u64,
}

impl Feed {
    pub(super) fn new(home: &Home) -> Feed {
        Feed {
            home: home.path().to_owned(),
            reader: Reader::new(home.path().join("live")),
            listing: Listing::default(),
            times: Vec::new(),
            looked: None,
            marked: None,
            results: Vec::new(),
            alerts: Vec::new(),
            baselines: Baselines::default(),
            news: News::default(),
        }
    }

    /// Looks at everything that may have changed.
    pub(super) fn look(&mut self) -> News {
        self.mark();
        let commands = self.reader.look();
        let ended = self.listing.ended.len();
        if commands {
            self.listing = self.reader.listing();
        }
        let results = self.look_at_results(self.listing.ended.len() > ended);
        let baselines = self.baselines.look(&self.home.join("baselines"));
        if commands || results || baselines {
            self.news.running.set(&self.listing.running);
            let mut project = std::mem::take(&mut self.news.project);
            project.set(&self.project());
            self.news.project = project;
        }
        self.news.clone()
    }

    /// Tells commands that somebody looks. A folder that cannot be written to costs the shares of spans alone.
    fn mark(&mut self) {
        if self.marked.is_none_or(|at| at.elapsed() >= MARK_EVERY) {
            self.marked = Some(Instant::now());
            let _ = mark(&self.home.join("live"));
        }
    }

    /// Reads results and alerts again where a command has ended or a folder has changed, and now and then.
    fn look_at_results(&mut self, ended: bool) -> bool {
        let time = |name: &&str| fs::metadata(self.home.join(name)).ok()?.modified().ok();
        let times: Vec<_> = WATCHED.iter().map(time).collect();
        let overdue = self.looked.is_none_or(|at| at.elapsed() > RESULTS_EVERY);
        if !ended && !overdue && times == self.times {
            return false;
        }
        self.times = times;
        self.looked = Some(Instant::now());
        let made = recently_made(&self.home, MOST_RESULTS);
        self.results = made.into_iter().map(MadeResult::from).collect();
        self.alerts = alerts::recent(&self.home.join("baselines"));
        true
    }

    fn project(&self) -> Project<'_> {
        let folder = self.home.parent().unwrap_or(Path::new("/"));
        Project {
            folder: folder.display().to_string(),
            version: env!("CARGO_PKG_VERSION"),
            ended: self.listing.ended.iter().map(Ended::from).collect(),
            results: &self.results,
            baselines: &self.baselines.kept,
            changes: &self.baselines.changes,
            alerts: &self.alerts,
            unreadable: self.listing.unreadable,
            newer: self.listing.newer,
        }
    }
}

impl<'a> From<&'a Seen> for Ended<'a> {
    fn from(seen: &'a Seen) -> Ended<'a> {
        let status = &seen.status;
        Ended {
            kind: &status.kind,
            subject: status.subject.as_deref(),
            command: &status.command,
            state: (seen.life == Life::Ended).then_some(status.state),
            phase: status.phase.as_deref(),
            exit_code: status.exit_code,
            result: status.result.as_deref(),
            elapsed_ns: status.elapsed_ns,
            updated_ns: status.updated_ns,
            peak_bytes: status.vitals.peak_bytes,
        }
    }
}

impl From<Made> for MadeResult {
    fn from(made: Made) -> MadeResult {
        let since = made.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        MadeResult {
            kind: made.kind,
            id: made.id,
            spec: made.spec.map(|path| path.display().to_string()),
            changes: made.changes,
            made_ns: since.as_nanos() as u64,
        }
    }
}
