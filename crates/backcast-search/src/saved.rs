//! The folder of a saved search, who may write it, and its `manifest.json`: the spec, and what it was made of.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use backcast_engine::Manifest;
use backcast_spans::WholeFile;
use backcast_store::FileLock;
use serde::{Deserialize, Serialize};

use crate::{
    SearchError,
    spec::{Override, Spec},
};

/// Version of the file.
const FORMAT: u32 = 1;

/// What `manifest.json` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedSpec {
    format: u32,
    pub(crate) kind: String,
    /// Twelve hex digits.
    pub(crate) id: String,
    spec: String,
    pub(crate) path: Option<PathBuf>,
    pub(crate) overrides: Vec<(String, String)>,
    /// Keys and values of the manifest.
    pub(crate) manifest: Vec<(String, String)>,
    /// Sets of a chunk; 0 for a run.
    #[serde(default)]
    pub(crate) chunk: usize,
    /// Digests of a run's accounts.
    #[serde(default)]
    pub(crate) digests: Vec<String>,
}

impl SavedSpec {
    pub(crate) fn of(
        kind: &str,
        spec: &Spec,
        manifest: &Manifest,
        digests: Vec<String>,
    ) -> SavedSpec {
        let sources = &spec.sources.0;
        // Relative data files count from the spec's folder, wherever the command is given next time.
        let path = spec.path.as_ref().map(|p| std::path::absolute(p).unwrap_or_else(|_| p.clone()));
        let overrides = sources[1..].iter().map(|s| (s.name.clone(), s.text.to_string()));
        SavedSpec {
            format: FORMAT,
            kind: kind.to_owned(),
            id: manifest.run_id(),
            spec: sources[0].text.to_string(),
            path,
            overrides: overrides.collect(),
            manifest: pairs(manifest),
            chunk: 0,
            digests,
        }
    }

    /// The spec with its overrides.
    pub(crate) fn spec(&self) -> Result<Spec, SearchError> {
        let overrides: Vec<_> = self
            .overrides
            .iter()
            .map(|(origin, text)| Override { origin: origin.clone(), text: text.clone() })
            .collect();
        Ok(Spec::parse(&self.spec, self.path.as_deref(), &overrides)?)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), SearchError> {
        let text = serde_json::to_vec_pretty(self).expect("texts and numbers are JSON");
        write_aside(path, &text)
    }

    /// Reads the file; `None` where it is missing.
    pub(crate) fn read(path: &Path) -> Result<Option<SavedSpec>, SearchError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(SearchError::io("read", path)(error)),
        };
        let saved: SavedSpec =
            serde_json::from_str(&text).map_err(|error| SearchError::damaged(path, error))?;
        if saved.format > FORMAT {
            let why = format!("it has format {}, this program reads up to {FORMAT}", saved.format);
            return Err(SearchError::damaged(path, why));
        }
        Ok(Some(saved))
    }
}

/// Name of the file in a folder of state that the process which writes there holds.
const LOCK: &str = "lock";

/// How long to wait for a lock: whoever only looks whether it is held lets go at once.
const PATIENCE: Duration = Duration::from_millis(50);

/// A process that runs a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number, where it left one.
    pub number: Option<u32>,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "process {number}"),
            None => f.write_str("another process"),
        }
    }
}

/// The folder of a search that takes its time, below `home`. One process at a time writes there.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: Option<FileLock>,
    note: Option<String>,
}

impl Folder {
    /// Makes the folder and takes it. Where another process has it, or it cannot be written, a note tells that nothing is kept.
    pub(crate) fn open(home: &Path, kind: &str, id: &str) -> Folder {
        let path = folder(home, kind, id);
        let file = path.join(LOCK);
        let lock = fs::create_dir_all(&path).and_then(|()| FileLock::take(&file, PATIENCE));
        let note = match &lock {
            Ok(Some(_)) => None,
            Ok(None) => {
                let (process, kind) = (holder(&file), kind.replace('_', "-"));
                Some(format!(
                    "{process} runs {kind} {id} as well; this one keeps nothing for --resume"
                ))
            }
            Err(error) => {
                let path = path.display();
                Some(format!("nothing is kept for --resume: cannot write {path}: {error}"))
            }
        };
        Folder { path, lock: lock.unwrap_or_default(), note }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process may write here.
    pub(crate) fn is_ours(&self) -> bool {
        self.lock.is_some()
    }

    /// Why nothing is kept here.
    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Keeps nothing from now on, because of an error; gives the note.
    pub(crate) fn give_up(&mut self, error: &SearchError) -> &str {
        self.lock = None;
        self.note.insert(format!("nothing more is kept for --resume: {error}"))
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), SearchError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(SearchError::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes what is in the folder. The lock stays.
    pub(crate) fn clear(&self) -> Result<(), SearchError> {
        let fail = |error| SearchError::io("clear", &self.path)(error);
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            if entry.file_name() == LOCK {
                continue;
            }
            let folder = entry.file_type().map_err(fail)?.is_dir();
            let remove = if folder { fs::remove_dir_all } else { fs::remove_file };
            remove(entry.path()).map_err(fail)?;
        }
        Ok(())
    }
}

fn folder(home: &Path, kind: &str, id: &str) -> PathBuf {
    home.join(format!("{kind}s")).join(id)
}

/// The process that took a lock last.
fn holder(lock: &Path) -> Process {
    Process { number: FileLock::holder(lock) }
}

/// The process that runs a saved search now.
pub(crate) fn running(home: &Path, kind: &str, id: &str) -> Option<Process> {
    let lock = folder(home, kind, id).join(LOCK);
    FileLock::is_held(&lock).then(|| holder(&lock))
}

/// Keys and values of a manifest.
pub(crate) fn pairs(manifest: &Manifest) -> Vec<(String, String)> {
    manifest.entries().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The saved run or sweep of an id below `home`.
pub(crate) fn find(home: &Path, kind: &'static str, id: &str) -> Result<SavedSpec, SearchError> {
    let parent = home.join(format!("{kind}s"));
    let unknown = || SearchError::UnknownId { kind, id: id.to_owned(), folder: parent.clone() };
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(unknown());
    }
    SavedSpec::read(&parent.join(id).join("manifest.json"))?.ok_or_else(unknown)
}

/// Writes a file under another name and renames it, so that it is whole or missing.
pub(crate) fn write_aside(path: &Path, bytes: &[u8]) -> Result<(), SearchError> {
    let write = || {
        let mut file = WholeFile::create(path)?;
        file.write_all(bytes)?;
        file.finish()
    };
    write().map_err(SearchError::io("write", path))
}
