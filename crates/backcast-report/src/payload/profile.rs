//! Flame graphs and the process tree as columns for the script, the smallest call paths left out.

use std::collections::HashMap;

use serde::Serialize;

use crate::lab::{ChangeRow, FlameRow, Profile};
use crate::model::Table;

/// Call paths of a flame graph: more are narrower than a pixel.
const MOST_ROWS: usize = 2500;
/// Letters of a name or of what is told beside it.
const MOST_LETTERS: usize = 160;

/// What the script draws of a profile.
#[derive(Serialize)]
pub(super) struct Section {
    flame: Flame,
    difference: Option<Flame>,
    process: Process,
}

/// A flame graph by columns; a row's caller stands before it.
#[derive(Default, Serialize)]
struct Flame {
    /// Different names.
    names: Vec<String>,
    /// Groups in order of their first row.
    groups: Vec<String>,
    parent: Vec<Option<usize>>,
    name: Vec<usize>,
    detail: Vec<String>,
    /// Seconds in it alone, in six digits.
    own: Vec<f64>,
    group: Vec<usize>,
    change: Vec<f64>,
    /// Rows that were too small to be drawn; their time is that of their callers.
    left_out: usize,
}

#[derive(Serialize)]
struct Process {
    at: Vec<f64>,
    cores: Vec<f64>,
    resident_mb: Vec<f64>,
}

/// Tables of a profile with their element ids, in the order of the page.
pub(crate) fn profile_tables(profile: &Profile) -> impl Iterator<Item = (&'static str, &Table)> {
    let tables = [
        ("profile-changes", &profile.changes),
        ("profile-paths", &profile.paths),
        ("profile-functions", &profile.functions),
        ("profile-collector", &profile.collector),
        ("profile-imports", &profile.imports),
    ];
    tables.into_iter().filter_map(|(id, table)| Some((id, table.as_ref()?)))
}

pub(super) fn section(profile: &Profile) -> Section {
    let flame = flame(profile.flame.iter().map(Drawn::from));
    let difference = profile.difference.as_ref();
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    let column = |what: fn(&crate::lab::ProcessPoint) -> f64| {
        profile.process.iter().map(|point| rounded(what(point))).collect()
    };
    Section {
        flame,
        difference: difference.map(|rows| self::flame(rows.iter().map(Drawn::from))),
        process: Process {
            at: column(|point| point.at),
            cores: column(|point| point.cores),
            resident_mb: column(|point| point.resident_mb),
        },
    }
}

/// A row of either graph.
struct Drawn<'a> {
    parent: Option<usize>,
    name: &'a str,
    detail: &'a str,
    group: &'a str,
    own: f64,
    total: f64,
    change: f64,
}

impl<'a> From<&'a FlameRow> for Drawn<'a> {
    fn from(row: &'a FlameRow) -> Drawn<'a> {
        let FlameRow { parent, name, detail, group, own, total } = row;
        Drawn { parent: *parent, name, detail, group, own: *own, total: *total, change: 0.0 }
    }
}

impl<'a> From<&'a ChangeRow> for Drawn<'a> {
    fn from(row: &'a ChangeRow) -> Drawn<'a> {
        let ChangeRow { parent, name, detail, own, total, change } = row;
        Drawn {
            parent: *parent,
            name,
            detail,
            group: "",
            own: *own,
            total: *total,
            change: *change,
        }
    }
}

fn flame<'a>(rows: impl Iterator<Item = Drawn<'a>>) -> Flame {
    let rows: Vec<Drawn> = rows.collect();
    let mut by_size: Vec<usize> = (0..rows.len()).collect();
    // A caller is never smaller than what it called and stands before it, so it is kept with it.
    by_size.sort_by(|a, b| rows[*b].total.total_cmp(&rows[*a].total).then(a.cmp(b)));
    let mut kept = vec![false; rows.len()];
    by_size.iter().take(MOST_ROWS).for_each(|row| kept[*row] = true);
    let mut flame = Flame { left_out: rows.len().saturating_sub(MOST_ROWS), ..Flame::default() };
    let (mut names, mut groups) = (HashMap::new(), HashMap::new());
    let mut places: Vec<Option<usize>> = Vec::with_capacity(rows.len());
    for (row, kept) in rows.iter().zip(&kept) {
        let parent = row.parent.and_then(|parent| places.get(parent).copied().flatten());
        if !kept {
            // What it called is left out with it; its time falls to the caller that is drawn.
            if let Some(parent) = parent {
                flame.own[parent] += row.own;
            }
            places.push(parent);
            continue;
        }
        places.push(Some(flame.parent.len()));
        flame.parent.push(parent);
        flame.name.push(interned(&mut names, &mut flame.names, row.name));
        flame.detail.push(cut(row.detail));
        flame.own.push(row.own);
        flame.group.push(interned(&mut groups, &mut flame.groups, row.group));
        flame.change.push((row.change * 1e3).round() / 1e3);
    }
    flame.own.iter_mut().for_each(|own| *own = (*own * 1e9).round() / 1e9);
    flame
}

fn interned<'a>(
    known: &mut HashMap<&'a str, usize>,
    list: &mut Vec<String>,
    text: &'a str,
) -> usize {
    *known.entry(text).or_insert_with(|| {
        list.push(cut(text));
        list.len() - 1
    })
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}
