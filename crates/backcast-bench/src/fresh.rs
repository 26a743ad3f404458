//! This program again, as a process of its own: nothing is warm in it, and its peak of memory is its own.

use std::{fs, process::Command};

use serde::{Deserialize, Serialize};

/// What such a process found.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Time of the work alone.
    pub(crate) seconds: f64,
    /// Most memory that was resident at once, in bytes.
    pub(crate) peak_bytes: f64,
}

/// Starts the work of that name and waits for it.
pub(crate) fn process(name: &str, arguments: &[&str]) -> Result<Told, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    ask(name, Command::new(program).args(["child", name]).args(arguments))
}

/// What a process tells at its end; where it fails, why.
fn ask(name: &str, command: &mut Command) -> Result<Told, String> {
    let output = command.output().map_err(|error| format!("cannot start myself: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
        return Err(format!("the process `{name}` failed ({}): {said}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{name} told nonsense: {error}"))
}

/// What the process prints at its end.
pub(crate) fn told(seconds: f64) -> Result<String, String> {
    let path = "/proc/self/status";
    let status =
        fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let peak_bytes = peak_bytes(&status).ok_or_else(|| format!("{path} tells no peak (VmHWM)"))?;
    serde_json::to_string(&Told { seconds, peak_bytes }).map_err(|error| error.to_string())
}

/// The peak of resident memory that a process's status tells; `None` where it does not, for none at all would meet every target.
fn peak_bytes(status: &str) -> Option<f64> {
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = peak.split_whitespace().next()?.parse().ok()?;
    (kilobytes > 0.0).then_some(kilobytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_without_a_peak_tells_none() {
        let with = |line: &str| peak_bytes(&format!("Name:\tbench\n{line}\nThreads:\t2\n"));
        assert_eq!(with("VmHWM:\t   69120 kB"), Some(69120.0 * 1024.0));
        for line in ["", "VmRSS:\t 69120 kB", "VmHWM:", "VmHWM:\t many kB", "VmHWM:\t 0 kB"] {
            assert_eq!(with(line), None, "{line}");
        }
    }

    #[test]
    fn a_process_that_fails_or_tells_nonsense_is_an_error() {
        let shell = |script: &str| ask("job", Command::new("sh").args(["-c", script]));
        let told = shell(r#"echo '{"seconds": 0.5, "peak_bytes": 1024.0}'"#);
        assert_eq!(told, Ok(Told { seconds: 0.5, peak_bytes: 1024.0 }));
        let failed = shell("echo no room >&2; exit 3").unwrap_err();
        assert_eq!(failed, "the process `job` failed (exit status: 3): no room");
        let killed = shell("kill -9 $$").unwrap_err();
        assert!(killed.contains("signal: 9"), "{killed}");
        for script in ["true", "echo 12", r#"echo '{"seconds": 0.5}'"#] {
            assert!(shell(script).unwrap_err().starts_with("job told nonsense"), "{script}");
        }
    }
}
