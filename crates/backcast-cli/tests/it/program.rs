//! Runs `backcast` in a folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output},
};

use expect_test::Expect;
use tempfile::TempDir;

use crate::patience::output;

/// A project folder with a state of its own.
pub(crate) struct Project {
    folder: TempDir,
}

/// What a command gave.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// An empty one.
    pub(crate) fn new() -> Project {
        let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
        fs::create_dir(folder.path().join(".backcast")).expect("the folder is ours");
        Project { folder }
    }

    /// A file or folder in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the folder is ours");
    }

    /// The program, ready to be started in the folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backcast"));
        command.args(args).current_dir(self.folder.path());
        command.env_remove("BACKCAST_ISA").env_remove("NO_COLOR");
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.outcome(output(&mut self.command(args)))
    }

    /// What came of a command, without what differs from folder to folder.
    pub(crate) fn outcome(&self, output: Output) -> Outcome {
        let folder = self.folder.path().display().to_string();
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).expect("all output is text").replace(&folder, "[folder]")
        };
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Git in the folder, as somebody who may commit; what it printed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
        let mut git = Command::new("git");
        let done = output(git.args(who).args(args).current_dir(self.folder.path()));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Runs it and compares everything it gave.
    pub(crate) fn check(&self, args: &[&str], expected: Expect) {
        expected.assert_eq(&self.run(args).told());
    }

    /// Runs it, wants no failure, and gives stdout.
    pub(crate) fn stdout(&self, args: &[&str]) -> String {
        let outcome = self.run(args);
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.stderr);
        outcome.stdout
    }
}

impl Outcome {
    /// Exit code and both streams as one text.
    pub(crate) fn told(&self) -> String {
        let mut told = format!("exit {}\n", self.code);
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let line_end = if text.ends_with('\n') { "" } else { "\n" };
                told += &format!("--- {name}\n{text}{line_end}");
            }
        }
        told
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// The examples of the repository.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}
