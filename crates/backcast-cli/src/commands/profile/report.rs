//! A profile as a page.

use backcast_lab::profile::{
    Change, Difference, Function, Functions, Kind, Profile, Row, View, share_interval,
    words::{self, LEVEL},
};
use backcast_report::{Cell, Format, Page, Table, lab};

use crate::page::cells::{column, number, text};

/// Rows of the table of call paths.
const MOST_PATHS: usize = 500;
/// Rows of the other tables.
const MOST_ROWS: usize = 200;
/// Levels that are indented.
const DEEPEST_INDENT: usize = 20;

/// The page of a profile, and of what changed since another.
pub(super) fn page(
    profile: &Profile,
    view: &View<'_>,
    difference: Option<&Difference>,
    min_share: f64,
) -> Page {
    let facts = words::facts(profile).into_iter();
    let mut manifest: Vec<(String, String)> =
        facts.map(|(name, said)| (name.to_owned(), said)).collect();
    manifest.push((
        "taken at".to_owned(),
        profile.taken_at.chars().take(19).collect::<String>() + " UTC",
    ));
    manifest.push(("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    let distrust = profile.distrust.iter().map(|said| format!("Could not measure: {said}."));
    let unseen = profile.unseen.iter().map(|said| format!("Not seen: {said}."));
    Page {
        title: format!("Profile of {}", profile.name),
        subtitle: "Own times and what is unattributed add up to the whole.".to_owned(),
        manifest,
        notices: distrust.chain(unseen).collect(),
        profile: Some(lab::Profile {
            closing: words::closing(profile),
            flame: view.rows.iter().map(|row| flame_row(view, row)).collect(),
            difference: difference.map(change_rows),
            paths: (!view.rows.is_empty()).then(|| paths(view, min_share)),
            functions: (!view.rows.is_empty()).then(|| functions(view, min_share)),
            changes: difference.map(|difference| changes(difference, min_share)),
            collector: collector(profile),
            imports: imports(profile),
            process: process(profile),
        }),
        ..Page::default()
    }
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn place(file: Option<&str>, line: Option<u32>) -> String {
    match (file, line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.to_owned(),
        _ => String::new(),
    }
}

fn flame_row(view: &View<'_>, row: &Row<'_>) -> lab::FlameRow {
    let mut detail = format!(
        "{} of all, {}; alone {}",
        words::percent(view.share(row.total_ns)),
        words::time(row.total_ns),
        words::percent(view.share(row.own_ns))
    );
    if let Some(calls) = row.calls.as_deref().filter(|calls| calls.count > 0) {
        detail += &format!("; {} calls", words::count(calls.count));
    }
    if !matches!(row.kind, Kind::Thread | Kind::Unattributed) {
        detail += &format!("; {}", row.area.name());
    }
    let place = place(row.file, row.line);
    if !place.is_empty() {
        detail += &format!("; {place}");
    }
    lab::FlameRow {
        parent: row.parent,
        name: row.name.to_string(),
        detail,
        group: match row.kind {
            Kind::Thread | Kind::Unattributed => String::new(),
            _ => row.area.name().to_owned(),
        },
        own: seconds(row.own_ns),
        total: seconds(row.total_ns),
    }
}

fn change_rows(difference: &Difference) -> Vec<lab::ChangeRow> {
    let largest = difference.rows.iter().map(|row| row.own_change_ns().unsigned_abs()).max();
    let largest = largest.unwrap_or(0).max(1) as f64;
    let mut rows: Vec<lab::ChangeRow> = difference
        .rows
        .iter()
        .map(|row| {
            let what = match row.change {
                Change::Appeared => "new, ",
                Change::Vanished => "gone, ",
                Change::Kept => "",
            };
            let own = seconds(row.own_before_ns.max(row.own_after_ns));
            lab::ChangeRow {
                parent: row.parent,
                name: row.name.clone(),
                detail: format!(
                    "{what}alone {} before, {} now; with all below {} before, {} now",
                    words::time(row.own_before_ns),
                    words::time(row.own_after_ns),
                    words::time(row.before_ns),
                    words::time(row.after_ns)
                ),
                own,
                total: own,
                change: row.own_change_ns() as f64 / largest,
            }
        })
        .collect();
    for i in (0..rows.len()).rev() {
        if let Some(parent) = rows[i].parent {
            rows[parent].total += rows[i].total;
        }
    }
    rows
}

/// Columns with times in them.
fn milliseconds() -> Format {
    Format::Decimals(3)
}

fn paths(view: &View<'_>, min_share: f64) -> Table {
    let rows = view.above(min_share).0;
    let rows: Vec<&Row<'_>> = rows.iter().map(|row| &view.rows[*row]).take(MOST_PATHS).collect();
    let sampled = rows.iter().any(|row| words::interval(view, row).is_some());
    let counted = rows.iter().any(|row| row.calls.is_some());
    let percent = Format::Percent(2);
    let mut columns = vec![
        column("Call path", Format::Plain, ""),
        column("Own", percent.clone(), "share of all thread time, in it alone"),
        column("Total", percent.clone(), "share of all thread time, with all below"),
    ];
    if sampled {
        columns.push(column("Total from", percent.clone(), "lower end of the 95 % interval"));
        columns.push(column("to", percent, "upper end of the 95 % interval"));
    }
    columns.push(column("Time (ms)", milliseconds(), "with all below"));
    if counted {
        columns.extend([
            column("Calls", Format::Decimals(0), "counted, not sampled"),
            column("Per call (us)", Format::Decimals(1), ""),
            column("p50 (us)", Format::Decimals(1), "from a histogram, within 3.2 %"),
            column("p95 (us)", Format::Decimals(1), ""),
            column("p99 (us)", Format::Decimals(1), ""),
            column("Allocations", Format::Decimals(0), "in it alone"),
            column("Allocated (kB)", Format::Decimals(1), "in it alone"),
        ]);
    }
    columns.push(column("Where", Format::Plain, ""));
    let cells = |row: &&Row<'_>| {
        let mut cells = vec![
            text("\u{a0}\u{a0}".repeat(row.depth.min(DEEPEST_INDENT)) + &row.name),
            Cell::Number(view.share(row.own_ns)),
            Cell::Number(view.share(row.total_ns)),
        ];
        if sampled {
            let interval = words::interval(view, row)
                .map(|_| share_interval(view.share(row.total_ns), view.effective_samples, LEVEL));
            cells.push(number(interval.map(|interval| interval.low)));
            cells.push(number(interval.map(|interval| interval.high)));
        }
        cells.push(Cell::Number(row.total_ns as f64 / 1e6));
        if counted {
            let calls = row.calls.as_deref().filter(|calls| calls.count > 0);
            let us = |ns: u64| ns as f64 / 1e3;
            cells.push(number(calls.map(|calls| calls.count as f64)));
            cells.push(number(calls.map(|calls| us(row.total_ns) / calls.count as f64)));
            for q in [0.5, 0.95, 0.99] {
                cells.push(number(calls.and_then(|calls| calls.quantile(q)).map(us)));
            }
            cells.push(number(calls.map(|calls| calls.allocations as f64)));
            cells.push(number(calls.map(|calls| calls.allocated_bytes as f64 / 1e3)));
        }
        cells.push(text(place(row.file, row.line)));
        cells
    };
    Table { caption: "Call paths".to_owned(), columns, rows: rows.iter().map(cells).collect() }
}

fn functions(view: &View<'_>, min_share: f64) -> Table {
    let percent = Format::Percent(2);
    let columns = vec![
        column("Function", Format::Plain, ""),
        column(
            "Own",
            percent.clone(),
            "share of all thread time, in it alone, wherever called from",
        ),
        column("Total", percent, "with all that it called; a recursion counts once"),
        column("Slowest line", Format::Decimals(0), "the line with most own time"),
        column("Whose work", Format::Plain, ""),
        column("Where", Format::Plain, ""),
    ];
    let all = Functions::of(view).list;
    let listed = all.iter().filter(|function| view.share(function.own_ns) >= min_share);
    let cells = |function: &Function<'_>| {
        let slowest = function.lines.first().filter(|line| line.own_ns > 0);
        vec![
            text(&*function.row.name),
            Cell::Number(view.share(function.own_ns)),
            Cell::Number(view.share(function.total_ns)),
            number(slowest.map(|line| f64::from(line.line))),
            text(function.row.area.name()),
            text(place(function.row.file, function.row.line)),
        ]
    };
    let rows = listed.take(MOST_ROWS).map(cells).collect();
    Table { caption: "Functions by own time".to_owned(), columns, rows }
}

fn changes(difference: &Difference, min_share: f64) -> Table {
    let columns = vec![
        column("Call path", Format::Plain, ""),
        column("Own before (ms)", milliseconds(), ""),
        column("Own now (ms)", milliseconds(), ""),
        column("Change (ms)", milliseconds(), ""),
        column("What", Format::Plain, ""),
    ];
    let ms = |ns: u64| ns as f64 / 1e6;
    let rows = difference.largest(min_share).into_iter().take(MOST_ROWS).map(|row| {
        vec![
            text(&*row.name),
            Cell::Number(ms(row.own_before_ns)),
            Cell::Number(ms(row.own_after_ns)),
            Cell::Number(row.own_change_ns() as f64 / 1e6),
            text(match row.change {
                Change::Appeared => "new",
                Change::Vanished => "gone",
                Change::Kept => "changed",
            }),
        ]
    });
    Table { caption: "Changes of own time".to_owned(), columns, rows: rows.collect() }
}

fn collector(profile: &Profile) -> Option<Table> {
    let mut rows = Vec::new();
    for process in &profile.python {
        for (generation, all) in process.collections.iter().enumerate() {
            rows.push(vec![
                text(process.pid.to_string()),
                Cell::Number(generation as f64),
                Cell::Number(all.count as f64),
                Cell::Number(all.ns as f64 / 1e6),
                Cell::Number(all.collected as f64),
            ]);
        }
    }
    let columns = vec![
        column("Process", Format::Plain, ""),
        column("Generation", Format::Decimals(0), ""),
        column("Collections", Format::Decimals(0), ""),
        column("Time (ms)", milliseconds(), ""),
        column("Objects collected", Format::Decimals(0), ""),
    ];
    let caption = "Python's garbage collector".to_owned();
    (!rows.is_empty()).then_some(Table { caption, columns, rows })
}

fn imports(profile: &Profile) -> Option<Table> {
    let all = profile.python.iter().flat_map(|process| &process.imports);
    let rows: Vec<Vec<Cell>> = all
        .take(MOST_ROWS)
        .map(|import| {
            vec![
                text(&*import.module),
                Cell::Number(import.own_ns as f64 / 1e6),
                Cell::Number(import.total_ns as f64 / 1e6),
            ]
        })
        .collect();
    let columns = vec![
        column("Module", Format::Plain, ""),
        column("Own (ms)", milliseconds(), "without the modules that it imports"),
        column("Total (ms)", milliseconds(), "with them"),
    ];
    let caption = "Python's imports".to_owned();
    (!rows.is_empty()).then_some(Table { caption, columns, rows })
}

/// Processors in use between two looks at the tree, and what was resident.
fn process(profile: &Profile) -> Vec<lab::ProcessPoint> {
    let points = &profile.process.series.points;
    let pairs = points.iter().zip(points.iter().skip(1));
    pairs
        .filter(|(before, after)| after.at_ns > before.at_ns)
        .map(|(before, after)| lab::ProcessPoint {
            at: seconds(after.at_ns),
            cores: after.cpu_ns.saturating_sub(before.cpu_ns) as f64
                / (after.at_ns - before.at_ns) as f64,
            resident_mb: after.resident_bytes as f64 / 1e6,
        })
        .collect()
}
