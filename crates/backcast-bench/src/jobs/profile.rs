//! What `backcast profile` costs the command that it looks into, and how long its reports take to write.

use std::{cell::RefCell, ffi::OsStr, path::Path, sync::atomic::AtomicBool};

use backcast_lab::{
    child::{Capture, Exit, Launcher, RunOptions, Sample, Subject},
    profile::{
        self, Area, Builder, Frame, Functions, Kind, Node, Perf, Profile, Source, Split, Thread,
        View,
        export::{Export, Shown},
    },
};
use backcast_report::{Page, lab};

use super::{Job, Options};
use crate::{
    figures::{Line, Report, Target},
    timing::{Side, Times, measure, try_measure},
};

pub(crate) const JOB: Job = Job {
    name: "profile",
    about: "a sweep and a Python program with and without `backcast profile`; reports; analysis",
    run,
};

const SPEC: &str = r#"
[data]
bundle = "sample"
assets = "all"
[params]
fast = { from = 5, to = 54 }
slow = { from = 60, to = 159 }
[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"
"#;

/// Parameters of a sweep that is twenty times as long.
const LONG_SWEEP: [&str; 4] = ["--set", "params.fast=5..104", "--set", "params.slow=110..1109"];

/// Calls, allocations, collections and a library; the argument says how often.
const PROGRAM: &str = "\
import json, sys
def price(i):
    return 100.0 + (i * 7919 % 1000) / 100.0
def average(values):
    return sum(values) / len(values)
def signals(prices, n):
    return [average(prices[i - n:i]) > prices[i] for i in range(n, len(prices))]
total = 0
for asset in range(int(sys.argv[1])):
    prices = [price(i + asset) for i in range(6000)]
    rows = [{'close': p, 'time': i} for i, p in enumerate(prices)]
    total += sum(signals(prices, 10 + asset % 12)) + len(json.dumps(rows))
print(total)
";

/// Rounds of a long command at most.
const LONG_ROUNDS: usize = 9;

fn run(job: &Job, options: &Options) -> Result<Report, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).map_err(|error| format!("{name}: {error}"))
    };
    write("grid.toml", SPEC)?;
    write("work.py", PROGRAM)?;
    std::fs::create_dir(folder.path().join(".backcast")).map_err(|error| error.to_string())?;
    let here = std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let program = here.with_file_name(format!("backcast{}", std::env::consts::EXE_SUFFIX));
    let command = |words: &[&str]| Subject {
        dir: Some(folder.path().to_owned()),
        ..Subject::new(words.iter().map(OsStr::new))
    };
    let program_word = program.to_string_lossy();
    let sweep = [&*program_word, "sweep", "grid.toml"];
    let long_sweep = [&sweep[..], &LONG_SWEEP].concat();
    let mut lines = Vec::new();
    for (name, at_most, short, long) in [
        ("sweep", 0.02, command(&sweep), command(&long_sweep)),
        (
            "Python program",
            0.05,
            command(&["python3", "work.py", "12"]),
            command(&["python3", "work.py", "100"]),
        ),
    ] {
        let short_name = format!("short {name}");
        let short = overhead(&short_name, &short, &program, options.runs.max(21))?;
        let long_name = format!("long {name}");
        let long = overhead(&long_name, &long, &program, options.runs.min(LONG_ROUNDS))?;
        for times in short.iter().chain(&long) {
            lines.extend(against(times, at_most));
        }
        lines.extend(parts(name, &short[0], &long[0]));
        lines.extend(parts(&format!("{name}, processor time"), &short[1], &long[1]));
    }
    lines.extend(reports(options));
    lines.extend(linear(options));
    Ok(Report { job: job.name, about: job.about, lines })
}

/// A command plain and profiled, in turns and back; the time is that of the command itself, by the clock and then that on a
/// processor, to which other programs on a busy machine add less.
fn overhead(
    name: &str,
    subject: &Subject,
    program: &Path,
    rounds: usize,
) -> Result<[[Times; 2]; 2], String> {
    let processor = [const { RefCell::new(Vec::new()) }; 2];
    let used = |side: usize, cost: &Sample| {
        processor[side].borrow_mut().push((cost.user_ns + cost.system_ns) as f64 / 1e9);
    };
    let launcher = Launcher::at(program);
    let never = AtomicBool::new(false);
    let plain = || {
        let ran =
            launcher.run(subject, &RunOptions::default(), &never).map_err(|e| e.to_string())?;
        ended(name, ran.sample.exit)?;
        used(0, &ran.sample);
        Ok::<f64, String>(ran.sample.wall_ns as f64 / 1e9)
    };
    let looks = profile::Options {
        python_hz: profile::python::DEFAULT_HZ,
        perf: Perf::Never,
        timeout: None,
        output: Capture::Discard,
    };
    let profiled = || {
        let seen =
            profile::profile(&launcher, subject, &looks, &never).map_err(|e| e.to_string())?;
        ended(name, seen.exit.unwrap_or(Exit::TimedOut))?;
        if seen.profile.threads.is_empty() {
            return Err(format!("{name}: nothing was seen inside"));
        }
        used(
            1,
            &seen.profile.process.cost.ok_or_else(|| format!("{name}: its cost is not known"))?,
        );
        Ok(seen.profile.wall_ns as f64 / 1e9)
    };
    let sides = vec![
        Side::process(format!("{name}, plain"), plain),
        Side::process(format!("{name}, profiled"), profiled),
    ];
    let times = try_measure(sides, rounds)?;
    let wall: [Times; 2] = times.try_into().map_err(|_| "two sides have two times".to_owned())?;
    // The first round counts for neither.
    let processor = [0, 1].map(|side| Times {
        name: format!("{}, processor time", wall[side].name),
        seconds: processor[side].borrow()[1..].to_vec(),
    });
    Ok([wall, processor])
}

/// A profiled command held against the plain one.
fn against([plain, profiled]: &[Times; 2], at_most: f64) -> [Line; 2] {
    let ratio = plain.ratio_of(profiled);
    let mut line = Line::new(profiled, None).against(profiled, plain, None);
    let wanted =
        format!("{:.0} % over plain or less: {:+.2} %", at_most * 100.0, (ratio - 1.0) * 100.0);
    line.targets.push(Target { wanted, met: ratio <= 1.0 + at_most });
    [Line::new(plain, None), line]
}

/// What a profile costs however short the command is, and what it costs for each second: the line through what it added to a
/// short one and to a long one.
fn parts(name: &str, short: &[Times; 2], long: &[Times; 2]) -> [Line; 2] {
    let added = |[plain, profiled]: &[Times; 2]| profiled.beyond(plain, "").median();
    let running = (added(long) - added(short)) / (long[0].median() - short[0].median());
    let fixed = added(short) - running * short[0].median();
    let line = |what: &str, seconds: f64| {
        let name = format!("{name}: a profile adds, {what}");
        Line::new(&Times { name, seconds: vec![seconds] }, None)
    };
    [line("however short it is", fixed), line("each second", running)]
}

fn ended(name: &str, exit: Exit) -> Result<(), String> {
    if exit.is_success() { Ok(()) } else { Err(format!("{name} ended with {exit}")) }
}

/// A profile with so many functions, each called by one of ten others.
fn functions(count: usize) -> Profile {
    let mut builder = Builder::default();
    let nodes: Vec<Node> = (0..count)
        .map(|i| Node {
            parent: (i > 0).then(|| ((i - 1) / 10) as u32),
            frame: builder.frame(Frame {
                name: format!("function_{i}"),
                file: Some(format!("src/module_{}.rs", i % 97)),
                line: Some(i as u32),
                kind: Kind::Python,
                area: Area::User,
            }),
            own_ns: 1_000 + i as u64 % 13,
            samples: 1,
            ..Node::default()
        })
        .collect();
    let thread = Thread {
        pid: 1,
        name: "main".to_owned(),
        count: 1,
        source: Source::Python,
        wall_ns: 2_000 * count as u64,
        cpu_ns: None,
        samples: count as u64,
        effective_samples: count as u64,
    };
    builder.thread(thread, nodes);
    builder.finish("made up", vec!["command".to_owned()], String::new(), 2_000 * count as u64)
}

/// Reports of a profile with 1,000 call paths.
fn reports(options: &Options) -> Vec<Line> {
    let profile = functions(1_000);
    let shown = Shown { min_share: 0.0 };
    let sides = vec![
        Side::new("Markdown of 1,000 call paths", || Export::Markdown.bytes(&profile, &shown)),
        Side::new("JSON of 1,000 call paths", || Export::Json.bytes(&profile, &shown)),
        Side::new("HTML of 1,000 call paths", || backcast_report::render(&page(&profile))),
    ];
    let times = measure(sides, options.runs);
    let within = [0.010, 0.010, 0.200];
    times.iter().zip(within).map(|(times, limit)| Line::new(times, None).within(limit)).collect()
}

fn page(profile: &Profile) -> Page {
    let view = View::of(profile);
    let row = |row: &profile::Row<'_>| lab::FlameRow {
        parent: row.parent,
        name: row.name.to_string(),
        detail: profile::words::time(row.total_ns),
        group: row.area.name().to_owned(),
        own: row.own_ns as f64 / 1e9,
        total: row.total_ns as f64 / 1e9,
    };
    let flame = view.rows.iter().map(row).collect();
    Page { profile: Some(lab::Profile { flame, ..lab::Profile::default() }), ..Page::default() }
}

/// Everything that is printed about 1,000, 10,000 and 100,000 functions.
fn linear(options: &Options) -> Vec<Line> {
    let counts = [1_000, 10_000, 100_000];
    let profiles = counts.map(functions);
    let analysed = |profile: &Profile| {
        let view = View::of(profile);
        (Functions::of(&view).list.len(), Split::of(profile), view.above(0.005).1)
    };
    let analysed = &analysed;
    let side = |(profile, count): (_, &usize)| {
        Side::new(format!("analysis of {count} functions"), move || analysed(profile))
    };
    let times: Vec<Times> = measure(profiles.iter().zip(&counts).map(side).collect(), options.runs);
    let mut lines = vec![Line::new(&times[0], None)];
    for pair in times.windows(2) {
        let ratio = pair[0].ratio_of(&pair[1]);
        let mut line = Line::new(&pair[1], None).against(&pair[1], &pair[0], None);
        let wanted = format!("11x a tenth of them or less: {ratio:.1}x");
        line.targets.push(Target { wanted, met: ratio <= 11.0 });
        lines.push(line);
    }
    lines
}
