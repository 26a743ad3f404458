//! A calendar and its questions about days.

use std::ops::RangeInclusive;

use backcast_types::{Day, Timestamp};

use crate::CalendarError;

/// Sessions of one market in sorted arrays, and the days that they were taken from.
///
/// Days outside [`bounds`](Calendar::bounds) are an error, never "no session".
#[derive(Clone, Debug)]
pub struct Calendar {
    pub(crate) name: String,
    pub(crate) zone: String,
    pub(crate) first: Day,
    pub(crate) last: Day,
    /// Bit 0 is Monday.
    pub(crate) weekmask: u8,
    pub(crate) announced: Option<Day>,
    pub(crate) sessions_per_year: f64,
    pub(crate) sessions: Vec<Day>,
    /// Minutes from the epoch, as are `closes` and `breaks`.
    pub(crate) opens: Vec<i32>,
    pub(crate) closes: Vec<i32>,
    /// Empty where no session has a break; a session without one has (close, close).
    pub(crate) breaks: Vec<(i32, i32)>,
    pub(crate) early: Vec<bool>,
    /// Trading minutes before each session, and at the end those of all.
    pub(crate) minutes_before: Vec<u32>,
}

/// One session of a calendar. Times are UTC; trading is from `open` up to `close`, but for the break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// The date that the session is called by; it may open the evening before.
    pub day: Day,
    /// Begin of the first trading minute.
    pub open: Timestamp,
    /// End of the last trading minute.
    pub close: Timestamp,
    /// Begin and end of the lunch break.
    pub break_: Option<(Timestamp, Timestamp)>,
    /// Closes before the hour that is usual in that season.
    pub early_close: bool,
    /// The day is later than the holidays that were announced when the table was made: it follows from rules.
    pub provisional: bool,
}

impl Calendar {
    /// The name, as it is written in the list of names.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The IANA name of the exchange's time zone, for display.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// First and last day that the calendar answers for.
    #[must_use]
    pub fn bounds(&self) -> (Day, Day) {
        (self.first, self.last)
    }

    /// Whether a session on that day would follow from rules alone, not from announcements.
    #[must_use]
    pub fn is_provisional(&self, day: Day) -> bool {
        self.announced.is_some_and(|announced| day > announced)
    }

    /// Sessions in an ordinary year, the number that annualises daily returns: 252 for XNYS, XNAS, XLON and XETR, 245 for
    /// XTKS, 247 for XHKG, 258 for CMES, 365 for 24/7, 260 for 24/5.
    ///
    /// Other calendars have their mean, rounded; a mean within one percent of 252 is called 252.
    #[must_use]
    pub fn sessions_per_year(&self) -> f64 {
        self.sessions_per_year
    }

    /// Whether there is trading on that date.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`], as every question about days.
    pub fn is_session(&self, day: Day) -> Result<bool, CalendarError> {
        self.covered(day)?;
        Ok(self.session_index(day).is_some())
    }

    /// The session on that day, else the first one after it.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`]; [`CalendarError::AnswerOutOfRange`] after the last session.
    pub fn next_session(&self, day: Day) -> Result<Day, CalendarError> {
        self.session_offset(day, 0)
    }

    /// The session on that day, else the last one before it.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`]; [`CalendarError::AnswerOutOfRange`] before the first session.
    pub fn previous_session(&self, day: Day) -> Result<Day, CalendarError> {
        self.covered(day)?;
        let after = self.sessions.partition_point(|&session| session <= day);
        self.answer(after.checked_sub(1).map(|at| self.sessions[at]))
    }

    /// The session `offset` places after [`next_session`](Calendar::next_session) of `day`, before it where negative.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`]; [`CalendarError::AnswerOutOfRange`] beyond the first or last session.
    pub fn session_offset(&self, day: Day, offset: i64) -> Result<Day, CalendarError> {
        self.covered(day)?;
        let from = self.sessions.partition_point(|&session| session < day) as i64;
        let at = from.checked_add(offset).and_then(|at| usize::try_from(at).ok());
        self.answer(at.and_then(|at| self.sessions.get(at)).copied())
    }

    /// The sessions of a range of days, both ends included; none where the range is empty.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`] where an end is outside.
    pub fn sessions(&self, days: RangeInclusive<Day>) -> Result<&[Day], CalendarError> {
        self.covered(*days.start())?;
        self.covered(*days.end())?;
        let from = self.sessions.partition_point(|session| session < days.start());
        let to = self.sessions.partition_point(|session| session <= days.end());
        Ok(&self.sessions[from..to.max(from)])
    }

    /// How many sessions a range of days has, both ends included.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`] where an end is outside.
    pub fn count_sessions(&self, days: RangeInclusive<Day>) -> Result<usize, CalendarError> {
        Ok(self.sessions(days)?.len())
    }

    /// Days in a range on which the week has a session but the market is closed.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`] where an end is outside.
    pub fn holidays(&self, days: RangeInclusive<Day>) -> Result<Vec<Day>, CalendarError> {
        let sessions = self.sessions(days.clone())?;
        Ok((days.start().0..=days.end().0)
            .map(Day)
            .filter(|day| self.weekmask >> day.weekday() & 1 == 1)
            .filter(|day| sessions.binary_search(day).is_err())
            .collect())
    }

    /// All sessions, in order; a position in this slice is a session's index.
    #[must_use]
    pub fn all_sessions(&self) -> &[Day] {
        &self.sessions
    }

    /// The place of a session among all sessions of the calendar; `None` where that day has none.
    #[must_use]
    pub fn session_index(&self, day: Day) -> Option<usize> {
        self.sessions.binary_search(&day).ok()
    }

    /// The session with its hours; `None` where that day has none or is outside the calendar.
    #[must_use]
    pub fn session(&self, day: Day) -> Option<Session> {
        self.session_at(self.session_index(day)?)
    }

    /// The session at that place among all sessions.
    #[must_use]
    pub fn session_at(&self, index: usize) -> Option<Session> {
        let moment = |minute: i32| Timestamp::from_minutes(i64::from(minute));
        let day = *self.sessions.get(index)?;
        let pause = self.breaks.get(index).filter(|(from, to)| from < to);
        Some(Session {
            day,
            open: moment(self.opens[index]),
            close: moment(self.closes[index]),
            break_: pause.map(|&(from, to)| (moment(from), moment(to))),
            early_close: self.early[index],
            provisional: self.is_provisional(day),
        })
    }

    fn covered(&self, day: Day) -> Result<(), CalendarError> {
        if (self.first..=self.last).contains(&day) {
            return Ok(());
        }
        let (calendar, first, last) = (self.name.clone(), self.first, self.last);
        Err(CalendarError::DayOutOfRange { calendar, day, first, last })
    }

    pub(crate) fn answer<T>(&self, found: Option<T>) -> Result<T, CalendarError> {
        found.ok_or_else(|| CalendarError::AnswerOutOfRange {
            calendar: self.name.clone(),
            first: self.first,
            last: self.last,
        })
    }
}
