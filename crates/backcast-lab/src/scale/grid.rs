//! Points to be measured: a full grid of geometric steps, in an order that no drift can imitate.
//!
//! A star, each size varied with the others held, could not tell a cost of bars times assets from costs of bars and of assets, and that
//! product is what most costs grow with. The grid can, and is cheap: its points shrink by the same factor again and again, so those
//! below the largest take about as long together as the largest alone.

use super::{ScaleError, SizeRange, SizeValue};
use crate::stats::{MOST_SIZES, Random};

/// Steps of each size, for one, two and three sizes.
const STEPS: [usize; MOST_SIZES] = [7, 5, 4];
/// Most points of a grid.
const MOST_POINTS: usize = 1000;
/// Fewest runs that a fit takes.
const FEWEST_RUNS: usize = 4;

/// The points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Names of the sizes.
    pub names: Vec<String>,
    /// Values of each size, smallest first.
    pub values: Vec<Vec<u64>>,
    /// All combinations, the smallest first, the largest last.
    pub points: Vec<Vec<u64>>,
}

impl Grid {
    /// Geometric steps over each range; 7 for one size, 5 for two, 4 for three if nothing is said. Steps that round to one size are one.
    ///
    /// # Errors
    /// [`ScaleError::TooManySizes`], [`ScaleError::Twice`], [`ScaleError::TooFewPoints`], [`ScaleError::TooManyPoints`].
    pub fn new(ranges: &[SizeRange], steps: Option<usize>) -> Result<Grid, ScaleError> {
        let steps = match STEPS.get(ranges.len().wrapping_sub(1)) {
            Some(usual) => steps.unwrap_or(*usual),
            None => return Err(ScaleError::TooManySizes { found: ranges.len() }),
        };
        let names = ranges.iter().map(|range| range.name.clone()).collect();
        Grid::of_values(names, ranges.iter().map(|range| stepped(range, steps)).collect())
    }

    /// All combinations of these values, each list ascending.
    ///
    /// # Errors
    /// As [`Grid::new`].
    pub fn of_values(names: Vec<String>, values: Vec<Vec<u64>>) -> Result<Grid, ScaleError> {
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                return Err(ScaleError::Twice { name: name.clone() });
            }
            let found = values[i].len();
            if found < if names.len() == 1 { 3 } else { 2 } {
                return Err(ScaleError::TooFewPoints { name: name.clone(), found });
            }
        }
        let found = values.iter().map(Vec::len).fold(1, usize::saturating_mul);
        if found > MOST_POINTS {
            return Err(ScaleError::TooManyPoints { found, most: MOST_POINTS });
        }
        let mut points = vec![Vec::new()];
        for list in &values {
            let longer = |point: &Vec<u64>| {
                let point = point.clone();
                list.iter().map(move |value| [&point[..], &[*value]].concat()).collect::<Vec<_>>()
            };
            points = points.iter().flat_map(longer).collect();
        }
        Ok(Grid { names, values, points })
    }

    /// Each point so many times, round by round, each round in an order of its own: a machine that gets slower makes no size slower.
    ///
    /// # Errors
    /// [`ScaleError::TooFewRuns`].
    pub fn order(&self, repeats: usize, seed: u64) -> Result<Vec<usize>, ScaleError> {
        let found = self.points.len() * repeats;
        if found < FEWEST_RUNS {
            return Err(ScaleError::TooFewRuns { found });
        }
        let mut random = Random::new(seed);
        let round = |_| {
            let mut round: Vec<usize> = (0..self.points.len()).collect();
            random.shuffle(&mut round);
            round
        };
        Ok((0..repeats).flat_map(round).collect())
    }

    /// The last point.
    pub fn largest(&self) -> &[u64] {
        self.points.last().expect("a grid has points")
    }

    /// The largest point with some of its values replaced; ten times the largest where there are none.
    ///
    /// # Errors
    /// [`ScaleError::Unknown`], [`ScaleError::Twice`].
    pub fn place(&self, values: &[SizeValue]) -> Result<Vec<u64>, ScaleError> {
        if values.is_empty() {
            return Ok(self.largest().iter().map(|size| size.saturating_mul(10)).collect());
        }
        let mut place = self.largest().to_vec();
        for (i, value) in values.iter().enumerate() {
            let Some(at) = self.names.iter().position(|name| *name == value.name) else {
                let known = self.names.join(", ");
                return Err(ScaleError::Unknown { name: value.name.clone(), known });
            };
            if values[..i].iter().any(|earlier| earlier.name == value.name) {
                return Err(ScaleError::Twice { name: value.name.clone() });
            }
            place[at] = value.value;
        }
        Ok(place)
    }
}

/// Whole numbers at equal ratios, both ends included.
fn stepped(range: &SizeRange, steps: usize) -> Vec<u64> {
    let (from, to) = (range.from as f64, range.to as f64);
    let last = steps.max(2) - 1;
    let mut values: Vec<u64> = (0..=last)
        .map(|i| (from * libm::pow(to / from, i as f64 / last as f64)).round() as u64)
        .collect();
    values[last] = range.to;
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(ranges: &[&str], steps: Option<usize>) -> Result<Grid, ScaleError> {
        let ranges: Vec<SizeRange> = ranges.iter().map(|text| text.parse().unwrap()).collect();
        Grid::new(&ranges, steps)
    }

    #[test]
    fn steps_have_equal_ratios_and_both_ends() {
        let one = grid(&["bars=1k..1M"], None).unwrap();
        assert_eq!(one.values, [[1000, 3162, 10_000, 31_623, 100_000, 316_228, 1_000_000]]);
        let two = grid(&["bars=1k..1M", "assets=1..16"], None).unwrap();
        assert_eq!(two.values[1], [1, 2, 4, 8, 16]);
        assert_eq!(two.points.len(), 25);
        assert_eq!((&two.points[0][..], two.largest()), (&[1000, 1][..], &[1_000_000, 16][..]));
        assert_eq!(grid(&["n=1..4"], Some(9)).unwrap().values, [[1, 2, 3, 4]], "none twice");
    }

    #[test]
    fn each_round_has_all_points_in_another_order() {
        let grid = grid(&["n=1..64"], None).unwrap();
        let order = grid.order(3, 1).unwrap();
        let mut rounds: Vec<Vec<usize>> = order.chunks(7).map(<[usize]>::to_vec).collect();
        assert!(rounds[0] != rounds[1] && rounds[1] != rounds[2]);
        rounds.iter_mut().for_each(|round| round.sort_unstable());
        assert!(rounds.iter().all(|round| *round == [0, 1, 2, 3, 4, 5, 6]));
        assert_eq!(order, grid.order(3, 1).unwrap());
        assert_ne!(order, grid.order(3, 2).unwrap());
    }

    #[test]
    fn grids_that_tell_nothing_or_never_end_are_refused() {
        use ScaleError::*;
        assert_eq!(grid(&[], None), Err(TooManySizes { found: 0 }));
        let four = ["a=1..9", "b=1..9", "c=1..9", "d=1..9"];
        assert_eq!(grid(&four, None), Err(TooManySizes { found: 4 }));
        assert!(matches!(grid(&["a=1..9", "a=1..9"], None), Err(Twice { .. })));
        assert!(matches!(grid(&["a=1..9"], Some(2)), Err(TooFewPoints { found: 2, .. })));
        assert!(grid(&["a=1..9", "b=1..9"], Some(2)).is_ok());
        assert!(matches!(grid(&["a=1..1M", "b=1..1M"], Some(40)), Err(TooManyPoints { .. })));
        let three = grid(&["a=1..9"], Some(3)).unwrap();
        assert_eq!(three.order(1, 1), Err(TooFewRuns { found: 3 }));
    }

    #[test]
    fn a_place_is_ten_times_the_largest_unless_it_is_said() {
        let grid = grid(&["bars=1k..1M", "assets=1..64"], None).unwrap();
        let place = |texts: &[&str]| {
            grid.place(&texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(place(&[]), Ok(vec![10_000_000, 640]));
        assert_eq!(place(&["bars=5M"]), Ok(vec![5_000_000, 64]));
        assert!(matches!(place(&["sets=5"]), Err(ScaleError::Unknown { .. })));
        assert!(matches!(place(&["bars=5", "bars=6"]), Err(ScaleError::Twice { .. })));
    }
}
