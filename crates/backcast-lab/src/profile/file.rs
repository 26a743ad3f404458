//! Profiles in files: JSON with a format and a version, written aside and renamed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{MemoryTrend, Profile};
use crate::{aside, json_fault};

/// Version of the layout that is written.
pub const VERSION: u32 = 1;

/// Why a profile could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A file could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is no {wanted}: {found}", .path.display())]
    Format {
        /// Which.
        path: PathBuf,
        /// What was wanted.
        wanted: &'static str,
        /// What was found.
        found: String,
    },
    /// A file was written by a later version.
    #[error("{} has version {found} of {format}; this program reads up to {known}", .path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// The format.
        format: &'static str,
        /// Its version.
        found: u32,
        /// The newest version that is understood.
        known: u32,
    },
}

/// What every file of the laboratory begins with.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// Reads a file that carries a format and a version of at most `known`.
pub(crate) fn read_versioned<T: for<'a> Deserialize<'a>>(
    path: &Path,
    format: &'static str,
    known: u32,
) -> Result<T, ProfileError> {
    let path = path.to_path_buf();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ProfileError::Read { path, source }),
    };
    let head: Head = match serde_json::from_str(&text) {
        Ok(head) => head,
        Err(error) => {
            return Err(ProfileError::Format {
                path,
                wanted: format,
                found: json_fault::told(&error),
            });
        }
    };
    if head.format != format {
        let found = format!("its format is `{}`", head.format);
        return Err(ProfileError::Format { path, wanted: format, found });
    }
    if head.version > known {
        return Err(ProfileError::Newer { path, format, found: head.version, known });
    }
    serde_json::from_str(&text).map_err(|error| {
        let found = json_fault::told(&error);
        ProfileError::Format { path, wanted: format, found }
    })
}

/// Reads a profile and checks that its numbers point to what is there.
///
/// # Errors
/// [`ProfileError`] if the file cannot be read, is no profile, or comes from a later version.
pub fn load(path: &Path) -> Result<Profile, ProfileError> {
    let profile: Profile = read_versioned(path, Profile::FORMAT, VERSION)?;
    match fault(&profile) {
        None => Ok(profile),
        Some(found) => {
            Err(ProfileError::Format { path: path.to_path_buf(), wanted: Profile::FORMAT, found })
        }
    }
}

fn fault(profile: &Profile) -> Option<String> {
    let mut at = 0;
    for thread in &profile.threads {
        if thread.first != at {
            return Some(format!(
                "thread `{}` does not begin after the one before it",
                thread.name
            ));
        }
        at = at.saturating_add(thread.len);
        let end = (at as usize).min(profile.nodes.len());
        for (i, node) in profile.nodes[(thread.first as usize).min(end)..end].iter().enumerate() {
            let place = thread.first + i as u32;
            if node.parent.is_some_and(|parent| parent >= place || parent < thread.first) {
                return Some(format!("node {place} does not stand after its parent"));
            }
            if node.frame as usize >= profile.frames.len() {
                return Some(format!(
                    "node {place} names frame {}, which is not there",
                    node.frame
                ));
            }
        }
    }
    (at as usize != profile.nodes.len())
        .then(|| format!("{} nodes belong to threads, {} are there", at, profile.nodes.len()))
}

/// Writes a profile.
///
/// # Errors
/// [`ProfileError::Write`].
pub fn save(profile: &Profile, path: &Path) -> Result<(), ProfileError> {
    write_aside(path, &json(profile))
}

/// A profile as JSON, with what follows from it and takes statistics to say.
pub(crate) fn json(profile: &Profile) -> Vec<u8> {
    #[derive(Serialize)]
    struct Written<'a> {
        #[serde(flatten)]
        profile: &'a Profile,
        memory_trend: Option<MemoryTrend>,
    }
    let written = Written { profile, memory_trend: MemoryTrend::of(profile) };
    serde_json::to_vec(&written).expect("a profile has text keys")
}

/// Writes a file next to its place and renames it, so that readers see all of it or nothing.
pub(crate) fn write_aside(path: &Path, bytes: &[u8]) -> Result<(), ProfileError> {
    aside::write(path, bytes)
        .map_err(|source| ProfileError::Write { path: path.to_path_buf(), source })
}
