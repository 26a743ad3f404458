//! A profile as Markdown, for a ticket or a commit.

use std::fmt::Write;

use super::super::{Functions, Profile, Row, View, words};
use crate::markdown::plain;

/// What is shown of a profile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Share of the whole from which on a call path is listed.
    pub min_share: f64,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { min_share: 0.005 }
    }
}

/// The whole file.
pub fn markdown(profile: &Profile, shown: &Shown) -> String {
    let view = View::of(profile);
    let mut out = format!("# Profile of {}\n\n", plain(&profile.name));
    for (name, said) in words::facts(profile) {
        line(&mut out, format_args!("- {name}: {}", plain(&said)));
    }
    line(&mut out, format_args!("\n**{}**\n", words::closing(profile)));
    tree(&mut out, &view, shown);
    functions(&mut out, &view, shown);
    python(&mut out, profile);
    if !profile.unseen.is_empty() {
        out.push_str("\n## What could not be seen\n\n");
        profile.unseen.iter().for_each(|said| line(&mut out, format_args!("- {}", plain(said))));
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes every text");
}

fn tree(out: &mut String, view: &View<'_>, shown: &Shown) {
    let (rows, hidden, hidden_own) = view.above(shown.min_share);
    out.push_str(
        "## Call paths\n\n| own | total | 95 % interval | calls | per call | p95 | where |\n",
    );
    out.push_str("|--:|--:|--:|--:|--:|--:|---|\n");
    for row in rows.iter().map(|row| &view.rows[*row]) {
        let calls = row.calls.as_deref();
        let per_call = calls
            .filter(|calls| calls.count > 0)
            .map(|calls| words::time(row.total_ns / calls.count));
        line(
            out,
            format_args!(
                "| {} | {} | {} | {} | {} | {} | {}{} |",
                words::percent(view.share(row.own_ns)),
                words::percent(view.share(row.total_ns)),
                words::interval(view, row).unwrap_or_default(),
                calls.map(|calls| words::count(calls.count)).unwrap_or_default(),
                per_call.unwrap_or_default(),
                calls.and_then(|calls| calls.quantile(0.95)).map(words::time).unwrap_or_default(),
                "&nbsp;&nbsp;".repeat(row.depth),
                place(row)
            ),
        );
    }
    if hidden > 0 {
        let own = words::percent(view.share(hidden_own));
        line(
            out,
            format_args!(
                "| {own} | | | | | | {} smaller call paths |",
                words::count(hidden as u64)
            ),
        );
    }
}

fn place(row: &Row<'_>) -> String {
    let file = row.file.map(|file| file.rsplit('/').next().unwrap_or(file));
    let at = match (file, row.line) {
        (Some(file), Some(line)) => format!(" ({}:{line})", plain(file)),
        (Some(file), None) => format!(" ({})", plain(file)),
        _ => String::new(),
    };
    plain(&row.name) + &at
}

fn functions(out: &mut String, view: &View<'_>, shown: &Shown) {
    let functions = Functions::of(view);
    let listed = functions.list.iter().filter(|f| view.share(f.own_ns) >= shown.min_share).take(50);
    out.push_str(
        "\n## Functions by own time\n\n| own | total | where | slowest line |\n|--:|--:|---|--:|\n",
    );
    for function in listed {
        let slowest = function.lines.first().filter(|line| line.own_ns > 0);
        line(
            out,
            format_args!(
                "| {} | {} | {} | {} |",
                words::percent(view.share(function.own_ns)),
                words::percent(view.share(function.total_ns)),
                plain(&function.row.name),
                slowest.map(|line| line.line.to_string()).unwrap_or_default()
            ),
        );
    }
}

fn python(out: &mut String, profile: &Profile) {
    for process in &profile.python {
        line(out, format_args!("\n## {} (process {})\n", plain(&process.python), process.pid));
        out.push_str(
            "| generation | collections | time | objects collected |\n|--:|--:|--:|--:|\n",
        );
        for (generation, all) in process.collections.iter().enumerate() {
            let (count, took) = (words::count(all.count), words::time(all.ns));
            line(
                out,
                format_args!(
                    "| {generation} | {count} | {took} | {} |",
                    words::count(all.collected)
                ),
            );
        }
        if !process.imports.is_empty() {
            out.push_str("\n| module imported | own | with what it imports |\n|---|--:|--:|\n");
        }
        for import in process.imports.iter().take(10) {
            let (own, total) = (words::time(import.own_ns), words::time(import.total_ns));
            line(out, format_args!("| {} | {own} | {total} |", plain(&import.module)));
        }
    }
}
