//! Why a statistic could not be computed.

/// Input that has no answer. Nothing here is ever turned into a NaN.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StatsError {
    /// Fewer values than the statistic is defined for.
    #[error("{what} needs at least {needed} values, but there are {found}")]
    TooFew {
        /// The statistic.
        what: &'static str,
        /// The least number of values.
        needed: usize,
        /// How many there were.
        found: usize,
    },
    /// NaN or an infinity.
    #[error("value {index} is {value}, and {what} needs finite numbers")]
    NotFinite {
        /// The statistic.
        what: &'static str,
        /// Position in the input, from 0.
        index: usize,
        /// The value found there.
        value: f64,
    },
    /// Zero or less where only a positive number has a logarithm.
    #[error("value {index} is {value}, and {what} needs numbers above zero")]
    NotPositive {
        /// The statistic.
        what: &'static str,
        /// Position in the input, from 0.
        index: usize,
        /// The value found there.
        value: f64,
    },
    /// All values are equal where their spread is needed.
    #[error("all {found} values are equal, so {what} is undefined")]
    NoVariation {
        /// The statistic.
        what: &'static str,
        /// How many values there were.
        found: usize,
    },
    /// A parameter outside of its range.
    #[error("{name} is {value}, but must be {allowed}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What it was.
        value: f64,
        /// The range in words.
        allowed: &'static str,
    },
    /// Two inputs that belong together differ in length.
    #[error("{what} takes inputs of one length, but one has {left} values and the other {right}")]
    Lengths {
        /// The statistic.
        what: &'static str,
        /// Length of the first input.
        left: usize,
        /// Length of the second input.
        right: usize,
    },
    /// The sizes do not differ enough to tell the terms of a model apart.
    #[error("{found} different sizes cannot tell {terms} cost terms apart")]
    Indistinct {
        /// Different sizes found.
        found: usize,
        /// Terms of the model.
        terms: usize,
    },
}

/// At least `needed` values, all finite.
pub(super) fn finite(values: &[f64], needed: usize, what: &'static str) -> Result<(), StatsError> {
    if values.len() < needed {
        return Err(StatsError::TooFew { what, needed, found: values.len() });
    }
    match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, &value)) => Err(StatsError::NotFinite { what, index, value }),
        None => Ok(()),
    }
}

/// At least `needed` values, all finite and above zero.
pub(super) fn positive(
    values: &[f64],
    needed: usize,
    what: &'static str,
) -> Result<(), StatsError> {
    finite(values, needed, what)?;
    match values.iter().enumerate().find(|(_, value)| **value <= 0.0) {
        Some((index, &value)) => Err(StatsError::NotPositive { what, index, value }),
        None => Ok(()),
    }
}

/// A confidence level strictly between 0 and 1.
pub(super) fn level(level: f64) -> Result<f64, StatsError> {
    if level > 0.0 && level < 1.0 {
        Ok(level)
    } else {
        Err(StatsError::Parameter { name: "level", value: level, allowed: "between 0 and 1" })
    }
}
