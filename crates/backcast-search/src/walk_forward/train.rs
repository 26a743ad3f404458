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
use backcast_types::Day;

use super::{
    WalkForwardResult,
    state::State,
    training::{Choice, Sums, Training},
};
use crate::{
    BestSoFar, Progress, SearchError, SweepOptions,
    bind::{Account, Bound},
    rank::better,
    single::Single,
    spec::Spec,
    sweep::EVENT_CHUNK,
    warm_up::TooSlow,
    workers,
};

/// Sets that lanes look at together.
const CHUNK: usize = 1 << 14;

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
        let mut rows = vec![Row::EMPTY; chunk.len()];
        let plan = if self.fallback { None } else { Some(self.plan(account, chunk)?) };
        let slow = self.too_slow(account);
        for (window, (from, to)) in self.days.iter().enumerate() {
            rows.fill(Row::EMPTY);
            if let Some(plan) = &plan {
                let window = self.rows(account.members.start, *from, *to);
                let wanted = MetricSet::of(&[self.metric]);
                plan.rows(window, chunk.clone(), wanted, self.threads(), &mut rows);
            } else {
                self.one_by_one(account, chunk, (*from, *to), &mut rows)?;
            }
            if let Some(slow) = &slow {
                self.empty_slow(account, &slow[window], chunk, &mut rows);
            }
            for (i, row) in rows.iter().enumerate() {
                if let Some(score) = row.get(self.metric) {
                    sums.sum[window * sums.sets + i] += score;
                    sums.count[window * sums.sets + i] += 1.0;
                }
            }
            progress.advance(chunk.len() as u64);
        }
        Ok(())
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
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
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

    fn empty_slow(
        &self,
        account: &Account,
        slow: &[TooSlow<'_>],
        chunk: &Range<usize>,
        rows: &mut [Row],
    ) {
        debug_assert_eq!(slow.len(), account.members.len());
        for (set, row) in chunk.clone().zip(rows) {
            let values = self.sets.values(set);
            if slow.iter().all(|slow| slow.warm_up(&values).is_some()) {
                *row = Row::EMPTY;
            }
        }
    }
}

impl WalkForwardResult {
    /// Means over accounts of the training metric for every set of a window; empty where there were too many to keep.
    #[must_use]
    pub fn scores(&self, window: usize) -> &[f64] {
        self.windows.get(window).map_or(&[], |window| &window.scores)
    }
}
