//! Moving averages of a long series without an array of its prefix sums: only the stretch that windows reach back over is kept.
//!
//! The sums are those of `PrefixSums`, bit for bit: the same additions in the same order from the first defined value on.

use std::sync::{Mutex, PoisonError};

use backcast_data::Column;
use backcast_indicators::RunningSums;
use backcast_spans::lock;

use super::loops::Loops;
use crate::numeric::defined;

/// Sums that gather beyond those that must be kept before the oldest are dropped: so few that all stay in the first cache.
const SLACK: usize = 1024;

/// Most sums that are kept for whoever reads behind others.
const FURTHEST: usize = 1 << 16;

/// Sums of one series, shared by the windows over it. Reading forward is cheap; reading back begins anew.
#[derive(Debug)]
pub(super) struct Rolling {
    /// One value a row; what is not finite is undefined.
    values: Column<f64>,
    /// First row that is defined; the number of rows where none is.
    valid_from: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sums: RunningSums,
    /// So many sums before the newest one were needed so far, by a long window or by a read behind others.
    reach: usize,
}

impl Rolling {
    /// Nothing is summed yet.
    pub(super) fn new(values: Column<f64>) -> Rolling {
        let valid_from = values.iter().position(|x| x.is_finite()).unwrap_or(values.len());
        Rolling { values, valid_from, state: Mutex::default() }
    }

    /// Averages of the windows that end in `from..from + out.len()`, NaN where there is no full one.
    pub(super) fn fill(&self, loops: &dyn Loops, window: usize, from: usize, out: &mut [f64]) {
        let mut state = lock(&self.state).unwrap_or_else(PoisonError::into_inner);
        let State { sums, reach } = &mut *state;
        let first_full = self.valid_from.saturating_add(window - 1);
        let (before, out) = out.split_at_mut(first_full.saturating_sub(from).min(out.len()));
        before.fill(f64::NAN);
        if out.is_empty() {
            return;
        }
        let from = from + before.len();
        // Sums are counted from the first defined value; the window that ends at `from` begins after this one.
        let oldest = from + 1 - window - self.valid_from;
        let end = from + out.len() - self.valid_from;
        let needed = end.max(sums.end()) + 1 - oldest;
        if sums.first() > oldest {
            *sums = RunningSums::default();
        }
        // What reads from the start is not behind others but begins again.
        if oldest > 0 && needed <= FURTHEST {
            *reach = needed.max(*reach);
        }
        let values = &self.values[self.valid_from..];
        while sums.end() < end {
            let next = (sums.end() + SLACK).min(end);
            loops.extend(sums, &values[sums.end()..next], &values[next..]);
            sums.keep((end + 1 - oldest).max(*reach), SLACK);
        }
        let from = end - out.len();
        sums.averages_by(|ends, scale, out| loops.averages(ends, scale, out), window, from, out);
        if !sums.is_finite() {
            out.iter_mut().for_each(|x| *x = defined(*x));
        }
    }
}

#[cfg(test)]
mod tests {
    use backcast_indicators::{PrefixSums, sma_from_prefix_range};

    use super::*;
    use crate::evaluate::loops::Baseline;

    #[test]
    fn averages_as_they_are_read_are_those_of_kept_sums() {
        let noise = |i: u64| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / 7.0;
        let mut values: Vec<f64> = (0..30_000).map(noise).collect();
        values[..13].fill(f64::NAN);
        values[9_000] = f64::NAN;
        values[15_010] = f64::INFINITY;
        let sums = PrefixSums::starting_at(&values, 13);
        let rolling = Rolling::new(values.into());
        assert_eq!(rolling.valid_from, 13);
        let mut piece = [0.0; 700];
        let mut expected = [0.0; 700];
        // Forward with windows in turns, a longer one late, then back, beyond the slack, and at the end.
        let reads = (0..40).map(|i| (i * 512, [10, 30, 1][i % 3])).chain([
            (15_000, 5_000),
            (15_512, 30),
            (3, 30),
            (0, 2),
            (20_000, 1_000),
            (29_700, 10),
        ]);
        for (from, window) in reads {
            let n = 700.min(30_000 - from);
            rolling.fill(&Baseline, window, from, &mut piece[..n]);
            sma_from_prefix_range(&sums, window, from, &mut expected[..n]);
            let bits = |xs: &[f64]| xs.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            let same = piece[..n]
                .iter()
                .zip(&expected)
                .all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()));
            assert!(same, "{from} {window}: {:?}", bits(&piece[..3]));
        }
    }
}
