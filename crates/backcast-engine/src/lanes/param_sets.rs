//! Parameter sets of a sweep: which value each parameter has in each set.

use std::ops::Range;

/// One parameter with the values it takes, in the order of the spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Name as rules write it.
    pub name: String,
    /// Values, none twice.
    pub values: Vec<f64>,
}

/// Sets in order of trial index: the Cartesian product of the values, first parameter slowest, or a choice of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSets {
    params: Vec<Param>,
    /// Places in the product, rising; `None` is all of it.
    chosen: Option<Vec<u64>>,
    count: usize,
}

impl ParamSets {
    /// The whole product. One empty set where there are no parameters.
    ///
    /// # Panics
    /// If the product does not fit into memory addresses; callers refuse such grids first.
    #[must_use]
    pub fn product(params: Vec<Param>) -> ParamSets {
        let count = params.iter().try_fold(1usize, |n, p| n.checked_mul(p.values.len()));
        let count = count.expect("a grid that was let through is countable");
        ParamSets { params, chosen: None, count }
    }

    /// Those sets of the product whose places are listed, rising.
    #[must_use]
    pub fn chosen(params: Vec<Param>, places: Vec<u64>) -> ParamSets {
        let count = places.len();
        ParamSets { params, chosen: Some(places), count }
    }

    /// A single set.
    #[must_use]
    pub fn single(names: &[String], values: &[f64]) -> ParamSets {
        let param =
            |(name, value): (&String, &f64)| Param { name: name.clone(), values: vec![*value] };
        ParamSets::product(names.iter().zip(values).map(param).collect())
    }

    /// How many sets there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The parameters in the order of the spec.
    #[must_use]
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// Values of one set, in the order of the parameters.
    #[must_use]
    pub fn values(&self, set: usize) -> Vec<f64> {
        let place = self.place(set);
        let mut rest = place;
        let mut values = vec![0.0; self.params.len()];
        for (param, value) in self.params.iter().zip(&mut values).rev() {
            let n = param.values.len() as u64;
            *value = param.values[(rest % n) as usize];
            rest /= n;
        }
        values
    }

    /// Place of a set in the whole product.
    #[inline]
    #[must_use]
    pub fn place(&self, set: usize) -> u64 {
        self.chosen.as_ref().map_or(set as u64, |places| places[set])
    }

    /// Number of different combinations of the parameters in `mask` (bit by parameter); `None` where it overflows.
    #[must_use]
    pub fn combinations(&self, mask: u64) -> Option<usize> {
        self.in_mask(mask).try_fold(1usize, |n, p| n.checked_mul(p.values.len()))
    }

    /// Values of all parameters for a combination of those in `mask`; the others have their first value.
    #[must_use]
    pub fn combination_values(&self, mask: u64, combination: usize) -> Vec<f64> {
        let mut rest = combination;
        let mut values: Vec<f64> = self.params.iter().map(|p| p.values[0]).collect();
        for (i, param) in self.params.iter().enumerate().rev() {
            if mask >> i & 1 != 0 {
                values[i] = param.values[rest % param.values.len()];
                rest /= param.values.len();
            }
        }
        values
    }

    /// The way from a set to its combination of the parameters in `mask`.
    #[must_use]
    pub fn picker(&self, mask: u64) -> Picker {
        let mut steps = Vec::new();
        let (mut below, mut stride) = (1u64, 1u64);
        for (i, param) in self.params.iter().enumerate().rev() {
            let n = param.values.len() as u64;
            if mask >> i & 1 != 0 {
                steps.push(Step { below, n, stride });
                stride *= n;
            }
            below = below.saturating_mul(n);
        }
        Picker { steps }
    }

    /// Which combinations of the parameters in `mask` occur in a range of sets.
    #[must_use]
    pub fn used(&self, mask: u64, sets: Range<usize>) -> Vec<usize> {
        let Some(n) = self.combinations(mask) else { return Vec::new() };
        if self.chosen.is_none() && sets == (0..self.count) {
            return (0..n).collect();
        }
        let picker = self.picker(mask);
        let mut seen = vec![false; n];
        for set in sets {
            seen[picker.pick(self.place(set))] = true;
        }
        (0..n).filter(|i| seen[*i]).collect()
    }

    /// After how many groups of so many sets the same values of the last parameter come again in the same lanes; 1 where there is no
    /// such rhythm.
    #[must_use]
    pub(crate) fn rhythm(&self, lanes: usize) -> usize {
        let last = self.params.last().map_or(1, |p| p.values.len());
        if self.chosen.is_some() || self.params.len() < 2 {
            return 1;
        }
        let (mut a, mut b) = (lanes, last);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        last / a
    }

    fn in_mask(&self, mask: u64) -> impl Iterator<Item = &Param> {
        self.params.iter().enumerate().filter(move |(i, _)| mask >> i & 1 != 0).map(|(_, p)| p)
    }
}

#[derive(Clone, Copy, Debug)]
struct Step {
    below: u64,
    n: u64,
    stride: u64,
}

/// Turns a place in the product into the number of a combination of some parameters.
#[derive(Clone, Debug)]
pub struct Picker {
    steps: Vec<Step>,
}

impl Picker {
    /// Number of the combination at a place.
    #[inline]
    #[must_use]
    pub fn pick(&self, place: u64) -> usize {
        self.steps.iter().map(|s| place / s.below % s.n * s.stride).sum::<u64>() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets() -> ParamSets {
        let param = |name: &str, values: &[f64]| Param { name: name.into(), values: values.into() };
        ParamSets::product(vec![
            param("a", &[1.0, 2.0]),
            param("b", &[5.0, 6.0, 7.0]),
            param("c", &[0.0, 9.0]),
        ])
    }

    #[test]
    fn the_first_parameter_is_the_slowest() {
        let sets = sets();
        assert_eq!(sets.count(), 12);
        assert_eq!(sets.values(0), [1.0, 5.0, 0.0]);
        assert_eq!(sets.values(1), [1.0, 5.0, 9.0]);
        assert_eq!(sets.values(11), [2.0, 7.0, 9.0]);
    }

    #[test]
    fn a_picked_combination_has_the_values_of_its_set() {
        let sets = sets();
        for mask in 0..8u64 {
            let picker = sets.picker(mask);
            for set in 0..sets.count() {
                let values = sets.combination_values(mask, picker.pick(sets.place(set)));
                for i in (0..3).filter(|i| mask >> i & 1 != 0) {
                    assert_eq!(values[i], sets.values(set)[i]);
                }
            }
            assert_eq!(sets.used(mask, 0..12).len(), sets.combinations(mask).unwrap());
        }
    }
}
