//! The workloads of report 003, done properly: real runs with orders and costs, windows that move, dividends and splits that apply.
//!
//! Each is a function that gets ready, does its calls once or many times ([`Passes`]), and gives a digest of what came out. Its span
//! `lab.job` holds getting ready (`lab.set_up`) and the calls (`lab.work`); the digest is made after it.

mod bundle;
mod grid;
mod history;
mod markets;
mod walk_forward;

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use backcast_store::Home;

pub(super) use self::markets::make_markets;
use crate::failure::Failure;

/// The span that holds a job from its beginning to its last call.
pub(super) const JOB_SPAN: &str = "lab.job";

/// The span that holds its calls.
pub(super) const WORK_SPAN: &str = "lab.work";

/// Passes are repeated until they took so long together, so that a call of nanoseconds is timed over many.
const LEAST_TIME: Duration = Duration::from_millis(60);

/// Passes beyond which none is repeated.
const MOST_PASSES: u64 = 2_000;

/// Something to measure.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// Calls of one pass.
    pub(crate) calls: u32,
    /// Whether it spreads over threads.
    pub(crate) spreads: bool,
    run: fn(&Setting, &mut Passes) -> Result<String, Failure>,
}

/// All of them, in the order of the report.
pub(crate) static WORKLOADS: &[Workload] = &[
    grid::POOL,
    grid::EACH,
    walk_forward::WORKLOAD,
    history::FIXED_RAW,
    history::FIXED_ADJUSTED,
    history::MOVING_RAW,
    history::MOVING_ADJUSTED,
    bundle::FIRST,
    bundle::AGAIN,
];

/// Where its data are, and how many threads it may use.
pub(super) struct Setting {
    pub(super) home: Home,
    pub(super) threads: usize,
}

impl Workload {
    /// Does it.
    pub(super) fn run(&self, setting: &Setting, passes: &mut Passes) -> Result<String, Failure> {
        (self.run)(setting, passes)
    }
}

/// Takes the time of passes over all calls.
pub(super) struct Passes {
    /// Passes to take; as many as the time wants where not given.
    wanted: Option<u64>,
    pub(super) first: Duration,
    /// Those after the first.
    pub(super) later: u64,
    pub(super) later_time: Duration,
}

impl Passes {
    pub(super) fn new(wanted: Option<u64>) -> Passes {
        Passes { wanted, first: Duration::ZERO, later: 0, later_time: Duration::ZERO }
    }

    /// One pass, for what happens once in a process.
    fn once(&mut self, mut pass: impl FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
        self.first = timed(&mut pass)?;
        Ok(())
    }

    /// Passes until there are enough.
    fn repeat(&mut self, mut pass: impl FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
        self.once(&mut pass)?;
        while self.wants_more() {
            self.later_time += timed(&mut pass)?;
            self.later += 1;
        }
        Ok(())
    }

    fn wants_more(&self) -> bool {
        let done = 1 + self.later;
        match self.wanted {
            Some(wanted) => done < wanted,
            None => self.first + self.later_time < LEAST_TIME && done < MOST_PASSES,
        }
    }
}

fn timed(pass: &mut impl FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let started = Instant::now();
    {
        let _span = backcast_spans::span!("lab.work");
        pass()?;
    }
    Ok(started.elapsed())
}

/// A workload whose own data do not fit is a fault of the program.
fn failed(error: impl Display) -> Failure {
    Failure::new(format!("the workload failed: {error}"))
}
