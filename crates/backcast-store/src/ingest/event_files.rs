//! Files of splits and dividends.

use std::path::{Path, PathBuf};

use backcast_calendar::Calendar;
use backcast_data::{Asset, Dividend, Split};
use backcast_types::Day;

use super::{
    csv as text, moment,
    options::{IngestRequest, ReadOptions},
};
use crate::{RowError, StoreError, error::nearest};

/// Events of any number of assets, with the row that each stands in.
#[derive(Debug, Default)]
pub(crate) struct EventFiles {
    splits: Vec<(Origin, Split)>,
    dividends: Vec<(Origin, Dividend)>,
}

#[derive(Clone, Debug)]
struct Origin {
    path: PathBuf,
    symbol: String,
}

impl EventFiles {
    /// Reads the files that a request names.
    pub(crate) fn read(request: &IngestRequest) -> Result<EventFiles, StoreError> {
        let _span = backcast_spans::span!("store.read_events");
        let mut files = EventFiles::default();
        if let Some(path) = &request.splits {
            files.read_splits(path, &request.options)?;
        }
        if let Some(path) = &request.dividends {
            files.read_dividends(path, &request.options)?;
        }
        Ok(files)
    }

    fn read_splits(&mut self, path: &Path, options: &ReadOptions) -> Result<(), StoreError> {
        let table = Table::read(path, options)?;
        let symbol = table.column(&["symbol"])?;
        let date = table.column(&["date", "effective_date", "day", "ex_date"])?;
        let new = table.column(&["new_shares", "shares", "ratio"])?;
        let old = table.find(&["old_shares"]);
        for row in 0..table.rows.len() {
            let day = table.day(row, date, options)?;
            let shares =
                table.positive(row, new)? / old.map_or(Ok(1.0), |old| table.positive(row, old))?;
            let origin =
                Origin { path: path.to_owned(), symbol: table.cell(row, symbol).to_owned() };
            self.splits.push((origin, Split { day, shares }));
        }
        Ok(())
    }

    fn read_dividends(&mut self, path: &Path, options: &ReadOptions) -> Result<(), StoreError> {
        let table = Table::read(path, options)?;
        let symbol = table.column(&["symbol"])?;
        let ex = table.column(&["ex_date", "date", "day"])?;
        let amount = table.column(&["amount", "dividend"])?;
        let pay = table.find(&["pay_date"]);
        for row in 0..table.rows.len() {
            let ex_day = table.day(row, ex, options)?;
            let pay = pay.filter(|pay| !table.cell(row, *pay).is_empty());
            let pay_day = pay.map_or(Ok(ex_day), |pay| table.day(row, pay, options))?;
            if pay_day < ex_day {
                let at = pay.unwrap_or(ex);
                return Err(table.bad(row, at, "a dividend is not paid before its ex-date"));
            }
            let amount = table.positive(row, amount)?;
            let origin =
                Origin { path: path.to_owned(), symbol: table.cell(row, symbol).to_owned() };
            self.dividends.push((origin, Dividend { ex_day, pay_day, amount }));
        }
        Ok(())
    }

    /// Adds the events to their assets; those of assets that are not there are left out with a notice.
    pub(crate) fn apply(
        &self,
        assets: &mut [Asset],
        calendar: Option<&Calendar>,
        notices: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        let _span = backcast_spans::span!("store.apply_events");
        let mut strangers: Vec<&str> = Vec::new();
        let mut sessions = Sessions::new(calendar, assets);
        for (origin, split) in &self.splits {
            sessions.check(origin, "split", split.day)?;
            match assets.iter_mut().find(|a| a.symbol == origin.symbol) {
                Some(asset) => asset.splits.push(*split),
                None => strangers.push(&origin.symbol),
            }
        }
        for (origin, dividend) in &self.dividends {
            sessions.check(origin, "dividend", dividend.ex_day)?;
            match assets.iter_mut().find(|a| a.symbol == origin.symbol) {
                Some(asset) => asset.dividends.push(*dividend),
                None => strangers.push(&origin.symbol),
            }
        }
        for asset in assets {
            asset.splits.sort_by_key(|split| split.day);
            asset.dividends.sort_by_key(|dividend| dividend.ex_day);
        }
        strangers.sort_unstable();
        strangers.dedup();
        if !strangers.is_empty() {
            notices.push(format!(
                "splits and dividends of {} are left out: no prices",
                strangers.join(", ")
            ));
        }
        Ok(())
    }
}

/// Days on which events may be: sessions of the calendar, else all days that have bars.
struct Sessions<'a> {
    calendar: Option<&'a Calendar>,
    days: Vec<i32>,
}

impl<'a> Sessions<'a> {
    fn new(calendar: Option<&'a Calendar>, assets: &[Asset]) -> Sessions<'a> {
        let mut days: Vec<i32> = match calendar {
            Some(_) => Vec::new(),
            None => assets.iter().flat_map(|a| a.bars.day.iter().copied()).collect(),
        };
        days.sort_unstable();
        days.dedup();
        Sessions { calendar, days }
    }

    fn check(&mut self, origin: &Origin, event: &'static str, day: Day) -> Result<(), StoreError> {
        let (known, next) = match self.calendar {
            Some(calendar) => {
                (calendar.session_index(day).is_some(), calendar.next_session(day).ok())
            }
            None => {
                let at = self.days.partition_point(|d| *d < day.0);
                // Days outside the bars are left out later.
                let outside = at == 0 || at == self.days.len();
                (outside || self.days[at] == day.0, self.days.get(at).copied().map(Day))
            }
        };
        if known {
            return Ok(());
        }
        Err(StoreError::EventDay {
            path: origin.path.clone(),
            event,
            symbol: origin.symbol.clone(),
            day,
            next,
        })
    }
}

/// A small CSV file as text.
struct Table<'a> {
    path: &'a Path,
    names: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

impl<'a> Table<'a> {
    fn read(path: &'a Path, options: &ReadOptions) -> Result<Table<'a>, StoreError> {
        let bytes = text::read_text(path)?;
        let delimiter = options.delimiter.unwrap_or(',');
        let mut reader = text::reader(path, &bytes, delimiter)?;
        let names = text::header(path, &mut reader, delimiter, &bytes)?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| StoreError::file(path, e.to_string()))?;
            rows.push((record.position().map_or(0, |p| p.line()), record));
        }
        Ok(Table { path, names, rows })
    }

    fn find(&self, known: &[&str]) -> Option<usize> {
        known
            .iter()
            .find_map(|known| self.names.iter().position(|name| name.eq_ignore_ascii_case(known)))
    }

    fn column(&self, known: &[&str]) -> Result<usize, StoreError> {
        self.find(known).ok_or_else(|| StoreError::MissingColumn {
            path: self.path.to_owned(),
            column: known[0].to_owned(),
            nearest: nearest(known[0], self.names.iter().map(String::as_str)),
            found: self.names.iter().map(|name| format!("`{name}`")).collect(),
        })
    }

    fn cell(&self, row: usize, at: usize) -> &str {
        self.rows[row].1.get(at).unwrap_or_default().trim()
    }

    fn day(&self, row: usize, at: usize, options: &ReadOptions) -> Result<Day, StoreError> {
        moment::parse_date(self.cell(row, at), options.dates).map_err(|e| self.bad(row, at, e))
    }

    fn positive(&self, row: usize, at: usize) -> Result<f64, StoreError> {
        let number = self.cell(row, at).parse::<f64>().ok().filter(|x| x.is_finite() && *x > 0.0);
        number.ok_or_else(|| self.bad(row, at, "this must be a number above zero"))
    }

    fn bad(&self, row: usize, at: usize, problem: impl Into<String>) -> StoreError {
        StoreError::Row(Box::new(RowError {
            path: self.path.to_owned(),
            row: row as u64 + 1,
            line: Some(self.rows[row].0),
            column: self.names[at].clone(),
            found: self.cell(row, at).to_owned(),
            problem: problem.into(),
            more: 0,
        }))
    }
}
