//! What commands took over time as a page: sessions, levels, changes, alerts.

use backcast_lab::{
    baseline::{Alert, Figure as Session, History, Measure},
    stats::Summary,
};
use backcast_report::{
    Page,
    lab::{Along, Axis, Colour, Dot, Dots, Figure, Look, Mark, Measured, View},
};
use jiff::Timestamp;

use super::{history_tables, unit::Unit, version};
use crate::{commands::baseline::figure_words, number};

/// Everything that the page tells.
pub(crate) struct Told<'a> {
    /// The histories.
    pub(crate) histories: &'a [History],
    /// Alerts of all commands.
    pub(crate) alerts: &'a [Alert],
    /// Folder of the store.
    pub(crate) store: String,
    /// Changes below it are not looked for.
    pub(crate) minimum_change: f64,
}

/// The page of all histories.
pub(crate) fn history(told: &Told<'_>) -> Page {
    let wanted = |alert: &&Alert| told.histories.iter().any(|history| is_of(alert, history));
    let alerts: Vec<&Alert> = told.alerts.iter().filter(wanted).collect();
    let figure = Figure {
        id: "history-figure".to_owned(),
        title: "Over time".to_owned(),
        label: "Figures of sessions over time, their levels and where those changed".to_owned(),
        views: told.histories.iter().map(|history| view(history, &alerts)).collect(),
    };
    let mut tables = vec![
        ("histories".to_owned(), history_tables::overview(told.histories)),
        ("changes".to_owned(), history_tables::changes(told.histories)),
    ];
    tables.push(("alerts".to_owned(), history_tables::alerts(&alerts)));
    tables.push(("sessions".to_owned(), history_tables::sessions(told.histories)));
    let measured = vec![Measured {
        id: "history".to_owned(),
        heading: "History".to_owned(),
        lead: String::new(),
        figures: vec![figure],
        tables,
    }];
    Page {
        title: "Baselines".to_owned(),
        subtitle: "What commands took over time, and where that changed.".to_owned(),
        manifest: manifest(told),
        notices: notices(told.histories),
        measured,
        ..Page::default()
    }
}

fn manifest(told: &Told<'_>) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut commands: Vec<&str> = told.histories.iter().map(|history| &*history.subject).collect();
    let mut classes: Vec<&str> = told.histories.iter().map(|history| &*history.class).collect();
    for list in [&mut commands, &mut classes] {
        list.sort_unstable();
        list.dedup();
    }
    let times =
        || told.histories.iter().flat_map(|history| &history.figures).map(|one| &*one.taken_at);
    let range = match (times().min(), times().max()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "none".to_owned(),
    };
    let sessions = |history: &&History| history.measure == Measure::Wall;
    let sessions =
        told.histories.iter().filter(sessions).map(|history| history.figures.len()).sum();
    vec![
        pair("Sessions", format!("{}, {range}", number::count(sessions, "session"))),
        pair("Commands", number::grouped(commands.len() as f64, 0)),
        pair("Classes of machines", classes.join(", ")),
        pair("Smallest change looked for", number::percent(told.minimum_change, 1)),
        pair("Store", told.store.clone()),
        version(),
    ]
}

fn notices(histories: &[History]) -> Vec<String> {
    let wanders = histories.iter().filter(|history| history.changes.wanders);
    wanders
        .map(|history| {
            format!(
                "{}, {} on {} wanders (each session resembles the one before, r = {:.2}): changes may be the machine's",
                history.subject, history.measure, history.class, history.changes.autocorrelation
            )
        })
        .collect()
}

fn view(history: &History, alerts: &[&Alert]) -> View {
    let largest = history.figures.iter().map(|session| session.median).fold(0.0, f64::max);
    let (scale, title) = scale(history.measure, largest);
    let place = |session: &Session, told: Vec<String>| Dot {
        x: seconds(&session.taken_at).unwrap_or(f64::NAN),
        y: session.median * scale,
        ends: Some((
            session.median * (1.0 - 2.0 * session.error) * scale,
            session.median * (1.0 + 2.0 * session.error) * scale,
        )),
        told,
    };
    let told = |session: &Session| {
        let commit = session.commit.as_deref().unwrap_or("unknown");
        vec![
            session.taken_at.clone(),
            format!(
                "{}, {}",
                figure_words(history.measure, session.median),
                number::count(session.runs, "run")
            ),
            format!("commit {commit}"),
        ]
    };
    let own: Vec<&&Alert> = alerts.iter().filter(|alert| is_of(alert, history)).collect();
    let alarmed = history.figures.iter().filter_map(|session| {
        let alert = own.iter().find(|alert| alert.records.contains(&session.id))?;
        Some(place(
            session,
            vec![
                format!("alert: {}", alert.change),
                format!("commit {}", alert.commit.as_deref().unwrap_or("unknown")),
            ],
        ))
    });
    let kinds = vec![
        Dots {
            name: "level".to_owned(),
            colour: Colour::Quiet,
            look: Look::Stairs,
            interval: None,
            dots: levels(history, scale),
        },
        Dots {
            name: "session".to_owned(),
            interval: Some(Along::Y),
            dots: history.figures.iter().map(|session| place(session, told(session))).collect(),
            ..Dots::default()
        },
        Dots {
            name: "alert".to_owned(),
            colour: Colour::Alarm,
            look: Look::Diamonds,
            interval: None,
            dots: alarmed.collect(),
        },
    ];
    View {
        name: format!("{}, {}, {}", history.subject, history.measure, history.class),
        note: "Dots are medians of sessions, bars two standard errors of them. A shaded stretch is where a level changed: between the last \
               session of the old one and the first of the new."
            .to_owned(),
        x: Axis::Time("when the session was taken (UTC)".to_owned()),
        y: Axis::Number(title),
        dots: kinds.into_iter().filter(|kind| !kind.dots.is_empty()).collect(),
        marks: marks(history),
    }
}

/// The geometric mean of sessions.
pub(super) fn mean_of(sessions: &[Session]) -> Option<f64> {
    let medians: Vec<f64> = sessions.iter().map(|session| session.median).collect();
    Summary::of(&medians).ok()?.geometric_mean
}

/// Horizontal pieces, one for each level.
fn levels(history: &History, scale: f64) -> Vec<Dot> {
    let at = |index: usize| seconds(&history.figures[index].taken_at).unwrap_or(f64::NAN);
    let mut dots = Vec::new();
    for (number, level) in history.levels().into_iter().enumerate() {
        let changes = &history.changes.points;
        let before = number.checked_sub(1).and_then(|change| changes.get(change));
        let mean = before.map(|change| change.after).or(changes.first().map(|it| it.before));
        let mean = mean.or_else(|| mean_of(&history.figures[level.clone()]));
        let Some(mean) = mean else { continue };
        let told = vec![
            format!("level {}", figure_words(history.measure, mean)),
            crate::number::count(level.len(), "session"),
        ];
        let ends = [level.start, level.end - 1];
        dots.extend(ends.map(|index| Dot {
            x: at(index),
            y: mean * scale,
            ends: None,
            told: told.clone(),
        }));
        // A gap: levels are not joined.
        dots.push(Dot { x: at(level.end - 1), y: f64::NAN, ends: None, told: Vec::new() });
    }
    dots
}

fn marks(history: &History) -> Vec<Mark> {
    let at = |index: usize| seconds(&history.figures[index].taken_at).unwrap_or(f64::NAN);
    let mark = |change: &backcast_lab::stats::ChangePoint| Mark {
        along: Along::X,
        from: at(change.index.saturating_sub(1)),
        to: at(change.index),
        label: signed(change.ratio),
        colour: if change.ratio > 1.0 { Colour::Alarm } else { Colour::Candidate },
    };
    history.changes.points.iter().map(mark).collect()
}

/// What a figure of a measure is multiplied by for its axis, and the axis' title.
fn scale(measure: Measure, largest: f64) -> (f64, String) {
    match measure {
        Measure::Peak => (1e-6, "peak memory of one process (MB)".to_owned()),
        Measure::Wall | Measure::Cpu => {
            let unit = Unit::of(largest / 1e9);
            let what =
                if measure == Measure::Wall { "time of a run" } else { "processor time of a run" };
            (unit.amount(1e-9), unit.title(what))
        }
    }
}

fn is_of(alert: &Alert, history: &History) -> bool {
    alert.subject == history.subject
        && alert.class == history.class
        && alert.measure == history.measure
}

/// Seconds since 1970 UTC.
fn seconds(taken_at: &str) -> Option<f64> {
    Some(taken_at.parse::<Timestamp>().ok()?.as_millisecond() as f64 / 1e3)
}

fn signed(ratio: f64) -> String {
    let sign = if ratio > 1.0 { "+" } else { "" };
    sign.to_owned() + &number::percent(ratio - 1.0, 1)
}
