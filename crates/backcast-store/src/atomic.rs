//! Files that are there whole or not at all.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use backcast_spans::WholeFile;

use crate::StoreError;

/// Writes a file that is there whole or not at all: aside, then renamed over `path`, whose folders are made. A link is
/// followed. What is no plain file, such as a device or a pipe, cannot be renamed over; it is written into.
///
/// # Errors
/// [`StoreError::Io`], [`StoreError::DiskFull`].
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    written(path, bytes).map_err(StoreError::io("write", path))
}

fn written(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes)?;
    file.sync()?;
    file.finish()
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
