//! Tests that look at the order of values only: Wilcoxon's signed ranks, and Mann and Whitney's U.
//!
//! Sources: F. Wilcoxon, Biometrics Bulletin 1(6), 1945; H. Mann and D. Whitney, Annals of Mathematical Statistics 18(1), 1947. Exact
//! probabilities count arrangements of the mid-ranks, so ties are exact too; large samples use the normal approximation with
//! corrections for ties and continuity.

use serde::{Deserialize, Serialize};

use super::{StatsError, distributions::normal_cdf, error};

/// Largest number of differences for which Wilcoxon's probability is counted exactly.
pub const WILCOXON_EXACT: usize = 50;

/// Largest number of values in both samples for which Mann and Whitney's probability is counted exactly.
pub const MANN_WHITNEY_EXACT: usize = 50;

/// Outcome of a rank test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankTest {
    /// Wilcoxon: sum of the ranks of positive differences. Mann and Whitney: pairs in which the first value is larger, ties by half.
    pub statistic: f64,
    /// Two-sided probability of a statistic at least as far from its mean.
    pub p: f64,
    /// Whether `p` was counted and not approximated.
    pub exact: bool,
}

/// Wilcoxon's signed-rank test that differences lie around zero. Zeros are left out, as Wilcoxon did; where nothing but zeros
/// is left, `p` is one.
///
/// # Errors
/// [`StatsError::TooFew`] without values, [`StatsError::NotFinite`].
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Result<RankTest, StatsError> {
    error::finite(differences, 1, "the signed-rank test")?;
    let nonzero: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let sizes: Vec<f64> = nonzero.iter().map(|d| d.abs()).collect();
    let (doubled, ties) = doubled_midranks(&sizes);
    let positive: usize =
        doubled.iter().zip(&nonzero).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    let total: usize = doubled.iter().sum();
    let statistic = positive as f64 / 2.0;
    if nonzero.is_empty() {
        return Ok(RankTest { statistic, p: 1.0, exact: true });
    }
    if nonzero.len() <= WILCOXON_EXACT {
        let far = positive.min(total - positive);
        let ways = subset_sums(&doubled, far);
        let p = 2.0 * ways.iter().sum::<f64>() / libm::exp2(nonzero.len() as f64);
        return Ok(RankTest { statistic, p: p.min(1.0), exact: true });
    }
    let n = nonzero.len() as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    Ok(RankTest { statistic, p: two_sided(statistic, mean, variance), exact: false })
}

/// Mann and Whitney's test that two independent samples come from one distribution.
///
/// # Errors
/// [`StatsError::TooFew`] if a sample is empty, [`StatsError::NotFinite`].
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Result<RankTest, StatsError> {
    error::finite(first, 1, "the rank-sum test")?;
    error::finite(second, 1, "the rank-sum test")?;
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    let (doubled, ties) = doubled_midranks(&all);
    let (m, n) = (first.len(), all.len());
    let rank_sum: usize = doubled[..m].iter().sum();
    let least = m * (m + 1);
    let statistic = (rank_sum - least) as f64 / 2.0;
    if n <= MANN_WHITNEY_EXACT {
        // The distribution of the rank sum is symmetric only without ties, so both tails are counted.
        let middle = m * (n + 1);
        let away = rank_sum.abs_diff(middle);
        let ways = subset_sums_of_size(&doubled, m);
        let far = |sum: usize| sum.abs_diff(middle) >= away;
        let count: f64 = (0..ways.len()).filter(|sum| far(*sum)).map(|sum| ways[sum]).sum();
        return Ok(RankTest { statistic, p: count / ways.iter().sum::<f64>(), exact: true });
    }
    let (m, n) = (m as f64, n as f64);
    let mean = m * (n - m) / 2.0;
    let variance = m * (n - m) / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    Ok(RankTest { statistic, p: two_sided(statistic, mean, variance), exact: false })
}

/// Twice the mid-rank of each value (an integer), and the sum of `t^3 - t` over groups of `t` equal values.
fn doubled_midranks(values: &[f64]) -> (Vec<usize>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (mut ranks, mut ties) = (vec![0; values.len()], 0.0);
    let mut begin = 0;
    while begin < order.len() {
        let value = values[order[begin]];
        let end = begin + order[begin..].iter().take_while(|&&i| values[i] == value).count();
        for &i in &order[begin..end] {
            ranks[i] = begin + end + 1;
        }
        let t = (end - begin) as f64;
        ties += t * t * t - t;
        begin = end;
    }
    (ranks, ties)
}

/// In how many ways some of the ranks add up to each sum from 0 to `most`.
fn subset_sums(ranks: &[usize], most: usize) -> Vec<f64> {
    let mut ways = vec![0.0; most + 1];
    ways[0] = 1.0;
    for &rank in ranks {
        for sum in (rank..=most).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    ways
}

/// In how many ways `size` of the ranks add up to each sum.
fn subset_sums_of_size(ranks: &[usize], size: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0; most + 1]; size + 1];
    ways[0][0] = 1.0;
    for &rank in ranks {
        for taken in (0..size).rev() {
            let (fewer, more) = ways.split_at_mut(taken + 1);
            for sum in rank..=most {
                more[0][sum] += fewer[taken][sum - rank];
            }
        }
    }
    ways.swap_remove(size)
}

/// Normal approximation with a correction for continuity; one where nothing varies.
fn two_sided(statistic: f64, mean: f64, variance: f64) -> f64 {
    if variance <= 0.0 {
        return 1.0;
    }
    let away = ((statistic - mean).abs() - 0.5).max(0.0);
    2.0 * normal_cdf(-away / libm::sqrt(variance))
}
