//! Moving averages, bar by bar.
//!
//! Sources: P. J. Kaufman, "Trading Systems and Methods", 5th ed., 2013 (simple, weighted, exponential);
//! J. W. Wilder, "New Concepts in Technical Trading Systems", 1978 (smoothed).

use crate::prefix::Pair;
use crate::ring::Ring;
use crate::twin::Twin;

/// Sum of the last `period` bars, kept as a difference of double-double prefix sums.
#[derive(Debug, Clone)]
pub(crate) struct MovingSum {
    prefix: Pair,
    past: Ring<Pair>,
    run: usize,
}

impl MovingSum {
    pub(crate) fn new(period: usize) -> Self {
        Self { prefix: Pair::default(), past: Ring::new(period), run: 0 }
    }

    /// Sum of the window that ends at this bar; `NaN` while it is not full of defined values.
    #[inline]
    pub(crate) fn step(&mut self, value: f64) -> f64 {
        if value.is_nan() {
            self.run = 0;
        } else {
            self.run += 1;
            self.prefix.add(value);
        }
        let before = self.past.replace(self.prefix).unwrap_or_default();
        if self.run < self.past.capacity() {
            return f64::NAN;
        }
        self.prefix.since(before)
    }
}

/// Simple moving average: the mean of the last `period` values.
#[derive(Debug, Clone)]
pub struct Sma {
    sum: MovingSum,
    scale: f64,
}

impl Sma {
    /// An average over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self { sum: MovingSum::new(period), scale: 1.0 / period as f64 }
    }
}

impl Twin<1, 1> for Sma {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [self.sum.step(value) * self.scale]
    }
}

/// Exponential smoothing with a fixed weight, seeded with the mean of the first values.
#[derive(Debug, Clone)]
pub(crate) struct Smoothing {
    period: usize,
    alpha: f64,
    seen: usize,
    state: f64,
}

impl Smoothing {
    pub(crate) fn new(period: usize, alpha: f64) -> Self {
        Self { period, alpha, seen: 0, state: 0.0 }
    }

    /// The average at this bar. A missing value gives `NaN` and leaves the state as it is.
    #[inline]
    pub(crate) fn step(&mut self, value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        if self.seen >= self.period {
            self.state = self.state * (1.0 - self.alpha) + value * self.alpha;
            return self.state;
        }
        self.seen += 1;
        self.state += value;
        if self.seen < self.period {
            return f64::NAN;
        }
        self.state /= self.period as f64;
        self.state
    }
}

/// Exponential moving average: weight `2 / (period + 1)` for the newest value, seeded with the mean of the first `period`
/// values.
#[derive(Debug, Clone)]
pub struct Ema(Smoothing);

impl Ema {
    /// An average over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(Smoothing::new(period, 2.0 / (1.0 + period as f64)))
    }
}

impl Twin<1, 1> for Ema {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [self.0.step(value)]
    }
}
