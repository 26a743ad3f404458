//! A million pairs in a process of its own: time, and the most memory it ever held.

use std::{path::PathBuf, sync::atomic::AtomicBool, time::Instant};

use backcast_search::{Quiet, SweepOptions, SweepOutcome, sweep};

use super::{Job, Options, THREE};
use crate::{
    figures::{Line, Report},
    fresh,
    markets::{Windows, daily},
    timing::{Side, try_measure},
};

pub(crate) const JOB: Job = Job {
    name: "million",
    about: "1,000,000 pairs (fast 2..1001, slow 1002..2001) x 2,520 daily bars, three metrics, a fresh process",
    run,
};

const BARS: usize = 2520;
const WINDOWS: Windows = Windows { fast: 2..=1001, slow: 1002..=2001 };
const PEAK: f64 = 100e6;

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let file = folder.path().join("rows.parquet").display().to_string();
    let threads = options.threads.last().copied().unwrap_or(2).to_string();
    let mut peaks = [0.0f64; 2];
    let [peak_rows, peak_file] = &mut peaks;
    let rows = [threads.as_str()];
    let written = [threads.as_str(), file.as_str()];
    fresh::process("million", &rows)?;
    fresh::process("million", &written)?;
    let sides = vec![
        Side::process(format!("sweep, {threads} threads, rows not written"), || {
            fresh::process("million", &rows).map(|told| {
                *peak_rows = peak_rows.max(told.peak_bytes);
                told.seconds
            })
        }),
        Side::process(format!("sweep, {threads} threads, rows to Parquet"), || {
            fresh::process("million", &written).map(|told| {
                *peak_file = peak_file.max(told.peak_bytes);
                told.seconds
            })
        }),
    ];
    let times = try_measure(sides, options.runs.min(5))?;
    let evaluations = Some((WINDOWS.count() * BARS) as f64);
    let lines = vec![
        Line::new(&times[0], evaluations).within(0.450).peak(peaks[0], PEAK),
        Line::new(&times[1], evaluations).peak(peaks[1], PEAK),
    ];
    Ok(Report { job: job.name, about: job.about, lines })
}

/// Sweeps on so many threads, and writes all rows where a file is named.
pub(super) fn child(arguments: &[&str]) -> Result<String, String> {
    let threads = arguments.first().and_then(|word| word.parse().ok());
    let threads: usize = threads.ok_or("million THREADS [FILE]")?;
    let out = arguments.get(1).map(PathBuf::from);
    let market = daily(1, BARS);
    let spec = WINDOWS.spec(&THREE, "")?;
    let options = SweepOptions { threads, out, ..SweepOptions::default() };
    let begin = Instant::now();
    let outcome = sweep(&spec, &market, &options, &Quiet, &AtomicBool::new(false));
    let seconds = begin.elapsed().as_secs_f64();
    match outcome {
        Ok(SweepOutcome::Finished(result)) if result.sets.count() == WINDOWS.count() => {
            fresh::told(seconds)
        }
        Ok(_) => Err("the sweep did not finish".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
