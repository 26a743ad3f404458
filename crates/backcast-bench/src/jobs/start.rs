//! The smallest thing the program can be asked: its version, from start to end.

use std::{process::Command, process::Stdio, time::Instant};

use super::{Job, Options};
use crate::{
    figures::{Line, Report},
    timing::{Side, try_measure},
};

pub(crate) const JOB: Job =
    Job { name: "start", about: "`backcast --version` from start to end of the process", run };

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let here = std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let program = here.with_file_name(format!("backcast{}", std::env::consts::EXE_SUFFIX));
    let spawn = || {
        let begin = Instant::now();
        let status = Command::new(&program)
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let seconds = begin.elapsed().as_secs_f64();
        if status.success() { Ok(seconds) } else { Err(format!("it ended with {status}")) }
    };
    let sides = vec![Side::process("backcast --version", spawn)];
    let times = try_measure(sides, options.runs.max(31))?;
    let lines = vec![Line::new(&times[0], None).within(0.005)];
    Ok(Report { job: job.name, about: job.about, lines })
}
