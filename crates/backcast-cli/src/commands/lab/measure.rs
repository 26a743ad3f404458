//! Runs of workloads, each in a fresh process: some for their time, some for where it goes.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use backcast_lab::{
    bench::{Progress, taken_now},
    child::{Capture, Finished, Launcher, RunOptions, Subject},
    machine::{Drift, Machine, Reference},
    profile::{self, Options, Perf, Profile},
};
use backcast_store::Home;
use serde::Serialize;
use tempfile::TempDir;

use super::{
    jobs::{Workload, make_markets},
    work::Told,
};
use crate::{
    failure::Failure,
    interrupt,
    measuring::{self, RunsBar},
    number, own_command,
    terminal::Terminal,
};

/// Bytes of each end of a process's output that are read: more than it prints.
const KEPT_OUTPUT: usize = 1 << 16;
/// Lines of a failed process's output that are shown.
const SHOWN_LINES: usize = 6;

/// A place for workloads: their bundles in a folder of their own, gone with this.
pub(super) struct Place {
    folder: TempDir,
    stop: Arc<AtomicBool>,
    /// Longest time of one run.
    timeout: Option<Duration>,
}

/// One run for its time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct WorkRun {
    #[serde(flatten)]
    pub(super) told: Told,
    /// Most memory that the process had resident.
    pub(super) peak_bytes: Option<u64>,
}

/// A workload on so many threads.
pub(super) struct Measured {
    pub(super) workload: &'static Workload,
    pub(super) threads: usize,
    pub(super) runs: Vec<WorkRun>,
    /// Of runs with one pass on one thread; none where there is a row with fewer threads.
    pub(super) profiles: Vec<Profile>,
}

/// All that was measured.
pub(super) struct Session {
    pub(super) machine: Machine,
    pub(super) taken_at: String,
    pub(super) drift: Drift,
    pub(super) measured: Vec<Measured>,
}

impl Place {
    /// Makes the bundles.
    pub(super) fn new(timeout: Option<Duration>) -> Result<Place, Failure> {
        let folder =
            tempfile::Builder::new().prefix("backcast-lab-").tempdir().map_err(|error| {
                Failure::could_not_measure(format!(
                    "cannot make a folder in {}: {error}",
                    std::env::temp_dir().display()
                ))
                .help("TMPDIR names another folder for temporary files")
            })?;
        let place = Place { folder, stop: interrupt::stop_flag(), timeout };
        make_markets(&Home::at(place.home()))?;
        Ok(place)
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join(".backcast")
    }

    /// This program at work in a fresh process.
    fn subject(&self, workload: &Workload, threads: usize) -> Result<Subject, Failure> {
        let words = ["lab", "work", workload.name, "--home"].map(Into::into);
        let mut words = Vec::from(words);
        words.push(self.home().into_os_string());
        words.extend(["--threads".into(), threads.to_string().into()]);
        let subject = own_command::with_arguments(words)?;
        // A recording that this process was asked for is not meant for those.
        let subject = subject.with_env(backcast_spans::FILE_VARIABLE, "");
        Ok(subject.named(format!("workload {}", workload.name)))
    }

    /// One run for its time.
    fn run(&self, workload: &Workload, threads: usize) -> Result<WorkRun, Failure> {
        let subject = self.subject(workload, threads)?;
        let options = RunOptions {
            timeout: self.timeout,
            stdout: Capture::Ends(KEPT_OUTPUT),
            stderr: Capture::Ends(KEPT_OUTPUT),
            ..RunOptions::default()
        };
        let finished = Launcher::this_program().run(&subject, &options, &self.stop)?;
        if let Some(trouble) = finished.clock_trouble {
            return Err(Failure::could_not_measure(format!("could not measure: {trouble}")));
        }
        let peak_bytes = finished.sample.peak_bytes;
        Ok(WorkRun { told: told(workload, &finished)?, peak_bytes })
    }

    /// One run on one thread for where its time goes.
    pub(super) fn profile(&self, workload: &Workload) -> Result<Profile, Failure> {
        let mut subject = self.subject(workload, 1)?;
        subject.argv.extend(["--passes".into(), "1".into()]);
        let options = Options {
            python_hz: profile::python::DEFAULT_HZ,
            perf: Perf::Never,
            timeout: self.timeout,
            output: Capture::Ends(KEPT_OUTPUT),
        };
        let seen = profile::profile(&Launcher::this_program(), &subject, &options, &self.stop)?;
        match seen.exit {
            Some(exit) if exit.is_success() => Ok(seen.profile),
            Some(exit) => {
                let said = seen.stderr.map(|stderr| stderr.tail(SHOWN_LINES)).unwrap_or_default();
                Err(broken(workload, &exit.told(), said))
            }
            None => Err(backcast_lab::child::ChildError::Stopped.into()),
        }
    }

    /// `runs` runs of each for their time, in turns, so that a machine that slows down touches all alike; then `profiles` of each.
    pub(super) fn measure(
        &self,
        workloads: &[&'static Workload],
        runs: u32,
        profiles: u32,
        threads: &[usize],
        terminal: &Terminal,
    ) -> Result<Session, Failure> {
        let mut measured = Vec::new();
        for workload in workloads {
            let counts = if workload.spreads { threads } else { &threads[..1] };
            measured.extend(counts.iter().map(|threads| Measured {
                workload,
                threads: *threads,
                runs: Vec::new(),
                profiles: Vec::new(),
            }));
        }
        let bar = RunsBar::new(&named(workloads), terminal);
        terminal.live.phase("measuring");
        let total = measured.len() * runs as usize + workloads.len() * profiles as usize;
        let mut done = 0;
        let mut step = || {
            bar.show(Progress { done, total });
            done += 1;
        };
        let machine = Machine::look(&measuring::program());
        let before = Reference::measure();
        for _ in 0..runs {
            for one in &mut measured {
                step();
                one.runs.push(self.run(one.workload, one.threads)?);
            }
        }
        for _ in 0..profiles {
            for one in measured.iter_mut().filter(|one| one.threads == threads[0]) {
                step();
                one.profiles.push(self.profile(one.workload)?);
            }
        }
        step();
        let drift = Drift { before, after: Reference::measure() };
        equal_results(&measured)?;
        Ok(Session { machine, taken_at: taken_now(), drift, measured })
    }
}

/// What is measured, in words.
pub(super) fn named(workloads: &[&'static Workload]) -> String {
    match workloads {
        [one] => format!("workload {}", one.name),
        all => number::count(all.len(), "workload"),
    }
}

fn told(workload: &Workload, finished: &Finished) -> Result<Told, Failure> {
    let said = |captured: &Option<backcast_lab::child::Captured>| {
        captured.as_ref().map(|all| all.tail(SHOWN_LINES)).unwrap_or_default()
    };
    if !finished.sample.exit.is_success() {
        let how = finished.sample.exit.told();
        return Err(broken(workload, &how, said(&finished.stderr)));
    }
    serde_json::from_str(&said(&finished.stdout)).map_err(|error| {
        broken(workload, &format!("told nonsense: {error}"), said(&finished.stdout))
    })
}

fn broken(workload: &Workload, how: &str, said: String) -> Failure {
    Failure::could_not_measure(format!("workload `{}` {how}", workload.name)).help(said)
}

/// A workload whose runs differ in what comes out is worth no time.
fn equal_results(measured: &[Measured]) -> Result<(), Failure> {
    for one in measured {
        let same = measured.iter().find(|other| other.workload.name == one.workload.name);
        let first = &same.expect("it is among them").runs[0].told.digest;
        if let Some(other) = one.runs.iter().find(|run| run.told.digest != *first) {
            return Err(Failure::could_not_measure(format!(
                "two runs of `{}` gave different results: {first} and {}",
                one.workload.name, other.told.digest
            )));
        }
    }
    Ok(())
}
