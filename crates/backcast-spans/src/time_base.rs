//! How long a tick is, and whether the clocks can be believed.

use crate::{
    clock::{self, Anchor, ClockKind},
    thinning::keep_every_second,
};

/// Anchors kept; beyond, every second one is let go, so a day of recording stays small.
const MOST_ANCHORS: usize = 512;

/// How far the rate between two anchors may stray before it is a jump: one in a thousand, beyond what the
/// readings themselves leave open.
const TOLERANCE: f64 = 1e-3;

/// Sleep of the machine that is noticed.
const NOTICED_SLEEP_NS: u64 = 1_000_000;

/// The anchors of a recording, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Anchors(Vec<Anchor>);

impl Anchors {
    pub(crate) fn push(&mut self, anchor: Anchor) {
        if self.0.len() >= MOST_ANCHORS {
            keep_every_second(&mut self.0);
        }
        self.0.push(anchor);
    }

    /// What the anchors say together. Under a microsecond between first and last a tick counts as a nanosecond.
    pub(crate) fn time_base(&self, kind: ClockKind) -> TimeBase {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else {
            return TimeBase { hz: 1e9, clock_jumps: 0, asleep_ns: 0 };
        };
        let (ticks, ns) = (last.ticks.wrapping_sub(first.ticks), last.raw_ns - first.raw_ns);
        let known = kind == ClockKind::Tsc && ns > 1000 && (ticks as i64) > 0;
        let hz = if known { ticks as f64 * 1e9 / ns as f64 } else { 1e9 };
        let jumps = self.0.windows(2).filter(|pair| jumped(&pair[0], &pair[1], hz)).count();
        let asleep_ns = last.asleep_ns.saturating_sub(first.asleep_ns);
        let asleep_ns = if asleep_ns >= NOTICED_SLEEP_NS { asleep_ns } else { 0 };
        TimeBase { hz, clock_jumps: jumps as u64, asleep_ns }
    }
}

/// Whether ticks went back or at another rate between two anchors.
fn jumped(before: &Anchor, after: &Anchor, hz: f64) -> bool {
    let ticks = after.ticks.wrapping_sub(before.ticks) as i64;
    let expected = after.raw_ns.saturating_sub(before.raw_ns) as f64 * hz / 1e9;
    let open = (before.width + after.width) as f64 + TOLERANCE * expected;
    ticks < 0 || (ticks as f64 - expected).abs() > open + 1000.0
}

/// The length of a tick, and what speaks against it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeBase {
    /// Ticks to a second.
    pub(crate) hz: f64,
    /// Pairs of anchors between which the ticks did not go with the clock of the system.
    pub(crate) clock_jumps: u64,
    /// How long the machine slept; 0 where it did not.
    pub(crate) asleep_ns: u64,
}

impl TimeBase {
    /// Ticks as whole nanoseconds.
    pub(crate) fn ns(&self, ticks: u64) -> u64 {
        (ticks as f64 * (1e9 / self.hz)).round() as u64
    }
}

/// Notes where all clocks stand.
pub(crate) fn note(anchors: &mut Anchors) {
    anchors.push(clock::anchor());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anchors a second apart on a counter of 2 GHz.
    fn seconds(n: u64) -> Vec<Anchor> {
        let at = |i| Anchor {
            ticks: i * 2_000_000_000,
            raw_ns: i * 1_000_000_000,
            asleep_ns: 0,
            width: 60,
        };
        (0..n).map(at).collect()
    }

    #[test]
    fn a_steady_counter_is_believed_and_measured() {
        let base = Anchors(seconds(5)).time_base(ClockKind::Tsc);
        assert_eq!((base.hz, base.clock_jumps, base.asleep_ns), (2e9, 0, 0));
        assert_eq!(base.ns(3_000), 1_500);
    }

    #[test]
    fn a_counter_that_goes_back_or_leaps_is_a_jump() {
        for leap in [-9_000_000_000_i64, 50_000_000, -50_000_000] {
            let mut anchors = seconds(6);
            for anchor in &mut anchors[3..] {
                anchor.ticks = anchor.ticks.wrapping_add_signed(leap);
            }
            assert!(Anchors(anchors).time_base(ClockKind::Tsc).clock_jumps > 0, "leap {leap}");
        }
    }

    #[test]
    fn a_machine_that_slept_is_noticed() {
        let mut anchors = seconds(3);
        anchors[2].asleep_ns = 4_000_000_000;
        assert_eq!(Anchors(anchors).time_base(ClockKind::Tsc).asleep_ns, 4_000_000_000);
    }

    #[test]
    fn anchors_of_days_stay_few_and_keep_first_and_last() {
        let mut anchors = Anchors::default();
        for anchor in seconds(20_000) {
            anchors.push(anchor);
        }
        assert!(anchors.0.len() <= MOST_ANCHORS);
        let base = anchors.time_base(ClockKind::Tsc);
        assert_eq!((base.hz.round(), base.clock_jumps), (2e9, 0));
        assert_eq!(anchors.0[0].raw_ns, 0);
    }
}
