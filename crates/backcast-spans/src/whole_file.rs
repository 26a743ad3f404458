//! Files that are there whole or not at all, and devices that stay devices. Recordings are written so, and so is whatever else a
//! user names for output.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// Files begun by this process: two threads that write one file at a time do not meet.
static BEGUN: AtomicU32 = AtomicU32::new(0);

/// A file that appears under its name only once it is [finished](WholeFile::finish); one that is not leaves nothing behind.
///
/// A link is followed. What is there and is no plain file, such as a device or a pipe, cannot be renamed over: it is written into.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    /// Where it is until it is finished, and where it will be; nothing for what is written into.
    places: Option<(PathBuf, PathBuf)>,
}

impl WholeFile {
    /// Begins a file beside its place: `NAME.PROCESS-NUMBER.part`.
    ///
    /// # Errors
    /// Those of the system, a folder in its place among them.
    pub fn create(path: &Path) -> io::Result<WholeFile> {
        let found = fs::metadata(path);
        if found.as_ref().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let file = File::options().write(true).open(path)?;
            return Ok(WholeFile { file, places: None });
        }
        if found.is_ok_and(|found| found.is_dir()) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let path = behind_link(path);
        let number = BEGUN.fetch_add(1, Ordering::Relaxed);
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{number}.part", std::process::id()));
        let aside = path.with_file_name(name);
        let file = File::create(&aside)?;
        Ok(WholeFile { file, places: Some((aside, path)) })
    }

    /// Makes sure that what was written is on the disk.
    ///
    /// # Errors
    /// Those of the system.
    pub fn sync(&self) -> io::Result<()> {
        // Devices and pipes have no disk to wait for.
        if self.places.is_some() { self.file.sync_all() } else { Ok(()) }
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// Those of the system; what had the name before is then as it was.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        match self.places.take() {
            Some((aside, path)) => fs::rename(&aside, path).inspect_err(|_| remove(&aside)),
            None => Ok(()),
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some((aside, _)) = &self.places {
            remove(aside);
        }
    }
}

/// Why it is not whole matters more than what could not be removed; a disk that is full has better use for the room.
fn remove(aside: &Path) {
    let _ = fs::remove_file(aside);
}

/// What a link leads to, where that is there.
fn behind_link(path: &Path) -> PathBuf {
    let link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let target = if link { fs::canonicalize(path).ok() } else { None };
    target.unwrap_or_else(|| path.to_path_buf())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt, symlink};

    use super::*;

    fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = WholeFile::create(path)?;
        file.write_all(bytes)?;
        file.sync()?;
        file.finish()
    }

    /// Not the file itself: a fault of this module would replace it for the whole machine.
    #[test]
    fn a_pipe_is_written_into_and_stays_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        write(&path, b"x").unwrap();
        assert_eq!(reader.join().unwrap(), b"x");
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
    }

    #[test]
    fn a_link_is_followed_and_a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        write(&file, b"one").unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mut dropped = WholeFile::create(&link).unwrap();
        dropped.write_all(b"three").unwrap();
        drop(dropped);
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn two_of_one_name_at_a_time_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let [mut one, mut two] = [(); 2].map(|()| WholeFile::create(&path).unwrap());
        one.write_all(b"one").unwrap();
        two.write_all(b"two").unwrap();
        one.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        two.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(WholeFile::create(folder.path()).is_err(), "a folder is no file");
    }
}
