//! Sums, extremes and deviations over the last bars.
//!
//! Source of the bands: J. Bollinger, "Bollinger on Bollinger Bands", 2001, with the deviation as backtrader computes it.

use std::collections::VecDeque;

use crate::averages::Sma;
use crate::prefix::{MovingSum, PrefixSums};
use crate::twin::Twin;

/// Sum of the last `period` values.
#[derive(Debug, Clone)]
pub struct Sum(MovingSum);

impl Sum {
    /// A sum over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(MovingSum::new(period))
    }
}

impl Twin<1, 1> for Sum {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [self.0.step(value)]
    }
}

/// The highest (`HIGHEST`) or lowest value of the last `period` bars, by a queue of the values that can still become it.
#[derive(Debug, Clone)]
pub struct Extreme<const HIGHEST: bool> {
    period: usize,
    run: usize,
    bar: usize,
    candidates: VecDeque<(usize, f64)>,
}

/// Highest value of the last bars.
pub type Highest = Extreme<true>;
/// Lowest value of the last bars.
pub type Lowest = Extreme<false>;

impl<const HIGHEST: bool> Extreme<HIGHEST> {
    /// An extreme over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self { period: period.max(1), run: 0, bar: 0, candidates: VecDeque::new() }
    }
}

impl<const HIGHEST: bool> Twin<1, 1> for Extreme<HIGHEST> {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        self.bar += 1;
        if value.is_nan() {
            self.run = 0;
            self.candidates.clear();
            return [f64::NAN];
        }
        self.run += 1;
        let beaten = |old: f64| if HIGHEST { old <= value } else { old >= value };
        while self.candidates.back().is_some_and(|&(_, old)| beaten(old)) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((self.bar, value));
        if self.run < self.period {
            return [f64::NAN];
        }
        let (bar, extreme) = self.candidates[0];
        if bar + self.period == self.bar + 1 {
            self.candidates.pop_front();
        }
        [extreme]
    }
}

/// Root of the mean of squares minus the squared mean (population), the absolute value under the root. Where all values of the
/// window are equal the rounding of the two would be left, about 1e-8 of the values; there it is 0.
#[inline(always)]
fn deviation(sum: f64, sum_of_squares: f64, period: f64, flat: bool) -> f64 {
    if flat {
        return 0.0;
    }
    let mean = sum / period;
    (sum_of_squares / period - mean * mean).abs().sqrt()
}

/// How many values up to this one are equal.
#[derive(Debug, Clone, Copy)]
struct EqualRun {
    period: usize,
    value: f64,
    bars: usize,
}

impl EqualRun {
    fn new(period: usize) -> Self {
        Self { period: period.max(1), value: f64::NAN, bars: 0 }
    }

    /// Whether the last `period` values are all equal; a missing one equals nothing.
    #[inline]
    fn step(&mut self, value: f64) -> bool {
        let before = if value == self.value { self.bars } else { 0 };
        (self.value, self.bars) = (value, before + 1);
        self.bars >= self.period && value.is_finite()
    }
}

/// Sum, sum of squares, and whether all values are equal, over the last `period` values.
#[derive(Debug, Clone)]
struct Moments {
    sum: MovingSum,
    squares: MovingSum,
    equal: EqualRun,
    period: f64,
}

impl Moments {
    fn new(period: usize) -> Self {
        let (sum, squares) = (MovingSum::new(period), MovingSum::new(period));
        Self { sum, squares, equal: EqualRun::new(period), period: period as f64 }
    }

    /// Sum and deviation of the window that ends at this bar.
    #[inline]
    fn step(&mut self, value: f64) -> (f64, f64) {
        let (sum, squares) = (self.sum.step(value), self.squares.step(value * value));
        (sum, deviation(sum, squares, self.period, self.equal.step(value)))
    }
}

/// Whole-slice form of [`Moments`]: sums of all windows into `sums`, their deviations into `deviations`.
fn moments_slice(
    values: &[f64],
    start: usize,
    period: usize,
    sums: &mut [f64],
    deviations: &mut [f64],
) {
    PrefixSums::starting_at(values, start).scaled_windows(period, 1.0, 0, sums);
    PrefixSums::of_squares(values, start).scaled_windows(period, 1.0, 0, deviations);
    let mut equal = EqualRun::new(period);
    let bars = values.iter().zip(sums).zip(deviations).skip(start);
    for ((value, sum), deviation_of) in bars {
        *deviation_of = deviation(*sum, *deviation_of, period as f64, equal.step(*value));
    }
}

/// Standard deviation of the last `period` values.
#[derive(Debug, Clone)]
pub struct StdDev(Moments);

impl StdDev {
    /// A deviation over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self(Moments::new(period))
    }
}

impl Twin<1, 1> for StdDev {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [self.0.step(value).1]
    }
}

/// Whole-slice form of [`StdDev`].
pub(crate) fn stddev_slice(values: &[f64], start: usize, period: usize, out: &mut [f64]) {
    let mut sums = vec![0.0; out.len()];
    moments_slice(values, start, period, &mut sums, out);
}

/// Bollinger bands: simple average, and the average plus and minus `width` standard deviations.
#[derive(Debug, Clone)]
pub struct Bollinger {
    moments: Moments,
    width: f64,
}

impl Bollinger {
    /// Bands over `period` bars (at least 1), `width` deviations from the middle.
    pub fn new(period: usize, width: f64) -> Self {
        Self { moments: Moments::new(period), width }
    }
}

#[inline(always)]
fn bands(sum: f64, deviation: f64, scale: f64, width: f64) -> [f64; 3] {
    let middle = sum * scale;
    let reach = width * deviation;
    [middle, middle + reach, middle - reach]
}

impl Twin<1, 3> for Bollinger {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 3] {
        let (sum, deviation) = self.moments.step(value);
        bands(sum, deviation, 1.0 / self.moments.period, self.width)
    }
}

/// Whole-slice form of [`Bollinger`].
pub(crate) fn bollinger_slice(
    values: &[f64],
    start: usize,
    period: usize,
    width: f64,
    outputs: &mut [&mut [f64]],
) {
    let [middle, upper, lower] = outputs else {
        return;
    };
    moments_slice(values, start, period, middle, upper);
    let scale = 1.0 / period as f64;
    let lines = middle.iter_mut().zip(upper.iter_mut()).zip(lower.iter_mut());
    for ((middle, upper), lower) in lines {
        [*middle, *upper, *lower] = bands(*middle, *upper, scale, width);
    }
}

/// Mean deviation: simple average of the distances of the values from their simple average, each at its own bar.
#[derive(Debug, Clone)]
pub struct MeanDeviation {
    mean: Sma,
    distance: Sma,
}

impl MeanDeviation {
    /// Both averages over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self { mean: Sma::new(period), distance: Sma::new(period) }
    }
}

impl Twin<1, 1> for MeanDeviation {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        let [mean] = self.mean.step([value]);
        self.distance.step([(value - mean).abs()])
    }
}
