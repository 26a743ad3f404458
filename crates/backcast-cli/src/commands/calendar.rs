//! `backcast calendar`: sessions, half days, holidays and hours of a market.

use std::str::FromStr;

use backcast_calendar::{Calendar, Session};
use backcast_types::{Day, Timestamp};
use jiff::tz::TimeZone;

use crate::{
    failure::Failure,
    number,
    table::{Cell, Column, Format, Table},
    terminal::Terminal,
};

/// Sessions, half days, holidays and hours of a market
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast calendar                                  all calendars\n  \
    backcast calendar XNYS 2024-11-25..2024-12-02      both days included\n  \
    backcast calendar 24-7 2024-02 --format csv        a month")]
pub(crate) struct Args {
    /// Name of the calendar: XNYS, XLON, 24/7 (or 24-7) and so on; without one all are listed
    name: Option<String>,
    /// Days FROM..TO, both included; or one day, a month (2024-11) or a year (2024)
    #[arg(value_name = "FROM..TO", requires = "name")]
    days: Option<Days>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A range of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Days {
    from: Day,
    to: Day,
}

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Days, String> {
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (span(from)?.from, span(to)?.to),
            None => span(text).map(|days| (days.from, days.to))?,
        };
        if to < from {
            return Err(format!("{to} is before {from}"));
        }
        Ok(Days { from, to })
    }
}

/// A day, a month or a year.
fn span(text: &str) -> Result<Days, String> {
    let wrong = |_| format!("`{text}` is no date; write 2024-11-29, 2024-11 or 2024");
    let [first, last] = match text.len() {
        4 => [format!("{text}-01-01"), format!("{text}-12-31")],
        7 => [format!("{text}-01"), format!("{text}-28")],
        _ => [text.to_owned(), text.to_owned()],
    };
    let from: Day = first.parse().map_err(wrong)?;
    let mut to: Day = last.parse().map_err(wrong)?;
    while text.len() == 7 && to.plus(1).ymd().1 == from.ymd().1 {
        to = to.plus(1);
    }
    Ok(Days { from, to })
}

/// Prints the sessions of a calendar, or the list of calendars.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let Some(name) = &args.name else { return list(args.format, terminal) };
    let calendar = Calendar::named(name)?;
    let Some(days) = args.days else {
        let (first, last) = calendar.bounds();
        let message = format!("which days of {}? it covers {first} to {last}", calendar.name());
        let help = format!("backcast calendar {name} 2024-11-25..2024-12-02");
        return Err(Failure::usage(message).help(help));
    };
    let sessions = calendar.sessions(days.from..=days.to)?;
    let sessions: Vec<Session> = sessions.iter().filter_map(|day| calendar.session(*day)).collect();
    if args.format != Format::Table {
        return exact(&sessions).print(args.format, terminal);
    }
    let holidays = calendar.holidays(days.from..=days.to)?;
    if sessions.is_empty() && holidays.is_empty() {
        terminal.say(&format!("{} has no session in these days", calendar.name()));
        return Ok(());
    }
    for_people(calendar, &sessions, &holidays).print(Format::Table, terminal)?;
    terminal.flush()?;
    terminal.say(&summary(calendar, &sessions, &holidays));
    Ok(())
}

fn list(format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
    let columns = ["calendar", "first_day", "last_day", "sessions_a_year", "zone"];
    let mut table = Table::new(columns.map(Column::new).to_vec());
    for name in Calendar::names() {
        let calendar = Calendar::named(name)?;
        let (first, last) = calendar.bounds();
        table.push(vec![
            (*name).into(),
            first.to_string().into(),
            last.to_string().into(),
            calendar.sessions_per_year().into(),
            calendar.zone().into(),
        ]);
    }
    table.print(format, terminal)
}

/// What programs read; times are UTC to the minute.
fn exact(sessions: &[Session]) -> Table {
    let columns = [
        "session",
        "open_utc",
        "close_utc",
        "break_start_utc",
        "break_end_utc",
        "early_close",
        "provisional",
    ];
    let mut table = Table::new(columns.map(Column::new).to_vec());
    let minute = |time: Timestamp| time.to_string().replacen(":00Z", "Z", 1);
    for session in sessions {
        table.push(vec![
            session.day.to_string().into(),
            minute(session.open).into(),
            minute(session.close).into(),
            session.break_.map(|(from, _)| minute(from)).into(),
            session.break_.map(|(_, to)| minute(to)).into(),
            session.early_close.into(),
            session.provisional.into(),
        ]);
    }
    table
}

fn for_people(calendar: &Calendar, sessions: &[Session], holidays: &[Day]) -> Table {
    let zone = TimeZone::get(calendar.zone()).unwrap_or(TimeZone::UTC);
    let titles = ["session", "day", "open", "close", "break", "UTC", "note"];
    let breaks = sessions.iter().any(|session| session.break_.is_some());
    let shown = |i: &usize| breaks || titles[*i] != "break";
    let pick = |row: Vec<Cell>| -> Vec<Cell> {
        (0..row.len()).filter(shown).map(|i| row[i].clone()).collect()
    };
    let columns: Vec<usize> = (0..titles.len()).filter(shown).collect();
    let mut table = Table::new(columns.into_iter().map(|i| Column::new(titles[i])).collect());
    let mut rest = holidays.iter().copied().peekable();
    for session in sessions {
        while let Some(holiday) = rest.next_if(|day| *day < session.day) {
            table.push(pick(closed(holiday)));
        }
        let at = |time| clock(time, &zone, session.day);
        let utc = |time| clock(time, &TimeZone::UTC, session.day);
        table.push(pick(vec![
            session.day.to_string().into(),
            weekday(session.day).into(),
            at(session.open).into(),
            at(session.close).into(),
            session.break_.map(|(from, to)| format!("{}–{}", at(from), at(to))).into(),
            format!("{}–{}", utc(session.open), utc(session.close)).into(),
            note(session).into(),
        ]));
    }
    for holiday in rest {
        table.push(pick(closed(holiday)));
    }
    table
}

fn closed(day: Day) -> Vec<Cell> {
    let gap = || Cell::Missing;
    let (date, weekday) = (day.to_string().into(), weekday(day).into());
    vec![date, weekday, "closed".into(), gap(), gap(), gap(), "holiday".into()]
}

fn note(session: &Session) -> &'static str {
    match (session.early_close, session.provisional) {
        (true, true) => "half day, provisional",
        (true, false) => "half day",
        (false, true) => "provisional",
        (false, false) => "",
    }
}

fn weekday(day: Day) -> &'static str {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][usize::from(day.weekday())]
}

/// `09:30`; `17:00 (-1)` on the day before the session, `00:00 (+1)` on the day after.
fn clock(time: Timestamp, zone: &TimeZone, session: Day) -> String {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(time.0)).unwrap_or_default();
    let local = moment.to_zoned(zone.clone()).datetime();
    let text = format!("{:02}:{:02}", local.hour(), local.minute());
    match Day::from_date(local.date()).0 - session.0 {
        0 => text,
        days => format!("{text} ({days:+})"),
    }
}

fn summary(calendar: &Calendar, sessions: &[Session], holidays: &[Day]) -> String {
    let half_days = sessions.iter().filter(|session| session.early_close).count();
    let provisional = sessions.iter().filter(|session| session.provisional).count();
    let mut text = format!(
        "{}: {}, {}, {}; times of {}",
        calendar.name(),
        number::count(sessions.len(), "session"),
        number::count(half_days, "half day"),
        number::count(holidays.len(), "holiday"),
        calendar.zone(),
    );
    if provisional > 0 {
        text += "; provisional days follow from rules, not from announcements";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_may_be_a_range_a_day_a_month_or_a_year() {
        let read =
            |text: &str| text.parse::<Days>().map(|days| format!("{} {}", days.from, days.to));
        assert_eq!(read("2024-11-25..2024-12-02").unwrap(), "2024-11-25 2024-12-02");
        assert_eq!(read("2024-02").unwrap(), "2024-02-01 2024-02-29");
        assert_eq!(read("2024").unwrap(), "2024-01-01 2024-12-31");
        assert_eq!(read("2023-12..2024").unwrap(), "2023-12-01 2024-12-31");
        assert!(read("2024-12-02..2024-11-25").unwrap_err().contains("before"));
        assert!(read("soon").unwrap_err().contains("2024-11-29"));
    }
}
