//! One unit of time for a whole figure, so that its numbers can be compared by eye.

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    /// Its sign: `ms`.
    pub(super) name: &'static str,
    per_second: f64,
}

impl Unit {
    /// The one in which such a time is from 1 to 1,000, as far as there is one.
    pub(super) fn of(seconds: f64) -> Unit {
        let (name, per_second) = match seconds.abs() {
            s if s >= 1.0 => ("s", 1.0),
            s if s >= 1e-3 => ("ms", 1e3),
            s if s >= 1e-6 => ("µs", 1e6),
            _ => ("ns", 1e9),
        };
        Unit { name, per_second }
    }

    /// So many seconds in it.
    pub(super) fn amount(self, seconds: f64) -> f64 {
        seconds * self.per_second
    }

    /// `time of a run (ms)`.
    pub(super) fn title(self, what: &str) -> String {
        format!("{what} ({})", self.name)
    }
}
