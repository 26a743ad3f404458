//! Runs a command with everything that can look into it, and makes one profile of what they saw.

use std::{
    ffi::OsStr,
    fs, io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    Builder, Lifetime, Processes, Profile, Scratch, Source, perf, perf::PerfFile,
    python::Injection, read_spans, words,
};
use crate::child::{
    Capture, Captured, ChildError, Exit, Finished, IdleWatch, Launcher, RunOptions, Sampler,
    Sampling, Subject, WaitsFor,
};

/// Processor time from which on it is told how little of it perf saw.
const WORTH_A_NOTE_NS: u64 = 50_000_000;

/// How long a command may take to end by itself once its time is over, or this program is to stop: what records itself writes what
/// it has.
const GRACE: Duration = Duration::from_secs(3);

/// Processor time in which perf may well have taken no sample.
const NEXT_TO_NOTHING_NS: u64 = 10_000_000;

/// How a command is looked into.
#[derive(Clone, Debug)]
pub struct Options {
    /// Samples of Python a second.
    pub python_hz: f64,
    /// Whether perf looks on.
    pub perf: Perf,
    /// After this time the command is asked to end, and killed where it does not.
    pub timeout: Option<Duration>,
    /// What becomes of its output.
    pub output: Capture,
}

/// Whether perf looks on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Perf {
    /// With commands that are compiled code of others.
    #[default]
    Auto,
    /// With all commands; Python is then seen as compiled code only.
    Always,
    /// Never.
    Never,
}

/// A command that was looked into.
#[derive(Debug)]
pub struct Outcome {
    /// What was seen.
    pub profile: Profile,
    /// How the command ended; `None` where it was stopped with this program.
    pub exit: Option<Exit>,
    /// What it printed, where that was captured.
    pub stdout: Option<Captured>,
    /// What it complained of, where that was captured.
    pub stderr: Option<Captured>,
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The command could not be started, or its cost not be told.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// There is no place for what the command writes about itself.
    #[error("cannot write below {}: {source}", .folder.display())]
    Scratch {
        /// The temporary folder.
        folder: std::path::PathBuf,
        /// Why not.
        source: io::Error,
    },
}

fn scratch_failed(source: io::Error) -> SessionError {
    SessionError::Scratch { folder: std::env::temp_dir(), source }
}

/// Runs the command to its end, or until `stop` is set; what was seen until then is a profile too.
///
/// # Errors
/// [`SessionError`] where the command could not be started or nothing could be measured.
pub fn profile(
    launcher: &Launcher,
    subject: &Subject,
    options: &Options,
    stop: &AtomicBool,
) -> Result<Outcome, SessionError> {
    let program = subject.program()?;
    let mut builder = Builder::default();
    let scratch = Scratch::new().map_err(scratch_failed)?;
    let injection = Injection::new(&scratch, options.python_hz).map_err(scratch_failed)?;
    let perf = wanted_perf(options.perf, &program, &scratch, &mut builder);
    let spans = scratch.path("spans");
    fs::create_dir(&spans).map_err(scratch_failed)?;

    let mut watched = subject.clone();
    watched.env.push(("BACKCAST_SPANS".into(), spans.join("%p.json").into()));
    if options.perf != Perf::Always {
        let given = subject.env.iter().rev().find(|(name, _)| name == OsStr::new("PYTHONPATH"));
        let own = given.map(|(_, value)| value.clone()).or_else(|| std::env::var_os("PYTHONPATH"));
        watched.env.extend(injection.environment(own.as_deref()));
        if is_interpreter(&program) {
            injection.compile(&program);
        }
    }
    // Around the launcher, which tells what the command cost: what perf takes itself is then no part of that.
    let launcher = launcher.clone().below(perf.as_ref().map(PerfFile::around).unwrap_or_default());

    let taken_at = jiff::Timestamp::now().to_string();
    let started = Instant::now();
    let run = RunOptions {
        timeout: options.timeout,
        grace: Some(GRACE),
        stdout: options.output,
        stderr: options.output,
        sampling: Some(Sampling::FULL),
        ..RunOptions::default()
    };
    let running = launcher.start(&watched, &run)?;
    let finished = match running.finish(stop) {
        Ok(finished) => Some(finished),
        Err(ChildError::Stopped) => None,
        Err(error) => return Err(error.into()),
    };
    let wall_ns = match &finished {
        Some(finished) => finished.sample.wall_ns,
        None => started.elapsed().as_nanos() as u64,
    };

    builder.command = finished.as_ref().map(|finished| Lifetime {
        pid: finished.pid as u32,
        began_ns: finished.began_ns as u64,
        wall_ns,
    });
    injection.read(&mut builder);
    read_all_spans(&spans, &mut builder);
    if let Some(perf) = &perf {
        let launcher_pid = finished.as_ref().map(|finished| finished.launcher_pid as u32);
        read_perf(perf, wall_ns, launcher_pid, &mut builder);
    }
    explain(&mut builder, &program, finished.as_ref(), perf.is_some());

    let command = subject.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut profile = builder.finish(&subject.name, command, taken_at, wall_ns);
    let Some(finished) = finished else {
        profile.ended = Some("stopped".to_owned());
        return Ok(Outcome { profile, exit: None, stdout: None, stderr: None });
    };
    let exit = (!finished.stopped).then_some(finished.sample.exit);
    profile.ended = Some(exit.map_or("stopped".to_owned(), |exit| exit.to_string()));
    if finished.sample.left_over > 0 {
        let left = finished.sample.left_over;
        let noun = if left == 1 { "process" } else { "processes" };
        profile
            .unseen
            .push(format!("the end of {left} {noun} that the command left behind: killed with it"));
    }
    if perf.is_some() {
        profile.unseen.extend(missed_by_perf(&profile, finished.sample.cpu_ns()));
    }
    let series = finished.series.unwrap_or_default();
    profile.unseen.extend(series.unseen.iter().cloned());
    profile.overhead.sampler_cpu_ns += series.cost_ns;
    profile.process = Processes { cost: Some(finished.sample), series };
    profile.distrust.extend(finished.clock_trouble.map(|trouble| trouble.to_string()));
    if finished.hung {
        profile.unseen.push("compiled code: perf hung, and was ended".to_owned());
    }
    Ok(Outcome { profile, exit, stdout: finished.stdout, stderr: finished.stderr })
}

fn wanted_perf(
    perf: Perf,
    program: &Path,
    scratch: &Scratch,
    builder: &mut Builder,
) -> Option<PerfFile> {
    let wanted = match perf {
        Perf::Auto => perf::is_native(program),
        Perf::Always => true,
        Perf::Never => false,
    };
    match wanted.then(|| PerfFile::new(scratch))? {
        Ok(file) => Some(file),
        Err(said) => {
            builder.unseen.push(said);
            None
        }
    }
}

/// Adds the processes that recorded spans.
fn read_all_spans(folder: &Path, builder: &mut Builder) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = files.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    for path in paths {
        if let Err(error) = read_spans(&path, builder) {
            builder.unseen.push(error.to_string());
        }
    }
}

/// Adds what perf saw of processes that did not tell more about themselves, the launcher apart.
fn read_perf(perf: &PerfFile, wall_ns: u64, launcher: Option<u32>, builder: &mut Builder) {
    let mut told: Vec<u32> = builder.processes();
    told.extend(launcher);
    if let Err(error) = perf.read(wall_ns, |pid| !told.contains(&pid), builder) {
        builder
            .unseen
            .push(format!("compiled code: perf recorded something that it cannot read: {error}"));
    }
}

/// Whether a program is a Python interpreter, by its name.
fn is_interpreter(program: &Path) -> bool {
    program.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("python"))
}

/// Where perf saw less than half of the processor time, its shares are of the rest.
fn missed_by_perf(profile: &Profile, cpu_ns: u64) -> Option<String> {
    let threads = profile.threads.iter().filter(|thread| thread.source == Source::Perf);
    let nodes = threads.flat_map(|thread| profile.nodes_of(thread));
    let seen: u64 = nodes.filter_map(|node| node.cpu_ns).sum();
    // What tells about itself by spans or Python's sampler is left out of what perf saw.
    let alone = profile.threads.iter().all(|thread| thread.source == Source::Perf);
    let much = alone && cpu_ns > WORTH_A_NOTE_NS && seen < cpu_ns / 2;
    much.then(|| {
        format!(
            "most of the work: perf saw {} of {} processor time; threads and processes that end before their first sample \
             are missed, and shares are of what it saw",
            words::time(seen),
            words::time(cpu_ns)
        )
    })
}

/// Says why nothing was seen inside, and what is not to be seen this way.
fn explain(builder: &mut Builder, program: &Path, finished: Option<&Finished>, with_perf: bool) {
    let exit = finished.filter(|finished| !finished.stopped).map(|finished| finished.sample.exit);
    if builder.is_empty() && perf::is_python(program) {
        builder.unseen.push(match exit {
            Some(Exit::Code(_)) => "Python: no samples came back; the sampler needs Python 3.8 or later, and does not start under \
                 -I, -E or -S; `--perf always` sees its compiled code"
                .to_owned(),
            _ => "Python: it ended before the first samples were written".to_owned(),
        });
    } else if builder.is_empty() && perf::is_this_program(program) {
        builder.unseen.push("spans: it ended before the first ones were written".to_owned());
    } else if builder.is_empty() {
        builder.unseen.push(match with_perf {
            true => without_samples(finished.map(|finished| finished.sample.cpu_ns())),
            false => "the inside of the command: it records no spans, is no Python, and perf did not look".to_owned(),
        });
    }
    if builder.has(Source::Python) {
        builder.unseen.push(
            "compiled code inside of Python: its time counts for the Python line that called it; while it holds the \
             interpreter lock, no sample can be taken"
                .to_owned(),
        );
    }
    if builder.has(Source::Perf) {
        builder
            .unseen
            .push("waiting: perf sees threads while they run, the rest is unattributed".to_owned());
    }
}

/// Why perf took no sample.
fn without_samples(cpu_ns: Option<u64>) -> String {
    let why = match cpu_ns {
        None => String::new(),
        Some(ns) if ns < NEXT_TO_NOTHING_NS => {
            format!(": it used next to no processor time ({})", words::time(ns))
        }
        Some(ns) => format!(
            ": its threads ended before their first one, with {} of processor time",
            words::time(ns)
        ),
    };
    format!("the inside of the command: perf took no sample of it{why}")
}

/// Watches a running process for a while: its tree always, its compiled code where perf may.
///
/// # Errors
/// [`SessionError`] where there is no such process.
pub fn attach(
    pid: i32,
    during: Duration,
    perf: Perf,
    stop: &AtomicBool,
) -> Result<Outcome, SessionError> {
    let mut builder = Builder::default();
    let scratch = Scratch::new().map_err(scratch_failed)?;
    let sampler = Sampler::attach(pid, Sampling::FULL)?;
    let command = command_of(pid);
    let file = (perf != Perf::Never).then(|| PerfFile::new(&scratch));
    let file = match file {
        Some(Ok(file)) => Some(file),
        Some(Err(said)) => {
            builder.unseen.push(said);
            None
        }
        None => None,
    };
    let taken_at = jiff::Timestamp::now().to_string();
    let started = Instant::now();
    let recording = file.as_ref().map(|file| file.attached(pid, during.as_secs_f64()));
    let recording = recording.map(|words| {
        std::process::Command::new(&words[0])
            .args(&words[1..])
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
    });
    while started.elapsed() < during && !sampler.is_over() && !stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(10).min(during.saturating_sub(started.elapsed())));
    }
    let wall_ns = started.elapsed().as_nanos() as u64;
    let over = sampler.is_over();
    let series = sampler.finish();
    if let (Some(file), Some(Ok(mut recording))) = (&file, recording) {
        // perf ends with the sleep that it runs; where this ends earlier, so must perf, and it writes its file on SIGINT.
        let id = nix::unistd::Pid::from_raw(recording.id() as i32);
        let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT);
        let watch = IdleWatch::of(id.as_raw(), WaitsFor::Nothing);
        let _ = recording.wait();
        match watch.finish() {
            true => builder.unseen.push("compiled code: perf hung, and was ended".to_owned()),
            false => read_perf(file, wall_ns, None, &mut builder),
        }
    }
    builder.unseen.push(
        "Python functions and spans: a running process can only be looked at from outside; start it with \
         `backcast profile -- COMMAND` to see them"
            .to_owned(),
    );
    builder.unseen.extend(series.unseen.iter().cloned());
    builder.overhead.sampler_cpu_ns += series.cost_ns;
    let mut profile = builder.finish(&format!("process {pid}"), command, taken_at, wall_ns);
    profile.ended = over.then(|| "the process ended while it was watched".to_owned());
    profile.process = Processes { cost: None, series };
    Ok(Outcome { profile, exit: None, stdout: None, stderr: None })
}

fn command_of(pid: i32) -> Vec<String> {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = words.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}
