//! Several sessions side by side: verdicts, ratios, times, times over a parameter.

use backcast_lab::{
    bench::{Outcome, Record, Session, Setting, export::verdict_word},
    stats::{Verdict, positive_interval},
};
use backcast_report::{
    Cell, Format, Table,
    lab::{Along, Axis, Colour, Dot, Dots, Figure, Look, Mark, View},
};

use super::runs;
use crate::{
    commands::bench::{time, verdict_sentence},
    number,
    page::cells::{column, number as cell, text},
};

/// Times further apart than this are drawn on a logarithmic scale.
const FAR_APART: f64 = 20.0;

/// How many sessions say what.
pub(super) fn lead(sessions: &[Session]) -> String {
    let compared = sessions.iter().filter(|session| session.comparison.is_some()).count();
    if compared == 0 {
        return String::new();
    }
    let of = |outcome: Outcome| {
        let those = sessions
            .iter()
            .filter(|session| session.comparison.is_some() && session.outcome() == outcome);
        those.count()
    };
    format!(
        "Of {}, {} proven slower, {} could not be measured.",
        number::count(compared, "comparison"),
        match of(Outcome::Regressed) {
            1 => "1 is".to_owned(),
            n => format!("{n} are"),
        },
        of(Outcome::CouldNotMeasure),
    )
}

/// A row for each session.
pub(super) fn overview(sessions: &[Session]) -> Table {
    let unit = runs::common_unit(sessions);
    let columns = vec![
        column("Command", Format::Plain, ""),
        column(&unit.title("Median"), Format::Decimals(3), ""),
        column(&unit.title("Deviation"), Format::Decimals(3), "standard deviation of the runs"),
        column("Outliers", Format::Decimals(0), "runs beyond Tukey's fences"),
        column("Peak (MB)", Format::Decimals(1), "most memory of one process in any run"),
        column("Against base", Format::Percent(2), "change of time from base to candidate"),
        column("Low", Format::Percent(2), "lower end of its interval"),
        column("High", Format::Percent(2), "upper end of its interval"),
        column("Verdict", Format::Plain, "docs/benchmarking.md says how to read it"),
        column("Doubts", Format::Plain, "why a session is not to be trusted"),
    ];
    let row = |session: &Session| -> Vec<Cell> {
        let record = &session.candidate;
        let told = backcast_lab::stats::outliers(&record.wall_seconds()).ok();
        let wall = told.as_ref().map(|told| &told.with);
        let ratio = session.comparison.as_ref().map(|comparison| comparison.ratio);
        let doubts: Vec<String> = session.doubts.iter().map(ToString::to_string).collect();
        vec![
            text(&*record.command.name),
            cell(wall.map(|wall| unit.amount(wall.median))),
            cell(wall.and_then(|wall| wall.deviation).map(|s| unit.amount(s))),
            cell(told.as_ref().map(|told| told.count() as f64)),
            cell(record.peak_bytes().map(|bytes| bytes as f64 / 1e6)),
            cell(ratio.map(|ratio| ratio.estimate - 1.0)),
            cell(ratio.map(|ratio| ratio.low - 1.0)),
            cell(ratio.map(|ratio| ratio.high - 1.0)),
            verdict_word(session).map_or(Cell::Missing, text),
            if doubts.is_empty() { Cell::Missing } else { text(doubts.join("; ")) },
        ]
    };
    Table { caption: "Sessions".to_owned(), columns, rows: sessions.iter().map(row).collect() }
}

/// Ratios of all sessions that compare, with their intervals.
pub(super) fn ratios(sessions: &[Session]) -> Option<Figure> {
    let compared: Vec<&Session> =
        sessions.iter().filter(|session| session.comparison.is_some()).collect();
    if compared.is_empty() {
        return None;
    }
    let percent = |ratio: f64| (ratio - 1.0) * 100.0;
    let mut kinds: [Dots; 3] = [
        ("not slower", Colour::Candidate),
        ("slower", Colour::Alarm),
        ("inconclusive or doubtful", Colour::Quiet),
    ]
    .map(|(name, colour)| Dots {
        name: name.to_owned(),
        colour,
        interval: Some(Along::X),
        ..Dots::default()
    });
    for (at, session) in compared.iter().enumerate() {
        let Some(comparison) = &session.comparison else { continue };
        let ratio = comparison.ratio;
        let kind = match comparison.verdict {
            _ if !session.doubts.is_empty() => 2,
            Verdict::Faster | Verdict::Equivalent { .. } => 0,
            Verdict::Slower => 1,
            Verdict::Inconclusive { .. } => 2,
        };
        let mut told = vec![session.candidate.command.name.clone(), verdict_sentence(comparison)];
        told.push(format!(
            "{} to {}",
            runs::signed(percent(ratio.low)),
            runs::signed(percent(ratio.high))
        ));
        kinds[kind].dots.push(Dot {
            x: percent(ratio.estimate),
            y: at as f64,
            ends: Some((percent(ratio.low), percent(ratio.high))),
            told,
        });
    }
    let view = View {
        name: String::new(),
        note: "Left of equal is faster. Bars are intervals of the mean ratio.".to_owned(),
        x: Axis::Number("candidate against base (%)".to_owned()),
        y: Axis::Names(
            compared.iter().map(|session| session.candidate.command.name.clone()).collect(),
        ),
        dots: kinds.into_iter().filter(|kind| !kind.dots.is_empty()).collect(),
        marks: vec![Mark { label: "equal".to_owned(), ..runs::line(Along::X, 0.0, Colour::Quiet) }],
    };
    Some(Figure {
        id: "ratios".to_owned(),
        title: "Candidates against bases".to_owned(),
        label: "Change of time of each comparison with its interval".to_owned(),
        views: vec![view],
    })
}

/// Mean times of all sessions, with their intervals.
pub(super) fn times(sessions: &[Session], level: f64) -> Figure {
    let unit = runs::common_unit(sessions);
    let mut dots = Vec::new();
    for (at, session) in sessions.iter().enumerate() {
        dots.extend(mean(&session.candidate, level).map(|(mean, low, high, told)| Dot {
            x: unit.amount(mean),
            y: at as f64,
            ends: Some((unit.amount(low), unit.amount(high))),
            told,
        }));
    }
    let means: Vec<f64> = dots.iter().map(|dot| dot.x).collect();
    let title = unit.title("mean time of a run");
    let x = if far_apart(&means) { Axis::Logarithm(title) } else { Axis::Number(title) };
    let view = View {
        name: String::new(),
        note: format!("Bars are {} intervals of the mean.", number::percent(level, 0)),
        x,
        y: Axis::Names(
            sessions.iter().map(|session| session.candidate.command.name.clone()).collect(),
        ),
        dots: vec![Dots { interval: Some(Along::X), dots, ..Dots::default() }],
        marks: Vec::new(),
    };
    Figure {
        id: "times".to_owned(),
        title: "Times".to_owned(),
        label: "Mean time of each command with its interval".to_owned(),
        views: vec![view],
    }
}

/// Mean with its interval, seconds; the mean itself where one run has none.
fn mean(record: &Record, level: f64) -> Option<(f64, f64, f64, Vec<String>)> {
    let summary = record.wall_summary().ok()?;
    let interval = positive_interval(&record.wall_seconds(), level).ok();
    let (low, high) = interval.map_or((summary.mean, summary.mean), |it| (it.low, it.high));
    let told = vec![
        record.command.name.clone(),
        format!("mean {} ({} to {})", time(summary.mean), time(low), time(high)),
        format!("median {}, {}", time(summary.median), number::count(summary.n, "run")),
    ];
    Some((summary.mean, low, high, told))
}

fn far_apart(values: &[f64]) -> bool {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    low > 0.0 && high / low > FAR_APART
}

/// Times over the first scanned parameter; a view for each combination of the others.
pub(super) fn scan(sessions: &[Session], scanned: &[Setting], level: f64) -> Option<Figure> {
    let (parameter, _) = scanned.first()?.first()?;
    let unit = runs::common_unit(sessions);
    let both: Vec<(&Session, &Setting)> = sessions.iter().zip(scanned).collect();
    let value =
        |setting: &Setting| setting.first().map(|(_, value)| value.clone()).unwrap_or_default();
    let mut values: Vec<String> = Vec::new();
    for (_, setting) in &both {
        let value = value(setting);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let numbers: Option<Vec<f64>> = values.iter().map(|text| text.parse().ok()).collect();
    let x = match &numbers {
        Some(numbers) if far_apart(numbers) => Axis::Logarithm(parameter.clone()),
        Some(_) => Axis::Number(parameter.clone()),
        None => Axis::Names(values.clone()),
    };
    let place = |text: &str| {
        let at = values.iter().position(|value| value == text).unwrap_or(0);
        numbers.as_ref().map_or(at as f64, |numbers| numbers[at])
    };
    let mut others: Vec<&[(String, String)]> = Vec::new();
    for (_, setting) in &both {
        if !others.contains(&&setting[1..]) {
            others.push(&setting[1..]);
        }
    }
    let view = |rest: &&[(String, String)]| {
        let those = || both.iter().filter(|(_, setting)| setting[1..] == **rest);
        let line = |colour: Colour, name: &str, of: fn(&Session) -> Option<&Record>| {
            let dots: Vec<Dot> = those()
                .filter_map(|(session, setting)| {
                    let (mean, low, high, mut told) = mean(of(session)?, level)?;
                    told[0] = equations(setting);
                    let ends = Some((unit.amount(low), unit.amount(high)));
                    Some(Dot { x: place(&value(setting)), y: unit.amount(mean), ends, told })
                })
                .collect();
            Dots { name: name.to_owned(), colour, look: Look::Line, interval: Some(Along::Y), dots }
        };
        let lines = [
            line(Colour::Base, "base", |session| session.base.as_ref()),
            line(Colour::Candidate, "candidate", |session| Some(&session.candidate)),
        ];
        View {
            name: equations(rest),
            note: format!("Bars are {} intervals of the mean.", number::percent(level, 0)),
            x: x.clone(),
            y: Axis::Number(unit.title("mean time of a run")),
            dots: lines.into_iter().filter(|line| !line.dots.is_empty()).collect(),
            marks: Vec::new(),
        }
    };
    Some(Figure {
        id: "scan".to_owned(),
        title: format!("Time by {parameter}"),
        label: format!("Mean time of a run for each value of {parameter}"),
        views: others.iter().map(view).collect(),
    })
}

/// `N = 4, M = 2`.
fn equations(setting: &[(String, String)]) -> String {
    let each: Vec<String> =
        setting.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    each.join(", ")
}
