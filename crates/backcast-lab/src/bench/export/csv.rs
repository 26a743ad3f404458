//! One row for each single run.

use std::fmt::Write;

use super::super::Session;
use crate::child::Exit;

/// Runs as comma-separated values with a header; an empty cell is undefined. `exit` is an exit code, `signal N` or `timed out`.
pub fn csv(sessions: &[Session]) -> String {
    let mut text = "name,arm,block,slot,exit,wall_ns,user_ns,system_ns,peak_bytes,peak_floor_bytes,tree_peak_bytes,\
        voluntary_switches,involuntary_switches,taken_at,commit,machine\n"
        .to_owned();
    for (arm, record) in sessions.iter().flat_map(super::arms) {
        let machine = record.machine.as_ref().map(|machine| machine.class.key());
        let machine = machine.unwrap_or_default();
        let name = quoted(&record.command.name);
        let commit = record.commit.as_deref().unwrap_or_default();
        for run in &record.runs {
            let sample = &run.sample;
            let exit = match sample.exit {
                Exit::Code(code) => code.to_string(),
                Exit::Signal(number) => format!("signal {number}"),
                Exit::TimedOut => "timed out".to_owned(),
            };
            let bytes = |bytes: Option<u64>| bytes.map(|n| n.to_string()).unwrap_or_default();
            let memory = [sample.peak_bytes, sample.peak_floor_bytes, sample.tree_peak_bytes];
            let memory = memory.map(bytes).join(",");
            let line = writeln!(
                text,
                "{name},{arm},{},{},{exit},{},{},{},{memory},{},{},{},{commit},{machine}",
                run.block,
                run.slot,
                sample.wall_ns,
                sample.user_ns,
                sample.system_ns,
                sample.voluntary_switches,
                sample.involuntary_switches,
                record.taken_at,
            );
            line.expect("memory takes every line");
        }
    }
    text
}

/// In quotes where a reader would take it apart.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
