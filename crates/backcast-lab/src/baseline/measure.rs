//! What of a record is looked at over time, and one session's figure of it.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

/// A property of runs that can get worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Time on the clock, in nanoseconds.
    Wall,
    /// Processor time of program and system, in nanoseconds.
    Cpu,
    /// Most memory of one process, in bytes.
    Peak,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 3] = [Measure::Wall, Measure::Cpu, Measure::Peak];

    /// As it is called on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Wall => "wall",
            Measure::Cpu => "cpu",
            Measure::Peak => "peak",
        }
    }

    /// How far sessions of an unchanged program lie apart before any history tells: relative deviation.
    pub(super) fn usual_spread(self) -> f64 {
        match self {
            Measure::Wall | Measure::Cpu => 0.02,
            Measure::Peak => 0.01,
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one session found of one measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Id of the record.
    pub id: String,
    /// When it was taken, in UTC; orders a history.
    pub taken_at: String,
    /// Commit of the sources, with a plus sign where they had changed since.
    pub commit: Option<String>,
    /// Median over its runs, in the unit of the measure, above zero.
    pub median: f64,
    /// Relative standard error of that median, by the spread of its runs.
    pub error: f64,
    /// Number of runs.
    pub runs: usize,
    /// Whether it may be any smaller: a peak that the launcher cannot tell from what it leaves to each command.
    #[serde(default)]
    pub at_most: bool,
}

impl Figure {
    /// The order of histories. Times may have fractions of a second or none, so their texts do not tell.
    pub fn in_time(&self, other: &Figure) -> Ordering {
        let of = |one: &Figure| one.taken_at.parse::<jiff::Timestamp>().ok();
        let by_text = || (&self.taken_at, &self.id).cmp(&(&other.taken_at, &other.id));
        of(self).cmp(&of(other)).then_with(by_text)
    }
}
