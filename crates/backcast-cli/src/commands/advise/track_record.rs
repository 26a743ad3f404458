//! `--record`: what became of the predictions of each rule.

use backcast_lab::advise::{AdviceStore, Kept};

use crate::{
    failure::Failure,
    number,
    table::{Cell, Column, Format, Show, Table},
    terminal::Terminal,
};

/// A row for each rule that ever suggested something.
pub(super) fn print(
    store: &AdviceStore,
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let kept = store.contents()?;
    let mut table = Table::new(vec![
        Column::new("rule"),
        Column::new("predictions"),
        Column::new("tried"),
        Column::new("held"),
        Column::new("coverage").show(Show::Percent(0)),
        Column::new("results_moved"),
        Column::new("median_gain").show(Show::Percent(2)),
        Column::new("weight").show(Show::Digits(2)),
    ]);
    for (name, rule) in &kept.track_record().rules {
        table.push(vec![
            name.as_str().into(),
            rule.predictions.into(),
            rule.tried.into(),
            rule.held.into(),
            Cell::from(rule.coverage()),
            rule.moved.into(),
            Cell::from(rule.median_gain),
            rule.trust().into(),
        ]);
    }
    table.print(format, terminal)?;
    if format == Format::Table {
        terminal.print(&format!(
            "\n{}; held: the measured interval meets the predicted one; weight: what a prediction of the rule is multiplied with \
             to rank it, measured by predicted gain\n",
            number::count(kept.records.len(), "record")
        ))?;
    }
    terminal.flush()?;
    tell_unread(&kept, terminal);
    Ok(())
}

/// Files that were left out.
pub(super) fn tell_unread(kept: &Kept, terminal: &mut Terminal) {
    for unread in &kept.unread {
        terminal.say(&format!("note: left out: {}", unread.error));
    }
}
