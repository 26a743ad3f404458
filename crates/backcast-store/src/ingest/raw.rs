//! Rows as they were read, before anything is said about time.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use backcast_data::Field;

use super::moment::When;
use crate::{RowError, StoreError};

/// A file that rows come from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// Bytes of a text file, for quarantined rows.
    pub(crate) text: Option<Arc<Vec<u8>>>,
    /// Column of the date as the file names it.
    pub(crate) when_column: String,
    /// Columns of open, high, low, close, volume as the file names them; empty where there is none.
    pub(crate) columns: [String; 5],
    /// Column of the adjusted close as the file names it.
    pub(crate) adjusted_column: String,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Counted from one, without the header.
    pub(crate) row: u64,
    /// Line in a text file, counted from one.
    pub(crate) line: Option<u64>,
    /// First byte of the row in a text file.
    pub(crate) byte: u64,
}

/// Good rows of one asset out of one file, in the order of the file.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) symbol: String,
    pub(crate) source: Arc<Source>,
    pub(crate) places: Vec<Place>,
    pub(crate) when: Vec<When>,
    pub(crate) prices: [Vec<f64>; 5],
    pub(crate) adjusted: Option<Vec<f64>>,
    pub(crate) extra: Vec<(String, Vec<f64>)>,
}

impl Raw {
    /// Keeps the rows at `kept`, in that order.
    pub(crate) fn select(&mut self, kept: &[usize]) {
        fn pick<T: Copy>(column: &mut Vec<T>, kept: &[usize]) {
            *column = kept.iter().map(|row| column[*row]).collect();
            backcast_spans::copied(size_of_val(&column[..]) as u64);
        }
        pick(&mut self.places, kept);
        pick(&mut self.when, kept);
        self.prices.iter_mut().for_each(|column| pick(column, kept));
        self.adjusted.iter_mut().for_each(|column| pick(column, kept));
        self.extra.iter_mut().for_each(|(_, column)| pick(column, kept));
    }
}

/// One row on its way into a [`Raw`].
pub(crate) struct Row<'a> {
    pub(crate) place: Place,
    pub(crate) symbol: &'a str,
    pub(crate) when: When,
    pub(crate) prices: [f64; 5],
    pub(crate) adjusted: Option<f64>,
    pub(crate) extra: &'a [f64],
}

/// Sorts rows by symbol.
pub(crate) struct Gather {
    source: Arc<Source>,
    extra: Vec<String>,
    assets: Vec<Raw>,
    by_symbol: HashMap<String, usize>,
    latest: usize,
}

impl Gather {
    pub(crate) fn new(source: Arc<Source>, extra: Vec<String>) -> Gather {
        Gather { source, extra, assets: Vec::new(), by_symbol: HashMap::new(), latest: 0 }
    }

    pub(crate) fn push(&mut self, row: &Row) {
        let raw = self.asset(row.symbol, row.adjusted.is_some());
        raw.places.push(row.place);
        raw.when.push(row.when);
        for (column, price) in raw.prices.iter_mut().zip(row.prices) {
            column.push(price);
        }
        if let (Some(column), Some(price)) = (&mut raw.adjusted, row.adjusted) {
            column.push(price);
        }
        for ((_, column), x) in raw.extra.iter_mut().zip(row.extra) {
            column.push(*x);
        }
    }

    fn asset(&mut self, symbol: &str, adjusted: bool) -> &mut Raw {
        // Rows of an asset mostly stand together.
        if self.assets.get(self.latest).is_none_or(|raw| raw.symbol != symbol) {
            self.latest = *self.by_symbol.entry(symbol.to_owned()).or_insert(self.assets.len());
        }
        if self.latest == self.assets.len() {
            self.assets.push(Raw {
                symbol: symbol.to_owned(),
                source: self.source.clone(),
                places: Vec::new(),
                when: Vec::new(),
                prices: Default::default(),
                adjusted: adjusted.then(Vec::new),
                extra: self.extra.iter().map(|name| (name.clone(), Vec::new())).collect(),
            });
        }
        &mut self.assets[self.latest]
    }

    pub(crate) fn finish(self) -> Vec<Raw> {
        self.assets
    }
}

/// What is wrong with a bar: the column, and the reason in words.
pub(crate) fn bar_problem(prices: &[f64; 5], names: &[String; 5]) -> Option<(Field, String)> {
    let [open, high, low, close, volume] = *prices;
    for (field, price) in Field::ALL.into_iter().zip(*prices).take(4) {
        if !price.is_finite() {
            return Some((
                field,
                "this is no finite number; a bar without trade has no row".to_owned(),
            ));
        }
        if price < 0.0 {
            return Some((field, "a price cannot be negative".to_owned()));
        }
        if price == 0.0 {
            return Some((
                field,
                "a price cannot be zero; a bar without trade has no row".to_owned(),
            ));
        }
    }
    if volume.is_infinite() || (volume.is_nan() && !names[4].is_empty()) {
        return Some((Field::Volume, "this is no finite number".to_owned()));
    }
    if volume < 0.0 {
        return Some((Field::Volume, "a volume cannot be negative".to_owned()));
    }
    let other = |name: usize, price: f64| format!("`{}` {price}", names[name]);
    let (field, problem) = if high < low {
        (Field::High, format!("high is below low, {}", other(2, low)))
    } else if high < open {
        (Field::High, format!("high is below open, {}", other(0, open)))
    } else if high < close {
        (Field::High, format!("high is below close, {}", other(3, close)))
    } else if low > open {
        (Field::Low, format!("low is above open, {}", other(0, open)))
    } else if low > close {
        (Field::Low, format!("low is above close, {}", other(3, close)))
    } else {
        return None;
    };
    Some((field, problem))
}

/// Bad rows: the first one becomes an error, or all are set aside.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    set_aside: bool,
    first: Option<RowError>,
    count: usize,
    records: Vec<(RowError, String)>,
}

impl Problems {
    /// With `set_aside` bad rows are kept for a quarantine file and stop nothing.
    pub(crate) fn new(set_aside: bool) -> Problems {
        Problems { set_aside, ..Problems::default() }
    }

    pub(crate) fn add(
        &mut self,
        source: &Source,
        place: Place,
        column: &str,
        found: &str,
        problem: impl Into<String>,
    ) {
        self.count += 1;
        if !self.set_aside && self.first.is_some() {
            return;
        }
        let error = RowError {
            path: source.path.clone(),
            row: place.row,
            line: place.line,
            column: column.to_owned(),
            found: clip(found),
            problem: problem.into(),
            more: 0,
        };
        if self.set_aside {
            let record =
                source.text.as_ref().map(|text| line_at(text, place.byte)).unwrap_or_default();
            self.records.push((error, record));
        } else {
            self.first = Some(error);
        }
    }

    /// Fails where there was a bad row that is not set aside.
    pub(crate) fn check(&mut self) -> Result<(), StoreError> {
        match self.first.take() {
            Some(first) => {
                Err(StoreError::Row(Box::new(RowError { more: self.count - 1, ..first })))
            }
            None => Ok(()),
        }
    }

    /// Rows set aside, each with its text where it came from a text file.
    pub(crate) fn records(&self) -> &[(RowError, String)] {
        &self.records
    }
}

/// A cell as it is shown: not longer than a line.
fn clip(found: &str) -> String {
    if found.chars().count() <= 60 {
        found.to_owned()
    } else {
        found.chars().take(57).collect::<String>() + "..."
    }
}

fn line_at(text: &[u8], byte: u64) -> String {
    let rest = text.get(byte as usize..).unwrap_or_default();
    let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
    String::from_utf8_lossy(&rest[..end]).into_owned()
}

/// Name of a file without folder and ending, which is its symbol.
pub(crate) fn symbol_of(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
