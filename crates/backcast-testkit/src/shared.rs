//! Where golden answers lie that are too large for the repository.

use std::path::{Path, PathBuf};

/// The root of the repository: the nearest folder above the crate under test that has a `Cargo.lock`.
///
/// # Panics
/// If the test runs outside of the repository.
#[must_use]
pub fn repository_root() -> PathBuf {
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from);
    let root = start.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.expect("tests run inside the repository").to_path_buf()
}

/// A file or folder of the data that lies beside the repository, in `shared`, or where `BACKCAST_SHARED` points. Where it is
/// missing, prints what is skipped and answers `None`.
#[must_use]
pub fn shared(path: impl AsRef<Path>) -> Option<PathBuf> {
    let path = path.as_ref();
    let named = std::env::var_os("BACKCAST_SHARED").map(PathBuf::from);
    let found = named.or_else(beside).map(|folder| folder.join(path)).filter(|p| p.exists());
    if found.is_none() {
        println!("skipped: {} is not beside the repository", path.display());
    }
    found
}

/// The nearest `shared` folder above the repository's root that has a `DESIGN.md`.
fn beside() -> Option<PathBuf> {
    let root = repository_root();
    let folders = root.ancestors().skip(1).map(|folder| folder.join("shared"));
    folders.into_iter().find(|shared| shared.join("DESIGN.md").is_file())
}
