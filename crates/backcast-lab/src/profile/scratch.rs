//! A temporary folder for what a measured command writes about itself; removed when dropped.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

const PREFIX: &str = "backcast-profile-";

/// The folder.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes the folder, and removes those of programs that were killed.
    ///
    /// # Errors
    /// If nothing can be written below the temporary folder of this user.
    pub fn new() -> io::Result<Scratch> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let temporary = std::env::temp_dir();
        remove_orphans(&temporary);
        loop {
            let made = MADE.fetch_add(1, Ordering::Relaxed);
            let folder = temporary.join(format!("{PREFIX}{}-{made}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => return Ok(Scratch { folder }),
                // Left by an earlier program that had the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
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

/// Folders whose program is gone.
fn remove_orphans(temporary: &Path) {
    for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok()) else { continue };
        if !Path::new(&format!("/proc/{pid}")).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_a_killed_program_left_is_not_in_the_way() {
        let first = Scratch::new().unwrap();
        let name = first.folder.to_str().unwrap();
        let (before, number) = name.rsplit_once('-').unwrap();
        let left = PathBuf::from(format!("{before}-{}", number.parse::<u32>().unwrap() + 1));
        fs::create_dir(&left).unwrap();
        let second = Scratch::new().unwrap();
        assert!(second.folder.is_dir() && second.folder != left);
        fs::remove_dir(&left).unwrap();
        let folder = second.folder.clone();
        drop(second);
        assert!(!folder.exists() && first.folder.exists());
    }
}
