//! Figures of sessions as text for people, and as tables for all.

use backcast_lab::{
    bench::{
        Record, Session, Source,
        export::{verdict_word, word},
    },
    stats::{Comparison, Verdict, outliers, positive_interval},
};

use super::baseline::Against;
use crate::{
    number,
    table::{Column, Show, Table},
};

/// A time with three to four digits: `1.234 ms`.
pub(crate) fn time(seconds: f64) -> String {
    let (value, unit) = match seconds.abs() {
        s if s >= 120.0 => (seconds / 60.0, "min"),
        s if s >= 1.0 => (seconds, "s"),
        s if s >= 1e-3 => (seconds * 1e3, "ms"),
        s if s >= 1e-6 => (seconds * 1e6, "µs"),
        _ => (seconds * 1e9, "ns"),
    };
    let digits = if value.abs() >= 100.0 { 1 } else { 3 };
    format!("{} {unit}", number::grouped(value, digits))
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", number::grouped(bytes as f64 / 1e6, 1))
}

/// All figures of one command, a line for each kind; `arm` is its part in a comparison.
pub(super) fn of_command(record: &Record, arm: Option<&str>, level: f64) -> String {
    let seconds = record.wall_seconds();
    let Ok(all) = outliers(&seconds) else { return String::new() };
    let wall = &all.with;
    let arm = arm.map_or(String::new(), |arm| format!("{arm}: "));
    let mut lines = vec![format!("{arm}{}", record.command.name)];
    let mut line = |name: &str, text: String| lines.push(format!("  {name:<8} {text}"));
    let interval = positive_interval(&seconds, level).map_or_else(
        |_| String::new(),
        |i| format!(" [{} to {}, {}]", time(i.low), time(i.high), number::percent(level, 0)),
    );
    let deviation = wall.deviation.map_or(String::new(), |d| format!(", deviation {}", time(d)));
    let runs = number::count(wall.n, "run");
    line("mean", format!("{}{interval}{deviation}, {runs}", time(wall.mean)));
    let spread = [("min", wall.min), ("median", wall.median), ("p95", wall.p95)];
    let spread = spread.into_iter().chain([("p99", wall.p99), ("max", wall.max)]);
    let spread: Vec<String> = spread.map(|(name, s)| format!("{name} {}", time(s))).collect();
    line("spread", spread.join(", "));
    if all.count() > 0 {
        let without = &all.without;
        line(
            "outliers",
            format!(
                "{} of {}; without them mean {}, median {}",
                all.count(),
                wall.n,
                time(without.mean),
                time(without.median)
            ),
        );
    }
    if let Some(cores) = record.cores() {
        let user = record.mean_of(|sample| sample.user_ns as f64 / 1e9).unwrap_or_default();
        let system = record.mean_of(|sample| sample.system_ns as f64 / 1e9).unwrap_or_default();
        let cores = number::grouped(cores, if cores < 1.0 { 2 } else { 1 });
        line("cpu", format!("{} user, {} system: {cores} cores", time(user), time(system)));
    }
    if let Some(peak) = record.peak_bytes() {
        line("memory", memory(record, peak));
    }
    if let (Some(rate), Some(work)) = (record.throughput(), &record.work) {
        line("rate", format!("{} {}/s at the median", number::grouped(rate, 0), work.unit));
    }
    if let Some(left) = left_over(record) {
        line("left", left);
    }
    lines.join("\n") + "\n"
}

/// Processes that outlived their run.
fn left_over(record: &Record) -> Option<String> {
    let each: Vec<u32> = record.runs.iter().map(|run| run.sample.left_over).collect();
    let (least, most) = (*each.iter().min()?, *each.iter().max()?);
    let (n, ends) = match (least, most) {
        (_, 0) => return None,
        (least, most) if least == most => (most.to_string(), most),
        (least, most) => (format!("{least} to {most}"), most),
    };
    let (processes, were) = if ends == 1 { ("process", "was") } else { ("processes", "were") };
    Some(format!("{n} {processes} of each run outlived the command and {were} ended"))
}

fn memory(record: &Record, peak: u64) -> String {
    let tree = record.tree_peak_bytes().filter(|tree| *tree > peak + peak / 50);
    let tree = tree.map_or(String::new(), |tree| {
        format!("; {} of all processes at once, sampled", megabytes(tree))
    });
    format!("{} peak of one process{tree}", peak_words(record, peak))
}

/// `12.3 MB`, or `at most 2.1 MB` where that is the launcher's own.
fn peak_words(record: &Record, peak: u64) -> String {
    let at_most = if record.peak_is_at_most() { "at most " } else { "" };
    format!("{at_most}{}", megabytes(peak))
}

/// `faster by 3.20 %`, `inconclusive; about 80 pairs would decide`.
pub(crate) fn verdict_sentence(comparison: &Comparison) -> String {
    verdict_words(comparison.verdict, comparison.ratio.estimate)
}

/// The same of a verdict and the ratio that it is of.
pub(super) fn verdict_words(verdict: Verdict, ratio: f64) -> String {
    let change = number::percent((ratio - 1.0).abs(), 2);
    match verdict {
        Verdict::Faster => format!("faster by {change}"),
        Verdict::Slower => format!("slower by {change}"),
        Verdict::Equivalent { within } => {
            format!("equivalent within {}", number::percent(within, 2))
        }
        Verdict::Inconclusive { pairs_needed: u32::MAX } => "inconclusive".to_owned(),
        Verdict::Inconclusive { pairs_needed } => {
            format!(
                "inconclusive; about {} pairs would decide",
                number::grouped(f64::from(pairs_needed), 0)
            )
        }
    }
}

/// What the comparison of a session says, the session's own noise, and what speaks against both.
pub(super) fn of_comparison(session: &Session) -> String {
    let Some(comparison) = &session.comparison else { return String::new() };
    let ratio = comparison.ratio;
    let level = number::level(ratio.level);
    let verdict = verdict_sentence(comparison);
    let mut text = format!(
        "verdict: {verdict}, candidate against base\n  \
         ratio    {:.4} [{:.4} to {:.4}, {level}] of the base's time, {} in {}\n",
        ratio.estimate,
        ratio.low,
        ratio.high,
        number::count(comparison.pairs, "pair"),
        number::count(comparison.blocks, "block"),
    );
    if let Some(without) = comparison.outliers.ratio_without {
        text += &format!(
            "  without  {:.4} [{:.4} to {:.4}] without {} slow on both sides\n",
            without.estimate,
            without.low,
            without.high,
            number::count(comparison.outliers.both.len(), "pair"),
        );
    }
    if let Some(looked) = &session.looked {
        let (planned, pairs) = (looked.plan.pairs().len(), looked.plan.pairs().last());
        text += &format!(
            "  looks    {} of {planned}, of at most {}; the level is that of the last look\n",
            looked.taken,
            number::count(pairs.map_or(0, |pairs| *pairs as usize), "pair"),
        );
    }
    if let Some(noise) = session.noise {
        let floor = number::percent(noise.floor, 2);
        text += &format!("  A/A      a command equals itself within {floor}\n");
    }
    for doubt in &session.doubts {
        text += &format!("  doubt    {doubt}\n");
    }
    text
}

/// A row for each command of each session; times in seconds, memory in bytes.
pub(super) fn table(sessions: &[Session], against: &[Against]) -> Table {
    let names = [
        "min",
        "max",
        "mean",
        "median",
        "deviation",
        "p95",
        "p99",
        "mean_low",
        "mean_high",
        "mean_without_outliers",
        "outliers",
        "user",
        "system",
        "cores",
        "peak_bytes",
        "peak_floor_bytes",
        "peak_is_at_most",
        "tree_peak_bytes",
        "throughput",
        "ratio",
        "ratio_low",
        "ratio_high",
    ];
    let mut columns = vec![Column::new("command"), Column::new("arm"), Column::new("runs")];
    columns.extend(names.map(Column::new));
    columns.extend([Column::new("verdict"), Column::new("pairs_needed"), Column::new("doubts")]);
    let mut table = Table::new(columns);
    for (at, session) in sessions.iter().enumerate() {
        if let Some(base) = &session.base {
            table.push(row(base, "base", None, None));
        }
        table.push(row(&session.candidate, "candidate", Some(session), against.get(at)));
    }
    table
}

fn row(
    record: &Record,
    arm: &str,
    session: Option<&Session>,
    against: Option<&Against>,
) -> Vec<crate::table::Cell> {
    let seconds = record.wall_seconds();
    let all = outliers(&seconds).ok();
    let wall = all.as_ref().map(|all| &all.with);
    let level = session.and_then(|s| Some(s.comparison.as_ref()?.ratio.level)).unwrap_or(0.95);
    let interval = positive_interval(&seconds, level).ok();
    let comparison = session.and_then(|session| session.comparison.as_ref());
    let kept = against.and_then(|against| Some(against.told.as_ref()?.ratio));
    let ratio = comparison.map(|comparison| comparison.ratio).or(kept);
    let kept = against.and_then(|against| against.verdict).map(word);
    let told = record.cores().is_some();
    let mean = |of: fn(&backcast_lab::child::Sample) -> u64| {
        record.mean_of(|sample| of(sample) as f64 / 1e9).filter(|_| told)
    };
    let doubts = session.map(|session| &session.doubts[..]).unwrap_or_default();
    let doubts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
    vec![
        record.command.name.as_str().into(),
        arm.into(),
        record.runs.len().into(),
        wall.map(|wall| wall.min).into(),
        wall.map(|wall| wall.max).into(),
        wall.map(|wall| wall.mean).into(),
        wall.map(|wall| wall.median).into(),
        wall.and_then(|wall| wall.deviation).into(),
        wall.map(|wall| wall.p95).into(),
        wall.map(|wall| wall.p99).into(),
        interval.map(|interval| interval.low).into(),
        interval.map(|interval| interval.high).into(),
        all.as_ref().map(|all| all.without.mean).into(),
        all.as_ref().map(|all| all.count()).into(),
        mean(|sample| sample.user_ns).into(),
        mean(|sample| sample.system_ns).into(),
        record.cores().into(),
        record.peak_bytes().map(|bytes| bytes as f64).into(),
        record.peak_floor_bytes().map(|bytes| bytes as f64).into(),
        record.peak_bytes().map(|_| record.peak_is_at_most()).into(),
        record.tree_peak_bytes().map(|bytes| bytes as f64).into(),
        record.throughput().into(),
        ratio.map(|ratio| ratio.estimate).into(),
        ratio.map(|ratio| ratio.low).into(),
        ratio.map(|ratio| ratio.high).into(),
        session.and_then(verdict_word).or(kept).into(),
        comparison.and_then(|c| c.pairs_needed).map(f64::from).into(),
        (!doubts.is_empty()).then(|| doubts.join("; ")).into(),
    ]
}

/// Several commands side by side, the fastest as the measure of the others.
pub(super) fn overview(sessions: &[Session], against: &[Against]) -> Table {
    let median = |record: &Record| record.wall_summary().map_or(f64::NAN, |wall| wall.median);
    // Short calls of other programs are told by the thousand.
    let once = |record: &Record| match (&record.source, &record.work) {
        (Source::Imported(_), Some(work)) => median(record) / work.amount,
        _ => median(record),
    };
    let medians = sessions.iter().map(|session| once(&session.candidate));
    let fastest = medians.fold(f64::INFINITY, f64::min);
    let mut table = Table::new(vec![
        Column::new("command"),
        Column::new("median"),
        Column::new("deviation"),
        Column::new("relative").title("by the fastest").show(Show::Digits(2)),
        Column::new("cores").show(Show::Digits(2)),
        Column::new("peak"),
        Column::new("rate"),
        Column::new("verdict"),
    ]);
    [1, 2, 5, 6].into_iter().for_each(|column| table.align_right(column));
    for (at, session) in sessions.iter().enumerate() {
        let record = &session.candidate;
        let deviation = record.wall_summary().ok().and_then(|wall| wall.deviation);
        let rate = record.throughput().zip(record.work.as_ref());
        table.push(vec![
            record.command.name.as_str().into(),
            time(median(record)).into(),
            deviation.map(time).into(),
            (once(record) / fastest).into(),
            record.cores().into(),
            record.peak_bytes().map(|peak| peak_words(record, peak)).into(),
            rate.map(|(rate, work)| format!("{} {}/s", number::grouped(rate, 0), work.unit)).into(),
            verdict(session).or_else(|| by_baseline(against.get(at)?)).into(),
        ]);
    }
    table
}

fn by_baseline(against: &Against) -> Option<String> {
    let ratio = against.told.as_ref()?.ratio.estimate;
    Some(format!("{}, {ratio:.3} of its baseline", word(against.verdict?)))
}

fn verdict(session: &Session) -> Option<String> {
    let word = verdict_word(session)?;
    let ratio = session.comparison.as_ref()?.ratio.estimate;
    let doubt = if session.doubts.is_empty() { "" } else { " (doubtful)" };
    Some(format!("{word}, {ratio:.3} of base{doubt}"))
}
