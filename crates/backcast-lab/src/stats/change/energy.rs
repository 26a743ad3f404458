//! Where a stretch of values splits best: the energy statistic of E-divisive.
//!
//! Source: D. Matteson and N. James, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA 109(505), 2014, for
//! one dimension and the exponent 1, with a weight per value.

/// A value with the weight of its evidence; weights are about one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighted {
    pub(super) value: f64,
    pub(super) weight: f64,
}

/// The split into `[..at]` and `[at..]` with the largest statistic, both sides of at least `least` values; `None` where there
/// is no room. Quadratic in time, linear in memory: moving one value across the border changes three sums of distances.
pub(super) fn best_split(series: &[Weighted], least: usize) -> Option<usize> {
    let n = series.len();
    let least = least.max(2);
    if n < 2 * least {
        return None;
    }
    let mut left = Side::default();
    let mut right = Side::default();
    for (i, point) in series.iter().enumerate() {
        right.within += point.weight * weighted_distance(*point, &series[..i]);
        right.take(point.weight, 1.0);
    }
    let mut across = 0.0;
    let mut best: Option<(f64, usize)> = None;
    for at in 1..=n - least {
        let moved = series[at - 1];
        let to_left = moved.weight * weighted_distance(moved, &series[..at - 1]);
        let to_right = moved.weight * weighted_distance(moved, &series[at..]);
        left.within += to_left;
        right.within -= to_right;
        across += to_right - to_left;
        left.take(moved.weight, 1.0);
        right.take(moved.weight, -1.0);
        if at >= least {
            let statistic = statistic(&left, &right, across);
            if best.is_none_or(|(most, _)| statistic > most) {
                best = Some((statistic, at));
            }
        }
    }
    best.map(|(_, at)| at)
}

/// Sums over one side of the border.
#[derive(Default)]
struct Side {
    /// Sum of weights.
    weight: f64,
    /// Sum of squared weights.
    squares: f64,
    /// Sum of weighted distances over pairs.
    within: f64,
}

impl Side {
    fn take(&mut self, weight: f64, sign: f64) {
        self.weight += sign * weight;
        self.squares += sign * weight * weight;
    }

    /// Mean distance of two different values.
    fn mean_within(&self) -> f64 {
        2.0 * self.within / (self.weight * self.weight - self.squares)
    }
}

fn statistic(left: &Side, right: &Side, across: f64) -> f64 {
    let product = left.weight * right.weight;
    let divergence = 2.0 * across / product - left.mean_within() - right.mean_within();
    product / (left.weight + right.weight) * divergence
}

fn weighted_distance(from: Weighted, to: &[Weighted]) -> f64 {
    to.iter().map(|point| point.weight * (point.value - from.value).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Vec<Weighted> {
        values.iter().map(|&value| Weighted { value, weight: 1.0 }).collect()
    }

    /// The statistic written out as in the paper.
    fn by_definition(left: &[f64], right: &[f64]) -> f64 {
        let (n, m) = (left.len() as f64, right.len() as f64);
        let between = |a: &[f64], b: &[f64]| {
            a.iter().flat_map(|x| b.iter().map(move |y| (x - y).abs())).sum::<f64>()
        };
        let divergence = 2.0 * between(left, right) / (n * m)
            - between(left, left) / (n * (n - 1.0))
            - between(right, right) / (m * (m - 1.0));
        n * m / (n + m) * divergence
    }

    #[test]
    fn the_recurrence_finds_the_maximum_of_the_definition() {
        let mut random = crate::stats::Random::new(1);
        for _ in 0..50 {
            let values: Vec<f64> =
                (0..17).map(|i| random.normal() + f64::from(u8::from(i > 8))).collect();
            let wanted = (2..=15)
                .max_by(|&a, &b| {
                    let at = |split: usize| by_definition(&values[..split], &values[split..]);
                    at(a).total_cmp(&at(b))
                })
                .unwrap();
            assert_eq!(best_split(&series(&values), 2), Some(wanted));
        }
    }

    #[test]
    fn a_weight_of_two_is_nearly_a_value_twice() {
        let plain = series(&[1.0, 1.1, 0.9, 1.0, 2.0, 2.1]);
        assert_eq!(best_split(&plain, 2), Some(4));
        let mut light = plain;
        light[4].weight = 1e-3;
        light[5].weight = 1e-3;
        light.extend(series(&[1.0, 1.05, 1.5, 1.5]));
        assert_eq!(best_split(&light, 2), Some(8));
    }

    #[test]
    fn there_is_no_split_without_room() {
        assert_eq!(best_split(&series(&[1.0, 2.0, 3.0]), 2), None);
        assert_eq!(best_split(&series(&[1.0, 1.0, 3.0, 3.0, 3.0]), 3), None);
    }
}
