//! Files that a command is to write, looked at before the work begins.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::failure::Failure;

/// Reads the name of a page. What ends as something else (`.pdf`) would hold a page all the same, so that is refused; names without
/// ending, devices and pipes promise nothing.
pub(crate) fn page() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let is_special = path.exists() && !path.is_file() && !path.is_dir();
        match ending.as_deref() {
            None | Some("html" | "htm") => Ok(path),
            _ if is_special => Ok(path),
            Some(ending) => Err(format!("a page is HTML, and `.{ending}` is none: use .html")),
        }
    })
}

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

/// The same, and refuses a file whose folder is not there: none is made, which a slip of the pen would spread over the disk.
pub(crate) fn check_places(files: &[PathBuf], report: &Option<PathBuf>) -> Result<(), Failure> {
    let files: Vec<Option<PathBuf>> = files.iter().cloned().map(Some).collect();
    let all = || files.iter().chain([report]);
    check(all())?;
    for path in all().flatten() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let message = format!("there is no folder {} for {}", folder.display(), path.display());
            return Err(Failure::usage(message).help(format!("mkdir -p {}", folder.display())));
        }
    }
    Ok(())
}
