//! Trading calendars: sessions, half days, breaks and hours.
//!
//! One small table is part of the program ([`Calendar::named`]); it is expanded calendar by calendar, when first asked
//! for, into sorted arrays of sessions, and every question is a binary search. Minutes are never listed: a running count
//! of minutes turns a minute into (session, offset) and back.
//!
//! ```
//! use backcast_calendar::Calendar;
//!
//! let xnys = Calendar::named("XNYS")?;
//! let friday = xnys.session("2024-11-29".parse()?).expect("the day after Thanksgiving has a session");
//! assert_eq!(friday.close.to_string(), "2024-11-29T18:00:00Z");
//! assert!(friday.early_close);
//! assert_eq!(xnys.next_session("2024-11-28".parse()?)?.to_string(), "2024-11-29");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod calendar;
mod error;
mod hours;
mod minutes;
mod names;
mod rules;
mod table;

pub use calendar::{Calendar, Session};
pub use error::CalendarError;
pub use minutes::{MinuteLabel, SessionMinutes, Toward};
