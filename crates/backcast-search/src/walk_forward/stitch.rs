//! Out-of-sample windows joined to one curve each account, and the mean of these.

use backcast_engine::RunResult;
use backcast_metrics::{Metric, MetricSet, Row, Tally, Timeline, curve::totals_of, finish};
use backcast_types::Trade;

/// Metrics that a curve alone has.
const OF_CURVE: [Metric; 8] = [
    Metric::TotalReturn,
    Metric::Cagr,
    Metric::Volatility,
    Metric::Sharpe,
    Metric::Sortino,
    Metric::MaxDrawdown,
    Metric::MaxDrawdownBars,
    Metric::Calmar,
];

/// An out-of-sample curve over all windows.
#[derive(Clone, Debug)]
pub struct Stitched {
    /// Symbol of the asset, `pool`, or `mean`.
    pub name: String,
    /// Cash before the first window.
    pub start_cash: f64,
    /// Time of each bar, nanoseconds UTC.
    pub times: Vec<i64>,
    /// Session day of each bar, days since 1970-01-01.
    pub days: Vec<i32>,
    /// Equity at the close of each bar.
    pub equity: Vec<f64>,
    /// Round trips; rows count the bars of this curve.
    pub trades: Vec<Trade>,
    /// Metrics of the whole curve.
    pub row: Row,
}

/// Curves that grow window by window.
pub(super) struct Stitcher {
    pub(super) accounts: Vec<Stitched>,
    tallies: Vec<Tally>,
}

impl Stitcher {
    pub(super) fn new(names: Vec<String>, cash: f64) -> Stitcher {
        let tallies = vec![Tally::default(); names.len()];
        let empty = |name| Stitched {
            name,
            start_cash: cash,
            times: Vec::new(),
            days: Vec::new(),
            equity: Vec::new(),
            trades: Vec::new(),
            row: Row::EMPTY,
        };
        Stitcher { accounts: names.into_iter().map(empty).collect(), tallies }
    }

    /// Equity of an account so far.
    pub(super) fn equity(&self, account: usize) -> f64 {
        let account = &self.accounts[account];
        account.equity.last().copied().unwrap_or(account.start_cash)
    }

    /// Adds an account's next window.
    pub(super) fn add(&mut self, account: usize, result: RunResult) {
        let columns = size_of_val(&result.clock[..])
            + size_of_val(&result.days[..])
            + size_of_val(&result.equity[..]);
        backcast_spans::copied(columns as u64);
        let (curve, tally) = (&mut self.accounts[account], &mut self.tallies[account]);
        let offset = curve.equity.len() as u32;
        curve.times.extend_from_slice(&result.clock);
        curve.days.extend_from_slice(&result.days);
        curve.equity.extend_from_slice(&result.equity);
        curve.trades.extend(result.trades.iter().map(|trade| Trade {
            entry_row: trade.entry_row + offset,
            exit_row: trade.exit_row + offset,
            ..*trade
        }));
        tally.trades += result.tally.trades;
        tally.wins += result.tally.wins;
        tally.profit += result.tally.profit;
        tally.loss += result.tally.loss;
        tally.costs += result.tally.costs;
        tally.exposed += result.tally.exposed;
    }

    /// The curves with their metrics, and their mean.
    pub(super) fn finish(mut self, periods_per_year: f64) -> (Vec<Stitched>, Stitched) {
        let _span = backcast_spans::span!("search.stitch");
        for (curve, tally) in self.accounts.iter_mut().zip(&self.tallies) {
            curve.row = curve.metrics(tally, periods_per_year, MetricSet::ALL);
        }
        let mut mean = self.mean();
        mean.row = mean.metrics(&Tally::default(), periods_per_year, MetricSet::of(&OF_CURVE));
        (self.accounts, mean)
    }

    /// Mean of the last known equities at each time that any account has.
    fn mean(&self) -> Stitched {
        let mut clock: Vec<(i64, i32)> = Vec::new();
        for account in &self.accounts {
            // Accounts mostly share their times; what is there already need not be sorted in.
            if clock.iter().map(|(time, _)| time).eq(&account.times) {
                continue;
            }
            clock.extend(account.times.iter().copied().zip(account.days.iter().copied()));
        }
        clock.sort();
        clock.dedup_by_key(|(time, _)| *time);
        let mut sums = vec![0.0; clock.len()];
        for account in &self.accounts {
            let mut seen = 0;
            let mut equity = account.start_cash;
            for (sum, (time, _)) in sums.iter_mut().zip(&clock) {
                if account.times.get(seen) == Some(time) {
                    equity = account.equity[seen];
                    seen += 1;
                }
                *sum += equity;
            }
        }
        let n = self.accounts.len() as f64;
        Stitched {
            name: "mean".to_owned(),
            start_cash: self.accounts.first().map_or(0.0, |account| account.start_cash),
            times: clock.iter().map(|(time, _)| *time).collect(),
            days: clock.iter().map(|(_, day)| *day).collect(),
            equity: sums.into_iter().map(|sum| sum / n).collect(),
            trades: Vec::new(),
            row: Row::EMPTY,
        }
    }
}

impl Stitched {
    fn metrics(&self, tally: &Tally, periods_per_year: f64, wanted: MetricSet) -> Row {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else {
            return Row::EMPTY;
        };
        let time = Timeline {
            bars: self.equity.len() as f64,
            days: f64::from(last - first),
            periods_per_year,
        };
        let totals = totals_of(&self.equity, self.start_cash);
        finish(&totals, tally, &time, self.start_cash, wanted)
    }
}
