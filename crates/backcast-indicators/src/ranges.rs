//! Indicators of the range between high and low.
//!
//! Sources: J. W. Wilder, "New Concepts in Technical Trading Systems", 1978 (true range); G. C. Lane, "Lane's Stochastics",
//! Stocks & Commodities 2, 1984; D. R. Lambert, "Commodity Channel Index", Commodities, 1980.

use crate::averages::{Sma, Smma};
use crate::twin::Twin;
use crate::windows::{Highest, Lowest};

/// Range of a bar, the previous close included. Reads high, low, close.
#[derive(Debug, Clone)]
pub struct TrueRange {
    previous_close: f64,
}

impl TrueRange {
    /// A range whose first value comes with the second bar.
    pub fn new() -> Self {
        Self { previous_close: f64::NAN }
    }
}

impl Default for TrueRange {
    fn default() -> Self {
        Self::new()
    }
}

impl Twin<3, 1> for TrueRange {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 1] {
        let previous = std::mem::replace(&mut self.previous_close, close);
        if previous.is_nan() || high.is_nan() {
            return [f64::NAN];
        }
        let top = if high > previous { high } else { previous };
        let bottom = if low < previous { low } else { previous };
        [top - bottom]
    }
}

/// Average true range, smoothed as Wilder does. Reads high, low, close.
#[derive(Debug, Clone)]
pub struct Atr {
    range: TrueRange,
    average: Smma,
}

impl Atr {
    /// An average over `period` ranges (at least 1).
    pub fn new(period: usize) -> Self {
        Self { range: TrueRange::new(), average: Smma::new(period) }
    }
}

impl Twin<3, 1> for Atr {
    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> [f64; 1] {
        self.average.step(self.range.step(bar))
    }
}

/// Where the close stands in the range of the last `period` bars (percent), and two simple averages one after the other.
/// Reads high, low, close; gives the raw line, its average, and the average of that.
#[derive(Debug, Clone)]
pub struct StochasticFull {
    highest: Highest,
    lowest: Lowest,
    fast: Sma,
    slow: Sma,
}

impl StochasticFull {
    /// A range over `period` bars, averages over `fast` and `slow` bars (at least 1).
    pub fn new(period: usize, fast: usize, slow: usize) -> Self {
        Self {
            highest: Highest::new(period),
            lowest: Lowest::new(period),
            fast: Sma::new(fast),
            slow: Sma::new(slow),
        }
    }
}

impl Twin<3, 3> for StochasticFull {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 3] {
        let [highest] = self.highest.step([high]);
        let [lowest] = self.lowest.step([low]);
        let range = highest - lowest;
        let place = if range == 0.0 { f64::NAN } else { 100.0 * (close - lowest) / range };
        let fast = self.fast.step([place]);
        [place, fast[0], self.slow.step(fast)[0]]
    }
}

/// The raw line and its average. Reads high, low, close.
#[derive(Debug, Clone)]
pub struct StochasticFast(StochasticFull);

impl StochasticFast {
    /// A range over `period` bars, an average over `fast` bars (at least 1).
    pub fn new(period: usize, fast: usize) -> Self {
        Self(StochasticFull::new(period, fast, 1))
    }
}

impl Twin<3, 2> for StochasticFast {
    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> [f64; 2] {
        let [place, fast, _] = self.0.step(bar);
        [place, fast]
    }
}

/// The averaged line and its average, the usual ("slow") stochastic. Reads high, low, close.
#[derive(Debug, Clone)]
pub struct Stochastic(StochasticFull);

impl Stochastic {
    /// A range over `period` bars, averages over `fast` and `slow` bars (at least 1).
    pub fn new(period: usize, fast: usize, slow: usize) -> Self {
        Self(StochasticFull::new(period, fast, slow))
    }
}

impl Twin<3, 2> for Stochastic {
    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> [f64; 2] {
        let [_, fast, slow] = self.0.step(bar);
        [fast, slow]
    }
}

/// Commodity channel index: distance of the typical price from its average, over `factor` times the average of the
/// absolute distances of the last `period` bars, each from the average at its own bar. Reads high, low, close.
#[derive(Debug, Clone)]
pub struct Cci {
    mean: Sma,
    deviation: Sma,
    factor: f64,
}

impl Cci {
    /// An index over `period` bars (at least 1), scaled by `factor`.
    pub fn new(period: usize, factor: f64) -> Self {
        Self { mean: Sma::new(period), deviation: Sma::new(period), factor }
    }
}

impl Twin<3, 1> for Cci {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 1] {
        let typical = (high + low + close) / 3.0;
        let distance = typical - self.mean.step([typical])[0];
        let [deviation] = self.deviation.step([distance.abs()]);
        [distance / (self.factor * deviation)]
    }
}
