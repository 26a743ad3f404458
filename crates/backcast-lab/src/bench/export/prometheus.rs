//! Gauges in the text format of Prometheus.

use std::fmt::Write;

use super::super::{Record, Session};

/// Times in seconds, memory in bytes, ratios to the base; labels name the command and its arm.
pub fn prometheus(sessions: &[Session]) -> String {
    let mut gauges = Gauges(String::new());
    let all = || sessions.iter().flat_map(super::arms);
    gauges.head("backcast_bench_wall_seconds", "Wall time of one run.");
    all().for_each(|(arm, record)| wall(&mut gauges, arm, record));
    gauges.head("backcast_bench_cpu_seconds", "Mean processor time of one run.");
    for (arm, record) in all().filter(|(_, record)| record.cores().is_some()) {
        let user = record.mean_of(|sample| sample.user_ns as f64 / 1e9);
        let system = record.mean_of(|sample| sample.system_ns as f64 / 1e9);
        for (mode, seconds) in [("user", user), ("system", system)] {
            gauges.value("backcast_bench_cpu_seconds", arm, record, ("mode", mode), seconds);
        }
    }
    gauges.head(
        "backcast_bench_peak_bytes",
        "Most memory of one process of any run; at_most says that it may be any less.",
    );
    for (arm, record) in all() {
        let peak = record.peak_bytes().map(|bytes| bytes as f64);
        let of = if record.peak_is_at_most() { "process_at_most" } else { "process" };
        gauges.value("backcast_bench_peak_bytes", arm, record, ("of", of), peak);
    }
    gauges.head("backcast_bench_ratio", "Wall time of the candidate by that of the base.");
    for session in sessions {
        let ratio = session.comparison.as_ref().map(|comparison| comparison.ratio);
        let Some(ratio) = ratio else { continue };
        let bounds = [("low", ratio.low), ("estimate", ratio.estimate), ("high", ratio.high)];
        for (bound, value) in bounds {
            let label = ("bound", bound);
            let record = &session.candidate;
            gauges.value("backcast_bench_ratio", "candidate", record, label, Some(value));
        }
    }
    gauges.head("backcast_bench_outcome", "One for what followed from the session.");
    for session in sessions {
        let label = ("outcome", super::outcome_word(session));
        gauges.value("backcast_bench_outcome", "candidate", &session.candidate, label, Some(1.0));
    }
    gauges.0
}

fn wall(gauges: &mut Gauges, arm: &str, record: &Record) {
    let Ok(wall) = record.wall_summary() else { return };
    let stats = [
        ("min", Some(wall.min)),
        ("max", Some(wall.max)),
        ("mean", Some(wall.mean)),
        ("median", Some(wall.median)),
        ("deviation", wall.deviation),
        ("p95", Some(wall.p95)),
        ("p99", Some(wall.p99)),
    ];
    for (stat, value) in stats {
        gauges.value("backcast_bench_wall_seconds", arm, record, ("stat", stat), value);
    }
}

struct Gauges(String);

impl Gauges {
    fn head(&mut self, name: &str, help: &str) {
        let lines = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        lines.expect("memory takes every line");
    }

    fn value(
        &mut self,
        name: &str,
        arm: &str,
        record: &Record,
        label: (&str, &str),
        value: Option<f64>,
    ) {
        let Some(value) = value else { return };
        let command = escaped(&record.command.name);
        let (key, word) = label;
        let line = writeln!(
            self.0,
            "{name}{{command=\"{command}\",arm=\"{arm}\",{key}=\"{word}\"}} {value}"
        );
        line.expect("memory takes every line");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
