//! A computed series of numbers.

use backcast_data::Column;
use backcast_indicators::SeriesView;

use crate::numeric::defined;

/// Numbers at every row of an asset.
#[derive(Clone, Debug)]
pub struct Series {
    /// One value a row, oldest first; NaN where undefined.
    pub values: Column<f64>,
    /// First row that is defined; the number of rows where none is.
    pub valid_from: usize,
    /// Whether a row after `valid_from` is undefined.
    pub gaps: bool,
}

impl Series {
    /// A series whose values before `from` are NaN; what follows is looked at, and an infinity becomes undefined too.
    pub(crate) fn new(values: impl Into<Column<f64>>, from: usize) -> Series {
        let values: Column<f64> = values.into();
        let slice = values.as_slice();
        let from = from.min(slice.len());
        let first = slice[from..].iter().position(|x| x.is_finite());
        let valid_from = first.map_or(slice.len(), |at| from + at);
        let gaps = has_undefined(&slice[valid_from..]);
        if (gaps || valid_from > from) && slice.iter().any(|x| x.is_infinite()) {
            let finite: Vec<f64> = slice.iter().map(|x| defined(*x)).collect();
            return Series { values: finite.into(), valid_from, gaps };
        }
        Series { values, valid_from, gaps }
    }

    /// As the input of an indicator.
    pub(crate) fn view(&self) -> SeriesView<'_> {
        SeriesView { values: self.values.as_slice(), valid_from: self.valid_from }
    }

    /// The series so many rows ago.
    pub(crate) fn shifted(&self, rows: usize) -> Series {
        let len = self.values.len();
        let rows = rows.min(len);
        let mut values = Vec::with_capacity(len);
        values.resize(rows, f64::NAN);
        values.extend_from_slice(&self.values[..len - rows]);
        let valid_from = (self.valid_from + rows).min(len);
        let gaps = self.gaps && has_undefined(&values[valid_from..]);
        Series { values: values.into(), valid_from, gaps }
    }
}

fn has_undefined(values: &[f64]) -> bool {
    // A block at a time without a way out, so that the test runs on vectors.
    values.chunks(1024).any(|block| block.iter().fold(false, |found, x| found | !x.is_finite()))
}
