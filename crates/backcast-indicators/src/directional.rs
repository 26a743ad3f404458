//! Directional movement.
//!
//! Source: J. W. Wilder, "New Concepts in Technical Trading Systems", 1978.

use crate::averages::Smma;
use crate::ranges::Atr;
use crate::ring::Ring;
use crate::twin::Twin;

/// Average directional index with the two directional indicators and the rating. Reads high, low, close; gives
/// adx, +di, -di, adxr.
#[derive(Debug, Clone)]
pub struct Adx {
    previous_high: f64,
    previous_low: f64,
    plus: Smma,
    minus: Smma,
    range: Atr,
    index: Smma,
    past: Ring<f64>,
}

impl Adx {
    /// All averages over `period` bars (at least 1).
    pub fn new(period: usize) -> Self {
        Self {
            previous_high: f64::NAN,
            previous_low: f64::NAN,
            plus: Smma::new(period),
            minus: Smma::new(period),
            range: Atr::new(period),
            index: Smma::new(period),
            past: Ring::new(period),
        }
    }
}

/// The move of a bar that counts: the larger of two opposite ones, if positive; `NaN` where unknown.
#[inline(always)]
fn movement(this: f64, other: f64) -> f64 {
    if this.is_nan() || (this > other && this > 0.0) { this } else { 0.0 }
}

impl Twin<3, 4> for Adx {
    fn step(&mut self, bar: [f64; 3]) -> [f64; 4] {
        let [high, low, _] = bar;
        let up = high - self.previous_high;
        let down = self.previous_low - low;
        (self.previous_high, self.previous_low) = (high, low);
        let [range] = self.range.step(bar);
        let plus = 100.0 * self.plus.step([movement(up, down)])[0] / range;
        let minus = 100.0 * self.minus.step([movement(down, up)])[0] / range;
        // Zero by zero where there was no movement: missing to the average, which goes on later.
        let strength = (plus - minus).abs() / (plus + minus);
        let adx = 100.0 * self.index.step([strength])[0];
        let earlier = self.past.replace(adx).unwrap_or(f64::NAN);
        [adx, plus, minus, (adx + earlier) / 2.0]
    }
}
