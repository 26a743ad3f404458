//! A proof in the making: results first, then time.

use std::sync::atomic::AtomicBool;

use backcast_lab::{
    bench::{Arm, BenchError, Plan, Session, Through, measure},
    certify::{
        Certificate, CertifyError, Claim, MadeUp, RecordedCase, Refusal, Requirements, Side,
        equality::{Case, Evidence, Oracle, Workbench, check, check_steady},
    },
    child::{Launcher, Subject},
};

use super::print;
use crate::terminal::Terminal;

/// What a proof takes: an oracle, conditions, a plan of runs. The optimisation loop makes many.
pub(in crate::commands) struct Proof {
    pub(in crate::commands) oracle: Oracle,
    pub(in crate::commands) requirements: Requirements,
    pub(in crate::commands) plan: Plan,
}

/// What results are compared on: cases, and which of their specs were made up.
pub(in crate::commands) struct Compared<'a> {
    pub(in crate::commands) cases: &'a [Case],
    pub(in crate::commands) made_up: &'a [MadeUp],
}

/// What a certificate could be issued from.
pub(super) enum Claimed {
    /// Results are equal, and both sides were timed.
    Measured(Box<Claim>),
    /// A result moved, so nothing was timed.
    Moved(Evidence),
}

impl Proof {
    /// A certificate, or what is against it.
    pub(in crate::commands) fn make(
        &self,
        sides: [Side; 2],
        timed: [&Subject; 2],
        compared: Compared<'_>,
        stop: &AtomicBool,
        terminal: &mut Terminal,
    ) -> Result<Result<Certificate, Vec<Refusal>>, CertifyError> {
        Ok(match self.claim(sides, timed, compared, stop, terminal)? {
            Claimed::Measured(claim) => Certificate::issue(*claim, crate::measuring::now()),
            Claimed::Moved(evidence) => Err(moved(&evidence)),
        })
    }

    /// Asks the oracle first: what is not equal need not be timed.
    pub(super) fn claim(
        &self,
        sides: [Side; 2],
        timed: [&Subject; 2],
        compared: Compared<'_>,
        stop: &AtomicBool,
        terminal: &mut Terminal,
    ) -> Result<Claimed, CertifyError> {
        let Compared { cases, made_up } = compared;
        let launcher = Launcher::this_program();
        let timeout = self.plan.options.timeout;
        let workbench = Workbench { launcher: &launcher, timeout, stop };
        terminal.live.subject(&timed[1].name);
        terminal.live.phase("comparing results");
        let evidence = check(&self.oracle, cases, &workbench)?;
        if !evidence.holds() {
            self.blame_the_change(&evidence, cases, &workbench)?;
            return Ok(Claimed::Moved(evidence));
        }
        terminal.say(&format!("{}: equal by {}", print::cases(cases.len()), self.oracle));
        let processors = [&sides[0], &sides[1]].map(|side| side.processors.clone());
        let session = self.session(timed, processors, &launcher, stop, terminal)?;
        let claim = Claim {
            sides,
            requirements: self.requirements,
            cases: cases.iter().map(RecordedCase::of).collect(),
            made_up: made_up.to_vec(),
            evidence,
            session,
        };
        Ok(Claimed::Measured(Box::new(claim)))
    }

    /// Whether a command gives one result twice.
    pub(in crate::commands) fn check_steady(
        &self,
        subject: &Subject,
        stop: &AtomicBool,
    ) -> Result<(), CertifyError> {
        let launcher = Launcher::this_program();
        let timeout = self.plan.options.timeout;
        check_steady(&self.oracle, subject, &Workbench { launcher: &launcher, timeout, stop })
    }

    /// A result that is another each time has not been moved by the change. Of tests, one side alone may be at fault.
    fn blame_the_change(
        &self,
        evidence: &Evidence,
        cases: &[Case],
        workbench: &Workbench<'_>,
    ) -> Result<(), CertifyError> {
        let findings = evidence.findings.iter().zip(cases);
        let mut moved =
            findings.filter(|(finding, _)| !finding.equality.holds()).map(|(_, case)| case);
        match moved.next() {
            Some(case) if !matches!(self.oracle, Oracle::Tests { .. }) => {
                check_steady(&self.oracle, &case.before, workbench)
            }
            _ => Ok(()),
        }
    }

    fn session(
        &self,
        [before, after]: [&Subject; 2],
        [early, late]: [Vec<usize>; 2],
        launcher: &Launcher,
        stop: &AtomicBool,
        terminal: &Terminal,
    ) -> Result<Session, BenchError> {
        let mut runner = Through::new(launcher, &self.plan, stop)
            .with_processors(Arm::Base, early)
            .with_processors(Arm::Candidate, late);
        terminal.live.phase("measuring");
        let bar = crate::measuring::RunsBar::new(&after.name, terminal);
        measure(&mut runner, Some(before), after, &self.plan, stop, &mut |it| bar.show(it))
    }
}

pub(super) fn moved(evidence: &Evidence) -> Vec<Refusal> {
    let moved = evidence.findings.iter().filter(|finding| !finding.equality.holds());
    let mut refusals: Vec<Refusal> = moved.cloned().map(Refusal::ResultMoved).collect();
    if refusals.is_empty() {
        refusals.push(Refusal::NothingCompared);
    }
    refusals
}
