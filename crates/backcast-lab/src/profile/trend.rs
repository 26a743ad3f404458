//! Whether the memory of a command grew to its end, and where it was kept.

use serde::{Deserialize, Serialize};

use super::{Kind, Profile, View};
use crate::stats::{GROWTH_REPEATS, Growth, GrowthVerdict, growth};

/// Moments, equally far apart, at which the resident memory is read off.
const MOMENTS: usize = 4 * GROWTH_REPEATS;
/// Growth over the second half that is told from the noise of an allocator, in bytes.
const LEAST: f64 = 128.0 * 1024.0;
/// Level of the interval.
const LEVEL: f64 = 0.95;

/// How the memory of a command went over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryTrend {
    /// Bytes a second over the second half, and whether they grow to the end.
    pub growth: Growth,
    /// The call path that kept most, where allocations were counted.
    pub kept: Option<Kept>,
}

/// A call path that allocated more than it and all below gave back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Its calls.
    pub calls: u64,
    /// Bytes allocated in it alone and not given back in it.
    pub net_bytes: u64,
}

impl MemoryTrend {
    /// Reads the trend off the looks at the process tree. `None` where there were too few of them.
    ///
    /// Looks lie unequally far apart, so the memory between two is drawn straight. The last look finds a process
    /// that ends, and is left out.
    pub fn of(profile: &Profile) -> Option<MemoryTrend> {
        let points = &profile.process.series.points;
        let points = &points[..points.len().saturating_sub(1)];
        let (first, last) = (points.first()?, points.last()?);
        if points.len() < GROWTH_REPEATS || last.at_ns <= first.at_ns {
            return None;
        }
        let step = (last.at_ns - first.at_ns) as f64 / (MOMENTS - 1) as f64;
        let mut after = 1;
        let held: Vec<f64> = (0..MOMENTS)
            .map(|i| {
                let at = first.at_ns as f64 + step * i as f64;
                while after + 1 < points.len() && (points[after].at_ns as f64) < at {
                    after += 1;
                }
                let (a, b) = (&points[after - 1], &points[after]);
                let span = b.at_ns.saturating_sub(a.at_ns).max(1) as f64;
                let part = ((at - a.at_ns as f64) / span).clamp(0.0, 1.0);
                let (low, high) = (a.resident_bytes as f64, b.resident_bytes as f64);
                low + part * (high - low)
            })
            .collect();
        let mut found = growth(&held, LEAST / (MOMENTS / 2) as f64, LEVEL).ok()?;
        let per_second = 1e9 / step;
        let rate = &mut found.per_repeat;
        rate.estimate *= per_second;
        rate.low *= per_second;
        rate.high *= per_second;
        let leaks = found.verdict == GrowthVerdict::Leak;
        Some(MemoryTrend { growth: found, kept: leaks.then(|| kept(&View::of(profile))).flatten() })
    }
}

/// The call path that kept most. What is released elsewhere counts there, so this is where to look first, no proof.
fn kept(view: &View<'_>) -> Option<Kept> {
    let spans = view.rows.iter().filter(|row| row.kind == Kind::Span);
    let net = spans.filter_map(|row| {
        let calls = row.calls.as_deref()?;
        let net_bytes = calls.allocated_bytes.checked_sub(calls.freed_bytes)?;
        Some(Kept { name: row.name.to_string(), calls: calls.count, net_bytes })
    });
    net.filter(|kept| kept.net_bytes as f64 >= LEAST).max_by_key(|kept| kept.net_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{child::Point, profile::Builder};

    /// A command of one second, looked at each 10 ms with some jitter, whose memory is `held(part of the time)`.
    fn trend(held: impl Fn(f64) -> f64) -> Option<MemoryTrend> {
        let mut profile =
            Builder::default().finish("it", vec!["it".into()], String::new(), 1_000_000_000);
        profile.process.series.points = (0..100u64)
            .map(|i| {
                let at_ns = i * 10_000_000 + (i * i * 7919) % 3_000_000;
                let noise = 4096 * ((i * 2_654_435_761) % 3);
                let resident = held(at_ns as f64 / 1e9) as u64 + noise;
                Point { at_ns, resident_bytes: 8_000_000 + resident, ..Point::default() }
            })
            .collect();
        MemoryTrend::of(&profile)
    }

    fn verdict(held: impl Fn(f64) -> f64) -> GrowthVerdict {
        trend(held).unwrap().growth.verdict
    }

    #[test]
    fn a_leak_of_a_kilobyte_a_call_is_found_in_a_thousand_calls() {
        let found = trend(|part| (part * 1000.0).floor() * 1024.0).unwrap();
        assert_eq!(found.growth.verdict, GrowthVerdict::Leak);
        let rate = found.growth.per_repeat;
        assert!(rate.low <= 1_024_000.0 && 1_024_000.0 <= rate.high, "{rate:?}");
    }

    #[test]
    fn memory_that_stays_or_fills_once_is_none() {
        assert_eq!(verdict(|_| 0.0), GrowthVerdict::Steady);
        assert_eq!(verdict(|part| 5e7 * (part * 4.0).min(1.0)), GrowthVerdict::Steady);
        assert_ne!(verdict(|part| if part > 0.75 { 5e7 } else { 0.0 }), GrowthVerdict::Leak);
        assert_ne!(verdict(|part| 2e6 * (part * 40.0).fract()), GrowthVerdict::Leak);
    }
}
