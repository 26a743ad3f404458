//! One short run inside the process: what a run costs beyond its bars.

use super::{
    Job, Options,
    single::{Targets, measured},
};
use crate::{figures::Report, markets::daily};

pub(crate) const JOB: Job = Job {
    name: "daily",
    about: "one run of 3,270 daily bars, SMA(10)/SMA(30), with curve and trades",
    run,
};

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    measured(job, options, &daily(1, 3270), &Targets { over_time: 22e-6, event_engine: None })
}
