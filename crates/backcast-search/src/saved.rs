//! `manifest.json` of a saved run or sweep: its spec, and what it was made of.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backcast_engine::Manifest;
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
    kind: String,
    /// Twelve hex digits.
    pub(crate) id: String,
    spec: String,
    path: Option<PathBuf>,
    overrides: Vec<(String, String)>,
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

/// Keys and values of a manifest.
pub(crate) fn pairs(manifest: &Manifest) -> Vec<(String, String)> {
    manifest.entries().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The saved run or sweep of an id below `home`.
pub(crate) fn find(home: &Path, kind: &'static str, id: &str) -> Result<SavedSpec, SearchError> {
    let folder = home.join(format!("{kind}s"));
    let unknown = || SearchError::UnknownId { kind, id: id.to_owned(), folder: folder.clone() };
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(unknown());
    }
    SavedSpec::read(&folder.join(id).join("manifest.json"))?.ok_or_else(unknown)
}

/// Writes a file under another name and renames it, so that it is whole or missing.
fn write_aside(path: &Path, bytes: &[u8]) -> Result<(), SearchError> {
    let aside = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&aside, bytes).map_err(SearchError::io("write", path))?;
    fs::rename(&aside, path).map_err(SearchError::io("write", path))
}
