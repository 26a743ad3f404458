//! The other side of the launcher: asks it to run a command and listens.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt},
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    sched::{CpuSet, sched_getaffinity},
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{
    Capture, Captured, ChildError, ClockTrouble, IdleWatch, ProcessSeries, RunOptions, Sample,
    Sampler, Subject, WaitsFor,
    exec::{LAUNCHER_WORD, SMALL_HEAP},
    program,
    protocol::{Cost, Report, Request, STOP},
};
use crate::live;

/// Time between two looks at whether to stop.
const PATIENCE: Duration = Duration::from_millis(20);

/// Longest wait for the end of a stream after the end of all that could write to it.
const DRAINING: Duration = Duration::from_secs(10);

/// A program that begins with [`super::launched`], to start commands through.
#[derive(Clone, Debug)]
pub struct Launcher {
    program: PathBuf,
    /// Words before those of the launcher itself.
    around: Vec<OsString>,
}

/// A command that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What it cost.
    pub sample: Sample,
    /// Its standard output, where it was captured.
    pub stdout: Option<Captured>,
    /// Its standard error, where it was captured.
    pub stderr: Option<Captured>,
    /// Looks at its tree, where it was sampled.
    pub series: Option<ProcessSeries>,
    /// Whether it ended because this process was asked to stop.
    pub stopped: bool,
    /// The number that its process had.
    pub pid: i32,
    /// That of the launcher.
    pub launcher_pid: i32,
    /// Whether what the launcher was started below hung after the command had ended, and was ended.
    pub hung: bool,
    /// When it was started, on the monotonic clock.
    pub began_ns: i64,
    /// Why its times are worth nothing, where they are.
    pub clock_trouble: Option<ClockTrouble>,
}

/// A command that runs. Dropping it kills the command and all it has started.
#[derive(Debug)]
pub struct Running {
    pid: i32,
    launcher_pid: i32,
    program: String,
    channel: BufReader<UnixStream>,
    /// The launcher, or what it was started below.
    launcher: Child,
    /// Ends what the launcher was started below where it hangs.
    watch: Option<IdleWatch>,
    stdout: Option<JoinHandle<io::Result<Captured>>>,
    stderr: Option<JoinHandle<io::Result<Captured>>>,
    sampler: Option<Sampler>,
    /// Whether it may end by itself where it is to stop, and has been asked to.
    graceful: bool,
    asked: bool,
    over: bool,
}

impl Launcher {
    /// A copy of the program that runs now, which must begin with [`super::launched`].
    pub fn this_program() -> Launcher {
        // By this name it is found even after the file was replaced, and by other programs too.
        Launcher::at(format!("/proc/{}/exe", std::process::id()))
    }

    /// Another program that begins with [`super::launched`].
    pub fn at(program: impl Into<PathBuf>) -> Launcher {
        Launcher { program: program.into(), around: Vec::new() }
    }

    /// The same below another program, which runs what follows its words, hands its streams on and ends with it. It looks at what
    /// the launcher starts, and is no part of what that costs.
    #[must_use]
    pub fn below(self, words: Vec<OsString>) -> Launcher {
        Launcher { around: words, ..self }
    }

    fn command(&self) -> Command {
        let mut words = self.around.iter().cloned().chain([self.program.clone().into()]);
        let mut command = Command::new(words.next().expect("the launcher itself is a word"));
        command.args(words).arg(LAUNCHER_WORD);
        command
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// Those of [`Launcher::start`] and [`Running::finish`].
    pub fn run(
        &self,
        subject: &Subject,
        options: &RunOptions,
        stop: &AtomicBool,
    ) -> Result<Finished, ChildError> {
        self.start(subject, options)?.finish(stop)
    }

    /// Starts a command. It keeps to itself what a live page could show: to be seen would change what it costs.
    ///
    /// # Errors
    /// All of [`ChildError`] that tell of a command that cannot be started.
    pub fn start(&self, subject: &Subject, options: &RunOptions) -> Result<Running, ChildError> {
        let request = request(subject, options)?;
        let failed = |doing| move |source| ChildError::Launcher { doing, source };
        let (ours, theirs) = UnixStream::pair().map_err(failed("making a channel"))?;
        let mut launcher = self
            .command()
            .env(SMALL_HEAP.0, SMALL_HEAP.1)
            .stdin(OwnedFd::from(theirs))
            .stdout(stream(options.stdout))
            .stderr(stream(options.stderr))
            // Ctrl-C must reach this process alone, which then has the launcher end the command.
            .process_group(0)
            .spawn()
            .map_err(failed("starting"))?;
        let stdout = launcher.stdout.take().and_then(|pipe| drain(pipe, options.stdout));
        let stderr = launcher.stderr.take().and_then(|pipe| drain(pipe, options.stderr));
        let mut running = Running {
            pid: 0,
            launcher_pid: 0,
            program: subject.argv[0].to_string_lossy().into_owned(),
            channel: BufReader::new(ours),
            watch: (!self.around.is_empty())
                .then(|| IdleWatch::of(launcher.id() as i32, WaitsFor::ItsCommand)),
            launcher,
            stdout,
            stderr,
            sampler: None,
            graceful: options.grace.is_some(),
            asked: false,
            over: false,
        };
        running.ask(&request)?;
        match running.next_report(None)? {
            Report::Started { pid, launcher } => {
                (running.pid, running.launcher_pid) = (pid, launcher);
            }
            Report::Refused { reason } => {
                running.over = true;
                return Err(ChildError::Refused { program: running.program.clone(), reason });
            }
            Report::Ended(_) => return Err(running.lost()),
        }
        running.sampler = options.sampling.map(|how| Sampler::below(running.launcher_pid, how));
        Ok(running)
    }
}

impl Running {
    /// The number of its process.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Waits for its end, or ends it and all it has started as soon as `stop` is set.
    ///
    /// # Errors
    /// [`ChildError::Stopped`] where it was ended that way without [`RunOptions::grace`], [`ChildError::LauncherLost`] where its cost is not known.
    pub fn finish(mut self, stop: &AtomicBool) -> Result<Finished, ChildError> {
        let cost = match self.next_report(Some(stop))? {
            Report::Ended(cost) => cost,
            Report::Refused { reason } => {
                return Err(ChildError::Refused { program: self.program.clone(), reason });
            }
            Report::Started { .. } => return Err(self.lost()),
        };
        self.over = true;
        let series = self.sampler.take().map(Sampler::finish);
        let _ = self.launcher.wait();
        let hung = self.watch.take().is_some_and(IdleWatch::finish);
        let stdout = captured(self.stdout.take())?;
        let stderr = captured(self.stderr.take())?;
        let tree_peak_bytes = series.as_ref().and_then(ProcessSeries::peak_bytes);
        let (stopped, began_ns, clock_trouble) = (cost.stopped, cost.began_ns, cost.clock_trouble);
        let sample = sample(cost, tree_peak_bytes);
        Ok(Finished {
            sample,
            stdout,
            stderr,
            series,
            stopped,
            pid: self.pid,
            launcher_pid: self.launcher_pid,
            hung,
            began_ns,
            clock_trouble,
        })
    }

    /// Has the launcher ask the command to end, once; whether it will.
    fn ask_to_end(&mut self) -> bool {
        if self.graceful && !self.asked {
            self.asked = self.channel.get_mut().write_all(STOP).is_ok();
        }
        self.asked
    }

    fn ask(&mut self, request: &Request) -> Result<(), ChildError> {
        let failed = |source| ChildError::Launcher { doing: "asking it", source };
        let mut line = serde_json::to_string(request).map_err(|error| failed(error.into()))?;
        line.push('\n');
        self.channel.get_mut().write_all(line.as_bytes()).map_err(failed)?;
        self.channel.get_ref().set_read_timeout(Some(PATIENCE)).map_err(failed)
    }

    /// The next line of the launcher.
    fn next_report(&mut self, stop: Option<&AtomicBool>) -> Result<Report, ChildError> {
        let mut line = Vec::new();
        loop {
            if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) && !self.ask_to_end() {
                return Err(ChildError::Stopped);
            }
            match self.channel.read_until(b'\n', &mut line) {
                Ok(_) if line.ends_with(b"\n") => break,
                Ok(_) => return Err(self.lost()),
                Err(error) if is_impatience(&error) => {}
                Err(source) => {
                    return Err(ChildError::Launcher { doing: "listening to it", source });
                }
            }
        }
        serde_json::from_slice(&line).map_err(|error| ChildError::Launcher {
            doing: "listening to it",
            source: error.into(),
        })
    }

    fn lost(&self) -> ChildError {
        ChildError::LauncherLost { program: self.program.clone() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over {
            // The launcher sees the channel close and ends the whole tree; its group is for one that is gone itself.
            let _ = self.channel.get_ref().shutdown(std::net::Shutdown::Both);
        }
        let _ = self.launcher.wait();
        let _ = self.watch.take().map(IdleWatch::finish);
        if !self.over && self.pid > 0 {
            let _ = killpg(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
        let _ = self.sampler.take().map(Sampler::finish);
    }
}

fn is_impatience(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn request(subject: &Subject, options: &RunOptions) -> Result<Request, ChildError> {
    check_processors(&options.affinity)?;
    let own = std::env::var_os(SMALL_HEAP.0).map(|value| (SMALL_HEAP.0.into(), value));
    let unseen = std::iter::once((live::SWITCH.into(), live::OFF.into()));
    Ok(Request {
        program: program::find(subject)?,
        argv: subject.argv.clone(),
        dir: subject.dir.clone(),
        env: unseen.chain(own).chain(subject.env.iter().cloned()).collect(),
        affinity: options.affinity.clone(),
        grace_ns: options.grace.map(|grace| grace.as_nanos() as u64),
        timeout_ns: options.timeout.map(|limit| limit.as_nanos() as u64),
    })
}

/// Processors that this process may use, in order; none where the system does not say.
pub fn usable_processors() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else { return Vec::new() };
    (0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect()
}

/// Refuses processors that this process may not use.
fn check_processors(affinity: &[usize]) -> Result<(), ChildError> {
    let usable = usable_processors();
    match affinity.iter().find(|cpu| !usable.is_empty() && !usable.contains(cpu)) {
        None => Ok(()),
        Some(cpu) => {
            let usable: Vec<String> = usable.iter().map(usize::to_string).collect();
            Err(ChildError::NoProcessor { cpu: *cpu, usable: usable.join(", ") })
        }
    }
}

fn stream(capture: Capture) -> Stdio {
    match capture {
        Capture::Discard => Stdio::null(),
        Capture::Ends(_) => Stdio::piped(),
        Capture::Inherit => Stdio::inherit(),
    }
}

fn drain(
    pipe: impl Read + Send + 'static,
    capture: Capture,
) -> Option<JoinHandle<io::Result<Captured>>> {
    let Capture::Ends(keep) = capture else { return None };
    Some(thread::spawn(move || Captured::read(pipe, keep)))
}

fn captured(
    thread: Option<JoinHandle<io::Result<Captured>>>,
) -> Result<Option<Captured>, ChildError> {
    let failed = |source| ChildError::Launcher { doing: "reading the output", source };
    let Some(thread) = thread else { return Ok(None) };
    // A process that could not be ended, of another user say, may hold the stream open for as long as it likes.
    let begin = Instant::now();
    while !thread.is_finished() {
        if begin.elapsed() > DRAINING {
            return Err(failed(io::ErrorKind::TimedOut.into()));
        }
        thread::sleep(Duration::from_micros(200));
    }
    let read = thread.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
    read.map(Some).map_err(failed)
}

fn sample(cost: Cost, tree_peak_bytes: Option<u64>) -> Sample {
    let usage = cost.usage;
    Sample {
        exit: cost.exit,
        wall_ns: cost.wall_ns,
        user_ns: usage.user_ns,
        system_ns: usage.system_ns,
        peak_bytes: usage.peak_bytes,
        peak_floor_bytes: cost.floor_bytes,
        tree_peak_bytes,
        voluntary_switches: usage.voluntary_switches,
        involuntary_switches: usage.involuntary_switches,
        minor_faults: usage.minor_faults,
        major_faults: usage.major_faults,
        block_reads: usage.block_reads,
        block_writes: usage.block_writes,
        left_over: cost.left_over,
    }
}
