//! A temporary folder for what a measured command writes about itself; removed when dropped.
//!
//! A program holds a lock in its folder for as long as it lives, so whoever gets the lock knows that it is gone. Its number would not tell:
//! containers that share a temporary folder have each their own processes.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const PREFIX: &str = "backcast-profile-";
/// The file in the folder that is locked.
const LOCK: &str = "lock";
/// A folder without a lock is being made just now, or was half removed. After so long it is the latter.
const BEING_MADE: Duration = Duration::from_secs(3600);

/// The folder.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    /// Held until this is dropped.
    _lock: File,
}

impl Scratch {
    /// Makes the folder, and removes those of programs that were killed.
    ///
    /// # Errors
    /// If nothing can be written below the temporary folder of this user.
    pub fn new() -> io::Result<Scratch> {
        let temporary = std::env::temp_dir();
        remove_orphans(&temporary);
        Scratch::below(&temporary)
    }

    fn below(temporary: &Path) -> io::Result<Scratch> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        loop {
            let made = MADE.fetch_add(1, Ordering::Relaxed);
            let folder = temporary.join(format!("{PREFIX}{}-{made}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => {}
                // Of an earlier program that had the same number, or of one in another container.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            match locked(&folder) {
                Ok(Some(lock)) => return Ok(Scratch { folder, _lock: lock }),
                // Somebody took it for an orphan before it was locked.
                Ok(None) => {}
                Err(error) => {
                    let _ = fs::remove_dir_all(&folder);
                    return Err(error);
                }
            }
        }
    }

    /// Bytes that may still be written there.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn room(&self) -> io::Result<u64> {
        let said = rustix::fs::statvfs(&self.folder)?;
        Ok(said.f_bavail.saturating_mul(said.f_frsize))
    }

    /// A place in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Where a daemon of the command still writes, the next profile removes the rest.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The lock of a new folder; nothing where the folder was removed before it was held.
fn locked(folder: &Path) -> io::Result<Option<File>> {
    let path = folder.join(LOCK);
    let lock = match File::create(&path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Where the system has no locks nobody gets one, so nobody takes the folder for an orphan.
    let _ = lock.lock();
    let still_there = fs::metadata(&path).is_ok_and(|found| {
        lock.metadata().is_ok_and(|held| (found.dev(), found.ino()) == (held.dev(), held.ino()))
    });
    Ok(still_there.then_some(lock))
}

/// Folders whose program is gone.
fn remove_orphans(temporary: &Path) {
    for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if ours && is_orphan(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_orphan(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let changed = fs::metadata(folder).and_then(|found| found.modified());
            changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > BEING_MADE))
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_a_killed_program_left_is_not_in_the_way() {
        let temporary = tempfile::tempdir().unwrap();
        let first = Scratch::below(temporary.path()).unwrap();
        let name = first.folder.to_str().unwrap();
        let (before, number) = name.rsplit_once('-').unwrap();
        let number: u32 = number.parse().unwrap();
        for next in 1..50 {
            fs::create_dir(format!("{before}-{}", number + next)).unwrap();
        }
        let second = Scratch::below(temporary.path()).unwrap();
        assert!(second.folder.is_dir() && second.folder != first.folder);
        let folder = second.folder.clone();
        drop(second);
        assert!(!folder.exists() && first.folder.exists());
    }

    #[test]
    fn the_lock_tells_the_living_from_the_dead_and_numbers_do_not() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = temporary.path().join(format!("{PREFIX}{name}"));
            fs::create_dir(&folder).unwrap();
            folder
        };
        // Numbers of another container: that of a program which lives there, and one that lives here by chance.
        let elsewhere = folder("4194305-0");
        let held = locked(&elsewhere).unwrap().unwrap();
        let dead = folder(&format!("{}-7", std::process::id()));
        drop(locked(&dead).unwrap());
        let begun = folder("4194305-1");
        let long_ago = folder("4194305-2");
        let two_hours = std::time::SystemTime::now() - 2 * BEING_MADE;
        File::open(&long_ago).unwrap().set_modified(two_hours).unwrap();
        remove_orphans(temporary.path());
        assert!(elsewhere.exists() && begun.exists());
        assert!(!dead.exists() && !long_ago.exists());
        drop(held);
        remove_orphans(temporary.path());
        assert!(!elsewhere.exists());
    }

    #[test]
    fn a_folder_that_was_taken_for_an_orphan_is_not_used() {
        let temporary = tempfile::tempdir().unwrap();
        assert!(locked(&temporary.path().join("gone")).unwrap().is_none());
    }
}
