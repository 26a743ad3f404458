//! Linearly weighted averages, at a cost that does not grow with the period.
//!
//! With prefix sums S of the values and T of the values times their number, the weighted sum of a window that follows
//! bar k is (T_i - T_k) - k (S_i - S_k). Both prefixes are double-double, so what cancels there leaves no error that matters.
//!
//! Sources: P. J. Kaufman, "Trading Systems and Methods", 5th ed., 2013; A. Hull, "How to reduce lag in a moving average",
//! 2005.

use crate::prefix::{Pair, two_sum};
use crate::ring::Ring;
use crate::twin::Twin;

/// A value as two halves of 26 bits, so that their products with a bar number are exact.
#[inline(always)]
fn split(value: f64) -> (f64, f64) {
    let scaled = 134_217_729.0 * value; // 2^27 + 1
    let high = scaled - (scaled - value);
    (high, value - high)
}

/// `later - earlier` as a rounded difference and the rest.
#[inline(always)]
fn difference(later: Pair, earlier: Pair) -> (f64, f64) {
    let (rounded, rest) = two_sum(later.hi, -earlier.hi);
    (rounded, rest + (later.lo - earlier.lo))
}

/// Weighted moving average: weights 1, 2, ... `period`, the newest value heaviest.
#[derive(Debug, Clone)]
pub struct Wma {
    number: f64,
    plain: Pair,
    numbered: Pair,
    past: Ring<(Pair, Pair)>,
    run: usize,
    scale: f64,
}

impl Wma {
    /// An average over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        let length = period as f64;
        Self {
            number: 0.0,
            plain: Pair::default(),
            numbered: Pair::default(),
            past: Ring::new(period),
            run: 0,
            scale: 2.0 / (length * (length + 1.0)),
        }
    }

    #[inline]
    fn average(&mut self, value: f64) -> f64 {
        // Copies in registers: read back from memory as pairs they would wait for the stores.
        let (mut plain, mut numbered, mut number) = (self.plain, self.numbered, self.number);
        if value.is_nan() {
            self.run = 0;
        } else {
            self.run += 1;
            number += 1.0;
            plain.add(value);
            let (high, low) = split(value);
            numbered.add(number * high);
            numbered.add(number * low);
        }
        (self.plain, self.numbered, self.number) = (plain, numbered, number);
        let (old_plain, old_numbered) = self.past.replace((plain, numbered)).unwrap_or_default();
        if self.run < self.past.capacity() {
            return f64::NAN;
        }
        let (sum, sum_rest) = difference(plain, old_plain);
        let (moment, moment_rest) = difference(numbered, old_numbered);
        let before = number - self.past.capacity() as f64;
        let (high, low) = split(sum);
        let weighted = (moment - before * high) - before * low;
        (weighted + (moment_rest - before * sum_rest)) * self.scale
    }
}

impl Twin<1, 1> for Wma {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        [self.average(value)]
    }
}

/// Hull moving average: `wma(2 wma(x, period / 2) - wma(x, period), sqrt(period))`, both lengths rounded down.
#[derive(Debug, Clone)]
pub struct Hma {
    half: Wma,
    full: Wma,
    last: Wma,
}

impl Hma {
    /// An average over `period` bars (at least 2).
    pub fn new(period: usize) -> Self {
        Self {
            half: Wma::new((period / 2).max(1)),
            full: Wma::new(period),
            last: Wma::new(period.isqrt().max(1)),
        }
    }
}

impl Twin<1, 1> for Hma {
    #[inline]
    fn step(&mut self, [value]: [f64; 1]) -> [f64; 1] {
        let half = self.half.average(value);
        let full = self.full.average(value);
        [self.last.average(2.0 * half - full)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_exact_after_a_million_bars() {
        let mut wma = Wma::new(3);
        let mut last = [f64::NAN];
        for bar in 0..1_000_000 {
            last = wma.step([1000.0 + (bar % 7) as f64 * 0.01]);
        }
        // The last bar is number 999_999, a multiple of 7.
        let expected = (1000.05 + 2.0 * 1000.06 + 3.0 * 1000.0) / 6.0;
        assert!((last[0] - expected).abs() < 1e-12, "{} {expected}", last[0]);
    }
}
