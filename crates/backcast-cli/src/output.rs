//! Files that a command is to write, looked at before the work begins.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Refuses a folder where a file is to be written, and one file that is to hold two things.
pub(crate) fn check<'a>(
    files: impl IntoIterator<Item = &'a Option<PathBuf>>,
) -> Result<(), Failure> {
    let mut seen: Vec<&Path> = Vec::new();
    for path in files.into_iter().flatten() {
        if path.is_dir() {
            let message = format!("{} is a folder, and a file is to be written", path.display());
            return Err(Failure::usage(message).help("add the name of the file"));
        }
        if seen.contains(&path.as_path()) {
            let message = format!("{} is to hold two things", path.display());
            return Err(Failure::usage(message).help("give each its own file"));
        }
        seen.push(path);
    }
    Ok(())
}
