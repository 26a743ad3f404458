//! Which moments a run goes through.

use std::ops::{Deref, Range};

use backcast_data::{Asset, Column, Market};
use backcast_types::{AssetId, Day};

use crate::error::EngineError;

/// The stretch of data that a run covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Sessions `from..=to`, either end open where `None`.
    Days {
        /// First session.
        from: Option<Day>,
        /// Last session.
        to: Option<Day>,
    },
    /// Rows of the clock over all data: the asset's own rows, or those of the union of several assets' times.
    Rows(Range<usize>),
}

impl Span {
    /// Everything there is.
    pub const ALL: Span = Span::Days { from: None, to: None };
}

/// A stretch of a shared column.
#[derive(Clone, Debug)]
pub struct Window<T: 'static> {
    column: Column<T>,
    rows: Range<usize>,
}

impl<T> Window<T> {
    /// The rows `rows` of a column.
    ///
    /// # Panics
    /// If the column is shorter.
    #[must_use]
    pub fn new(column: Column<T>, rows: Range<usize>) -> Window<T> {
        assert!(rows.start <= rows.end && rows.end <= column.len(), "a window lies in its column");
        Window { column, rows }
    }

    /// The first `rows` of it, all where it has fewer.
    #[must_use]
    pub fn first_rows(&self, rows: usize) -> Window<T>
    where
        T: Clone,
    {
        let end = self.rows.start + rows.min(self.rows.len());
        Window { column: self.column.clone(), rows: self.rows.start..end }
    }
}

impl<T> Deref for Window<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.column[self.rows.clone()]
    }
}

impl<T: PartialEq> PartialEq for Window<T> {
    fn eq(&self, other: &Window<T>) -> bool {
        **self == **other
    }
}

impl<T: Send + Sync> From<Vec<T>> for Window<T> {
    fn from(values: Vec<T>) -> Window<T> {
        let rows = 0..values.len();
        Window { column: values.into(), rows }
    }
}

/// Times and session days of the rows of a run.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) time: Window<i64>,
    pub(crate) day: Window<i32>,
}

impl Clock {
    /// The own rows of a single asset, or the sorted union of the times of several.
    pub(crate) fn new(
        market: &Market,
        assets: &[AssetId],
        span: &Span,
    ) -> Result<Clock, EngineError> {
        let (time, day) = match assets {
            [only] => {
                let bars = &market.assets[only.index()].bars;
                (bars.time.clone(), bars.day.clone())
            }
            _ => union(market, assets),
        };
        let rows = match span {
            Span::Rows(rows) => rows.clone(),
            Span::Days { from, to } => {
                let start = from.map_or(0, |first| day.partition_point(|d| *d < first.0));
                let end = to.map_or(day.len(), |last| day.partition_point(|d| *d <= last.0));
                start..end.max(start)
            }
        };
        if rows.start > rows.end || rows.end > time.len() {
            return Err(EngineError::Rows { start: rows.start, end: rows.end, rows: time.len() });
        }
        if u32::try_from(rows.len()).is_err() {
            return Err(EngineError::TooLong { rows: rows.len() });
        }
        Ok(Clock { time: Window::new(time, rows.clone()), day: Window::new(day, rows) })
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.time.len()
    }

    /// The asset's own row that is the first at or after row 0; its row 0 where the run has no rows.
    pub(crate) fn first_row(&self, asset: &Asset) -> usize {
        let start = self.time.first();
        start.map_or(0, |start| asset.bars.time.partition_point(|time| time < start))
    }
}

/// All times of all assets, none twice. Assets mostly share their times, so most steps only compare.
fn union(market: &Market, assets: &[AssetId]) -> (Column<i64>, Column<i32>) {
    let _span = backcast_spans::span!(
        "engine.clock",
        digest = backcast_spans::digest((market.span_digest(), assets))
    );
    let mut all: (Column<i64>, Column<i32>) = (Vec::new().into(), Vec::new().into());
    for asset in assets {
        let bars = &market.assets[asset.index()].bars;
        if all.0.is_empty() {
            all = (bars.time.clone(), bars.day.clone());
        } else if all.0 != bars.time {
            all = merge(&all.0, &all.1, &bars.time, &bars.day);
        }
    }
    all
}

fn merge(a: &[i64], a_day: &[i32], b: &[i64], b_day: &[i32]) -> (Column<i64>, Column<i32>) {
    let mut time = Vec::with_capacity(a.len().max(b.len()));
    let mut day = Vec::with_capacity(a.len().max(b.len()));
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let from_a = j == b.len() || (i < a.len() && a[i] <= b[j]);
        let now = if from_a { a[i] } else { b[j] };
        time.push(now);
        day.push(if from_a { a_day[i] } else { b_day[j] });
        i += usize::from(i < a.len() && a[i] == now);
        j += usize::from(j < b.len() && b[j] == now);
    }
    (time.into(), day.into())
}
