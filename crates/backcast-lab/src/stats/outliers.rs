//! Values far from the rest: labelled, never dropped silently.
//!
//! Source: J. Tukey, "Exploratory Data Analysis", 1977: fences at 1.5 and 3 interquartile ranges beyond the quartiles.

use serde::{Deserialize, Serialize};

use super::{StatsError, Summary, summary::percentile_of_sorted};

/// Where a value lies relative to the fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Between the inner fences.
    Inside,
    /// More than 1.5 interquartile ranges below the first quartile.
    LowMild,
    /// More than 3 interquartile ranges below the first quartile.
    LowSevere,
    /// More than 1.5 interquartile ranges above the third quartile.
    HighMild,
    /// More than 3 interquartile ranges above the third quartile.
    HighSevere,
}

impl Label {
    /// Whether the value lies beyond a fence.
    pub fn is_outlier(self) -> bool {
        self != Label::Inside
    }
}

/// The labels of a sample, with what it looks like with and without the labelled values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outliers {
    /// One label per value, in the order of the input.
    pub labels: Vec<Label>,
    /// All values.
    pub with: Summary,
    /// Values inside the fences only. The quartiles lie inside, so there is always one.
    pub without: Summary,
}

impl Outliers {
    /// How many values lie beyond a fence.
    pub fn count(&self) -> usize {
        self.labels.iter().filter(|label| label.is_outlier()).count()
    }

    /// How many values bear one label.
    pub fn count_of(&self, label: Label) -> usize {
        self.labels.iter().filter(|found| **found == label).count()
    }
}

/// Labels each value and summarises with and without the outliers.
///
/// # Errors
/// [`StatsError::TooFew`] without values, [`StatsError::NotFinite`].
pub fn outliers(values: &[f64]) -> Result<Outliers, StatsError> {
    let labels = labels(values)?;
    let inside: Vec<f64> = values
        .iter()
        .zip(&labels)
        .filter(|(_, label)| !label.is_outlier())
        .map(|(value, _)| *value)
        .collect();
    Ok(Outliers { with: Summary::of(values)?, without: Summary::of(&inside)?, labels })
}

/// One label per value, by the quartiles of [`percentile`](super::percentile).
///
/// # Errors
/// [`StatsError::TooFew`] without values, [`StatsError::NotFinite`].
pub fn labels(values: &[f64]) -> Result<Vec<Label>, StatsError> {
    let sorted = Summary::sorted(values, "outlier labels")?;
    let [first, third] = [0.25, 0.75].map(|p| percentile_of_sorted(&sorted, p));
    let range = third - first;
    let label = |value: f64| match value {
        x if x < first - 3.0 * range => Label::LowSevere,
        x if x < first - 1.5 * range => Label::LowMild,
        x if x > third + 3.0 * range => Label::HighSevere,
        x if x > third + 1.5 * range => Label::HighMild,
        _ => Label::Inside,
    };
    Ok(values.iter().map(|value| label(*value)).collect())
}
