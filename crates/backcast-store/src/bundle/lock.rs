//! One writer a bundle.

use std::{
    fs::{self, File, TryLockError},
    thread,
    time::{Duration, Instant},
};

use crate::{Home, StoreError};

/// How long a second ingest waits for the first.
const PATIENCE: Duration = Duration::from_secs(10);

/// The right to write a bundle, held until dropped. The system takes it back from a killed process.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the right to write `name`, ten seconds at most.
    pub(crate) fn take(home: &Home, name: &str) -> Result<Lock, StoreError> {
        Lock::take_within(home, name, PATIENCE)
    }

    fn take_within(home: &Home, name: &str, patience: Duration) -> Result<Lock, StoreError> {
        super::check_name(name)?;
        let folder = home.bundles();
        fs::create_dir_all(&folder).map_err(StoreError::io("make folder", &folder))?;
        let path = folder.join(format!(".{name}.lock"));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(StoreError::io("open", &path))?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::io("lock", &path)(error));
                }
                Err(TryLockError::WouldBlock) if begin.elapsed() >= patience => {
                    return Err(StoreError::Busy { name: name.to_owned() });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_is_refused_while_the_first_is_at_work() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let first = Lock::take(&home, "x").unwrap();
        let second = Lock::take_within(&home, "x", Duration::from_millis(30));
        assert_eq!(
            second.err().unwrap().to_string(),
            "another process is ingesting bundle `x`; run this again when it has finished"
        );
        drop(first);
        Lock::take_within(&home, "x", Duration::ZERO).unwrap();
    }
}
