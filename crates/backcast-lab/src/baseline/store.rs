//! The folder of baselines: a file per record, named by its contents.
//!
//! `records/xx/ID.json`, where ID is the blake3 of the file's bytes and xx its first two digits. Files are only ever added, whole, so two
//! processes can write one store, and stores merge as sets do. The index beside them (`index`) can be lost at any time.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    BaselineError, Figure, History, Measure,
    figures::{class_of, figures_of},
    index::{self, Entry},
};
use crate::{aside, bench::Record};

/// A store of baselines. Nothing is made before something is put into it.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A file that was left out, and why.
#[derive(Debug)]
pub struct Unread {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: BaselineError,
}

/// What a merge did.
#[derive(Debug, Default)]
pub struct Merged {
    /// Records that were new.
    pub added: usize,
    /// Records that were there already.
    pub known: usize,
    /// Files that were left out.
    pub unread: Vec<Unread>,
}

/// Everything in a store that can be read, by figures.
#[derive(Debug)]
pub struct Contents {
    entries: Vec<Entry>,
    /// Files that were left out.
    pub unread: Vec<Unread>,
}

impl Store {
    /// The store in this folder: `.backcast/baselines`.
    pub fn at(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into() }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps a record and tells its id. A record that is there already is left as it is.
    ///
    /// # Errors
    /// [`BaselineError::NoMachine`] and [`BaselineError::NoRuns`] for records that no history could use, [`BaselineError::Write`].
    pub fn put(&self, record: &Record) -> Result<String, BaselineError> {
        entry(record)?;
        let text = record.to_json();
        let id = id_of(text.as_bytes());
        self.write(&id, text.as_bytes())?;
        Ok(id)
    }

    /// Whether the file was written now.
    fn write(&self, id: &str, bytes: &[u8]) -> Result<bool, BaselineError> {
        let path = self.path_of(id);
        if fs::read(&path).is_ok_and(|found| found == bytes) {
            return Ok(false);
        }
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)
            .map_err(|source| BaselineError::Write { path: folder.to_path_buf(), source })?;
        aside::write(&path, bytes).map_err(|source| BaselineError::Write { path, source })?;
        Ok(true)
    }

    /// Reads the record whose id begins so.
    ///
    /// # Errors
    /// [`BaselineError::UnknownId`] where none or several do, [`BaselineError::Damaged`], [`BaselineError::Record`], [`BaselineError::Read`].
    pub fn get(&self, id: &str) -> Result<Record, BaselineError> {
        let ids = self.ids()?;
        let mut found = ids.iter().filter(|known| known.starts_with(id));
        match (found.next(), found.next()) {
            (Some(known), None) => Ok(self.read(known)?.0),
            _ => Err(BaselineError::UnknownId { id: id.to_owned() }),
        }
    }

    /// A record and the bytes that are named so: those of another version need not be what this one would write.
    fn read(&self, id: &str) -> Result<(Record, Vec<u8>), BaselineError> {
        let path = self.path_of(id);
        let bytes =
            fs::read(&path).map_err(|source| BaselineError::Read { path: path.clone(), source })?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| BaselineError::Damaged { path: path.clone() })?;
        // A newer version is told as such before its contents are looked at.
        let record = Record::from_json(text, &path.display().to_string())?;
        if id_of(&bytes) != id {
            return Err(BaselineError::Damaged { path });
        }
        Ok((record, bytes))
    }

    /// Ids of all records, rising. A store that was never written to has none.
    ///
    /// # Errors
    /// [`BaselineError::Read`].
    pub fn ids(&self) -> Result<Vec<String>, BaselineError> {
        let mut ids = Vec::new();
        for folder in names(&self.records())? {
            for file in names(&self.records().join(folder))? {
                let id = file.strip_suffix(".json").filter(|id| is_id(id));
                ids.extend(id.map(str::to_owned));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Figures of all records, from the index where it has them.
    ///
    /// # Errors
    /// [`BaselineError::Read`] where the folders cannot be listed. Records that cannot be read are told, not errors.
    pub fn contents(&self) -> Result<Contents, BaselineError> {
        let mut unread = BTreeMap::new();
        let entries = index::entries(&self.folder.join("index.sqlite"), &self.ids()?, |id| {
            let entry = self.read(id).and_then(|(record, _)| Ok(entry(&record)?.named(id)));
            entry.map_err(|error| unread.insert(self.path_of(id), error)).ok()
        });
        let unread = unread.into_iter().map(|(path, error)| Unread { path, error }).collect();
        Ok(Contents { entries, unread })
    }

    /// Takes over all records of another store. The union is the same in any order and however often.
    ///
    /// # Errors
    /// [`BaselineError::NoStore`] where the other folder is none, [`BaselineError::Read`], [`BaselineError::Write`].
    pub fn merge(&self, other: &Store) -> Result<Merged, BaselineError> {
        if !other.records().is_dir() {
            return Err(BaselineError::NoStore { path: other.folder.clone() });
        }
        let mut merged = Merged::default();
        for id in other.ids()? {
            match other.read(&id).and_then(|(record, bytes)| entry(&record).map(|_| bytes)) {
                Ok(bytes) if self.write(&id, &bytes)? => merged.added += 1,
                Ok(_) => merged.known += 1,
                Err(error) => merged.unread.push(Unread { path: other.path_of(&id), error }),
            }
        }
        Ok(merged)
    }

    fn records(&self) -> PathBuf {
        self.folder.join("records")
    }

    fn path_of(&self, id: &str) -> PathBuf {
        self.records().join(&id[..2]).join(format!("{id}.json"))
    }
}

impl Contents {
    /// All commands with the classes they were measured on and the number of sessions, in order of names.
    pub fn subjects(&self) -> Vec<Subject> {
        let mut sessions = BTreeMap::<(&str, &str), usize>::new();
        for entry in &self.entries {
            *sessions.entry((&entry.subject, &entry.class)).or_default() += 1;
        }
        let subject = |((name, class), sessions): ((&str, &str), usize)| Subject {
            name: name.to_owned(),
            class: class.to_owned(),
            sessions,
        };
        sessions.into_iter().map(subject).collect()
    }

    /// The figures of a command on a class of machines, in no order.
    pub fn figures(&self, subject: &str, class: &str, measure: Measure) -> Vec<Figure> {
        let those = self.entries.iter().filter(|e| e.subject == subject && e.class == class);
        let figures = those.flat_map(|entry| &entry.figures);
        figures.filter(|(of, _)| *of == measure).map(|(_, figure)| figure.clone()).collect()
    }

    /// The history of a command on a class of machines. Changes below `minimum_change` are not looked for.
    ///
    /// # Errors
    /// [`BaselineError::Stats`] for a negative `minimum_change`.
    pub fn history(
        &self,
        subject: &str,
        class: &str,
        measure: Measure,
        minimum_change: f64,
    ) -> Result<History, BaselineError> {
        let figures = self.figures(subject, class, measure);
        Ok(History::of(subject, class, measure, figures, minimum_change)?)
    }
}

/// A command on a class of machines.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Subject {
    /// Name of the command.
    pub name: String,
    /// Key of the class.
    pub class: String,
    /// Sessions kept.
    pub sessions: usize,
}

/// What the index keeps of a record.
fn entry(record: &Record) -> Result<Entry, BaselineError> {
    Ok(Entry {
        subject: record.command.name.clone(),
        class: class_of(record)?,
        figures: figures_of(record)?,
    })
}

fn id_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Names in a folder; none where it is missing or no folder.
fn names(folder: &Path) -> Result<Vec<String>, BaselineError> {
    let read = |source| BaselineError::Read { path: folder.to_path_buf(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(read(error)),
    };
    entries
        .map(|entry| Ok(entry.map_err(read)?.file_name().to_string_lossy().into_owned()))
        .collect()
}
