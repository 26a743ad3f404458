//! The folder of baselines: a file per record, named by its contents.
//!
//! `records/xx/ID.json`, where xx are the first two digits of ID. Files are only ever added, so stores merge as sets do. The index beside
//! them (`index`) can be lost at any time.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    BaselineError, Figure, History, Measure,
    figures::{class_of, figures_of},
    index::{self, Entry},
};
use crate::{
    bench::Record,
    records::{self, FileError},
};

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
        let id = records::id_of(text.as_bytes());
        self.sweep();
        records::put(&self.path_of(&id), text.as_bytes())?;
        Ok(id)
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

    fn read(&self, id: &str) -> Result<(Record, Vec<u8>), BaselineError> {
        records::get(&self.path_of(id), |text, what| Ok(Record::from_json(text, what)?))
    }

    /// Removes what killed writers left half written.
    fn sweep(&self) {
        for folder in records::names(&self.records()).unwrap_or_default() {
            records::sweep(&self.records().join(folder));
        }
    }

    /// Ids of all records, rising. A store that was never written to has none.
    ///
    /// # Errors
    /// [`BaselineError::Read`].
    pub fn ids(&self) -> Result<Vec<String>, BaselineError> {
        let mut ids = Vec::new();
        for folder in records::names(&self.records())? {
            for file in records::names(&self.records().join(folder))? {
                let id = file.strip_suffix(".json").filter(|id| records::is_id(id));
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
        self.sweep();
        let mut merged = Merged::default();
        for id in other.ids()? {
            match other.read(&id).and_then(|(record, bytes)| entry(&record).map(|_| bytes)) {
                Ok(bytes) if records::put(&self.path_of(&id), &bytes)? => merged.added += 1,
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

    /// When the newest session on a class of machines was taken, by the clock of then.
    pub fn newest(&self, class: &str) -> Option<&str> {
        let of_class = self.entries.iter().filter(|entry| entry.class == class);
        let figures = of_class.flat_map(|entry| &entry.figures);
        figures.map(|(_, figure)| figure.taken_at.as_str()).max()
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

impl From<FileError> for BaselineError {
    fn from(error: FileError) -> BaselineError {
        match error {
            FileError::Read { path, source } => BaselineError::Read { path, source },
            FileError::Write { path, source } => BaselineError::Write { path, source },
            FileError::Damaged { path } => BaselineError::Damaged { path },
        }
    }
}
