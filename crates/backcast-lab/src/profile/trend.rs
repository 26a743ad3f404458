//! Whether the memory of a command grew to its end, and where it was kept.

use serde::{Deserialize, Serialize};

use super::{Kind, Profile, View};
use crate::stats::{GROWTH_REPEATS, Growth, GrowthVerdict, growth};

/// Moments, equally far apart, at which memory is read off.
const MOMENTS: usize = 4 * GROWTH_REPEATS;
/// Fewest looks, one for each stretch that growth is read off.
const LOOKS: usize = GROWTH_REPEATS / 2;
/// Level of the interval.
const LEVEL: f64 = 0.95;
/// Calls from which on a call path is one that could have kept memory all along.
const REPEATED: u64 = 10;

/// How the memory of a command went over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryTrend {
    /// What it was read from.
    pub source: Held,
    /// In units of the source a second over the second half, and whether they grow to the end.
    pub growth: Growth,
    /// The call path that kept most, where allocations were counted.
    pub kept: Option<Kept>,
}

/// What tells how much memory is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Bytes alive, as the program's own allocator counts them.
    AliveBytes,
    /// Blocks that Python's allocators gave out, whatever their size.
    PythonBlocks,
    /// Resident memory of the process tree: grows only where no memory that was freed before will do.
    ResidentBytes,
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

impl Held {
    /// Growth over the second half that is told from what comes and goes anyway. Bytes alive are exact, and leave out only
    /// what a program and its recording write down of themselves; resident memory comes in what an allocator asks for at once.
    fn least(self) -> f64 {
        match self {
            Held::AliveBytes => 16.0 * 1024.0,
            Held::PythonBlocks => 200.0,
            Held::ResidentBytes => 128.0 * 1024.0,
        }
    }
}

impl MemoryTrend {
    /// The trend of the finest source that grows to the end, else of the finest there is. `None` where each had too few looks.
    pub fn of(profile: &Profile) -> Option<MemoryTrend> {
        let mut found = MemoryTrend::all(profile);
        let leak = found.iter().position(|trend| trend.growth.verdict == GrowthVerdict::Leak);
        (!found.is_empty()).then(|| found.swap_remove(leak.unwrap_or(0)))
    }

    /// The trends of all sources and processes that could be read, finest first.
    pub fn all(profile: &Profile) -> Vec<MemoryTrend> {
        let alive = profile.heap.iter().flat_map(|heap| &heap.alive);
        let alive = alive.map(|points| (Held::AliveBytes, in_time(points, |bytes| bytes as f64)));
        let blocks = profile.python.iter().map(|process| &process.blocks);
        let blocks = blocks.map(|points| (Held::PythonBlocks, in_time(points, |n| n as f64)));
        // The last look finds a process that ends.
        let looks = &profile.process.series.points;
        let looks = &looks[..looks.len().saturating_sub(1)];
        let resident =
            looks.iter().map(|look| (look.at_ns as f64, look.resident_bytes as f64)).collect();
        let sources = alive.chain(blocks).chain([(Held::ResidentBytes, resident)]);
        sources.filter_map(|(source, points)| trend(profile, source, &points)).collect()
    }
}

fn in_time<T: Copy>(points: &[(u64, T)], held: impl Fn(T) -> f64) -> Vec<(f64, f64)> {
    points.iter().map(|(at_ns, amount)| (*at_ns as f64, held(*amount))).collect()
}

/// The trend of points of nanoseconds and what was held then.
fn trend(profile: &Profile, source: Held, points: &[(f64, f64)]) -> Option<MemoryTrend> {
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < LOOKS || last.0 <= first.0 {
        return None;
    }
    let step = (last.0 - first.0) / (MOMENTS - 1) as f64;
    let held = at_moments(points, step);
    let least = source.least() + own_growth(profile, source);
    let mut found = growth(&held, least / (MOMENTS / 2) as f64, LEVEL).ok()?;
    let grown = found.per_repeat.estimate * MOMENTS as f64;
    let per_second = 1e9 / step;
    let rate = &mut found.per_repeat;
    rate.estimate *= per_second;
    rate.low *= per_second;
    rate.high *= per_second;
    let leaks = found.verdict == GrowthVerdict::Leak;
    let grown = if source == Held::PythonBlocks { 0.0 } else { grown };
    let kept = leaks.then(|| kept(&View::of(profile), grown)).flatten();
    Some(MemoryTrend { source, growth: found, kept })
}

/// What the samplers inside of Python may add to resident memory in the second half: they find most places early. Blocks are
/// counted without theirs.
fn own_growth(profile: &Profile, source: Held) -> f64 {
    let own: u64 = profile.python.iter().map(|process| process.sampler_bytes).sum();
    if source == Held::ResidentBytes { own as f64 / 2.0 } else { 0.0 }
}

/// What was held at moments that lie `step` apart. Looks lie unequally far apart, so between two of them it is drawn straight.
fn at_moments(points: &[(f64, f64)], step: f64) -> Vec<f64> {
    let mut after = 1;
    let moments = (0..MOMENTS).map(|i| {
        let at = points[0].0 + step * i as f64;
        while after + 1 < points.len() && points[after].0 < at {
            after += 1;
        }
        let ((begin, low), (end, high)) = (points[after - 1], points[after]);
        let part = ((at - begin) / (end - begin).max(1.0)).clamp(0.0, 1.0);
        low + part * (high - low)
    });
    moments.collect()
}

/// The call path that kept most, of those that were called all along and kept a fair part of what was `grown`, if there is one.
/// What is released elsewhere counts there, so this is where to look first, no proof.
fn kept(view: &View<'_>, grown: f64) -> Option<Kept> {
    let spans = view.rows.iter().filter(|row| row.kind == Kind::Span);
    let net = spans.filter_map(|row| {
        let calls = row.calls.as_deref()?;
        let net_bytes = calls.allocated_bytes.checked_sub(calls.freed_bytes)?;
        Some(Kept { name: row.name.to_string(), calls: calls.count, net_bytes })
    });
    let large = net.filter(|kept| kept.net_bytes as f64 >= Held::AliveBytes.least());
    // What was read once, at the begin, is large but does not grow.
    large.max_by_key(|kept| {
        let all_along = kept.calls >= REPEATED && kept.net_bytes as f64 >= grown / 2.0;
        (all_along, kept.net_bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        child::Point,
        profile::{Builder, Heap},
    };

    /// A command of one second, looked at each 10 ms with some jitter, whose memory is `held(part of the time)`.
    fn profile_of(held: impl Fn(f64) -> f64) -> Profile {
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
        profile
    }

    fn trend(held: impl Fn(f64) -> f64) -> Option<MemoryTrend> {
        MemoryTrend::of(&profile_of(held))
    }

    fn verdict(held: impl Fn(f64) -> f64) -> GrowthVerdict {
        trend(held).unwrap().growth.verdict
    }

    /// The verdict on bytes alive at 100 moments of such a command, whose resident memory stays.
    fn verdict_alive(held: impl Fn(f64) -> f64) -> (GrowthVerdict, Held) {
        let mut profile = profile_of(|_| 0.0);
        let alive = (0..100u64).map(|i| (i * 10_000_000, held(i as f64 / 100.0) as i64));
        let heap = Heap { alive: vec![alive.collect()], ..Heap::default() };
        profile.heap = Some(heap);
        let found = MemoryTrend::of(&profile).unwrap();
        (found.growth.verdict, found.source)
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

    #[test]
    fn bytes_alive_tell_a_leak_that_resident_memory_does_not() {
        // 100 bytes a call in a thousand calls.
        let slow = |part: f64| (part * 1000.0).floor() * 100.0;
        assert_eq!(verdict_alive(slow), (GrowthVerdict::Leak, Held::AliveBytes));
        assert_eq!(verdict(slow), GrowthVerdict::Steady);
        let filled = |part: f64| 1e6 * (part * 3.0).min(1.0);
        assert_eq!(verdict_alive(filled), (GrowthVerdict::Steady, Held::AliveBytes));
        let sawtooth = |part: f64| 5e6 * (part * 7.3).fract();
        assert_ne!(verdict_alive(sawtooth).0, GrowthVerdict::Leak);
    }

    #[test]
    fn resident_memory_that_grows_is_told_though_bytes_alive_do_not() {
        let mut profile = profile_of(|part| 5e6 * part);
        let alive = (0..100).map(|i| (i * 10_000_000, 7)).collect();
        profile.heap = Some(Heap { alive: vec![alive], ..Heap::default() });
        let found = MemoryTrend::of(&profile).unwrap();
        assert_eq!(
            (found.source, found.growth.verdict),
            (Held::ResidentBytes, GrowthVerdict::Leak)
        );
        assert_eq!(MemoryTrend::all(&profile).len(), 2);
    }
}
