//! Random numbers that are the same on every machine: ChaCha8 bits and `libm` functions.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A stream of numbers, one for each (seed, stream) pair.
pub(super) struct Random {
    bits: ChaCha8Rng,
    spare: Option<f64>,
}

impl Random {
    pub(super) fn new(seed: u64, stream: u64) -> Random {
        let mut bits = ChaCha8Rng::seed_from_u64(seed);
        bits.set_stream(stream);
        Random { bits, spare: None }
    }

    /// Uniform in [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        (self.bits.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Whether something of that probability happens.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number in `from..=to`.
    pub(super) fn whole(&mut self, from: usize, to: usize) -> usize {
        from + (self.uniform() * (to - from + 1) as f64) as usize
    }

    /// Standard normal, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        let angle = std::f64::consts::TAU * self.uniform();
        self.spare = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }
}
