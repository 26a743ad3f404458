//! Price files of the goldens, read as the reference library reads them.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::expression::Refusal;

/// The price file of a golden, and the part of it that counts.
#[derive(Debug, Deserialize)]
pub(super) struct FeedSpec {
    file: String,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    fromdate: Option<String>,
    #[serde(default)]
    todate: Option<String>,
    #[serde(default)]
    transform: Option<serde_json::Value>,
    #[serde(default)]
    filters: Option<serde_json::Value>,
}

/// The columns of a price file.
#[derive(Debug, Default)]
pub(super) struct Bars {
    columns: [Vec<f64>; 6],
}

const COLUMNS: [&str; 6] = ["open", "high", "low", "close", "volume", "openinterest"];

impl Bars {
    pub(super) fn len(&self) -> usize {
        self.columns[0].len()
    }

    /// A column by name.
    pub(super) fn column(&self, name: &str) -> Option<&[f64]> {
        let index = COLUMNS.iter().position(|column| *column == name)?;
        Some(&self.columns[index])
    }
}

impl FeedSpec {
    /// Reads the bars from `fromdate` to `todate`. A bare date is its midnight and a daily bar comes at the end of its
    /// day, so the last day counts only when `todate` is later than it.
    pub(super) fn load(&self, data_dir: &Path) -> Result<Bars, Refusal> {
        if self.transform.is_some() || self.filters.is_some() {
            return Err(Refusal::NotOffered("a feed that is transformed".to_owned()));
        }
        let read_row: fn(&[&str]) -> Option<[f64; 6]> = match self.format.as_deref() {
            None | Some("bt-csv") => plain_row,
            Some("yahoo") => yahoo_row,
            Some(other) => return Err(Refusal::NotOffered(format!("price format {other}"))),
        };
        let path = data_dir.join(&self.file);
        let text = fs::read_to_string(&path).map_err(|error| {
            Refusal::Failed(format!("cannot read price file {}: {error}", path.display()))
        })?;
        let from = self.fromdate.as_deref().map(moment);
        let to = self.todate.as_deref().map(moment);
        let mut bars = Bars::default();
        for row in text.lines().skip(1).filter(|row| !row.trim().is_empty()) {
            let mut fields: Vec<&str> = row.trim().split(',').collect();
            let timed = fields.get(1).is_some_and(|field| field.contains(':'));
            let time = if timed { fields.remove(1) } else { "23:59:59.99" };
            let when = format!("{}T{time}", fields[0]);
            if from.as_ref().is_some_and(|from| when < *from)
                || to.as_ref().is_some_and(|to| when > *to)
            {
                continue;
            }
            // Yahoo writes `null` for days without trade; the reference leaves them out.
            let Some(values) = read_row(&fields[1..]) else {
                continue;
            };
            for (column, value) in bars.columns.iter_mut().zip(values) {
                column.push(value);
            }
        }
        Ok(bars)
    }
}

/// A date or date-time as text that sorts by time.
fn moment(text: &str) -> String {
    if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00") }
}

fn plain_row(fields: &[&str]) -> Option<[f64; 6]> {
    let mut values = [0.0; 6];
    for (index, value) in values.iter_mut().enumerate() {
        match fields.get(index) {
            Some(field) => *value = field.parse().ok()?,
            None if index < 4 => return None,
            None => {}
        }
    }
    Some(values)
}

/// Open, high, low, close, adjusted close, volume: prices times adjusted / close, rounded to cents; volume
/// divided by the same and rounded.
fn yahoo_row(fields: &[&str]) -> Option<[f64; 6]> {
    let field = |index: usize| fields.get(index)?.parse::<f64>().ok();
    let (close, adjusted, volume) = (field(3)?, field(4)?, field(5)?);
    let factor = adjusted / close;
    let price = |index| field(index).map(|price| rounded(price * factor, 2));
    Some([price(0)?, price(1)?, price(2)?, price(3)?, rounded(volume / factor, 0), 0.0])
}

/// The nearest decimal with so many places; exact ties go to the even digit, as formatting does.
fn rounded(value: f64, places: usize) -> f64 {
    format!("{value:.places$}").parse().unwrap_or(value)
}
