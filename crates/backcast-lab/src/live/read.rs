//! Lists the commands of a folder, running and ended, and removes what is old.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{FORMAT, State, Status, VERSION, process, publish::unix_ns};

/// A file of another machine's process counts as alive for so long after it was written.
const FRESH_NS: u64 = 5_000_000_000;
/// Files of commands that ended are kept for so long after they were written.
const KEPT: Duration = Duration::from_secs(600);
/// And so many of them at most.
const MOST_KEPT: usize = 32;
/// Time between two removals.
const CLEARED_EVERY: Duration = Duration::from_secs(60);
/// No file of ours is larger.
const MOST_BYTES: u64 = 1 << 20;
/// Files of a folder that are looked at; those written last, were there more.
const MOST_FILES: usize = 256;

/// How a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It runs.
    Running,
    /// It said how it ended.
    Ended,
    /// Its process is gone, and it never said that it ended: killed, or the machine was.
    Vanished,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// How it is.
    pub life: Life,
    /// What it told last.
    #[serde(flatten)]
    pub status: Status,
}

/// All commands of a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Those that run, those that began last first.
    pub running: Vec<Seen>,
    /// Those that do not any more, those that told something last first.
    pub ended: Vec<Seen>,
    /// Files that are none of ours.
    pub unreadable: usize,
    /// Files in a newer version of the format.
    pub newer: usize,
}

/// Lists a folder again and again; a file is read again only where it changed.
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
    machine: String,
    known: BTreeMap<OsString, Known>,
    cleared: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Known {
    stamp: Stamp,
    content: Content,
    life: Life,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

#[derive(Clone, Debug)]
enum Content {
    Status(Box<Status>),
    Newer,
    Unreadable,
}

impl Reader {
    /// Of `.backcast/live`, which need not exist.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Reader {
        let (folder, machine) = (folder.into(), process::machine());
        Reader { folder, machine, known: BTreeMap::new(), cleared: None }
    }

    /// Looks what is there, and tells whether anything changed since the last look. Old files are removed now and then.
    pub fn look(&mut self) -> bool {
        if self.cleared.is_none_or(|at| at.elapsed() > CLEARED_EVERY) {
            remove_old(&self.folder);
            self.cleared = Some(Instant::now());
        }
        let now = unix_ns();
        let mut before = std::mem::take(&mut self.known);
        let mut changed = false;
        for (name, stamp) in files(&self.folder) {
            let known = before.remove(&name);
            let life_before = known.as_ref().map(|known| known.life);
            let content = match known.filter(|known| known.stamp == stamp) {
                Some(known) => known.content,
                None => {
                    changed = true;
                    read(&self.folder.join(&name), stamp)
                }
            };
            let life = match &content {
                Content::Status(status) => life(status, &self.machine, now),
                Content::Newer | Content::Unreadable => Life::Ended,
            };
            changed |= life_before != Some(life);
            self.known.insert(name, Known { stamp, content, life });
        }
        changed || !before.is_empty()
    }

    /// What the last look found.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let mut listing = Listing::default();
        for known in self.known.values() {
            match &known.content {
                Content::Status(status) => {
                    let seen = Seen { life: known.life, status: Status::clone(status) };
                    match known.life {
                        Life::Running => listing.running.push(seen),
                        Life::Ended | Life::Vanished => listing.ended.push(seen),
                    }
                }
                Content::Newer => listing.newer += 1,
                Content::Unreadable => listing.unreadable += 1,
            }
        }
        listing.running.sort_by_key(|seen| Reverse(seen.status.started_ns));
        listing.ended.sort_by_key(|seen| Reverse(seen.status.updated_ns));
        listing
    }
}

fn life(status: &Status, machine: &str, now: u64) -> Life {
    if status.state != State::Running {
        return Life::Ended;
    }
    let fresh = || now.saturating_sub(status.updated_ns) < FRESH_NS;
    match status.process.is_alive(machine).unwrap_or_else(fresh) {
        true => Life::Running,
        false => Life::Vanished,
    }
}

/// The files of commands, by name.
fn files(folder: &Path) -> Vec<(OsString, Stamp)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|n| !n.starts_with('.') && n.ends_with(".json"));
        // Not through links: a pipe or a device would never end.
        let metadata = entry.metadata().ok().filter(|metadata| ours && metadata.is_file())?;
        Some((name, Stamp { modified: metadata.modified().ok(), bytes: metadata.len() }))
    };
    let mut files: Vec<_> = entries.flatten().filter_map(file).collect();
    files.sort_by_key(|(_, stamp)| Reverse(stamp.modified));
    files.truncate(MOST_FILES);
    files
}

fn read(path: &Path, stamp: Stamp) -> Content {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
    }
    if stamp.bytes > MOST_BYTES {
        return Content::Unreadable;
    }
    let Ok(text) = fs::read(path) else { return Content::Unreadable };
    match serde_json::from_slice::<Status>(&text) {
        Ok(status) if status.format == FORMAT && status.version == VERSION => {
            match status.history.is_even() {
                true => Content::Status(Box::new(status)),
                false => Content::Unreadable,
            }
        }
        _ => match serde_json::from_slice::<Head>(&text) {
            Ok(head) if head.format == FORMAT && head.version > VERSION => Content::Newer,
            _ => Content::Unreadable,
        },
    }
}

/// Removes files of processes that are gone: those that are old, and the oldest where there are many. Whoever looks or
/// publishes does it.
pub(super) fn remove_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let ours = |entry: fs::DirEntry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        let named = entry.file_name().to_str().is_some_and(is_ours);
        named.then_some((metadata.modified().ok()?, entry.path()))
    };
    let mut files: Vec<_> = entries.flatten().filter_map(ours).collect();
    files.sort_by(|a, b| b.cmp(a));
    let machine = process::machine();
    for (place, (modified, path)) in files.iter().enumerate() {
        let old = modified.elapsed().is_ok_and(|age| age > KEPT);
        if (old || place >= MOST_KEPT) && !is_needed(path, &machine) {
            // Another process may have been quicker.
            let _ = fs::remove_file(path);
        }
    }
}

/// `123-456.json`, or `.123-456.part` of one that was killed while it wrote.
fn is_ours(name: &str) -> bool {
    let aside = name.strip_prefix('.').and_then(|name| name.strip_suffix(".part"));
    let stem = aside.or_else(|| name.strip_suffix(".json"));
    stem.and_then(|stem| stem.split_once('-')).is_some_and(|(pid, start)| {
        [pid, start].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// Whether a process goes on behind a file, or a newer version has its own rules for it.
fn is_needed(path: &Path, machine: &str) -> bool {
    let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
    match read(path, Stamp { modified: None, bytes }) {
        Content::Status(status) => life(&status, machine, unix_ns()) == Life::Running,
        Content::Newer => true,
        Content::Unreadable => false,
    }
}
