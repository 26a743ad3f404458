//! Files that are there whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::StoreError;

/// Writes a file that is there whole or not at all: aside, then renamed over `path`, whose folders are made. A link is
/// followed. What is no plain file, such as a device or a pipe, cannot be renamed over; it is written into.
///
/// # Errors
/// [`StoreError::Io`], [`StoreError::DiskFull`].
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = |file: &mut File| file.write_all(bytes);
    written(path, write).map_err(|error| StoreError::io("write", path)(plain(error)))
}

fn written(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return write(&mut File::options().write(true).open(path)?);
    }
    let path = behind_link(path);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".backcast-");
    // As any new file: what the user's mask allows, where a temporary file would be for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut aside = builder.tempfile_in(folder)?;
    write(aside.as_file_mut())?;
    aside.as_file().sync_all()?;
    aside.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What a link leads to, where that is there.
fn behind_link(path: &Path) -> PathBuf {
    let link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let target = if link { fs::canonicalize(path).ok() } else { None };
    target.unwrap_or_else(|| path.to_path_buf())
}

/// The error without the name of the file aside, which nobody asked for.
fn plain(error: io::Error) -> io::Error {
    match (error.raw_os_error(), error.kind()) {
        (Some(_), _) | (None, io::ErrorKind::Other) => error,
        (None, kind) => kind.into(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt, symlink};

    use super::*;

    #[test]
    fn a_device_is_written_into_and_stays_a_device() {
        let full = Path::new("/dev/full");
        let error = write_file(full, b"x").unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
        assert!(fs::metadata(full).unwrap().file_type().is_char_device());
        write_file(Path::new("/dev/null"), b"x").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_link_is_followed_and_folders_are_made() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["new/deep/file", "link"].map(|name| folder.path().join(name));
        write_file(&file, b"one").unwrap();
        symlink(&file, &link).unwrap();
        write_file(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        let error = write_file(folder.path(), b"x").unwrap_err().to_string();
        assert!(error.contains("irectory"), "{error}");
        assert!(!error.contains(".backcast-"), "{error}");
    }
}
