//! `backcast baseline history`: what a command took over time, and where that changed.

use backcast_lab::baseline::{Contents, Subject};

use super::{MeasureWord, contents, own_store, show};
use crate::{
    failure::{Failure, nearest},
    measuring::share,
    table::{Column, Format, Table},
    terminal::Terminal,
};

/// See what commands took over time, and where that changed
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Commands by their names; all if not given
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// What to look at
    #[arg(long, value_enum, value_name = "WHAT", default_value = "wall")]
    measure: MeasureWord,
    /// One class of machines, by its key
    #[arg(long, value_name = "KEY")]
    class: Option<String>,
    /// Smaller changes are not looked for
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    minimum_change: f64,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let store = own_store()?;
    let contents = contents(&store, terminal)?;
    let subjects = chosen(&contents, args)?;
    let measure = args.measure.measure();
    let mut table = Table::new(columns(args.format));
    let mut notes = Vec::new();
    for subject in &subjects {
        let history =
            contents.history(&subject.name, &subject.class, measure, args.minimum_change)?;
        for (i, figure) in history.figures.iter().enumerate() {
            let point = history.changes.points.iter().find(|point| point.index == i);
            let row = match args.format {
                Format::Table => vec![
                    subject.name.as_str().into(),
                    subject.class.as_str().into(),
                    figure.taken_at.as_str().into(),
                    figure.commit.clone().into(),
                    show::figure(measure, figure.median).into(),
                    point.map(|point| show::change(point.ratio)).into(),
                ],
                _ => vec![
                    subject.name.as_str().into(),
                    subject.class.as_str().into(),
                    measure.name().into(),
                    figure.taken_at.as_str().into(),
                    figure.commit.clone().into(),
                    figure.id.as_str().into(),
                    figure.runs.into(),
                    figure.median.into(),
                    figure.error.into(),
                    point.map(|point| point.ratio).into(),
                    point.map(|point| point.p).into(),
                ],
            };
            table.push(row);
        }
        if history.changes.wanders {
            notes.push(format!(
                "note: {} on {} wanders (each session resembles the one before, r = {:.2}): changes may be the machine's",
                subject.name, subject.class, history.changes.autocorrelation
            ));
        }
    }
    table.print(args.format, terminal)?;
    terminal.flush()?;
    notes.iter().for_each(|note| terminal.say(note));
    Ok(())
}

fn columns(format: Format) -> Vec<Column> {
    let names: &[&str] = match format {
        Format::Table => &["command", "class", "taken_at", "commit", "median", "change"],
        _ => &[
            "command", "class", "measure", "taken_at", "commit", "id", "runs", "median", "error",
            "change", "change_p",
        ],
    };
    names.iter().map(|name| Column::new(*name)).collect()
}

/// The histories that were asked for; one that is not there is an error.
fn chosen(contents: &Contents, args: &Args) -> Result<Vec<Subject>, Failure> {
    let all = contents.subjects();
    if all.is_empty() {
        return Err(Failure::new("there are no baselines yet")
            .help("`backcast baseline save SPEC` measures and keeps"));
    }
    for name in &args.names {
        if !all.iter().any(|subject| subject.name == *name) {
            let known = all.iter().map(|subject| subject.name.as_str());
            let help = nearest(name, known).map_or_else(
                || "`backcast baseline history` lists all".to_owned(),
                |near| format!("there is `{near}`"),
            );
            return Err(Failure::usage(format!("there is no baseline of `{name}`")).help(help));
        }
    }
    let wanted = |subject: &Subject| {
        let named = args.names.is_empty() || args.names.contains(&subject.name);
        named && args.class.as_ref().is_none_or(|class| subject.class.starts_with(class))
    };
    let found: Vec<Subject> = all.into_iter().filter(wanted).collect();
    if found.is_empty() {
        let class = args.class.as_deref().unwrap_or_default();
        return Err(Failure::usage(format!("there are no baselines of class `{class}`")));
    }
    Ok(found)
}
