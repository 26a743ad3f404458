//! A scalar loop over the bars of one parameter set at a time, averages made beforehand.

use std::ops::Range;

use super::{BAND, Money, Prices, Three, each, moving_average};

/// Averages of all windows of a job.
pub(crate) struct Averages {
    fast: Vec<Vec<f64>>,
    /// Slow averages with the band on either side, and their first bar.
    slow: Vec<(Vec<f64>, Vec<f64>, usize)>,
}

impl Averages {
    /// Windows in bars, as whole numbers.
    pub(crate) fn new(close: &[f64], fast: &[usize], slow: &[usize]) -> Averages {
        let widened = |window: &usize| {
            let average = moving_average(close, *window, f64::NAN);
            let upper = average.iter().map(|x| x + BAND * x.abs()).collect();
            let lower = average.iter().map(|x| x - BAND * x.abs()).collect();
            (upper, lower, *window - 1)
        };
        Averages {
            fast: fast.iter().map(|window| moving_average(close, *window, f64::NAN)).collect(),
            slow: slow.iter().map(widened).collect(),
        }
    }

    pub(crate) fn pair(&self, fast: usize, slow: usize) -> Pair<'_> {
        let (upper, lower, first) = &self.slow[slow];
        Pair { fast: &self.fast[fast], upper, lower, first: *first }
    }
}

/// The averages of one set; comparisons with NaN are false, so that bars before them do nothing.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    fast: &'a [f64],
    upper: &'a [f64],
    lower: &'a [f64],
    first: usize,
}

impl Pair<'_> {
    /// Whether the fast average was above (1) or below (-1) the slow one when they were last apart.
    fn state_before(&self, row: usize) -> i8 {
        for i in (self.first..row).rev() {
            if self.fast[i] > self.upper[i] {
                return 1;
            }
            if self.fast[i] < self.lower[i] {
                return -1;
            }
        }
        0
    }
}

/// Metrics of one set over a window of rows; `liquidate` sells what is held at the last close.
#[inline(never)]
pub(crate) fn run(
    prices: Prices,
    pair: Pair,
    window: Range<usize>,
    money: &Money,
    liquidate: bool,
) -> Three {
    let bars = window.len();
    // Before the averages nothing is held, and a flat bar adds nothing.
    let rows = window.start.max(pair.first.min(window.end))..window.end;
    let mut state = pair.state_before(rows.start);
    let (open, close) = (&prices.open[rows.clone()], &prices.close[rows.clone()]);
    let (upper, lower) = (&pair.upper[rows.clone()], &pair.lower[rows.clone()]);
    let fast = &pair.fast[rows];
    let n = open.len();
    let (close, upper, lower, fast) = (&close[..n], &upper[..n], &lower[..n], &fast[..n]);
    let (mut cash, mut shares, mut order) = (money.cash, 0.0, 0i8);
    let (mut previous, mut peak) = (cash, cash);
    let (mut sum, mut squares, mut worst, mut lowest) = (0.0, 0.0, 1.0, cash);
    for i in 0..n {
        let mut moved = shares != 0.0;
        if order > 0 {
            if let Some((bought, left)) = money.buy(cash, open[i]) {
                (shares, cash, moved) = (bought, left, true);
            }
        } else if order < 0 {
            cash += money.sell(shares, open[i]);
            shares = 0.0;
        }
        order = 0;
        if fast[i] > upper[i] {
            order = i8::from(state < 0 && shares == 0.0);
            state = 1;
        } else if fast[i] < lower[i] {
            order = -i8::from(state > 0 && shares != 0.0);
            state = -1;
        }
        if liquidate && i + 1 == n && shares != 0.0 {
            cash += money.sell(shares, close[i]);
            shares = 0.0;
        }
        if moved {
            let equity = cash + shares * close[i];
            let change = equity / previous - 1.0;
            sum += change;
            squares += change * change;
            previous = equity;
            if equity > peak {
                peak = equity;
                lowest = peak * worst;
            } else if equity < lowest {
                worst = equity / peak;
                lowest = equity;
            }
        }
    }
    money.three(bars, previous, sum, squares, worst)
}

/// Metrics of all pairs in order of trial index, slow windows fastest.
pub(crate) fn grid(
    prices: Prices,
    averages: &Averages,
    money: &Money,
    threads: usize,
    out: &mut [Three],
) {
    let slow = averages.slow.len();
    let rows: Vec<_> = out.chunks_mut(slow).enumerate().collect();
    each(threads, rows, |(fast, out)| {
        for (slow, out) in out.iter_mut().enumerate() {
            *out = run(prices, averages.pair(fast, slow), 0..prices.close.len(), money, false);
        }
    });
}
