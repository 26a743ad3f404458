//! Which sets hold up: across accounts, against their rivals, against buy and hold.

use std::cmp::Ordering;

use crate::{SweepResult, better};

/// All sets on one account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccountSummary {
    /// The best value of the metric of the ranking; NaN where it is nowhere defined.
    pub best: f64,
    /// The median over sets in which it is defined (the lower one of two).
    pub median: f64,
    /// Buy and hold, by the same metric; NaN where it is undefined.
    pub benchmark: f64,
    /// Share of all sets that are better than buy and hold; NaN where that is undefined.
    pub beating: f64,
}

/// One set on all accounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HoldUp {
    /// Trial index.
    pub set: usize,
    /// Mean of the metric of the ranking over the accounts in which it is defined.
    pub mean: f64,
    /// Its worst value over accounts.
    pub worst: f64,
    /// Mean over accounts of the set's place among all sets, 1 for the best; equal sets share the better place.
    pub mean_rank: f64,
    /// Accounts in which the metric is defined.
    pub defined: usize,
    /// Accounts in which the set is better than buy and hold.
    pub beating: usize,
}

impl SweepResult {
    /// How the sets do on each account; `benchmarks` has the metric of the ranking for buy and hold, one for each account.
    #[must_use]
    pub fn account_summaries(&self, benchmarks: &[f64]) -> Vec<AccountSummary> {
        let _span = backcast_spans::span!("search.summarize");
        let ranked = |account| self.column(account, self.metric).unwrap_or_default();
        let summary = |(account, benchmark): (usize, &f64)| {
            let values = ranked(account);
            let mut defined: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
            defined.sort_unstable_by(|a, b| better(self.metric, *a, *b));
            let beating = values.iter().filter(|value| self.beats(**value, *benchmark)).count();
            AccountSummary {
                best: defined.first().copied().unwrap_or(f64::NAN),
                median: defined.get(defined.len() / 2).copied().unwrap_or(f64::NAN),
                benchmark: *benchmark,
                beating: match benchmark.is_nan() {
                    true => f64::NAN,
                    false => beating as f64 / values.len() as f64,
                },
            }
        };
        benchmarks.iter().enumerate().map(summary).collect()
    }

    /// The sets with the best means, best first, and how steadily they got there.
    #[must_use]
    pub fn hold_up(&self, benchmarks: &[f64]) -> Vec<HoldUp> {
        let _span = backcast_spans::span!("search.hold_up");
        self.best.iter().map(|set| self.of_set(*set, benchmarks)).collect()
    }

    fn of_set(&self, set: usize, benchmarks: &[f64]) -> HoldUp {
        let (mut ranks, mut defined, mut beating) = (0, 0, 0);
        let mut worst = f64::NAN;
        for (account, benchmark) in benchmarks.iter().enumerate() {
            let values = self.column(account, self.metric).unwrap_or_default();
            let Some(value) = values.get(set).copied().filter(|value| !value.is_nan()) else {
                continue;
            };
            defined += 1;
            ranks += 1 + values.iter().filter(|other| self.beats(**other, value)).count();
            beating += usize::from(self.beats(value, *benchmark));
            if worst.is_nan() || self.beats(worst, value) {
                worst = value;
            }
        }
        let (mean, mean_rank) = (self.means[set], ranks as f64 / defined as f64);
        HoldUp { set, mean, worst, mean_rank, defined, beating }
    }

    /// Whether one value is better than another; nothing is better than what is undefined.
    fn beats(&self, value: f64, other: f64) -> bool {
        !other.is_nan() && better(self.metric, value, other) == Ordering::Less
    }
}
