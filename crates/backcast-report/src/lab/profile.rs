//! Where the time of a command went: call paths, functions, the process tree.

use crate::model::Table;

/// Where the time of a command went.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// User code, data preparation, engine and computation in one sentence.
    pub closing: String,
    /// Call paths, each after its caller.
    pub flame: Vec<FlameRow>,
    /// Call paths of two profiles, each after its caller.
    pub difference: Option<Vec<ChangeRow>>,
    /// Call paths as a table.
    pub paths: Option<Table>,
    /// Functions wherever they were called from.
    pub functions: Option<Table>,
    /// What changed since the other profile.
    pub changes: Option<Table>,
    /// Work of Python's garbage collector.
    pub collector: Option<Table>,
    /// Time of Python's imports.
    pub imports: Option<Table>,
    /// The process tree over time.
    pub process: Vec<ProcessPoint>,
}

/// A call path of a flame graph.
#[derive(Debug, Clone, Default)]
pub struct FlameRow {
    /// Its caller, an earlier row; `None` for a thread.
    pub parent: Option<usize>,
    /// Function, span or thread.
    pub name: String,
    /// What is told beside the name.
    pub detail: String,
    /// Whose work it is; rows of one group have one colour.
    pub group: String,
    /// Seconds in it alone.
    pub own: f64,
    /// Seconds in it and below.
    pub total: f64,
}

/// A call path of a differential flame graph.
#[derive(Debug, Clone, Default)]
pub struct ChangeRow {
    /// Its caller, an earlier row.
    pub parent: Option<usize>,
    /// Function, span or thread.
    pub name: String,
    /// What is told beside the name.
    pub detail: String,
    /// The longer of both own times, in seconds: how wide it is drawn.
    pub own: f64,
    /// The longer of both times with all below, in seconds.
    pub total: f64,
    /// From -1, faster by the largest change there is or gone, to 1, slower by it or new.
    pub change: f64,
}

/// The process tree at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessPoint {
    /// Seconds since the start.
    pub at: f64,
    /// Processors in use since the point before.
    pub cores: f64,
    /// Resident memory in megabytes.
    pub resident_mb: f64,
}
