//! How far two numbers may lie apart and still count as one result.

use serde::{Deserialize, Serialize};

/// How far two numbers may lie apart. The ladder from the strictest down: bits, units in the last place, a declared tolerance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowance {
    /// Not at all: the same bits, but -0.0 equals 0.0 and one NaN another.
    #[default]
    Bits,
    /// So many floats lie between them, plus one.
    Ulps(u64),
    /// `|a - b| <= tolerance * max(|a|, |b|, 1)`.
    Tolerance(f64),
}

/// How two results compare, the worst of all their parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Equality {
    /// Bit for bit.
    Identical,
    /// Not identical, but no number further than so many units in the last place.
    WithinUlps {
        /// The furthest.
        ulps: u64,
    },
    /// Not within the units in the last place that were allowed, but within the declared tolerance.
    WithinTolerance {
        /// The largest `|a - b| / max(|a|, |b|, 1)`.
        largest: f64,
    },
    /// Different.
    Different(Divergence),
}

/// The first place at which two results part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// Where: a line, a path in a document, a row and its column.
    pub place: String,
    /// What stands there before the change.
    pub before: String,
    /// What stands there after it.
    pub after: String,
}

/// Gathers the comparisons of many parts into one [`Equality`].
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    ulps: u64,
    largest: f64,
    apart: bool,
}

impl Equality {
    /// Whether the results count as one.
    pub fn holds(&self) -> bool {
        !matches!(self, Equality::Different(_))
    }
}

impl Allowance {
    /// Whether two numbers count as one. What they lie apart goes to `gathered`.
    pub(super) fn admits(self, before: f64, after: f64, gathered: &mut Gathered) -> bool {
        if before == after || (before.is_nan() && after.is_nan()) {
            return true;
        }
        if !(before.is_finite() && after.is_finite()) {
            return false;
        }
        let ulps = ulps_between(before, after);
        let apart = (before - after).abs() / before.abs().max(after.abs()).max(1.0);
        let admitted = match self {
            Allowance::Bits => false,
            Allowance::Ulps(most) => ulps <= most,
            Allowance::Tolerance(most) => apart <= most,
        };
        if admitted {
            gathered.apart = true;
            gathered.ulps = gathered.ulps.max(ulps);
            gathered.largest = gathered.largest.max(apart);
        }
        admitted
    }
}

impl Gathered {
    /// What was gathered under this allowance, where nothing was different.
    pub(super) fn equality(&self, allowance: Allowance) -> Equality {
        match (self.apart, allowance) {
            (false, _) | (_, Allowance::Bits) => Equality::Identical,
            (true, Allowance::Ulps(_)) => Equality::WithinUlps { ulps: self.ulps },
            (true, Allowance::Tolerance(_)) => Equality::WithinTolerance { largest: self.largest },
        }
    }
}

/// Steps from one finite float to another.
fn ulps_between(a: f64, b: f64) -> u64 {
    // Floats in their order are integers in theirs, once the negative half is turned round.
    let ordered = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
    };
    ordered(a).abs_diff(ordered(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_between_floats_are_counted_through_zero() {
        assert_eq!(ulps_between(1.0, 1.0_f64.next_up().next_up()), 2);
        assert_eq!(ulps_between(-0.0, 0.0), 0);
        assert_eq!(ulps_between(0.0_f64.next_down(), 0.0_f64.next_up()), 2);
    }

    #[test]
    fn each_allowance_draws_its_line() {
        let mut gathered = Gathered::default();
        let (one, near) = (1.0, 1.0_f64.next_up());
        assert!(!Allowance::Bits.admits(one, near, &mut gathered));
        assert!(Allowance::Ulps(1).admits(one, near, &mut gathered));
        assert!(!Allowance::Ulps(1).admits(one, near.next_up(), &mut gathered));
        assert!(Allowance::Tolerance(0.1).admits(10.0, 10.9, &mut gathered));
        assert!(!Allowance::Tolerance(0.1).admits(10.0, 12.0, &mut gathered));
        assert!(Allowance::Bits.admits(f64::NAN, f64::NAN, &mut gathered));
        assert!(!Allowance::Tolerance(0.1).admits(f64::NAN, 1.0, &mut gathered));
    }
}
