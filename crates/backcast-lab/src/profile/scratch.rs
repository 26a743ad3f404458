//! A temporary folder for what a measured command writes about itself; removed when dropped.

use std::{
    fs, io,
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
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = temporary.join(format!("{PREFIX}{}-{made}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Scratch { folder })
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
