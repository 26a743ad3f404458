//! Which set each training window chooses.

use std::{
    ops::Range,
    sync::{Mutex, PoisonError, atomic::AtomicBool, atomic::Ordering},
};

use backcast_data::Market;
use backcast_engine::{
    Span,
    lanes::{ParamSets, Plan},
};
use backcast_metrics::{Metric, MetricSet, Row};
use backcast_spans::lock;
use backcast_types::Day;

use super::{
    WalkForwardResult,
    state::State,
    training::{Choice, Sums, Training},
};
use crate::{
    BestSoFar, Progress, SearchError, SweepOptions,
    bind::{Account, Bound},
    caches::Shared,
    rank::better,
    single::Single,
    spec::Spec,
    sweep::EVENT_CHUNK,
    warm_up::TooSlow,
    workers,
};

/// Sets that lanes look at together.
const CHUNK: usize = 1 << 14;

/// Rows of all windows that lanes make together.
const ROWS_AT_ONCE: usize = 1 << 14;

/// Scores that are kept for all windows together.
const MAX_SCORES: usize = 4_000_000;

/// Everything that training needs.
pub(super) struct Trainer<'a> {
    pub(super) spec: &'a Spec,
    pub(super) market: &'a Market,
    pub(super) bound: &'a Bound,
    pub(super) accounts: &'a [Account],
    pub(super) sets: &'a ParamSets,
    pub(super) options: &'a SweepOptions,
    pub(super) metric: Metric,
    /// First and last session day of each training window.
    pub(super) days: &'a [(i32, i32)],
    pub(super) fallback: bool,
    pub(super) shared: Shared,
}

impl Trainer<'_> {
    /// Training of which nothing is done. Lanes take many sets at a time, the event engine a second's work or so.
    pub(super) fn begin(&self) -> Training {
        let windows = self.days.len();
        let chunk = if self.fallback { (EVENT_CHUNK / windows).max(16) } else { CHUNK };
        Training::new(self.sets.count(), self.accounts.len(), windows, chunk)
    }

    /// Trains to the end, or until it is asked to stop. The choice of each window is the best mean over accounts where the
    /// metric is defined, then the lowest trial.
    pub(super) fn train(
        &self,
        training: &mut Training,
        mut state: Option<&mut State>,
        progress: &dyn Progress,
        stop: &AtomicBool,
    ) -> Result<(), SearchError> {
        let _span = backcast_spans::span!("search.train");
        let keep = self.sets.count().saturating_mul(self.days.len()) <= MAX_SCORES;
        while let Some(chunk) = training.chunk() {
            for account in &self.accounts[training.account..] {
                if stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                self.add(account, &chunk, &mut training.sums, progress)?;
                training.account += 1;
                if let Some(state) = &mut state {
                    state.save_now_and_then(training, progress);
                }
            }
            for (window, choice) in training.choices.iter_mut().enumerate() {
                self.update(choice, window, &chunk, &training.sums, keep);
                progress.best(&BestSoFar {
                    account: &format!("window {}", window + 1),
                    metric: self.metric,
                    sets: self.sets,
                    best: &[(choice.set, choice.score)],
                });
            }
            training.next_chunk();
        }
        Ok(())
    }

    fn update(
        &self,
        choice: &mut Choice,
        window: usize,
        chunk: &Range<usize>,
        sums: &Sums,
        keep: bool,
    ) {
        for (i, set) in chunk.clone().enumerate() {
            let at = window * sums.sets + i;
            let score = sums.sum[at] / sums.count[at];
            if better(self.metric, score, choice.score).is_lt() {
                (choice.set, choice.score) = (set, score);
            }
            if keep {
                choice.scores.push(score);
            }
        }
    }

    /// Adds the scores of an account's sets in every window.
    fn add(
        &self,
        account: &Account,
        chunk: &Range<usize>,
        sums: &mut Sums,
        progress: &dyn Progress,
    ) -> Result<(), SearchError> {
        let _span = backcast_spans::span!("search.train_chunk");
        let slow = self.too_slow(account);
        let windows = self.days.len();
        if self.fallback {
            let mut rows = vec![Row::EMPTY; chunk.len()];
            for (window, days) in self.days.iter().enumerate() {
                rows.fill(Row::EMPTY);
                self.one_by_one(account, chunk, *days, &mut rows)?;
                self.add_scores(window, (chunk, chunk.clone()), slow.as_deref(), sums, rows.iter());
                progress.advance(chunk.len() as u64);
            }
            return Ok(());
        }
        let plan = self.plan(account, chunk)?;
        self.shared.holds([&plan]);
        let ranges =
            self.days.iter().map(|(from, to)| self.rows(account.members.start, *from, *to));
        let ranges: Vec<_> = ranges.collect();
        let wanted = MetricSet::of(&[self.metric]);
        let at_once = (ROWS_AT_ONCE / windows).max(1).next_multiple_of(8);
        let mut rows = vec![Row::EMPTY; chunk.len().min(at_once) * windows];
        for start in chunk.clone().step_by(at_once) {
            let sets = start..chunk.end.min(start + at_once);
            let rows = &mut rows[..sets.len() * windows];
            plan.rows_in(&ranges, sets.clone(), wanted, self.threads(), rows);
            for window in 0..windows {
                let rows = rows.iter().skip(window).step_by(windows);
                self.add_scores(window, (chunk, sets.clone()), slow.as_deref(), sums, rows);
                progress.advance(sets.len() as u64);
            }
        }
        self.shared.add(&plan, chunk.len(), windows);
        progress.caches(&self.shared.told());
        Ok(())
    }

    /// Adds the scores of some sets of the chunk in one window; `slow` tells for each window which sets cannot trade.
    fn add_scores<'r>(
        &self,
        window: usize,
        (chunk, sets): (&Range<usize>, Range<usize>),
        slow: Option<&[Vec<TooSlow<'_>>]>,
        sums: &mut Sums,
        rows: impl Iterator<Item = &'r Row>,
    ) {
        for (set, row) in sets.zip(rows) {
            let at = window * sums.sets + set - chunk.start;
            let score = row.get(self.metric);
            if let Some(score) =
                score.filter(|_| !slow.is_some_and(|slow| self.cannot_trade(&slow[window], set)))
            {
                sums.sum[at] += score;
                sums.count[at] += 1.0;
            }
        }
    }

    fn plan(&self, account: &Account, chunk: &Range<usize>) -> Result<Plan<'_>, SearchError> {
        let member = account.members.start;
        let plan = Plan::new(
            &self.bound.programs[member],
            self.market,
            self.bound.assets[member],
            &self.bound.config,
            self.sets,
            chunk.clone(),
            self.options.isa,
        );
        plan.map_err(|error| self.spec.place_eval(&error).into())
    }

    fn threads(&self) -> usize {
        workers::threads_for(self.options.threads, f64::INFINITY)
    }

    /// Rows of a member between two session days.
    fn rows(&self, member: usize, from: i32, to: i32) -> Range<usize> {
        let bars = &self.market.assets[self.bound.assets[member].index()].bars;
        bars.rows(Some(Day(from)), Some(Day(to)))
    }

    fn one_by_one(
        &self,
        account: &Account,
        chunk: &Range<usize>,
        (from, to): (i32, i32),
        rows: &mut [Row],
    ) -> Result<(), SearchError> {
        if account.members.clone().all(|member| self.rows(member, from, to).is_empty()) {
            return Ok(());
        }
        let single = Single { spec: self.spec, market: self.market, bound: self.bound };
        let span = Span::Days { from: Some(Day(from)), to: Some(Day(to)) };
        let failed = Mutex::new(None);
        let jobs: Vec<_> = chunk.clone().zip(rows).collect();
        workers::each(self.threads(), jobs, |(set, row)| {
            match single.run(account, &self.sets.values(set), &span, &self.bound.config) {
                Ok(result) => *row = result.row,
                Err(error) => {
                    *lock(&failed).unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// For each window and member, what tells sets that cannot trade; `None` where all sets can in all windows.
    fn too_slow(&self, account: &Account) -> Option<Vec<Vec<TooSlow<'_>>>> {
        let ranges = self.sets.params().iter().map(|param| {
            let low = param.values.iter().copied().fold(f64::INFINITY, f64::min);
            (low, param.values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        });
        let ranges: Vec<_> = ranges.collect();
        let of_window = |(from, to): &(i32, i32)| -> Vec<TooSlow<'_>> {
            let slow = |member: usize| {
                let end = self.rows(member, *from, *to).end;
                TooSlow::new(&self.bound.programs[member], &ranges, end)
            };
            account.members.clone().map(slow).collect()
        };
        // Later windows end later: what the first one has rows for, all have.
        if of_window(self.days.first()?).iter().any(TooSlow::none) {
            return None;
        }
        Some(self.days.iter().map(of_window).collect())
    }

    /// Whether a set can trade with no member of its account.
    fn cannot_trade(&self, slow: &[TooSlow<'_>], set: usize) -> bool {
        let values = self.sets.values(set);
        slow.iter().all(|slow| slow.warm_up(&values).is_some())
    }
}

impl WalkForwardResult {
    /// Means over accounts of the training metric for every set of a window; empty where there were too many to keep.
    #[must_use]
    pub fn scores(&self, window: usize) -> &[f64] {
        self.windows.get(window).map_or(&[], |window| &window.scores)
    }
}
