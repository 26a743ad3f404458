//! Changes over a number of bars, and oscillators made of them.
//!
//! Sources: J. W. Wilder, "New Concepts in Technical Trading Systems", 1978 (relative strength); G. Appel, "Technical Analysis:
//! Power Tools for Active Investors", 2005 (convergence and divergence);
//! J. Hutson, "Triple Exponential Smoothing Oscillator", Stocks & Commodities 1, 1983 (trix).

use crate::averages::{Ema, Sma, Smma};
use crate::ring::Ring;
use crate::twin::{Twin, defined};

#[inline(always)]
fn difference(now: f64, past: f64) -> f64 {
    now - past
}

#[inline(always)]
fn relative(now: f64, past: f64) -> f64 {
    (now - past) / past
}

/// Difference of the value to the one `period` bars ago.
#[derive(Debug, Clone)]
pub struct Momentum(Ring<f64>);

impl Momentum {
    /// A difference over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(Ring::new(period))
    }
}

impl Twin<1, 1> for Momentum {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [difference(value, self.0.replace(value).unwrap_or(f64::NAN))]
    }
}

/// Relative change from the value `period` bars ago; undefined where that was zero.
#[derive(Debug, Clone)]
pub struct Roc(Ring<f64>);

impl Roc {
    /// A change over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(Ring::new(period))
    }
}

impl Twin<1, 1> for Roc {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [relative(value, self.0.replace(value).unwrap_or(f64::NAN))]
    }
}

/// Whole-slice form of [`Momentum`].
pub(crate) fn momentum_slice(values: &[f64], start: usize, period: usize, out: &mut [f64]) {
    lagged(values, start, period, out, difference);
}

/// Whole-slice form of [`Roc`].
pub(crate) fn roc_slice(values: &[f64], start: usize, period: usize, out: &mut [f64]) {
    lagged(values, start, period, out, relative);
}

#[inline(always)]
fn lagged(
    values: &[f64],
    start: usize,
    period: usize,
    out: &mut [f64],
    combine: impl Fn(f64, f64) -> f64,
) {
    let first = start.saturating_add(period).min(values.len());
    out[..first].fill(f64::NAN);
    let pairs = values[first..].iter().zip(&values[start.min(first)..]);
    for (out, (&now, &past)) in out[first..].iter_mut().zip(pairs) {
        let both = now.is_finite() & past.is_finite();
        let value = defined(combine(now, past));
        *out = if both { value } else { f64::NAN };
    }
}

/// Relative strength index: `100 - 100 / (1 + u / d)`, with averages `u` of the gains and `d` of the losses from bar to bar.
/// 100 where there were gains only; where nothing moved at all it is undefined, or 50 in the safe form.
#[derive(Debug, Clone)]
pub struct Rsi<A = Smma> {
    gains: A,
    losses: A,
    previous: f64,
    unmoved: f64,
}

impl Rsi<Smma> {
    /// Wilder's index over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self::over(Smma::new(period))
    }

    /// As [`Rsi::new`], but 50 where nothing moved.
    pub fn safe(period: usize) -> Self {
        Self { unmoved: 50.0, ..Self::new(period) }
    }
}

impl Rsi<Sma> {
    /// Cutler's index, with simple averages over `period` bars (at least 1).
    pub fn simple(period: usize) -> Self {
        Self::over(Sma::new(period))
    }
}

impl Rsi<Ema> {
    /// The index with exponential averages over `period` bars (at least 1).
    pub fn exponential(period: usize) -> Self {
        Self::over(Ema::new(period))
    }
}

impl<A: Twin<1, 1> + Clone> Rsi<A> {
    fn over(average: A) -> Self {
        Self { gains: average.clone(), losses: average, previous: f64::NAN, unmoved: f64::NAN }
    }
}

/// `value` where positive, else zero; `NaN` stays.
#[inline(always)]
fn positive_part(value: f64) -> f64 {
    if value < 0.0 { 0.0 } else { value }
}

impl<A: Twin<1, 1>> Twin<1, 1> for Rsi<A> {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        let [up] = self.gains.step([positive_part(value - self.previous)]);
        let [down] = self.losses.step([positive_part(self.previous - value)]);
        self.previous = value;
        if up == 0.0 && down == 0.0 {
            return [self.unmoved];
        }
        [100.0 - 100.0 / (1.0 + up / down)]
    }
}

/// Moving average convergence and divergence: difference of a fast and a slow `ema`, its `ema` as signal, and the difference
/// of the two.
#[derive(Debug, Clone)]
pub struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Macd {
    /// Averages over `fast`, `slow` and `signal` bars (at least 1).
    pub fn new(fast: usize, slow: usize, signal: usize) -> Self {
        Self { fast: Ema::new(fast), slow: Ema::new(slow), signal: Ema::new(signal) }
    }
}

impl Twin<1, 3> for Macd {
    #[inline]
    fn step(&mut self, bar: [f64; 1]) -> [f64; 3] {
        let macd = self.fast.step(bar)[0] - self.slow.step(bar)[0];
        let [signal] = self.signal.step([macd]);
        [macd, signal, macd - signal]
    }
}

/// Percentage price oscillator: the difference of a fast and a slow `ema` in percent of the slow one, its `ema` as signal, and the
/// difference of the two.
#[derive(Debug, Clone)]
pub struct Ppo {
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Ppo {
    /// Averages over `fast`, `slow` and `signal` bars (at least 1).
    pub fn new(fast: usize, slow: usize, signal: usize) -> Self {
        Self { fast: Ema::new(fast), slow: Ema::new(slow), signal: Ema::new(signal) }
    }
}

impl Twin<1, 3> for Ppo {
    #[inline]
    fn step(&mut self, bar: [f64; 1]) -> [f64; 3] {
        let [slow] = self.slow.step(bar);
        let ppo = defined(100.0 * (self.fast.step(bar)[0] - slow) / slow);
        let [signal] = self.signal.step([ppo]);
        [ppo, signal, ppo - signal]
    }
}

/// Change of a threefold `ema` from bar to bar, in percent.
#[derive(Debug, Clone)]
pub struct Trix {
    averages: [Ema; 3],
    previous: f64,
}

impl Trix {
    /// Averages over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self { averages: std::array::from_fn(|_| Ema::new(period)), previous: f64::NAN }
    }
}

impl Twin<1, 1> for Trix {
    #[inline]
    fn step(&mut self, bar: [f64; 1]) -> [f64; 1] {
        let [first, second, third] = &mut self.averages;
        let [average] = third.step(second.step(first.step(bar)));
        let change = 100.0 * (average / self.previous - 1.0);
        self.previous = average;
        [change]
    }
}
