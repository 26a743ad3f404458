//! A sweep on disk, so that it can go on: `.backcast/sweeps/ID/manifest.json` and one Parquet file for each finished chunk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backcast_engine::lanes::ParamSets;
use serde::{Deserialize, Serialize};

use super::Task;
use crate::{
    Identity, SearchError,
    row_file::{Chunk, Layout, RowFile, read_chunk},
    spec::{Override, Spec},
};

/// Version of the files here.
const FORMAT: u32 = 1;

/// `manifest.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    format: u32,
    id: String,
    chunk: usize,
    spec: String,
    path: Option<PathBuf>,
    overrides: Vec<(String, String)>,
    identity: Vec<(String, String)>,
}

/// A sweep that was begun earlier.
#[derive(Clone, Debug)]
pub struct SavedSweep {
    /// Its id.
    pub id: String,
    /// Its spec, overrides included.
    pub spec: Spec,
}

/// Reads what is needed to go on with a sweep below `home` (`.backcast`).
///
/// # Errors
/// [`SearchError::UnknownId`] where there is none; a manifest that cannot be read.
pub fn saved_sweep(home: &Path, id: &str) -> Result<SavedSweep, SearchError> {
    let folder = home.join("sweeps");
    let unknown =
        || SearchError::UnknownId { kind: "sweep", id: id.to_owned(), folder: folder.clone() };
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_hexdigit()) || !folder.join(id).is_dir() {
        return Err(unknown());
    }
    let saved = read_manifest(&folder.join(id))?.ok_or_else(unknown)?;
    let overrides: Vec<_> =
        saved.overrides.into_iter().map(|(origin, text)| Override { origin, text }).collect();
    let spec = Spec::parse(&saved.spec, saved.path.as_deref(), &overrides)?;
    Ok(SavedSweep { id: saved.id, spec })
}

fn read_manifest(folder: &Path) -> Result<Option<Saved>, SearchError> {
    let path = folder.join("manifest.json");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SearchError::io("read", &path)(error)),
    };
    let saved: Saved =
        serde_json::from_str(&text).map_err(|error| SearchError::damaged(&path, error))?;
    if saved.format > FORMAT {
        let why = format!("it has format {}, this program reads up to {FORMAT}", saved.format);
        return Err(SearchError::damaged(&path, why));
    }
    Ok(Some(saved))
}

/// The folder of a running sweep.
pub(super) struct State {
    folder: PathBuf,
    /// Sets of a chunk, from the manifest where the sweep goes on.
    pub(super) chunk: usize,
    resume: bool,
}

impl State {
    /// Makes the folder, or finds it again to go on.
    pub(super) fn open(
        home: &Path,
        spec: &Spec,
        identity: &Identity,
        chunk: usize,
        resume: bool,
    ) -> Result<State, SearchError> {
        let id = identity.id();
        let folder = home.join("sweeps").join(&id);
        if resume && let Some(saved) = read_manifest(&folder)? {
            if saved.identity != identity.pairs {
                return Err(SearchError::Changed { id, what: "its data or spec" });
            }
            return Ok(State { folder, chunk: saved.chunk.max(1), resume });
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(SearchError::io("clear", &folder))?;
        }
        fs::create_dir_all(&folder).map_err(SearchError::io("make", &folder))?;
        let saved = Saved {
            format: FORMAT,
            id,
            chunk,
            spec: spec.sources.0[0].text.to_string(),
            // Relative data files count from the spec's folder, wherever the sweep is resumed.
            path: spec.path.as_ref().map(|p| std::path::absolute(p).unwrap_or_else(|_| p.clone())),
            overrides: spec.sources.0[1..]
                .iter()
                .map(|source| (source.name.clone(), source.text.to_string()))
                .collect(),
            identity: identity.pairs.clone(),
        };
        write_aside(
            &folder.join("manifest.json"),
            &serde_json::to_vec_pretty(&saved).expect("text"),
        )?;
        Ok(State { folder, chunk, resume })
    }

    fn path(&self, task: &Task) -> PathBuf {
        self.folder.join(format!("chunk-{:06}.parquet", task.number))
    }

    /// A chunk that was finished earlier; a file that cannot be read counts as missing and is made again.
    pub(super) fn load(&self, layout: &Layout, task: &Task) -> Option<Chunk> {
        if !self.resume {
            return None;
        }
        read_chunk(&self.path(task), layout, task.account, task.sets.clone()).ok()
    }

    pub(super) fn save(
        &self,
        layout: &Layout,
        sets: &ParamSets,
        task: &Task,
        chunk: &Chunk,
    ) -> Result<(), SearchError> {
        let mut file = RowFile::create(&self.path(task), layout)?;
        file.push(sets, chunk)?;
        file.finish()
    }
}

/// Writes a file under another name and renames it, so that it is whole or missing.
pub(crate) fn write_aside(path: &Path, bytes: &[u8]) -> Result<(), SearchError> {
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&aside, bytes).map_err(SearchError::io("write", path))?;
    fs::rename(&aside, path).map_err(SearchError::io("write", path))
}
