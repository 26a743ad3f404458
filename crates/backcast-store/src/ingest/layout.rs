//! Which column of a file is what.

use std::path::Path;

use backcast_data::Field;

use super::options::{AdjClose, ColumnMap, Format, ReadOptions};
use crate::{StoreError, error::nearest};

/// Columns of a file by what they are; numbers count the file's columns from zero.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Date, or date with time.
    pub(crate) date: usize,
    /// Time of day in a column of its own.
    pub(crate) time: Option<usize>,
    /// Open, high, low, close, volume; only volume may be absent.
    pub(crate) prices: [Option<usize>; 5],
    pub(crate) adjusted: Option<usize>,
    pub(crate) symbol: Option<usize>,
    /// Further columns, under the name they are kept by.
    pub(crate) extra: Vec<(usize, String)>,
    /// Rows may come newest first.
    pub(crate) yahoo: bool,
}

const DATETIME: [&str; 4] = ["date", "datetime", "date_time", "timestamp"];

/// Finds the columns of a file by the column map and by their usual names.
pub(crate) fn find(
    path: &Path,
    names: &[String],
    options: &ReadOptions,
) -> Result<Layout, StoreError> {
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    check_map(path, names, &options.columns)?;
    let taken = |at: usize| options.columns.drops(&names[at]);
    let usual = |known: &[&str]| {
        known
            .iter()
            .find_map(|known| plain.iter().position(|name| name == known))
            .filter(|at| !taken(*at))
    };
    let role = |role: &str, known: &[&str]| match options.columns.role(role) {
        Some(column) => position(names, column),
        None => usual(known),
    };
    let missing = |column: &str| StoreError::MissingColumn {
        path: path.to_owned(),
        column: column.to_owned(),
        nearest: nearest(column, names.iter().map(String::as_str)),
        found: names.iter().map(|name| format!("`{name}`")).collect(),
    };

    let mut time = role("time", &["time"]);
    let date = role("datetime", &[]).or_else(|| role("date", &[])).or_else(|| usual(&DATETIME));
    let date = match date.or_else(|| time.take()) {
        Some(date) => date,
        None => return Err(missing("date")),
    };
    let time = time.filter(|time| *time != date);
    let mut prices = [None; 5];
    for (slot, field) in prices.iter_mut().zip(Field::ALL) {
        *slot = role(field.name(), &[field.name()]);
        if slot.is_none() && field != Field::Volume {
            return Err(missing(field.name()));
        }
    }
    let adjusted = role("adj_close", &["adj_close", "adjclose", "adjusted_close"]);
    if options.format == Format::Yahoo && adjusted.is_none() {
        return Err(missing("adj_close"));
    }
    let yahoo = match options.format {
        Format::Yahoo => true,
        Format::Auto => adjusted.is_some(),
        Format::Generic | Format::Parquet => false,
    };
    let keep_adjusted = matches!(options.adj_close, None | Some(AdjClose::Ignore));
    if adjusted.is_none() && !keep_adjusted {
        return Err(missing("adj_close"));
    }
    let symbol = role("symbol", &["symbol", "ticker"]);
    let used = |at: usize| {
        at == date
            || time == Some(at)
            || prices.contains(&Some(at))
            || (adjusted == Some(at) && !keep_adjusted)
            || symbol == Some(at)
            || taken(at)
    };
    let mut extra: Vec<(usize, String)> = Vec::new();
    for at in (0..names.len()).filter(|at| !used(*at)) {
        // A frame's index without a name is no data.
        if plain[at].is_empty()
            || plain[at].starts_with("unnamed")
            || plain[at].starts_with("__index")
        {
            continue;
        }
        let name = if adjusted == Some(at) { "adj_close".to_owned() } else { plain[at].clone() };
        if extra.iter().any(|(_, other)| *other == name)
            || Field::ALL.iter().any(|f| f.name() == name)
        {
            let problem = format!(
                "there are two columns called `{name}`; leave one out with --columns \"drop={}\"",
                names[at]
            );
            return Err(StoreError::Column {
                path: path.to_owned(),
                column: names[at].clone(),
                problem,
            });
        }
        extra.push((at, name));
    }
    let adjusted = adjusted.filter(|_| !keep_adjusted);
    Ok(Layout { date, time, prices, adjusted, symbol, extra, yahoo })
}

/// Every column that the map names must be there.
fn check_map(path: &Path, names: &[String], map: &ColumnMap) -> Result<(), StoreError> {
    let given = super::options::ROLES.iter().filter_map(|role| map.role(role));
    for column in given.chain(map.dropped().iter().map(String::as_str)) {
        if position(names, column).is_none() {
            let meant = nearest(column, names.iter().map(String::as_str));
            let meant = meant.map(|name| format!(" did you mean `{name}`?")).unwrap_or_default();
            let problem = format!(
                "there is no column `{column}`, which --columns names;{meant} it has: {}",
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            );
            return Err(StoreError::file(path, problem));
        }
    }
    Ok(())
}

fn position(names: &[String], column: &str) -> Option<usize> {
    names
        .iter()
        .position(|name| name == column)
        .or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(column)))
}

/// Lower case, with `_` for everything that is neither letter nor digit: `Adj Close` is `adj_close`.
fn plain_name(name: &str) -> String {
    let mapped: String = name
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    mapped.trim_end_matches('_').to_owned()
}
