//! What is asked of a change, as `certify` and `optimize` take it from the command line.

use std::time::Duration;

use backcast_lab::{
    bench::Plan,
    certify::{Requirements, equality::Oracle},
    child::{RunOptions, Sampling},
};

use super::oracle;
use crate::{failure::Failure, measuring::share, quantity};

/// The oracle, the conditions and the runs.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Asked {
    /// What decides whether a result moved: digest, stdout, files GLOB, json, tests COMMAND; digest if not given
    #[arg(long, num_args = 1..=2, value_names = ["ORACLE", "WHAT"])]
    equal: Vec<String>,
    /// Numbers may differ by this share of max(|a|, |b|, 1)
    #[arg(long, value_name = "T", value_parser = tolerance, conflicts_with = "ulps")]
    tol: Option<f64>,
    /// Numbers may differ by so many units in the last place
    #[arg(long, value_name = "N")]
    ulps: Option<u64>,
    /// Files of the tests, which must not change
    #[arg(long, value_name = "GLOB", default_value = "tests/**/*")]
    test_files: String,
    /// Least gain
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    effect: f64,
    /// Level of the interval
    #[arg(long, value_name = "PERCENT", default_value = "95%", value_parser = share)]
    level: f64,
    /// Peak memory of all processes together may grow by this much, or by 1 MiB: 2%, 300%
    #[arg(long, value_name = "PERCENT", default_value = "2%", value_parser = growth)]
    memory: f64,
    /// Runs of each side
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(8..=100_000))]
    iterations: u32,
    /// Longest time of one run: 500ms, 60s, 2m
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    timeout: Option<Duration>,
    /// Seed of what differs between blocks of runs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Asked {
    /// The oracle that is named.
    pub(in crate::commands) fn oracle(&self) -> Result<Oracle, Failure> {
        oracle::named(&self.equal, oracle::allowance(self.tol, self.ulps), &self.test_files)
    }

    /// The conditions.
    pub(in crate::commands) fn requirements(&self) -> Requirements {
        let mut asked = Requirements { memory_share: self.memory, ..Requirements::default() };
        asked.criteria.level = self.level;
        asked.criteria.minimum_effect = self.effect;
        asked.criteria.seed = self.seed;
        asked
    }

    /// The runs that are timed.
    pub(in crate::commands) fn plan(&self) -> Plan {
        Plan {
            runs: self.iterations,
            seed: self.seed,
            criteria: self.requirements().criteria,
            options: RunOptions { timeout: self.timeout, ..watched() },
            ..Plan::new(crate::measuring::program())
        }
    }
}

/// How runs of a proof are taken: the system keeps the peak of the largest process alone, so that of all together is sampled.
pub(in crate::commands) fn watched() -> RunOptions {
    RunOptions { sampling: Some(Sampling::LIGHT), ..RunOptions::default() }
}

pub(in crate::commands) fn tolerance(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (0.0..1.0).contains(value));
    value.ok_or_else(|| "a number from 0 to 1, such as 1e-9".to_owned())
}

/// A share that may be more than the whole.
fn growth(text: &str) -> Result<f64, String> {
    let percent = text.trim().strip_suffix('%').and_then(|it| it.trim().parse::<f64>().ok());
    let percent = percent.filter(|percent| (0.0..=1e6).contains(percent));
    percent.map(|percent| percent / 100.0).ok_or_else(|| "per cent, such as 2% or 300%".to_owned())
}
