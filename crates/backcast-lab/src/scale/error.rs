//! Why sizes cannot be measured over.

use crate::stats::MOST_SIZES;

/// What is wrong with sizes, ranges or points.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    /// Not `NAME=FROM..TO`.
    #[error("`{text}` is no range of sizes: it takes NAME=FROM..TO, such as bars=1k..1M")]
    Range {
        /// As it was given.
        text: String,
    },
    /// Not `NAME=SIZE`.
    #[error("`{text}` is no size: it takes NAME=SIZE, such as bars=10M")]
    Value {
        /// As it was given.
        text: String,
    },
    /// A size that is none.
    #[error(
        "`{text}` is no size: it is a whole number from 1, with k or M behind it for thousands or millions"
    )]
    Number {
        /// As it was given.
        text: String,
    },
    /// A range that goes down.
    #[error("the sizes of `{name}` go down, from {from} to {to}; the smaller one stands first")]
    Reversed {
        /// The size.
        name: String,
        /// Its first value.
        from: u64,
        /// Its last value.
        to: u64,
    },
    /// A range that is a point.
    #[error("`{name}` has one size, {size}; what grows with it shows only where it differs")]
    OnePoint {
        /// The size.
        name: String,
        /// Its value.
        size: u64,
    },
    /// A name given twice.
    #[error("`{name}` is given twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// More sizes than a model has.
    #[error("{found} sizes at once are too many to be told apart, at most {MOST_SIZES} can be")]
    TooManySizes {
        /// How many were given.
        found: usize,
    },
    /// Too few different sizes.
    #[error("{found} sizes of `{name}` cannot tell growth with n from growth with n^2, it takes 3")]
    TooFewPoints {
        /// The size.
        name: String,
        /// How many it has.
        found: usize,
    },
    /// Too few runs altogether.
    #[error("{found} runs are too few for a fit, it takes 4")]
    TooFewRuns {
        /// How many there would be.
        found: usize,
    },
    /// More points than anybody waits for.
    #[error("these sizes make {found} points, more than {most}")]
    TooManyPoints {
        /// How many there would be.
        found: usize,
        /// Most that are measured.
        most: usize,
    },
    /// A name that was not measured.
    #[error("`{name}` is none of the measured sizes: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that were measured.
        known: String,
    },
}
