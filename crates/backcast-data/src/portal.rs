//! The only door from data to strategy: windows and current values that end at a clock.
//!
//! Rules, in the words of the sections of the reference (zipline's, with its faults mended):
//! - a window of `n` rows is the last `n` sessions (daily bars) or bar times (minute bars) up to the clock; before an asset's first
//!   bar, after its delisting and on rows without a bar prices are NaN and volume is 0;
//! - values are adjusted backward as of the clock: a row before an event is multiplied by the event's ratio once the event's day
//!   has come, prices by splits (old by new shares) and dividends (1 - amount / close before), volume divided by splits;
//! - the close before a dividend is the last known one, where the reference has no adjustment after a session without a bar;
//! - nothing is rounded;
//! - the same question has the same answer whatever was asked before.

use std::borrow::Cow;

use backcast_calendar::Calendar;
use backcast_types::{AssetId, Day, Timestamp};

use crate::{Asset, Field, Frequency, Market, adjust};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// One of the five columns of the bar itself.
    Field(Field),
    /// The close, filled forward: the last known price.
    Price,
    /// An extra column by its place in [`Bars::extra`](crate::Bars::extra); never adjusted.
    Extra(usize),
}

impl From<Field> for Item {
    fn from(field: Field) -> Item {
        Item::Field(field)
    }
}

/// Why the portal has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// The window would begin before the market's first session.
    #[error("a window of {asked} bars begins before the data, of which {available} bars are there")]
    BeforeData {
        /// Rows asked for.
        asked: usize,
        /// Rows up to the clock.
        available: usize,
    },
    /// A window without rows.
    #[error("a window has one bar at least")]
    Empty,
    /// No such asset.
    #[error("asset {} is not in a market of {count}", .asset.0)]
    UnknownAsset {
        /// What was asked for.
        asset: AssetId,
        /// Assets that there are.
        count: usize,
    },
    /// No such extra column.
    #[error("the asset has no extra column {column}, but {count} of them")]
    UnknownColumn {
        /// What was asked for.
        column: usize,
        /// Columns that there are.
        count: usize,
    },
}

/// A market made ready for questions: its clock and the ratios of its events, worked out once and shared by all portals.
#[derive(Debug)]
pub struct PortalData<'m> {
    market: &'m Market,
    /// Times of the rows of windows: session closes, or all bar times.
    times: Vec<i64>,
    /// Session of each of them.
    days: Vec<i32>,
    events: Vec<Vec<Event>>,
}

/// An event that prices and volumes are adjusted for.
#[derive(Clone, Copy, Debug)]
struct Event {
    day: i32,
    price: f64,
    /// One for a dividend.
    volume: f64,
}

impl<'m> PortalData<'m> {
    /// Works out clock and ratios.
    #[must_use]
    pub fn new(market: &'m Market) -> PortalData<'m> {
        let _span = backcast_spans::span!("data.portal");
        let (times, days) = clock(market);
        let events = market.assets.iter().map(|asset| events(asset)).collect();
        PortalData { market, times, days, events }
    }

    /// The portal at a time. It is cheap: one search in the clock.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Portal<'_> {
        let rows = self.times.partition_point(|time| *time <= now.0);
        Portal { data: self, now, rows }
    }

    /// Times of all rows that windows may have.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }
}

/// A view of a market that ends at its clock.
#[derive(Clone, Copy, Debug)]
pub struct Portal<'p> {
    data: &'p PortalData<'p>,
    now: Timestamp,
    /// Rows of the clock up to now.
    rows: usize,
}

/// Values of one item over the last rows, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Window<'p> {
    /// One value a row; borrowed from the columns where nothing had to be changed.
    pub values: Cow<'p, [f64]>,
    /// Time of each row.
    pub times: &'p [i64],
    /// Session of each row.
    pub days: &'p [i32],
}

impl<'p> Portal<'p> {
    /// The clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Session of the last row up to the clock, which events count by.
    fn today(&self) -> i32 {
        self.rows.checked_sub(1).map_or(i32::MIN, |row| self.data.days[row])
    }

    fn asset(&self, asset: AssetId) -> Result<(&'p Asset, &'p [Event]), PortalError> {
        let index = asset.index();
        let count = self.data.market.assets.len();
        let found =
            self.data.market.assets.get(index).ok_or(PortalError::UnknownAsset { asset, count })?;
        Ok((found, &self.data.events[index]))
    }

    /// The last `n` rows of an item up to the clock, adjusted as of the clock.
    ///
    /// # Errors
    /// [`PortalError::BeforeData`] where the market has fewer rows; [`PortalError::Empty`] for `n` = 0; an asset or column that
    /// is not there.
    pub fn history(
        &self,
        asset: AssetId,
        item: impl Into<Item>,
        n: usize,
    ) -> Result<Window<'p>, PortalError> {
        let (found, events) = self.asset(asset)?;
        let item = item.into();
        if n == 0 {
            return Err(PortalError::Empty);
        }
        let start = self
            .rows
            .checked_sub(n)
            .ok_or(PortalError::BeforeData { asked: n, available: self.rows })?;
        let (times, days) = (&self.data.times[start..self.rows], &self.data.days[start..self.rows]);
        let column = column(found, item)?;
        let own_times = found.bars.time.as_slice();
        let begin = own_times.partition_point(|time| *time < times[0]);
        let end = own_times.partition_point(|time| *time <= self.now.0);
        let rows = begin..end;
        let applied = applied(events, days[0], self.today());
        let values = if rows.len() == n && (applied.is_empty() || matches!(item, Item::Extra(_))) {
            Cow::Borrowed(&column[rows])
        } else {
            let mut own = column[rows.clone()].to_vec();
            scale(&mut own, &found.bars.day[rows.clone()], applied, item);
            Cow::Owned(self.spread(found, events, item, &own, &own_times[rows], times, days))
        };
        Ok(Window { values, times, days })
    }

    /// Puts an asset's own rows at their places among the rows of the window.
    #[expect(clippy::too_many_arguments, reason = "pieces of one window, used here alone")]
    fn spread(
        &self,
        asset: &Asset,
        events: &[Event],
        item: Item,
        own: &[f64],
        own_times: &[i64],
        times: &[i64],
        days: &[i32],
    ) -> Vec<f64> {
        let empty = if item == Item::Field(Field::Volume) { 0.0 } else { f64::NAN };
        let mut last = match item {
            Item::Price => self.price_before(asset, events, times[0]),
            _ => empty,
        };
        let over = asset.delisted.map_or(i32::MAX, |day| day.0);
        let mut next = 0;
        let mut values = Vec::with_capacity(times.len());
        for (time, day) in times.iter().zip(days) {
            if own_times.get(next) == Some(time) {
                last = own[next];
                values.push(own[next]);
                next += 1;
            } else if item == Item::Price && *day <= over {
                values.push(last);
            } else {
                values.push(empty);
            }
        }
        values
    }

    /// Last close before a time, adjusted as of the clock.
    fn price_before(&self, asset: &Asset, events: &[Event], time: i64) -> f64 {
        let rows = asset.bars.time.partition_point(|t| *t < time);
        let Some(row) = rows.checked_sub(1) else { return f64::NAN };
        let mut price = [asset.bars.close[row]];
        let day = asset.bars.day[row];
        scale(&mut price, &[day], applied(events, day, self.today()), Item::Price);
        price[0]
    }

    /// An item now: of the bar that ends at the clock (NaN, volume 0, where there is none), or the last known price, adjusted.
    ///
    /// # Errors
    /// An asset or column that is not there.
    pub fn current(&self, asset: AssetId, item: impl Into<Item>) -> Result<f64, PortalError> {
        let (found, events) = self.asset(asset)?;
        let item = item.into();
        let column = column(found, item)?;
        let empty = if item == Item::Field(Field::Volume) { 0.0 } else { f64::NAN };
        if !self.is_alive(found) {
            return Ok(empty);
        }
        match (self.bar(found), item) {
            (Some(row), _) => Ok(column[row]),
            (None, Item::Price) => Ok(self.price_before(found, events, self.now.0)),
            (None, _) => Ok(empty),
        }
    }

    /// Whether the asset is listed and has a price. It need not have traded in this bar.
    ///
    /// # Errors
    /// [`PortalError::UnknownAsset`].
    pub fn can_trade(&self, asset: AssetId) -> Result<bool, PortalError> {
        let (found, _) = self.asset(asset)?;
        Ok(self.is_alive(found))
    }

    /// Whether the asset is listed and has traded before, but not in this bar.
    ///
    /// # Errors
    /// [`PortalError::UnknownAsset`].
    pub fn is_stale(&self, asset: AssetId) -> Result<bool, PortalError> {
        let (found, _) = self.asset(asset)?;
        let trades_now = self.bar(found).is_some_and(|row| found.bars.volume[row] != 0.0);
        Ok(self.is_alive(found) && !trades_now && self.last_traded(asset)?.is_some())
    }

    /// Time of the last bar with volume up to the clock; it answers after a delisting too.
    ///
    /// # Errors
    /// [`PortalError::UnknownAsset`].
    pub fn last_traded(&self, asset: AssetId) -> Result<Option<Timestamp>, PortalError> {
        let (found, _) = self.asset(asset)?;
        let rows = found.bars.time.partition_point(|time| *time <= self.now.0);
        let row = (0..rows).rev().find(|row| found.bars.volume[*row] != 0.0);
        Ok(row.map(|row| found.bars.timestamp(row)))
    }

    /// From the asset's first bar to its delisting.
    fn is_alive(&self, asset: &Asset) -> bool {
        let begun = asset.bars.time.first().is_some_and(|first| *first <= self.now.0);
        let over = asset.delisted.is_some_and(|last| self.today() > last.0);
        begun && !over
    }

    /// Row of the asset's bar that ends at the last row of the clock.
    fn bar(&self, asset: &Asset) -> Option<usize> {
        let time = self.data.times[self.rows.checked_sub(1)?];
        asset.bars.time.binary_search(&time).ok()
    }
}

/// The column behind an item.
fn column(asset: &Asset, item: Item) -> Result<&[f64], PortalError> {
    match item {
        Item::Field(field) => Ok(asset.bars.field(field)),
        Item::Price => Ok(&asset.bars.close),
        Item::Extra(at) => {
            let count = asset.bars.extra.len();
            let found =
                asset.bars.extra.get(at).ok_or(PortalError::UnknownColumn { column: at, count })?;
            Ok(&found.1)
        }
    }
}

/// Events after the first row's day and not after the clock's.
fn applied(events: &[Event], first: i32, today: i32) -> &[Event] {
    let from = events.partition_point(|event| event.day <= first);
    let to = events.partition_point(|event| event.day <= today);
    &events[from..to.max(from)]
}

/// Multiplies every row by the ratios of the events after it: walks back in segments between events.
fn scale(values: &mut [f64], days: &[i32], events: &[Event], item: Item) {
    let ratio = |event: &Event| match item {
        Item::Field(Field::Volume) => event.volume,
        Item::Extra(_) => 1.0,
        _ => event.price,
    };
    let mut end = values.len();
    let mut factor = 1.0;
    for event in events.iter().rev() {
        let begin = days.partition_point(|day| *day < event.day);
        if factor != 1.0 {
            values[begin.min(end)..end].iter_mut().for_each(|x| *x *= factor);
        }
        end = end.min(begin);
        factor *= ratio(event);
    }
    if factor != 1.0 {
        values[..end].iter_mut().for_each(|x| *x *= factor);
    }
}

/// Ratios of an asset's events in order of day, dividends before splits.
fn events(asset: &Asset) -> Vec<Event> {
    let dividend = |index: usize| {
        let day = asset.dividends[index].ex_day.0;
        adjust::dividend_ratio(asset, index).map(|price| Event { day, price, volume: 1.0 })
    };
    let mut events: Vec<Event> = (0..asset.dividends.len()).filter_map(dividend).collect();
    events.extend(asset.splits.iter().map(|s| Event {
        day: s.day.0,
        price: adjust::split_ratio(s.shares),
        volume: s.shares,
    }));
    // Stable, and dividends stand first.
    events.sort_by_key(|event| event.day);
    events
}

/// Times and sessions of the rows of windows: the calendar's sessions over the span of the data for daily bars, else all times at
/// which any asset has a bar.
fn clock(market: &Market) -> (Vec<i64>, Vec<i32>) {
    let calendar = market.calendar.as_deref().and_then(|name| Calendar::named(name).ok());
    if let (Frequency::Daily, Some(calendar)) = (market.frequency, calendar) {
        let first = market.assets.iter().filter_map(|a| a.bars.day.first()).min();
        let last = market.assets.iter().filter_map(|a| a.bars.day.last()).max();
        if let (Some(first), Some(last)) = (first, last)
            && let Ok(sessions) = calendar.sessions(Day(*first)..=Day(*last))
        {
            let close = |day: &Day| calendar.session(*day).expect("the day is a session").close.0;
            return (
                sessions.iter().map(close).collect(),
                sessions.iter().map(|day| day.0).collect(),
            );
        }
    }
    let mut rows: Vec<(i64, i32)> = market
        .assets
        .iter()
        .flat_map(|a| a.bars.time.iter().copied().zip(a.bars.day.iter().copied()))
        .collect();
    rows.sort_unstable();
    rows.dedup_by_key(|row| row.0);
    rows.into_iter().unzip()
}
