//! `backcast baseline history`: what a command took over time, and where that changed.

use std::{collections::BTreeMap, path::PathBuf};

use backcast_lab::baseline::{Alert, BaselineError, Contents, History, Measure, Store, Subject};

use super::{MeasureWord, contents, own_store, show};
use crate::{
    failure::{Failure, nearest},
    measuring::share,
    output, page, revision,
    table::{Column, Format, Table},
    terminal::Terminal,
};

/// Level of the intervals of changes.
const LEVEL: f64 = 0.95;

/// See what commands took over time, and where that changed
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast baseline history\n  \
    backcast baseline history examples/sma_grid.toml --measure peak --report history.html")]
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
    /// Write the HTML page of all measures, with levels, changes and alerts
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    output::check([&args.report])?;
    let store = own_store()?;
    let contents = contents(&store, terminal)?;
    let subjects = chosen(&contents, args)?;
    let measure = args.measure.measure();
    let mut table = Table::new(columns(args.format));
    let mut notes = Vec::new();
    // Commands share their commits, and each question starts a process.
    let mut known: BTreeMap<[String; 2], bool> = BTreeMap::new();
    let mut descends = |commit: &str, from: &str| {
        let asked = [commit, from].map(str::to_owned);
        *known.entry(asked).or_insert_with(|| revision::descends(commit, from))
    };
    for subject in &subjects {
        let history =
            contents.history(&subject.name, &subject.class, measure, args.minimum_change)?;
        for (i, figure) in history.figures.iter().enumerate() {
            let change = history.changes.points.iter().position(|point| point.index == i);
            let point = change.map(|change| &history.changes.points[change]);
            let ratio = change.map(|change| history.ratio_of_change(change, LEVEL));
            let ratio = ratio.transpose().map_err(BaselineError::from)?.flatten();
            let row = match args.format {
                Format::Table => vec![
                    subject.name.as_str().into(),
                    subject.class.as_str().into(),
                    figure.taken_at.as_str().into(),
                    figure.commit.clone().into(),
                    show::figure(measure, figure.median).into(),
                    point.map(|point| show::change(point.ratio)).into(),
                    ratio.map(|it| show::ends(&it)).into(),
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
                    ratio.map(|ratio| ratio.low).into(),
                    ratio.map(|ratio| ratio.high).into(),
                ],
            };
            table.push(row);
        }
        notes.extend(history.out_of_order(&mut descends).into_iter().map(|two| {
            let [earlier, later] = two.map(|figure| (&figure.taken_at, figure.commit.as_deref().unwrap_or("?")));
            format!(
                "note: {} on {}: the session of {} is of commit {}, which comes after {} of the session of {}: a clock went back, or an \
                 older commit was measured later; sessions stand in the order of their clocks",
                subject.name, subject.class, earlier.0, earlier.1, later.1, later.0
            )
        }));
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
    report(args, &subjects, &contents, &store, terminal)
}

/// Writes the page, where one is wanted; the measure that was asked for stands first.
fn report(
    args: &Args,
    subjects: &[Subject],
    contents: &Contents,
    store: &Store,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Some(path) = &args.report else { return Ok(()) };
    let mut measures = Measure::ALL;
    measures.sort_by_key(|measure| *measure != args.measure.measure());
    let mut histories: Vec<History> = Vec::new();
    for measure in measures {
        for Subject { name, class, .. } in subjects {
            let history = contents.history(name, class, measure, args.minimum_change)?;
            histories.extend((!history.figures.is_empty()).then_some(history));
        }
    }
    let told = page::lab::Told {
        histories: &histories,
        alerts: &Alert::read_all(store.folder()),
        store: store.folder().display().to_string(),
        minimum_change: args.minimum_change,
    };
    page::write(path, &page::lab::history(&told), terminal)
}

fn columns(format: Format) -> Vec<Column> {
    let names: &[&str] = match format {
        Format::Table => {
            &["command", "class", "taken_at", "commit", "median", "change", "interval"]
        }
        _ => &[
            "command",
            "class",
            "measure",
            "taken_at",
            "commit",
            "id",
            "runs",
            "median",
            "error",
            "change",
            "change_p",
            "change_low",
            "change_high",
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
