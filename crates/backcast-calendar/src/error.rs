//! Why a calendar has no answer.

use backcast_types::{Day, Timestamp};

/// Why a calendar has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No calendar bears this name.
    #[error("no calendar is called `{name}`; there are {}", .known.join(", "))]
    UnknownName {
        /// What was asked for.
        name: String,
        /// All names, the nearest first.
        known: Vec<&'static str>,
    },
    /// The day lies outside the table.
    #[error("{day} is outside calendar {calendar}, which covers {first} to {last}")]
    DayOutOfRange {
        /// Name of the calendar.
        calendar: String,
        /// The day asked about.
        day: Day,
        /// First day that the calendar covers.
        first: Day,
        /// Last day that the calendar covers.
        last: Day,
    },
    /// The moment lies outside the table.
    #[error("{time} is outside calendar {calendar}, which covers {first} to {last}")]
    TimeOutOfRange {
        /// Name of the calendar.
        calendar: String,
        /// The moment asked about.
        time: Timestamp,
        /// First day that the calendar covers.
        first: Day,
        /// Last day that the calendar covers.
        last: Day,
    },
    /// The question is about a covered day, but its answer would lie outside the table.
    #[error("the answer lies outside calendar {calendar}, which covers {first} to {last}")]
    AnswerOutOfRange {
        /// Name of the calendar.
        calendar: String,
        /// First day that the calendar covers.
        first: Day,
        /// Last day that the calendar covers.
        last: Day,
    },
    /// The day is covered, but there is no trading on it.
    #[error("{day} is no session of calendar {calendar}")]
    NotASession {
        /// Name of the calendar.
        calendar: String,
        /// The day asked about.
        day: Day,
    },
    /// The moment is covered, but lies in no trading minute.
    #[error("{time} is no trading minute of calendar {calendar}")]
    NotTrading {
        /// Name of the calendar.
        calendar: String,
        /// The moment asked about.
        time: Timestamp,
    },
    /// The session has fewer minutes than that.
    #[error(
        "session {day} of calendar {calendar} has {count} minutes, so there is no minute {offset} (the first is 0)"
    )]
    NoSuchMinute {
        /// Name of the calendar.
        calendar: String,
        /// The session.
        day: Day,
        /// Minutes that it has.
        count: u32,
        /// The minute asked for.
        offset: u32,
    },
    /// The rules of a user's calendar are not well-formed or contradict themselves.
    #[error("calendar rules: {problem}")]
    Rules {
        /// What is wrong, and where.
        problem: String,
    },
}
