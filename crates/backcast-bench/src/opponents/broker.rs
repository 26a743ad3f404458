//! A broker loop for one run, written by hand: averages, fills, equity curve and trades in one pass over the bars.

use super::{BAND, Money, Prices, Three};

/// A round trip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundTrip {
    pub(crate) entry_row: u32,
    pub(crate) exit_row: u32,
    pub(crate) shares: f64,
    pub(crate) entry_price: f64,
    pub(crate) exit_price: f64,
    pub(crate) profit: f64,
}

/// Everything that the loop keeps.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) equity: Vec<f64>,
    pub(crate) trades: Vec<RoundTrip>,
    pub(crate) three: Three,
}

/// One run of a fast against a slow average of the close.
#[inline(never)]
pub(crate) fn run(prices: Prices, fast: usize, slow: usize, money: &Money) -> Account {
    let n = prices.close.len();
    let (open, close) = (&prices.open[..n], prices.close);
    let (fast_scale, slow_scale) = (1.0 / fast as f64, 1.0 / slow as f64);
    let (mut fast_sum, mut slow_sum) = (0.0, 0.0);
    let mut equity_curve = Vec::with_capacity(n);
    let mut trades = Vec::new();
    let (mut cash, mut shares, mut order, mut state) = (money.cash, 0.0, 0i8, 0i8);
    let (mut entry_row, mut entry_price, mut before_entry) = (0, 0.0, 0.0);
    let (mut previous, mut peak, mut lowest) = (cash, cash, cash);
    let (mut sum, mut squares, mut worst) = (0.0, 0.0, 1.0);
    for i in 0..n {
        if order > 0 {
            if let Some((bought, left)) = money.buy(cash, open[i]) {
                (entry_row, entry_price, before_entry) = (i as u32, open[i], cash);
                (shares, cash) = (bought, left);
            }
        } else if order < 0 {
            cash += money.sell(shares, open[i]);
            let (exit_row, exit_price, profit) = (i as u32, open[i], cash - before_entry);
            trades.push(RoundTrip { entry_row, exit_row, shares, entry_price, exit_price, profit });
            shares = 0.0;
        }
        order = 0;
        fast_sum += close[i];
        slow_sum += close[i];
        if i >= fast {
            fast_sum -= close[i - fast];
        }
        if i >= slow {
            slow_sum -= close[i - slow];
        }
        if i + 1 >= slow {
            let (fast, slow) = (fast_sum * fast_scale, slow_sum * slow_scale);
            let band = BAND * slow.abs();
            if fast > slow + band {
                order = i8::from(state < 0 && shares == 0.0);
                state = 1;
            } else if fast < slow - band {
                order = -i8::from(state > 0 && shares != 0.0);
                state = -1;
            }
        }
        let equity = cash + shares * close[i];
        equity_curve.push(equity);
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
    let three = money.three(n, previous, sum, squares, worst);
    Account { equity: equity_curve, trades, three }
}
