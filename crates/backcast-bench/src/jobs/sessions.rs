//! Real sessions of `backcast bench`: a command against itself must not alarm, a planted difference of 1 % must be found.
//!
//! The command is a spin of about 100 ms. `--sessions 50` takes as many A/A sessions and a fifth as many planted ones, about ten
//! minutes; the default is a tenth of that.

use std::{
    ffi::OsString,
    hint::black_box,
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use backcast_lab::{
    bench::{Outcome, Plan, Session, Through, measure},
    child::{Launcher, Subject},
};

use super::{Job, Options};
use crate::{
    figures::{Bound, Line, Report},
    timing::Times,
};

pub(crate) const JOB: Job = Job {
    name: "sessions",
    about: "sessions of 40 pairs of a 100 ms command: alarms against itself, planted 1 % found",
    run,
};

/// Length of the command.
const LENGTH: Duration = Duration::from_millis(100);
/// Pairs of a session.
const PAIRS: u32 = 40;
/// What is planted.
const PLANTED: f64 = 1.01;

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let steps = calibrated();
    let sessions = options.sessions.max(5);
    let equal = taken(sessions, steps, steps)?;
    let planted = taken(sessions / 5, steps, (steps as f64 * PLANTED) as u64)?;
    let aa = line("against itself", &equal).counted(
        "alarm",
        equal.len(),
        share(&equal, Outcome::Regressed),
        Bound::AtMost(0.04),
    );
    let ab = line("planted 1 %", &planted).counted(
        "found",
        planted.len(),
        share(&planted, Outcome::Regressed),
        Bound::AtLeast(0.9),
    );
    Ok(Report { job: job.name, about: job.about, lines: vec![aa, ab] })
}

/// Sessions of two spins.
fn taken(count: usize, base: u64, candidate: u64) -> Result<Vec<Session>, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let spin = |steps: u64| {
        let words: [OsString; 4] =
            [program.clone().into(), "child".into(), "spin".into(), steps.to_string().into()];
        Subject::new(words)
    };
    let launcher = Launcher::this_program();
    let stop = AtomicBool::new(false);
    let session = |seed: usize| {
        let plan = Plan { runs: PAIRS, seed: seed as u64, ..Plan::new("sessions") };
        let mut runner = Through::new(&launcher, &plan, &stop);
        measure(&mut runner, Some(&spin(base)), &spin(candidate), &plan, &stop, &mut |_| {})
            .map_err(|error| error.to_string())
    };
    (0..count).map(session).collect()
}

/// The candidates' wall times, the spread of pairs, and how many sessions could tell.
fn line(what: &str, sessions: &[Session]) -> Line {
    let name = format!("{what}, pairs spread by {:.2} %", spread(sessions) * 100.0);
    let seconds = sessions.iter().flat_map(|session| session.candidate.wall_seconds()).collect();
    let doubted = share(sessions, Outcome::CouldNotMeasure);
    let times = Times { name, seconds };
    Line::new(&times, None).counted(
        "could not measure",
        sessions.len(),
        doubted,
        Bound::AtMost(0.1),
    )
}

fn share(sessions: &[Session], outcome: Outcome) -> f64 {
    let those = sessions.iter().filter(|session| session.outcome() == outcome).count();
    those as f64 / sessions.len().max(1) as f64
}

/// Median over sessions of the spread of one pair.
fn spread(sessions: &[Session]) -> f64 {
    let spreads = sessions.iter().filter_map(|session| Some(session.comparison.as_ref()?.pair_cv));
    Times { name: String::new(), seconds: spreads.collect() }.median()
}

/// Steps that take about [`LENGTH`].
fn calibrated() -> u64 {
    const TRIED: u64 = 10_000_000;
    let fastest = (0..20).map(|_| {
        let begin = Instant::now();
        black_box(spin(TRIED));
        begin.elapsed()
    });
    // A machine that is busy with other things tells its speed in its best moment.
    let fastest = fastest.min().unwrap_or(LENGTH).max(Duration::from_micros(1));
    (TRIED as f64 * LENGTH.as_secs_f64() / fastest.as_secs_f64()) as u64
}

fn spin(steps: u64) -> u64 {
    (0..steps).fold(black_box(1), |state: u64, step| {
        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step)
    })
}

/// The command itself.
pub(super) fn child(arguments: &[&str]) -> Result<String, String> {
    let [steps] = arguments else { return Err("spin takes a number of steps".to_owned()) };
    let steps = steps.parse().map_err(|_| format!("`{steps}` is no number of steps"))?;
    Ok(black_box(spin(steps)).to_string())
}
