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
    /// A series of these values, of which infinities become undefined.
    pub(crate) fn new(values: impl Into<Column<f64>>) -> Series {
        let values: Column<f64> = values.into();
        let slice = values.as_slice();
        let valid_from = slice.iter().position(|x| x.is_finite()).unwrap_or(slice.len());
        let gaps = has_undefined(&slice[valid_from..]);
        if (gaps || valid_from > 0) && slice.iter().any(|x| x.is_infinite()) {
            let finite: Vec<f64> = slice.iter().map(|x| defined(*x)).collect();
            return Series { values: finite.into(), valid_from, gaps };
        }
        Series { values, valid_from, gaps }
    }

    /// As the input of an indicator.
    pub(crate) fn view(&self) -> SeriesView<'_> {
        SeriesView { values: self.values.as_slice(), valid_from: self.valid_from }
    }
}

fn has_undefined(values: &[f64]) -> bool {
    // A block at a time without a way out, so that the test runs on vectors.
    values.chunks(1024).any(|block| block.iter().fold(false, |found, x| found | !x.is_finite()))
}
