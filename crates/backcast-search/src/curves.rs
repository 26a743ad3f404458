//! Equity curves of single sets of a finished sweep, made when somebody wants to see them.

use std::sync::{Mutex, PoisonError};

use backcast_data::Market;
use backcast_engine::{RunResult, Span};
use backcast_spans::lock;

use crate::{
    Progress, SearchError, SweepResult,
    bind::{Account, Bound},
    buy_and_hold::buy_and_hold,
    single::Single,
    spec::{Mode, Spec},
    summary::coarse_positions,
    warm_up::first_entry,
    workers,
};

/// The equity of one set of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Trial index.
    pub set: usize,
    /// Time of each bar, nanoseconds UTC.
    pub times: Vec<i64>,
    /// Session day of each bar, days since 1970-01-01.
    pub days: Vec<i32>,
    /// Equity at the close of each bar.
    pub equity: Vec<f64>,
}

/// Short curves of all sets of one account on one clock.
#[derive(Clone, Debug, PartialEq)]
pub struct CoarseCurves {
    /// Time of each point, nanoseconds UTC.
    pub times: Vec<i64>,
    /// Session day of each point, days since 1970-01-01.
    pub days: Vec<i32>,
    /// Equity, shape `(sets, times)`, one set after the other.
    pub values: Vec<f32>,
}

/// Makes curves of the sets of a sweep.
pub struct Curves<'a> {
    spec: &'a Spec,
    market: &'a Market,
    result: &'a SweepResult,
    bound: Bound,
    accounts: Vec<Account>,
    threads: usize,
}

impl<'a> Curves<'a> {
    /// Curves of a finished sweep of `spec` on `market`; `threads` as in [`crate::SweepOptions`].
    ///
    /// # Errors
    /// As [`crate::sweep`], had it not gone through already.
    pub fn new(
        spec: &'a Spec,
        market: &'a Market,
        result: &'a SweepResult,
        threads: usize,
    ) -> Result<Curves<'a>, SearchError> {
        let bound = spec.bind(market, Mode::Each)?;
        let accounts = bound.accounts(market);
        let threads = workers::threads_for(threads, f64::INFINITY);
        Ok(Curves { spec, market, result, bound, accounts, threads })
    }

    /// Full curves of some sets of an account, in the order asked for. None where the account has no bar in the range.
    ///
    /// # Errors
    /// What a run says.
    pub fn full(&self, account: usize, sets: &[usize]) -> Result<Vec<Curve>, SearchError> {
        let curve = |set: usize, run: RunResult| Curve {
            set,
            times: run.clock.to_vec(),
            days: run.days.to_vec(),
            equity: run.equity,
        };
        self.each(account, sets, &crate::Quiet, curve)
    }

    /// Curves of at most `points` points of all sets of an account.
    ///
    /// # Errors
    /// What a run says.
    pub fn coarse(
        &self,
        account: usize,
        points: usize,
        progress: &dyn Progress,
    ) -> Result<CoarseCurves, SearchError> {
        let sets: Vec<usize> = (0..self.result.sets.count()).collect();
        progress.begin(sets.len() as u64, 0);
        let Some(first) = self.full(account, &sets[..sets.len().min(1)])?.pop() else {
            return Ok(CoarseCurves { times: Vec::new(), days: Vec::new(), values: Vec::new() });
        };
        let positions = coarse_positions(first.equity.len(), points);
        let thin = |_, run: RunResult| -> Vec<f32> {
            positions.iter().map(|at| run.equity[*at] as f32).collect()
        };
        let values = self.each(account, &sets, progress, thin)?.concat();
        Ok(CoarseCurves {
            times: positions.iter().map(|at| first.times[*at]).collect(),
            days: positions.iter().map(|at| first.days[*at]).collect(),
            values,
        })
    }

    /// The whole run of one set, with its orders and trades.
    ///
    /// # Errors
    /// What a run says.
    pub fn run(&self, account: usize, set: usize) -> Result<Option<RunResult>, SearchError> {
        Ok(self.each(account, &[set], &crate::Quiet, |_, run| run)?.pop())
    }

    /// The first set whose rules are warm within the range, the one that buy and hold waits for where an account is looked at as a
    /// whole; `None` where no set can trade.
    #[must_use]
    pub fn first_to_trade(&self, account: usize) -> Option<usize> {
        let _span = backcast_spans::span!("search.first_to_trade");
        let sets = &self.result.sets;
        let warm = |member: usize, values: &[f64]| {
            let first = first_entry(&self.bound.programs[member], values);
            first.is_some_and(|row| row < self.bound.rows[member].end)
        };
        (0..sets.count()).find(|set| {
            let values = sets.values(*set);
            self.accounts[account].members.clone().any(|member| warm(member, &values))
        })
    }

    /// Buy and hold on the clock of an account, once the rules of a set are warm.
    ///
    /// # Errors
    /// What a run says.
    pub fn buy_and_hold(&self, account: usize, set: usize) -> Result<Vec<f64>, SearchError> {
        if !self.has_bars(account) {
            return Ok(Vec::new());
        }
        let values = self.result.sets.values(set);
        buy_and_hold(self.market, &self.bound, &self.accounts[account], &values, &self.span())
    }

    fn span(&self) -> Span {
        Span::Days { from: self.spec.data.from, to: self.spec.data.to }
    }

    fn has_bars(&self, account: usize) -> bool {
        let mut members = self.accounts[account].members.clone();
        members.any(|member| !self.bound.rows[member].is_empty())
    }

    /// Something of the run of each set, in their order, on several threads.
    fn each<T: Send>(
        &self,
        account: usize,
        sets: &[usize],
        progress: &dyn Progress,
        take: impl Fn(usize, RunResult) -> T + Sync,
    ) -> Result<Vec<T>, SearchError> {
        let _span = backcast_spans::span!("search.curves");
        if !self.has_bars(account) {
            return Ok(Vec::new());
        }
        let single = Single { spec: self.spec, market: self.market, bound: &self.bound };
        let (account, span) = (&self.accounts[account], self.span());
        let mut found: Vec<Option<T>> = sets.iter().map(|_| None).collect();
        let failed = Mutex::new(None);
        let jobs = sets.iter().zip(&mut found).collect();
        workers::each(self.threads, jobs, |(set, slot)| {
            let values = self.result.sets.values(*set);
            match single.run(account, &values, &span, &self.bound.config) {
                Ok(run) => *slot = Some(take(*set, run)),
                Err(error) => {
                    *lock(&failed).unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            }
            progress.advance(1);
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(found.into_iter().flatten().collect()),
        }
    }
}
