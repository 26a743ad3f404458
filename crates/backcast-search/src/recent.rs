//! What was run, swept or walked forward lately.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::saved::SavedSpec;

/// A run, a sweep or a walk-forward test that was made, or begun, earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// `run`, `sweep` or `walk_forward`.
    pub kind: String,
    /// Twelve hex digits.
    pub id: String,
    /// The file of its spec, where it came from one.
    pub spec: Option<PathBuf>,
    /// What was changed on the command line: `params.fast=20`.
    pub changes: Vec<String>,
    /// When its manifest was written.
    pub at: SystemTime,
}

/// What was made last below `home` (`.backcast`), the newest first. Manifests that cannot be read are left out.
#[must_use]
pub fn recently_made(home: &Path, most: usize) -> Vec<Made> {
    let mut found = Vec::new();
    for kind in ["run", "sweep", "walk_forward"] {
        let folders = fs::read_dir(home.join(format!("{kind}s"))).into_iter().flatten().flatten();
        found.extend(folders.filter_map(|folder| {
            let path = folder.path().join("manifest.json");
            Some((fs::metadata(&path).ok()?.modified().ok()?, path))
        }));
    }
    found.sort_by(|a, b| b.cmp(a));
    let made = |(at, path): (SystemTime, PathBuf)| {
        let saved = SavedSpec::read(&path).ok()??;
        let changes = saved.overrides.into_iter().map(|(_, text)| text).collect();
        Some(Made { kind: saved.kind, id: saved.id, spec: saved.path, changes, at })
    };
    found.into_iter().filter_map(made).take(most).collect()
}
