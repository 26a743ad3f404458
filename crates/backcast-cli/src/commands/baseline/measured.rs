//! Sessions for baselines: measured now, or read from what `backcast bench` wrote.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use backcast_lab::{
    baseline::{Contents, class_of},
    bench::{Doubt, Record, RecordedCommand, Session, import},
};

use super::known::Known;
use crate::{
    commands::bench::{Bench, Unmeasured, session},
    failure::Failure,
    interrupt,
    measuring::tell_turn,
    terminal::Terminal,
};

/// Sessions that `backcast bench --export FILE.json` wrote.
pub(super) fn imported(paths: &[PathBuf]) -> Result<Vec<Session>, Failure> {
    let mut sessions = Vec::new();
    for path in paths {
        sessions.extend(import::sessions(path)?.0);
    }
    Ok(sessions)
}

/// Commands in the order in which they are measured, and what one turn is called.
pub(super) struct Turns<'a> {
    pub(super) noun: &'static str,
    pub(super) of: Vec<&'a Bench>,
}

/// Takes a session of each command, and does something with it. One that cannot be measured keeps no other from its turn; Ctrl-C ends
/// them all.
pub(super) fn each(
    turns: Turns<'_>,
    known: Known<'_>,
    despite_doubts: bool,
    unmeasured: &mut Unmeasured,
    terminal: &mut Terminal,
    mut with: impl FnMut(Record, &mut Terminal) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let stop = interrupt::stop_flag();
    for (turn, bench) in turns.of.iter().enumerate() {
        tell_turn(turns.noun, turn, turns.of.len(), terminal);
        let admitted = known.admit(&RecordedCommand::of(&bench.candidate));
        let taken = admitted.and_then(|()| taken(bench, despite_doubts, &stop, terminal));
        match taken.and_then(|record| with(record, terminal)) {
            Ok(()) => {}
            Err(failure) if stop.load(Ordering::Relaxed) => return Err(failure),
            Err(failure) => unmeasured.push(&bench.candidate.name, failure, terminal),
        }
    }
    Ok(())
}

/// The same with sessions that were taken before.
pub(super) fn each_imported(
    sessions: Vec<Session>,
    known: Known<'_>,
    despite_doubts: bool,
    unmeasured: &mut Unmeasured,
    terminal: &mut Terminal,
    mut with: impl FnMut(Record, &mut Terminal) -> Result<(), Failure>,
) {
    for session in sessions {
        let name = session.candidate.command.name.clone();
        let admitted = known.admit(&session.candidate.command);
        let taken = admitted.and_then(|()| trusted(session, despite_doubts));
        if let Err(failure) = taken.and_then(|record| with(record, terminal)) {
            unmeasured.push(&name, failure, terminal);
        }
    }
}

/// One session. Where it was stopped, there is none; where it cannot be trusted, its doubts say why.
pub(super) fn taken(
    bench: &Bench,
    despite_doubts: bool,
    stop: &AtomicBool,
    terminal: &Terminal,
) -> Result<Record, Failure> {
    trusted(session(bench, stop, terminal)?, despite_doubts)
}

/// A clock that went back puts a session of now in front of those that were kept.
pub(super) fn tell_clock(
    record: &Record,
    contents: &Contents,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let newest = contents.newest(&class_of(record)?);
    if let Some(newest) = newest.filter(|newest| **newest > *record.taken_at) {
        terminal.say(&format!(
            "note: the clock went back: it is {}, and the newest session kept on this class of machines is of {newest}; histories go by clocks",
            record.taken_at
        ));
    }
    Ok(())
}

/// The record of a session that can be trusted.
pub(super) fn trusted(session: Session, despite_doubts: bool) -> Result<Record, Failure> {
    let name = &session.candidate.command.name;
    if session.stopped {
        return Err(Failure::interrupted(format!("stopped while `{name}` was measured")));
    }
    // Too few runs to be checked against each other are no reason to distrust a machine: sessions are compared here.
    let doubt = session
        .doubts
        .iter()
        .find(|doubt| !matches!(doubt, Doubt::Unchecked | Doubt::WithinNoise { .. }));
    match doubt {
        Some(doubt) if !despite_doubts => Err(Failure::could_not_measure(format!(
            "could not measure `{name}`: {doubt}"
        ))
        .help("wait until the machine is quiet, or take the session as it is: --despite-doubts")),
        _ => Ok(session.candidate),
    }
}
