//! Where the files of a certificate came from that went with its measurement, so that they can be made again.

use serde::{Deserialize, Serialize};

use crate::bench::RecordedCommand;

/// A revision of the sources, checked out and built in a folder of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedOut {
    /// Hash of the commit, in hexadecimal.
    pub commit: String,
    /// The line for the shell that built it; empty where nothing was built.
    pub build: String,
    /// The folder, which is gone.
    pub folder: String,
}

/// Specs that were made up from a seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeUp {
    /// How many.
    pub count: u32,
    /// From which seed.
    pub seed: u64,
    /// The folder, which is gone.
    pub folder: String,
    /// blake3 of all their texts in order, in hexadecimal: another version of the program may make up others.
    pub digest: String,
}

impl RecordedCommand {
    /// The same command where what lay in the folder `from` lies in `to`.
    pub fn moved(&self, from: &str, to: &str) -> RecordedCommand {
        let argv = self.argv.iter().map(|word| moved(word, from, to)).collect();
        RecordedCommand { argv, ..self.clone() }
    }
}

/// A path in another folder; other texts stay.
pub(super) fn moved(path: &str, from: &str, to: &str) -> String {
    match path.strip_prefix(from) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_in_the_folder_move() {
        let moved = |path| moved(path, "/x/a", "/x/b");
        assert_eq!(moved("/x/a/x.toml"), "/x/b/x.toml");
        assert_eq!(moved("/x/a"), "/x/b");
        assert_eq!(moved("/x/ab/x"), "/x/ab/x");
        assert_eq!(moved("--fast"), "--fast");
    }
}
