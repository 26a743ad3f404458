//! Comparison of two programs by runs taken in pairs.
//!
//! A session takes its runs in blocks `A B B A` of fresh processes, so that a drifting machine touches both sides alike. The unit of
//! analysis is the block: its mean log-ratio of candidate to base. Runs inside of one process are never units (they are not
//! independent), and neither are the two pairs of one block.

use serde::{Deserialize, Serialize};

use super::{
    Interval, Label, StatsError, Verdict, bootstrap_interval,
    distributions::student_cdf,
    error, labels, median_interval, student_interval,
    summary::mean_and_deviation,
    verdict::{self, Measured},
    wilcoxon_signed_rank,
};

/// Number of blocks from which the bootstrap takes over from Student's t.
pub const BOOTSTRAP_FROM: usize = 10;

/// Two neighbouring runs, one of each program, in any one unit that is above zero: nanoseconds, bytes.
///
/// The first pair of a block `A B B A` is its first two runs, the second pair its last two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Number of the block; pairs of one block bear one number and stand in order of time.
    pub block: u32,
    /// The program compared against.
    pub base: f64,
    /// The program in question.
    pub candidate: f64,
}

impl Pair {
    /// Logarithm of candidate by base.
    pub fn log_ratio(&self) -> f64 {
        libm::log(self.candidate) - libm::log(self.base)
    }
}

/// What counts as a difference. Effects are relative: 0.01 is one percent, meant in ratios from `1 / 1.01` to `1.01`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criteria {
    /// Level of all intervals; `1 - level` is the rate of false alarms between equal programs.
    pub level: f64,
    /// The whole interval must lie beyond this effect for a verdict of faster or slower. Zero: any difference counts.
    pub minimum_effect: f64,
    /// Programs that differ by less than this are equivalent.
    pub within: f64,
    /// Resamples of the bootstrap.
    pub resamples: usize,
    /// Seed of the bootstrap; equal seeds give equal bits.
    pub seed: u64,
}

impl Default for Criteria {
    fn default() -> Criteria {
        Criteria { level: 0.95, minimum_effect: 0.0, within: 0.01, resamples: 10_000, seed: 1 }
    }
}

impl Criteria {
    /// # Errors
    /// [`StatsError::Parameter`] for a level outside (0, 1), a negative effect, a margin of zero, or fewer than 1,000 resamples.
    pub fn check(&self) -> Result<(), StatsError> {
        error::level(self.level)?;
        let refused = |name, value, allowed| Err(StatsError::Parameter { name, value, allowed });
        if !(self.minimum_effect >= 0.0 && self.minimum_effect < 10.0) {
            return refused("the minimum effect", self.minimum_effect, "from 0 to 10");
        }
        if !(self.within > 0.0 && self.within < 10.0) {
            return refused("the margin of equivalence", self.within, "above 0 and below 10");
        }
        if self.resamples < 1000 {
            return refused("the number of resamples", self.resamples as f64, "1000 or more");
        }
        Ok(())
    }
}

/// How the interval of a comparison was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Student's t on the means of blocks.
    StudentT,
    /// Hesterberg's expanded percentile bootstrap over blocks, and Student's t where that reaches farther: around ten blocks the
    /// bootstrap alone raises half as many false alarms again as it should.
    ExpandedBootstrap,
}

/// Outliers of both programs and what they do to the estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairOutliers {
    /// Labels of the base runs, in the order of the pairs.
    pub base: Vec<Label>,
    /// Labels of the candidate runs, in the order of the pairs.
    pub candidate: Vec<Label>,
    /// Positions of the pairs in which both runs are outliers. Only they are left out of `ratio_without`: an outlier in one run
    /// alone may be what is being measured.
    pub both: Vec<usize>,
    /// The ratio without the pairs of `both`; absent where there are none or fewer than two blocks are left.
    pub ratio_without: Option<Interval>,
}

/// The outcome of a session of pairs. Ratios are candidate by base: below one, the candidate takes less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Number of pairs.
    pub pairs: usize,
    /// Number of blocks, the units of analysis.
    pub blocks: usize,
    /// Geometric mean of the ratios, all pairs included.
    pub ratio: Interval,
    /// Median of the ratios of blocks; absent where there are too few blocks for the level.
    pub median_ratio: Option<Interval>,
    /// How `ratio` was computed.
    pub method: Method,
    /// Spread of the log-ratio of one pair, by the means of blocks; 0.02 is about two percent.
    pub pair_cv: f64,
    /// Exact two-sided Wilcoxon signed-rank probability of the means of blocks between equal programs.
    pub wilcoxon_p: f64,
    /// Probability of the data if the programs differed by the margin of equivalence (two one-sided t tests).
    pub equivalence_p: f64,
    /// What follows under the criteria.
    pub verdict: Verdict,
    /// For an inconclusive verdict: number of pairs, those taken included, that decide at 90 % power.
    pub pairs_needed: Option<u32>,
    /// Labels and the estimate without pairs that are outliers on both sides.
    pub outliers: PairOutliers,
}

/// Compares two programs by their pairs. The order of pairs matters within a block only.
///
/// # Errors
/// [`StatsError::TooFew`] below two blocks, [`StatsError::NotPositive`] or [`StatsError::NotFinite`] for a value that has no logarithm,
/// [`StatsError::Parameter`] for criteria out of range.
///
/// # Examples
/// ```
/// # use backcast_lab::stats::{Criteria, Pair, Verdict, compare_pairs};
/// let pairs: Vec<Pair> = [(0, 100.0, 90.2), (0, 101.0, 90.8), (1, 99.0, 89.3), (1, 100.5, 90.1), (2, 100.2, 90.0), (2, 99.7, 89.9)]
///     .map(|(block, base, candidate)| Pair { block, base, candidate })
///     .to_vec();
/// let comparison = compare_pairs(&pairs, &Criteria::default()).unwrap();
/// assert_eq!(comparison.verdict, Verdict::Faster);
/// assert!(comparison.ratio.low < 0.9 && comparison.ratio.high < 0.91);
/// ```
pub fn compare_pairs(pairs: &[Pair], criteria: &Criteria) -> Result<Comparison, StatsError> {
    criteria.check()?;
    let base: Vec<f64> = pairs.iter().map(|pair| pair.base).collect();
    let candidate: Vec<f64> = pairs.iter().map(|pair| pair.candidate).collect();
    error::positive(&base, 0, "the base of a comparison")?;
    error::positive(&candidate, 0, "the candidate of a comparison")?;
    let blocks = block_means(pairs.iter().copied());
    let (log_ratio, method) = log_ratio(&blocks, criteria)?;
    let (mean, deviation) = mean_and_deviation(&blocks);
    // The spread of one pair as if pairs were independent: what the blocks' own spread is worth per pair.
    let pair_cv = deviation * libm::sqrt(pairs.len() as f64 / blocks.len() as f64);
    let equivalence_p = equivalence_p(mean, deviation, blocks.len(), criteria.within);
    let measured = Measured { log_ratio, pair_cv, pairs: pairs.len(), equivalence_p };
    let verdict = verdict::decide(&measured, criteria);
    Ok(Comparison {
        pairs: pairs.len(),
        blocks: blocks.len(),
        ratio: log_ratio.map(libm::exp),
        median_ratio: median_interval(&blocks, criteria.level)?.map(|log| log.map(libm::exp)),
        method,
        pair_cv,
        wilcoxon_p: wilcoxon_signed_rank(&blocks)?.p,
        equivalence_p,
        pairs_needed: match verdict {
            Verdict::Inconclusive { pairs_needed } => Some(pairs_needed),
            _ => None,
        },
        verdict,
        outliers: pair_outliers(pairs, &base, &candidate, criteria)?,
    })
}

/// Mean log-ratio of each block, in order of the blocks' numbers.
pub(super) fn block_means(pairs: impl Iterator<Item = Pair>) -> Vec<f64> {
    let mut sums = std::collections::BTreeMap::<u32, (f64, f64)>::new();
    for pair in pairs {
        let (sum, n) = sums.entry(pair.block).or_default();
        *sum += pair.log_ratio();
        *n += 1.0;
    }
    sums.into_values().map(|(sum, n)| sum / n).collect()
}

/// Interval of the mean of independent log-ratios.
pub(super) fn log_ratio(
    blocks: &[f64],
    criteria: &Criteria,
) -> Result<(Interval, Method), StatsError> {
    if blocks.len() < 2 {
        let what = "a comparison of pairs (in blocks)";
        return Err(StatsError::TooFew { what, needed: 2, found: blocks.len() });
    }
    let student = student_interval(blocks, criteria.level)?;
    if blocks.len() < BOOTSTRAP_FROM {
        return Ok((student, Method::StudentT));
    }
    let mean = |drawn: &[usize]| drawn.iter().map(|&i| blocks[i]).sum::<f64>() / drawn.len() as f64;
    let mut interval =
        bootstrap_interval(blocks.len(), mean, criteria.level, criteria.resamples, criteria.seed)?;
    interval.low = interval.low.min(student.low);
    interval.high = interval.high.max(student.high);
    Ok((interval, Method::ExpandedBootstrap))
}

/// The larger of two one-sided t probabilities (D. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15(6), 1987).
fn equivalence_p(mean: f64, deviation: f64, blocks: usize, within: f64) -> f64 {
    let margin = libm::log1p(within);
    let room = margin - mean.abs();
    if deviation == 0.0 {
        return if room > 0.0 { 0.0 } else { 1.0 };
    }
    let n = blocks as f64;
    student_cdf(-room * libm::sqrt(n) / deviation, n - 1.0)
}

fn pair_outliers(
    pairs: &[Pair],
    base: &[f64],
    candidate: &[f64],
    criteria: &Criteria,
) -> Result<PairOutliers, StatsError> {
    let (base, candidate) = (labels(base)?, labels(candidate)?);
    let hit = |i: &usize| base[*i].is_outlier() && candidate[*i].is_outlier();
    let both: Vec<usize> = (0..pairs.len()).filter(hit).collect();
    let rest = pairs.iter().enumerate().filter(|(i, _)| !both.contains(i)).map(|(_, pair)| *pair);
    let blocks = block_means(rest);
    let ratio_without = if both.is_empty() || blocks.len() < 2 {
        None
    } else {
        Some(log_ratio(&blocks, criteria)?.0.map(libm::exp))
    };
    Ok(PairOutliers { base, candidate, both, ratio_without })
}
