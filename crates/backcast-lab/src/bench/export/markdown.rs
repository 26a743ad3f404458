//! A table for a page of text.

use std::fmt::Write;

use super::super::{Record, Session};
use crate::markdown::plain;

/// One row for each command, times in milliseconds.
pub fn markdown(sessions: &[Session]) -> String {
    let mut text = "| command | median ms | mean ms | deviation | min | max | p95 | p99 | cores | peak MB | verdict |\n\
        |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n"
        .to_owned();
    for session in sessions {
        for (arm, record) in super::arms(session) {
            let verdict = if arm == "candidate" { verdict(session) } else { "base".to_owned() };
            row(&mut text, record, &verdict);
        }
    }
    text
}

fn row(text: &mut String, record: &Record, verdict: &str) {
    let name = plain(&record.command.name);
    let Ok(wall) = record.wall_summary() else { return };
    let ms = |seconds: f64| format!("{:.3}", seconds * 1e3);
    let deviation = wall.deviation.map(ms).unwrap_or_default();
    let cores = record.cores().map(|cores| format!("{cores:.2}")).unwrap_or_default();
    let at_most = if record.peak_is_at_most() { "at most " } else { "" };
    let peak = record.peak_bytes().map(|bytes| format!("{at_most}{:.1}", bytes as f64 / 1e6));
    let cells = [wall.median, wall.mean].map(ms).join(" | ");
    let ends = [wall.min, wall.max, wall.p95, wall.p99].map(ms).join(" | ");
    let peak = peak.unwrap_or_default();
    let line = writeln!(
        text,
        "| {name} | {cells} | {deviation} | {ends} | {cores} | {peak} | {verdict} |"
    );
    line.expect("memory takes every line");
}

fn verdict(session: &Session) -> String {
    let Some((word, comparison)) = super::verdict_word(session).zip(session.comparison.as_ref())
    else {
        return String::new();
    };
    let ratio = comparison.ratio;
    let trusted = if session.doubts.is_empty() { "" } else { " (not to be trusted)" };
    format!("{word}, {:.4} [{:.4}, {:.4}]{trusted}", ratio.estimate, ratio.low, ratio.high)
}
