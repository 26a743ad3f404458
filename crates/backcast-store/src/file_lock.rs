//! A file that one holder at a time has: who holds it may write what the file stands for.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// A held lock, given back when dropped. The system takes it back from a killed process.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock of `path`, whose file is made where it is missing, and writes the number of this process into it.
    /// Waits up to `patience` for another holder; `None` where that one did not let go.
    ///
    /// # Errors
    /// A file that cannot be made or locked.
    pub fn take(path: &Path, patience: Duration) -> io::Result<Option<FileLock>> {
        let mut file = File::options().create(true).truncate(false).write(true).open(path)?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if begin.elapsed() >= patience => return Ok(None),
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            }
        }
        // The number only serves messages: a disk without room for it is no reason to stop.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Some(FileLock { _file: file }))
    }

    /// Number of the process that took the lock of `path` last; `None` where the file does not tell.
    #[must_use]
    pub fn holder(path: &Path) -> Option<u32> {
        fs::read_to_string(path).ok()?.trim().parse().ok()
    }

    /// Whether anybody holds the lock of `path` now. A file that cannot be read counts as free.
    #[must_use]
    pub fn is_held(path: &Path) -> bool {
        let file = File::open(path);
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!FileLock::is_held(&path));
        let first = FileLock::take(&path, Duration::ZERO).unwrap().unwrap();
        assert!(FileLock::is_held(&path));
        assert_eq!(FileLock::holder(&path), Some(std::process::id()));
        assert!(FileLock::take(&path, Duration::from_millis(30)).unwrap().is_none());
        drop(first);
        assert!(!FileLock::is_held(&path));
        assert!(FileLock::take(&path, Duration::ZERO).unwrap().is_some());
    }
}
