//! Bytes alive over time, in bounded memory.
//!
//! The sampler notes them at its looks, and threads at the ends of spans, so that a recording too short for the sampler has
//! points too. Both keep the same distance in time, which doubles each time that there is no room left: a recording takes some
//! thousand points in a second, and ten times as long a one some hundred more.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::thinning::keep_every_second;

/// Points kept, of 16 bytes each.
const MOST: usize = 256;

/// Ticks between the first points: some microseconds, of which noting takes a few hundredths.
const FIRST_SPACING: u64 = 10_000;

/// When the next point is due, in ticks.
static DUE: AtomicU64 = AtomicU64::new(u64::MAX);

/// Whether a point is due.
#[inline(always)]
pub(crate) fn is_due(now: u64) -> bool {
    now >= DUE.load(Ordering::Relaxed)
}

/// Says when the next point is due.
pub(crate) fn set_due(at: u64) {
    DUE.store(at, Ordering::Relaxed);
}

/// The points of one recording, in ticks, the first one at its begin.
#[derive(Debug)]
pub(crate) struct AliveSeries {
    points: Vec<(u64, i64)>,
    spacing: u64,
}

impl AliveSeries {
    /// Takes all its memory now: noting allocates nothing.
    pub(crate) fn begin(now: u64, alive: i64) -> AliveSeries {
        let mut points = Vec::with_capacity(MOST + 1);
        points.push((now, alive));
        AliveSeries { points, spacing: FIRST_SPACING }
    }

    /// One that notes nothing.
    pub(crate) fn nothing() -> AliveSeries {
        AliveSeries { points: Vec::new(), spacing: 0 }
    }

    /// When it wants its next point.
    pub(crate) fn due(&self) -> u64 {
        self.points.last().map_or(u64::MAX, |last| last.0.saturating_add(self.spacing))
    }

    /// Keeps what is alive now, if it is time for that.
    pub(crate) fn note(&mut self, now: u64, alive: i64) {
        if now < self.due() {
            return;
        }
        self.points.push((now, alive));
        if self.points.len() >= MOST {
            keep_every_second(&mut self.points);
            self.spacing *= 2;
        }
    }

    /// The points and one for now, all beside the begin.
    pub(crate) fn until(&self, now: u64, alive: i64) -> Vec<(u64, i64)> {
        let (Some(&(begin, before)), Some(last)) = (self.points.first(), self.points.last()) else {
            return Vec::new();
        };
        let points = self.points.iter().copied().chain([(now.max(last.0), alive)]);
        points.map(|(at, alive)| (at - begin, alive - before)).collect()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.points.capacity() * size_of::<(u64, i64)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_day_stay_few_lie_evenly_and_hold_begin_and_end() {
        let mut series = AliveSeries::begin(7, 100);
        let day = 300_000_000;
        let before = series.bytes();
        (0..day).step_by(977).for_each(|at| series.note(7 + at, 100 + at as i64));
        assert_eq!(series.bytes(), before, "noting allocates nothing");
        let points = series.until(7 + day, 100);
        assert!((MOST / 2..=MOST).contains(&points.len()), "{}", points.len());
        assert_eq!((points[0], points[points.len() - 1]), ((0, 0), (day, 0)));
        let inner = &points[..points.len() - 1];
        assert!(inner.iter().all(|(at, alive)| *at as i64 == *alive));
        let steps = inner.windows(2).map(|two| two[1].0 - two[0].0);
        assert!(steps.clone().max() < steps.min().map(|least| 3 * least));
    }

    #[test]
    fn a_recording_that_counts_no_memory_wants_no_point() {
        let mut series = AliveSeries::nothing();
        assert_eq!(series.due(), u64::MAX);
        series.note(5, 5);
        assert_eq!(series.until(9, 9), []);
    }
}
