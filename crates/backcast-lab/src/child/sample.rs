//! What one process cost.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// By itself, with that exit code.
    Code(i32),
    /// By a signal of that number.
    Signal(i32),
    /// It ran past its time limit and was killed.
    TimedOut,
}

impl Exit {
    /// Whether it is what a command that did its work reports.
    pub fn is_success(self) -> bool {
        self == Exit::Code(0)
    }

    /// What became of a command that ended so, in words: `ended with exit code 3`, `ran past its time limit`.
    pub fn told(self) -> String {
        match self {
            Exit::TimedOut => "ran past its time limit".to_owned(),
            other => format!("ended with {other}"),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exit code {code}"),
            Exit::Signal(number) => match nix::sys::signal::Signal::try_from(*number) {
                Ok(signal) => write!(f, "signal {signal}"),
                Err(_) => write!(f, "signal {number}"),
            },
            Exit::TimedOut => f.write_str("past its time limit"),
        }
    }
}

/// One fresh process, from before it was started until it had ended. Times of the processor are of the command and of those
/// of its descendants that were waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// How it ended.
    pub exit: Exit,
    /// Time on the monotonic clock.
    pub wall_ns: u64,
    /// Processor time in the program.
    pub user_ns: u64,
    /// Processor time in the system on its behalf.
    pub system_ns: u64,
    /// Most memory that one process of the tree had resident, as the system keeps it; nothing where it does not say. A peak about
    /// as low as `peak_floor_bytes` may be any smaller one.
    pub peak_bytes: Option<u64>,
    /// What the launcher leaves to each command, which the system counts as the command's own beginning.
    pub peak_floor_bytes: Option<u64>,
    /// Most memory of the whole tree at once, where it was sampled: short peaks between two looks are missed. Shared pages count in
    /// equal parts where that was asked for and the system shows it, else once for each process.
    pub tree_peak_bytes: Option<u64>,
    /// Times it gave the processor up to wait.
    pub voluntary_switches: u64,
    /// Times the processor was taken from it.
    pub involuntary_switches: u64,
    /// Pages that came without reading.
    pub minor_faults: u64,
    /// Pages that had to be read.
    pub major_faults: u64,
    /// Blocks of 512 bytes read from devices.
    pub block_reads: u64,
    /// Blocks of 512 bytes written to devices.
    pub block_writes: u64,
    /// Processes that it left behind and that were ended.
    pub left_over: u32,
}

impl Sample {
    /// Processor time of program and system.
    pub fn cpu_ns(&self) -> u64 {
        self.user_ns + self.system_ns
    }

    /// Cores kept busy on average: processor time over wall time.
    pub fn cores(&self) -> f64 {
        self.cpu_ns() as f64 / self.wall_ns.max(1) as f64
    }
}
