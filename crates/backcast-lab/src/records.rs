//! Files of records that are named by their contents: `ID.json`, where ID is the blake3 of the file's bytes.
//!
//! Files are only ever added, whole, so any number of processes can write one folder. What a killed writer left half written is swept
//! by a later one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::aside;

/// Half-written files of this age are swept, where their writer is gone.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// What can go wrong with a file of a record, whatever the record is of.
#[derive(Debug)]
pub(crate) enum FileError {
    Read { path: PathBuf, source: io::Error },
    Write { path: PathBuf, source: io::Error },
    Damaged { path: PathBuf },
}

/// The name of a record with this text.
pub(crate) fn id_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Whether this may be the name of a record.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Writes a record under its name, unless it is there; tells whether it was written now.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<bool, FileError> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(false);
    }
    let failed = |path: &Path, source| FileError::Write { path: path.to_path_buf(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    aside::write(path, bytes).map_err(|source| failed(path, source))?;
    Ok(true)
}

/// Reads a record and the bytes that are named so: those of another version need not be what this one would write. `parse` gets the text
/// and what messages call it, before the name is looked at: a newer version is told as such.
pub(crate) fn get<R, E: From<FileError>>(
    path: &Path,
    parse: impl FnOnce(&str, &str) -> Result<R, E>,
) -> Result<(R, Vec<u8>), E> {
    let bytes =
        fs::read(path).map_err(|source| FileError::Read { path: path.to_path_buf(), source })?;
    let damaged = || FileError::Damaged { path: path.to_path_buf() };
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
    let record = parse(text, &path.display().to_string())?;
    let named = path.file_stem().and_then(|name| name.to_str());
    if named != Some(&id_of(&bytes)) {
        return Err(damaged().into());
    }
    Ok((record, bytes))
}

/// Names in a folder, rising; none where it is missing or no folder.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, FileError> {
    use io::ErrorKind::{NotADirectory, NotFound};
    let failed = |source| FileError::Read { path: folder.to_path_buf(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let name = |entry: io::Result<fs::DirEntry>| {
        Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())
    };
    let mut names = entries.map(name).collect::<Result<Vec<_>, _>>()?;
    names.sort_unstable();
    Ok(names)
}

/// Removes what killed writers left half written in a folder. Nothing depends on it, so what cannot be removed stays.
pub(crate) fn sweep(folder: &Path) {
    for name in names(folder).unwrap_or_default() {
        let path = folder.join(&name);
        if writer_of(&name).is_some_and(|pid| !is_there(pid)) && is_old(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The process that writes `ID.json.PROCESS-NUMBER.part` ([`backcast_spans::WholeFile`]).
fn writer_of(name: &str) -> Option<u32> {
    let (record, rest) = name.strip_suffix(".part")?.split_once(".json.")?;
    let (process, number) = rest.split_once('-')?;
    let _: u32 = number.parse().ok()?;
    is_id(record).then(|| process.parse().ok()).flatten()
}

fn is_there(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

fn is_old(path: &Path) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|found| found.modified());
    changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > LEFT_BEHIND))
}
