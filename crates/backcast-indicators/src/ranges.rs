//! Indicators of the range between high and low.
//!
//! Sources: J. W. Wilder, "New Concepts in Technical Trading Systems", 1978 (true range); G. C. Lane, "Lane's Stochastics",
//! Stocks & Commodities 2, 1984; D. R. Lambert, "Commodity Channel Index", Commodities, 1980;
//! L. Williams, "How I Made One Million Dollars Last Year Trading Commodities", 1973 (%R); B. Williams, "New Trading
//! Dimensions", 1998 (awesome oscillator); E. Botes and D. Siepman, "The Vortex Indicator", Stocks & Commodities 28, 2010.

use crate::averages::{Sma, Smma};
use crate::twin::Twin;
use crate::windows::{Highest, Lowest, Sum};

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

/// Where the close stands below the highest of the last `period` bars, from -100 (at the lowest) to 0. Reads high, low, close.
#[derive(Debug, Clone)]
pub struct WilliamsR {
    highest: Highest,
    lowest: Lowest,
}

impl WilliamsR {
    /// A range over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self { highest: Highest::new(period), lowest: Lowest::new(period) }
    }
}

impl Twin<3, 1> for WilliamsR {
    #[inline]
    fn step(&mut self, [high, low, close]: [f64; 3]) -> [f64; 1] {
        let [highest] = self.highest.step([high]);
        let [lowest] = self.lowest.step([low]);
        [-100.0 * (highest - close) / (highest - lowest)]
    }
}

/// Awesome oscillator: difference of two simple averages of the middle of the bar. Reads high, low.
#[derive(Debug, Clone)]
pub struct Awesome {
    fast: Sma,
    slow: Sma,
}

impl Awesome {
    /// Averages over `fast` and `slow` bars (at least 1).
    pub fn new(fast: usize, slow: usize) -> Self {
        Self { fast: Sma::new(fast), slow: Sma::new(slow) }
    }
}

impl Twin<2, 1> for Awesome {
    #[inline]
    fn step(&mut self, [high, low]: [f64; 2]) -> [f64; 1] {
        let middle = (high + low) / 2.0;
        [self.fast.step([middle])[0] - self.slow.step([middle])[0]]
    }
}

/// Vortex: the ways from low to next high (up) and from high to next low (down), summed, as parts of the summed true
/// range. Reads high, low, close; gives the way up and the way down.
#[derive(Debug, Clone)]
pub struct Vortex {
    previous_high: f64,
    previous_low: f64,
    range: TrueRange,
    up: Sum,
    down: Sum,
    total: Sum,
}

impl Vortex {
    /// Sums over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self {
            previous_high: f64::NAN,
            previous_low: f64::NAN,
            range: TrueRange::new(),
            up: Sum::new(period),
            down: Sum::new(period),
            total: Sum::new(period),
        }
    }
}

impl Twin<3, 2> for Vortex {
    #[inline]
    fn step(&mut self, bar: [f64; 3]) -> [f64; 2] {
        let [high, low, _] = bar;
        let [up] = self.up.step([(high - self.previous_low).abs()]);
        let [down] = self.down.step([(low - self.previous_high).abs()]);
        (self.previous_high, self.previous_low) = (high, low);
        let [total] = self.total.step(self.range.step(bar));
        [up / total, down / total]
    }
}
