//! Profiles for other viewers, by the ending of a file.

mod firefox;
mod folded;
mod markdown;
mod pprof;
mod speedscope;

use std::path::Path;

use super::{Profile, ProfileError, file};

pub use firefox::firefox;
pub use folded::folded;
pub use markdown::{Shown, markdown};
pub use pprof::pprof;
pub use speedscope::speedscope;

/// What a profile can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// A stack and its nanoseconds a line: `.folded`.
    Folded,
    /// For speedscope.app: `.speedscope.json`.
    Speedscope,
    /// For profiler.firefox.com: `.firefox.json`.
    Firefox,
    /// For pprof: `.pb.gz` or `.pprof`.
    Pprof,
    /// The profile itself, which `--vs` reads: `.json`.
    Json,
    /// For people: `.md`.
    Markdown,
}

impl Export {
    /// All endings, for messages.
    pub const ENDINGS: &'static str =
        ".folded, .speedscope.json, .firefox.json, .pb.gz, .pprof, .json, .md";

    /// What the ending of a path says.
    pub fn of_path(path: &Path) -> Option<Export> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let endings = [
            (".folded", Export::Folded),
            (".speedscope.json", Export::Speedscope),
            (".firefox.json", Export::Firefox),
            (".pb.gz", Export::Pprof),
            (".pprof", Export::Pprof),
            (".json", Export::Json),
            (".md", Export::Markdown),
        ];
        endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, export)| export)
    }

    /// The file's content.
    pub fn bytes(self, profile: &Profile, shown: &Shown) -> Vec<u8> {
        match self {
            Export::Folded => folded(profile).into_bytes(),
            Export::Speedscope => speedscope(profile).into_bytes(),
            Export::Firefox => firefox(profile).into_bytes(),
            Export::Pprof => pprof(profile),
            Export::Json => file::json(profile),
            Export::Markdown => markdown(profile, shown).into_bytes(),
        }
    }

    /// Writes the file aside and renames it.
    ///
    /// # Errors
    /// [`ProfileError::Write`].
    pub fn write(self, profile: &Profile, shown: &Shown, path: &Path) -> Result<(), ProfileError> {
        file::write_aside(path, &self.bytes(profile, shown))
    }
}
