//! What a user says about files.

use std::{path::PathBuf, str::FromStr};

use backcast_data::Frequency;

use crate::{StoreError, bundle::parse_frequency, error::nearest};

/// How files are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Parquet where the name ends in `.parquet` or `.pq`, Yahoo where a CSV has `Adj Close`, else generic CSV.
    #[default]
    Auto,
    /// CSV with `Date,Open,High,Low,Close,Volume,Adj Close` in any order; may be newest first.
    Yahoo,
    /// Any CSV with a header.
    Generic,
    /// Parquet.
    Parquet,
}

/// What is done with an adjusted close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjClose {
    /// Turned into events by f = C_ex / (C_ex + D), as Quandl's WIKI prices have it.
    Wiki,
    /// Turned into events by f = 1 - D / C_prev, as Yahoo has it.
    Yahoo,
    /// Kept as a column `adj_close`, nothing more.
    Ignore,
}

/// Whether the prices of the files know of splits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prices {
    /// As traded on the day.
    #[default]
    AsTraded,
    /// Divided by later splits already: no split is looked for, and dividends are per share of today.
    SplitAdjusted,
}

/// Which end of a bar its time names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BarLabel {
    /// The begin: 09:30 is the bar from 09:30 to 09:31.
    Start,
    /// The end: 09:31 is that bar. Bundles hold ends.
    #[default]
    End,
}

/// How dates with slashes or points are read; 2024-11-29 and 20241129 are always understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// Dates such as 29/11/2024 are refused, since nothing says which number is the month.
    #[default]
    YearFirst,
    /// 29/11/2024, 29.11.2024.
    DayFirst,
    /// 11/29/2024.
    MonthFirst,
}

/// What a user says about files; the default fits plain daily files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// Layout.
    pub format: Format,
    /// Which columns are what.
    pub columns: ColumnMap,
    /// IANA zone of times without offset, `America/New_York`.
    pub timezone: Option<String>,
    /// Trading calendar, `XNYS`; without one sessions are the dates of the bars.
    pub calendar: Option<String>,
    /// How far apart bars are; found out where it is not given.
    pub frequency: Option<Frequency>,
    /// What is done with an adjusted close; where nothing is said it is kept as a column, with a notice.
    pub adj_close: Option<AdjClose>,
    /// Whether prices know of splits.
    pub prices: Prices,
    /// Which end of an intraday bar its time names.
    pub bar_label: BarLabel,
    /// Between cells of a CSV; a comma where nothing is said.
    pub delimiter: Option<char>,
    /// How dates with slashes are read.
    pub dates: DateOrder,
}

/// What is to become a bundle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestRequest {
    /// Name of the bundle.
    pub bundle: String,
    /// Files, or folders whose `.csv`, `.txt` and `.parquet` files are taken. The symbol is the name of the file without its
    /// ending, or a column `symbol`.
    pub sources: Vec<PathBuf>,
    /// What the files look like.
    pub options: ReadOptions,
    /// CSV file into which bad rows are put, with their reasons; without it the first bad row ends the ingest.
    pub quarantine: Option<PathBuf>,
    /// CSV of splits: `symbol,date,new_shares,old_shares`.
    pub splits: Option<PathBuf>,
    /// CSV of dividends: `symbol,ex_date,amount` and, where known, `pay_date`.
    pub dividends: Option<PathBuf>,
}

/// What a column may stand for, as the column map writes it.
pub(crate) const ROLES: [&str; 10] =
    ["date", "time", "datetime", "open", "high", "low", "close", "volume", "adj_close", "symbol"];

/// Which columns of the files are what: `open=o,high=h,drop=comment`. Columns that it does not name are known by their usual
/// names; `drop` (any number of times) leaves a column out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    roles: Vec<(&'static str, String)>,
    dropped: Vec<String>,
}

impl ColumnMap {
    /// The column given for a role.
    pub(crate) fn role(&self, role: &str) -> Option<&str> {
        self.roles.iter().find(|(known, _)| *known == role).map(|(_, column)| column.as_str())
    }

    /// Whether a column is left out.
    pub(crate) fn drops(&self, column: &str) -> bool {
        self.dropped.iter().any(|d| d.eq_ignore_ascii_case(column))
    }

    /// Names of all columns that are to be dropped.
    pub(crate) fn dropped(&self) -> &[String] {
        &self.dropped
    }
}

impl FromStr for ColumnMap {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<ColumnMap, StoreError> {
        let mut map = ColumnMap::default();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let Some((role, column)) = part.split_once('=') else {
                return Err(StoreError::request(format!(
                    "`{part}` in the column map is not written as open=NAME"
                )));
            };
            let (role, column) = (role.trim().to_lowercase(), column.trim().to_owned());
            if column.is_empty() {
                return Err(StoreError::request(format!(
                    "the column map names no column for {role}"
                )));
            }
            if role == "drop" {
                map.dropped.push(column);
                continue;
            }
            let Some(known) = ROLES.iter().find(|known| **known == role) else {
                let meant = nearest(&role, ROLES.iter().copied().chain(["drop"]));
                let meant = meant.map(|m| format!(", did you mean `{m}`?")).unwrap_or_default();
                let all = ROLES.join(", ");
                return Err(StoreError::request(format!(
                    "the column map knows no `{role}`{meant}; it knows {all}, drop"
                )));
            };
            if map.role(known).is_some() {
                return Err(StoreError::request(format!(
                    "the column map names two columns for {known}"
                )));
            }
            map.roles.push((known, column));
        }
        Ok(map)
    }
}

/// `1d`, `1m`, `15m` as a frequency.
///
/// # Errors
/// [`StoreError::Request`], which says how frequencies are written.
pub fn read_frequency(text: &str) -> Result<Frequency, StoreError> {
    parse_frequency(text.trim()).ok_or_else(|| {
        StoreError::request(format!("`{text}` is no frequency; write 1d, 1m, 5m and so on"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_map_is_read_and_its_mistakes_are_named() {
        let map: ColumnMap = "open=o, High=h,drop=Comment".parse().unwrap();
        assert_eq!(map.role("open"), Some("o"));
        assert_eq!(map.role("high"), Some("h"));
        assert!(map.drops("comment"));
        let error = |text: &str| text.parse::<ColumnMap>().unwrap_err().to_string();
        assert_eq!(error("open"), "`open` in the column map is not written as open=NAME");
        assert!(
            error("opem=o").starts_with("the column map knows no `opem`, did you mean `open`?")
        );
        assert_eq!(error("open=a,open=b"), "the column map names two columns for open");
    }
}
