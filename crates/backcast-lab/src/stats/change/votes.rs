//! Tests of two neighbouring segments: do they have one level?

use super::energy::Weighted;
use crate::stats::{distributions::student_two_sided, mann_whitney};

/// Relative differences that sums of equal values make by themselves.
pub(super) const ROUNDING: f64 = 1e-12;

/// Weighted mean, and what its variance is made of.
pub(super) struct Level {
    pub(super) mean: f64,
    /// Weighted squares around the mean, scaled to the number of values.
    squares: f64,
    n: f64,
    /// Number of values of equal weight that would say as much.
    effective: f64,
}

impl Level {
    pub(super) fn of(segment: &[Weighted]) -> Level {
        let n = segment.len() as f64;
        let weight: f64 = segment.iter().map(|point| point.weight).sum();
        let squared: f64 = segment.iter().map(|point| point.weight * point.weight).sum();
        let mean = segment.iter().map(|point| point.weight * point.value).sum::<f64>() / weight;
        let squares = segment
            .iter()
            .map(|point| point.weight * (point.value - mean) * (point.value - mean))
            .sum::<f64>();
        Level { mean, squares: squares * n / weight, n, effective: weight * weight / squared }
    }
}

/// Two-sided probability of Student's t with pooled variance: a short new segment borrows the spread of the long old one,
/// without which six new values could hardly ever tell.
pub(super) fn student(left: &Level, right: &Level) -> f64 {
    let freedom = left.n + right.n - 2.0;
    if freedom < 1.0 {
        return 1.0;
    }
    let variance = (left.squares + right.squares) / freedom;
    let distance = right.mean - left.mean;
    if distance.abs() < ROUNDING {
        return 1.0;
    }
    if variance <= 0.0 {
        return 0.0;
    }
    let t = distance / libm::sqrt(variance * (1.0 / left.effective + 1.0 / right.effective));
    student_two_sided(t, freedom)
}

/// Whether at least two of Student, Mann-Whitney and Kolmogorov-Smirnov see a difference at `p`.
pub(super) fn two_of_three(left: &[Weighted], right: &[Weighted], student_p: f64, p: f64) -> bool {
    let values = |side: &[Weighted]| side.iter().map(|point| point.value).collect::<Vec<f64>>();
    let (left, right) = (values(left), values(right));
    let ranks = mann_whitney(&left, &right).map_or(1.0, |test| test.p);
    let smirnov = kolmogorov_smirnov(left, right);
    [student_p, ranks, smirnov].iter().filter(|found| **found <= p).count() >= 2
}

/// Asymptotic two-sample probability with the correction of M. Stephens (JRSS B 32(1), 1970).
fn kolmogorov_smirnov(mut left: Vec<f64>, mut right: Vec<f64>) -> f64 {
    left.sort_unstable_by(f64::total_cmp);
    right.sort_unstable_by(f64::total_cmp);
    let (n, m) = (left.len() as f64, right.len() as f64);
    let (mut i, mut j, mut farthest) = (0, 0, 0.0f64);
    while i < left.len() && j < right.len() {
        let at = left[i].min(right[j]);
        i += left[i..].iter().take_while(|value| **value <= at).count();
        j += right[j..].iter().take_while(|value| **value <= at).count();
        farthest = farthest.max((i as f64 / n - j as f64 / m).abs());
    }
    let root = libm::sqrt(n * m / (n + m));
    let lambda = (root + 0.12 + 0.11 / root) * farthest;
    if lambda < 0.2 {
        // The series converges to one too slowly to be summed here.
        return 1.0;
    }
    let term = |k: i32| {
        let k = f64::from(k);
        libm::exp(-2.0 * k * k * lambda * lambda)
    };
    let sum: f64 = (1..=100).map(|k| if k % 2 == 1 { term(k) } else { -term(k) }).sum();
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smirnov_agrees_with_the_tables() {
        // Same samples: nothing to see. Apart: D = 1, root = sqrt(5), lambda = 2.36.
        let same: Vec<f64> = (0..10).map(f64::from).collect();
        assert!(kolmogorov_smirnov(same.clone(), same.clone()) > 0.999);
        let apart: Vec<f64> = (20..30).map(f64::from).collect();
        let p = kolmogorov_smirnov(same, apart);
        assert!((p - 2.0 * (-2.0f64 * 2.40526 * 2.40526).exp()).abs() < 1e-5, "{p}");
    }
}
