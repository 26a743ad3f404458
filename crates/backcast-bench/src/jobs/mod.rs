//! The jobs, a file each.

mod daily_run;
mod dashboard;
mod grid;
mod many_assets;
mod million;
mod minute_run;
mod profile;
mod sample;
mod sessions;
mod single;
mod spans;
mod start;
mod statistics;
mod walk_forward;

use std::sync::atomic::AtomicBool;

use backcast_data::Market;
use backcast_engine::lanes::Isa;
use backcast_metrics::Metric;
use backcast_search::{Quiet, Spec, SweepOptions, SweepOutcome, SweepResult, sweep};

use crate::{figures::Report, opponents::Three};

/// What a user asks of a measurement.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Least number of rounds.
    pub(crate) runs: usize,
    /// Thread counts of jobs that spread over threads, fewest first.
    pub(crate) threads: Vec<usize>,
    /// Sessions of a command against itself.
    pub(crate) sessions: usize,
}

/// Something to measure.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Job, &Options) -> Result<Report, String>,
}

/// All jobs in the order of their figures.
pub(crate) static JOBS: &[Job] = &[
    grid::JOB,
    minute_run::JOB,
    many_assets::JOB,
    daily_run::JOB,
    walk_forward::JOB,
    sample::JOB,
    million::JOB,
    start::JOB,
    dashboard::JOB,
    statistics::JOB,
    sessions::JOB,
    spans::JOB,
    profile::JOB,
];

/// Work for a process of its own, by the name it is called with: prints what it measured.
pub(crate) fn child(name: &str, arguments: &[&str]) -> Result<String, String> {
    match name {
        "sample" => sample::child(arguments),
        "live" => dashboard::child(arguments),
        "million" => million::child(arguments),
        "spin" => sessions::child(arguments),
        _ => Err(format!("no work called `{name}`")),
    }
}

const THREE: [&str; 3] = ["total_return", "sharpe", "max_drawdown"];

/// A whole sweep in memory, as `backcast sweep` does it.
fn swept(
    spec: &Spec,
    market: &Market,
    isa: Isa,
    threads: usize,
) -> Result<Box<SweepResult>, String> {
    let options = SweepOptions { threads, isa, ..SweepOptions::default() };
    match sweep(spec, market, &options, &Quiet, &AtomicBool::new(false)) {
        Ok(SweepOutcome::Finished(result)) => Ok(result),
        Ok(SweepOutcome::Stopped(_)) => Err("the sweep stopped".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Three metrics of each set of one account.
fn three_of(result: &SweepResult, account: usize) -> Result<Vec<Three>, String> {
    let column = |metric: Metric| {
        result.column(account, metric).ok_or_else(|| format!("{} was not kept", metric.name()))
    };
    let returns = column(Metric::TotalReturn)?.iter();
    let sharpes = column(Metric::Sharpe)?.iter();
    let drawdowns = column(Metric::MaxDrawdown)?.iter();
    let rows = returns.zip(sharpes).zip(drawdowns);
    Ok(rows
        .map(|((total_return, sharpe), max_drawdown)| Three {
            total_return: *total_return,
            sharpe: *sharpe,
            max_drawdown: *max_drawdown,
        })
        .collect())
}
