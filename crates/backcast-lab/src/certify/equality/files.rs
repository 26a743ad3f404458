//! The files that a command writes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use super::{Case, Divergence, Equality, Finding, check::Workbench, text};
use crate::{bench::Arm, certify::CertifyError, child::Subject};

/// Longer than the steps in which file systems tell the time: a file that is written twice within one step seems untouched.
const TICK: Duration = Duration::from_millis(20);

/// Files by their path below the folder, with what they hold.
type Contents = BTreeMap<String, Vec<u8>>;

/// Compares the files that both sides write. A file that lay there before and that a side did not write is not its result.
pub(super) fn finding(
    case: &Case,
    pattern: &str,
    workbench: &Workbench<'_>,
) -> Result<Finding, CertifyError> {
    let before = written(case, Arm::Base, pattern, workbench)?;
    let after = written(case, Arm::Candidate, pattern, workbench)?;
    let equality = compare(&before, &after);
    Ok(case.finding(&digest(&before), &digest(&after), equality))
}

fn written(
    case: &Case,
    side: Arm,
    pattern: &str,
    workbench: &Workbench<'_>,
) -> Result<Contents, CertifyError> {
    let subject = case.of(side);
    let folder = folder_of(subject);
    let stamps: BTreeMap<PathBuf, Option<SystemTime>> = matching(&folder, pattern)?
        .into_iter()
        .map(|path| (path.clone(), written_at(&path)))
        .collect();
    if stamps.values().any(is_fresh) {
        thread::sleep(TICK);
    }
    workbench.output(side, subject, 0)?;
    let touched = |path: &PathBuf| stamps.get(path).is_none_or(|then| written_at(path) != *then);
    let mut contents = Contents::new();
    for path in matching(&folder, pattern)?.into_iter().filter(touched) {
        let bytes = read(&path)?;
        contents.insert(below(&folder, &path), bytes);
    }
    // Where the state before wrote some, none is a difference.
    if contents.is_empty() && side == Arm::Base {
        let (command, pattern) = (subject.name.clone(), pattern.to_owned());
        return Err(CertifyError::NoFiles { command, pattern });
    }
    Ok(contents)
}

/// Whether a file was written a moment ago, perhaps by the other side.
fn is_fresh(written: &Option<SystemTime>) -> bool {
    let age = written.map(|then| SystemTime::now().duration_since(then));
    age.is_some_and(|age| age.is_ok_and(|age| age < TICK))
}

fn compare(before: &Contents, after: &Contents) -> Equality {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let shown = |bytes: Option<&Vec<u8>>| match bytes {
            Some(bytes) => format!("{} bytes", bytes.len()),
            None => "not written".into(),
        };
        let (ours, theirs) = (before.get(name), after.get(name));
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            if let Equality::Different(at) = text::compare(ours, theirs) {
                let place = format!("{name}, {}", at.place);
                return Equality::Different(Divergence { place, ..at });
            }
        } else {
            let (before, after) = (shown(ours), shown(theirs));
            return Equality::Different(Divergence { place: name.clone(), before, after });
        }
    }
    Equality::Identical
}

/// One hash of all files: names and contents, each behind its length.
pub(super) fn digest(contents: &Contents) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, bytes) in contents {
        for part in [name.as_bytes(), bytes] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// The files below a folder that fit a pattern, and what they hold.
pub(super) fn contents(folder: &Path, pattern: &str) -> Result<Contents, CertifyError> {
    matching(folder, pattern)?.iter().map(|path| Ok((below(folder, path), read(path)?))).collect()
}

/// The folder in which a command runs.
pub(super) fn folder_of(subject: &Subject) -> PathBuf {
    subject.dir.clone().unwrap_or_else(|| PathBuf::from("."))
}

fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, CertifyError> {
    let wrong = |reason: String| CertifyError::Pattern { pattern: pattern.to_owned(), reason };
    let prefix = glob::Pattern::escape(&folder.to_string_lossy());
    let whole = Path::new(&prefix).join(pattern);
    let found = glob::glob(&whole.to_string_lossy()).map_err(|error| wrong(error.to_string()))?;
    let mut paths = Vec::new();
    for path in found {
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            CertifyError::File { doing: "read", path, source: error.into() }
        })?;
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn below(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<Vec<u8>, CertifyError> {
    fs::read(path).map_err(|source| CertifyError::File {
        doing: "read",
        path: path.to_owned(),
        source,
    })
}

fn written_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
