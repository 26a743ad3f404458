//! What to run.

use std::{ffi::OsString, path::PathBuf};

use super::{ChildError, program};

/// A command, by its words: no shell takes them apart. Its standard input is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What people call it.
    pub name: String,
    /// The program and its arguments; never empty.
    pub argv: Vec<OsString>,
    /// Where it runs; the current folder if not given. A program named by a relative path is looked for from there.
    pub dir: Option<PathBuf>,
    /// Variables added to the environment of this process; later ones win.
    pub env: Vec<(OsString, OsString)>,
    /// Commit that its program was built from, where that is not what is checked out where it runs.
    pub commit: Option<String>,
}

impl Subject {
    /// A command under the name that its words make.
    ///
    /// # Panics
    /// Where there is no word at all.
    pub fn new<W: Into<OsString>>(argv: impl IntoIterator<Item = W>) -> Subject {
        let argv: Vec<OsString> = argv.into_iter().map(Into::into).collect();
        assert!(!argv.is_empty(), "a command has at least one word");
        let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
        Subject { name: words.join(" "), argv, dir: None, env: Vec::new(), commit: None }
    }

    /// A line for the system's shell, `sh -c LINE`. The shell's own start is part of what is measured.
    pub fn shell(line: &str) -> Subject {
        Subject::new(["sh", "-c", line]).named(line)
    }

    /// The same under another name.
    pub fn named(self, name: impl Into<String>) -> Subject {
        Subject { name: name.into(), ..self }
    }

    /// The same with one more variable.
    pub fn with_env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Subject {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Its words as a line that a shell takes apart into the same words.
    pub fn line(&self) -> String {
        let words = self.argv.iter().map(|word| quoted(&word.to_string_lossy()));
        words.collect::<Vec<_>>().join(" ")
    }

    /// The file that will be executed, as a path that means the same from any folder.
    ///
    /// # Errors
    /// [`ChildError`] where there is none, or none that may be executed.
    pub fn program(&self) -> Result<PathBuf, ChildError> {
        program::find(self)
    }
}

/// A word as a shell reads it as one.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
