//! One function that takes a large part of the whole by itself.

use super::Looked;
use crate::{
    advise::{
        Remedy, Rule, Suggestion,
        look::{Look, name},
    },
    profile::{
        Area, Kind, Row,
        words::{count, percent, time},
    },
};

pub(super) fn look(look: &Look<'_>) -> Looked {
    if !look.rows().any(|(_, row)| matches!(row.kind, Kind::Span | Kind::Python | Kind::Native)) {
        return Looked::Blind("nothing inside of the command was seen".to_owned());
    }
    let main = look.profile.threads.len() <= 1;
    // A thread that is sampled while it waits does nothing.
    let working = |row: &Row<'_>| match (row.kind, row.cpu_ns) {
        (Kind::Python, Some(cpu)) if !main => cpu.min(row.own_ns),
        _ => row.own_ns,
    };
    let large = look.functions(working).into_iter().filter(|function| {
        look.share(function.row, function.ns).estimate > look.thresholds().high_share
    });
    let suggestion = |function: crate::advise::look::Together| {
        let row = &look.view.rows[function.row];
        let share = look.share(function.row, function.ns).estimate;
        let calls = look.calls(row).map(|(calls, _)| format!(" in {} calls", count(calls)));
        let mut place = look.place(function.row);
        let file = row.file.map(|file| file.rsplit('/').next().unwrap_or(file));
        let slowest = row.lines.first().filter(|line| line.own_ns > 0);
        let line = slowest.map(|line| {
            format!(
                ", {} of it in line {}{}",
                percent(line.own_ns as f64 / row.own_ns as f64),
                line.line,
                // The place is another file.
                file.filter(|_| is_library(row))
                    .map(|file| format!(" of {file}"))
                    .unwrap_or_default()
            )
        });
        place.line = slowest.map(|line| line.line).or(place.line);
        let caller = caller(look, function.row);
        let below = caller.map(|(file, line)| {
            (place.file, place.line) = (Some(file.to_owned()), Some(line));
            format!("; `{}` calls it", place.short())
        });
        Suggestion {
            rule: Rule::HighShare,
            name: name(Rule::HighShare, &row.name),
            evidence: format!(
                "`{}` alone takes {} of the wall time, {}{}{}{}",
                row.name,
                percent(share),
                time(function.ns),
                calls.unwrap_or_default(),
                line.unwrap_or_default(),
                below.unwrap_or_default()
            ),
            place,
            prediction: look.prediction(
                function.row,
                [0, function.ns],
                "high: all of its own time; low: nothing, where that work has to be done",
            ),
            advice: advice(look, row),
            remedy: Remedy::ByHand,
        }
    };
    Looked::Found(large.map(suggestion).collect())
}

/// Whether it is a function of a Python library.
fn is_library(row: &Row<'_>) -> bool {
    row.kind == Kind::Python && row.area != Area::User
}

/// Of a function of a library: file and line of the program that call it, where one line has nearly all of its calls.
fn caller<'a>(look: &Look<'a>, at: usize) -> Option<(&'a str, u32)> {
    let rows = &look.view.rows;
    let wanted = rows[at].total_ns;
    let mut above = Some(at).filter(|at| is_library(&rows[*at]));
    while let Some(row) = above.map(|at| &rows[at]) {
        if row.kind == Kind::Python && row.area == Area::User {
            let line = row.lines.iter().find(|line| line.total_ns >= wanted - wanted / 20)?;
            return Some((row.file?, line.line));
        }
        above = row.parent;
    }
    None
}

fn advice(look: &Look<'_>, row: &Row<'_>) -> String {
    let what_if = match row.kind {
        Kind::Span => format!("; --what-if {} tells what speeding it up brings", row.name),
        _ => String::new(),
    };
    let advice = if look.is_own_work(row) {
        "it is the engine's own work: fewer parameter sets, fewer assets or a shorter range"
    } else if row.kind == Kind::Python {
        "keep results, work on whole arrays instead of single values, or move it to compiled code"
    } else {
        "keep results, do less of it, or do it for many values at a time"
    };
    format!("{advice}{what_if}")
}
