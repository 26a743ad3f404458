//! Runs a test runner so that neither a test that hangs nor a process that outlives its test can hold up the rest.
//!
//! All that a runner starts inherits a mark in its environment. What bears it when the runner has ended, or when its time
//! is over, is named and killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::process;

/// Name of the mark.
const MARK: &str = "BACKCAST_XTASK_RUN";
/// How often the runner is looked at while it prints nothing.
const GLANCE: Duration = Duration::from_millis(50);
/// How long processes may take to end after the runner has.
const GRACE: Duration = Duration::from_secs(3);

/// How a runner ended.
pub(crate) enum Ended {
    /// By itself, and so did all that it started.
    With(ExitStatus),
    /// By itself or not, but something was still there, which was killed.
    Killed(String),
}

/// Runs to the end, at most `limit` long, and hands on each line of stdout.
pub(crate) fn watched(
    command: &mut Command,
    limit: Duration,
    mut line: impl FnMut(&str),
) -> Result<Ended, String> {
    let begin = Instant::now();
    let mark = format!("{MARK}={}-{}", std::process::id(), unique());
    let (name, value) = mark.split_once('=').unwrap_or_default();
    command.env(name, value).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| process::not_started(command, &error))?;
    let lines = lines(&mut child);
    let mut last = String::new();
    let ended = loop {
        match lines.recv_timeout(GLANCE) {
            Ok(said) => {
                line(&said);
                last = said;
            }
            Err(RecvTimeoutError::Timeout) => {}
            // The runner closed its output, so it is about to end.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(GLANCE),
        }
        if let Some(status) =
            child.try_wait().map_err(|error| process::not_started(command, &error))?
        {
            break Some(status);
        }
        if begin.elapsed() > limit {
            break None;
        }
    };
    if ended.is_some() {
        rest(&lines, &mark, &mut line);
    }
    let left = killed(&mark);
    let ended = match ended {
        Some(status) if left.is_empty() => return Ok(Ended::With(status)),
        Some(_) => format!("ended, but what it had started was still there: {}", left.join("; ")),
        None => {
            let _ = child.kill();
            let minutes = limit.as_secs() / 60;
            format!("did not end within {minutes} min, after `{last}`; killed: {}", left.join("; "))
        }
    };
    let _ = child.wait();
    Ok(Ended::Killed(ended))
}

/// Runs a command that only has to end well, as an installation does.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<(), String> {
    eprintln!("$ {}", process::shown(command));
    match watched(command, limit, |line| println!("{line}"))? {
        Ended::With(status) if status.success() => Ok(()),
        Ended::With(status) => Err(format!("`{}` ended with {status}", process::shown(command))),
        Ended::Killed(why) => Err(format!("`{}` {why}", process::shown(command))),
    }
}

/// What tells runs of one chore apart.
fn unique() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

/// Lines of a child's stdout. The thread that reads them is left alone: whoever holds the other end may never let go.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

/// What was printed and not yet read, and the time that processes of an ended runner have to end too.
fn rest(lines: &Receiver<String>, mark: &str, line: &mut impl FnMut(&str)) {
    let until = Instant::now() + GRACE;
    loop {
        match lines.recv_timeout(GLANCE) {
            Ok(said) => line(&said),
            Err(RecvTimeoutError::Disconnected) if marked(mark).is_empty() => return,
            Err(RecvTimeoutError::Disconnected) => thread::sleep(GLANCE),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if Instant::now() > until {
            return;
        }
    }
}

/// Processes with the mark in their environment.
fn marked(mark: &str) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| {
        fs::read(format!("/proc/{id}/environ"))
            .is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == mark.as_bytes()))
    })
    .collect()
}

/// Kills what bears the mark, and says what it was.
fn killed(mark: &str) -> Vec<String> {
    let found = marked(mark);
    let told = found.iter().map(|id| {
        let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        format!("{id} {}", words.chars().take(200).collect::<String>().trim())
    });
    let told = told.collect();
    for id in &found {
        process::succeeds(Command::new("kill").args(["-KILL", &id.to_string()]));
    }
    told
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{Ended, marked, watched};

    fn shell(line: &str, limit: Duration) -> (Ended, Vec<String>) {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        let ended = watched(command.args(["-c", line]), limit, |line| lines.push(line.to_owned()));
        (ended.unwrap(), lines)
    }

    #[test]
    fn a_runner_that_ends_is_heard_to_its_last_line() {
        let (ended, lines) = shell("echo one; printf two; exit 3", Duration::from_secs(60));
        assert!(matches!(ended, Ended::With(status) if status.code() == Some(3)));
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn what_outlives_its_runner_is_named_and_killed() {
        let begin = Instant::now();
        let (ended, lines) = shell("sleep 1234 & echo done", Duration::from_secs(60));
        let Ended::Killed(why) = ended else { panic!("the sleep was not found") };
        assert!(why.contains("sleep 1234"), "{why}");
        assert_eq!(lines, ["done"]);
        assert!(begin.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_runner_that_hangs_ends_at_its_limit_with_all_that_it_started() {
        let (ended, _) = shell("echo stuck; sleep 1235", Duration::from_millis(300));
        let Ended::Killed(why) = ended else { panic!("it ended by itself") };
        assert!(why.contains("`stuck`") && why.contains("sleep 1235"), "{why}");
        assert!(marked("BACKCAST_XTASK_RUN=none").is_empty());
    }
}
