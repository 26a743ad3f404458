//! `backcast baseline save`: sessions taken now, or by `backcast bench`, are kept.

use std::path::PathBuf;

use backcast_lab::{
    baseline::{Measure, figures_of},
    bench::Record,
};

use super::{
    contents,
    known::Known,
    measured::{self, Turns},
    own_store, show,
};
use crate::{
    commands::bench::{Unmeasured, What, alone},
    failure::Failure,
    number,
    table::{Column, Format, Table},
    terminal::Terminal,
};

/// Measure and keep what was measured
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast baseline save examples/sma_grid.toml\n  \
    backcast baseline save --sessions 5 --name zip -- gzip -kf FILE\n  \
    backcast baseline save --suite examples/suite.toml\n  \
    backcast baseline save --import figures.json\n\n\
    A gate of 5 % takes about three sessions; one tells of changes above 8 % only.")]
pub(super) struct Args {
    #[command(flatten)]
    what: What,
    /// Sessions of each command, in turns
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    sessions: u32,
    /// Keep sessions that `backcast bench --export FILE.json` wrote, instead of measuring
    #[arg(long, value_name = "FILE", group = "measured", conflicts_with_all = ["spec", "command", "suite"])]
    import: Vec<PathBuf>,
    /// Keep sessions during which the machine did not hold still
    #[arg(long)]
    despite_doubts: bool,
    /// Keep a command that is another one than the one kept under its name
    #[arg(long)]
    command_changed: bool,
    /// How to print what was kept
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let store = own_store()?;
    let contents = contents(&store, terminal)?;
    let mut kept = Vec::new();
    let keep = |record: Record, _: &mut Terminal| -> Result<(), Failure> {
        store.put(&record)?;
        kept.push(record);
        Ok(())
    };
    let despite = args.despite_doubts;
    let may_change = args.command_changed;
    let known = Known { store: &store, contents: &contents, may_change, base: None };
    let (ended, unmeasured) = if args.import.is_empty() {
        let (benches, mut unmeasured) = Unmeasured::planned(alone(&args.what)?, terminal);
        // In turns, so that sessions of one command lie as far apart as those of different days might.
        let turns = (0..args.sessions).flat_map(|_| &benches).collect();
        let turns = Turns { noun: "session", of: turns };
        (measured::each(turns, known, despite, &mut unmeasured, terminal, keep), unmeasured)
    } else {
        let sessions = measured::imported(&args.import)?;
        let mut unmeasured = Unmeasured::of(sessions.len());
        measured::each_imported(sessions, known, despite, &mut unmeasured, terminal, keep);
        (Ok(()), unmeasured)
    };
    print(&kept, args.format, terminal)?;
    match ended.and_then(|()| unmeasured.verdict()).err() {
        Some(failure) if !kept.is_empty() => {
            let sessions = number::count(kept.len(), "session");
            Err(failure.help(format!("what could be measured is kept all the same: {sessions}")))
        }
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn print(kept: &[Record], format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
    let names = ["id", "command", "taken_at", "commit", "runs", "median"];
    let mut table = Table::new(names.map(Column::new).into());
    for record in kept {
        let figures = figures_of(record)?;
        let wall = figures.into_iter().find(|(measure, _)| *measure == Measure::Wall);
        let median = wall.map(|(measure, figure)| match format {
            Format::Table => show::figure(measure, figure.median).into(),
            _ => (figure.median / 1e9).into(),
        });
        let id = record.id();
        table.push(vec![
            if format == Format::Table { id[..12].into() } else { id.into() },
            record.command.name.as_str().into(),
            record.taken_at.as_str().into(),
            record.commit.clone().into(),
            record.runs.len().into(),
            median.unwrap_or(crate::table::Cell::Missing),
        ]);
    }
    if table.is_empty() {
        return Ok(());
    }
    table.print(format, terminal)
}
