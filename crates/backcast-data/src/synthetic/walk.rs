//! A price that walks at random: geometric Brownian motion inside bars, gaps between sessions.

use super::random::Random;

/// Step sizes of a walk.
#[derive(Clone, Copy)]
pub(super) struct Motion {
    /// Mean of the logarithm of close by open.
    pub(super) drift: f64,
    /// Deviation of the same.
    pub(super) sigma: f64,
    /// Deviation of the logarithm of open by the close before, at the begin of a session.
    pub(super) gap: f64,
}

impl Motion {
    /// So much a session, in that many bars.
    pub(super) fn per_session(drift: f64, sigma: f64, gap: f64, bars: usize) -> Motion {
        let bars = bars as f64;
        Motion { drift: drift / bars, sigma: sigma / bars.sqrt(), gap }
    }
}

/// Bars that a walk has made.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) time: Vec<i64>,
    pub(super) day: Vec<i32>,
    /// Open, high, low, close, volume.
    pub(super) columns: [Vec<f64>; 5],
}

/// The walk of one asset.
pub(super) struct Walk {
    pub(super) random: Random,
    pub(super) motion: Motion,
    /// Digits after the point that prices are rounded to.
    pub(super) digits: i32,
    /// Usual number of shares a bar.
    pub(super) volume: f64,
    /// Last close, as it is before rounding.
    pub(super) price: f64,
    pub(super) bars: Walked,
}

impl Walk {
    /// Moves the price between two sessions.
    pub(super) fn overnight(&mut self) {
        self.price *= libm::exp(self.motion.gap * self.random.normal());
    }

    /// Walks through one bar and keeps it.
    pub(super) fn bar(&mut self, time: i64, day: i32) {
        let open = self.price;
        let close = open * libm::exp(self.motion.drift + self.motion.sigma * self.random.normal());
        let mut beyond = || libm::exp(0.5 * self.motion.sigma * self.random.normal().abs());
        let high = open.max(close) * beyond();
        let low = open.min(close) / beyond();
        let volume = (self.volume * libm::exp(0.5 * self.random.normal())).round().max(1.0);
        let smallest = 10f64.powi(-self.digits);
        let prices = [open, high, low, close].map(|x| round(x, self.digits).max(smallest));
        for (column, x) in
            self.bars.columns.iter_mut().zip([prices[0], prices[1], prices[2], prices[3], volume])
        {
            column.push(x);
        }
        self.bars.time.push(time);
        self.bars.day.push(day);
        self.price = close.max(smallest);
    }
}

/// Rounded to that many digits, as the nearest double of the decimal number.
pub(super) fn round(x: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (x * scale).round() / scale
}
