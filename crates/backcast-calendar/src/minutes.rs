//! Questions about minutes: arithmetic on the hours of sessions, no list of minutes.
//!
//! Inside, a minute is the number of minutes from the epoch to its *begin*, so that trading is `open <= minute < close`;
//! a label at the end is one more. A moment between two whole minutes belongs to the minute that holds it.

use backcast_types::{Day, Timestamp};

use crate::{Calendar, CalendarError};

const MINUTE_NS: i64 = 60_000_000_000;

/// Which end of a minute its time names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MinuteLabel {
    /// The begin: 09:30 is the first minute of a session that opens at 09:30. Trading is `open <= t < close`.
    Start,
    /// The end, as zipline has it: 09:31 is that first minute. Trading is `open < t <= close`.
    End,
}

/// Which way to look from a moment without trading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Toward {
    /// To later sessions.
    Next,
    /// To earlier sessions.
    Previous,
}

/// The trading minutes of one session, without those of its break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionMinutes {
    /// How many there are.
    pub count: u32,
    /// Label of the first one.
    pub first: Timestamp,
    /// Label of the last one.
    pub last: Timestamp,
}

impl MinuteLabel {
    /// The minute that holds the moment `t`.
    fn minute(self, t: Timestamp) -> i64 {
        match self {
            MinuteLabel::Start => t.minutes(),
            MinuteLabel::End => minutes_up(t) - 1,
        }
    }

    fn label(self, minute: i64) -> Timestamp {
        Timestamp::from_minutes(minute + self.ahead())
    }

    /// Minutes from the begin of a minute to its label.
    fn ahead(self) -> i64 {
        i64::from(self == MinuteLabel::End)
    }
}

/// Minutes from the epoch, rounded up.
fn minutes_up(t: Timestamp) -> i64 {
    -(-i128::from(t.0)).div_euclid(i128::from(MINUTE_NS)) as i64
}

impl Calendar {
    /// Whether the market trades in the minute that holds `t`.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`], as every question about minutes.
    pub fn is_trading(&self, t: Timestamp, label: MinuteLabel) -> Result<bool, CalendarError> {
        self.covered_time(t)?;
        Ok(self.place(label.minute(t)).is_some())
    }

    /// The session that holds the minute of `t`, its break included; `None` between sessions.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`].
    pub fn session_of(
        &self,
        t: Timestamp,
        label: MinuteLabel,
    ) -> Result<Option<Day>, CalendarError> {
        self.covered_time(t)?;
        let minute = label.minute(t);
        let at = self.opened_by(minute);
        Ok(at.filter(|&at| minute < i64::from(self.closes[at])).map(|at| self.sessions[at]))
    }

    /// The session that holds the minute of `t`, else its neighbour in time.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`]; [`CalendarError::AnswerOutOfRange`] before the first or after the last session.
    pub fn session_near(
        &self,
        t: Timestamp,
        label: MinuteLabel,
        toward: Toward,
    ) -> Result<Day, CalendarError> {
        if let Some(day) = self.session_of(t, label)? {
            return Ok(day);
        }
        let before = self.opened_by(label.minute(t));
        let at = match toward {
            Toward::Previous => before,
            Toward::Next => Some(before.map_or(0, |at| at + 1)),
        };
        self.answer(at.and_then(|at| self.sessions.get(at)).copied())
    }

    /// The first label of a trading minute after `t`.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`]; [`CalendarError::AnswerOutOfRange`] after the last trading minute.
    pub fn next_minute(
        &self,
        t: Timestamp,
        label: MinuteLabel,
    ) -> Result<Timestamp, CalendarError> {
        self.covered_time(t)?;
        let from = t.minutes() + 1 - label.ahead();
        let at = self.closes.partition_point(|&close| i64::from(close) <= from);
        let found = self.sessions.get(at).map(|_| {
            let [morning, afternoon] = self.pieces(at);
            let piece = if from < morning.1 { morning } else { afternoon };
            label.label(from.max(piece.0))
        });
        self.answer(found)
    }

    /// The last label of a trading minute before `t`.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`]; [`CalendarError::AnswerOutOfRange`] before the first trading minute.
    pub fn previous_minute(
        &self,
        t: Timestamp,
        label: MinuteLabel,
    ) -> Result<Timestamp, CalendarError> {
        self.covered_time(t)?;
        let from = minutes_up(t) - 1 - label.ahead();
        let found = self.opened_by(from).map(|at| {
            let [morning, afternoon] = self.pieces(at);
            let piece = if from >= afternoon.0 { afternoon } else { morning };
            label.label(from.min(piece.1 - 1))
        });
        self.answer(found)
    }

    /// The first opening after `t`.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`]; [`CalendarError::AnswerOutOfRange`] after the last opening.
    pub fn next_open(&self, t: Timestamp) -> Result<Timestamp, CalendarError> {
        self.first_after(&self.opens, t)
    }

    /// The first close after `t`.
    ///
    /// # Errors
    /// As [`next_open`](Calendar::next_open).
    pub fn next_close(&self, t: Timestamp) -> Result<Timestamp, CalendarError> {
        self.first_after(&self.closes, t)
    }

    /// The last opening before `t`.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`]; [`CalendarError::AnswerOutOfRange`] before the first opening.
    pub fn previous_open(&self, t: Timestamp) -> Result<Timestamp, CalendarError> {
        self.last_before(&self.opens, t)
    }

    /// The last close before `t`.
    ///
    /// # Errors
    /// As [`previous_open`](Calendar::previous_open).
    pub fn previous_close(&self, t: Timestamp) -> Result<Timestamp, CalendarError> {
        self.last_before(&self.closes, t)
    }

    /// Number, first and last label of a session's trading minutes.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`]; [`CalendarError::NotASession`].
    pub fn session_minutes(
        &self,
        day: Day,
        label: MinuteLabel,
    ) -> Result<SessionMinutes, CalendarError> {
        let at = self.index_of(day)?;
        Ok(SessionMinutes {
            count: self.minute_count(at),
            first: label.label(i64::from(self.opens[at])),
            last: label.label(i64::from(self.closes[at]) - 1),
        })
    }

    /// The session of a trading minute and its place in it, counted from 0 without the break.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`]; [`CalendarError::NotTrading`].
    pub fn minute_offset(
        &self,
        t: Timestamp,
        label: MinuteLabel,
    ) -> Result<(Day, u32), CalendarError> {
        let (at, offset) = self.trading_place(t, label)?;
        Ok((self.sessions[at], offset))
    }

    /// The label of a session's trading minute, counted from 0 without the break.
    ///
    /// # Errors
    /// [`CalendarError::DayOutOfRange`]; [`CalendarError::NotASession`]; [`CalendarError::NoSuchMinute`].
    pub fn minute_at(
        &self,
        day: Day,
        offset: u32,
        label: MinuteLabel,
    ) -> Result<Timestamp, CalendarError> {
        let at = self.index_of(day)?;
        let count = self.minute_count(at);
        if offset >= count {
            let calendar = self.name.clone();
            return Err(CalendarError::NoSuchMinute { calendar, day, count, offset });
        }
        Ok(label.label(self.minute_in(at, offset)))
    }

    /// The place of a trading minute among all trading minutes of the calendar, from 0. Differences count minutes.
    ///
    /// # Errors
    /// [`CalendarError::TimeOutOfRange`]; [`CalendarError::NotTrading`].
    pub fn minute_index(&self, t: Timestamp, label: MinuteLabel) -> Result<u32, CalendarError> {
        let (at, offset) = self.trading_place(t, label)?;
        Ok(self.minutes_before[at] + offset)
    }

    /// The label of the trading minute at that place among all of the calendar.
    ///
    /// # Errors
    /// [`CalendarError::AnswerOutOfRange`] beyond the last one.
    pub fn minute_by_index(
        &self,
        index: u32,
        label: MinuteLabel,
    ) -> Result<Timestamp, CalendarError> {
        let at = self.minutes_before.partition_point(|&before| before <= index) - 1;
        self.answer(self.sessions.get(at))?;
        Ok(label.label(self.minute_in(at, index - self.minutes_before[at])))
    }

    /// Begin and end of both parts of a session; without a break the second is empty.
    fn pieces(&self, at: usize) -> [(i64, i64); 2] {
        let (open, close) = (self.opens[at], self.closes[at]);
        let (from, to) = self.breaks.get(at).copied().unwrap_or((close, close));
        [(open.into(), from.into()), (to.into(), close.into())]
    }

    /// The last session that has opened by that minute.
    fn opened_by(&self, minute: i64) -> Option<usize> {
        self.opens.partition_point(|&open| i64::from(open) <= minute).checked_sub(1)
    }

    /// Session and offset of a trading minute.
    fn place(&self, minute: i64) -> Option<(usize, u32)> {
        let at = self.opened_by(minute)?;
        let [morning, afternoon] = self.pieces(at);
        if minute < morning.1 {
            Some((at, (minute - morning.0) as u32))
        } else if (afternoon.0..afternoon.1).contains(&minute) {
            Some((at, (morning.1 - morning.0 + minute - afternoon.0) as u32))
        } else {
            None
        }
    }

    /// The minute at `offset` in a session that has so many.
    fn minute_in(&self, at: usize, offset: u32) -> i64 {
        let [morning, afternoon] = self.pieces(at);
        let minute = morning.0 + i64::from(offset);
        if minute < morning.1 { minute } else { minute - morning.1 + afternoon.0 }
    }

    fn minute_count(&self, at: usize) -> u32 {
        self.minutes_before[at + 1] - self.minutes_before[at]
    }

    fn trading_place(
        &self,
        time: Timestamp,
        label: MinuteLabel,
    ) -> Result<(usize, u32), CalendarError> {
        self.covered_time(time)?;
        self.place(label.minute(time))
            .ok_or_else(|| CalendarError::NotTrading { calendar: self.name.clone(), time })
    }

    fn index_of(&self, day: Day) -> Result<usize, CalendarError> {
        self.is_session(day)?;
        self.session_index(day)
            .ok_or_else(|| CalendarError::NotASession { calendar: self.name.clone(), day })
    }

    fn first_after(&self, minutes: &[i32], t: Timestamp) -> Result<Timestamp, CalendarError> {
        self.covered_time(t)?;
        let now = t.minutes();
        let at = minutes.partition_point(|&minute| i64::from(minute) <= now);
        self.answer(minutes.get(at).map(|&minute| Timestamp::from_minutes(minute.into())))
    }

    fn last_before(&self, minutes: &[i32], t: Timestamp) -> Result<Timestamp, CalendarError> {
        self.covered_time(t)?;
        let now = minutes_up(t);
        let after = minutes.partition_point(|&minute| i64::from(minute) < now);
        let found = after.checked_sub(1).map(|at| Timestamp::from_minutes(minutes[at].into()));
        self.answer(found)
    }

    /// From midnight UTC of the first day, or the first opening, to the end of the last day, or the last close.
    fn covered_time(&self, time: Timestamp) -> Result<(), CalendarError> {
        let moment = |minute: Option<&i32>| minute.map(|&m| Timestamp::from_minutes(m.into()));
        let (first, last) = (self.first, self.last);
        let midnight = Timestamp::midnight(first);
        let from = moment(self.opens.first()).map_or(midnight, |open| open.min(midnight));
        let midnight = Timestamp::midnight(last.plus(1));
        let to = moment(self.closes.last()).map_or(midnight, |close| close.max(midnight));
        if (from..=to).contains(&time) {
            return Ok(());
        }
        let calendar = self.name.clone();
        Err(CalendarError::TimeOutOfRange { calendar, time, first, last })
    }
}
