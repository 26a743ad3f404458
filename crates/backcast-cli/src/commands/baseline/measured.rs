//! Sessions for baselines: measured now, or read from what `backcast bench` wrote.

use std::{path::PathBuf, sync::atomic::AtomicBool};

use backcast_lab::{
    baseline::{Contents, class_of},
    bench::{Doubt, Record, Session, export},
};

use crate::{
    commands::bench::{Bench, session},
    failure::Failure,
    terminal::Terminal,
};

/// Sessions that `backcast bench --export FILE.json` wrote.
pub(super) fn imported(paths: &[PathBuf]) -> Result<Vec<Session>, Failure> {
    let mut sessions = Vec::new();
    for path in paths {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read {shown}: {error}")))?;
        sessions.extend(export::sessions_from_json(&text, &shown)?);
    }
    Ok(sessions)
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
