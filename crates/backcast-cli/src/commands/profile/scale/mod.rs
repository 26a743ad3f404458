//! `backcast profile --scale`: what is fixed in the cost of a command, and what grows with bars, assets or anything else.

mod export;
mod markets;
mod page;
mod print;
mod sets;
mod spec;
mod work;

use std::sync::atomic::{AtomicBool, Ordering};

use backcast_lab::{
    bench::Progress,
    child::{Capture, Exit, Launcher},
    profile::{self, Outcome, Profile, Scratch, SessionError, words::LEVEL},
    scale::{Collector, ScaleError, Scaling, SizeRange, SizeValue, words},
};

use self::work::Work;
use super::{Args, KEPT_OUTPUT};
use crate::{
    failure::Failure, interrupt, measuring, page as pages, table::Format, terminal::Terminal,
};

/// Seed of the order of runs and of made-up markets.
const SEED: u64 = 1;

/// What a command is measured over.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Cost by size")]
pub(super) struct Options {
    /// Measure over sizes and say what is fixed and what grows: bars=1k..1M,assets=1..64. A spec has bars, assets and, for a grid,
    /// sets; in a command {NAME} stands for the size
    #[arg(long = "scale", value_name = "NAME=FROM..TO", value_delimiter = ',', conflicts_with_all = ["pid", "vs", "save", "show"])]
    ranges: Vec<SizeRange>,
    /// Different values of each size, at equal ratios; 7 for one size, 5 for each of two, 4 for each of three if not given
    #[arg(long, value_name = "N", requires = "ranges", value_parser = clap::value_parser!(u16).range(2..=100))]
    steps: Option<u16>,
    /// Runs at each point
    #[arg(long, value_name = "N", requires = "ranges", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    repeats: u16,
    /// Where to predict the cost: bars=10M,assets=500; ten times the largest sizes if not given
    #[arg(long, value_name = "NAME=SIZE", value_delimiter = ',', requires = "ranges")]
    at: Vec<SizeValue>,
}

impl Options {
    /// Whether sizes were named.
    pub(super) fn is_given(&self) -> bool {
        !self.ranges.is_empty()
    }
}

/// Measures, fits, prints, writes.
pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let exports = export::check(&args.export)?;
    let work = Work::of(args)?;
    let place = work.grid.place(&args.scale.at)?;
    let order = work.grid.order(args.scale.repeats.into(), SEED)?;
    let stop = interrupt::stop_flag();
    let scratch = Scratch::new()
        .map_err(|source| SessionError::Scratch { folder: std::env::temp_dir(), source })?;
    terminal.live.subject(&work.name);
    if let Some(markets) = &work.markets {
        terminal.live.phase("making markets up");
        markets.make(&scratch, &stop)?;
    }
    let begun = measuring::now();
    let (runs, broken) = measure(args, &work, &order, &scratch, &stop, terminal)?;
    let fit = Scaling::fit(&work.name, begun, &work.grid, &runs, args.min, LEVEL, place);
    match (fit, broken) {
        (Ok(scaling), None) => show(args, &work, &exports, &scaling, terminal),
        (Ok(scaling), Some(failure)) => {
            let scaling = Scaling { broken: Some(failure.message().to_owned()), ..scaling };
            show(args, &work, &exports, &scaling, terminal)?;
            Err(failure)
        }
        // Too few runs for a fit are worth something all the same.
        (Err(_), Some(failure)) => {
            let (parts, taken) = runs.finish(&work.grid, args.min);
            let table = export::single_runs(&work.grid.names, &parts, &taken);
            table.print(args.format, terminal)?;
            terminal.flush()?;
            Err(failure)
        }
        (Err(error), None) => {
            let said = format!("could not tell the costs apart: {error}");
            Err(Failure::could_not_measure(said)
                .help("more sizes: --steps, more runs of each: --repeats"))
        }
    }
}

/// Prints and writes what was asked for.
fn show(
    args: &Args,
    work: &Work,
    exports: &export::Files<'_>,
    scaling: &Scaling,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match args.format {
        Format::Table => print::table(scaling, &work.notices, terminal)?,
        Format::Json | Format::Csv => print::rows(scaling).print(args.format, terminal)?,
        Format::Markdown => terminal.print(&backcast_lab::scale::markdown(scaling))?,
    }
    terminal.flush()?;
    export::write(exports, scaling, terminal)?;
    if let Some(path) = &args.report {
        pages::write(path, &page::page(scaling, &work.notices)?, terminal)?;
    }
    Ok(())
}

/// All runs, after one of the smallest and one of the largest point that do not count: most that can fail fails there. What fails later
/// ends the measurement; it is told beside the runs that were taken until then.
fn measure(
    args: &Args,
    work: &Work,
    order: &[usize],
    scratch: &Scratch,
    stop: &AtomicBool,
    terminal: &mut Terminal,
) -> Result<(Collector, Option<Failure>), Failure> {
    let tried = [0, work.grid.points.len() - 1].map(|point| (point, false));
    let steps: Vec<(usize, bool)> =
        tried.into_iter().chain(order.iter().map(|point| (*point, true))).collect();
    let options = profile::Options {
        python_hz: args.rate,
        perf: args.perf.into(),
        timeout: args.timeout,
        output: Capture::Ends(KEPT_OUTPUT),
    };
    let launcher = Launcher::this_program();
    let bar = measuring::RunsBar::new(&work.name, terminal);
    terminal.live.phase("measuring");
    let mut collector = Collector::default();
    for (done, (point, counts)) in steps.iter().enumerate() {
        bar.show(Progress { done, total: steps.len() });
        let subject = work.subject(*point, scratch);
        let outcome = profile::profile(&launcher, &subject, &options, stop);
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::begin_again(&work.command));
        }
        let place = words::place(&work.grid.names, &work.grid.points[*point]);
        let good = outcome.map_err(Failure::from).and_then(|outcome| {
            check(&outcome, &place, terminal)?;
            Ok(outcome)
        });
        match good {
            Ok(outcome) if *counts => collector.add(*point, &outcome.profile),
            Ok(_) => {}
            Err(failure) if collector.is_empty() => return Err(failure),
            Err(failure) => return Ok((collector, Some(failure))),
        }
    }
    bar.show(Progress { done: steps.len(), total: steps.len() });
    Ok((collector, None))
}

/// Refuses what would spoil the fit: a run that failed, that was cut short, or whose times cannot be believed.
fn check(outcome: &Outcome, place: &str, terminal: &mut Terminal) -> Result<(), Failure> {
    let Profile { distrust, .. } = &outcome.profile;
    if let Some(reason) = distrust.first() {
        return Err(Failure::could_not_measure(format!("could not measure at {place}: {reason}"))
            .help("measure again when the machine is calm"));
    }
    match outcome.exit {
        None | Some(Exit::Code(0)) => Ok(()),
        Some(Exit::TimedOut) => Err(Failure::could_not_measure(format!(
            "could not measure at {place}: the command ran past its time limit and was killed"
        ))
        .help("smaller sizes take less time, --timeout gives more of it")),
        Some(exit) => {
            super::show_last_lines(outcome, terminal);
            Err(Failure::could_not_measure(format!("the command failed at {place}: {exit}"))
                .help("costs are fitted to runs that do their work; narrow the ranges of --scale to those"))
        }
    }
}

impl From<ScaleError> for Failure {
    fn from(error: ScaleError) -> Failure {
        let help = match &error {
            ScaleError::TooManySizes { .. } => "name those that you expect the cost to grow with",
            ScaleError::TooFewPoints { .. } => "a wider range, or more --steps",
            ScaleError::TooFewRuns { .. } => "more --steps, or more --repeats",
            ScaleError::TooManyPoints { .. } => "fewer --steps, or fewer sizes",
            _ => "such as: --scale bars=1k..1M,assets=1..64 --at bars=10M",
        };
        Failure::usage(error.to_string()).help(help)
    }
}
