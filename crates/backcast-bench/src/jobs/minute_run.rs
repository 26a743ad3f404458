//! One run of a million minute bars.

use super::{
    Job, Options,
    single::{Targets, measured},
};
use crate::{figures::Report, markets::minutes};

pub(crate) const JOB: Job = Job {
    name: "minutes",
    about: "one run of 1,000,000 minute bars, SMA(10)/SMA(30), with curve and trades",
    run,
};

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let targets = Targets { over_time: 0.005, event_engine: Some(0.010) };
    measured(job, options, &minutes(1_000_000), &targets)
}
