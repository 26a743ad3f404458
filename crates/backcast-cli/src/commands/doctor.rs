//! `backcast doctor`: what works on this machine and what does not.

use std::{fs, path::Path, sync::atomic::AtomicBool, time::Instant};

use backcast_calendar::Calendar;
use backcast_engine::lanes::Isa;
use backcast_search::{Override, Quiet, Spec, SweepOptions, sweep};
use backcast_store::{Home, SAMPLE, list_bundles, verify_bundle};
use backcast_types::Day;

use crate::{
    failure::Failure,
    isa, number,
    table::{Column, Format, Table},
    terminal::{Stream, Terminal},
};

/// See what works on this machine and what does not
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The sweep that is timed: 400 sets on five stocks.
const SMALL_SWEEP: &str = r#"
[data]
bundle = "sample"
assets = "all"
[params]
fast = { from = 5, to = 24 }
slow = { from = 60, to = 79 }
[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"
"#;

/// One finding.
struct Finding {
    what: &'static str,
    state: State,
    said: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Note,
    Bad,
}

/// Looks at everything and prints it; something that does not work is a failure.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let home = Home::find()?;
    let findings = [
        program(),
        processor(),
        memory(),
        state_folder(&home),
        bundles(&home),
        sample(&home),
        calendars(),
        terminals(terminal),
        small_sweep(&home),
    ];
    let mut table = Table::new(["what", "state", "found"].map(Column::new).to_vec());
    for finding in &findings {
        let state = match finding.state {
            State::Good => "good",
            State::Note => "note",
            State::Bad => "bad",
        };
        table.push(vec![finding.what.into(), state.into(), finding.said.as_str().into()]);
    }
    table.print(args.format, terminal)?;
    match findings.iter().filter(|finding| finding.state == State::Bad).count() {
        0 => Ok(()),
        n => Err(Failure::new(format!(
            "{} not in order",
            if n == 1 { "one thing is" } else { "some things are" }
        ))
        .help("the lines marked `bad` say what to do")),
    }
}

fn finding(what: &'static str, state: State, said: impl Into<String>) -> Finding {
    Finding { what, state, said: said.into() }
}

fn program() -> Finding {
    let said = format!("backcast {}, {}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => finding("program", State::Good, said),
        (os, _) => finding("program", State::Note, format!("{said}, {os}: untested")),
    }
}

fn processor() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let best = Isa::detect().name();
    match isa::of_environment() {
        Ok(isa) if isa.name() == best => {
            finding("processor", State::Good, format!("{}, {best}", number::count(cores, "core")))
        }
        Ok(isa) => {
            let said = format!("{} by BACKCAST_ISA, though it can do {best}", isa.name());
            finding("processor", State::Note, said)
        }
        Err(error) => finding("processor", State::Bad, error.to_string()),
    }
}

/// The tightest limit on memory: that of the machine or of its control group.
fn memory() -> Finding {
    let total = fs::read_to_string("/proc/meminfo").ok();
    let field = |name: &str| -> Option<f64> {
        let line = total.as_ref()?.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib * 1024.0)
    };
    let (Some(total), Some(free)) = (field("MemTotal:"), field("MemAvailable:")) else {
        return finding("memory", State::Note, "unknown");
    };
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let group = group.iter().find_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok());
    let limit: f64 = group.map_or(total, |limit: f64| limit.min(total));
    let gigabytes = |bytes: f64| number::grouped(bytes / 1e9, 1);
    let said = format!("{} GB, {} GB free", gigabytes(limit), gigabytes(free.min(limit)));
    finding("memory", if free < 5e8 { State::Note } else { State::Good }, said)
}

fn state_folder(home: &Home) -> Finding {
    let folder = home.path();
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&probe, b"."));
    // What could not be written need not be removed.
    let _ = fs::remove_file(&probe);
    match written {
        Ok(()) => finding("state", State::Good, format!("{} can be written", folder.display())),
        Err(error) => {
            let advice = "make it writable, or work in another folder";
            finding("state", State::Bad, format!("{}: {error}; {advice}", folder.display()))
        }
    }
}

fn bundles(home: &Home) -> Finding {
    let list = match list_bundles(home) {
        Ok(list) => list,
        Err(error) => return finding("bundles", State::Bad, error.to_string()),
    };
    match list.iter().find_map(|bundle| bundle.as_ref().err()) {
        Some(error) => finding("bundles", State::Bad, error.to_string()),
        None => {
            let names: Vec<&str> = list.iter().flatten().map(|info| info.name.as_str()).collect();
            finding("bundles", State::Good, names.join(", "))
        }
    }
}

fn sample(home: &Home) -> Finding {
    match verify_bundle(home, SAMPLE) {
        Ok(report) => {
            let digest: String = report.digest.chars().take(12).collect();
            let bars = number::count(report.rows, "bar");
            finding(
                "sample",
                State::Good,
                format!("{bars}, every byte as written, digest {digest}"),
            )
        }
        Err(error) => finding("sample", State::Bad, error.to_string()),
    }
}

fn calendars() -> Finding {
    let announced = |name: &&str| {
        let calendar = Calendar::named(name).ok()?;
        let (first, last) = calendar.bounds();
        let provisional = (first.0..=last.0).map(Day).find(|day| calendar.is_provisional(*day))?;
        Some(provisional.plus(-1))
    };
    let known = Calendar::names().iter().filter_map(announced).min();
    let count = number::count(Calendar::names().len(), "calendar");
    let said = match known {
        Some(day) => format!("{count}, holidays as announced up to {day}, by rule after that"),
        None => count,
    };
    finding("calendars", State::Good, said)
}

fn terminals(terminal: &Terminal) -> Finding {
    let word = |stream: Stream| if stream.is_terminal() { "a terminal" } else { "no terminal" };
    let colors = if terminal.colors { "colours" } else { "no colours" };
    let (out, err) = (word(Stream::Stdout), word(Stream::Stderr));
    finding("terminal", State::Good, format!("stdout is {out}, stderr is {err}, {colors}"))
}

fn small_sweep(home: &Home) -> Finding {
    let timed = || -> Result<(f64, f64), Failure> {
        let spec = Spec::parse(SMALL_SWEEP, Some(Path::new("doctor.toml")), &[] as &[Override])?;
        let market = spec.load(home)?;
        let options = SweepOptions { isa: isa::of_environment()?, ..SweepOptions::default() };
        let started = Instant::now();
        sweep(&spec, &market, &options, &Quiet, &AtomicBool::new(false))?;
        Ok((spec.set_count() * market.assets.len() as f64, started.elapsed().as_secs_f64()))
    };
    match timed() {
        Ok((runs, seconds)) => {
            let rate = number::grouped(runs / seconds, 0);
            let (runs, time) = (number::grouped(runs, 0), number::grouped(seconds * 1e3, 1));
            finding("sweep", State::Good, format!("{runs} runs in {time} ms: {rate} runs/s"))
        }
        Err(error) => finding("sweep", State::Bad, error.to_string()),
    }
}
