//! A tree of processes over time, in bounded memory.

use serde::{Deserialize, Serialize};

/// Most points that are kept.
const MOST: usize = 1024;

/// A tree of processes at one moment. Times, bytes and switches are counted from the beginning, the rest is of the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Time since the beginning.
    pub at_ns: u64,
    /// Processor time of all, in steps of the system's clock tick.
    pub cpu_ns: u64,
    /// Resident memory, shared pages once for each process.
    pub resident_bytes: u64,
    /// Memory with shared pages in equal parts, where that was asked for.
    pub proportional_bytes: Option<u64>,
    /// Bytes read, from caches too.
    pub read_bytes: u64,
    /// Bytes written, to caches too.
    pub written_bytes: u64,
    /// Times a thread gave its processor up to wait.
    pub voluntary_switches: u64,
    /// Times a processor was taken from a thread.
    pub involuntary_switches: u64,
    /// Threads alive.
    pub threads: u64,
    /// Processes alive.
    pub processes: u64,
}

impl Point {
    /// One point for two: counters of the later, the greater of what is of the moment.
    fn merged(self, later: Point) -> Point {
        Point {
            resident_bytes: self.resident_bytes.max(later.resident_bytes),
            proportional_bytes: self.proportional_bytes.max(later.proportional_bytes),
            threads: self.threads.max(later.threads),
            processes: self.processes.max(later.processes),
            ..later
        }
    }
}

/// Looks at a tree of processes. Where there are more than 1,024, neighbours are merged, so each point stands for `stride` looks;
/// peaks survive that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSeries {
    /// The points, oldest first.
    pub points: Vec<Point>,
    /// Looks that a point stands for.
    pub stride: u64,
    /// Looks that were taken.
    pub looks: u64,
    /// Processor time that looking took in this process.
    pub cost_ns: u64,
    /// What the system did not let us see.
    pub unseen: Vec<String>,
    pending: Option<(Point, u64)>,
}

impl Default for ProcessSeries {
    fn default() -> ProcessSeries {
        ProcessSeries {
            points: Vec::new(),
            stride: 1,
            looks: 0,
            cost_ns: 0,
            unseen: Vec::new(),
            pending: None,
        }
    }
}

impl ProcessSeries {
    /// One more look.
    pub(super) fn push(&mut self, point: Point) {
        self.looks += 1;
        let (merged, count) = match self.pending.take() {
            Some((earlier, count)) => (earlier.merged(point), count + 1),
            None => (point, 1),
        };
        if count < self.stride {
            self.pending = Some((merged, count));
            return;
        }
        self.points.push(merged);
        if self.points.len() == MOST {
            self.points = self.points.chunks(2).map(|pair| pair[0].merged(pair[1])).collect();
            self.stride *= 2;
        }
    }

    /// The end: what waits for its neighbours becomes a point as it is.
    pub(super) fn close(&mut self) {
        self.points.extend(self.pending.take().map(|(point, _)| point));
    }

    /// Most resident memory of the whole tree that a look found.
    pub fn peak_resident_bytes(&self) -> Option<u64> {
        self.points.iter().map(|point| point.resident_bytes).max()
    }

    /// Most memory of the whole tree that a look found, with shared pages in equal parts where a look knows them.
    pub fn peak_bytes(&self) -> Option<u64> {
        let bytes = |point: &Point| point.proportional_bytes.unwrap_or(point.resident_bytes);
        self.points.iter().map(bytes).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_series_stays_small_and_keeps_its_peak_and_its_end() {
        let mut series = ProcessSeries::default();
        for i in 0..10_001u64 {
            let resident_bytes = if i == 7_777 { 999 } else { i % 100 };
            series.push(Point { at_ns: i, cpu_ns: i * 2, resident_bytes, ..Point::default() });
        }
        series.close();
        assert_eq!(series.looks, 10_001);
        assert!(series.points.len() <= MOST, "{}", series.points.len());
        assert_eq!(series.peak_resident_bytes(), Some(999));
        assert_eq!(
            series.points.last().map(|point| (point.at_ns, point.cpu_ns)),
            Some((10_000, 20_000))
        );
        assert!(series.points.is_sorted_by_key(|point| point.at_ns));
    }

    #[test]
    fn a_short_series_is_kept_look_by_look() {
        let mut series = ProcessSeries::default();
        (0..10).for_each(|i| series.push(Point { at_ns: i, ..Point::default() }));
        series.close();
        assert_eq!((series.points.len(), series.stride), (10, 1));
    }
}
