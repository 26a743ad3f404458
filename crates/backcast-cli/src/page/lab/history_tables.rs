//! Tables of histories: all of them, their changes, alerts, sessions.

use backcast_lab::{
    baseline::{Alert, Figure as Session, History, Measure},
    stats::Interval,
};
use backcast_report::{Cell, Format, Table};
use jiff::Timestamp;

use super::history::mean_of;
use crate::{
    commands::baseline::figure_words,
    number,
    page::cells::{column, number as cell, text},
};

/// Level of the intervals of changes.
const LEVEL: f64 = 0.95;
/// Sessions of the table, the newest.
const MOST_SESSIONS: usize = 2000;

/// A row for each history.
pub(super) fn overview(histories: &[History]) -> Table {
    let columns =
        ["Command", "Measure", "Class", "Sessions", "First", "Last", "Level now", "Changes"];
    let columns = columns.map(|name| column(name, Format::Plain, "")).into();
    let row = |history: &History| -> Vec<Cell> {
        let [first, last] = [history.figures.first(), history.figures.last()]
            .map(|one| one.map_or(Cell::Missing, time_cell));
        let level = mean_of(history.present());
        vec![
            text(&*history.subject),
            text(history.measure.name()),
            text(&*history.class),
            Cell::Number(history.figures.len() as f64),
            first,
            last,
            level.map_or(Cell::Missing, |level| text(amount(history.measure, level))),
            Cell::Number(history.changes.points.len() as f64),
        ]
    };
    Table { caption: "Histories".to_owned(), columns, rows: histories.iter().map(row).collect() }
}

/// A row for each change, the newest first.
pub(super) fn changes(histories: &[History]) -> Table {
    let percent = |name: &str, help: &str| column(name, Format::Percent(1), help);
    let plain = |name: &str| column(name, Format::Plain, "");
    let columns = vec![
        plain("Since"),
        plain("Command"),
        plain("Measure"),
        plain("Class"),
        column("Commit", Format::Plain, "of the first session of the new level"),
        plain("Before"),
        plain("After"),
        percent("Change", "level after by level before"),
        percent("Low", "lower end of its 95 % interval, by the spread of sessions"),
        percent("High", "upper end of it"),
        column("p", Format::Plain, "probability of such a step within one level"),
    ];
    let mut rows: Vec<(&str, Vec<Cell>)> = Vec::new();
    for history in histories {
        for (number, change) in history.changes.points.iter().enumerate() {
            let session = &history.figures[change.index];
            let interval: Option<Interval> = history.ratio_of_change(number, LEVEL).ok().flatten();
            rows.push((
                &session.taken_at,
                vec![
                    time_cell(session),
                    text(&*history.subject),
                    text(history.measure.name()),
                    text(&*history.class),
                    session.commit.as_deref().map_or(Cell::Missing, text),
                    text(amount(history.measure, change.before)),
                    text(amount(history.measure, change.after)),
                    Cell::Number(change.ratio - 1.0),
                    cell(interval.map(|it| it.low - 1.0)),
                    cell(interval.map(|it| it.high - 1.0)),
                    text(format!("{:.1e}", change.p)),
                ],
            ));
        }
    }
    rows.sort_by(|a, b| b.0.cmp(a.0));
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Table { caption: "Changes of level".to_owned(), columns, rows }
}

/// Alerts, the newest first.
pub(super) fn alerts(alerts: &[&Alert]) -> Table {
    let columns = ["Told", "Command", "Measure", "Class", "What", "Before", "Now", "Commit"];
    let columns = columns.map(|name| column(name, Format::Plain, "")).into();
    let row = |alert: &&Alert| -> Vec<Cell> {
        vec![
            Cell::Time(i64::try_from(alert.time_ns).unwrap_or(i64::MAX)),
            text(&*alert.subject),
            text(alert.measure.name()),
            text(&*alert.class),
            text(&*alert.change),
            text(amount(alert.measure, alert.before)),
            text(amount(alert.measure, alert.now)),
            alert.commit.as_deref().map_or(Cell::Missing, text),
        ]
    };
    Table {
        caption: "Alerts of `backcast baseline watch`".to_owned(),
        columns,
        rows: alerts.iter().map(row).collect(),
    }
}

/// The newest sessions of all histories.
pub(super) fn sessions(histories: &[History]) -> Table {
    let columns = ["Taken", "Command", "Measure", "Class", "Median", "Runs", "Commit", "Record"];
    let columns = columns.map(|name| column(name, Format::Plain, "")).into();
    let mut all: Vec<(&History, &Session)> = histories
        .iter()
        .flat_map(|history| history.figures.iter().map(move |session| (history, session)))
        .collect();
    all.sort_by(|(_, a), (_, b)| b.in_time(a));
    let shown = all.len().min(MOST_SESSIONS);
    let row = |(history, session): &(&History, &Session)| -> Vec<Cell> {
        vec![
            time_cell(session),
            text(&*history.subject),
            text(history.measure.name()),
            text(&*history.class),
            text(amount(history.measure, session.median)),
            Cell::Number(session.runs as f64),
            session.commit.as_deref().map_or(Cell::Missing, text),
            text(session.id.chars().take(12).collect::<String>()),
        ]
    };
    let caption = if shown < all.len() {
        format!(
            "Sessions, the newest {} of {}",
            number::grouped(shown as f64, 0),
            number::grouped(all.len() as f64, 0)
        )
    } else {
        "Sessions, the newest first".to_owned()
    };
    Table { caption, columns, rows: all[..shown].iter().map(row).collect() }
}

/// A figure that stays on one line.
fn amount(measure: Measure, value: f64) -> String {
    figure_words(measure, value).replace(' ', "\u{a0}")
}

fn time_cell(session: &Session) -> Cell {
    let at = session.taken_at.parse::<Timestamp>().ok();
    let ns = at.and_then(|at| i64::try_from(at.as_nanosecond()).ok());
    ns.map_or_else(|| text(&*session.taken_at), Cell::Time)
}
