//! Rows to bars: how far apart they are, their time in UTC, their session, their order.

use backcast_calendar::{Calendar, MinuteLabel};
use backcast_data::Frequency;
use backcast_types::{Day, Timestamp};
use jiff::{civil::DateTime, tz::TimeZone};

use super::{
    moment::{When, seconds},
    options::{BarLabel, ReadOptions},
    raw::{Problems, Raw},
};
use crate::StoreError;

const SECOND: i64 = 1_000_000_000;
const OUT_OF_RANGE: &str = "this is outside the years 1678 to 2261";

/// What turns written times into moments and sessions.
pub(crate) struct Clock<'a> {
    pub(crate) calendar: Option<&'static Calendar>,
    pub(crate) frequency: Frequency,
    zone: Option<TimeZone>,
    options: &'a ReadOptions,
}

impl<'a> Clock<'a> {
    /// Looks at all rows: what kind of times they have and how far apart they are.
    pub(crate) fn new(raws: &[Raw], options: &'a ReadOptions) -> Result<Clock<'a>, StoreError> {
        let calendar = options.calendar.as_deref().map(Calendar::named).transpose()?;
        let zone = options.timezone.as_deref().map(read_zone).transpose()?;
        for raw in raws {
            check_kinds(raw)?;
        }
        let frequency = match options.frequency {
            Some(frequency) => frequency,
            None => infer(raws)?,
        };
        let clock = Clock { calendar, frequency, zone, options };
        for raw in raws {
            clock.check_zone(raw)?;
        }
        Ok(clock)
    }

    /// Time and session of every row; rows for which there is none are bad.
    pub(crate) fn times(&self, raw: &Raw, problems: &mut Problems) -> Vec<Option<(i64, i32)>> {
        let _span = backcast_spans::span!("store.resolve_times");
        let one = |row: usize| {
            let found = match self.frequency {
                Frequency::Daily => self.daily(raw.when[row]),
                Frequency::Minutes(n) => self.intraday(raw.when[row], i64::from(n)),
            };
            found.map(|(time, day)| (time, day.0))
        };
        let mut times = Vec::with_capacity(raw.when.len());
        for row in 0..raw.when.len() {
            times.push(
                one(row)
                    .map_err(|problem| {
                        let found = written(raw.when[row]);
                        problems.add(
                            &raw.source,
                            raw.places[row],
                            &raw.source.when_column,
                            &found,
                            problem,
                        );
                    })
                    .ok(),
            );
        }
        times
    }

    fn daily(&self, when: When) -> Result<(i64, Day), String> {
        let day = self.session_date(when)?;
        let Some(calendar) = self.calendar else {
            let end = i64::from(day.plus(1).0).checked_mul(86_400 * SECOND);
            return end.map(|end| (end, day)).ok_or_else(|| OUT_OF_RANGE.to_owned());
        };
        match calendar.session(day) {
            Some(session) => Ok((session.close.0, day)),
            None => Err(no_session(calendar, day)),
        }
    }

    /// The date as written; a moment is first brought to the zone given, but for midnight, which is how frames write dates.
    fn session_date(&self, when: When) -> Result<Day, String> {
        match (when, &self.zone) {
            (When::Offset(t, offset), Some(zone)) if t.time() != jiff::civil::Time::midnight() => {
                let moment = moment(t, offset)?;
                Ok(Day::from_date(local(zone, moment)?.date()))
            }
            _ => Ok(when.date()),
        }
    }

    fn intraday(&self, when: When, minutes: i64) -> Result<(i64, Day), String> {
        let written = match when {
            When::Day(_) => return Err("there is a date but no time of day".to_owned()),
            When::Offset(t, offset) => moment(t, offset)?,
            When::Local(t) => {
                let zone = self.zone.as_ref().expect("checked: local times have a zone");
                local_moment(t, zone)?
            }
        };
        if written % (60 * SECOND) != 0 {
            return Err("bars begin and end on whole minutes".to_owned());
        }
        let length = minutes * 60 * SECOND;
        let (begin, end) = match self.options.bar_label {
            BarLabel::Start => (written, written.saturating_add(length)),
            BarLabel::End => (written.saturating_sub(length), written),
        };
        match self.calendar {
            None => Ok((end, self.date_without_calendar(when, end)?)),
            Some(calendar) => session_of_bar(calendar, begin, end),
        }
    }

    fn date_without_calendar(&self, when: When, end: i64) -> Result<Day, String> {
        let inside = end.saturating_sub(1);
        match (&self.zone, when) {
            (Some(zone), _) => Ok(Day::from_date(local(zone, inside)?.date())),
            (None, When::Offset(_, offset)) => {
                Ok(Timestamp(inside.saturating_add(i64::from(offset) * SECOND)).utc_day())
            }
            (None, _) => Ok(Timestamp(inside).utc_day()),
        }
    }

    /// Local times need a zone; offsets must be those of one zone.
    fn check_zone(&self, raw: &Raw) -> Result<(), StoreError> {
        if self.frequency == Frequency::Daily {
            return Ok(());
        }
        let path = &raw.source.path;
        if raw.when.iter().any(|w| matches!(w, When::Local(_))) {
            if self.zone.is_none() {
                let usual = self.calendar.map_or("America/New_York", Calendar::zone);
                let problem = format!(
                    "its times have no offset, so nothing says what they mean; give --timezone {usual} or the zone that they are in"
                );
                return Err(StoreError::file(path, problem));
            }
            return Ok(());
        }
        let mut offsets: Vec<i32> = raw
            .when
            .iter()
            .filter_map(|w| if let When::Offset(_, o) = w { Some(*o) } else { None })
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        if offsets.len() < 2 {
            return Ok(());
        }
        let zone = match (&self.zone, self.calendar) {
            (Some(zone), _) => Some(zone.clone()),
            (None, Some(calendar)) => TimeZone::get(calendar.zone()).ok(),
            (None, None) => None,
        };
        let fits = zone.as_ref().is_some_and(|zone| raw.when.iter().all(|w| offset_fits(*w, zone)));
        if fits {
            return Ok(());
        }
        let shown: Vec<String> = offsets.iter().take(4).map(|o| offset_text(*o)).collect();
        let problem = format!(
            "its times mix zones (offsets {}); write them all in one zone, or give the --timezone that all these offsets belong to",
            shown.join(", ")
        );
        Err(StoreError::file(path, problem))
    }
}

/// The session of a bar. A bar that reaches beyond the close ends with it.
fn session_of_bar(calendar: &Calendar, begin: i64, end: i64) -> Result<(i64, Day), String> {
    let outside = |e: backcast_calendar::CalendarError| e.to_string();
    if let Some(day) = calendar.session_of(Timestamp(end), MinuteLabel::End).map_err(outside)? {
        return Ok((end, day));
    }
    match calendar.session_of(Timestamp(begin), MinuteLabel::Start).map_err(outside)? {
        Some(day) => {
            let close = calendar.session(day).map_or(end, |session| session.close.0);
            Ok((close.min(end), day))
        }
        None => Err(format!(
            "calendar {} has no trading then; is the zone right, and is it --bar-label start or end?",
            calendar.name()
        )),
    }
}

fn no_session(calendar: &Calendar, day: Day) -> String {
    let (first, last) = calendar.bounds();
    if day < first || day > last {
        return format!("calendar {} covers {first} to {last} only", calendar.name());
    }
    format!("this is no session of calendar {}", calendar.name())
}

/// The one moment at which clocks of a zone showed `t`.
fn local_moment(t: DateTime, zone: &TimeZone) -> Result<i64, String> {
    let ambiguous = zone.to_ambiguous_timestamp(t);
    if ambiguous.is_ambiguous() {
        return Err("clocks changed then, so this local time does not exist or is there twice; give times in UTC".to_owned());
    }
    let moment = ambiguous.compatible().map_err(|e| e.to_string())?;
    i64::try_from(moment.as_nanosecond()).map_err(|_| OUT_OF_RANGE.to_owned())
}

fn moment(t: DateTime, offset: i32) -> Result<i64, String> {
    let seconds = seconds(t) - i64::from(offset);
    seconds
        .checked_mul(SECOND)
        .and_then(|ns| ns.checked_add(i64::from(t.time().subsec_nanosecond())))
        .ok_or_else(|| OUT_OF_RANGE.to_owned())
}

fn local(zone: &TimeZone, moment: i64) -> Result<DateTime, String> {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(moment)).map_err(|e| e.to_string())?;
    Ok(zone.to_datetime(moment))
}

fn offset_fits(when: When, zone: &TimeZone) -> bool {
    let When::Offset(t, offset) = when else { return true };
    let Ok(moment) = jiff::Timestamp::from_second(seconds(t) - i64::from(offset)) else {
        return false;
    };
    zone.to_offset(moment).seconds() == offset
}

fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
}

fn read_zone(name: &str) -> Result<TimeZone, StoreError> {
    TimeZone::get(name).map_err(|_| {
        StoreError::request(format!("no time zone is called `{name}`; zones are written as America/New_York, Europe/London or UTC"))
    })
}

/// All times of a file are dates, or local times, or moments.
fn check_kinds(raw: &Raw) -> Result<(), StoreError> {
    let Some(first) = raw.when.first() else { return Ok(()) };
    let kind = |w: &When| std::mem::discriminant(w);
    let Some(at) = raw.when.iter().position(|w| kind(w) != kind(first)) else { return Ok(()) };
    let name = |w: &When| match w {
        When::Day(_) => "a date alone",
        When::Local(_) => "a time without offset",
        When::Offset(..) => "a time with an offset from UTC",
    };
    let place = raw.places[at];
    let problem = format!(
        "its times mix zones: row {}{} has {} (`{}`), but rows above have {}; write them all in one way",
        place.row,
        place.line.map(|line| format!(" (line {line})")).unwrap_or_default(),
        name(&raw.when[at]),
        written(raw.when[at]),
        name(first)
    );
    Err(StoreError::file(&raw.source.path, problem))
}

/// Daily where no date comes twice in a row, else the smallest step.
fn infer(raws: &[Raw]) -> Result<Frequency, StoreError> {
    let mut smallest: Option<(i64, &Raw)> = None;
    for raw in raws {
        if raw.when.iter().all(|w| matches!(w, When::Day(_))) {
            continue;
        }
        let step = raw
            .when
            .windows(2)
            .filter(|w| w[0].date() == w[1].date())
            .map(|w| w[1].written_seconds() - w[0].written_seconds())
            .filter(|step| *step > 0)
            .min();
        if let Some(step) = step
            && smallest.is_none_or(|(other, _)| step < other)
        {
            smallest = Some((step, raw));
        }
    }
    let Some((step, raw)) = smallest else { return Ok(Frequency::Daily) };
    match u16::try_from(step / 60) {
        Ok(minutes) if minutes > 0 && step % 60 == 0 => Ok(Frequency::Minutes(minutes)),
        _ => {
            let problem = format!(
                "its bars are {step} seconds apart, and bars shorter than a minute cannot be kept; give --frequency where that is a mistake"
            );
            Err(StoreError::file(&raw.source.path, problem))
        }
    }
}

/// A time as it stood in the file, near enough for a message.
pub(crate) fn written(when: When) -> String {
    match when {
        When::Day(day) => day.to_string(),
        When::Local(t) => t.to_string(),
        When::Offset(t, 0) => format!("{t}Z"),
        When::Offset(t, offset) => format!("{t}{}", offset_text(offset)),
    }
}
