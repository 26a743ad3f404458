//! How a Python program's interpreter is set before its first line, by its environment alone.
//!
//! As with the sampler of [`crate::profile`], a folder with a `sitecustomize` stands first on `PYTHONPATH` of the child; it takes its
//! folder off the search path, runs the `sitecustomize` that would have run and applies the tuning.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::child::Subject;

const SITE: &str = include_str!("sitecustomize.py");
const TUNING: &str = include_str!("tuning.py");

/// Settings of an interpreter. The default leaves all of them alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tuning {
    /// The garbage collector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collector: Option<Collector>,
    /// Collect once after the modules are loaded, then exempt what is left from collection.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub freeze: bool,
    /// Time between switches of threads, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch_interval_s: Option<f64>,
    /// Most calls inside of each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recursion_limit: Option<u32>,
    /// Take off trace and profile functions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tracing_off: bool,
    /// Modules imported before the program; one that is not there is passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preload: Vec<String>,
    /// Forget what import has learnt of folders.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refresh_imports: bool,
}

/// The garbage collector of an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collector {
    /// Allocations before the young generation is collected, and collections of each generation before the next.
    Thresholds([u32; 3]),
    /// No collection by itself.
    Off,
}

/// A folder that carries the tuning into a child.
#[derive(Debug)]
pub struct TuningFolder {
    path: PathBuf,
    _removed_with_this: Option<tempfile::TempDir>,
}

impl Tuning {
    /// These settings with others on top.
    pub(super) fn with(&self, other: &Tuning) -> Tuning {
        let mut preload = self.preload.clone();
        preload.extend(other.preload.iter().filter(|name| !self.preload.contains(name)).cloned());
        Tuning {
            collector: other.collector.or(self.collector),
            freeze: self.freeze || other.freeze,
            switch_interval_s: other.switch_interval_s.or(self.switch_interval_s),
            recursion_limit: other.recursion_limit.or(self.recursion_limit),
            tracing_off: self.tracing_off || other.tracing_off,
            preload,
            refresh_imports: self.refresh_imports || other.refresh_imports,
        }
    }
}

impl TuningFolder {
    /// A folder that is removed with this value: commands that name it do not outlive it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new() -> io::Result<TuningFolder> {
        let folder = tempfile::Builder::new().prefix("backcast-tuning-").tempdir()?;
        write(folder.path())?;
        Ok(TuningFolder { path: folder.path().to_owned(), _removed_with_this: Some(folder) })
    }

    /// A folder that stays, so that commands and certificates that name it can be used later.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn at(path: &Path) -> io::Result<TuningFolder> {
        let path = std::path::absolute(path)?;
        fs::create_dir_all(&path)?;
        write(&path)?;
        Ok(TuningFolder { path, _removed_with_this: None })
    }

    /// Adds a tuning to a command's environment; none adds nothing.
    pub(super) fn apply(&self, tuning: &Tuning, subject: &mut Subject) {
        if *tuning == Tuning::default() {
            return;
        }
        let name = OsString::from("PYTHONPATH");
        let own = subject.env.iter().rev().find(|(other, _)| *other == name);
        let own = own.map(|(_, value)| value.clone()).or_else(|| env::var_os(&name));
        let mut path = self.path.as_os_str().to_owned();
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            path.push(":");
            path.push(own);
        }
        let text = serde_json::to_string(tuning).expect("a tuning holds text and numbers alone");
        subject.env.push((name, path));
        subject.env.push(("BACKCAST_TUNING".into(), text.into()));
    }
}

fn write(folder: &Path) -> io::Result<()> {
    crate::aside::write(&folder.join("sitecustomize.py"), SITE.as_bytes())?;
    crate::aside::write(&folder.join("_backcast_tuning.py"), TUNING.as_bytes())
}
