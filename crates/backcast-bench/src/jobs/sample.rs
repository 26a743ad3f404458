//! Loading the sample and its calendar in a fresh process, the bundle made by an earlier use.

use std::{path::Path, time::Instant};

use backcast_calendar::Calendar;
use backcast_store::{Home, SAMPLE, load_bundle};

use super::{Job, Options};
use crate::{
    figures::{Line, Report},
    fresh,
    timing::{Side, try_measure},
};

pub(crate) const JOB: Job = Job {
    name: "sample",
    about: "loading the sample bundle in a fresh process (not its first use), XNYS calendar included",
    run,
};

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let path = folder.path().display().to_string();
    let load = || fresh::process("sample", &[&path]);
    // The first use writes the bundle, the second shows that it can be loaded.
    load()?;
    load()?;
    let sides = vec![Side::process("load", || load().map(|told| told.seconds))];
    let times = try_measure(sides, options.runs.max(31))?;
    let lines = vec![Line::new(&times[0], None).within(0.001)];
    Ok(Report { job: job.name, about: job.about, lines })
}

/// Loads the sample below a folder, for the first time in this process.
pub(super) fn child(arguments: &[&str]) -> Result<String, String> {
    let [folder] = arguments else { return Err("sample FOLDER".to_owned()) };
    let home = Home::at(Path::new(folder));
    let begin = Instant::now();
    let market = load_bundle(&home, SAMPLE, false).map_err(|error| error.to_string())?;
    let name = market.calendar.as_deref().unwrap_or("XNYS");
    let calendar = Calendar::named(name).map_err(|error| error.to_string())?;
    let sessions = calendar.all_sessions().len();
    let seconds = begin.elapsed().as_secs_f64();
    if market.assets.is_empty() || sessions == 0 {
        return Err("the sample or its calendar is empty".to_owned());
    }
    fresh::told(seconds)
}
