//! Whether the clocks ran evenly: a machine that was suspended or whose clock was set measures nothing.

use std::{fmt, time::Duration};

use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Time asleep from which on a measurement is worth nothing.
const MOST_SUSPENDED: Duration = Duration::from_millis(10);

/// Steps of the wall clock from which on the machine counts as moved or restored. Daily corrections are smaller.
const MOST_STEPPED: Duration = Duration::from_secs(2);

/// Three clocks at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Runs evenly, stands still while the machine is suspended.
    pub monotonic_ns: i64,
    /// Runs evenly, suspended or not.
    pub boot_ns: i64,
    /// The time of day, which may be set.
    pub wall_ns: i64,
}

/// What was wrong with the clocks between two readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrouble {
    /// The machine was suspended for so long.
    Suspended {
        /// Time asleep.
        ns: i64,
    },
    /// The time of day moved against the monotonic clock by so much.
    Stepped {
        /// Forward where positive.
        ns: i64,
    },
    /// The monotonic clock went backwards.
    Backwards,
}

impl ClockReading {
    /// Reads the clocks of this machine. A clock that the system does not have reads as the monotonic one.
    pub fn now() -> ClockReading {
        let read = |id| clock_gettime(id).map(|t| t.tv_sec() * 1_000_000_000 + t.tv_nsec());
        let monotonic_ns = read(ClockId::CLOCK_MONOTONIC).unwrap_or(0);
        ClockReading {
            monotonic_ns,
            boot_ns: read(ClockId::CLOCK_BOOTTIME).unwrap_or(monotonic_ns),
            wall_ns: read(ClockId::CLOCK_REALTIME).unwrap_or(monotonic_ns),
        }
    }

    /// What went wrong since an earlier reading, if anything did.
    ///
    /// # Examples
    /// ```
    /// # use backcast_lab::child::{ClockReading, ClockTrouble};
    /// let early = ClockReading { monotonic_ns: 0, boot_ns: 0, wall_ns: 0 };
    /// let second = 1_000_000_000;
    /// let fine = ClockReading { monotonic_ns: second, boot_ns: second, wall_ns: second };
    /// assert_eq!(fine.trouble_since(&early), None);
    /// let slept = ClockReading { boot_ns: 3 * second, ..fine };
    /// assert_eq!(slept.trouble_since(&early), Some(ClockTrouble::Suspended { ns: 2 * second }));
    /// ```
    pub fn trouble_since(&self, earlier: &ClockReading) -> Option<ClockTrouble> {
        let passed = self.monotonic_ns - earlier.monotonic_ns;
        let suspended = (self.boot_ns - earlier.boot_ns) - passed;
        let stepped = (self.wall_ns - earlier.wall_ns) - (self.boot_ns - earlier.boot_ns);
        if passed < 0 {
            Some(ClockTrouble::Backwards)
        } else if suspended.unsigned_abs() > MOST_SUSPENDED.as_nanos() as u64 {
            Some(ClockTrouble::Suspended { ns: suspended })
        } else if stepped.unsigned_abs() > MOST_STEPPED.as_nanos() as u64 {
            Some(ClockTrouble::Stepped { ns: stepped })
        } else {
            None
        }
    }
}

impl fmt::Display for ClockTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClockTrouble::Suspended { ns } => {
                write!(f, "the machine was suspended for {:.2} s", *ns as f64 / 1e9)
            }
            ClockTrouble::Stepped { ns } => {
                write!(f, "the clock of the machine was set by {:.2} s", *ns as f64 / 1e9)
            }
            ClockTrouble::Backwards => f.write_str("the monotonic clock went backwards"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn reading(monotonic_ns: i64, boot_ns: i64, wall_ns: i64) -> ClockReading {
        ClockReading { monotonic_ns, boot_ns, wall_ns }
    }

    #[test]
    fn a_set_clock_and_one_that_runs_backwards_are_told_apart() {
        let start = reading(0, 0, 0);
        let set = reading(SECOND, SECOND, 3601 * SECOND);
        assert_eq!(set.trouble_since(&start), Some(ClockTrouble::Stepped { ns: 3600 * SECOND }));
        let back = reading(-1, SECOND, SECOND);
        assert_eq!(back.trouble_since(&start), Some(ClockTrouble::Backwards));
    }

    #[test]
    fn slow_corrections_of_the_time_of_day_are_no_trouble() {
        let corrected = reading(SECOND, SECOND + 1000, SECOND + 50_000_000);
        assert_eq!(corrected.trouble_since(&reading(0, 0, 0)), None);
        let start = ClockReading::now();
        assert_eq!(ClockReading::now().trouble_since(&start), None);
    }
}
