//! Asks an oracle about each case of a corpus.

use std::{sync::atomic::AtomicBool, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Allowance, Equality, Oracle, files, json, runs, test_files, text};
use crate::{
    bench::Arm,
    certify::CertifyError,
    child::{Capture, Captured, Finished, Launcher, RunOptions, Subject},
};

/// Most of an output that is read as JSON or as a table, in bytes.
const READABLE: usize = 256 << 20;
/// Beginning and end of an output that are kept to say where two parted.
const ENDS: usize = 16 << 20;

/// Of the hashes of texts in Python, by which sets are ordered.
const HASH_SEED: &str = "PYTHONHASHSEED";

/// One result of a corpus, made before the change and after it.
#[derive(Clone, Debug)]
pub struct Case {
    /// What people call it.
    pub name: String,
    /// Makes the result as it was.
    pub before: Subject,
    /// Makes the result as it is now.
    pub after: Subject,
}

/// What an oracle said about a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the case.
    pub case: String,
    /// Hash of the result before the change, in hexadecimal.
    pub before: String,
    /// Hash of the result after it.
    pub after: String,
    /// How the two compare.
    pub equality: Equality,
}

/// What an oracle said about a corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The oracle.
    pub oracle: Oracle,
    /// One finding for each case, in the order of the cases.
    pub findings: Vec<Finding>,
}

/// What commands are run with.
#[derive(Clone, Debug)]
pub struct Workbench<'a> {
    /// Starts the commands.
    pub launcher: &'a Launcher,
    /// After this time a command is killed.
    pub timeout: Option<Duration>,
    /// Set, it ends the command that runs and the work.
    pub stop: &'a AtomicBool,
}

/// Asks the oracle about all cases. Goes on after a result that differs, so that all differences are told.
///
/// # Errors
/// [`CertifyError`], where a command cannot be run, fails, or prints what the oracle cannot read.
pub fn check(
    oracle: &Oracle,
    cases: &[Case],
    workbench: &Workbench<'_>,
) -> Result<Evidence, CertifyError> {
    let finding = |case: &Case| match oracle {
        Oracle::Digest { allowance } => runs::finding(case, *allowance, workbench),
        Oracle::Stdout => stdout(case, workbench),
        Oracle::Files { pattern } => files::finding(case, pattern, workbench),
        Oracle::Json { allowance } => documents(case, *allowance, workbench),
        Oracle::Tests { command, files } => test_files::finding(case, command, files, workbench),
    };
    let findings = cases.iter().map(finding).collect::<Result<_, _>>()?;
    Ok(Evidence { oracle: oracle.clone(), findings })
}

/// Asks whether a command gives one result twice. Without that, no oracle can tell whether a change moves it.
///
/// # Errors
/// [`CertifyError::Unsteady`] where it does not, and those of [`check`].
pub fn check_steady(
    oracle: &Oracle,
    subject: &Subject,
    workbench: &Workbench<'_>,
) -> Result<(), CertifyError> {
    let (before, after) = (subject.clone(), subject.clone());
    let case = Case { name: subject.name.clone(), before, after };
    let evidence = check(oracle, &[case], workbench)?;
    match evidence.findings.into_iter().map(|finding| finding.equality).next() {
        Some(Equality::Different(at)) => {
            Err(CertifyError::Unsteady { command: subject.name.clone(), at })
        }
        _ => Ok(()),
    }
}

impl Evidence {
    /// Whether no result moved.
    pub fn holds(&self) -> bool {
        !self.findings.is_empty() && self.findings.iter().all(|finding| finding.equality.holds())
    }

    /// The first case in which a result moved.
    pub fn first_difference(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| !finding.equality.holds())
    }
}

impl Finding {
    /// Why the finding cannot be one of this oracle: hashes that differ where only equal ones count, numbers further apart than was
    /// allowed. Nothing where it can.
    pub fn contradiction(&self, oracle: &Oracle) -> Option<String> {
        let allowance = match oracle {
            Oracle::Digest { allowance } | Oracle::Json { allowance } => *allowance,
            _ => Allowance::Bits,
        };
        let sound = match (&self.equality, allowance) {
            // One document can be written in many ways.
            (Equality::Identical, _) => {
                self.before == self.after || matches!(oracle, Oracle::Json { .. })
            }
            (Equality::WithinUlps { ulps }, Allowance::Ulps(most)) => *ulps <= most,
            (Equality::WithinTolerance { largest }, Allowance::Tolerance(most)) => *largest <= most,
            (Equality::Different(_), _) => true,
            _ => false,
        };
        let told = || format!("{}: {} and {} by {oracle}", self.case, self.before, self.after);
        (!sound).then(told)
    }
}

impl Case {
    /// What makes the result of one side.
    pub(super) fn of(&self, side: Arm) -> &Subject {
        match side {
            Arm::Base => &self.before,
            Arm::Candidate => &self.after,
        }
    }

    pub(super) fn finding(&self, before: &str, after: &str, equality: Equality) -> Finding {
        Finding { case: self.name.clone(), before: before.into(), after: after.into(), equality }
    }
}

impl Workbench<'_> {
    /// Runs a command that must succeed and keeps `keep` bytes of each end of its output.
    pub(super) fn output(
        &self,
        side: Arm,
        subject: &Subject,
        keep: usize,
    ) -> Result<Captured, CertifyError> {
        let finished = self.run(subject, keep)?;
        let exit = finished.sample.exit;
        if !exit.is_success() {
            let said = finished.stderr.unwrap_or_default().tail(3);
            return Err(CertifyError::Failed { side, command: subject.name.clone(), exit, said });
        }
        Ok(finished.stdout.unwrap_or_default())
    }

    /// Runs a command, however it ends.
    pub(crate) fn run(&self, subject: &Subject, keep: usize) -> Result<Finished, CertifyError> {
        let options = RunOptions {
            timeout: self.timeout,
            stdout: Capture::Ends(keep),
            stderr: Capture::Ends(keep.min(1 << 20)),
            ..RunOptions::default()
        };
        Ok(self.launcher.run(&seeded(subject), &options, self.stop)?)
    }

    /// The whole output of a command that must succeed.
    pub(super) fn text(
        &self,
        side: Arm,
        subject: &Subject,
        what: &'static str,
    ) -> Result<(String, Vec<u8>), CertifyError> {
        let captured = self.output(side, subject, READABLE)?;
        let whole = captured.whole().ok_or_else(|| CertifyError::TooLong {
            command: subject.name.clone(),
            bytes: captured.bytes,
            most: 2 * READABLE,
            what,
        })?;
        Ok((captured.digest, whole))
    }
}

/// With one order of Python's sets for all, unless somebody has chosen another.
fn seeded(subject: &Subject) -> Subject {
    let mut subject = subject.clone();
    if std::env::var_os(HASH_SEED).is_none() {
        // What the subject itself asks for comes later and wins.
        subject.env.insert(0, (HASH_SEED.into(), "0".into()));
    }
    subject
}

fn stdout(case: &Case, workbench: &Workbench<'_>) -> Result<Finding, CertifyError> {
    let before = workbench.output(Arm::Base, &case.before, ENDS)?;
    let after = workbench.output(Arm::Candidate, &case.after, ENDS)?;
    if before.bytes == 0 && after.bytes == 0 {
        return Err(CertifyError::Silent { command: case.before.name.clone() });
    }
    let equality = if before.digest == after.digest {
        Equality::Identical
    } else if let (Some(ours), Some(theirs)) = (before.whole(), after.whole()) {
        text::compare(&ours, &theirs)
    } else {
        ends(&before, &after)
    };
    Ok(case.finding(&before.digest, &after.digest, equality))
}

/// The place in outputs that were too long to be kept whole: in their beginnings, or else only that they differ.
fn ends(before: &Captured, after: &Captured) -> Equality {
    match text::compare(&before.first, &after.first) {
        Equality::Identical => {
            let shown = |captured: &Captured| format!("{} bytes", captured.bytes);
            let place = format!("after the first {} bytes", before.first.len());
            Equality::Different(super::Divergence {
                place,
                before: shown(before),
                after: shown(after),
            })
        }
        different => different,
    }
}

fn documents(
    case: &Case,
    allowance: Allowance,
    workbench: &Workbench<'_>,
) -> Result<Finding, CertifyError> {
    let document = |side: Arm| {
        let subject = case.of(side);
        let (digest, text) = workbench.text(side, subject, "JSON")?;
        let value = json::read(&text)
            .map_err(|reason| CertifyError::NotJson { command: subject.name.clone(), reason })?;
        Ok::<(String, serde_json::Value), CertifyError>((digest, value))
    };
    let ((before, ours), (after, theirs)) = (document(Arm::Base)?, document(Arm::Candidate)?);
    Ok(case.finding(&before, &after, json::compare(&ours, &theirs, allowance)))
}
