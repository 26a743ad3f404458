//! The Python environment of the tests: `target/venv` with the packages of `requirements-dev.txt`.
//!
//! Made once and kept; made anew when the requirements or the interpreter change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{process, watch};

/// Asked in this order, after `BACKCAST_PYTHON`. The locked packages have wheels for these versions.
const CANDIDATES: [&str; 5] = ["python3.13", "python3.12", "python3.11", "python3.10", "python3"];

/// How long the packages may take to be installed.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Fails unless the interpreter can make an environment; Debian splits these two modules out.
const PROBE: &str = "import sys, venv, ensurepip
assert (3, 10) <= sys.version_info[:2] <= (3, 13), 'version'
print(sys.executable, sys.version.split()[0])";

/// The interpreter of a virtual environment that has all of `requirements-dev.txt` installed.
///
/// # Errors
/// When no usable Python is found or the installation fails; the text says what to do.
pub(crate) fn ensure() -> Result<PathBuf, String> {
    let folder = process::target().join("venv");
    let requirements = process::root().join("requirements-dev.txt");
    let wanted = fs::read_to_string(&requirements)
        .map_err(|error| format!("cannot read {}: {error}", requirements.display()))?;
    let (base, version) = find()?;
    // The stamp is the whole request, so any change of it makes a new environment.
    let stamp = format!("{} {version}\n{wanted}", base.display());
    let stamp_file = folder.join("backcast-requirements.txt");
    let python = folder.join("bin").join("python");
    let current = fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp);
    if current && process::succeeds(Command::new(&python).args(["-c", "import pytest"])) {
        return Ok(python);
    }
    make(&base, &folder, &python, &requirements)?;
    fs::write(&stamp_file, stamp)
        .map_err(|error| format!("cannot write {}: {error}", stamp_file.display()))?;
    Ok(python)
}

fn make(base: &Path, folder: &Path, python: &Path, requirements: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    process::run(Command::new(base).args(["-m", "venv"]).arg(folder))?;
    watch::run(
        Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--no-deps", "--only-binary", ":all:", "--requirement"])
            .arg(requirements),
        LIMIT,
    )?;
    process::capture(Command::new(python).args(["-m", "pip", "check"])).map(drop)
}

/// The first interpreter that can make environments, with its version.
fn find() -> Result<(PathBuf, String), String> {
    if let Some(named) = std::env::var_os("BACKCAST_PYTHON") {
        return probe(Path::new(&named)).ok_or_else(|| {
            format!(
                "BACKCAST_PYTHON={} is no Python 3.10 to 3.13 with the modules venv and ensurepip",
                named.display()
            )
        });
    }
    CANDIDATES.iter().find_map(|name| probe(Path::new(name))).ok_or_else(|| {
        "found no Python 3.10 to 3.13 with the modules venv and ensurepip; \
         on Debian: apt-get install python3-venv; or name one in BACKCAST_PYTHON"
            .to_string()
    })
}

fn probe(program: &Path) -> Option<(PathBuf, String)> {
    let said = process::capture(Command::new(program).args(["-c", PROBE])).ok()?;
    let (path, version) = said.trim().rsplit_once(' ')?;
    Some((PathBuf::from(path), version.to_string()))
}
