//! A moment in time.

use std::{fmt, str::FromStr};

use crate::Day;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Nanoseconds since 1970-01-01T00:00:00Z; years 1678 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Timestamp(pub i64);

/// Why a text is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no UTC time; write it as 2024-11-29T18:00:00Z")]
pub struct TimestampError {
    /// What was found.
    pub text: String,
}

impl Timestamp {
    /// The moment `seconds` after the epoch.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds.saturating_mul(SECOND))
    }

    /// The moment `minutes` after the epoch.
    #[must_use]
    pub fn from_minutes(minutes: i64) -> Timestamp {
        Timestamp(minutes.saturating_mul(60 * SECOND))
    }

    /// Midnight UTC at the beginning of `day`.
    #[must_use]
    pub fn midnight(day: Day) -> Timestamp {
        Timestamp(i64::from(day.0).saturating_mul(DAY))
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// Whole minutes since the epoch, rounded down.
    #[must_use]
    pub fn minutes(self) -> i64 {
        self.0.div_euclid(60 * SECOND)
    }

    /// The UTC day that holds this moment.
    #[must_use]
    pub fn utc_day(self) -> Day {
        Day(self.0.div_euclid(DAY) as i32)
    }
}

impl fmt::Display for Timestamp {
    /// `2024-11-29T18:00:00Z`; fractions of a second only where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = self.0.rem_euclid(DAY);
        let (seconds, nanos) = (inside / SECOND, inside % SECOND);
        let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{h:02}:{m:02}:{s:02}", self.utc_day())?;
        if nanos != 0 {
            let digits = format!("{nanos:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads `2024-11-29T18:00:00Z`, with or without seconds and fractions.
    fn from_str(text: &str) -> Result<Timestamp, TimestampError> {
        let wrong = || TimestampError { text: text.to_owned() };
        let parsed: jiff::Timestamp = if text.len() == 17 && text.ends_with('Z') {
            format!("{}:00Z", &text[..16]).parse().map_err(|_| wrong())?
        } else {
            text.parse().map_err(|_| wrong())?
        };
        i64::try_from(parsed.as_nanosecond()).map(Timestamp).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_and_read_back() {
        for text in ["2024-11-29T18:00:00Z", "1969-12-31T23:59:59.25Z", "1970-01-01T00:00:00Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2024-11-29T18:00Z".parse::<Timestamp>().unwrap().minutes(), 28_881_720);
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}
