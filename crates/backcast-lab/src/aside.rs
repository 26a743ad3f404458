//! Files that are there whole or not at all.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

/// Writes a file next to its place, makes sure that it is on the disk, and gives it its name, so that readers see all of it or nothing.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    // Threads of one process may write the same file at the same time.
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{number}.part", std::process::id()));
    let aside = path.with_file_name(name);
    let write = || {
        let mut file = fs::File::create(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    write().inspect_err(|_| {
        // The error is what matters; a leftover that cannot be removed was not written either.
        let _ = fs::remove_file(&aside);
    })
}
