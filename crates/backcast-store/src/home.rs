//! The folder that holds a project's state.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::StoreError;

/// The folder `.backcast` of a project: bundles and runs live in it. It is made when something is first written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The `.backcast` of the nearest ancestor of the current folder that has one, else of the current folder.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the current folder is gone.
    pub fn find() -> Result<Home, StoreError> {
        let _span = backcast_spans::span!("store.find_home");
        let here = env::current_dir().map_err(StoreError::io("find", "the current folder"))?;
        Ok(Home::find_from(&here))
    }

    /// As [`find`](Home::find), but from `folder` upward.
    #[must_use]
    pub fn find_from(folder: &Path) -> Home {
        let found = folder.ancestors().map(|f| f.join(".backcast")).find(|f| f.is_dir());
        Home { root: found.unwrap_or_else(|| folder.join(".backcast")) }
    }

    /// That very folder (`.../.backcast`), which need not exist yet.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Home {
        Home { root: path.into() }
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Where bundles live, each in a folder of its name.
    #[must_use]
    pub fn bundles(&self) -> PathBuf {
        self.root.join("bundles")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_ancestor_with_a_state_folder_is_the_project() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(Home::find_from(&deep).path(), deep.join(".backcast"));
        std::fs::create_dir(dir.path().join("a/.backcast")).unwrap();
        assert_eq!(Home::find_from(&deep).path(), dir.path().join("a/.backcast"));
    }
}
