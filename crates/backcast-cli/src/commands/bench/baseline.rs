//! Sessions taken now against those that were kept of the same commands on this class of machines.
//!
//! The two were not taken in turns, so nothing cancels what differs between sessions: the interval is that of the gates of
//! `backcast baseline`, which knows how far sessions lie apart.

use backcast_lab::{
    baseline::{CheckOptions, Checked, Contents, GateOptions, Judgement, Measure, check, has_base},
    bench::{Doubt, Session},
    stats::{Interval, Verdict},
};

use super::{
    Bench,
    figures::{megabytes, time, verdict_words},
};
use crate::{
    commands::baseline::{contents, own_store},
    failure::Failure,
    number,
    terminal::Terminal,
};

/// Kept sessions to compare with.
pub(super) struct Kept {
    contents: Contents,
    options: CheckOptions,
    within: f64,
}

/// What they say of a session.
pub(crate) struct Against {
    /// The session beside their level; nothing where none was kept on this class of machines.
    pub(crate) told: Option<Judgement>,
    /// What follows for the time of a run.
    pub(crate) verdict: Option<Verdict>,
    /// Peak memory by that of the kept sessions.
    pub(crate) memory: Option<Interval>,
    /// Peak memory, where it is no more than the launcher's own, and by nothing to be compared.
    at_most_bytes: Option<u64>,
    /// Kept sessions of other classes, which are never compared.
    elsewhere: usize,
}

impl Kept {
    /// Opens the store. `which` is a commit or the beginning of a record's id; empty for the level since the last change.
    /// Refused before anything is measured where a command has no session at all.
    pub(super) fn open(
        which: &str,
        benches: &[Bench],
        (within, level): (f64, f64),
        terminal: &mut Terminal,
    ) -> Result<Kept, Failure> {
        let contents = contents(&own_store()?, terminal)?;
        let options = CheckOptions {
            gate: GateOptions { threshold: within, level },
            measures: vec![Measure::Wall, Measure::Peak],
            against: (!which.is_empty()).then(|| which.to_owned()),
        };
        let kept = Kept { contents, options, within };
        for bench in benches {
            kept.has(&bench.candidate.name)?;
        }
        Ok(kept)
    }

    fn has(&self, name: &str) -> Result<(), Failure> {
        if !self.contents.subjects().iter().any(|subject| subject.name == name) {
            return Err(Failure::could_not_measure(format!("there is no baseline of `{name}`"))
                .help("`backcast baseline save` with the same words makes one"));
        }
        let Some(which) = &self.options.against else { return Ok(()) };
        Ok(has_base(&self.contents, name, which)?)
    }

    /// Judges a session.
    pub(super) fn judge(&self, session: &Session) -> Result<Against, Failure> {
        let checked = check(&self.contents, &session.candidate, &self.options)?;
        let of = |measure: Measure| {
            let gates = checked.gates.iter().filter(|(found, _)| *found == measure);
            gates.filter_map(|(_, gate)| gate.judgement().cloned()).next()
        };
        let told = of(Measure::Wall);
        let record = &session.candidate;
        let at_most_bytes = record.peak_bytes().filter(|_| record.peak_is_at_most());
        Ok(Against {
            verdict: told.as_ref().map(|told| told.verdict(self.within)),
            told,
            memory: of(Measure::Peak).map(|told| told.ratio).filter(|_| at_most_bytes.is_none()),
            at_most_bytes,
            elsewhere: elsewhere(&checked),
        })
    }
}

fn elsewhere(checked: &Checked) -> usize {
    let gates = checked.gates.iter().map(|(_, gate)| match gate {
        backcast_lab::baseline::Gate::NoBaseline { elsewhere } => *elsewhere,
        _ => 0,
    });
    gates.max().unwrap_or(0)
}

/// The comparison in words.
pub(super) fn words(against: &Against) -> String {
    let (Some(told), Some(verdict)) = (&against.told, against.verdict) else {
        return String::new();
    };
    let ratio = told.ratio;
    let mut text = format!(
        "verdict: {}\n  ratio    {:.4} [{:.4} to {:.4}, {}] of the baseline: {} over {}\n",
        verdict_words(verdict, ratio.estimate),
        ratio.estimate,
        ratio.low,
        ratio.high,
        number::percent(ratio.level, 0),
        time(told.before / 1e9),
        number::count(told.sessions, "session"),
    );
    if let Some(memory) = against.memory {
        text += &format!(
            "  memory   {:.4} [{:.4} to {:.4}] of its peak\n",
            memory.estimate, memory.low, memory.high
        );
    }
    if let Some(bytes) = against.at_most_bytes {
        text += &format!(
            "  memory   at most {}, which is the launcher's own: not compared\n",
            megabytes(bytes)
        );
    }
    if !told.left_out.is_empty() {
        let far = number::count(told.left_out.len(), "session");
        text += &format!("  left out {far} far from the rest\n");
    }
    text + &format!(
        "  unpaired sessions of other hours differ by themselves: these tell a change from {} on. --vs-command and\n  \
         --vs-revision measure both in turns\n",
        number::percent(told.floor, 1)
    )
}

/// What follows from all sessions: one that is slower is enough; then, one that cannot be told.
pub(super) fn verdict(all: &[(&Session, &Against)]) -> Result<(), Failure> {
    for (session, _) in all {
        let doubted = session
            .doubts
            .iter()
            .find(|doubt| !matches!(doubt, Doubt::Unchecked | Doubt::WithinNoise { .. }));
        if let Some(doubt) = doubted {
            let name = &session.candidate.command.name;
            return Err(Failure::could_not_measure(format!("could not measure `{name}`: {doubt}"))
                .help("docs/benchmarking.md says what makes a machine quiet"));
        }
    }
    let slower = |against: &Against| against.verdict == Some(Verdict::Slower);
    if let Some((session, _)) = all.iter().find(|(_, against)| slower(against)) {
        let name = &session.candidate.command.name;
        return Err(Failure::verdict(format!("`{name}` is slower than its baseline")));
    }
    if let Some((session, against)) = all.iter().find(|(_, against)| against.told.is_none()) {
        let name = &session.candidate.command.name;
        let others = match against.elsewhere {
            0 => String::new(),
            n => format!(", only {} of others", number::count(n, "session")),
        };
        return Err(Failure::could_not_measure(format!(
            "there is no baseline of `{name}` of this class of machines{others}"
        ))
        .help("times of another machine prove nothing here; `backcast baseline save` makes a baseline of this one"));
    }
    Ok(())
}
