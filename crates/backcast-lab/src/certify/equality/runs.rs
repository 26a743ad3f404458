//! Backcast runs by digest, and where two of them part.

use std::{ffi::OsStr, fs, path::Path};

use super::{Allowance, Case, Divergence, Equality, Finding, check::Workbench, text};
use crate::{bench::Arm, certify::CertifyError, child::Subject};

/// Tables of a run in the order in which a difference makes itself felt.
const TABLES: [&str; 4] = ["fills", "orders", "trades", "equity"];

/// Compares two runs, sweeps or walk-forward tests. The subjects are commands of Backcast: `backcast run SPEC ...`.
pub(super) fn finding(
    case: &Case,
    allowance: Allowance,
    workbench: &Workbench<'_>,
) -> Result<Finding, CertifyError> {
    let before = digest(case, Arm::Base, workbench)?;
    let after = digest(case, Arm::Candidate, workbench)?;
    let equality = if before == after {
        Equality::Identical
    } else {
        match compare_tables(case, allowance, workbench)? {
            // Digests cover what tables do not show, so equal tables prove nothing.
            Equality::Identical => Equality::Different(Divergence {
                place: "digest".into(),
                before: before.clone(),
                after: after.clone(),
            }),
            other => other,
        }
    };
    Ok(case.finding(&before, &after, equality))
}

fn digest(case: &Case, side: Arm, workbench: &Workbench<'_>) -> Result<String, CertifyError> {
    let subject = case.of(side);
    let (_, text) = workbench.text(side, subject, "tables")?;
    let text = String::from_utf8_lossy(&text);
    let said = text.rsplit_once("digest ").map_or("", |(_, rest)| rest);
    // A run that takes its assets one by one has a digest for each.
    let digests: Vec<&str> = said.split_whitespace().collect();
    let is_digest = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    if digests.is_empty() || !digests.iter().all(is_digest) {
        return Err(CertifyError::NoDigest { command: subject.name.clone() });
    }
    Ok(digests.join(" "))
}

fn compare_tables(
    case: &Case,
    allowance: Allowance,
    workbench: &Workbench<'_>,
) -> Result<Equality, CertifyError> {
    let tables = |side: Arm| {
        let subject = case.of(side);
        if subject.argv.get(1).is_some_and(|verb| verb == OsStr::new("run")) {
            tables_of_run(side, subject, workbench)
        } else {
            let rows = workbench.text(side, &with(subject, &["--format", "csv"]), "tables")?.1;
            Ok(vec![("rows", String::from_utf8_lossy(&rows).into_owned())])
        }
    };
    let (before, after) = (tables(Arm::Base)?, tables(Arm::Candidate)?);
    let mut worst = Equality::Identical;
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        match text::compare_tables(before, after, allowance) {
            Equality::Identical => {}
            Equality::Different(at) => {
                let place = format!("{name}, {}", at.place);
                return Ok(Equality::Different(Divergence { place, ..at }));
            }
            within => worst = worse(worst, within),
        }
    }
    Ok(worst)
}

fn worse(one: Equality, other: Equality) -> Equality {
    let size = |equality: &Equality| match equality {
        Equality::WithinUlps { ulps } => *ulps as f64,
        Equality::WithinTolerance { largest } => *largest,
        _ => 0.0,
    };
    if size(&other) >= size(&one) { other } else { one }
}

fn tables_of_run(
    side: Arm,
    subject: &Subject,
    workbench: &Workbench<'_>,
) -> Result<Vec<(&'static str, String)>, CertifyError> {
    let folder =
        tempfile::tempdir().map_err(|source| failed("write", &std::env::temp_dir(), source))?;
    let mut subject = subject.clone();
    for table in TABLES {
        subject.argv.push(format!("--{table}").into());
        subject.argv.push(folder.path().join(table).with_extension("csv").into());
    }
    workbench.output(side, &subject, 0)?;
    TABLES
        .iter()
        .map(|table| {
            let path = folder.path().join(table).with_extension("csv");
            let text = fs::read_to_string(&path).map_err(|source| failed("read", &path, source))?;
            Ok((*table, text))
        })
        .collect()
}

fn with(subject: &Subject, words: &[&str]) -> Subject {
    let mut subject = subject.clone();
    subject.argv.extend(words.iter().map(Into::into));
    subject
}

fn failed(doing: &'static str, path: &Path, source: std::io::Error) -> CertifyError {
    CertifyError::File { doing, path: path.to_owned(), source }
}
