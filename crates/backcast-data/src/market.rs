//! What a bundle holds once it is in memory: assets with their bars, splits and dividends.

use std::{fmt, sync::Arc};

use backcast_types::{AssetId, Day, Timestamp};

use crate::Column;

/// How far apart bars are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// One bar a session.
    Daily,
    /// One bar every so many minutes, at least one.
    Minutes(u16),
}

impl fmt::Display for Frequency {
    /// `1d`, `1m`, `5m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Frequency::Daily => f.write_str("1d"),
            Frequency::Minutes(n) => write!(f, "{n}m"),
        }
    }
}

/// One of the five columns that every bar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Shares traded.
    Volume,
}

impl Field {
    /// All five, in the order of the files.
    pub const ALL: [Field; 5] = [Field::Open, Field::High, Field::Low, Field::Close, Field::Volume];

    /// Lower-case name as rules and files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Field::Open => "open",
            Field::High => "high",
            Field::Low => "low",
            Field::Close => "close",
            Field::Volume => "volume",
        }
    }
}

/// Bars of one asset as traded (not adjusted), oldest first; all columns have the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// Nanoseconds UTC of each bar: session close of a daily bar, end of a minute bar. Strictly rising.
    pub time: Column<i64>,
    /// Session date of each bar, days since 1970-01-01. Never falls.
    pub day: Column<i32>,
    /// First price of each bar.
    pub open: Column<f64>,
    /// Highest price of each bar.
    pub high: Column<f64>,
    /// Lowest price of each bar.
    pub low: Column<f64>,
    /// Last price of each bar.
    pub close: Column<f64>,
    /// Shares traded in each bar.
    pub volume: Column<f64>,
    /// Further numeric columns of the files by lower-case name; NaN where a cell was empty.
    pub extra: Vec<(String, Column<f64>)>,
}

impl Bars {
    /// Number of bars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is no bar.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// One of the five columns.
    #[must_use]
    pub fn field(&self, field: Field) -> &Column<f64> {
        match field {
            Field::Open => &self.open,
            Field::High => &self.high,
            Field::Low => &self.low,
            Field::Close => &self.close,
            Field::Volume => &self.volume,
        }
    }

    /// Rows whose session date is in `from..=to`, either end open where `None`.
    #[must_use]
    pub fn rows(&self, from: Option<Day>, to: Option<Day>) -> std::ops::Range<usize> {
        let start = from.map_or(0, |day| self.day.partition_point(|d| *d < day.0));
        let end = to.map_or(self.len(), |day| self.day.partition_point(|d| *d <= day.0));
        start..end.max(start)
    }

    /// Time of a row.
    #[must_use]
    pub fn timestamp(&self, row: usize) -> Timestamp {
        Timestamp(self.time[row])
    }

    /// Session date of a row.
    #[must_use]
    pub fn session(&self, row: usize) -> Day {
        Day(self.day[row])
    }
}

/// A split: from `day` on, each old share is `new_shares / old_shares` shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// First session at the new price.
    pub day: Day,
    /// New shares for each old one: 2.0 for a 2:1 split, 0.1 for a 1:10 reverse split.
    pub shares: f64,
}

/// A cash dividend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dividend {
    /// First session without the dividend; holders before its open are paid.
    pub ex_day: Day,
    /// Day on which cash arrives; the ex-date where nothing else is known.
    pub pay_day: Day,
    /// Cash per share held before the open of the ex-date.
    pub amount: f64,
}

/// One asset of a market.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// Name as users write it.
    pub symbol: String,
    /// Bars as traded.
    pub bars: Bars,
    /// Splits in order of day.
    pub splits: Vec<Split>,
    /// Dividends in order of ex-date.
    pub dividends: Vec<Dividend>,
    /// Last session before the asset left the market, where it did.
    pub delisted: Option<Day>,
}

/// Assets that are tested together.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    /// Bundle or file it came from.
    pub name: String,
    /// Name of its trading calendar; without one, sessions are the days that have bars.
    pub calendar: Option<String>,
    /// How far apart bars are, the same for all assets.
    pub frequency: Frequency,
    /// Bars a year, for metrics: sessions a year times bars a session.
    pub periods_per_year: f64,
    /// Assets in listed order; `AssetId` counts them.
    pub assets: Vec<Arc<Asset>>,
    /// Hex blake3 of canonical columns and events; empty for a market made by hand.
    pub digest: String,
}

impl Market {
    /// The asset of that name.
    #[must_use]
    pub fn find(&self, symbol: &str) -> Option<AssetId> {
        self.assets.iter().position(|a| a.symbol == symbol).map(|i| AssetId(i as u32))
    }

    /// Stands for the data in digests of arguments of spans: by content, or by its place in memory where that has no digest.
    #[must_use]
    pub fn span_digest(&self) -> u64 {
        match self.digest.as_str() {
            "" => backcast_spans::digest(std::ptr::from_ref(self) as usize),
            content => backcast_spans::digest(content),
        }
    }
}
