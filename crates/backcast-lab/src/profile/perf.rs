//! Samples of compiled code by `perf`, where it is there and permitted: `perf record` around the launcher of a command, `perf script`
//! read line by line.
//!
//! perf sees threads while they run on a processor; the rest of their lifetime is unattributed (waiting, or not sampled).

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Area, Builder, Frame, Kind, Node, Scratch, Source, builder::Thread, view::group_name};
use crate::child::{IdleWatch, LAUNCHER_NAME, WaitsFor};

/// Samples a second; a prime keeps step with nothing.
pub const HZ: f64 = 997.0;

/// Call paths of one group of threads at most; what is beyond counts for the caller.
const MOST_NODES: usize = 50_000;
/// Frames of one stack at most, innermost last.
const MOST_FRAMES: usize = 200;

/// Names of processes before the command itself is loaded.
const NOT_THE_COMMAND: [&str; 3] = ["perf", "perf-exec", LAUNCHER_NAME];

/// A file that `perf record` writes.
#[derive(Debug)]
pub struct PerfFile {
    path: PathBuf,
}

impl PerfFile {
    /// Tries perf on a command that does nothing.
    ///
    /// # Errors
    /// Why it does not work here, as a sentence.
    pub fn new(scratch: &Scratch) -> Result<PerfFile, String> {
        let file = PerfFile { path: scratch.path("perf.data") };
        let mut words = file.around();
        words.push("true".into());
        let tried = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let ended = tried.and_then(|child| {
            let watch = IdleWatch::of(child.id() as i32, WaitsFor::Nothing);
            let output = child.wait_with_output();
            if watch.finish() { Err(io::ErrorKind::TimedOut.into()) } else { output }
        });
        match ended {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err("compiled code: perf hung when it was tried, and was ended".to_owned())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err("compiled code: perf is not installed".to_owned())
            }
            Err(error) => Err(format!("compiled code: perf cannot be started: {error}")),
            Ok(output) if output.status.success() && file.path.exists() => Ok(file),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let line =
                    said.lines().map(str::trim).find(|line| line.len() > 8 && *line != "Error:");
                Err(format!(
                    "compiled code: perf may not record here ({})",
                    line.unwrap_or("no reason given")
                ))
            }
        }
    }

    /// What stands before a command so that perf looks at it and at all that it starts. perf ends as the command ends.
    pub fn around(&self) -> Vec<OsString> {
        let mut words = self.record();
        words.push("--".into());
        words
    }

    /// A command that records a running process until it is interrupted or the time is over.
    pub fn attached(&self, pid: i32, seconds: f64) -> Vec<OsString> {
        let mut words = self.record();
        words.extend(["-p".into(), pid.to_string().into()]);
        words.extend(["--".into(), "sleep".into(), seconds.to_string().into()]);
        words
    }

    fn record(&self) -> Vec<OsString> {
        let frequency = HZ.to_string();
        // No copies of the programs seen are left in the user's home (-N), and programs of the kernel's own virtual machine are not
        // asked for, which takes a second at each start.
        let words = ["perf", "record", "-q", "-N", "--no-bpf-event", "-F", &frequency, "-g", "-o"];
        let mut words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        words.push(self.path.clone().into());
        words
    }

    /// Adds the threads of all processes for which `wanted` holds, each alive for at most `wall_ns`.
    ///
    /// # Errors
    /// What perf or the system said.
    pub fn read(
        &self,
        wall_ns: u64,
        wanted: impl Fn(u32) -> bool,
        builder: &mut Builder,
    ) -> io::Result<()> {
        let mut script = Command::new("perf")
            // Inlined functions would be asked of another program, address by address, for minutes.
            .args(["script", "--no-inline", "-F", "comm,pid,tid,time,ip,sym,dso", "-i"])
            .arg(&self.path)
            // Symbols are those of this machine: nothing is asked of the network.
            .env_remove("DEBUGINFOD_URLS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = script.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let watch = IdleWatch::of(script.id() as i32, WaitsFor::Nothing);
        let read = read_script(BufReader::new(stdout), wall_ns, wanted, builder);
        script.wait()?;
        if watch.finish() {
            builder
                .unseen
                .push("compiled code: perf hung when it read what it recorded".to_owned());
        }
        builder.overhead.recording_bytes += fs::metadata(&self.path).map_or(0, |file| file.len());
        read
    }
}

/// Whether a command is compiled code of others: neither Python nor this very program.
pub fn is_native(program: &Path) -> bool {
    !is_this_program(program) && !is_python(program) && fs::File::open(program).is_ok()
}

/// Whether a command is a Python interpreter, or a script for one.
pub(super) fn is_python(program: &Path) -> bool {
    let name = program.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if name.starts_with("python") || name.starts_with("pypy") {
        return true;
    }
    let mut first = Vec::new();
    let read = fs::File::open(program)
        .and_then(|file| BufReader::new(io::Read::take(file, 256)).read_until(b'\n', &mut first));
    read.is_ok() && first.starts_with(b"#!") && first.windows(6).any(|word| word == b"python")
}

/// Whether a command is the program that runs now.
pub(super) fn is_this_program(program: &Path) -> bool {
    let itself = std::env::current_exe().ok().and_then(|path| path.canonicalize().ok());
    itself.is_some() && itself == program.canonicalize().ok()
}

/// One group of threads while it is read.
struct Group {
    pid: u32,
    tasks: HashMap<u32, (f64, f64)>,
    samples: u64,
    nodes: Vec<Node>,
    known: HashMap<(Option<u32>, u32), u32>,
}

/// Adds what `perf script -F comm,pid,tid,time,ip,sym,dso` says. A line that means nothing is passed over.
///
/// # Errors
/// Those of the reader.
pub fn read_script(
    mut script: impl BufRead,
    wall_ns: u64,
    wanted: impl Fn(u32) -> bool,
    builder: &mut Builder,
) -> io::Result<()> {
    let mut groups: Vec<(String, Group)> = Vec::new();
    let mut names: HashMap<(u32, String), usize> = HashMap::new();
    let mut current: Option<usize> = None;
    let mut stack: Vec<u32> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let ended = script.read_until(b'\n', &mut line)? == 0;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.is_empty() {
            if let Some(group) = current.take() {
                groups[group].1.add(&stack);
            }
            stack.clear();
            if ended {
                break;
            }
        } else if text.starts_with(['\t', ' ']) && current.is_some() {
            if stack.len() < MOST_FRAMES
                && let Some(frame) = frame(text)
            {
                stack.push(builder.frame(frame));
            }
        } else if let Some((name, pid, task, time)) = heading(text)
            && wanted(pid)
            && !NOT_THE_COMMAND.contains(&name)
        {
            let pattern = group_name(name);
            let next = groups.len();
            let group = *names.entry((pid, pattern.clone())).or_insert(next);
            if group == next {
                groups.push((name.to_owned(), Group::new(pid)));
            } else if groups[group].0 != name {
                groups[group].0 = pattern;
            }
            let seen = groups[group].1.tasks.entry(task).or_insert((time, time));
            *seen = (seen.0.min(time), seen.1.max(time));
            current = Some(group);
        }
    }
    for (name, group) in groups {
        group.finish(name, wall_ns, builder);
    }
    Ok(())
}

impl Group {
    fn new(pid: u32) -> Group {
        Group { pid, tasks: HashMap::new(), samples: 0, nodes: Vec::new(), known: HashMap::new() }
    }

    /// One more sample; frames stand innermost first.
    fn add(&mut self, stack: &[u32]) {
        self.samples += 1;
        let mut parent = None;
        for frame in stack.iter().rev() {
            let next = self.nodes.len() as u32;
            let key = (parent, *frame);
            let node = match self.known.get(&key) {
                Some(node) => *node,
                None if self.nodes.len() >= MOST_NODES => break,
                None => {
                    self.known.insert(key, next);
                    self.nodes.push(Node { parent, frame: *frame, ..Node::default() });
                    next
                }
            };
            parent = Some(node);
        }
        if let Some(node) = parent {
            self.nodes[node as usize].samples += 1;
        }
    }

    fn finish(mut self, name: String, wall_ns: u64, builder: &mut Builder) {
        let period_ns = 1e9 / HZ;
        for node in &mut self.nodes {
            node.own_ns = (node.samples as f64 * period_ns) as u64;
            node.cpu_ns = Some(node.own_ns);
        }
        // From the first to the last sample: how long a thread lived without being seen is not known.
        let lifetime =
            |(first, last): &(f64, f64)| (((last - first) * 1e9 + period_ns) as u64).min(wall_ns);
        let lifetime: u64 = self.tasks.values().map(lifetime).sum();
        let sampled: u64 = self.nodes.iter().map(|node| node.own_ns).sum();
        builder.thread(
            Thread {
                pid: self.pid,
                name,
                count: self.tasks.len() as u64,
                source: Source::Perf,
                wall_ns: lifetime.max(sampled),
                cpu_ns: Some((self.samples as f64 * period_ns) as u64),
                samples: self.samples,
                effective_samples: self.samples,
            },
            self.nodes,
        );
    }
}

/// `comm  pid/tid  seconds.fraction:`; a name may hold blanks and digits.
fn heading(text: &str) -> Option<(&str, u32, u32, f64)> {
    let (rest, time) = text.trim_end().strip_suffix(':')?.rsplit_once(' ')?;
    let (name, ids) = rest.trim_end().rsplit_once(' ')?;
    let (pid, task) = ids.split_once('/')?;
    Some((name.trim(), pid.parse().ok()?, task.parse().ok()?, time.parse().ok()?))
}

/// `address symbol (object)`; a symbol may hold blanks and parentheses.
fn frame(text: &str) -> Option<Frame> {
    let (_, rest) = text.trim().split_once(' ')?;
    let (symbol, object) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let unknown = symbol == "[unknown]";
    if unknown && object == "[unknown]" {
        return None;
    }
    let file = object.rsplit('/').next().unwrap_or(object);
    Some(Frame {
        name: if unknown { format!("[{file}]") } else { symbol.to_owned() },
        file: Some(object.to_owned()),
        line: None,
        kind: Kind::Native,
        area: Area::of_native(object, symbol),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_may_hold_blanks() {
        assert_eq!(heading("sh  3826/3826   1931.357973:"), Some(("sh", 3826, 3826, 1931.357973)));
        assert_eq!(heading("tokio 1 w 7/8 2.5:"), Some(("tokio 1 w", 7, 8, 2.5)));
        assert_eq!(heading("nothing"), None);
    }

    #[test]
    fn a_symbol_may_hold_parentheses() {
        let frame = frame("\t 7f00 foo(int, char) const (/usr/lib/libfoo.so.1)").unwrap();
        assert_eq!(frame.name, "foo(int, char) const");
        assert_eq!(frame.file.as_deref(), Some("/usr/lib/libfoo.so.1"));
        assert_eq!(super::frame("\t  0 [unknown] ([unknown])"), None);
    }
}
