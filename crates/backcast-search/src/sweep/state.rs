//! A sweep on disk, so that it can go on: `.backcast/sweeps/ID/manifest.json`, one Parquet file for each finished chunk, and
//! the lock of the process that writes them.

use std::path::{Path, PathBuf};

use backcast_engine::{Manifest, lanes::ParamSets};

use super::Task;
use crate::{
    Progress, SearchError,
    row_file::{Chunk, Layout, RowFile, read_chunk},
    saved::{self, Folder, Process, SavedSpec, pairs},
    spec::Spec,
};

/// A sweep that was begun earlier.
#[derive(Clone, Debug)]
pub struct SavedSweep {
    /// Its id.
    pub id: String,
    /// Its spec, overrides included.
    pub spec: Spec,
    /// The process that runs it right now.
    pub running: Option<Process>,
}

/// Reads what is needed to go on with a sweep below `home` (`.backcast`).
///
/// # Errors
/// [`SearchError::UnknownId`] where there is none; a manifest that cannot be read.
pub fn saved_sweep(home: &Path, id: &str) -> Result<SavedSweep, SearchError> {
    let saved = saved::find(home, "sweep", id)?;
    let running = saved::running(home, "sweep", &saved.id);
    Ok(SavedSweep { id: saved.id.clone(), spec: saved.spec()?, running })
}

/// The folder of a running sweep.
pub(super) struct State {
    folder: Folder,
    /// Sets of a chunk, from the manifest where the sweep goes on.
    pub(super) chunk: usize,
    resume: bool,
    /// Runs that are saved.
    pub(super) kept: u64,
}

impl State {
    /// Makes the folder, or finds it again to go on. Where it cannot be had the sweep goes all the same.
    pub(super) fn open(
        home: &Path,
        spec: &Spec,
        manifest: &Manifest,
        chunk: usize,
        resume: bool,
        progress: &dyn Progress,
    ) -> Result<State, SearchError> {
        let _span = backcast_spans::span!("search.open_state");
        let id = manifest.run_id();
        let mut folder = Folder::open(home, "sweep", &id);
        if let Some(note) = folder.note() {
            progress.note(note);
        }
        let file = folder.path().join("manifest.json");
        if resume && let Some(saved) = SavedSpec::read(&file)? {
            if saved.manifest != pairs(manifest) {
                return Err(SearchError::Changed { kind: "sweep", id });
            }
            return Ok(State { folder, chunk: saved.chunk.max(1), resume, kept: 0 });
        }
        if folder.is_ours() {
            let mut saved = SavedSpec::of("sweep", spec, manifest, Vec::new());
            saved.chunk = chunk;
            if let Err(error) = folder.clear().and_then(|()| saved.write(&file)) {
                progress.note(folder.give_up(&error));
            }
        }
        Ok(State { folder, chunk, resume, kept: 0 })
    }

    fn path(&self, task: &Task) -> PathBuf {
        self.folder.path().join(format!("chunk-{:06}.parquet", task.number))
    }

    /// A chunk that was finished earlier; a file that cannot be read counts as missing and is made again.
    pub(super) fn load(&mut self, layout: &Layout, task: &Task) -> Option<Chunk> {
        let _span = backcast_spans::span!("search.load_rows");
        if !self.resume {
            return None;
        }
        let chunk = read_chunk(&self.path(task), layout, task.account, task.sets.clone()).ok()?;
        self.kept += task.sets.len() as u64;
        Some(chunk)
    }

    /// Saves a finished chunk. A failure is told once, and nothing is saved from then on.
    pub(super) fn save(
        &mut self,
        layout: &Layout,
        sets: &ParamSets,
        task: &Task,
        chunk: &Chunk,
        progress: &dyn Progress,
    ) {
        let _span = backcast_spans::span!("search.save_rows");
        if !self.folder.is_ours() {
            return;
        }
        let write = || {
            let mut file = RowFile::create(&self.path(task), layout)?;
            file.push(sets, chunk)?;
            file.finish()
        };
        match write() {
            Ok(()) => self.kept += task.sets.len() as u64,
            Err(error) => progress.note(self.folder.give_up(&error)),
        }
    }
}
