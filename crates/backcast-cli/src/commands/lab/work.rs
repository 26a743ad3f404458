//! One workload in this process: what a fresh process is started for.

use std::{num::NonZeroUsize, path::PathBuf};

use backcast_store::Home;
use serde::{Deserialize, Serialize};

use super::jobs::{Passes, Setting, Workload};
use crate::{failure::Failure, terminal::Terminal};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which
    #[arg(value_parser = super::workloads::named)]
    workload: &'static Workload,
    /// Folder with the bundles of the workloads
    #[arg(long)]
    home: PathBuf,
    #[arg(long, default_value = "1")]
    threads: NonZeroUsize,
    /// Passes over all calls; as many as fill 60 ms if not given
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    passes: Option<u64>,
}

/// What a process tells at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    /// Time of the first pass over all calls.
    pub(super) first_ns: u64,
    /// Passes after it.
    pub(super) later: u64,
    /// Their time.
    pub(super) later_ns: u64,
    /// Of what came out.
    pub(super) digest: String,
}

impl Told {
    /// Time of a pass: of those after the first, where there are any.
    pub(super) fn pass_ns(&self) -> f64 {
        match self.later {
            0 => self.first_ns as f64,
            later => self.later_ns as f64 / later as f64,
        }
    }
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let setting = Setting { home: Home::at(&args.home), threads: args.threads.get() };
    let mut passes = Passes::new(args.passes);
    let digest = args.workload.run(&setting, &mut passes)?;
    let told = Told {
        first_ns: passes.first.as_nanos() as u64,
        later: passes.later,
        later_ns: passes.later_time.as_nanos() as u64,
        digest,
    };
    let text = serde_json::to_string(&told).expect("it holds text and numbers alone");
    terminal.print(&(text + "\n"))
}
