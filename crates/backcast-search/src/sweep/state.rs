//! A sweep on disk, so that it can go on: `.backcast/sweeps/ID/manifest.json` and one Parquet file for each finished chunk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backcast_engine::{Manifest, lanes::ParamSets};

use super::Task;
use crate::{
    SearchError,
    row_file::{Chunk, Layout, RowFile, read_chunk},
    saved::{self, SavedSpec, pairs},
    spec::Spec,
};

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
    let saved = saved::find(home, "sweep", id)?;
    Ok(SavedSweep { id: saved.id.clone(), spec: saved.spec()? })
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
        manifest: &Manifest,
        chunk: usize,
        resume: bool,
    ) -> Result<State, SearchError> {
        let id = manifest.run_id();
        let folder = home.join("sweeps").join(&id);
        let file = folder.join("manifest.json");
        if resume && let Some(saved) = SavedSpec::read(&file)? {
            if saved.manifest != pairs(manifest) {
                return Err(SearchError::Changed { id });
            }
            return Ok(State { folder, chunk: saved.chunk.max(1), resume });
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(SearchError::io("clear", &folder))?;
        }
        fs::create_dir_all(&folder).map_err(SearchError::io("make", &folder))?;
        let mut saved = SavedSpec::of("sweep", spec, manifest, Vec::new());
        saved.chunk = chunk;
        saved.write(&file)?;
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
