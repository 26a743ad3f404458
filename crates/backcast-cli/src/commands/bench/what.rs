//! What is measured, and how: words that commands which measure have in common.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::ArgGroup;

use crate::{own_command::Kind, processors::Processors, quantity, spec_file::Changes};

/// A spec, a command or a suite, and how its runs are taken.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("measured").args(["spec", "command", "suite"]).multiple(true)))]
pub(crate) struct What {
    /// A spec: `backcast run`, `sweep` or `walkforward` is measured on it
    #[arg(value_name = "SPEC")]
    pub(super) spec: Option<PathBuf>,
    /// Any command, by its words
    #[arg(last = true, value_name = "COMMAND", conflicts_with_all = ["spec", "set", "from", "to", "kind"])]
    pub(super) command: Vec<OsString>,
    #[command(flatten)]
    pub(super) changes: Changes,
    /// What is done with specs; if not given, a sweep where a spec has a grid, else a run
    #[arg(long = "as", value_enum, value_name = "WHAT")]
    pub(super) kind: Option<Kind>,
    /// Commands are lines for the shell
    #[arg(long, conflicts_with_all = ["spec", "suite"])]
    pub(super) shell: bool,
    /// What it is called in tables and files
    #[arg(long, conflicts_with = "suite")]
    pub(super) name: Option<String>,
    /// Runs that count, 10 if not given; in comparisons of each command
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) iterations: Option<u32>,
    /// Runs before them, 1 if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub(super) warmup: Option<u32>,
    /// Longest time of one run: 500ms, 60s, 2min; seconds without a unit
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    pub(super) timeout: Option<Duration>,
    /// What one run gets done, for throughput
    #[arg(long, value_name = "AMOUNT", value_parser = amount, conflicts_with = "suite")]
    pub(super) work: Option<f64>,
    /// Of what: bars
    #[arg(long, value_name = "UNIT", requires = "work")]
    pub(super) unit: Option<String>,
    /// Processors the commands may use: 0,2 or 0-3
    #[arg(long, value_name = "CPUS")]
    pub(super) affinity: Option<Processors>,
    /// Add a variable to their environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) env: Vec<String>,
    /// Folder they run in
    #[arg(long, value_name = "FOLDER")]
    pub(super) dir: Option<PathBuf>,
    /// Commands may fail, but not run past their time limit
    #[arg(long)]
    pub(super) ignore_failure: bool,
    /// Read their output instead of discarding it
    #[arg(long)]
    pub(super) read_output: bool,
    /// Do not look at the memory of all their processes while they run
    #[arg(long)]
    pub(super) no_sampling: bool,
    /// Measure all that a file lists
    #[arg(long, value_name = "FILE", conflicts_with_all = ["spec", "command", "set", "from", "to"])]
    pub(super) suite: Option<PathBuf>,
    /// Seed of what differs between blocks of runs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.parse::<f64>().ok().filter(|amount| *amount > 0.0 && amount.is_finite());
    amount.ok_or_else(|| "a number above zero".to_owned())
}
