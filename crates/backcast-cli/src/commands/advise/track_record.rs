//! `--record`: what became of the predictions, by rules and one by one.

use backcast_lab::{
    advise::{AdviceStore, Entry, Kept, Record, TrackRecord, Tried},
    stats::Interval,
};

use crate::{
    failure::Failure,
    number,
    table::{Cell, Column, Format, Show, Table},
    terminal::Terminal,
};

/// What became of all predictions: by rules, and one by one where they were tried. People read both.
pub(super) fn print(
    store: &AdviceStore,
    trials_alone: bool,
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let kept = store.contents()?;
    let track = kept.track_record();
    if !trials_alone {
        by_rule(&track).print(format, terminal)?;
    }
    if trials_alone || format == Format::Table {
        let trials = trials(&kept, &track);
        if !trials_alone && !trials.is_empty() {
            terminal.print("\n")?;
        }
        if trials_alone || !trials.is_empty() {
            trials.print(format, terminal)?;
        }
    }
    if format == Format::Table {
        terminal.print(&format!(
            "\n{}; held: the measured interval meets the predicted one; a result that moved was not timed; weight: what a prediction \
             of the rule is multiplied with to rank it, measured by predicted gain\n",
            number::count(kept.records.len(), "record")
        ))?;
    }
    terminal.flush()?;
    tell_unread(&kept, terminal);
    Ok(())
}

/// A row for each rule that ever suggested something, those that held first.
fn by_rule(track: &TrackRecord) -> Table {
    let mut table = Table::new(vec![
        Column::new("rule"),
        Column::new("predictions"),
        Column::new("tried"),
        Column::new("results_moved"),
        Column::new("measured"),
        Column::new("held"),
        Column::new("coverage").show(Show::Percent(0)),
        Column::new("median_gain").show(Show::Percent(2)),
        Column::new("weight").show(Show::Digits(2)),
    ]);
    for (name, rule) in track.ranked() {
        table.push(vec![
            name.into(),
            rule.predictions.into(),
            rule.tried.into(),
            rule.moved.into(),
            rule.measured().into(),
            rule.held.into(),
            Cell::from(rule.coverage()),
            Cell::from(rule.median_gain),
            rule.trust().into(),
        ]);
    }
    table
}

/// A row for each prediction that was tried: rules in the order of [`by_rule`], the oldest first.
fn trials(kept: &Kept, track: &TrackRecord) -> Table {
    let share = |name| Column::new(name).show(Show::Percent(2));
    let mut table = Table::new(vec![
        Column::new("when"),
        Column::new("rule"),
        Column::new("what"),
        share("predicted_low"),
        share("predicted_high"),
        share("measured"),
        share("measured_low"),
        share("measured_high"),
        Column::new("held"),
    ]);
    let all = kept.records.iter();
    let all: Vec<(&Record, &Entry)> =
        all.flat_map(|record| record.entries.iter().map(move |entry| (record, entry))).collect();
    for (name, _) in track.ranked() {
        for (record, entry) in all.iter().filter(|(_, entry)| entry.rule == name) {
            let Some(tried) = &entry.tried else { continue };
            let predicted = entry.predicted.gain;
            let end = |of: fn(&Interval) -> f64| Cell::from(tried.gain.as_ref().map(of));
            table.push(vec![
                record.taken_at.as_str().into(),
                name.into(),
                place(entry).into(),
                predicted.low.into(),
                predicted.high.into(),
                end(|gain| gain.estimate),
                end(|gain| gain.low),
                end(|gain| gain.high),
                outcome(tried, &predicted).into(),
            ]);
        }
    }
    table
}

/// Where, as the name of the suggestion says it behind its rule.
fn place(entry: &Entry) -> &str {
    entry.name.strip_prefix(&format!("{}@", entry.rule)).unwrap_or(&entry.name)
}

fn outcome(tried: &Tried, predicted: &Interval) -> &'static str {
    match tried {
        Tried { equal: false, .. } => "a result moved",
        Tried { gain: None, .. } => "too few runs",
        Tried { doubts, .. } if !doubts.is_empty() => "in doubt",
        tried if tried.holds(predicted) => "held",
        _ => "missed",
    }
}

/// Files that were left out.
pub(super) fn tell_unread(kept: &Kept, terminal: &mut Terminal) {
    for unread in &kept.unread {
        terminal.say(&format!("note: left out: {}", unread.error));
    }
}
