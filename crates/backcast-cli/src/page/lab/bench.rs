//! Sessions of `backcast bench` as a page.

use backcast_lab::{
    baseline::Judgement,
    bench::{Record, Session, Setting, export::word},
};
use backcast_report::{
    Cell, Format, Page, Table,
    lab::{Figure, Measured},
};

use super::{estimates, machine, runs, together, version};
use crate::{
    commands::bench::{Against, time, verdict_sentence},
    number,
    page::cells::{column, number as cell, text},
};

/// Sessions and what is known about them.
#[derive(Clone, Copy)]
pub(crate) struct Benches<'a> {
    /// One or several.
    pub(crate) sessions: &'a [Session],
    /// What stood in place of scanned names, for each session; one empty setting, or none, without scans.
    pub(crate) settings: &'a [Setting],
    /// What kept sessions say of each; none where they were not asked.
    pub(crate) against: &'a [Against],
    /// Level of intervals.
    pub(crate) level: f64,
    /// Commands that differ by less are equivalent, where that is known.
    pub(crate) least: Option<f64>,
}

/// The page of one session or of several.
pub(crate) fn bench(benches: &Benches<'_>) -> Page {
    let Benches { sessions, settings: scanned, against, level, least } = *benches;
    let mut measured = Vec::new();
    let mut figures = Vec::new();
    if let [session] = sessions {
        figures.extend(runs::in_pairs(sessions, least));
        let lead = session.comparison.as_ref().map_or(String::new(), |comparison| {
            let noise = session.noise.map_or_else(
                || "too few runs for an A/A check".to_owned(),
                |noise| {
                    let floor = number::percent(noise.floor, 2);
                    format!("A/A: a command equals itself within {floor}")
                },
            );
            format!("The candidate is {}. {noise}.", verdict_sentence(comparison))
        });
        figures.extend([runs::in_order(sessions), runs::distribution(sessions)]);
        figures.extend(runs::memory(sessions));
        measured.push(section("runs", "Runs", lead, figures, tables(sessions, level)));
    } else {
        let scan = together::scan(sessions, scanned, level);
        let figures = [
            scan,
            together::ratios(sessions),
            scanned.iter().all(Vec::is_empty).then(|| together::times(sessions, level)),
        ];
        let figures = figures.into_iter().flatten().collect();
        let all = vec![("sessions".to_owned(), together::overview(sessions))];
        measured.push(section("together", "All together", together::lead(sessions), figures, all));
        let each = [
            runs::in_pairs(sessions, least),
            Some(runs::in_order(sessions)),
            Some(runs::distribution(sessions)),
            runs::memory(sessions),
        ];
        let each = each.into_iter().flatten().collect();
        measured.push(section("runs", "Runs", String::new(), each, tables(sessions, level)));
    }
    measured.extend(by_baselines(sessions, against));
    if let Some(table) = sessions.iter().find_map(machine::table) {
        let tables = vec![("machine-facts".to_owned(), table)];
        measured.push(section("machine", "Machine", String::new(), Vec::new(), tables));
    }
    let (title, subtitle) = match sessions {
        [one] => match &one.base {
            Some(base) => (
                format!("{} against {}", one.candidate.command.name, base.command.name),
                "Runs of both in turns, compared in pairs of neighbours.".to_owned(),
            ),
            None => (one.candidate.command.name.clone(), "Runs in fresh processes.".to_owned()),
        },
        _ => ("Benchmarks".to_owned(), "Each command in a session of its own.".to_owned()),
    };
    Page {
        title,
        subtitle,
        manifest: manifest(sessions, scanned, level),
        notices: notices(sessions),
        measured,
        ..Page::default()
    }
}

fn section(
    id: &str,
    heading: &str,
    lead: String,
    figures: Vec<Figure>,
    tables: Vec<(String, Table)>,
) -> Measured {
    Measured { id: id.to_owned(), heading: heading.to_owned(), lead, figures, tables }
}

fn tables(sessions: &[Session], level: f64) -> Vec<(String, Table)> {
    let mut tables = vec![("estimates".to_owned(), estimates::estimates(sessions, level))];
    tables.extend(estimates::costs(sessions).map(|table| ("costs".to_owned(), table)));
    tables
}

/// Everything that is needed to measure it again.
pub(super) fn manifest(
    sessions: &[Session],
    scanned: &[Setting],
    level: f64,
) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
    if let [session] = sessions {
        add("Candidate", words(&session.candidate));
        if let Some(base) = &session.base {
            add("Base", words(base));
        }
    } else {
        add("Commands", number::grouped(sessions.len() as f64, 0));
    }
    for (at, (name, _)) in scanned.first().into_iter().flatten().enumerate() {
        let mut values: Vec<&str> = Vec::new();
        for (_, value) in scanned.iter().filter_map(|setting| setting.get(at)) {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        add("Scanned", format!("{name} = {}", values.join(", ")));
    }
    let counts = sessions.iter().map(|session| session.candidate.runs.len());
    let (fewest, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    let of_each =
        if sessions.iter().any(|session| session.base.is_some()) { " of each side" } else { "" };
    add(
        "Runs",
        if fewest == most {
            format!("{most}{of_each}")
        } else {
            format!("{fewest} to {most}{of_each}")
        },
    );
    let mut taken: Vec<&str> =
        sessions.iter().map(|session| session.candidate.taken_at.as_str()).collect();
    taken.sort_unstable();
    taken.dedup();
    add(
        "Taken",
        match &taken[..] {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [first, .., last] => format!("{first} to {last}"),
        },
    );
    let first = sessions.first();
    if let Some(commit) = first.and_then(|session| session.candidate.commit.clone()) {
        add("Commit", commit);
    }
    add("Level of intervals", number::percent(level, 1));
    if let Some(machine) = first.and_then(|session| session.candidate.machine.as_ref()) {
        add("Machine", machine::words(machine));
    }
    pairs.push(version());
    pairs
}

/// The command with what was added to its environment.
fn words(record: &Record) -> String {
    let command = &record.command;
    let argv = if command.argv.is_empty() { command.name.clone() } else { command.argv.join(" ") };
    let env = command.env.iter().map(|(name, value)| format!("{name}={value} "));
    env.collect::<String>() + &argv
}

/// What speaks against the figures.
fn notices(sessions: &[Session]) -> Vec<String> {
    let mut notices = Vec::new();
    for session in sessions {
        let name = &session.candidate.command.name;
        notices.extend(session.doubts.iter().map(|doubt| format!("{name}: {doubt}")));
        if session.stopped {
            notices.push(format!("{name}: stopped before all runs were taken"));
        }
    }
    notices
}

/// What kept sessions say.
fn by_baselines(sessions: &[Session], against: &[Against]) -> Option<Measured> {
    let columns = vec![
        column("Command", Format::Plain, ""),
        column("Verdict", Format::Plain, "of the time of a run"),
        column("Before", Format::Plain, "level of the kept sessions"),
        column("Now", Format::Plain, "median of this session"),
        column("Change", Format::Percent(1), "of the time of a run"),
        column("Low", Format::Percent(1), "lower end of its interval"),
        column("High", Format::Percent(1), "upper end of its interval"),
        column("Tells from", Format::Percent(1), "smallest increase that such sessions show"),
        column("Sessions", Format::Decimals(0), "that the level is made of"),
        column("Memory", Format::Percent(1), "change of peak memory"),
    ];
    let rows: Vec<Vec<Cell>> = sessions
        .iter()
        .zip(against)
        .map(|(session, against)| {
            let told = against.told.as_ref();
            let percent = |of: fn(&Judgement) -> f64| cell(told.map(of));
            let seconds = |of: fn(&Judgement) -> f64| {
                told.map_or(Cell::Missing, |told| text(time(of(told) / 1e9)))
            };
            vec![
                text(&*session.candidate.command.name),
                against.verdict.map_or_else(|| text("no baseline"), |verdict| text(word(verdict))),
                seconds(|told| told.before),
                seconds(|told| told.now),
                percent(|told| told.ratio.estimate - 1.0),
                percent(|told| told.ratio.low - 1.0),
                percent(|told| told.ratio.high - 1.0),
                percent(|told| told.floor),
                percent(|told| told.sessions as f64),
                cell(against.memory.map(|ratio| ratio.estimate - 1.0)),
            ]
        })
        .collect();
    let lead = "Unpaired: kept sessions are of other hours, so their spread decides, and small changes do not show.";
    let caption = "Against kept sessions of the same class of machines".to_owned();
    let table = ("against-baselines".to_owned(), Table { caption, columns, rows });
    let (id, heading) = ("baseline", "Against baselines");
    (!against.is_empty()).then(|| section(id, heading, lead.to_owned(), Vec::new(), vec![table]))
}
