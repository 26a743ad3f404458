//! Another revision of the sources, built in a folder of its own.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use backcast_lab::child::Subject;
use tempfile::TempDir;

use crate::{failure::Failure, terminal::Terminal};

/// How a revision is built unless something else is said.
pub(crate) const DEFAULT_BUILD: &str = "cargo build --release";

/// A built revision; its folder goes when this goes.
pub(crate) struct Revision {
    name: String,
    top: PathBuf,
    folder: PathBuf,
    _around: TempDir,
}

impl Revision {
    /// Checks a revision out beside the repository of the current folder and builds it.
    pub(crate) fn build(
        name: &str,
        build: &str,
        terminal: &mut Terminal,
    ) -> Result<Revision, Failure> {
        let top = git(Path::new("."), &["rev-parse", "--show-toplevel"])
            .map_err(|error| Failure::usage(format!("there is no git repository here: {error}")))?;
        let top = PathBuf::from(top);
        let commit = format!("{name}^{{commit}}");
        let hash = git(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
            .map_err(|_| {
                Failure::usage(format!("there is no revision `{name}`"))
                    .help("`git log --oneline` lists revisions")
            })?;
        let around = tempfile::Builder::new().prefix("backcast-revision-").tempdir();
        let around = around.map_err(|error| {
            Failure::could_not_measure(format!("cannot make a temporary folder: {error}"))
        })?;
        let folder = around.path().join("tree");
        let shown = folder.display().to_string();
        // First of all, so that a check-out that is broken off is forgotten as well.
        let revision = Revision { name: name.to_owned(), top, folder, _around: around };
        let add = ["worktree", "add", "--quiet", "--detach", &shown, &hash];
        git(&revision.top, &add).map_err(|error| {
            Failure::could_not_measure(format!("cannot check `{name}` out: {error}"))
        })?;
        terminal.say(&format!("building {name} ({}): {build}", &hash[..hash.len().min(12)]));
        revision.run_build(build)?;
        Ok(revision)
    }

    fn run_build(&self, build: &str) -> Result<(), Failure> {
        let status = Command::new("sh")
            .args(["-c", build])
            .current_dir(&self.folder)
            // What is built must be of this tree, wherever others are built.
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::from(std::io::stderr()))
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::could_not_measure(format!(
                "building `{}` failed with {status}: {build}",
                self.name
            ))
            .help("--build 'COMMAND' says how it is built")),
            Err(error) => Err(Failure::could_not_measure(format!("cannot build: {error}"))),
        }
    }

    /// The same command from this revision: its program is the file of the same place in the tree.
    pub(crate) fn twin(&self, subject: &Subject) -> Result<Subject, Failure> {
        let named = Path::new(&subject.argv[0]);
        let top = self.top.canonicalize().unwrap_or_else(|_| self.top.clone());
        // A name without a folder is looked for on the search path, not in the tree.
        let program = named.parent().filter(|folder| !folder.as_os_str().is_empty());
        let program = program.and_then(|_| named.canonicalize().ok());
        let place = program.as_ref().and_then(|program| program.strip_prefix(&top).ok());
        let Some(place) = place else {
            let message = format!(
                "{} is not in the repository {}, so it has no other revision",
                named.display(),
                top.display()
            );
            return Err(Failure::usage(message).help(
                "name the program by its path in the repository: -- ./target/release/PROGRAM",
            ));
        };
        self.with_program(subject, place)
    }

    /// The same arguments for the `backcast` of this revision.
    pub(crate) fn backcast(&self, subject: &Subject) -> Result<Subject, Failure> {
        self.with_program(subject, Path::new("target/release/backcast"))
    }

    fn with_program(&self, subject: &Subject, place: &Path) -> Result<Subject, Failure> {
        let program = self.folder.join(place);
        if !program.is_file() {
            let message = format!("`{}` has no {} after it was built", self.name, place.display());
            return Err(
                Failure::could_not_measure(message).help("--build 'COMMAND' says how it is built")
            );
        }
        let arguments = subject.argv[1..].iter().cloned();
        let argv: Vec<OsString> = std::iter::once(program.into()).chain(arguments).collect();
        let name = format!("{} at {}", subject.name, self.name);
        Ok(Subject { name, argv, ..subject.clone() })
    }
}

impl Drop for Revision {
    fn drop(&mut self) {
        let folder = self.folder.display().to_string();
        // The temporary folder goes anyway; git is only to forget it.
        let _ = git(&self.top, &["worktree", "remove", "--force", &folder]);
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start git: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
