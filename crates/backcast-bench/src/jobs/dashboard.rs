//! What the live page costs: the server with and without an open page, and a command that publishes.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use backcast_lab::live::{BestSet, Publisher};
use tempfile::TempDir;

use super::{Job, Options};
use crate::{
    figures::{Line, Report},
    timing::{Side, try_measure},
};

pub(crate) const JOB: Job = Job {
    name: "dashboard",
    about: "processor time that the live page takes in a second (5 ms are 0.5 % of a core)",
    run,
};

/// How long processor time is counted for one figure.
const LOOK: Duration = Duration::from_millis(500);
/// 0.5 % of a core.
const WANTED: f64 = 0.005;

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let (alone, watched, busy) = (Project::new()?, Project::new()?, Project::new()?);
    let (idle, open, following) = (alone.serve()?, watched.serve()?, busy.serve()?);
    let publishing = busy.publish()?;
    let _pages = [open.open_page()?, following.open_page()?];
    let side = |name: &str, process: &Process| {
        let id = process.0.id();
        Side::process(name, move || share_of_a_core(id))
    };
    let sides = vec![
        side("server, no page open", &idle),
        side("server, one page, nothing runs", &open),
        side("server, one page, a command runs", &following),
        side("a command that only publishes", &publishing),
    ];
    let times = try_measure(sides, options.runs)?;
    let lines = times.iter().map(|times| Line::new(times, None).within(WANTED)).collect();
    Ok(Report { job: job.name, about: job.about, lines })
}

/// A process that does not outlive the measurement.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and that is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Project(TempDir);

impl Project {
    fn new() -> Result<Project, String> {
        let folder = tempfile::tempdir().map_err(said("make a folder"))?;
        fs::create_dir(folder.path().join(".backcast")).map_err(said("make a folder"))?;
        Ok(Project(folder))
    }

    fn serve(&self) -> Result<Server, String> {
        let here = std::env::current_exe().map_err(said("find myself"))?;
        let program = here.with_file_name(format!("backcast{}", std::env::consts::EXE_SUFFIX));
        let mut command = Command::new(program);
        command.arg("dashboard").current_dir(self.0.path());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = Process(child.map_err(said("start the server"))?);
        let mut address = String::new();
        let stdout = process.0.stdout.as_mut().ok_or("the server has no stdout")?;
        BufReader::new(stdout).read_line(&mut address).map_err(said("read the address"))?;
        Ok(Server { process, address: address.trim().to_owned() })
    }

    fn publish(&self) -> Result<Process, String> {
        let here = std::env::current_exe().map_err(said("find myself"))?;
        let mut command = Command::new(here);
        command.args(["child", "live"]).arg(self.0.path()).stdin(Stdio::piped());
        Ok(Process(command.spawn().map_err(said("start myself"))?))
    }
}

struct Server {
    process: Process,
    address: String,
}

impl std::ops::Deref for Server {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl Server {
    /// A page that reads all events until the server ends.
    fn open_page(&self) -> Result<thread::JoinHandle<()>, String> {
        let (host, path) = self
            .address
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .ok_or("the server printed no address")?;
        let mut stream = TcpStream::connect(host).map_err(said("reach the server"))?;
        write!(stream, "GET /{path}events HTTP/1.1\r\nHost: {host}\r\n\r\n")
            .map_err(said("ask the server"))?;
        Ok(thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while stream.read(&mut bytes).is_ok_and(|read| read > 0) {}
        }))
    }
}

/// A command that does nothing but publish, with as much to say as a long sweep, until its stdin ends.
pub(super) fn child(arguments: &[&str]) -> Result<String, String> {
    let [folder] = arguments else { return Err("live FOLDER".to_owned()) };
    let live = Path::new(folder).join(".backcast").join("live");
    let publisher = Publisher::start(&live, "sweep", vec!["backcast".into(), "sweep".into()]);
    let board = publisher.board();
    board.begin(1_000_000, 0, "runs");
    let set = |value: u32| BestSet {
        account: "AAPL".into(),
        set: format!("fast {value}, slow {value}"),
        value: f64::from(value),
        shown: value.to_string(),
    };
    thread::spawn(move || {
        for round in 0.. {
            board.advance(1000);
            board.best("Sharpe", true, "AAPL", (0..12).map(|value| set(value + round)).collect());
            thread::sleep(Duration::from_millis(100));
        }
    });
    let mut nothing = Vec::new();
    std::io::stdin().read_to_end(&mut nothing).map_err(said("wait"))?;
    publisher.finish(0);
    Ok(String::new())
}

/// Processor time of all threads of a process, in seconds, in each second that passes.
fn share_of_a_core(process: u32) -> Result<f64, String> {
    let (begin, before) = (Instant::now(), processor_ns(process)?);
    thread::sleep(LOOK);
    let spent = processor_ns(process)?.saturating_sub(before);
    Ok(spent as f64 / begin.elapsed().as_nanos() as f64)
}

/// Nanoseconds, which `getrusage` cannot tell of a process that runs.
fn processor_ns(process: u32) -> Result<u64, String> {
    let folder = format!("/proc/{process}/task");
    let threads = fs::read_dir(&folder).map_err(said("find the process"))?;
    let of_thread = |thread: fs::DirEntry| -> Option<u64> {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    let all: Vec<u64> = threads.flatten().filter_map(of_thread).collect();
    if all.is_empty() { Err(format!("{folder} tells no times")) } else { Ok(all.iter().sum()) }
}

fn said(what: &'static str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("cannot {what}: {error}")
}
