//! The values of one parameter, by rule: a range of 10^12 values takes no memory.

/// Values in the order in which a grid tries them.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// These, in this order.
    List(Vec<f64>),
    /// `from + i * step`, rounded to `decimals` digits so that 0.1 + 2 * 0.1 is 0.3.
    Range {
        /// First value.
        from: f64,
        /// Distance of neighbours.
        step: f64,
        /// How many.
        count: u64,
        /// Digits after the point of `from` and `step`.
        decimals: usize,
    },
}

impl Values {
    /// Numbers `from, from + step, ...` up to and with `to`; none where `to < from`. `step` is more than zero.
    #[must_use]
    pub fn range(from: f64, to: f64, step: f64) -> Values {
        // Half a billionth of a step absorbs the rounding of (0.3 - 0.1) / 0.1.
        let steps = ((to - from) / step + 5e-10).floor();
        let count = if steps < 0.0 { 0 } else { (steps as u64).saturating_add(1) };
        Values::Range { from, step, count, decimals: decimals(from).max(decimals(step)) }
    }

    /// How many values.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Values::List(values) => values.len() as u64,
            Values::Range { count, .. } => *count,
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position below [`Values::len`].
    #[must_use]
    pub fn get(&self, index: u64) -> f64 {
        match self {
            Values::List(values) => values[index as usize],
            Values::Range { from, step, decimals, .. } => {
                let value = from + index as f64 * step;
                if *decimals == 0 {
                    return value;
                }
                format!("{value:.decimals$}").parse().unwrap_or(value)
            }
        }
    }

    /// The value, where there is only one.
    #[must_use]
    pub fn single(&self) -> Option<f64> {
        (self.len() == 1).then(|| self.get(0))
    }

    /// All values. Only for ranges that are known to be small.
    #[must_use]
    pub fn to_vec(&self) -> Vec<f64> {
        (0..self.len()).map(|i| self.get(i)).collect()
    }
}

/// Digits after the point in the shortest way to write `x`, at most 17.
fn decimals(x: f64) -> usize {
    let text = format!("{x}");
    text.split_once('.').map_or(0, |(_, digits)| digits.len()).min(17)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_range_has_decimal_values_and_its_end() {
        assert_eq!(Values::range(0.1, 0.5, 0.1).to_vec(), [0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(Values::range(2.0, 9.0, 3.0).to_vec(), [2.0, 5.0, 8.0]);
        assert_eq!(Values::range(1.0, 0.0, 1.0).len(), 0);
        assert_eq!(Values::range(1.0, 1e12, 1.0).len(), 1_000_000_000_000);
        assert_eq!(Values::range(0.0, 1e300, 1.0).len(), u64::MAX, "not none");
    }
}
