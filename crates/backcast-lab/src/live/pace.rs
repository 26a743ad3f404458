//! Rate of the last seconds, and the time left at that rate.

use std::collections::VecDeque;

/// Time that the rate looks back.
const WINDOW_NS: u64 = 10_000_000_000;

/// Looks of the last seconds: time since the beginning, units done by then.
#[derive(Debug, Default)]
pub(super) struct Pace {
    looks: VecDeque<(u64, u64)>,
}

/// What a look found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rate {
    pub(super) per_second: Option<f64>,
    pub(super) left_ns: Option<u64>,
}

impl Pace {
    /// Takes a look in.
    pub(super) fn look(&mut self, elapsed_ns: u64, done: u64, total: u64) -> Rate {
        // Counters that went back belong to another piece of work.
        if self.looks.back().is_some_and(|last| last.1 > done) {
            self.looks.clear();
        }
        self.looks.push_back((elapsed_ns, done));
        while self.looks.len() > 2 && elapsed_ns - self.looks[1].0 >= WINDOW_NS {
            self.looks.pop_front();
        }
        let (since, before) = self.looks[0];
        let seconds = (elapsed_ns - since) as f64 / 1e9;
        if seconds <= 0.0 || done == before {
            return Rate::default();
        }
        let per_second = (done - before) as f64 / seconds;
        let left_ns = (total.saturating_sub(done) as f64 / per_second * 1e9) as u64;
        Rate { per_second: Some(per_second), left_ns: Some(left_ns) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn the_rate_forgets_what_is_longer_ago_than_ten_seconds() {
        let mut pace = Pace::default();
        assert_eq!(pace.look(0, 0, 1000), Rate::default());
        let rates: Vec<_> = (1..=40)
            .map(|s| pace.look(s * SECOND, if s <= 10 { 50 * s } else { 490 + s }, 1000))
            .collect();
        assert_eq!(rates[4], Rate { per_second: Some(50.0), left_ns: Some(15 * SECOND) });
        assert_eq!(rates[39], Rate { per_second: Some(1.0), left_ns: Some(470 * SECOND) });
    }

    #[test]
    fn nothing_done_has_no_rate_and_a_new_piece_of_work_begins_anew() {
        let mut pace = Pace::default();
        pace.look(0, 0, 10);
        assert_eq!(pace.look(SECOND, 0, 10), Rate::default());
        assert_eq!(pace.look(2 * SECOND, 10, 10).left_ns, Some(0));
        assert_eq!(pace.look(3 * SECOND, 0, 10), Rate::default());
        assert_eq!(pace.look(4 * SECOND, 3, 10).per_second, Some(3.0));
    }
}
