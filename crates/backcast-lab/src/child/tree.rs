//! Processes and their descendants, as `/proc` shows them.

use std::{fs, path::Path, sync::OnceLock};

use nix::unistd::{SysconfVar, sysconf};

/// What one process shows of itself. Times and bytes hold those of children that it has waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) cpu_ns: u64,
    pub(super) resident_bytes: u64,
    pub(super) threads: u64,
}

/// Sizes of the units that `/proc` counts in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Units {
    tick_ns: u64,
    page_bytes: u64,
}

impl Units {
    pub(super) fn of_system() -> Units {
        let ask = |what, usual| sysconf(what).ok().flatten().map_or(usual, |n| n.max(1) as u64);
        Units {
            tick_ns: 1_000_000_000 / ask(SysconfVar::CLK_TCK, 100),
            page_bytes: ask(SysconfVar::PAGE_SIZE, 4096),
        }
    }
}

/// Children, grandchildren and so on, without the process itself; parents before their children.
pub(super) fn descendants(root: i32) -> Vec<i32> {
    if !has_children_files() {
        return descendants_by_parent(root);
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        for thread in numbers_in(&format!("/proc/{pid}/task")) {
            let listed = fs::read_to_string(format!("/proc/{pid}/task/{thread}/children"));
            let children = listed.unwrap_or_default();
            let children = children.split_whitespace().filter_map(|word| word.parse::<i32>().ok());
            let before = found.len();
            found.extend(children);
            next.extend(&found[before..]);
        }
    }
    found
}

/// Whether this system lists the children of a thread.
fn has_children_files() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    let own = std::process::id();
    *THERE.get_or_init(|| Path::new(&format!("/proc/{own}/task/{own}/children")).exists())
}

/// The same from the parent that each process names, for systems without lists of children.
fn descendants_by_parent(root: i32) -> Vec<i32> {
    let parents: Vec<(i32, i32)> = numbers_in("/proc")
        .into_iter()
        .filter_map(|pid| Some((pid, stat(pid)?.get(1)?.parse().ok()?)))
        .collect();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}

/// Names in a folder of `/proc` that are numbers.
pub(super) fn numbers_in(folder: &str) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Whether the process is there and has not ended yet.
pub(super) fn is_running(pid: i32) -> bool {
    stat(pid).is_some_and(|fields| !matches!(fields[0].as_str(), "Z" | "X"))
}

/// Fields of `stat` from the state on: the name before them may hold anything.
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    (fields.len() > 21).then_some(fields)
}

/// One look at a process; nothing where it is gone.
pub(super) fn look(pid: i32, units: Units) -> Option<Look> {
    let fields = stat(pid)?;
    let number = |at: usize| fields[at].parse::<u64>().unwrap_or(0);
    // man 5 proc: utime, stime, cutime, cstime are fields 14 to 17, num_threads 20, rss 24; the state is field 3.
    let ticks: u64 = (11..15).map(number).sum();
    Some(Look {
        cpu_ns: ticks * units.tick_ns,
        resident_bytes: number(21) * units.page_bytes,
        threads: number(17),
    })
}

/// Memory of a process with shared pages in equal parts; nothing where the system does not say.
pub(super) fn proportional_bytes(pid: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(field(&text, "Pss:")? * 1024)
}

/// Bytes read and written by a process and the children it waited for, caches included; nothing where that is not to be seen.
pub(super) fn transferred(pid: i32) -> Option<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    Some((field(&text, "rchar:")?, field(&text, "wchar:")?))
}

/// Voluntary and involuntary switches of all threads that are alive.
pub(super) fn switches(pid: i32) -> (u64, u64) {
    let threads = numbers_in(&format!("/proc/{pid}/task"));
    threads.into_iter().fold((0, 0), |(voluntary, involuntary), thread| {
        let status = fs::read_to_string(format!("/proc/{pid}/task/{thread}/status"));
        let status = status.unwrap_or_default();
        let count = |name| field(&status, name).unwrap_or(0);
        (
            voluntary + count("\nvoluntary_ctxt_switches:"),
            involuntary + count("nonvoluntary_ctxt_switches:"),
        )
    })
}

/// The number that follows a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let (_, rest) = text.split_once(name)?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn children_of_children_are_found_both_ways() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 30 & sleep 30 & wait"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let own = std::process::id() as i32;
        let child = shell.id() as i32;
        let both = || {
            let (mut quick, mut slow) = (descendants(own), descendants_by_parent(own));
            quick.sort_unstable();
            slow.sort_unstable();
            (quick, slow)
        };
        let begin = std::time::Instant::now();
        while descendants(child).len() < 2 && begin.elapsed().as_secs() < 20 {
            std::thread::yield_now();
        }
        let (quick, slow) = both();
        let grandchildren = descendants(child);
        let alive = grandchildren.iter().filter(|pid| is_running(**pid)).count();
        for pid in &grandchildren {
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(*pid),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
        shell.wait().unwrap();
        assert!(quick.contains(&child) && slow.contains(&child));
        assert_eq!((grandchildren.len(), alive), (2, 2));
        assert!(grandchildren.iter().all(|pid| quick.contains(pid) && slow.contains(pid)));
        assert!(!is_running(child));
    }

    #[test]
    fn this_process_shows_memory_and_threads() {
        let own = std::process::id() as i32;
        let look = look(own, Units::of_system()).unwrap();
        assert!(look.resident_bytes > 100_000 && look.threads >= 1, "{look:?}");
        assert!(proportional_bytes(own).is_none_or(|bytes| bytes <= 2 * look.resident_bytes));
    }
}
