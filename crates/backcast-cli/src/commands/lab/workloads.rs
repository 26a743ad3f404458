//! `backcast lab workloads`: the workloads of report 003 done properly, with their times and where they go.

use std::{num::NonZeroUsize, time::Duration};

use backcast_lab::machine::{Drift, Machine};
use serde::Serialize;

use super::{
    figures::Figures,
    jobs::{WORKLOADS, Workload},
    measure::{self, Measured, Place, Session, WorkRun},
    print,
};
use crate::{
    failure::{Failure, nearest},
    number, quantity,
    table::{Column, Format, Table},
    terminal::Terminal,
};

/// Measure grid search, walk-forward, history windows and bundle load, and see where their time goes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast lab workloads --list\n  \
    backcast lab workloads grid walk-forward --threads 4\n  \
    backcast lab workloads history-moving-adjusted --format json\n\n\
    Markets are made up from a seed, with splits and dividends. Each run is a fresh process; results of all runs must be equal.")]
pub(crate) struct Args {
    /// Which; all if none is named
    #[arg(value_name = "NAME", value_parser = named)]
    names: Vec<&'static Workload>,
    /// Only list them
    #[arg(long, conflicts_with_all = ["names"])]
    list: bool,
    #[command(flatten)]
    pub(super) effort: Effort,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Effort {
    /// Fresh processes for the times of each
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    runs: u32,
    /// Fresh processes for the shares of each
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    profiles: u32,
    /// Threads beside one for workloads that spread; all processors if not given
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Longest time of one process: 30s, 2min
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    timeout: Option<Duration>,
}

/// The workload of a name.
pub(super) fn named(name: &str) -> Result<&'static Workload, String> {
    if let Some(found) = WORKLOADS.iter().find(|workload| workload.name == name) {
        return Ok(found);
    }
    let names = || WORKLOADS.iter().map(|workload| workload.name);
    Err(match nearest(name, names()) {
        Some(near) => format!("there is no such workload; did you mean `{near}`?"),
        None => format!(
            "there is no such workload; there are {}",
            names().collect::<Vec<_>>().join(", ")
        ),
    })
}

/// Measures and prints.
pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    if args.list {
        return list(args.format, terminal);
    }
    let workloads: Vec<&'static Workload> =
        if args.names.is_empty() { WORKLOADS.iter().collect() } else { args.names.clone() };
    let session = args.effort.measure(&workloads, terminal)?;
    let figures = figures(&session)?;
    match args.format {
        Format::Table => print::for_people(&figures, terminal)?,
        Format::Json => terminal.print(&json(&session, &figures))?,
        Format::Csv => terminal.print(&print::figures(&figures).csv())?,
        Format::Markdown => terminal.print(&print::markdown(&figures))?,
    }
    terminal.flush()?;
    note_drift(&session, terminal);
    Ok(())
}

impl Effort {
    /// Measures workloads in a place of their own.
    pub(super) fn measure(
        &self,
        workloads: &[&'static Workload],
        terminal: &Terminal,
    ) -> Result<Session, Failure> {
        let most = self.threads.map_or_else(
            || std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            NonZeroUsize::get,
        );
        let mut threads = vec![1, most];
        threads.dedup();
        terminal.live.subject(&measure::named(workloads));
        terminal.live.phase("making markets up");
        Place::new(self.timeout)?.measure(workloads, self.runs, self.profiles, &threads, terminal)
    }
}

/// Figures of all that was measured.
pub(super) fn figures(session: &Session) -> Result<Vec<Figures>, Failure> {
    session.measured.iter().map(Figures::of).collect()
}

/// A machine that changed meanwhile is told.
pub(super) fn note_drift(session: &Session, terminal: &mut Terminal) {
    if session.drift.is_large() {
        let (kernel, ratio) = session.drift.largest();
        terminal.say(&format!(
            "note: the machine changed meanwhile: {kernel} took {} times as long at the end; measure again",
            number::grouped(ratio, 2)
        ));
    }
}

fn list(format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut table =
        Table::new(["name", "calls", "of", "what"].into_iter().map(Column::new).collect());
    for workload in WORKLOADS {
        table.push(vec![
            workload.name.into(),
            (workload.calls as usize).into(),
            workload.unit.into(),
            workload.about.into(),
        ]);
    }
    table.print(format, terminal)
}

/// What a file of workloads says it is.
const FORMAT: &str = "backcast-workloads";
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    machine: &'a Machine,
    taken_at: &'a str,
    drift: &'a Drift,
    workloads: Vec<WrittenWorkload<'a>>,
}

#[derive(Serialize)]
struct WrittenWorkload<'a> {
    #[serde(flatten)]
    figures: &'a Figures,
    /// Every single run.
    runs: &'a [WorkRun],
}

/// All there is.
fn json(session: &Session, figures: &[Figures]) -> String {
    let both = figures.iter().zip(&session.measured);
    let workloads =
        both.map(|(figures, Measured { runs, .. })| WrittenWorkload { figures, runs }).collect();
    let written = Written {
        format: FORMAT,
        version: VERSION,
        machine: &session.machine,
        taken_at: &session.taken_at,
        drift: &session.drift,
        workloads,
    };
    let text = serde_json::to_string_pretty(&written);
    text.expect("it holds text and numbers alone") + "\n"
}
