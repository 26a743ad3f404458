//! Series with a first defined bar: what indicators read and what they give.

/// A borrowed series whose values before `valid_from` mean nothing.
#[derive(Debug, Clone, Copy)]
pub struct SeriesView<'a> {
    /// One value per bar, oldest first.
    pub values: &'a [f64],
    /// Index of the first bar that has a value; `values.len()` when there is none.
    pub valid_from: usize,
}

impl<'a> SeriesView<'a> {
    /// A view whose `valid_from` is the first finite value.
    pub fn new(values: &'a [f64]) -> Self {
        let valid_from = values.iter().position(|value| value.is_finite()).unwrap_or(values.len());
        Self { values, valid_from }
    }
}

/// One output line of an indicator, as long as its inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// One value per bar; `NaN` where undefined, always so before `valid_from`.
    pub values: Vec<f64>,
    /// Index of the first bar at which the warm-up is complete; `values.len()` when it never is.
    pub valid_from: usize,
}

impl Computed {
    /// This output as the input of another indicator.
    pub fn view(&self) -> SeriesView<'_> {
        SeriesView { values: &self.values, valid_from: self.valid_from }
    }
}
