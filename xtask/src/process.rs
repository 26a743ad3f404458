//! Where the repository lies, and how other programs are started from it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Root folder of the repository.
pub(crate) fn root() -> PathBuf {
    // Asked at run time first: two checkouts may share one target folder.
    let manifest =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Cargo's target folder, absolute.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The folder of shared reference material (price files, conformance suites) where one lies beside
/// the repository or further up; `BACKCAST_SHARED` overrides.
pub(crate) fn shared() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("BACKCAST_SHARED") {
        return Some(PathBuf::from(folder)).filter(|path| path.is_dir());
    }
    let root = root();
    root.ancestors()
        .skip(1)
        .map(|folder| folder.join("shared"))
        .find(|folder| folder.join("DESIGN.md").is_file())
}

/// A `cargo` command that runs in the root, with the variables removed that `cargo run` set for us,
/// so that build scripts see the same environment as when a user types the command.
pub(crate) fn cargo<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_BIN_")
            || matches!(&*name, "CARGO" | "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "OUT_DIR")
        {
            command.env_remove(&*name);
        }
    }
    command
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let root = root();
    let mut words = Vec::new();
    for word in std::iter::once(command.get_program()).chain(command.get_args()) {
        let word = Path::new(word);
        let word = word.strip_prefix(&root).unwrap_or(word).to_string_lossy().into_owned();
        words.push(if word.contains(' ') { format!("'{word}'") } else { word });
    }
    // The full path of cargo says nothing to a reader.
    if words[0].ends_with("/cargo") {
        words[0] = "cargo".into();
    }
    words.join(" ")
}

/// Runs to the end with the terminal handed through, after printing the command to stderr.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("$ {}", shown(command));
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", shown(command))) }
}

/// Runs to the end and gives what came on stdout.
pub(crate) fn capture(command: &mut Command) -> Result<String, String> {
    let output =
        command.stderr(Stdio::piped()).output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}` ended with {}\n{said}", shown(command), output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{}` wrote no UTF-8", shown(command)))
}

/// Whether the command can be started and ends well; its output is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The first file called `name` in a folder of PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// What to say when a command could not even be started.
pub(crate) fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start `{}`: {error}", shown(command))
}
