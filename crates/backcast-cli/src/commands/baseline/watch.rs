//! `backcast baseline watch`: a suite on a schedule; a regression that a second session confirms is told.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use backcast_lab::{
    baseline::{Alert, CheckOptions, Store, watch_round},
    bench::{Outcome, RecordedCommand},
};

use super::{check::GateWords, known::Known, measured, own_store, show};
use crate::{
    commands::bench::{Bench, What, alone},
    failure::Failure,
    interrupt,
    measuring::now,
    number, quantity,
    terminal::Terminal,
};

/// How soon Ctrl-C is noticed.
const GLANCE: Duration = Duration::from_millis(100);

/// Measure on a schedule, and tell of confirmed regressions
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast baseline watch --every 1h --suite examples/suite.toml\n  \
    backcast baseline watch --every 1d --on-regression './tell.sh' examples/sma_grid.toml\n\n\
    Every session is kept. One that looks like a regression is taken again at once; what both show is written to\n\
    .backcast/baselines/alerts (log.txt, and a file for the live page), and the command of --on-regression is run by\n\
    the shell with BACKCAST_ALERT (the file), BACKCAST_SUBJECT, BACKCAST_MEASURE and BACKCAST_RATIO. A level is told\n\
    once. Ctrl-C ends it. Exit codes with --times: 1 where something was told, 3 where not all\n\
    could be measured.")]
pub(super) struct Args {
    #[command(flatten)]
    what: What,
    /// From the beginning of one round to that of the next: 30min, 1h, 1d
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    every: Duration,
    /// Rounds after which it ends; if not given, it goes on until Ctrl-C
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    times: Option<u32>,
    /// A line for the shell, run for each alert
    #[arg(long, value_name = "COMMAND")]
    on_regression: Option<String>,
    #[command(flatten)]
    gate: GateWords,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    let store = own_store()?;
    let planned = alone(&args.what)?;
    let options = args.gate.options(None);
    let stop = interrupt::stop_flag();
    let mut told = Vec::new();
    let (mut sessions, mut missed) = (0, 0);
    let begin = Instant::now();
    for round in 0.. {
        if args.times.is_some_and(|times| round >= times) {
            break;
        }
        terminal.live.phase("measuring");
        for (name, failure) in &planned.broken {
            missed += 1;
            terminal.say(&format!("{} {name}: {failure}", now()));
        }
        for bench in &planned.benches {
            terminal.live.subject(&bench.candidate.name);
            match watched(bench, &store, &options, args, &stop, terminal) {
                Ok(alerts) => {
                    sessions += 1;
                    told.extend(alerts);
                }
                Err(_) if stop.load(Ordering::Relaxed) => break,
                // A watch outlives one bad hour; who looks is told.
                Err(failure) => {
                    missed += 1;
                    let failure = failure.about(&bench.candidate.name);
                    terminal.say(&format!("{} {failure}", now()));
                }
            }
        }
        terminal.flush()?;
        let last = args.times.is_some_and(|times| round + 1 >= times);
        if stop.load(Ordering::Relaxed) || (!last && !wait(begin, args.every, &stop, terminal)) {
            terminal.say(&format!("stopped; {} kept", number::count(sessions, "session")));
            return Ok(());
        }
    }
    match (told.len(), sessions, missed) {
        (0, 0, _) => Err(Failure::could_not_measure("nothing could be measured")),
        (0, _, 0) => Ok(()),
        (0, _, missed) => Err(Failure::could_not_measure(format!(
            "{} of {} could not be measured",
            missed,
            number::count(sessions + missed, "session")
        ))),
        (n, ..) => Err(Failure::verdict(format!("{} told", number::count(n, "regression")))
            .help(".backcast/baselines/alerts/log.txt has them all")),
    }
}

/// Takes one command's session of a round, and tells what is to be told.
fn watched(
    bench: &Bench,
    store: &Store,
    options: &CheckOptions,
    args: &Args,
    stop: &AtomicBool,
    terminal: &mut Terminal,
) -> Result<Vec<Alert>, Failure> {
    let contents = store.contents()?;
    let may_change = args.gate.command_changed;
    let known = Known { store, contents: &contents, may_change, base: None };
    known.admit(&RecordedCommand::of(&bench.candidate))?;
    let round = watch_round(store, options, || {
        measured::taken(bench, args.gate.despite_doubts, stop, terminal)
    })?;
    for (checked, again) in [(Some(&round.checked), ""), (round.confirmed.as_ref(), ", again")] {
        let Some(checked) = checked else { continue };
        let gates: Vec<String> = checked
            .gates
            .iter()
            .map(|(measure, gate)| match gate.judgement() {
                Some(told) => format!(
                    "{measure} {} {} ({gate})",
                    show::figure(*measure, told.now),
                    show::change(told.ratio.estimate)
                ),
                None => match show::below_floor(gate) {
                    Some(bytes) => format!("{measure} {gate} ({})", show::at_most(*measure, bytes)),
                    None => format!("{measure} {gate}"),
                },
            })
            .collect();
        terminal.print(&format!("{} {}{again}: {}\n", now(), checked.subject, gates.join(", ")))?;
    }
    if round.confirmed.is_some_and(|checked| checked.outcome() != Outcome::Regressed) {
        terminal.print(&format!("{} {}: not confirmed\n", now(), round.checked.subject))?;
    }
    for alert in &round.alerts {
        let file = alert.write(store.folder())?;
        terminal.print(&format!("{} {}: ALERT {}\n", now(), alert.subject, alert.change))?;
        terminal.flush()?;
        if let Some(line) = &args.on_regression {
            react(line, alert, &file, stop, terminal);
        }
    }
    Ok(round.alerts)
}

/// Runs the command of an alert. That it fails does not end the watch.
fn react(line: &str, alert: &Alert, file: &Path, stop: &AtomicBool, terminal: &mut Terminal) {
    let child = Command::new("sh")
        .args(["-c", line])
        .env("BACKCAST_ALERT", file)
        .env("BACKCAST_SUBJECT", &alert.subject)
        .env("BACKCAST_MEASURE", alert.measure.name())
        .env("BACKCAST_RATIO", alert.ratio.estimate.to_string())
        .stdin(Stdio::null())
        .spawn();
    let ended = child.and_then(|mut child| ended(&mut child, stop));
    match ended {
        Ok(Some(status)) if status.success() => {}
        Ok(Some(status)) => terminal.say(&format!("note: `{line}` ended with {status}")),
        Ok(None) => terminal.say(&format!("note: `{line}` was stopped")),
        Err(error) => terminal.say(&format!("note: `{line}` could not be run: {error}")),
    }
}

/// Waits for a child; on Ctrl-C it is killed.
fn ended(
    child: &mut Child,
    stop: &AtomicBool,
) -> std::io::Result<Option<std::process::ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if stop.load(Ordering::Relaxed) {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(GLANCE);
    }
}

/// Waits for the next beginning on the grid of the first; rounds that took too long miss theirs. Whether the time came.
fn wait(begin: Instant, every: Duration, stop: &AtomicBool, terminal: &Terminal) -> bool {
    terminal.live.phase("waiting");
    let past = begin.elapsed().as_secs_f64();
    let next = every.mul_f64((past / every.as_secs_f64()).floor() + 1.0);
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = next.saturating_sub(begin.elapsed());
        if left.is_zero() {
            return true;
        }
        thread::sleep(left.min(GLANCE));
    }
}
