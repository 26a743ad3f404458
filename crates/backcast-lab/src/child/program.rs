//! Which file a command names, found before anything is started, so that messages can be exact.

use std::{
    env,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use super::{ChildError, Subject};

/// The search path of systems that name none.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The file to execute, as a path that means the same from any folder.
pub(super) fn find(subject: &Subject) -> Result<PathBuf, ChildError> {
    if let Some(dir) = subject.dir.as_ref().filter(|dir| !dir.is_dir()) {
        return Err(ChildError::NoFolder { path: dir.clone() });
    }
    let named = &subject.argv[0];
    if named.as_bytes().contains(&b'/') {
        return executable(from_folder(subject, Path::new(named)));
    }
    let listed = search_path(subject);
    let candidates = env::split_paths(&listed).map(|folder| folder.join(named));
    let found: Vec<PathBuf> = candidates.filter(|path| path.is_file()).collect();
    let refused = match found.first() {
        Some(path) => ChildError::NotExecutable { path: path.clone() },
        None => ChildError::NotOnPath { program: named.to_string_lossy().into_owned() },
    };
    let path = found.into_iter().find(|path| may_execute(path)).ok_or(refused)?;
    Ok(from_folder(subject, &path))
}

fn from_folder(subject: &Subject, path: &Path) -> PathBuf {
    let below = subject.dir.as_ref().map_or_else(|| path.to_owned(), |dir| dir.join(path));
    std::path::absolute(&below).unwrap_or(below)
}

fn search_path(subject: &Subject) -> OsString {
    let added = subject.env.iter().rev().find(|(name, _)| name == OsStr::new("PATH"));
    let own = added.map(|(_, value)| value.clone()).or_else(|| env::var_os("PATH"));
    own.unwrap_or_else(|| USUAL_PATH.into())
}

fn executable(path: PathBuf) -> Result<PathBuf, ChildError> {
    if path.is_dir() {
        Err(ChildError::Folder { path })
    } else if !path.exists() {
        Err(ChildError::Missing { path })
    } else if !may_execute(&path) {
        Err(ChildError::NotExecutable { path })
    } else {
        Ok(path)
    }
}

fn may_execute(path: &Path) -> bool {
    access(path, AccessFlags::X_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn problem(subject: &Subject) -> String {
        find(subject).unwrap_err().to_string()
    }

    #[test]
    fn each_way_to_name_no_program_has_its_message() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, "text").unwrap();
        fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).unwrap();
        let shown = folder.path().display();
        assert_eq!(
            problem(&Subject::new(["no-such-program-here"])),
            "there is no program `no-such-program-here` on the search path"
        );
        assert_eq!(problem(&Subject::new([&plain])), format!("{shown}/plain is not executable"));
        assert_eq!(
            problem(&Subject::new([folder.path()])),
            format!("{shown} is a folder, not a program")
        );
        let missing = Subject { dir: Some(folder.path().into()), ..Subject::new(["./gone"]) };
        assert_eq!(problem(&missing), format!("there is no program {shown}/gone"));
        let nowhere = Subject { dir: Some(folder.path().join("x")), ..Subject::new(["true"]) };
        assert_eq!(problem(&nowhere), format!("there is no folder {shown}/x to run in"));
    }

    #[test]
    fn a_search_path_given_to_the_command_is_the_one_that_counts() {
        assert!(find(&Subject::new(["true"])).is_ok());
        let elsewhere = Subject::new(["true"]).with_env("PATH", "/nowhere");
        assert!(matches!(find(&elsewhere), Err(ChildError::NotOnPath { .. })));
    }
}
