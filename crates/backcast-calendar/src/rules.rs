//! Calendars that a user brings, as JSON rules.
//!
//! ```json
//! {
//!   "name": "XTST", "tz": "Europe/London", "first": "2024-01-01", "last": "2024-12-31",
//!   "weekmask": [1, 1, 1, 1, 1, 0, 0],
//!   "regular": [["2024-01-01", [480, 990, null, null]]],
//!   "holidays": ["2024-01-01", "2024-12-25"],
//!   "extra_sessions": [],
//!   "special": {"480,750,,": ["2024-12-24"]}
//! }
//! ```
//!
//! `weekmask` begins with Monday. Hours are open, close, begin and end of the break, in minutes of the wall clock of `tz`
//! from 00:00 of the session's date, negative for the day before; `regular` hours hold from their date on, `special` ones
//! on the dates listed. `holidays`, `extra_sessions` and `special` may be absent, and so may be `sessions`, a count to
//! check the rest by. Other keys are ignored.

use std::collections::{BTreeMap, BTreeSet};

use backcast_types::Day;
use jiff::{civil::DateTime, tz::TimeZone};
use serde::Deserialize;

use crate::{Calendar, CalendarError, build::Builder, hours::Hours};

/// Minutes from the epoch must fit the arrays, and moments must fit a `Timestamp`.
const FIRST_YEAR: i16 = 1700;
const LAST_YEAR: i16 = 2250;

#[derive(Deserialize)]
struct Rules {
    name: String,
    tz: String,
    first: String,
    last: String,
    weekmask: [u8; 7],
    regular: Vec<(String, WallHours)>,
    #[serde(default)]
    holidays: Vec<String>,
    #[serde(default)]
    extra_sessions: Vec<String>,
    #[serde(default)]
    special: BTreeMap<String, Vec<String>>,
    sessions: Option<usize>,
}

/// Open, close, begin and end of the break, in minutes of the wall clock.
type WallHours = [Option<i32>; 4];

impl Calendar {
    /// A calendar from rules in JSON, the form of which stands at the head of `rules.rs`: name, tz, first, last, weekmask,
    /// regular, holidays, extra_sessions, special. Its days are all certain, none is provisional.
    ///
    /// # Errors
    /// [`CalendarError::Rules`], which says what is wrong where: no JSON, a missing key, an unknown zone, a date that does
    /// not exist, hours out of order, sessions that overlap, a count that does not agree.
    pub fn from_rules_json(text: &str) -> Result<Calendar, CalendarError> {
        let rules: Rules = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        expand(&rules)
    }
}

fn expand(rules: &Rules) -> Result<Calendar, CalendarError> {
    let zone = TimeZone::get(&rules.tz)
        .map_err(|_| wrong(format!("`tz` is `{}`, which is no known time zone", rules.tz)))?;
    let (first, last) = (bound("first", &rules.first)?, bound("last", &rules.last)?);
    if first > last {
        return Err(wrong(format!("`first` is {first}, after `last`, {last}")));
    }
    let regular = regular_hours(&rules.regular, first)?;
    let special = special_hours(&rules.special)?;
    let holidays = dates("holidays", &rules.holidays)?;
    let extra = dates("extra_sessions", &rules.extra_sessions)?;
    let weekmask = (0..7).map(|day| u8::from(rules.weekmask[day] != 0) << day).sum();

    let mut builder = Builder::new(&rules.name, &rules.tz, first, last, weekmask, None);
    for day in (first.0..=last.0).map(Day) {
        if (builder.trades_on(day) && !holidays.contains(&day)) || extra.contains(&day) {
            let (_, usual) = regular.range(..=day).next_back().ok_or_else(|| {
                wrong(format!("session {day} comes before the first date of `regular`"))
            })?;
            let own = special.get(&day).unwrap_or(usual);
            let hours = utc_hours(&zone, day, own)?;
            if builder.last_close().is_some_and(|close| close > day.0 * 1440 + hours.open) {
                return Err(wrong(format!("session {day} opens before the previous one closes")));
            }
            builder.push(day, hours, utc_hours(&zone, day, usual)?);
        }
    }
    let calendar = builder.finish();
    check(rules, &special, &calendar)?;
    Ok(calendar)
}

/// Looks for contradictions that an expansion does not meet.
fn check(
    rules: &Rules,
    special: &BTreeMap<Day, WallHours>,
    calendar: &Calendar,
) -> Result<(), CalendarError> {
    if calendar.sessions.is_empty() {
        return Err(wrong("there is not one session".to_owned()));
    }
    if let Some(day) = special.keys().find(|&&day| calendar.session_index(day).is_none()) {
        return Err(wrong(format!("`special` has hours for {day}, which is no session")));
    }
    match rules.sessions {
        Some(count) if count != calendar.sessions.len() => {
            let found = calendar.sessions.len();
            Err(wrong(format!("`sessions` says {count}, but the rules give {found}")))
        }
        _ => Ok(()),
    }
}

/// The wall clock's hours as minutes from 00:00 UTC of the session's date.
fn utc_hours(zone: &TimeZone, day: Day, wall: &WallHours) -> Result<Hours, CalendarError> {
    let unsound = || wrong(format!("the hours {wall:?} of {day} are not in order"));
    let utc = |minute: i32| -> Option<i32> {
        let local = DateTime::from(day.to_date())
            .checked_add(jiff::Span::new().try_minutes(minute).ok()?)
            .ok()?;
        let moment = zone.to_timestamp(local).ok()?;
        i32::try_from(moment.as_second().div_euclid(60) - i64::from(day.0) * 1440).ok()
    };
    let needed = |minute: Option<i32>| minute.and_then(utc).ok_or_else(unsound);
    let break_ = match (wall[2], wall[3]) {
        (None, None) => None,
        (from, to) => Some((needed(from)?, needed(to)?)),
    };
    let hours = Hours { open: needed(wall[0])?, close: needed(wall[1])?, break_ };
    if hours.is_sound() { Ok(hours) } else { Err(unsound()) }
}

fn regular_hours(
    regular: &[(String, WallHours)],
    first: Day,
) -> Result<BTreeMap<Day, WallHours>, CalendarError> {
    let mut found = BTreeMap::new();
    for (from, hours) in regular {
        found.insert(date("regular", from)?, *hours);
    }
    if found.is_empty() {
        return Err(wrong(format!("`regular` has no hours; it needs some from {first} on")));
    }
    Ok(found)
}

fn special_hours(
    special: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<Day, WallHours>, CalendarError> {
    let mut found = BTreeMap::new();
    for (text, days) in special {
        let hours = wall_hours(text).ok_or_else(|| {
            wrong(format!("`special` has the hours `{text}`; they are written as `570,780,,`"))
        })?;
        for day in days {
            let day = date("special", day)?;
            if found.insert(day, hours).is_some() {
                return Err(wrong(format!("`special` has hours for {day} twice")));
            }
        }
    }
    Ok(found)
}

/// Reads `570,780,,` or `540,900,690,750`.
fn wall_hours(text: &str) -> Option<WallHours> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let parts: [&str; 4] = parts.try_into().ok()?;
    let mut hours = [None; 4];
    for (hour, part) in hours.iter_mut().zip(parts) {
        if !part.is_empty() {
            *hour = Some(part.parse().ok()?);
        }
    }
    Some(hours)
}

fn dates(key: &str, texts: &[String]) -> Result<BTreeSet<Day>, CalendarError> {
    texts.iter().map(|text| date(key, text)).collect()
}

fn bound(key: &str, text: &str) -> Result<Day, CalendarError> {
    let day = date(key, text)?;
    if !(FIRST_YEAR..=LAST_YEAR).contains(&day.ymd().0) {
        return Err(wrong(format!(
            "`{key}` is {day}; a calendar may cover the years {FIRST_YEAR} to {LAST_YEAR}"
        )));
    }
    Ok(day)
}

fn date(key: &str, text: &str) -> Result<Day, CalendarError> {
    text.parse().map_err(|error| wrong(format!("`{key}`: {error}")))
}

fn wrong(problem: String) -> CalendarError {
    CalendarError::Rules { problem }
}
