//! What `backcast optimize` tried as a page: gains of what was kept, one upon the other, and why the rest was taken back.

use backcast_lab::{
    optimize::{Climb, Trial, TrialOutcome},
    stats::Interval,
};
use backcast_report::{
    Cell, Format, Page, Table,
    lab::{Along, Axis, Colour, Dot, Dots, Figure, Look, Mark, Measured, View},
};

use super::{bench, runs, version};
use crate::{
    number,
    page::cells::{column, number as cell, text},
};

/// The page of a climb; `last` is the command as it stands at the end.
pub(crate) fn chain(climb: &Climb, last: &str) -> Page {
    let lead = match climb.gain {
        Some(gain) => format!("All together save {}: their gains multiplied.", words(&gain)),
        None => "Nothing is kept.".to_owned(),
    };
    let mut tables = vec![("trials".to_owned(), trials(&climb.trials))];
    tables.extend(phases(climb).map(|table| ("phases".to_owned(), table)));
    let (id, heading) = ("chain".to_owned(), "What was kept".to_owned());
    let figures = gains(climb).into_iter().collect();
    let mut manifest = vec![("Command".to_owned(), last.to_owned())];
    let first = climb.chain().next();
    if let Some(first) = first {
        manifest.push(("Results compared by".to_owned(), first.evidence.oracle.to_string()));
        let level = first.requirements.criteria.level;
        let all = bench::manifest(std::slice::from_ref(&first.session), &[], level);
        let told = ["Runs", "Taken", "Commit", "Level of intervals", "Machine"];
        manifest.extend(all.into_iter().filter(|(name, _)| told.contains(&name.as_str())));
    }
    manifest.push(version());
    Page {
        title: "Certified changes".to_owned(),
        subtitle: "One candidate at a time on top of the last certified state.".to_owned(),
        manifest,
        measured: vec![Measured { id, heading, lead, figures, tables }],
        ..Page::default()
    }
}

/// Gains of all certificates and of all together.
fn gains(climb: &Climb) -> Option<Figure> {
    let kept = climb.trials.iter().filter_map(|trial| match &trial.outcome {
        TrialOutcome::Kept(certificate) => Some((trial.candidate.clone(), certificate.gain)),
        _ => None,
    });
    let mut kept: Vec<(String, Interval)> = kept.collect();
    let each = kept.len();
    kept.extend(climb.gain.map(|gain| ("all together".to_owned(), gain)));
    if kept.is_empty() {
        return None;
    }
    let dot = |(at, (name, gain)): (usize, &(String, Interval))| Dot {
        x: gain.estimate * 100.0,
        y: at as f64,
        ends: Some((gain.low * 100.0, gain.high * 100.0)),
        told: vec![name.clone(), format!("saves {}", words(gain))],
    };
    let mut dots: Vec<Dot> = kept.iter().enumerate().map(dot).collect();
    let together = dots.split_off(each);
    let interval = Some(Along::X);
    let view = View {
        name: String::new(),
        note: "Each on top of those above it. Bars are intervals of the gain.".to_owned(),
        x: Axis::Number("time saved (%)".to_owned()),
        y: Axis::Names(kept.into_iter().map(|(name, _)| name).collect()),
        dots: vec![
            Dots { name: "certificate".to_owned(), interval, dots, ..Dots::default() },
            Dots {
                name: "all together".to_owned(),
                colour: Colour::Base,
                look: Look::Diamonds,
                interval,
                dots: together,
            },
        ],
        marks: vec![Mark { label: "none".to_owned(), ..runs::line(Along::X, 0.0, Colour::Quiet) }],
    };
    Some(Figure {
        id: "gains".to_owned(),
        title: "Gains".to_owned(),
        label: "Time saved by each certified change with its interval".to_owned(),
        views: vec![view],
    })
}

fn trials(trials: &[Trial]) -> Table {
    let columns = vec![
        column("Candidate", Format::Plain, ""),
        column("Phase", Format::Plain, ""),
        column("Outcome", Format::Plain, ""),
        column("Time saved", Format::Percent(2), ""),
        column("Low", Format::Percent(2), "lower end of its interval"),
        column("High", Format::Percent(2), "upper end of its interval"),
        column("Certificate", Format::Plain, "`backcast verify` computes it again"),
        column("Why not", Format::Plain, ""),
        column("Caution", Format::Plain, "what to know before it is used"),
    ];
    let maybe = |words: &Option<String>| words.as_deref().map_or(Cell::Missing, text);
    let row = |trial: &Trial| -> Vec<Cell> {
        let (outcome, certificate, why) = match &trial.outcome {
            TrialOutcome::Kept(certificate) => ("kept", Some(certificate), None),
            TrialOutcome::Restored(reasons) => ("taken back", None, Some(reasons.join("; "))),
            TrialOutcome::NotApplicable(why) => ("not applicable", None, Some(why.clone())),
        };
        let gain = certificate.map(|certificate| certificate.gain);
        vec![
            text(&*trial.candidate),
            maybe(&trial.phase),
            text(outcome),
            cell(gain.map(|gain| gain.estimate)),
            cell(gain.map(|gain| gain.low)),
            cell(gain.map(|gain| gain.high)),
            certificate.map_or(Cell::Missing, |it| text(&it.id[..12])),
            maybe(&why),
            maybe(&trial.caution),
        ]
    };
    Table { caption: "Candidates".to_owned(), columns, rows: trials.iter().map(row).collect() }
}

fn phases(climb: &Climb) -> Option<Table> {
    let columns = ["Phase", "Minimum", "Gain", "Reached"];
    let columns = columns.map(|name| column(name, Format::Plain, "")).into();
    let rows: Vec<Vec<Cell>> = climb
        .phases
        .iter()
        .map(|phase| {
            let gain = phase.gain.as_ref().map_or_else(|| "nothing".to_owned(), words);
            let reached = if phase.reached { "yes" } else { "no" };
            let minimum = number::percent(phase.minimum_gain, 1);
            vec![text(&*phase.name), text(minimum), text(gain), text(reached)]
        })
        .collect();
    (!rows.is_empty()).then(|| Table { caption: "Phases".to_owned(), columns, rows })
}

fn words(gain: &Interval) -> String {
    let [estimate, low, high] =
        [gain.estimate, gain.low, gain.high].map(|share| number::percent(share, 2));
    format!("{estimate} ({low} to {high})")
}
