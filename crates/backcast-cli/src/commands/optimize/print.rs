//! What became of the candidates.

use backcast_lab::{
    child::{Subject, quoted},
    optimize::{Climb, Trial, TrialOutcome},
    stats::Interval,
};

use crate::{
    failure::Failure,
    table::{Cell, Column, Format, Show, Table},
    terminal::Terminal,
};

/// A line for those who wait.
pub(super) fn line(trial: &Trial) -> String {
    let said = match &trial.outcome {
        TrialOutcome::Kept(certificate) => format!("kept, saves {}", percent(certificate.gain)),
        TrialOutcome::Restored(reasons) => format!("restored: {}", reasons.join("; ")),
        TrialOutcome::NotApplicable(why) => format!("not applicable: {why}"),
    };
    format!("{}: {said}", trial.candidate)
}

/// All candidates, the whole gain, the phases, and the command as it stands at the end.
pub(super) fn climb(
    climb: &Climb,
    last: &Subject,
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let share = |name: &str| Column::new(name).show(Show::Percent(2));
    let mut table = Table::new(vec![
        Column::new("candidate"),
        Column::new("phase"),
        Column::new("outcome"),
        share("time_saved"),
        share("low"),
        share("high"),
        Column::new("certificate"),
        Column::new("why"),
        Column::new("caution"),
    ]);
    for trial in &climb.trials {
        table.push(row(trial));
    }
    match format {
        Format::Json => return terminal.print(&document(climb, &table, last)),
        // A file of one table holds no more.
        Format::Csv => return table.print(format, terminal),
        Format::Table | Format::Markdown => table.print(format, terminal)?,
    }
    let whole = match climb.gain {
        Some(gain) => format!("\nall together save {}: their gains multiplied\n", percent(gain)),
        None => "\nnothing is kept\n".to_owned(),
    };
    terminal.print(&whole)?;
    for phase in &climb.phases {
        let gain = phase.gain.map_or_else(|| "nothing".to_owned(), percent);
        let word = match (phase.reached, climb.stopped) {
            (true, _) => "reached",
            (false, true) => "not reached yet",
            (false, false) => "not reached",
        };
        let (name, minimum) = (&phase.name, phase.minimum_gain * 100.0);
        terminal.print(&format!("phase {name}: {gain}; its minimum of {minimum} % is {word}\n"))?;
    }
    if climb.gain.is_some() {
        let now = command(last, &climb.state.processors);
        terminal.print(&format!("the command now: {now}\n"))?;
    }
    Ok(())
}

/// All that is told to people, as one JSON document.
fn document(climb: &Climb, table: &Table, last: &Subject) -> String {
    let document = serde_json::json!({
        "candidates": table.json_rows(),
        "saved": climb.gain,
        "phases": climb.phases,
        "stopped": climb.stopped,
        "command": command(last, &climb.state.processors),
    });
    format!("{document:#}\n")
}

fn row(trial: &Trial) -> Vec<Cell> {
    let text = |text: &Option<String>| text.as_deref().map_or(Cell::Missing, Cell::from);
    let (outcome, gain, id, why) = match &trial.outcome {
        TrialOutcome::Kept(certificate) => {
            ("kept", Some(certificate.gain), Cell::from(&certificate.id[..12]), Cell::Missing)
        }
        TrialOutcome::Restored(reasons) => {
            ("restored", None, Cell::Missing, Cell::from(reasons.join("; ")))
        }
        TrialOutcome::NotApplicable(why) => {
            ("not applicable", None, Cell::Missing, Cell::from(why.as_str()))
        }
    };
    let number = |of: fn(&Interval) -> f64| gain.as_ref().map_or(Cell::Missing, |it| of(it).into());
    vec![
        trial.candidate.as_str().into(),
        text(&trial.phase),
        outcome.into(),
        number(|gain| gain.estimate),
        number(|gain| gain.low),
        number(|gain| gain.high),
        id,
        why,
        text(&trial.caution),
    ]
}

fn percent(gain: Interval) -> String {
    let Interval { estimate, low, high, .. } = gain;
    format!("{:.2} % ({:.2} to {:.2} %)", estimate * 100.0, low * 100.0, high * 100.0)
}

/// A command as people would type it, with the variables and the processors that it was given.
pub(super) fn command(subject: &Subject, processors: &[usize]) -> String {
    let env = subject.env.iter().map(|(name, value)| {
        format!("{}={}", name.to_string_lossy(), quoted(&value.to_string_lossy()))
    });
    let list: Vec<String> = processors.iter().map(usize::to_string).collect();
    let pinned = (!list.is_empty()).then(|| format!("taskset -c {}", list.join(",")));
    let words = std::iter::once(subject.line());
    env.chain(pinned).chain(words).collect::<Vec<_>>().join(" ")
}
