//! What a value is measured in, so that prices are not compared with what they cannot be compared with.

use std::fmt;

/// What a node of a program is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// True, false or undefined.
    Condition,
    /// One number made of constants and parameters alone.
    Scalar,
    /// A series: powers of adjusted prices, of traded prices and of volumes multiplied together.
    Series {
        /// Power of forward-adjusted prices.
        adjusted: i8,
        /// Power of prices as traded.
        traded: i8,
        /// Power of volumes.
        volume: i8,
    },
    /// A series of which nothing is known: an extra column of the data, a logarithm of a price.
    Unknown,
}

impl Unit {
    /// A series without a unit: a ratio, an oscillator.
    pub const NUMBER: Unit = Unit::Series { adjusted: 0, traded: 0, volume: 0 };
    /// A forward-adjusted price or a difference of such.
    pub const PRICE: Unit = Unit::Series { adjusted: 1, traded: 0, volume: 0 };
    /// A price as traded or a difference of such.
    pub const TRADED_PRICE: Unit = Unit::Series { adjusted: 0, traded: 1, volume: 0 };
    /// A number of shares.
    pub const VOLUME: Unit = Unit::Series { adjusted: 0, traded: 0, volume: 1 };

    /// Whether it moves when earlier dividends and splits do, so that no bare number says anything about it.
    #[must_use]
    pub fn is_adjusted(self) -> bool {
        matches!(self, Unit::Series { adjusted, .. } if adjusted != 0)
    }

    /// Unit of a product.
    pub(crate) fn times(self, other: Unit) -> Unit {
        match (self, other) {
            (Unit::Scalar, unit) | (unit, Unit::Scalar) => unit,
            _ => self.combine(other, i8::checked_add),
        }
    }

    /// Unit of a quotient.
    pub(crate) fn over(self, other: Unit) -> Unit {
        match (self, other) {
            (Unit::Scalar, Unit::Scalar) => Unit::Scalar,
            (unit, Unit::Scalar) => unit,
            (Unit::Scalar, unit) => Unit::NUMBER.combine(unit, i8::checked_sub),
            _ => self.combine(other, i8::checked_sub),
        }
    }

    /// Unit of a square root.
    pub(crate) fn root(self) -> Unit {
        match self {
            Unit::Series { adjusted, traded, volume }
                if adjusted % 2 == 0 && traded % 2 == 0 && volume % 2 == 0 =>
            {
                Unit::Series { adjusted: adjusted / 2, traded: traded / 2, volume: volume / 2 }
            }
            Unit::Scalar => Unit::Scalar,
            _ => Unit::Unknown,
        }
    }

    /// Unit of a logarithm or of a power of e.
    pub(crate) fn transcendental(self) -> Unit {
        if matches!(self, Unit::Scalar | Unit::NUMBER) { self } else { Unit::Unknown }
    }

    fn combine(self, other: Unit, with: fn(i8, i8) -> Option<i8>) -> Unit {
        let (
            Unit::Series { adjusted: a, traded: t, volume: v },
            Unit::Series { adjusted, traded, volume },
        ) = (self, other)
        else {
            return Unit::Unknown;
        };
        match (with(a, adjusted), with(t, traded), with(v, volume)) {
            (Some(adjusted), Some(traded), Some(volume)) => {
                Unit::Series { adjusted, traded, volume }
            }
            _ => Unit::Unknown,
        }
    }
}

impl fmt::Display for Unit {
    /// With its article: `an adjusted price`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Unit::Condition => "a condition",
            Unit::Scalar => "a bare number",
            Unit::NUMBER => "a plain number",
            Unit::PRICE => "an adjusted price",
            Unit::TRADED_PRICE => "a traded price",
            Unit::VOLUME => "a volume",
            Unit::Unknown => "a series of unknown unit",
            unit if unit.is_adjusted() => "a product of adjusted prices and other series",
            Unit::Series { .. } => "a product of several series",
        })
    }
}
