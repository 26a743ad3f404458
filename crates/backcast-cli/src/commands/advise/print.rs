//! Advice for people and for programs.

use backcast_lab::{
    advise::{Advice, Place, Remedy, RuleRecord, Suggestion, TrackRecord, Tried},
    profile::{
        Profile,
        words::{percent, time},
    },
    stats::Interval,
};

pub(super) use crate::commands::profile::plain;
use crate::{
    failure::Failure,
    number,
    table::{Cell, Column, Format, Table},
    terminal::Terminal,
};

/// Callers that are named, the innermost ones.
const NAMED_CALLERS: usize = 4;

/// Prints suggestions with what became of them, and the rules that could not look.
pub(super) fn advice(
    profile: &Profile,
    advice: &Advice,
    track: &TrackRecord,
    tried: &[(String, Tried)],
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let tried = |one: &Suggestion| tried.iter().find(|(name, _)| *name == one.name).map(|it| &it.1);
    if format != Format::Table {
        let mut table = rows();
        for one in &advice.suggestions {
            table.push(row(one, tried(one), &track.rule(one.rule)));
        }
        table.print(format, terminal)?;
        for one in &advice.own_work {
            terminal.say(&format!("note: {}", own_work(one)));
        }
        for blind in &advice.blind {
            terminal.say(&format!("note: {} could not look: {}", blind.rule, plain(&blind.why)));
        }
        return Ok(());
    }
    terminal.print(&format!("{}, {}\n", plain(&profile.name), time(profile.wall_ns)))?;
    if advice.suggestions.is_empty() {
        terminal.print("\nnothing to suggest\n")?;
    }
    for one in &advice.suggestions {
        terminal.print(&suggestion(one, tried(one), &track.rule(one.rule)))?;
    }
    if !advice.own_work.is_empty() {
        terminal.print("\nWork of the engine itself, which no option changes\n")?;
    }
    for one in &advice.own_work {
        terminal.print(&format!("  - {}\n", own_work(one)))?;
    }
    if !advice.blind.is_empty() {
        terminal.print("\nCould not look\n")?;
    }
    for blind in &advice.blind {
        terminal.print(&format!("  - {}: {}\n", blind.rule, plain(&blind.why)))?;
    }
    Ok(())
}

/// What only a change of Backcast itself would bring.
fn own_work(one: &Suggestion) -> String {
    format!("{}: at most {} of the wall time", plain(&one.name), percent(one.prediction.gain.high))
}

fn suggestion(one: &Suggestion, tried: Option<&Tried>, record: &RuleRecord) -> String {
    let gain = one.prediction.gain;
    let known = match record.measured() {
        0 => String::new(),
        n => format!("; {} of {} held before", record.held, number::count(n, "trial")),
    };
    let mut lines = vec![
        format!("\n{}", plain(&one.name)),
        format!("  {}", plain(&one.evidence)),
        format!("  where     {}", plain(&place(&one.place))),
        format!(
            "  predicted saves {} to {} of the wall time{known}",
            percent(gain.low),
            percent(gain.high)
        ),
        format!("            {}", one.prediction.bounds),
        format!("  do        {}", plain(&one.advice)),
    ];
    lines.extend(match (tried, &one.remedy) {
        (Some(tried), _) => measured(tried),
        (None, Remedy::ByHand) => {
            vec![format!("  try       --try {} --with 'CHANGED COMMAND'", plain(&one.name))]
        }
        (None, _) => vec![format!("  try       --try {}", plain(&one.name))],
    });
    lines.join("\n") + "\n"
}

fn measured(tried: &Tried) -> Vec<String> {
    let mut lines = Vec::new();
    match (tried.equal, tried.gain) {
        (false, _) => lines.push(format!(
            "  tried     a result moved, so it was not timed: {}",
            plain(&tried.equality)
        )),
        (true, Some(gain)) => lines.push(format!(
            "  measured  saves {} ({} to {}), with results equal by {}",
            percent(gain.estimate),
            percent(gain.low),
            percent(gain.high),
            plain(&tried.equality)
        )),
        (true, None) => lines.push("  tried     too few runs for an interval".to_owned()),
    }
    let doubts = tried.doubts.iter().map(|doubt| format!("            not to be trusted: {doubt}"));
    lines.extend(doubts);
    lines.push(format!("            by {}", plain(&tried.change)));
    lines
}

fn place(place: &Place) -> String {
    let path = &place.path[place.path.len().saturating_sub(NAMED_CALLERS)..];
    let more = if path.len() < place.path.len() { "… › " } else { "" };
    let at = match place.short() {
        at if place.file.is_some() => format!("  {at}"),
        _ => String::new(),
    };
    match path.is_empty() {
        true if at.is_empty() => "the whole command".to_owned(),
        _ => format!("{more}{}{at}", path.join(" › ")),
    }
}

fn rows() -> Table {
    let columns = [
        "rule",
        "name",
        "evidence",
        "path",
        "file",
        "line",
        "predicted_gain",
        "predicted_low",
        "predicted_high",
        "bounds",
        "advice",
        "takes",
        "equal",
        "measured_gain",
        "measured_low",
        "measured_high",
        "change",
        "doubts",
        "rule_predictions",
        "rule_tried",
        "rule_held",
    ];
    Table::new(columns.map(Column::new).to_vec())
}

fn row(one: &Suggestion, tried: Option<&Tried>, record: &RuleRecord) -> Vec<Cell> {
    let gain = one.prediction.gain;
    let measured = tried.and_then(|tried| tried.gain);
    let end = |of: fn(&Interval) -> f64| Cell::from(measured.as_ref().map(of));
    let takes = match one.remedy {
        Remedy::ByHand => "a hand",
        Remedy::Settings(_) => "settings",
        Remedy::Bundle => "a bundle",
    };
    let doubts = tried.filter(|tried| !tried.doubts.is_empty());
    vec![
        one.rule.name().into(),
        one.name.as_str().into(),
        one.evidence.as_str().into(),
        one.place.path.join(" › ").into(),
        Cell::from(one.place.file.as_deref()),
        Cell::from(one.place.line.map(f64::from)),
        gain.estimate.into(),
        gain.low.into(),
        gain.high.into(),
        one.prediction.bounds.as_str().into(),
        one.advice.as_str().into(),
        takes.into(),
        Cell::from(tried.map(|tried| tried.equal)),
        end(|gain| gain.estimate),
        end(|gain| gain.low),
        end(|gain| gain.high),
        Cell::from(tried.map(|tried| tried.change.as_str())),
        Cell::from(doubts.map(|tried| tried.doubts.join("; "))),
        record.predictions.into(),
        record.tried.into(),
        record.held.into(),
    ]
}
