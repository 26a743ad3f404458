//! The launcher: a small process that starts a command, waits for it and tells what it cost.
//!
//! It must be entered before the program does anything that takes memory, for what it has written to is the least peak that it
//! can tell. It becomes the parent of all orphans of the command, so that daemons cannot get away.

use std::{
    collections::BTreeSet,
    ffi::{CString, OsStr},
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    path::Path,
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sched::{CpuSet, sched_setaffinity},
    sys::{
        prctl,
        resource::{UsageWho, getrusage},
        signal::{Signal, kill, killpg},
        time::TimeValLike,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Pid, getpid},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{PidfdFlags, getgid, pidfd_open},
};

use super::{
    ClockReading, Exit,
    protocol::{Cost, Report, Request, STOP, Usage},
    tree,
};

/// The first argument that makes a program a launcher.
pub const LAUNCHER_WORD: &str = "__exec";

/// Keeps the allocator of the launcher from touching the first of its huge pages, which would double what it has resident. It is
/// not handed on to the command.
pub(super) const SMALL_HEAP: (&str, &str) = ("MIMALLOC_ARENA_EAGER_COMMIT", "0");

/// A folder is never executed.
const NO_PROGRAM: &str = "/";

/// Longest time that is spent on ending what a command left behind.
const SWEEPING: Duration = Duration::from_secs(5);

/// Does the launcher's work where this process was started as one; to be called first of all in `main`.
pub fn launched() -> Option<ExitCode> {
    let word = std::env::args_os().nth(1)?;
    (word == OsStr::new(LAUNCHER_WORD)).then(|| match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("this is the launcher of measured commands, not for people: {error}");
            ExitCode::from(2)
        }
    })
}

/// The name of the launcher's thread, and of the command's until it is loaded.
pub(crate) const LAUNCHER_NAME: &str = "backcast-exec";

fn serve() -> io::Result<()> {
    prctl::set_name(&CString::new(LAUNCHER_NAME)?)?;
    let channel: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
    let mut channel = UnixStream::from(channel);
    let mut line = String::new();
    BufReader::with_capacity(1 << 12, channel.try_clone()?).read_line(&mut line)?;
    let request: Request = serde_json::from_str(&line)?;
    let report = match run(&request, &mut channel) {
        Ok(cost) => Report::Ended(cost),
        Err(error) => {
            // Whatever went wrong, and whoever has asked is gone: nothing that was started stays.
            end_descendants();
            Report::Refused { reason: reason(&error) }
        }
    };
    match tell(&mut channel, &report) {
        // Nobody is left to be told.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}

fn tell(channel: &mut UnixStream, report: &Report) -> io::Result<()> {
    let mut line = serde_json::to_string(report)?;
    line.push('\n');
    channel.write_all(line.as_bytes())
}

fn reason(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |n| Errno::from_raw(n).desc().to_owned())
}

fn run(request: &Request, channel: &mut UnixStream) -> io::Result<Cost> {
    prctl::set_child_subreaper(true)?;
    pin(&request.affinity)?;
    let forks = is_known(&request.program) && floor(request, Start::Fork)?;
    let start = if forks { Start::Fork } else { Start::Share };
    if !forks {
        floor(request, start)?;
    }
    let mut command = command(&request.program, request, start);
    let before = usage()?;
    let clock = ClockReading::now();
    let begin = Instant::now();
    let child = command.spawn()?;
    let pid = Pid::from_raw(child.id() as i32);
    let pidfd = pidfd_open(
        rustix::process::Pid::from_raw(pid.as_raw()).ok_or(io::ErrorKind::InvalidData)?,
        PidfdFlags::empty(),
    )?;
    tell(channel, &Report::Started { pid: pid.as_raw(), launcher: getpid().as_raw() })?;
    let deadline = request.timeout_ns.map(|ns| begin + Duration::from_nanos(ns));
    let wake = wait(pidfd.as_fd(), channel, deadline)?;
    if let (Wake::Deadline | Wake::Asked, Some(grace_ns)) = (wake, request.grace_ns) {
        persuade(pid, pidfd.as_fd(), channel, Duration::from_nanos(grace_ns))?;
    }
    let wall_ns = begin.elapsed().as_nanos() as u64;
    let clock_trouble = ClockReading::now().trouble_since(&clock);
    if wake != Wake::Ended {
        // Its group first, then itself: it may have left the group. No such process is what it says where all have ended.
        let _ = killpg(pid, Signal::SIGKILL);
        let _ = kill(pid, Signal::SIGKILL);
    }
    let exit = exit_of(pid, wake == Wake::Deadline)?;
    reap();
    let floor_bytes = before.peak_bytes;
    let usage = usage()?.since(&before);
    let left_over = end_descendants();
    let (stopped, began_ns) = (wake == Wake::Asked, clock.monotonic_ns);
    Ok(Cost { exit, stopped, began_ns, wall_ns, usage, floor_bytes, left_over, clock_trouble })
}

/// Asks a command to end, as Ctrl-C does and then as `kill` does. A program without a handler for either keeps what it had written.
fn persuade(
    pid: Pid,
    pidfd: BorrowedFd<'_>,
    channel: &mut UnixStream,
    grace: Duration,
) -> io::Result<()> {
    for (signal, patience) in [(Signal::SIGINT, grace * 2 / 3), (Signal::SIGTERM, grace / 3)] {
        // It may have left its group.
        let _ = killpg(pid, signal).or_else(|_| kill(pid, signal));
        if wait(pidfd, channel, Some(Instant::now() + patience))? == Wake::Ended {
            break;
        }
    }
    Ok(())
}

/// How a process becomes the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// By a fork, which begins with a copy of the few pages that the launcher has written to.
    Fork,
    /// By a child that shares all memory of the launcher, and its peak.
    Share,
}

/// Whether the system knows a file as a program, by its head: after a fork, what it does not know would be handed to a shell.
fn is_known(program: &Path) -> bool {
    let head = |path: &Path| {
        let mut head = [0; 20];
        File::open(path)?.read_exact(&mut head)?;
        Ok::<_, io::Error>(head)
    };
    // Of an ELF file: magic number, class and order of bytes; the machine.
    let kind = |head: [u8; 20]| [&head[..6], &head[18..]].concat();
    let own = || head(Path::new("/proc/self/exe")).map(kind);
    match head(program) {
        Ok(found) => found.starts_with(b"#!") || own().is_ok_and(|own| own == kind(found)),
        Err(_) => false,
    }
}

/// A command with the words and surroundings of the one that is asked for.
fn command(program: &Path, request: &Request, start: Start) -> Command {
    let mut command = Command::new(program);
    command.arg0(&request.argv[0]).args(&request.argv[1..]);
    command.env_remove(SMALL_HEAP.0).envs(request.env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).process_group(0);
    if let Some(dir) = &request.dir {
        command.current_dir(dir);
    }
    if start == Start::Fork {
        // Our own group changes nothing; that it is asked for makes the standard library fork.
        command.gid(getgid().as_raw());
    }
    command
}

/// Starts a process that cannot become any command. The system counts its memory as that of a child, which is the least peak that the
/// command can show. Whether it came as far as that: a group that a container does not know cannot be asked for.
fn floor(request: &Request, start: Start) -> io::Result<bool> {
    match command(Path::new(NO_PROGRAM), request, start).spawn() {
        Ok(mut child) => child.wait().map(|_| false),
        Err(error) => Ok(error.raw_os_error() == Some(Errno::EACCES as i32)),
    }
}

/// Why waiting came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    Ended,
    Deadline,
    Asked,
}

/// Waits for the end of the command; an error where the process that asked for it is gone.
fn wait(
    pidfd: BorrowedFd<'_>,
    channel: &mut UnixStream,
    deadline: Option<Instant>,
) -> io::Result<Wake> {
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(pidfd, PollFlags::IN),
            PollFd::from_borrowed_fd(channel.as_fd(), PollFlags::IN),
        ];
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: i64::from(left.subsec_nanos()),
        });
        match poll(&mut fds, timeout.as_ref()) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(0) => return Ok(Wake::Deadline),
            Ok(_) if !fds[0].revents().is_empty() => return Ok(Wake::Ended),
            Ok(_) => {}
        }
        return match channel.read(&mut [0; STOP.len()]) {
            Ok(read) if read > 0 => Ok(Wake::Asked),
            _ => Err(io::ErrorKind::Interrupted.into()),
        };
    }
}

fn pin(affinity: &[usize]) -> io::Result<()> {
    if affinity.is_empty() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    for cpu in affinity {
        set.set(*cpu)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

fn exit_of(pid: Pid, timed_out: bool) -> io::Result<Exit> {
    loop {
        let exit = match waitpid(pid, None) {
            Ok(WaitStatus::Exited(_, code)) => Exit::Code(code),
            Ok(WaitStatus::Signaled(_, signal, _)) => Exit::Signal(signal as i32),
            // Signals without a name here, those of real-time processing.
            Err(Errno::EINVAL) => Exit::Signal(0),
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
        };
        return Ok(if timed_out { Exit::TimedOut } else { exit });
    }
}

/// Takes note of all children that have ended; false where none is left.
fn reap() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Err(Errno::ECHILD) => return false,
            _ => {}
        }
    }
}

fn usage() -> io::Result<Usage> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let peak_bytes = count(usage.max_rss()) * 1024;
    Ok(Usage {
        user_ns: count(usage.user_time().num_microseconds()) * 1000,
        system_ns: count(usage.system_time().num_microseconds()) * 1000,
        peak_bytes: (peak_bytes > 0).then_some(peak_bytes),
        voluntary_switches: count(usage.voluntary_context_switches()),
        involuntary_switches: count(usage.involuntary_context_switches()),
        minor_faults: count(usage.minor_page_faults()),
        major_faults: count(usage.major_page_faults()),
        block_reads: count(usage.block_reads()),
        block_writes: count(usage.block_writes()),
    })
}

/// Kills and reaps whatever the command left behind; says how many that were.
fn end_descendants() -> u32 {
    let (begin, mut ended) = (Instant::now(), BTreeSet::new());
    while reap() && begin.elapsed() < SWEEPING {
        for pid in tree::descendants(getpid().as_raw()) {
            if tree::is_running(pid) && kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok() {
                ended.insert(pid);
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
    ended.len() as u32
}
