//! Another revision of the sources, built in a folder of its own.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use backcast_lab::{certify::CheckedOut, child::Subject};
use tempfile::TempDir;

use crate::{failure::Failure, terminal::Terminal};

/// How a revision is built that cargo can build, unless something else is said.
const CARGO: &str = "cargo build --release";
/// Where the program of this project lies once it is built.
const BACKCAST: &str = "target/release/backcast";
/// What helps where a revision lacks a file.
const BUILD_HELP: &str = "--build 'COMMAND' says how it is built";

/// A built revision; its folder goes when this goes.
pub(crate) struct Revision {
    name: String,
    top: PathBuf,
    state: CheckedOut,
    _around: TempDir,
}

impl Revision {
    /// Checks a revision out beside the repository of the current folder and builds it: by the line that was asked for, else by cargo
    /// where it is a package of Rust, else not at all.
    pub(crate) fn build(
        name: &str,
        asked: Option<&str>,
        terminal: &mut Terminal,
    ) -> Result<Revision, Failure> {
        let top = git(Path::new("."), &["rev-parse", "--show-toplevel"])
            .map_err(|error| Failure::usage(format!("there is no git repository here: {error}")))?;
        let top = PathBuf::from(top);
        let commit = format!("{name}^{{commit}}");
        let verify = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        let hash = git(&top, &verify).map_err(|_| {
            Failure::usage(format!("there is no revision `{name}`"))
                .help("`git log --oneline` lists revisions")
        })?;
        let around = tempfile::Builder::new().prefix("backcast-revision-").tempdir();
        let around = around.map_err(|error| {
            Failure::could_not_measure(format!("cannot make a temporary folder: {error}"))
        })?;
        let folder = around.path().join("tree").display().to_string();
        // First of all, so that a check-out that is broken off is forgotten as well.
        let state = CheckedOut { commit: hash.clone(), build: String::new(), folder };
        let mut revision = Revision { name: name.to_owned(), top, state, _around: around };
        let add = ["worktree", "add", "--quiet", "--detach", &revision.state.folder, &hash];
        git(&revision.top, &add).map_err(|error| {
            Failure::could_not_measure(format!("cannot check `{name}` out: {error}"))
        })?;
        let cargo = revision.folder().join("Cargo.toml").is_file().then_some(CARGO);
        if let Some(line) = asked.or(cargo).filter(|line| !line.is_empty()) {
            terminal.say(&format!("building {name} ({}): {line}", short(&hash)));
            line.clone_into(&mut revision.state.build);
            revision.run_build()?;
        }
        Ok(revision)
    }

    /// What it was checked out from and how it was built.
    pub(crate) fn state(&self) -> &CheckedOut {
        &self.state
    }

    fn folder(&self) -> &Path {
        Path::new(&self.state.folder)
    }

    fn run_build(&self) -> Result<(), Failure> {
        let line = &self.state.build;
        let status = Command::new("sh")
            .args(["-c", line])
            .current_dir(self.folder())
            // What is built must be of this tree, wherever others are built.
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::from(std::io::stderr()))
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::could_not_measure(format!(
                "building `{}` failed with {status}: {line}",
                self.name
            ))
            .help(BUILD_HELP)),
            Err(error) => Err(Failure::could_not_measure(format!("cannot build: {error}"))),
        }
    }

    /// The same command in the same folder of this revision, with the program of this revision where it is one of the tree.
    pub(crate) fn twin(&self, subject: &Subject) -> Result<Subject, Failure> {
        let dir = self.twin_folder(subject)?;
        self.refuse_files_of_today(&subject.argv[1..])?;
        let mut argv = subject.argv.clone();
        if let Some(place) = self.place_of_program(subject) {
            argv[0] = self.built(&place)?.into();
        }
        let name = format!("{} at {}", subject.name, self.name);
        let commit = Some(short(&self.state.commit).to_owned());
        Ok(Subject { name, argv, dir: Some(dir), commit, ..subject.clone() })
    }

    /// The same arguments for the `backcast` of this revision. They name the files of today: one spec, two programs.
    pub(crate) fn backcast(&self, subject: &Subject) -> Result<Subject, Failure> {
        let mut argv = subject.argv.clone();
        argv[0] = self.built(Path::new(BACKCAST))?.into();
        let name = format!("{} at {}", subject.name, self.name);
        let commit = Some(short(&self.state.commit).to_owned());
        Ok(Subject { name, argv, commit, ..subject.clone() })
    }

    fn twin_folder(&self, subject: &Subject) -> Result<PathBuf, Failure> {
        let dir = subject.dir.clone().unwrap_or_else(|| PathBuf::from("."));
        let whole = dir.canonicalize().unwrap_or_else(|_| dir.clone());
        let top = self.whole_top();
        let Ok(place) = whole.strip_prefix(&top) else {
            let message = format!("{} is not in the repository {}", dir.display(), top.display());
            return Err(Failure::usage(message).help("a command of a revision runs in its folder"));
        };
        let there = self.folder().join(place);
        if !there.is_dir() {
            let message = format!("`{}` has no folder {}", self.name, place.display());
            return Err(Failure::usage(message));
        }
        Ok(there)
    }

    /// The place of the program in the tree; nothing where it is found on the search path, or lies outside, where a link of the
    /// tree may lead: the interpreter of a virtual environment is of no revision.
    fn place_of_program(&self, subject: &Subject) -> Option<PathBuf> {
        let named = Path::new(&subject.argv[0]);
        named.parent().filter(|folder| !folder.as_os_str().is_empty())?;
        let dir = subject.dir.as_deref().unwrap_or_else(|| Path::new("."));
        let program = dir.join(named).canonicalize().ok()?;
        program.strip_prefix(self.whole_top()).ok().map(Path::to_owned)
    }

    /// A file that git keeps has a version of its own in each revision; its whole path names that of today on both sides.
    fn refuse_files_of_today(&self, words: &[OsString]) -> Result<(), Failure> {
        let top = self.whole_top();
        let kept = |word: &&OsString| {
            let path = Path::new(word);
            let place = path.strip_prefix(&top).ok().filter(|_| path.is_absolute());
            place.is_some_and(|place| {
                let shown = place.display().to_string();
                git(&top, &["ls-files", "--error-unmatch", "--", &shown]).is_ok()
            })
        };
        let Some(word) = words.iter().find(kept) else { return Ok(()) };
        let word = word.to_string_lossy();
        Err(Failure::usage(format!("{word} is the file of today, not that of `{}`", self.name))
            .help("name files of the repository by their paths in it"))
    }

    fn whole_top(&self) -> PathBuf {
        self.top.canonicalize().unwrap_or_else(|_| self.top.clone())
    }

    /// A program of this revision, by its place in the tree.
    fn built(&self, place: &Path) -> Result<PathBuf, Failure> {
        let program = self.folder().join(place);
        if program.is_file() {
            return Ok(program);
        }
        let message = format!("`{}` has no {} after it was built", self.name, place.display());
        Err(Failure::could_not_measure(message).help(BUILD_HELP))
    }
}

impl Drop for Revision {
    fn drop(&mut self) {
        // The temporary folder goes anyway; git is only to forget it.
        let _ = git(&self.top, &["worktree", "remove", "--force", &self.state.folder]);
    }
}

/// A commit as records name it.
fn short(hash: &str) -> &str {
    &hash[..hash.len().min(12)]
}

/// Whether a commit comes after another one, as far as the repository of the current folder knows them.
pub(crate) fn descends(commit: &str, from: &str) -> bool {
    let is_hash = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_hexdigit());
    let asked = ["merge-base", "--is-ancestor", from, commit];
    is_hash(commit) && is_hash(from) && git(Path::new("."), &asked).is_ok()
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
