//! The folder of advice: a file per record, named by its contents.
//!
//! A file that is damaged or from a newer version is left alone and told.

use std::{io, path::PathBuf};

use super::{Record, TrackRecord};
use crate::{
    bench::BenchError,
    records::{self, FileError},
};

/// A folder of advice. Nothing is made before something is put into it.
#[derive(Clone, Debug)]
pub struct AdviceStore {
    folder: PathBuf,
}

/// Why advice could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be listed, or a file cannot be read.
    #[error("cannot read advice in {}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record cannot be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The contents of a record do not belong to its name.
    #[error("{} does not hold what its name says: it was changed or is damaged", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// A file that is no record, or one of a newer version.
    #[error(transparent)]
    Bench(#[from] BenchError),
}

/// A file that was left out, and why.
#[derive(Debug)]
pub struct Unread {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: StoreError,
}

/// All records that can be read.
#[derive(Debug, Default)]
pub struct Kept {
    /// In the order of their times.
    pub records: Vec<Record>,
    /// Files that were left out.
    pub unread: Vec<Unread>,
}

impl AdviceStore {
    /// The folder of this path: `.backcast/advice`.
    pub fn at(folder: impl Into<PathBuf>) -> AdviceStore {
        AdviceStore { folder: folder.into() }
    }

    /// Keeps a record and tells where. One that is there already is left as it is.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn put(&self, record: &Record) -> Result<PathBuf, StoreError> {
        let text = record.to_json();
        let path = self.folder.join(format!("{}.json", records::id_of(text.as_bytes())));
        records::sweep(&self.folder);
        records::put(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Everything that can be read. A folder that was never written to holds nothing.
    ///
    /// # Errors
    /// [`StoreError::Read`] where the folder cannot be listed; single files are told, not errors.
    pub fn contents(&self) -> Result<Kept, StoreError> {
        let mut paths: Vec<PathBuf> =
            records::names(&self.folder)?.iter().map(|name| self.folder.join(name)).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        let mut kept = Kept::default();
        for path in paths {
            match records::get(&path, Record::from_json) {
                Ok((record, _)) => kept.records.push(record),
                Err(error) => kept.unread.push(Unread { path, error }),
            }
        }
        kept.records.sort_by(|a, b| a.taken_at.cmp(&b.taken_at));
        Ok(kept)
    }
}

impl Kept {
    /// What became of all of it.
    pub fn track_record(&self) -> TrackRecord {
        TrackRecord::of(&self.records)
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> StoreError {
        match error {
            FileError::Read { path, source } => StoreError::Read { path, source },
            FileError::Write { path, source } => StoreError::Write { path, source },
            FileError::Damaged { path } => StoreError::Damaged { path },
        }
    }
}
