//! Progress and vitals from the beginning of a command, at a spacing that grows with its age.

use serde::{Deserialize, Serialize};

/// Most points that are kept; a power of two, so that halving leaves whole pairs.
const MOST_POINTS: usize = 256;

/// Columns of equal length, oldest first. Counters are sums since the beginning, so the rate between any two points is
/// exact however many were left out between them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Time since the beginning.
    pub elapsed_ms: Vec<u64>,
    /// Units done by then.
    pub done: Vec<u64>,
    /// Processor time by then.
    pub cpu_ms: Vec<u64>,
    /// Memory that was resident.
    pub resident_bytes: Vec<u64>,
    /// Looks that make one point; doubled whenever the columns are full.
    #[serde(skip)]
    stride: usize,
    #[serde(skip)]
    looks: usize,
}

/// One point of a [`History`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Point {
    pub(super) elapsed_ms: u64,
    pub(super) done: u64,
    pub(super) cpu_ms: u64,
    pub(super) resident_bytes: u64,
}

impl History {
    /// Takes a look in where its turn has come.
    pub(super) fn look(&mut self, point: Point) {
        let due = self.looks.is_multiple_of(self.stride.max(1));
        self.looks += 1;
        if !due {
            return;
        }
        if self.elapsed_ms.len() == MOST_POINTS {
            self.halve();
        }
        self.elapsed_ms.push(point.elapsed_ms);
        self.done.push(point.done);
        self.cpu_ms.push(point.cpu_ms);
        self.resident_bytes.push(point.resident_bytes);
    }

    /// Leaves every second point out, from now on as well.
    fn halve(&mut self) {
        for column in
            [&mut self.elapsed_ms, &mut self.done, &mut self.cpu_ms, &mut self.resident_bytes]
        {
            let mut keep = false;
            column.retain(|_| {
                keep = !keep;
                keep
            });
        }
        self.stride = self.stride.max(1) * 2;
    }

    /// Whether all columns have equally many values, as a file from elsewhere may not.
    pub(super) fn is_even(&self) -> bool {
        let points = self.elapsed_ms.len();
        [&self.done, &self.cpu_ms, &self.resident_bytes].iter().all(|c| c.len() == points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_keeps_its_whole_history_at_a_wider_spacing() {
        let mut history = History::default();
        for look in 0..10_000u64 {
            history.look(Point { elapsed_ms: look * 250, done: look * 7, ..Point::default() });
            assert!(history.elapsed_ms.len() <= MOST_POINTS && history.is_even());
        }
        let times = &history.elapsed_ms;
        assert!(times.len() > MOST_POINTS / 2);
        assert_eq!(times[0], 0);
        let step = times[1];
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == step), "{times:?}");
        assert!(10_000 * 250 - times.last().unwrap() <= 2 * step, "the newest is recent");
        assert!(history.done.iter().zip(times).all(|(done, time)| done * 250 == time * 7));
    }
}
