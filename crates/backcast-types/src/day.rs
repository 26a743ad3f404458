//! A calendar day, counted from 1970-01-01.

use std::{fmt, str::FromStr};

use jiff::civil::Date;

/// Days since 1970-01-01; earlier days are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Day(pub i32);

/// Why a text is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no date; write it as 2024-11-29")]
pub struct DayError {
    /// What was found.
    pub text: String,
}

impl Day {
    /// The earliest day that can be written: 0001-01-01.
    pub const MIN: Day = Day(-719_162);
    /// The latest day that can be written: 9999-12-31.
    pub const MAX: Day = Day(2_932_896);

    /// The day of a year, month (1 to 12) and day of the month; `None` where there is no such day (29 February 2001).
    #[must_use]
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Day> {
        Date::new(year, month, day).ok().map(Day::from_date)
    }

    /// Year, month (1 to 12) and day of the month.
    #[must_use]
    pub fn ymd(self) -> (i16, i8, i8) {
        let date = self.to_date();
        (date.year(), date.month(), date.day())
    }

    /// 0 is Monday, 6 is Sunday.
    #[must_use]
    pub fn weekday(self) -> u8 {
        (self.0 + 3).rem_euclid(7) as u8
    }

    /// The same day as a `jiff` date. Days outside 0001 to 9999 are clamped.
    #[must_use]
    pub fn to_date(self) -> Date {
        let epoch = jiff::civil::date(1970, 1, 1);
        let days = self.0.clamp(Day::MIN.0, Day::MAX.0);
        epoch.checked_add(jiff::Span::new().days(days)).unwrap_or(epoch)
    }

    /// The day of a `jiff` date.
    #[must_use]
    pub fn from_date(date: Date) -> Day {
        let (y, m, d) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
        // Days from the civil calendar with years that begin in March, so that the leap day is the last.
        let y = if m <= 2 { y - 1 } else { y };
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let day_of_year = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Day(era * 146_097 + day_of_era - 719_468)
    }

    /// The day `days` later (earlier where negative).
    #[must_use]
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.ymd();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

impl FromStr for Day {
    type Err = DayError;

    /// Reads `2024-11-29`, nothing else.
    fn from_str(text: &str) -> Result<Day, DayError> {
        let wrong = || DayError { text: text.to_owned() };
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(wrong());
        }
        let number = |range: std::ops::Range<usize>| {
            bytes[range]
                .iter()
                .try_fold(0i16, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i16::from(b - b'0')))
        };
        let (y, m, d) = (number(0..4), number(5..7), number(8..10));
        match (y, m, d) {
            (Some(y), Some(m), Some(d)) => Day::from_ymd(y, m as i8, d as i8).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_three_centuries_reads_back() {
        for n in -40_000..80_000 {
            let day = Day(n);
            assert_eq!(day.to_string().parse::<Day>().unwrap(), day);
            assert_eq!(Day::from_date(day.to_date()), day);
        }
        assert_eq!(Day::MIN.to_string(), "0001-01-01");
        assert_eq!(Day::MAX.to_string(), "9999-12-31");
    }

    #[test]
    fn a_leap_day_exists_only_in_leap_years() {
        assert_eq!("2000-02-29".parse::<Day>().unwrap(), Day(11_016));
        for text in ["1900-02-29", "2001-02-29", "2001-13-01", "20010101", "2001-1-1", "+200-01-01"]
        {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_of_january_1970_was_a_thursday() {
        assert_eq!(Day(0).weekday(), 3);
        assert_eq!(Day(-4).weekday(), 6);
    }
}
