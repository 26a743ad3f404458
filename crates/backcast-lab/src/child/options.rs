//! How a command is run.

use std::time::Duration;

use super::Capture;

/// How a command is run. By default: no limit, all processors, output discarded, nothing sampled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// After this time it is killed with all it has started.
    pub timeout: Option<Duration>,
    /// How long it may take to end by itself, asked by SIGINT and then by SIGTERM, before it is killed: past its time limit, and
    /// where this process was asked to stop, which then still hears what it cost. At once if not given.
    pub grace: Option<Duration>,
    /// Processors it may use; all that this process may use where empty.
    pub affinity: Vec<usize>,
    /// Its standard output.
    pub stdout: Capture,
    /// Its standard error.
    pub stderr: Capture,
    /// Looks at the whole tree of processes while it runs.
    pub sampling: Option<Sampling>,
}

/// How often and how closely a tree of processes is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Time between two looks; longer where looking would take more than half a per cent of the time.
    pub period: Duration,
    /// Shared pages in equal parts to those that share them, where there are several processes. Slow: the system walks all page
    /// tables.
    pub proportional: bool,
    /// Switches and bytes as well as memory, time and threads, at one look in five.
    pub detailed: bool,
}

impl Sampling {
    /// Memory and time of the tree, 25 times a second: next to nothing.
    pub const LIGHT: Sampling =
        Sampling { period: Duration::from_millis(40), proportional: true, detailed: false };
    /// All there is, up to 100 times a second.
    pub const FULL: Sampling =
        Sampling { period: Duration::from_millis(10), proportional: false, detailed: true };
}
