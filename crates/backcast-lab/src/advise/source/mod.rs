//! Reads the source of a Python program for work that it repeats on the same data.
//!
//! The text is parsed by Python itself (`repeats.py`), as it is the one that knows its own syntax; nothing of the program runs.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

const REPEATS: &str = include_str!("repeats.py");
/// Largest source that is read, in bytes.
const LARGEST: u64 = 4 << 20;
/// Time between two looks at whether to stop.
const GLANCE: Duration = Duration::from_millis(2);

/// A file and the lines of it on which the program was seen.
#[derive(Serialize)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) lines: Vec<u32>,
    /// Filled here.
    pub(super) text: String,
}

/// An operation on the same data in each round of a loop.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Repeat {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) end: u32,
    pub(super) kind: RepeatKind,
    pub(super) text: String,
    pub(super) data: Vec<String>,
    /// Whether it is the same result each time, not only the same data.
    pub(super) identical: bool,
    /// Whether functions of the program are called inside of it.
    pub(super) calls_others: bool,
    pub(super) loop_line: u32,
    pub(super) loop_function: String,
}

/// What is done with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RepeatKind {
    Filter,
    Distinct,
    Group,
    Sort,
    Convert,
    Parse,
}

#[derive(Deserialize)]
struct Answer {
    findings: Vec<Repeat>,
    unread: Vec<String>,
}

/// Looks into the files; also says which of them could not be read. `taken_at` is when the program was seen: a file that was changed
/// since then says nothing about it.
pub(super) fn repeats(
    command: &[String],
    taken_at: &str,
    mut files: Vec<Seen>,
    stop: &AtomicBool,
) -> Result<(Vec<Repeat>, Vec<String>), String> {
    let taken_at: Option<SystemTime> =
        taken_at.parse::<jiff::Timestamp>().ok().map(SystemTime::from);
    let mut unread = Vec::new();
    files.retain_mut(|file| match text(Path::new(&file.path), taken_at) {
        Ok(text) => {
            file.text = text;
            true
        }
        Err(why) => {
            unread.push(why);
            false
        }
    });
    if files.is_empty() {
        return Ok((Vec::new(), unread));
    }
    let question = serde_json::json!({ "files": files }).to_string();
    let answer = ask(python(command), question, stop)?;
    unread.extend(answer.unread);
    Ok((answer.findings, unread))
}

/// The interpreter of the command, or the one on the search path.
fn python(command: &[String]) -> &str {
    let own = command.first().filter(|program| {
        program.rsplit('/').next().is_some_and(|name| name.starts_with("python"))
    });
    own.map_or("python3", String::as_str)
}

fn text(path: &Path, taken_at: Option<SystemTime>) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    let about = fs::metadata(path).map_err(unreadable)?;
    if about.len() > LARGEST {
        return Err(format!("{} is too large", path.display()));
    }
    let changed = about.modified().ok().zip(taken_at);
    if changed.is_some_and(|(modified, taken)| modified > taken) {
        return Err(format!("{} was changed after the profile was taken", path.display()));
    }
    fs::read_to_string(path).map_err(unreadable)
}

/// Has Python parse the text, until `stop` is set.
fn ask(python: &str, question: String, stop: &AtomicBool) -> Result<Answer, String> {
    let failed = |error: io::Error| format!("{python} cannot be asked to read it: {error}");
    let mut child = Command::new(python)
        .args(["-I", "-S", "-c", REPEATS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C must reach this process alone, which then ends the other.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let mut stdin = child.stdin.take().expect("it was asked for");
    let mut stdout = child.stdout.take().expect("it was asked for");
    let written = thread::spawn(move || stdin.write_all(question.as_bytes()));
    let read = thread::spawn(move || {
        let mut all = Vec::new();
        stdout.read_to_end(&mut all).map(|_| all)
    });
    let ended = wait(&mut child, stop).map_err(failed)?;
    if !ended {
        return Err("it was stopped".to_owned());
    }
    let answer = read.join().expect("reading does not panic").map_err(failed)?;
    written.join().expect("writing does not panic").map_err(failed)?;
    serde_json::from_slice(&answer)
        .map_err(|error| format!("{python} cannot be asked to read it: {error}"))
}

/// Waits for the end of a process; false where it was ended because of `stop`.
fn wait(child: &mut Child, stop: &AtomicBool) -> io::Result<bool> {
    while child.try_wait()?.is_none() {
        if stop.load(Ordering::Relaxed) {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(GLANCE);
    }
    Ok(true)
}
