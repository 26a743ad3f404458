//! The runs of sessions: in their order, by their distribution, in pairs.

use backcast_lab::{
    bench::{Record, Run, Session},
    stats::outliers,
};
use backcast_report::lab::{Along, Axis, Colour, Dot, Dots, Figure, Look, Mark, View};

use super::unit::Unit;
use crate::{commands::bench::time, number};

/// Runs of a whole block.
const BLOCK: u32 = 4;

/// Times of all runs in the order in which they were taken; a view for each session.
pub(super) fn in_order(sessions: &[Session]) -> Figure {
    let view = |session: &Session| {
        let unit = unit(session);
        let paired = session.base.is_some();
        let mut dots = Vec::new();
        let mut marks = Vec::new();
        let mut rings = Dots {
            name: "outlier".to_owned(),
            colour: Colour::Alarm,
            look: Look::Rings,
            ..Dots::default()
        };
        for (colour, record) in arms(session) {
            let Ok(told) = outliers(&record.wall_seconds()) else { continue };
            let each = record.runs.iter().enumerate();
            let drawn: Vec<Dot> = each.map(|(at, run)| dot(at, run, paired, unit)).collect();
            let far = drawn.iter().zip(&told.labels).filter(|(_, label)| label.is_outlier());
            rings.dots.extend(far.map(|(dot, _)| dot.clone()));
            marks.push(line(Along::Y, unit.amount(told.with.median), colour));
            let name = record.command.name.clone();
            dots.push(Dots { name, colour, dots: drawn, ..Dots::default() });
        }
        if !rings.dots.is_empty() {
            dots.push(rings);
        }
        View {
            name: session.candidate.command.name.clone(),
            note: "Lines are medians. A ring marks an outlier by Tukey's fences; none is left out."
                .to_owned(),
            x: Axis::Number("run, in the order of the session".to_owned()),
            y: Axis::Number(unit.title("time of a run")),
            dots,
            marks,
        }
    };
    Figure {
        id: "runs-in-order".to_owned(),
        title: "Runs in their order".to_owned(),
        label: "Time of each run in the order in which they were taken".to_owned(),
        views: sessions.iter().map(view).collect(),
    }
}

fn dot(at: usize, run: &Run, paired: bool, unit: Unit) -> Dot {
    let place = place(at, run, paired);
    let sample = &run.sample;
    let seconds = sample.wall_ns as f64 / 1e9;
    let mut told = vec![format!("run {}: {}", place + 1, time(seconds))];
    if sample.cpu_ns() > 0 {
        let [user, system] = [sample.user_ns, sample.system_ns].map(|ns| time(ns as f64 / 1e9));
        told.push(format!("{user} user, {system} system"));
    }
    told.extend(
        sample.peak_bytes.map(|b| format!("{} MB peak", number::grouped(b as f64 / 1e6, 1))),
    );
    Dot { x: (place + 1) as f64, y: unit.amount(seconds), ends: None, told }
}

/// How many runs took at most so long; a view for each session.
pub(super) fn distribution(sessions: &[Session]) -> Figure {
    let view = |session: &Session| {
        let unit = unit(session);
        let stairs = |(colour, record): (Colour, &Record)| {
            let mut seconds = record.wall_seconds();
            seconds.sort_unstable_by(f64::total_cmp);
            let all = seconds.len() as f64;
            let step = |(at, s): (usize, &f64)| {
                let share = (at + 1) as f64 / all;
                let told =
                    format!("{} of the runs took {} or less", number::percent(share, 0), time(*s));
                Dot { x: unit.amount(*s), y: share * 100.0, ends: None, told: vec![told] }
            };
            let begin = seconds.first().map(|s| Dot {
                x: unit.amount(*s),
                told: vec![format!("fastest: {}", time(*s))],
                ..Dot::default()
            });
            let dots = begin.into_iter().chain(seconds.iter().enumerate().map(step)).collect();
            Dots {
                name: record.command.name.clone(),
                colour,
                look: Look::Stairs,
                interval: None,
                dots,
            }
        };
        View {
            name: session.candidate.command.name.clone(),
            note:
                "The higher a step, the more runs took that long; a curve further left is faster."
                    .to_owned(),
            x: Axis::Number(unit.title("time of a run")),
            y: Axis::Number("runs that took no longer (%)".to_owned()),
            dots: arms(session).map(stairs).collect(),
            marks: Vec::new(),
        }
    };
    Figure {
        id: "distribution".to_owned(),
        title: "Distribution".to_owned(),
        label: "Share of runs that took at most so long".to_owned(),
        views: sessions.iter().map(view).collect(),
    }
}

/// Ratios of neighbouring runs with the interval of their mean; a view for each session that compares.
pub(super) fn in_pairs(sessions: &[Session], least: Option<f64>) -> Option<Figure> {
    let view = |session: &Session| {
        let comparison = session.comparison.as_ref()?;
        let percent = |ratio: f64| (ratio - 1.0) * 100.0;
        let pairs = session.pairs();
        let drawn: Vec<Dot> = pairs
            .iter()
            .enumerate()
            .map(|(at, pair)| {
                let change = percent(pair.candidate / pair.base);
                let [base, candidate] = [pair.base, pair.candidate].map(|ns| time(ns / 1e9));
                let told = vec![
                    format!("pair {}: {}", at + 1, signed(change)),
                    format!("{base} before, {candidate} now"),
                ];
                Dot { x: (at + 1) as f64, y: change, ends: None, told }
            })
            .collect();
        let both = &comparison.outliers.both;
        let rings: Vec<Dot> = both.iter().filter_map(|at| drawn.get(*at).cloned()).collect();
        let mut dots = vec![Dots { name: "pair".to_owned(), dots: drawn, ..Dots::default() }];
        if !rings.is_empty() {
            let name = "outlier on both sides".to_owned();
            dots.push(Dots {
                name,
                colour: Colour::Alarm,
                look: Look::Rings,
                dots: rings,
                ..Dots::default()
            });
        }
        let ratio = comparison.ratio;
        let band = Mark {
            to: percent(ratio.high),
            ..line(Along::Y, percent(ratio.low), Colour::Candidate)
        };
        let mut marks = vec![
            band,
            line(Along::Y, percent(ratio.estimate), Colour::Candidate),
            Mark { label: "equal".to_owned(), ..line(Along::Y, 0.0, Colour::Quiet) },
        ];
        marks.extend(
            least
                .into_iter()
                .flat_map(|least| [1.0 + least, 1.0 / (1.0 + least)])
                .map(|ratio| line(Along::Y, percent(ratio), Colour::Quiet)),
        );
        let effect = least.map_or(String::new(), |least| {
            format!(" Dotted lines are {} apart from equal.", number::percent(least, 1))
        });
        Some(View {
            name: session.candidate.command.name.clone(),
            note: format!(
                "The band is the {} interval of the mean of {}; below zero is faster.{effect}",
                number::level(ratio.level),
                number::count(comparison.blocks, "block"),
            ),
            x: Axis::Number("pair of neighbouring runs".to_owned()),
            y: Axis::Number("candidate against base (%)".to_owned()),
            dots,
            marks,
        })
    };
    let views: Vec<View> = sessions.iter().filter_map(view).collect();
    (!views.is_empty()).then(|| Figure {
        id: "pairs".to_owned(),
        title: "Pairs of runs".to_owned(),
        label: "Change from base to candidate in each pair of runs, with the interval of the mean"
            .to_owned(),
        views,
    })
}

/// Most memory of one process of each run, in their order; a view for each session that tells it.
pub(super) fn memory(sessions: &[Session]) -> Option<Figure> {
    let view = |session: &Session| {
        let paired = session.base.is_some();
        let dots = arms(session).filter_map(|(colour, record)| {
            let told = |at: usize, run: &Run| {
                let peak = run.sample.peak_bytes? as f64 / 1e6;
                let x = (place(at, run, paired) + 1) as f64;
                let told = vec![format!("run {x}: {} MB", number::grouped(peak, 1))];
                Some(Dot { x, y: peak, ends: None, told })
            };
            let dots: Vec<Dot> =
                record.runs.iter().enumerate().filter_map(|(at, run)| told(at, run)).collect();
            let name = record.command.name.clone();
            (!dots.is_empty()).then(|| Dots { name, colour, dots, ..Dots::default() })
        });
        let dots: Vec<Dots> = dots.collect();
        (!dots.is_empty()).then(|| View {
            name: session.candidate.command.name.clone(),
            note: "As the system keeps it, of the largest process of a run.".to_owned(),
            x: Axis::Number("run, in the order of the session".to_owned()),
            y: Axis::Number("peak memory (MB)".to_owned()),
            dots,
            marks: Vec::new(),
        })
    };
    let views: Vec<View> = sessions.iter().filter_map(view).collect();
    (!views.is_empty()).then(|| Figure {
        id: "memory".to_owned(),
        title: "Memory".to_owned(),
        label: "Peak memory of each run in the order in which they were taken".to_owned(),
        views,
    })
}

/// Position in the session, from 0.
fn place(at: usize, run: &Run, paired: bool) -> usize {
    if paired { (run.block * BLOCK + run.slot) as usize } else { at }
}

/// The base first, where there is one.
pub(super) fn arms(session: &Session) -> impl Iterator<Item = (Colour, &Record)> {
    let base = session.base.as_ref().map(|record| (Colour::Base, record));
    base.into_iter().chain([(Colour::Candidate, &session.candidate)])
}

/// The unit of a session's figures.
pub(super) fn unit(session: &Session) -> Unit {
    common_unit(std::slice::from_ref(session))
}

/// The unit of the longest median of several sessions.
pub(super) fn common_unit(sessions: &[Session]) -> Unit {
    let records = sessions.iter().flat_map(|session| arms(session).map(|(_, record)| record));
    let medians = records.filter_map(|record| Some(record.wall_summary().ok()?.median));
    Unit::of(medians.fold(0.0, f64::max))
}

/// A line across a figure.
pub(super) fn line(along: Along, at: f64, colour: Colour) -> Mark {
    Mark { along, from: at, to: at, label: String::new(), colour }
}

/// `+1.20 %`, `-0.30 %`.
pub(super) fn signed(percent: f64) -> String {
    let sign = if percent > 0.0 { "+" } else { "" };
    format!("{sign}{} %", number::grouped(percent, 2))
}
