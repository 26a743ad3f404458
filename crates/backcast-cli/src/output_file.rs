//! Files that a command was asked to write: there whole or not at all.

use std::{fs, path::Path};

use crate::failure::Failure;

/// Writes a file aside and gives it its name.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let aside = path.with_file_name(name);
    fs::write(&aside, bytes).and_then(|()| fs::rename(&aside, path)).map_err(|error| {
        // The error is what matters; a leftover that cannot be removed was not written either.
        let _ = fs::remove_file(&aside);
        Failure::writing(path, &error)
    })
}
