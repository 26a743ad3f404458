//! The folder of advice: a file per record, named by its contents.
//!
//! `ID.json`, where ID is the blake3 of the file's bytes. Files are only ever added, whole, so two processes can write one folder; one that
//! is damaged or from a newer version is left alone and told.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Record, TrackRecord};
use crate::{aside, bench::BenchError};

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
        let path = self.folder.join(format!("{}.json", id_of(text.as_bytes())));
        if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(path);
        }
        fs::create_dir_all(&self.folder)
            .map_err(|source| StoreError::Write { path: self.folder.clone(), source })?;
        match aside::write(&path, text.as_bytes()) {
            Ok(()) => Ok(path),
            Err(source) => Err(StoreError::Write { path, source }),
        }
    }

    /// Everything that can be read. A folder that was never written to holds nothing.
    ///
    /// # Errors
    /// [`StoreError::Read`] where the folder cannot be listed; single files are told, not errors.
    pub fn contents(&self) -> Result<Kept, StoreError> {
        let failed = |source| StoreError::Read { path: self.folder.clone(), source };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(failed(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            paths.extend(path.extension().is_some_and(|ending| ending == "json").then_some(path));
        }
        paths.sort();
        let mut kept = Kept::default();
        for path in paths {
            match read(&path) {
                Ok(record) => kept.records.push(record),
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

fn read(path: &Path) -> Result<Record, StoreError> {
    let bytes =
        fs::read(path).map_err(|source| StoreError::Read { path: path.to_path_buf(), source })?;
    let damaged = || StoreError::Damaged { path: path.to_path_buf() };
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
    // A newer version is told as such before its contents are looked at.
    let record = Record::from_json(text, &path.display().to_string())?;
    let named = path.file_stem().and_then(|name| name.to_str());
    if named != Some(&id_of(&bytes)) {
        return Err(damaged());
    }
    Ok(record)
}

fn id_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
