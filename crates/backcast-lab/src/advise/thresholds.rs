//! From where on something is worth a suggestion.

/// From where on something is worth a suggestion. Shares are of the wall time: 0.01 is one percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// What a suggestion has to promise at best, where nothing else is said.
    pub gain: f64,
    /// Own share of a function from which on it is high.
    pub high_share: f64,
    /// Calls of a function from which on they are many.
    pub calls: u64,
    /// Peak memory from which on it is large, in bytes.
    pub memory_bytes: u64,
    /// Share of Python's garbage collector.
    pub collector: f64,
    /// Share of a line that prepares the same data again.
    pub preparation: f64,
    /// Share of time spent waiting for locks.
    pub lock_waits: f64,
}

impl Default for Thresholds {
    /// Those of report 004 for share, calls and memory: 30 %, 1,000 calls, 100 MB. Collector and repeated preparation from 3 %,
    /// everything else from 1 % on.
    fn default() -> Thresholds {
        Thresholds {
            gain: 0.01,
            high_share: 0.3,
            calls: 1000,
            memory_bytes: 100_000_000,
            collector: 0.03,
            preparation: 0.03,
            lock_waits: 0.01,
        }
    }
}
