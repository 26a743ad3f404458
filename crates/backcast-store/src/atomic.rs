//! Files that are there whole or not at all.

use std::{fs, io::Write, path::Path};

use crate::StoreError;

/// Writes a file aside, then renames it over `path`.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_with(path, |file| file.write_all(bytes).map_err(StoreError::io("write", path)))
}

/// As [`write_file`], with a function that writes.
pub(crate) fn write_with(
    path: &Path,
    write: impl FnOnce(&mut fs::File) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".backcast-");
    // As any new file: what the user's mask allows, where a temporary file would be for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut aside =
        builder.tempfile_in(folder).map_err(StoreError::io("write a file in", folder))?;
    write(aside.as_file_mut())?;
    aside.as_file().sync_all().map_err(StoreError::io("write", path))?;
    aside.persist(path).map_err(|e| StoreError::io("write", path)(e.error))?;
    Ok(())
}
