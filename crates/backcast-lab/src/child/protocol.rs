//! What a process and its launcher say to each other, a line of JSON each: one request, then reports.
//!
//! Both ends are the same build of the same program, so the lines carry no version.

use std::{ffi::OsString, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{ClockTrouble, Exit};

/// What the launcher is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// The file to execute.
    pub(super) program: PathBuf,
    /// Its words; the first is what it sees as its own name.
    pub(super) argv: Vec<OsString>,
    pub(super) dir: Option<PathBuf>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) affinity: Vec<usize>,
    pub(super) timeout_ns: Option<u64>,
    pub(super) grace_ns: Option<u64>,
}

/// What ends the command while it runs, with the grace of the request.
pub(super) const STOP: &[u8] = b"stop\n";

/// What the launcher tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The command runs, and so does the launcher.
    Started { pid: i32, launcher: i32 },
    /// The command could not be started.
    Refused { reason: String },
    /// The command has ended, and so has all that it had started.
    Ended(Cost),
}

/// What the command cost.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cost {
    pub(super) exit: Exit,
    /// Whether it was asked to stop, other than for its time limit.
    pub(super) stopped: bool,
    /// When it was started, on the monotonic clock.
    pub(super) began_ns: i64,
    pub(super) wall_ns: u64,
    pub(super) usage: Usage,
    pub(super) floor_bytes: Option<u64>,
    pub(super) left_over: u32,
    pub(super) clock_trouble: Option<ClockTrouble>,
}

/// What the system counted for the command and those of its descendants that were waited for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Usage {
    pub(super) user_ns: u64,
    pub(super) system_ns: u64,
    pub(super) peak_bytes: Option<u64>,
    pub(super) voluntary_switches: u64,
    pub(super) involuntary_switches: u64,
    pub(super) minor_faults: u64,
    pub(super) major_faults: u64,
    pub(super) block_reads: u64,
    pub(super) block_writes: u64,
}

impl Usage {
    /// What was added since. The most memory is no sum: it stays what it was where nothing was more.
    pub(super) fn since(self, before: &Usage) -> Usage {
        Usage {
            user_ns: self.user_ns - before.user_ns,
            system_ns: self.system_ns - before.system_ns,
            peak_bytes: self.peak_bytes,
            voluntary_switches: self.voluntary_switches - before.voluntary_switches,
            involuntary_switches: self.involuntary_switches - before.involuntary_switches,
            minor_faults: self.minor_faults - before.minor_faults,
            major_faults: self.major_faults - before.major_faults,
            block_reads: self.block_reads - before.block_reads,
            block_writes: self.block_writes - before.block_writes,
        }
    }
}
