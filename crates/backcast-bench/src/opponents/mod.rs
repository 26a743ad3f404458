//! What the engine is measured against: programs that know one job only, written as fast as their kind allows.
//!
//! Both buy when the fast average crosses above the slow one and sell when it crosses below, at the next open, whole shares for all
//! cash, with percent commission, averages by running sums, and the three metrics total return, Sharpe and maximum drawdown. They have
//! the same features of that job as the engine: comparisons with a band of 2^-40, the cost checked against cash.

pub(crate) mod broker;
pub(crate) mod lane_kernel;
pub(crate) mod scalar;

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

use backcast_data::{Asset, Market};

/// Half width of the band in which two averages count as equal.
const BAND: f64 = 1.0 / (1u64 << 40) as f64;

/// Prices that a side works on.
#[derive(Clone, Copy)]
pub(crate) struct Prices<'a> {
    pub(crate) open: &'a [f64],
    pub(crate) close: &'a [f64],
}

impl<'a> Prices<'a> {
    pub(crate) fn of(asset: &'a Asset) -> Prices<'a> {
        Prices { open: &asset.bars.open, close: &asset.bars.close }
    }
}

/// The money side of the job.
#[derive(Clone, Copy)]
pub(crate) struct Money {
    pub(crate) cash: f64,
    /// Commission as a fraction of the traded value.
    pub(crate) rate: f64,
    pub(crate) periods_per_year: f64,
}

impl Money {
    pub(crate) fn of(market: &Market, cash: f64, rate: f64) -> Money {
        Money { cash, rate, periods_per_year: market.periods_per_year }
    }

    /// Whole shares for all of some cash, and the cash that is left; `None` below one share.
    #[inline(always)]
    fn buy(&self, cash: f64, price: f64) -> Option<(f64, f64)> {
        let mut shares = (cash / (price * (1.0 + self.rate))).floor();
        let mut left = cash - (shares * price + shares * price * self.rate);
        if left < 0.0 {
            shares -= 1.0;
            left = cash - (shares * price + shares * price * self.rate);
        }
        (shares >= 1.0).then_some((shares, left))
    }

    /// What a sale brings.
    #[inline(always)]
    fn sell(&self, shares: f64, price: f64) -> f64 {
        shares * price - shares * price * self.rate
    }

    /// Three metrics from sums over the returns of `bars` bars.
    #[inline(always)]
    fn three(&self, bars: usize, last: f64, sum: f64, squares: f64, worst: f64) -> Three {
        let n = bars as f64 - 1.0;
        let mean = sum / n;
        let variance = (squares - sum * mean) / (n - 1.0);
        let sharpe = if variance > 0.0 {
            mean / variance.sqrt() * self.periods_per_year.sqrt()
        } else {
            f64::NAN
        };
        Three { total_return: last / self.cash - 1.0, sharpe, max_drawdown: 1.0 - worst }
    }
}

/// Metrics of one set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Three {
    pub(crate) total_return: f64,
    pub(crate) sharpe: f64,
    pub(crate) max_drawdown: f64,
}

impl Three {
    /// Whether two sides agree: return and drawdown to 1e-12, Sharpe, whose sums are in another order, to 1e-9.
    pub(crate) fn agrees(&self, other: &Three) -> bool {
        let near = |a: f64, b: f64, by: f64| {
            (a.is_nan() && b.is_nan()) || (a - b).abs() <= by * (1.0 + b.abs())
        };
        near(self.total_return, other.total_return, 1e-12)
            && near(self.max_drawdown, other.max_drawdown, 1e-12)
            && near(self.sharpe, other.sharpe, 1e-9)
    }
}

/// Says where two sides differ; nothing may be timed then.
pub(crate) fn check_equal(what: &str, ours: &[Three], theirs: &[Three]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("{what}: {} rows against {}", ours.len(), theirs.len()));
    }
    let differs = ours.iter().zip(theirs).enumerate().find(|(_, (a, b))| !a.agrees(b));
    match differs {
        None => Ok(()),
        Some((set, (a, b))) => Err(format!("{what}: set {set} gives {a:?} against {b:?}")),
    }
}

/// Averages of a window by a running sum; `before` where the window is not full yet.
fn moving_average(close: &[f64], window: usize, before: f64) -> Vec<f64> {
    let mut out = vec![before; close.len()];
    let (mut sum, scale) = (0.0, 1.0 / window as f64);
    for (i, price) in close.iter().enumerate() {
        sum += price;
        if i >= window {
            sum -= close[i - window];
        }
        if i + 1 >= window {
            out[i] = sum * scale;
        }
    }
    out
}

/// Does all jobs on so many threads.
fn each<J: Send>(threads: usize, jobs: Vec<J>, work: impl Fn(J) + Sync) {
    let queue = Mutex::new(jobs.into_iter());
    let worker = || {
        loop {
            let job = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(job) = job else { return };
            work(job);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(worker);
        }
        worker();
    });
}
