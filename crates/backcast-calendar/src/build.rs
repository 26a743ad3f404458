//! Fills the sorted arrays of a calendar, session by session.

use backcast_types::Day;

use crate::{Calendar, hours::Hours};

/// A calendar in the making; sessions arrive in order.
pub(crate) struct Builder {
    calendar: Calendar,
    minutes: u32,
}

impl Builder {
    /// `weekmask`: bit 0 is Monday; `announced`: the last day that is not provisional, `None` where all are certain.
    pub(crate) fn new(
        name: &str,
        zone: &str,
        first: Day,
        last: Day,
        weekmask: u8,
        announced: Option<Day>,
    ) -> Builder {
        // Room for nearly each day at once: five sevenths of them in most calendars.
        let room =
            ((last.0 - first.0 + 1) as usize * weekmask.count_ones() as usize).div_ceil(7) + 1;
        let calendar = Calendar {
            name: name.to_owned(),
            zone: zone.to_owned(),
            first,
            last,
            weekmask,
            announced,
            sessions_per_year: 0.0,
            sessions: Vec::with_capacity(room),
            opens: Vec::with_capacity(room),
            closes: Vec::with_capacity(room),
            breaks: Vec::new(),
            early: Vec::with_capacity(room),
            minutes_before: Vec::with_capacity(room + 1),
        };
        Builder { calendar, minutes: 0 }
    }

    /// Whether the week has a session on that day of the week.
    pub(crate) fn trades_on(&self, day: Day) -> bool {
        self.calendar.weekmask >> day.weekday() & 1 == 1
    }

    /// When the last session closes, in minutes from the epoch.
    pub(crate) fn last_close(&self) -> Option<i32> {
        self.calendar.closes.last().copied()
    }

    /// Appends a session; `regular`: the hours that an ordinary day of that season would have.
    pub(crate) fn push(&mut self, day: Day, hours: Hours, regular: Hours) {
        let calendar = &mut self.calendar;
        let midnight = day.0 * 1440;
        let close = midnight + hours.close;
        if hours.break_.is_some() && calendar.breaks.is_empty() {
            // Only calendars with breaks pay for them; a session without one has an empty break at its close.
            calendar.breaks = calendar.closes.iter().map(|&close| (close, close)).collect();
        }
        if hours.break_.is_some() || !calendar.breaks.is_empty() {
            let pause = hours.break_.map(|(from, to)| (midnight + from, midnight + to));
            calendar.breaks.push(pause.unwrap_or((close, close)));
        }
        calendar.sessions.push(day);
        calendar.opens.push(midnight + hours.open);
        calendar.closes.push(close);
        calendar.early.push(hours.close < regular.close);
        calendar.minutes_before.push(self.minutes);
        let pause = hours.break_.map_or(0, |(from, to)| to - from);
        self.minutes += (hours.close - hours.open - pause) as u32;
    }

    /// The calendar of all sessions pushed.
    pub(crate) fn finish(mut self) -> Calendar {
        self.calendar.minutes_before.push(self.minutes);
        self.calendar.sessions_per_year = usual_sessions_per_year(&self.calendar);
        self.calendar
    }
}

/// The mean number of sessions a year, rounded, except that what is within one percent of 252 is called 252, as is the
/// custom: annualised deviations then differ by less than half a percent.
fn usual_sessions_per_year(calendar: &Calendar) -> f64 {
    let years = f64::from(calendar.last.0 - calendar.first.0 + 1) / 365.25;
    let mean = calendar.sessions.len() as f64 / years;
    if (mean - 252.0).abs() <= 2.52 { 252.0 } else { mean.round().max(1.0) }
}
