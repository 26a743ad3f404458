//! A walk-forward test on disk, so that it can go on: below `.backcast/walk_forwards/ID/` its manifest, how far its training
//! came, and the lock of the process that writes them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use backcast_engine::Manifest;

use super::training::Training;
use crate::{
    Progress, SearchError,
    saved::{Folder, SavedSpec, pairs, write_aside},
    spec::Spec,
};

/// What is lost at most when a test is killed, beside the piece of work at hand.
const INTERVAL: Duration = Duration::from_secs(2);

/// The folder of a running test.
pub(super) struct State {
    folder: Folder,
    written: Instant,
    resume: bool,
    /// Training runs that are saved.
    pub(super) kept: u64,
}

impl State {
    /// Makes the folder, or finds it again to go on. Where it cannot be had the test goes all the same.
    pub(super) fn open(
        home: &Path,
        spec: &Spec,
        manifest: &Manifest,
        resume: bool,
        progress: &dyn Progress,
    ) -> Result<State, SearchError> {
        let id = manifest.run_id();
        let mut folder = Folder::open(home, "walk_forward", &id);
        let file = folder.path().join("manifest.json");
        let saved = SavedSpec::read(&file).unwrap_or_default();
        if resume && saved.as_ref().is_some_and(|saved| saved.manifest != pairs(manifest)) {
            return Err(SearchError::Changed { kind: "walk-forward", id });
        }
        if let Some(note) = folder.note() {
            progress.note(note);
        }
        if folder.is_ours() {
            // The digest of a test that was finished stays known while it is repeated.
            let digests = saved.map(|saved| saved.digests).unwrap_or_default();
            let begun = SavedSpec::of("walk_forward", spec, manifest, digests).write(&file);
            let begun = begun.and_then(|()| if resume { Ok(()) } else { folder.remove(TRAINING) });
            if let Err(error) = begun {
                progress.note(folder.give_up(&error));
            }
        }
        Ok(State { folder, written: Instant::now(), resume, kept: 0 })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(TRAINING)
    }

    /// How far training came earlier; a file that cannot be read, or that another shape of work left, counts as missing.
    pub(super) fn load(&mut self, begin: &Training) -> Option<Training> {
        if !self.resume {
            return None;
        }
        let training = begin.with(&fs::read(self.path()).ok()?)?;
        self.kept = training.runs();
        Some(training)
    }

    /// Saves how far training came. A failure is told once, and nothing is saved from then on.
    pub(super) fn save(&mut self, training: &Training, progress: &dyn Progress) {
        if !self.folder.is_ours() {
            return;
        }
        match write_aside(&self.path(), &training.bytes()) {
            Ok(()) => self.kept = training.runs(),
            Err(error) => progress.note(self.folder.give_up(&error)),
        }
        self.written = Instant::now();
    }

    /// [`State::save`], every other second.
    pub(super) fn save_now_and_then(&mut self, training: &Training, progress: &dyn Progress) {
        if self.written.elapsed() >= INTERVAL {
            self.save(training, progress);
        }
    }
}

/// Name of the file that tells how far training came.
const TRAINING: &str = "training";
