//! What a profile says in words, the same on the terminal, in Markdown and on a page.

use super::{Held, MemoryTrend, Profile, Row, Source, Split, View, share_interval};
use crate::{child::Sample, stats::GrowthVerdict};

/// Level of the intervals that are printed.
pub const LEVEL: f64 = 0.95;

/// `1.23 s`, `4.56 ms`, `789 ns`: three digits that count.
///
/// # Examples
/// ```
/// # use backcast_lab::profile::words::time;
/// assert_eq!((time(1_234_000_000), time(45_600), time(7)), ("1.23 s".into(), "45.6 us".into(), "7 ns".into()));
/// ```
pub fn time(ns: u64) -> String {
    let (value, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "us"),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// `1.23 MB`: powers of a thousand.
pub fn bytes(bytes: u64) -> String {
    let (value, unit) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (bytes as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => (bytes as f64 / 1e6, "MB"),
        _ => (bytes as f64 / 1e9, "GB"),
    };
    format!("{} {unit}", three_digits(value))
}

fn three_digits(value: f64) -> String {
    match value {
        _ if value < 9.995 => format!("{value:.2}"),
        _ if value < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are text"))
        .collect();
    groups.join(",")
}

/// `12.34 %`.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// `1 thread`, `2 threads`.
fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// The interval of a sampled row's share of the whole, as `11.2 to 13.4 %`; nothing where times are exact.
pub fn interval(view: &View<'_>, row: &Row<'_>) -> Option<String> {
    let sampled = matches!(row.source, Source::Python | Source::Perf) && view.samples > 0;
    sampled.then(|| {
        let interval = share_interval(view.share(row.total_ns), view.effective_samples, LEVEL);
        format!("{:.2} to {:.2} %", interval.low * 100.0, interval.high * 100.0)
    })
}

/// Facts on the whole: a name and what there is to say, in the order of reading.
pub fn facts(profile: &Profile) -> Vec<(&'static str, String)> {
    let mut facts = vec![("command", profile.command.join(" "))];
    facts.extend(profile.ended.as_ref().map(|ended| ("ended", ended.clone())));
    facts.push(("wall time", time(profile.wall_ns)));
    let threads: u64 = profile.threads.iter().map(|thread| thread.count).sum();
    if threads > 0 {
        facts.push((
            "thread time",
            format!("{} of {}", time(profile.thread_ns()), counted(threads, "thread")),
        ));
    }
    let process = &profile.process;
    if let Some(cost) = &process.cost {
        let cpu = cost.user_ns + cost.system_ns;
        let cores = cpu as f64 / profile.wall_ns.max(1) as f64;
        facts.push((
            "processor time",
            format!(
                "{} user, {} system: {cores:.2} cores",
                time(cost.user_ns),
                time(cost.system_ns)
            ),
        ));
        facts.extend(cost.peak_bytes.map(|peak| ("peak memory", peak_memory(peak, cost))));
        facts.push((
            "context switches",
            format!(
                "{} to wait, {} by force",
                count(cost.voluntary_switches),
                count(cost.involuntary_switches)
            ),
        ));
    }
    if let (None, Some(last)) = (&process.cost, process.series.points.last()) {
        let cores = last.cpu_ns as f64 / profile.wall_ns.max(1) as f64;
        facts.push((
            "processor time",
            format!("{} of the whole tree: {cores:.2} cores", time(last.cpu_ns)),
        ));
        facts.push((
            "context switches",
            format!(
                "{} to wait, {} by force",
                count(last.voluntary_switches),
                count(last.involuntary_switches)
            ),
        ));
    }
    if let Some(last) = process.series.points.last() {
        let points = &process.series.points;
        let most =
            |what: fn(&crate::child::Point) -> u64| points.iter().map(what).max().unwrap_or(0);
        facts.push((
            "process tree",
            format!(
                "at most {}, {}, {} resident at once; read {}, wrote {}",
                counted(most(|point| point.processes), "process").replace("processs", "processes"),
                counted(most(|point| point.threads), "thread"),
                bytes(most(|point| point.resident_bytes)),
                bytes(last.read_bytes),
                bytes(last.written_bytes)
            ),
        ));
    }
    facts.extend(profile.heap.as_ref().map(|heap| {
        let left = if heap.net_bytes > 0 { bytes(heap.net_bytes as u64) } else { "0 B".to_owned() };
        ("allocated", format!("at most {} at once, {left} not given back", bytes(heap.peak_bytes)))
    }));
    facts
        .extend(MemoryTrend::of(profile).map(|found| ("memory over time", trend(profile, &found))));
    facts.extend(looking(profile).map(|said| ("looks at spans", said)));
    facts.extend(sampling(profile).map(|said| ("sampling", said)));
    facts.push(("cost of profiling", overhead(profile)));
    facts
}

/// Most memory of one process; about as little as the launcher had may be any less.
fn peak_memory(peak: u64, cost: &Sample) -> String {
    let at_floor = cost.peak_floor_bytes.is_some_and(|floor| peak <= floor + floor / 20);
    let most = if at_floor { "at most " } else { "" };
    format!("{most}{} in one process", bytes(peak))
}

/// Whether memory grew to the end, and what says so.
fn trend(profile: &Profile, found: &MemoryTrend) -> String {
    let by = match found.source {
        Held::AliveBytes => "bytes alive as the program's allocator counts them",
        Held::PythonBlocks => "blocks of Python's allocators, which have no size here",
        Held::ResidentBytes => "resident memory",
    };
    match found.growth.verdict {
        GrowthVerdict::Steady => format!("does not grow in the second half; read from {by}"),
        GrowthVerdict::Unproven => {
            format!("may grow in the second half; a longer run would tell; read from {by}")
        }
        GrowthVerdict::Leak => {
            let place = found.kept.as_ref().map_or(String::new(), |kept| {
                let each = kept.net_bytes / kept.calls.max(1);
                let calls = counted(kept.calls, "call");
                format!("; {} kept most: {} a call in {calls}", kept.name, bytes(each))
            });
            let rate = found.growth.per_repeat;
            let of = |rate| amount(found.source, rate);
            format!(
                "grows by {} a second to the end ({} to {}): a leak, or what is kept on purpose{place}; read from {by}{}",
                of(rate.estimate),
                of(rate.low),
                of(rate.high),
                resident_too(profile, found.source).unwrap_or_default()
            )
        }
    }
}

fn amount(source: Held, amount: f64) -> String {
    let amount = amount.max(0.0) as u64;
    match source {
        Held::PythonBlocks => counted(amount, "block"),
        Held::AliveBytes | Held::ResidentBytes => bytes(amount),
    }
}

/// What blocks that grow come to in bytes, as far as resident memory shows.
fn resident_too(profile: &Profile, source: Held) -> Option<String> {
    let leaks = |trend: &MemoryTrend| trend.growth.verdict == GrowthVerdict::Leak;
    let all = (source == Held::PythonBlocks).then(|| MemoryTrend::all(profile))?;
    let resident = all.into_iter().find(|trend| trend.source == Held::ResidentBytes);
    let rate = resident.filter(leaks)?.growth.per_repeat.estimate;
    Some(format!("; resident memory grows by {} a second", amount(Held::ResidentBytes, rate)))
}

/// How often spans were looked at.
fn looking(profile: &Profile) -> Option<String> {
    let overhead = &profile.overhead;
    (overhead.looks > 0).then(|| {
        format!(
            "{} at {:.0} a second of {:.0} wanted{}",
            count(overhead.looks),
            overhead.looks_hz,
            overhead.looks_wanted_hz,
            // Within what intervals of chance length leave open, it looked as often as it should.
            match overhead.looks_hz < 0.9 * overhead.looks_wanted_hz {
                true => ": more would take over half a per cent of a processor",
                false => "",
            }
        )
    })
}

/// How densely Python was sampled.
fn sampling(profile: &Profile) -> Option<String> {
    let first = profile.python.first()?;
    let samples: u64 = profile.threads.iter().map(|thread| thread.samples).sum();
    let slowest = profile.python.iter().map(|process| process.achieved_hz).fold(f64::MAX, f64::min);
    let fastest = profile.python.iter().map(|process| process.achieved_hz).fold(0.0, f64::max);
    let reached = match fastest - slowest < 1.0 {
        true => format!("{slowest:.1}"),
        false => format!("{slowest:.1} to {fastest:.1}"),
    };
    Some(format!(
        "{} at {reached} Hz of {:.0} Hz wanted; threads of {} switch every {}",
        counted(samples, "sample"),
        first.wanted_hz,
        first.python,
        time(first.switch_interval_ns)
    ))
}

/// What measuring cost, as a share of the wall time: as if none of it had run beside the command.
pub fn overhead(profile: &Profile) -> String {
    let overhead = &profile.overhead;
    let share = overhead.total_ns() as f64 / profile.wall_ns.max(1) as f64;
    let mut parts = Vec::new();
    if overhead.spans > 0 {
        parts.push(format!(
            "{} at {:.1} ns",
            counted(overhead.spans, "span"),
            overhead.empty_span_ns
        ));
    }
    if overhead.sampler_cpu_ns > 0 {
        parts.push(format!("samplers {}", time(overhead.sampler_cpu_ns)));
    }
    parts.push(format!("{} recorded", bytes(overhead.recording_bytes)));
    format!("{} of the wall time ({})", percent(share), parts.join(", "))
}

/// What a profile comes to: whose work took the time, and whether memory grew, where it was looked at often enough.
pub fn closing(profile: &Profile) -> String {
    let memory = MemoryTrend::of(profile).map(|found| match found.growth.verdict {
        GrowthVerdict::Leak => "; memory grows to the end",
        GrowthVerdict::Steady => "; memory does not grow",
        GrowthVerdict::Unproven => "; memory may grow",
    });
    closing_line(&Split::of(profile)) + memory.unwrap_or_default()
}

/// User code, data preparation, engine and computation in per cent of what was attributed, and preparation to computation.
pub fn closing_line(split: &Split) -> String {
    let total = split.total_ns();
    if total == 0 || split.unattributed_ns == total {
        return "no time could be attributed to user code, data preparation, engine or computation"
            .to_owned();
    }
    let said = |(i, (name, ns)): (usize, &(&str, u64))| {
        // The first four are always said, the rest where there is any.
        (i < 4 || *ns > 0).then(|| format!("{name} {:.1} %", 100.0 * *ns as f64 / total as f64))
    };
    let parts: Vec<String> = split.parts().iter().enumerate().filter_map(said).collect();
    let ratio = match split.preparation_to_computation() {
        Some(ratio) => format!("; preparation to computation {} : 1", three_digits(ratio)),
        None => String::new(),
    };
    parts.join(", ") + &ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(bytes(48_900_000), "48.9 MB");
        assert_eq!(time(999_600_000), "1000 ms");
        assert_eq!(percent(0.12345), "12.35 %");
    }
}
