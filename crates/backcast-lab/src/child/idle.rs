//! Ends a helper that has nothing left to do and does not end.
//!
//! Time alone would not tell a helper that hangs from one with much to write; one that uses no processor time any more hangs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::tree::{self, Units};

/// After so long without processor time a helper is ended.
const GRACE: Duration = Duration::from_secs(10);
/// Time between two looks.
const PERIOD: Duration = Duration::from_millis(100);

/// What a helper may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitsFor {
    /// Nothing: it has work of its own.
    Nothing,
    /// The command that it has started, for as long as that takes.
    ItsCommand,
}

/// A thread that looks at a helper until it is told to stop, and ends the helper where it hangs.
#[derive(Debug)]
pub(crate) struct IdleWatch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<bool>,
}

impl IdleWatch {
    /// Looks at the process and what it has started.
    pub(crate) fn of(pid: i32, waits_for: WaitsFor) -> IdleWatch {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let units = Units::of_system();
            let (mut used, mut since) = (None, Instant::now());
            while !told.load(Ordering::Relaxed) && tree::is_running(pid) {
                let mut below = tree::descendants(pid);
                let waits = waits_for == WaitsFor::ItsCommand
                    && below.iter().any(|pid| tree::is_running(*pid));
                let now = cpu_ns(pid, &below, units);
                if waits || Some(now) != used {
                    (used, since) = (Some(now), Instant::now());
                } else if since.elapsed() > GRACE {
                    below.push(pid);
                    for pid in below {
                        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
                    }
                    return true;
                }
                thread::park_timeout(PERIOD);
            }
            false
        });
        IdleWatch { over, thread }
    }

    /// Looks no more; tells whether the helper had to be ended.
    pub(crate) fn finish(self) -> bool {
        self.over.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or(false)
    }
}

fn cpu_ns(pid: i32, below: &[i32], units: Units) -> u64 {
    let looks = below.iter().chain([&pid]).filter_map(|pid| tree::look(*pid, units));
    looks.map(|look| look.cpu_ns).sum()
}
