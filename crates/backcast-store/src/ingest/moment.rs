//! Dates and times as they stand in files.

use backcast_types::Day;
use jiff::civil::{Date, DateTime, Time};

use super::options::DateOrder;

/// When a bar was, as far as one row says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    /// A date.
    Day(Day),
    /// A date and time without offset.
    Local(DateTime),
    /// A moment: the time as written, and seconds that it is ahead of UTC.
    Offset(DateTime, i32),
}

impl When {
    /// The date as written.
    pub(crate) fn date(self) -> Day {
        match self {
            When::Day(day) => day,
            When::Local(t) | When::Offset(t, _) => Day::from_date(t.date()),
        }
    }

    /// Seconds from the epoch to the time as written; only differences within a file mean something.
    pub(crate) fn written_seconds(self) -> i64 {
        match self {
            When::Day(day) => i64::from(day.0) * 86_400,
            When::Local(t) => seconds(t),
            When::Offset(t, offset) => seconds(t) - i64::from(offset),
        }
    }
}

/// Seconds from 1970-01-01T00:00 to `t` on the same clock.
pub(crate) fn seconds(t: DateTime) -> i64 {
    let time = t.time();
    let inside =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    i64::from(Day::from_date(t.date()).0) * 86_400 + inside
}

/// Reads a date or a date with time. The error says what is wrong.
pub(crate) fn parse_when(text: &str, order: DateOrder) -> Result<When, String> {
    let text = text.trim();
    let (date, rest) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let date = parse_date(date, order)?;
    if rest.is_empty() { Ok(When::Day(date)) } else { with_time(date, rest) }
}

/// Reads a time of day beside a date.
pub(crate) fn with_time(day: Day, text: &str) -> Result<When, String> {
    let text = text.trim();
    let split = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, offset) = text.split_at(split);
    let time = parse_time(clock.trim()).ok_or("the time is not written as 15:30 or 15:30:00")?;
    let t = DateTime::from_parts(day.to_date(), time);
    if offset.is_empty() {
        return Ok(When::Local(t));
    }
    let offset = parse_offset(offset).ok_or("the offset from UTC is not written as +05:30 or Z")?;
    Ok(When::Offset(t, offset))
}

/// Reads a date: 2024-11-29 or 20241129, and with slashes or points in the order given.
pub(crate) fn parse_date(text: &str, order: DateOrder) -> Result<Day, String> {
    if text.is_empty() {
        return Err("the date is missing".to_owned());
    }
    let bytes = text.as_bytes();
    let digits = |part: &[u8]| {
        let all = !part.is_empty() && part.len() <= 4 && part.iter().all(u8::is_ascii_digit);
        all.then(|| {
            part.iter().fold(0i16, |sum, b| sum.wrapping_mul(10).wrapping_add(i16::from(b - b'0')))
        })
    };
    let parts: Vec<Option<i16>> = if bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit) {
        vec![digits(&bytes[..4]), digits(&bytes[4..6]), digits(&bytes[6..])]
    } else {
        bytes.split(|b| matches!(b, b'-' | b'/' | b'.')).map(digits).collect()
    };
    let &[Some(a), Some(b), Some(c)] = parts.as_slice() else {
        return Err("this is no date; write dates as 2024-11-29".to_owned());
    };
    let year_first = a > 31 || text.find(['-', '/', '.']).is_none_or(|at| at == 4);
    let (year, month, day) = match order {
        _ if year_first => (a, b, c),
        DateOrder::DayFirst => (c, b, a),
        DateOrder::MonthFirst => (c, a, b),
        DateOrder::YearFirst => {
            return Err(
                "nothing says whether day or month comes first; give --dates dmy or --dates mdy"
                    .to_owned(),
            );
        }
    };
    impossible(year, month, day).map_or_else(
        || Ok(Day::from_date(Date::new(year, month as i8, day as i8).expect("checked"))),
        Err,
    )
}

/// What keeps such a day from existing.
fn impossible(year: i16, month: i16, day: i16) -> Option<String> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
        return Some(format!("there is no month {month} in the year {year}"));
    }
    if (1..=31).contains(&day) && Date::new(year, month as i8, day as i8).is_ok() {
        return None;
    }
    if month == 2 && day == 29 {
        return Some(format!("there is no such day: {year} is no leap year"));
    }
    Some(format!("there is no day {day} in month {month} of {year}"))
}

fn parse_time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number = |part: &str| {
        let good = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        good.then(|| part.parse::<i8>().ok()).flatten()
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number)?;
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.len() > 9
    {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Time::new(hour, minute, second, nanos).ok()
}

fn parse_offset(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn dates_are_read_in_the_usual_ways() {
        let plain = DateOrder::YearFirst;
        for text in ["2024-11-29", "20241129", "2024/11/29", "2024-11-29 "] {
            assert_eq!(parse_when(text, plain), Ok(When::Day(day("2024-11-29"))), "{text}");
        }
        assert_eq!(parse_date("29/11/2024", DateOrder::DayFirst), Ok(day("2024-11-29")));
        assert_eq!(parse_date("11/29/2024", DateOrder::MonthFirst), Ok(day("2024-11-29")));
        assert!(parse_date("01/02/2024", plain).unwrap_err().contains("--dates dmy"));
        assert_eq!(
            parse_date("2001-02-29", plain).unwrap_err(),
            "there is no such day: 2001 is no leap year"
        );
        assert!(parse_date("2000-02-29", plain).is_ok());
        assert_eq!(
            parse_date("2001-04-31", plain).unwrap_err(),
            "there is no day 31 in month 4 of 2001"
        );
        assert_eq!(
            parse_date("2001-13-01", plain).unwrap_err(),
            "there is no month 13 in the year 2001"
        );
        for text in ["yesterday", "1.5", "-", "2001-1", "99999-01-01", ""] {
            assert!(parse_date(text, plain).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_read_with_and_without_offset() {
        let at = jiff::civil::date(2024, 11, 29).at(9, 31, 0, 0);
        let plain = DateOrder::YearFirst;
        for text in ["2024-11-29T09:31", "2024-11-29 09:31:00", "20241129 9:31:00.000"] {
            assert_eq!(parse_when(text, plain), Ok(When::Local(at)), "{text}");
        }
        assert_eq!(parse_when("2024-11-29T09:31:00-05:00", plain), Ok(When::Offset(at, -18_000)));
        assert_eq!(parse_when("2024-11-29 09:31+0530", plain), Ok(When::Offset(at, 19_800)));
        assert_eq!(parse_when("2024-11-29T09:31Z", plain), Ok(When::Offset(at, 0)));
        for text in
            ["2024-11-29T25:00", "2024-11-29T0931", "2024-11-29T09:31:00+5", "2024-11-29T09:31 EST"]
        {
            assert!(parse_when(text, plain).is_err(), "{text}");
        }
    }
}
