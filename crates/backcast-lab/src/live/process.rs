//! Which process a file belongs to, whether it is alive, and what it takes.

use std::fs;

use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use super::Vitals;

/// A process among all that ever ran: numbers are used again, start times on one machine since its boot are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its number.
    pub pid: u32,
    /// Clock ticks from the machine's boot to its start; 0 where the system does not tell.
    pub start_ticks: u64,
    /// Boot of the machine and namespace of process numbers, in which `pid` means something.
    pub machine: String,
}

impl Identity {
    /// Of this process.
    pub(super) fn own() -> Identity {
        let pid = std::process::id();
        Identity { pid, start_ticks: start_ticks(pid).unwrap_or(0), machine: machine() }
    }

    /// Whether the process is there; `None` where it belongs to another machine or container, of which nothing is known.
    pub(super) fn is_alive(&self, machine: &str) -> Option<bool> {
        if machine.is_empty() || self.machine != machine || self.start_ticks == 0 {
            return None;
        }
        Some(start_ticks(self.pid) == Some(self.start_ticks))
    }
}

/// Boot of this machine and namespace of process numbers; empty where the system does not tell.
pub(super) fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    if boot.is_empty() {
        return String::new();
    }
    format!("{} {}", boot.trim(), namespace.display())
}

/// When a process started; `None` where there is none, or one that is dead and not waited for yet.
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, parentheses too: fields count from behind the last one.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    match fields.first() {
        Some(&("Z" | "X")) => None,
        _ => fields.get(19)?.parse().ok(),
    }
}

/// What this process takes.
pub(super) fn vitals() -> Vitals {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| -> Option<u64> {
        let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let cpu_ns = getrusage(UsageWho::RUSAGE_SELF).ok().map(|usage| {
        let ns = |time: nix::sys::time::TimeVal| {
            time.tv_sec() as u64 * 1_000_000_000 + time.tv_usec() as u64 * 1000
        };
        ns(usage.user_time()) + ns(usage.system_time())
    });
    Vitals {
        threads: field("Threads:").and_then(|n| n.try_into().ok()),
        resident_bytes: field("VmRSS:").map(|kb| kb * 1024),
        peak_bytes: field("VmHWM:").map(|kb| kb * 1024),
        cpu_ns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_as_itself_only() {
        let (own, machine) = (Identity::own(), machine());
        assert_eq!(own.is_alive(&machine), Some(true));
        let earlier = Identity { start_ticks: own.start_ticks - 1, ..own.clone() };
        assert_eq!(earlier.is_alive(&machine), Some(false), "its number is used again");
        assert_eq!(own.is_alive("another machine"), None);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        let gone = Identity { pid, start_ticks: own.start_ticks, ..own };
        assert_eq!(gone.is_alive(&machine), Some(false));
    }

    #[test]
    fn vitals_are_those_of_this_process() {
        let before = vitals();
        let block = vec![1u8; 64 << 20];
        let after = vitals();
        let grown = after.resident_bytes.unwrap() as i64 - before.resident_bytes.unwrap() as i64;
        assert!(grown > 48 << 20, "{grown} of {} bytes", std::hint::black_box(block).len());
        assert!(after.peak_bytes >= after.resident_bytes);
        assert!(after.cpu_ns >= before.cpu_ns && after.threads > Some(0));
    }
}
