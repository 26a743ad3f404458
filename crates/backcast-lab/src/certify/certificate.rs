//! The certificate: a file from which each of its own statements can be computed again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    CertifyError, CheckedOut, MadeUp, Memory, Refusal, Requirements,
    equality::{Case, Evidence},
    memory,
    origin::moved,
    refusals,
};
use crate::{
    bench::{Arm, Plan, RecordedCommand, Session},
    child::Subject,
    stats::{Interval, gain_of},
};

/// What the file says it is.
const FORMAT: &str = "backcast-certificate";
/// Newest version that is read and the one that is written.
const VERSION: u32 = 2;

/// A change moved no result and is faster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Always `backcast-certificate`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// blake3 of all the rest, in hexadecimal.
    pub id: String,
    /// When it was issued, in UTC.
    pub issued_at: String,
    /// What was timed before the change.
    pub before: Side,
    /// What was timed after it.
    pub after: Side,
    /// What was asked.
    pub requirements: Requirements,
    /// That no result moved.
    pub evidence: Evidence,
    /// Commands that made the results, in the order of the findings.
    pub cases: Vec<RecordedCase>,
    /// Specs among them that were made up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made_up: Vec<MadeUp>,
    /// The measurement with all its runs.
    pub session: Session,
    /// Share of the time that is saved: 0.08 is eight percent.
    pub gain: Interval,
    /// Median peak memory.
    pub memory: Memory,
}

/// One side of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// What people call it.
    pub name: String,
    /// What was timed.
    pub command: RecordedCommand,
    /// Folder it ran in; that of whoever asked where empty.
    pub dir: String,
    /// Processors it was given; all that could be used where empty.
    pub processors: Vec<usize>,
    /// The program and the files that the command names, with the hashes of what they held.
    pub inputs: Vec<Input>,
    /// The revision of the sources that it is of, where it was checked out for the measurement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<CheckedOut>,
}

/// A file that a command was given, or the program itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// As the command names it.
    pub path: String,
    /// blake3 in hexadecimal.
    pub digest: String,
}

/// The commands behind a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCase {
    /// Name of the case.
    pub name: String,
    /// Made the result before the change.
    pub before: RecordedCommand,
    /// Made the result after it.
    pub after: RecordedCommand,
}

/// What a certificate is issued from.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Both sides, before and after.
    pub sides: [Side; 2],
    /// What is asked.
    pub requirements: Requirements,
    /// Commands that made the results.
    pub cases: Vec<RecordedCase>,
    /// Specs among them that were made up.
    pub made_up: Vec<MadeUp>,
    /// What the oracle said.
    pub evidence: Evidence,
    /// The measurement.
    pub session: Session,
}

/// Something in a certificate that does not follow from the rest of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which statement.
    pub place: String,
    /// What it says.
    pub stated: String,
    /// What follows from the raw samples.
    pub computed: String,
}

impl Certificate {
    /// Issues a certificate, or says all that speaks against it.
    ///
    /// # Errors
    /// The conditions that are not fulfilled; never empty.
    pub fn issue(claim: Claim, issued_at: String) -> Result<Certificate, Vec<Refusal>> {
        let Claim { sides: [before, after], requirements, cases, made_up, evidence, session } =
            claim;
        let refusals = refusals(&evidence, &session, &requirements);
        let measured = session.comparison.as_ref().map(|it| it.ratio).zip(memory(&session));
        let (true, Some((ratio, memory))) = (refusals.is_empty(), measured) else {
            return Err(refusals);
        };
        let mut certificate = Certificate {
            format: FORMAT.to_owned(),
            version: VERSION,
            id: String::new(),
            issued_at,
            before,
            after,
            requirements,
            evidence,
            cases,
            made_up,
            session,
            gain: gain_of(ratio),
            memory,
        };
        certificate.id = certificate.content_id();
        Ok(certificate)
    }

    /// The certificate as a text of one line, the same for equal certificates.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a certificate holds text and numbers alone")
    }

    /// Reads a certificate; `what` names it in messages. It is not checked.
    ///
    /// # Errors
    /// [`CertifyError::Bench`] for other formats, newer versions and malformed files.
    pub fn from_json(text: &str, what: &str) -> Result<Certificate, CertifyError> {
        Ok(crate::bench::read_json(text, what, FORMAT, VERSION)?)
    }

    /// Computes every statement anew from the raw samples. A sound certificate has no faults.
    ///
    /// # Errors
    /// [`CertifyError::Bench`] where the samples allow no statistics.
    pub fn faults(&self) -> Result<Vec<Fault>, CertifyError> {
        let mut faults = Vec::new();
        let mut expect = |place: &str, stated: String, computed: String| {
            if stated != computed {
                faults.push(Fault { place: place.to_owned(), stated, computed });
            }
        };
        let session = self.session.clone().judged(&self.requirements.criteria)?;
        expect("session.comparison", debug(&self.session.comparison), debug(&session.comparison));
        expect("session.noise", debug(&self.session.noise), debug(&session.noise));
        expect("session.doubts", debug(&self.session.doubts), debug(&session.doubts));
        let ratio = session.comparison.as_ref().map(|comparison| comparison.ratio);
        expect("gain", debug(&Some(self.gain)), debug(&ratio.map(gain_of)));
        expect("memory", debug(&Some(self.memory)), debug(&memory(&session)));
        let commands = |session: &Session| {
            [session.base.as_ref(), Some(&session.candidate)]
                .map(|it| it.map(|it| it.command.clone()))
        };
        let sides = [&self.before, &self.after].map(|side| Some(side.command.clone()));
        expect("before, after", debug(&sides), debug(&commands(&session)));
        let named: Vec<&String> = self.cases.iter().map(|case| &case.name).collect();
        let found: Vec<&String> = self.evidence.findings.iter().map(|it| &it.case).collect();
        expect("cases", debug(&named), debug(&found));
        for finding in &self.evidence.findings {
            if let Some(why) = finding.contradiction(&self.evidence.oracle) {
                expect("evidence", debug(&finding.equality), why);
            }
        }
        let runs = session.candidate.runs.len();
        for (arm, record) in
            [(Arm::Base, session.base.as_ref()), (Arm::Candidate, Some(&session.candidate))]
        {
            let runs_of = record.map(|record| &record.runs[..]).unwrap_or_default();
            let places: Vec<_> = runs_of.iter().map(|run| (run.block, run.slot)).collect();
            expect("session.runs", debug(&places), debug(&Plan::places(arm, runs as u32)));
            let failed = runs_of.iter().find(|run| !run.sample.exit.is_success());
            if let Some(run) = failed {
                expect("session.runs", "all ended well".into(), run.sample.exit.told());
            }
        }
        for refusal in refusals(&self.evidence, &session, &self.requirements) {
            expect("conditions", "all fulfilled".into(), refusal.to_string());
        }
        // Last: whatever was changed, the hash of all of it is another, which says nothing of what it was.
        expect("id", self.id.clone(), self.content_id());
        Ok(faults)
    }

    /// Time after the change by time before it.
    pub fn ratio(&self) -> Option<Interval> {
        self.session.comparison.as_ref().map(|comparison| comparison.ratio)
    }

    fn content_id(&self) -> String {
        let nameless = Certificate { id: String::new(), ..self.clone() };
        blake3::hash(nameless.to_json().as_bytes()).to_hex().to_string()
    }
}

impl RecordedCase {
    /// The record of a case.
    pub fn of(case: &Case) -> RecordedCase {
        RecordedCase {
            name: case.name.clone(),
            before: RecordedCommand::of(&case.before),
            after: RecordedCommand::of(&case.after),
        }
    }
}

impl Side {
    /// A side, with the hashes of the program and of all files that its command names.
    ///
    /// # Errors
    /// [`CertifyError::Child`] where there is no such program, [`CertifyError::File`] where a file cannot be read.
    pub fn of(name: &str, subject: &Subject, processors: &[usize]) -> Result<Side, CertifyError> {
        let dir = subject.dir.clone().unwrap_or_default();
        let program = subject.program()?;
        let named = subject.argv.iter().skip(1).map(|word| dir.join(word));
        let files = named.filter(|path| path.is_file());
        let inputs = std::iter::once(program).chain(files).map(|path| Input::of(&path));
        Ok(Side {
            name: name.to_owned(),
            command: RecordedCommand::of(subject),
            dir: dir.to_string_lossy().into_owned(),
            processors: processors.to_vec(),
            inputs: inputs.collect::<Result<_, _>>()?,
            revision: None,
        })
    }

    /// The same side of a revision that was checked out for the measurement.
    pub fn of_revision(self, revision: CheckedOut) -> Side {
        Side { revision: Some(revision), ..self }
    }

    /// The same side with its revision checked out again in another folder; its files are those of the commit.
    pub fn checked_out_at(&self, folder: &str) -> Side {
        let Some(revision) = &self.revision else { return self.clone() };
        let there = |path: &str| moved(path, &revision.folder, folder);
        let input = |input: &Input| Input { path: there(&input.path), ..input.clone() };
        Side {
            command: self.command.moved(&revision.folder, folder),
            dir: there(&self.dir),
            inputs: self.inputs.iter().map(input).collect(),
            revision: Some(CheckedOut { folder: folder.to_owned(), ..revision.clone() }),
            ..self.clone()
        }
    }

    /// Inputs that are no longer what they were, or gone. Those of a revision that was checked out are as its commit has them.
    pub fn changed_inputs(&self) -> Vec<&Input> {
        let folder = self.revision.as_ref().map(|revision| Path::new(&revision.folder));
        let checked_out =
            |input: &Input| folder.is_some_and(|it| Path::new(&input.path).starts_with(it));
        let same = |input: &Input| Input::of(input.path.as_ref()).is_ok_and(|now| now == *input);
        self.inputs.iter().filter(|input| !checked_out(input) && !same(input)).collect()
    }
}

impl Input {
    fn of(path: &Path) -> Result<Input, CertifyError> {
        let failed = |source| CertifyError::File { doing: "read", path: path.to_owned(), source };
        let mut hasher = blake3::Hasher::new();
        let file = std::fs::File::open(path).map_err(failed)?;
        hasher.update_reader(file).map_err(failed)?;
        let digest = hasher.finalize().to_hex().to_string();
        Ok(Input { path: path.to_string_lossy().into_owned(), digest })
    }
}

/// Floats are written so that equal texts are equal bits.
fn debug(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}
