//! What stands for the contents of a file in digests of arguments of spans: its path, size and time of change.

use std::{fs, path::Path};

/// Equal for a file that was not changed in between, and for one that is not there.
pub(crate) fn file_digest(path: &Path) -> u64 {
    let about = fs::metadata(path).ok();
    let size = about.as_ref().map(fs::Metadata::len);
    let changed = about.and_then(|about| about.modified().ok());
    backcast_spans::digest((path, size, changed))
}
