//! Moving averages, bar by bar.
//!
//! Sources: P. J. Kaufman, "Trading Systems and Methods", 5th ed., 2013 (simple, exponential, adaptive);
//! J. W. Wilder, "New Concepts in Technical Trading Systems", 1978 (smoothed); P. G. Mulloy, "Smoothing Data with Faster
//! Moving Averages", Stocks & Commodities 12, 1994 (double and triple exponential).

use crate::prefix::MovingSum;
use crate::ring::Ring;
use crate::twin::Twin;

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

/// Smoothed moving average of Wilder: weight `1 / period` for the newest value, seeded with the mean of the first `period`
/// values.
#[derive(Debug, Clone)]
pub struct Smma(Smoothing);

impl Smma {
    /// An average over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(Smoothing::new(period, 1.0 / period as f64))
    }
}

impl Twin<1, 1> for Smma {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [self.0.step(value)]
    }
}

/// Double exponential moving average: `2 e1 - e2` with `e1 = ema(x)`, `e2 = ema(e1)`.
#[derive(Debug, Clone)]
pub struct Dema([Ema; 2]);

impl Dema {
    /// An average of averages over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(std::array::from_fn(|_| Ema::new(period)))
    }
}

impl Twin<1, 1> for Dema {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        let first = self.0[0].0.step(value);
        let second = self.0[1].0.step(first);
        [2.0 * first - second]
    }
}

/// Triple exponential moving average: `3 e1 - 3 e2 + e3`, each the `ema` of the one before.
#[derive(Debug, Clone)]
pub struct Tema([Ema; 3]);

impl Tema {
    /// An average of averages over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(std::array::from_fn(|_| Ema::new(period)))
    }
}

impl Twin<1, 1> for Tema {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        let first = self.0[0].0.step(value);
        let second = self.0[1].0.step(first);
        let third = self.0[2].0.step(second);
        [3.0 * first - 3.0 * second + third]
    }
}

/// Kaufman's adaptive moving average: smoothing between that of a fast and a slow `ema`, by how straight the way of the last
/// `period` bars was. Seeded with their mean at the first bar that has `period` bars before it.
#[derive(Debug, Clone)]
pub struct Kama {
    mean: MovingSum,
    path: MovingSum,
    past: Ring<f64>,
    previous: f64,
    period: f64,
    fast: f64,
    slow: f64,
    state: Option<f64>,
}

impl Kama {
    /// An average over `period` bars with the limits `fast` and `slow`, all in bars (at least 1).
    pub fn new(period: usize, fast: usize, slow: usize) -> Self {
        Self {
            mean: MovingSum::new(period),
            path: MovingSum::new(period),
            past: Ring::new(period),
            previous: f64::NAN,
            period: period as f64,
            fast: 2.0 / (fast as f64 + 1.0),
            slow: 2.0 / (slow as f64 + 1.0),
            state: None,
        }
    }
}

impl Twin<1, 1> for Kama {
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        let mean = self.mean.step(value) / self.period;
        let path = self.path.step((value - self.previous).abs());
        let way = (value - self.past.replace(value).unwrap_or(f64::NAN)).abs();
        self.previous = value;
        if way.is_nan() || path.is_nan() {
            return [f64::NAN];
        }
        let next = match self.state {
            None => mean,
            Some(state) => {
                // A market that did not move has no direction: slowest smoothing.
                let efficiency = if path > 0.0 { way / path } else { 0.0 };
                let weight = efficiency * (self.fast - self.slow) + self.slow;
                state + weight * weight * (value - state)
            }
        };
        self.state = Some(next);
        [next]
    }
}

/// Zero-lag exponential moving average: the `ema` of `2 x - x_k`, with the lag `k = (period - 1) / 2` rounded down.
#[derive(Debug, Clone)]
pub struct Zlema {
    past: Option<Ring<f64>>,
    average: Ema,
}

impl Zlema {
    /// An average over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        let lag = period.saturating_sub(1) / 2;
        Self { past: (lag > 0).then(|| Ring::new(lag)), average: Ema::new(period) }
    }
}

impl Twin<1, 1> for Zlema {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        let earlier = match &mut self.past {
            Some(past) => past.replace(value).unwrap_or(f64::NAN),
            None => value,
        };
        self.average.step([2.0 * value - earlier])
    }
}
