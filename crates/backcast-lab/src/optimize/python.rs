//! How a Python program's interpreter is set before its first line, by its environment alone.
//!
//! As with the sampler of [`crate::profile`], a folder with a `sitecustomize` stands first on `PYTHONPATH` of the child; it takes its
//! folder off the search path, runs the `sitecustomize` that would have run and applies the tuning.

use std::{
    env,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::State;
use crate::{
    certify::{CertifyError, equality::Workbench},
    child::Subject,
};

const SITE: &str = include_str!("sitecustomize.py");
const TUNING: &str = include_str!("tuning.py");

/// Carries the settings, in words.
const WANTED: &str = "BACKCAST_TUNING";
/// Names the file in which the interpreter says whether they hold.
const RECEIPT: &str = "BACKCAST_TUNING_RECEIPT";
/// What stands in it where they do.
const APPLIED: &str = "applied";
/// Why a setting did not hold where nobody wrote there.
const NOBODY: &str = "no Python interpreter took it: the command runs none, or one that heeds no environment (python -I, -E or -S)";

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

impl fmt::Display for Tuning {
    /// The words that the interpreter is told, in the order in which they are to be applied.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preload =
            (!self.preload.is_empty()).then(|| format!("preload={}", self.preload.join(",")));
        let collector = self.collector.map(|collector| match collector {
            Collector::Off => "collector=off".to_owned(),
            Collector::Thresholds([young, middle, old]) => {
                format!("collector={young},{middle},{old}")
            }
        });
        let words = [
            preload,
            self.refresh_imports.then(|| "refresh_imports".to_owned()),
            self.tracing_off.then(|| "tracing_off".to_owned()),
            self.switch_interval_s.map(|seconds| format!("switch_interval_s={seconds}")),
            self.recursion_limit.map(|limit| format!("recursion_limit={limit}")),
            collector,
            self.freeze.then(|| "freeze".to_owned()),
        ];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
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
        if *tuning != Tuning::default() {
            self.carry(tuning, subject);
        }
    }

    /// Runs a command once to see whether what is set by its environment holds in its interpreter: why not, or nothing where it does.
    ///
    /// # Errors
    /// [`CertifyError`] where it cannot be run.
    pub fn objection(
        &self,
        state: &State,
        workbench: &Workbench<'_>,
    ) -> Result<Option<String>, CertifyError> {
        if !state.is_for_python() {
            return Ok(None);
        }
        let folder = tempfile::tempdir().map_err(|source| CertifyError::File {
            doing: "write",
            path: env::temp_dir(),
            source,
        })?;
        let receipt = folder.path().join("receipt");
        let mut subject = state.subject(self);
        self.carry(&state.tuning, &mut subject);
        subject.env.push((RECEIPT.into(), receipt.clone().into()));
        workbench.run(&subject, 0)?;
        Ok(match fs::read_to_string(&receipt) {
            Ok(said) if said == APPLIED => None,
            Ok(said) => Some(said),
            Err(_) => Some(NOBODY.to_owned()),
        })
    }

    fn carry(&self, tuning: &Tuning, subject: &mut Subject) {
        let name = OsString::from("PYTHONPATH");
        let own = subject.env.iter().rev().find(|(other, _)| *other == name);
        let own = own.map(|(_, value)| value.clone()).or_else(|| env::var_os(&name));
        let mut path = self.path.as_os_str().to_owned();
        if let Some(own) = own.filter(|own| !own.is_empty()) {
            path.push(":");
            path.push(own);
        }
        subject.env.push((name, path));
        subject.env.push((WANTED.into(), tuning.to_string().into()));
    }
}

fn write(folder: &Path) -> io::Result<()> {
    crate::aside::write(&folder.join("sitecustomize.py"), SITE.as_bytes())?;
    crate::aside::write(&folder.join("_backcast_tuning.py"), TUNING.as_bytes())
}
