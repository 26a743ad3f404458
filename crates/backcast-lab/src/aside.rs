//! Files that are there whole or not at all.

use std::{
    io::{self, Write},
    path::Path,
};

use backcast_spans::WholeFile;

/// Writes a file next to its place, makes sure that it is on the disk, and gives it its name, so that readers see all of it or nothing.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes)?;
    file.sync()?;
    file.finish()
}
