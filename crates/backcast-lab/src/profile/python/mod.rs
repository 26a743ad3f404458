//! The Python sampler: carried in the program, given to a command through its environment, gone afterwards.
//!
//! Python imports `sitecustomize` when it starts. [`Injection`] makes a temporary folder with one and puts it first on
//! `PYTHONPATH` of the child; it starts the sampler (`sampler.py`), takes its folder off the search path and runs the
//! `sitecustomize` that would have run. Each process writes its own file, which [`Injection::read`] turns into threads.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde::Deserialize;

use super::{
    Area, Builder, Collections, Frame, Import, Kind, LineTime, Node, ProfileError, PythonProcess,
    Scratch, Source, builder::Thread, file::read_versioned, words,
};

/// Samples a second unless something else is wanted.
pub const DEFAULT_HZ: f64 = 100.0;

/// The name of a Python process's first thread.
pub(crate) const MAIN_THREAD: &str = "MainThread";

const SITE: &str = include_str!("sitecustomize.py");
const SAMPLER: &str = include_str!("sampler.py");
const SAMPLER_FILE: &str = "_backcast_sampler.py";
/// Puts the compiled sampler where `sitecustomize.py` looks for it.
const COMPILE: &str = "import marshal, sys
from _frozen_importlib_external import MAGIC_NUMBER
source = sys.argv[1]
with open(source, encoding='utf-8') as file:
    code = compile(file.read(), source, 'exec')
with open('%s.%s' % (source, MAGIC_NUMBER.hex()), 'wb') as file:
    file.write(marshal.dumps(code))
";
/// Longest time that is given to it.
const LONGEST_COMPILING: Duration = Duration::from_secs(2);
const FORMAT: &str = "backcast-python-samples";
const VERSION: u32 = 1;
/// Processor time in no thread that was looked at, from which on it is told.
const WORTH_A_NOTE_NS: u64 = 50_000_000;
/// Stands for frames that are not kept.
const LEFT_OUT: &str = "(frames left out)";
/// Imports that are kept, slowest first.
const KEPT_IMPORTS: usize = 200;

/// The sampler in a folder, ready to be imported.
#[derive(Debug)]
pub struct Injection {
    code: PathBuf,
    samples: PathBuf,
    hz: f64,
}

impl Injection {
    /// Writes the sampler; processes are sampled `hz` times a second.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn new(scratch: &Scratch, hz: f64) -> io::Result<Injection> {
        let injection =
            Injection { code: scratch.path("python"), samples: scratch.path("samples"), hz };
        fs::create_dir(&injection.samples)?;
        fs::create_dir(&injection.code)?;
        fs::write(injection.code.join("sitecustomize.py"), SITE)?;
        fs::write(injection.code.join(SAMPLER_FILE), SAMPLER)?;
        Ok(injection)
    }

    /// Has an interpreter compile the sampler, so that the command does not spend its own time on that. Where it cannot, the
    /// command does.
    pub fn compile(&self, interpreter: &Path) {
        let program = Command::new(interpreter)
            .args(["-I", "-S", "-c", COMPILE])
            .arg(self.code.join(SAMPLER_FILE))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut program) = program else { return };
        let begin = Instant::now();
        while matches!(program.try_wait(), Ok(None)) {
            if begin.elapsed() > LONGEST_COMPILING {
                let _ = program.kill();
                let _ = program.wait();
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// What the child's environment gets; `python_path` is what it would have had.
    pub fn environment(&self, python_path: Option<&OsStr>) -> Vec<(OsString, OsString)> {
        let mut path = self.code.clone().into_os_string();
        if let Some(own) = python_path.filter(|own| !own.is_empty()) {
            path.push(":");
            path.push(own);
        }
        vec![
            ("PYTHONPATH".into(), path),
            ("BACKCAST_PYTHON_SAMPLES".into(), self.samples.clone().into()),
            ("BACKCAST_PYTHON_RATE".into(), self.hz.to_string().into()),
        ]
    }

    /// Adds all processes that wrote samples. A file that cannot be read is a sentence in `unseen`.
    pub fn read(&self, builder: &mut Builder) {
        let files = fs::read_dir(&self.samples).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        for path in paths {
            if let Err(error) = read_samples(&path, builder) {
                builder.unseen.push(error.to_string());
            }
        }
    }
}

/// A file of the sampler.
#[derive(Deserialize)]
struct Samples {
    pid: u32,
    python: String,
    began_ns: u64,
    wall_ns: u64,
    complete: bool,
    period_ns: u64,
    ticks: u64,
    switch_interval_ns: u64,
    sampler_cpu_ns: u64,
    most_threads: u64,
    not_kept: u64,
    threads_started: u64,
    process_cpu_ns: u64,
    peak_bytes: Option<u64>,
    #[serde(default)]
    blocks: Vec<(u64, u64)>,
    #[serde(default)]
    own_bytes: u64,
    collections: Vec<(u64, u64, u64, u64)>,
    imports: Vec<(String, u64, u64)>,
    frames: Vec<(String, String, u32)>,
    threads: Vec<SampledThread>,
}

#[derive(Deserialize)]
struct SampledThread {
    name: String,
    count: u64,
    wall_ns: u64,
    cpu_ns: Option<u64>,
    samples: u64,
    effective_samples: u64,
    nodes: Vec<SampledNode>,
}

/// Parent or -1, frame, samples, own time, own processor time, lines with own time, total time and samples, own time in which it
/// waited.
type SampledNode = (i64, u32, u64, u64, Option<u64>, Vec<(u32, u64, u64, u64)>, u64);

/// Adds the process of one file of the sampler.
///
/// # Errors
/// [`ProfileError`] if the file cannot be read, or is not such a file.
pub fn read_samples(path: &Path, builder: &mut Builder) -> Result<(), ProfileError> {
    let samples: Samples = read_versioned(path, FORMAT, VERSION)?;
    let broken =
        |found: String| ProfileError::Format { path: path.to_path_buf(), wanted: FORMAT, found };
    let mut frames = Vec::with_capacity(samples.frames.len());
    for (name, file, line) in &samples.frames {
        frames.push(builder.frame(frame(name, file, *line)));
    }
    let lost_ns = lost(&samples, builder);
    for thread in &samples.threads {
        let mut nodes = Vec::with_capacity(thread.nodes.len());
        for (i, (parent, frame, samples, own_ns, cpu_ns, lines, idle_ns)) in
            thread.nodes.iter().enumerate()
        {
            let parent = u32::try_from(*parent).ok();
            if parent.is_some_and(|parent| parent as usize >= i) {
                return Err(broken(format!("node {i} does not stand after its parent")));
            }
            let Some(frame) = frames.get(*frame as usize).copied() else {
                return Err(broken(format!("node {i} names frame {frame}, which is not there")));
            };
            let line = |&(line, own_ns, total_ns, samples): &_| LineTime {
                line,
                own_ns,
                total_ns,
                samples,
            };
            nodes.push(Node {
                parent,
                frame,
                own_ns: *own_ns,
                total_ns: 0,
                cpu_ns: *cpu_ns,
                idle_ns: *idle_ns,
                samples: *samples,
                calls: None,
                lines: lines.iter().map(line).collect(),
            });
        }
        // The main thread lives as long as its process; what comes after its last sample is in no node.
        let main = thread.name == MAIN_THREAD;
        builder.thread(
            Thread {
                pid: samples.pid,
                name: thread.name.clone(),
                count: thread.count,
                source: Source::Python,
                wall_ns: match main {
                    true => samples.wall_ns.max(thread.wall_ns) + lost_ns,
                    false => thread.wall_ns,
                },
                cpu_ns: thread.cpu_ns,
                samples: thread.samples,
                effective_samples: thread.effective_samples,
            },
            nodes,
        );
    }
    builder.overhead.sampler_cpu_ns += samples.sampler_cpu_ns;
    builder.overhead.recording_bytes += fs::metadata(path).map_or(0, |file| file.len());
    let left_out = samples.frames.iter().position(|(name, file, _)| is_left_out(name, file));
    let mut nodes = samples.threads.iter().flat_map(|thread| &thread.nodes);
    if left_out.is_some_and(|frame| nodes.any(|node| node.1 as usize == frame)) {
        builder.unseen.push(format!(
            "the middle of deep stacks of process {}: it is in `{LEFT_OUT}`, between the outermost and the innermost frames",
            samples.pid
        ));
    }
    if samples.not_kept > 0 {
        builder.unseen.push(format!(
            "{} samples of process {} ended at a call path that was not kept; they count for its caller",
            samples.not_kept, samples.pid
        ));
    }
    builder.unseen.extend(threads_between_looks(&samples));
    builder.python.push(process(samples));
    Ok(())
}

/// How long the process lived on after what it had written, which is said.
fn lost(samples: &Samples, builder: &mut Builder) -> u64 {
    if samples.complete {
        return 0;
    }
    let lost_ns = builder.lived_on(samples.pid, samples.began_ns + samples.wall_ns);
    let when = match lost_ns {
        Some(ns) => format!("in its last {}", words::time(ns)),
        None => format!("after its first {}", words::time(samples.wall_ns)),
    };
    builder.unseen.push(format!(
        "Python functions of process {} {when}: it was killed before it had written them",
        samples.pid
    ));
    lost_ns.unwrap_or(0)
}

/// Threads that ended before a look met them, and what no thread that was looked at accounts for.
fn threads_between_looks(samples: &Samples) -> Option<String> {
    let others = samples.threads.iter().filter(|thread| thread.name != MAIN_THREAD);
    let seen: u64 = others.map(|thread| thread.count).sum();
    let missed = samples.threads_started.saturating_sub(seen);
    let sampled: u64 = samples.threads.iter().filter_map(|thread| thread.cpu_ns).sum();
    let cpu_ns = samples.process_cpu_ns.saturating_sub(sampled + samples.sampler_cpu_ns);
    let much = cpu_ns > WORTH_A_NOTE_NS && cpu_ns > samples.process_cpu_ns / 20;
    let cpu = format!(
        "{} of {} processor time",
        words::time(cpu_ns),
        words::time(samples.process_cpu_ns)
    );
    let pid = samples.pid;
    let threads = match missed {
        1 => "1 thread".to_owned(),
        _ => format!("{} threads", words::count(missed)),
    };
    match (missed > 0, much) {
        (true, true) => Some(format!(
            "{threads} of process {pid} that ended between two looks; {cpu} was in no thread that was looked at"
        )),
        (true, false) => Some(format!("{threads} of process {pid} that ended between two looks")),
        (false, true) => {
            Some(format!("{cpu} of process {pid}: it was in no thread that Python knows of"))
        }
        (false, false) => None,
    }
}

fn is_left_out(name: &str, file: &str) -> bool {
    name == LEFT_OUT && file == "<stack>"
}

fn process(samples: Samples) -> PythonProcess {
    let collections = samples.collections.iter();
    let mut imports: Vec<Import> = samples
        .imports
        .into_iter()
        .map(|(module, own_ns, total_ns)| Import { module, own_ns, total_ns })
        .collect();
    imports.sort_by(|a, b| b.own_ns.cmp(&a.own_ns).then_with(|| a.module.cmp(&b.module)));
    imports.truncate(KEPT_IMPORTS);
    PythonProcess {
        pid: samples.pid,
        python: samples.python,
        wall_ns: samples.wall_ns,
        wanted_hz: 1e9 / samples.period_ns.max(1) as f64,
        achieved_hz: samples.ticks as f64 * 1e9 / samples.wall_ns.max(1) as f64,
        switch_interval_ns: samples.switch_interval_ns,
        collections: collections
            .map(|&(count, ns, collected, uncollectable)| Collections {
                count,
                ns,
                collected,
                uncollectable,
            })
            .collect(),
        imports,
        peak_bytes: samples.peak_bytes,
        blocks: samples.blocks,
        sampler_bytes: samples.own_bytes,
        most_threads: samples.most_threads,
        sampler_cpu_ns: samples.sampler_cpu_ns,
    }
}

fn frame(name: &str, file: &str, line: u32) -> Frame {
    let (kind, area) = match file {
        "<gc>" => (Kind::Collector, Area::Collector),
        "<frozen importlib>" => (Kind::Import, Area::Import),
        "<stack>" => (Kind::Python, Area::Caller),
        _ => (Kind::Python, Area::of_python(file, name)),
    };
    let made_up = kind != Kind::Python || file == "<stack>";
    Frame {
        name: name.to_owned(),
        file: (!made_up).then(|| file.to_owned()),
        line: (line > 0).then_some(line),
        kind,
        area,
    }
}
