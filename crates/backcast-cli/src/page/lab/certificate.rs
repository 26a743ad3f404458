//! A proof as a page: what was before and after, what the oracle said, what was measured, which conditions hold.

use backcast_lab::{
    bench::Session,
    certify::{
        Certificate, Claim, Memory, Refusal, Requirements, Side,
        equality::{Equality, Evidence},
        memory, refusals,
    },
    stats::gain_of,
};
use backcast_report::{
    Cell, Format, Page, Table,
    lab::{Figure, Measured},
};

use super::{bench, estimates, machine, runs, version};
use crate::{
    number,
    page::cells::{column, text},
};

/// Digits of a hash that are shown.
const DIGITS: usize = 16;

/// What is known of a change, whether it was certified or not.
pub(crate) struct Proven<'a> {
    sides: [&'a Side; 2],
    requirements: &'a Requirements,
    evidence: &'a Evidence,
    session: Option<&'a Session>,
    /// Id and time of issue, where there is a certificate.
    issued: Option<(&'a str, &'a str)>,
}

impl<'a> Proven<'a> {
    /// By a certificate.
    pub(crate) fn by(certificate: &'a Certificate) -> Proven<'a> {
        Proven {
            sides: [&certificate.before, &certificate.after],
            requirements: &certificate.requirements,
            evidence: &certificate.evidence,
            session: Some(&certificate.session),
            issued: Some((&certificate.id, &certificate.issued_at)),
        }
    }

    /// What is claimed and was not certified.
    pub(crate) fn claimed(claim: &'a Claim) -> Proven<'a> {
        let [before, after] = &claim.sides;
        Proven {
            sides: [before, after],
            requirements: &claim.requirements,
            evidence: &claim.evidence,
            session: Some(&claim.session),
            issued: None,
        }
    }

    /// A result moved, so nothing was timed.
    pub(crate) fn moved(
        sides: [&'a Side; 2],
        requirements: &'a Requirements,
        evidence: &'a Evidence,
    ) -> Proven<'a> {
        Proven { sides, requirements, evidence, session: None, issued: None }
    }
}

/// The page of a proof.
pub(crate) fn certificate(proven: &Proven<'_>) -> Page {
    let [before, after] = proven.sides;
    let criteria = &proven.requirements.criteria;
    let mut conditions = Measured {
        id: "proof".to_owned(),
        heading: "Conditions".to_owned(),
        lead: lead(proven),
        tables: vec![("conditions".to_owned(), self::conditions(proven))],
        ..Measured::default()
    };
    conditions.tables.push(("results".to_owned(), results(proven.evidence)));
    let mut measured = vec![conditions];
    if let Some(session) = proven.session {
        let sessions = std::slice::from_ref(session);
        let figures = [
            runs::in_pairs(sessions, Some(criteria.minimum_effect)),
            Some(runs::in_order(sessions)),
            Some(runs::distribution(sessions)),
            runs::memory(sessions),
        ];
        let figures: Vec<Figure> = figures.into_iter().flatten().collect();
        let mut tables =
            vec![("estimates".to_owned(), estimates::estimates(sessions, criteria.level))];
        tables.extend(estimates::costs(sessions).map(|table| ("costs".to_owned(), table)));
        let (id, heading) = ("runs".to_owned(), "Measurement".to_owned());
        measured.push(Measured { id, heading, lead: String::new(), figures, tables });
    }
    let mut tables = vec![("inputs".to_owned(), inputs(proven.sides))];
    tables
        .extend(proven.session.and_then(machine::table).map(|it| ("machine-facts".to_owned(), it)));
    let (id, heading) = ("origin".to_owned(), "Programs, files, machine".to_owned());
    measured.push(Measured { id, heading, tables, ..Measured::default() });
    let subtitle = match proven.issued {
        Some((id, _)) => {
            format!("Certificate {}: no result moved, and it is faster.", &id[..id.len().min(12)])
        }
        None => "Not certified.".to_owned(),
    };
    Page {
        title: format!("{} after {}", after.name, before.name),
        subtitle,
        manifest: manifest(proven),
        notices: notices(proven),
        measured,
        ..Page::default()
    }
}

fn manifest(proven: &Proven<'_>) -> Vec<(String, String)> {
    let [before, after] = proven.sides;
    let words = |side: &Side| {
        let env = side.command.env.iter().map(|(name, value)| format!("{name}={value} "));
        env.collect::<String>() + &side.command.argv.join(" ")
    };
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut pairs = vec![pair("Before", words(before)), pair("After", words(after))];
    pairs.push(pair("Results compared by", proven.evidence.oracle.to_string()));
    if let Some((id, at)) = proven.issued {
        pairs.extend([pair("Certificate", id.to_owned()), pair("Issued", at.to_owned())]);
    }
    match proven.session {
        // The two commands stand there already.
        Some(session) => {
            let all = bench::manifest(
                std::slice::from_ref(session),
                &[],
                proven.requirements.criteria.level,
            );
            pairs.extend(all.into_iter().filter(|(name, _)| name != "Candidate" && name != "Base"));
        }
        None => pairs.push(version()),
    }
    pairs
}

fn notices(proven: &Proven<'_>) -> Vec<String> {
    match proven.session {
        Some(session) => refusals(proven.evidence, session, proven.requirements)
            .iter()
            .map(Refusal::to_string)
            .collect(),
        None => {
            let different =
                proven.evidence.findings.iter().filter(|finding| !finding.equality.holds());
            let moved = different.cloned().map(|finding| Refusal::ResultMoved(finding).to_string());
            let mut notices: Vec<String> = moved.collect();
            notices.push("nothing was timed: a change that moves a result need not be".to_owned());
            notices
        }
    }
}

fn lead(proven: &Proven<'_>) -> String {
    let comparison = proven.session.and_then(|session| session.comparison.as_ref());
    let Some(comparison) = comparison else { return String::new() };
    let gain = gain_of(comparison.ratio);
    format!(
        "Time saved: {} ({} to {} at the {} level, {}).",
        number::percent(gain.estimate, 2),
        number::percent(gain.low, 2),
        number::percent(gain.high, 2),
        number::percent(gain.level, 0),
        number::count(comparison.pairs, "pair"),
    )
}

/// What is asked of a change, what was found, and whether that is enough.
fn conditions(proven: &Proven<'_>) -> Table {
    let Requirements { criteria, memory_share, memory_bytes } = proven.requirements;
    let against =
        proven.session.map(|session| refusals(proven.evidence, session, proven.requirements));
    // Without a session nothing but the results is known.
    let holds = |fails: fn(&Refusal) -> bool| match &against {
        Some(against) if against.iter().any(fails) => "no",
        Some(_) => "yes",
        None => "not measured",
    };
    let findings = &proven.evidence.findings;
    let same = findings.iter().filter(|finding| finding.equality.holds()).count();
    let equal = if !findings.is_empty() && same == findings.len() { "yes" } else { "no" };
    let comparison = proven.session.and_then(|session| session.comparison.as_ref());
    let gain = comparison.map(|comparison| gain_of(comparison.ratio));
    let unknown = || "unknown".to_owned();
    let gain = gain.map_or_else(unknown, |gain| {
        format!("{} to {}", number::percent(gain.low, 2), number::percent(gain.high, 2))
    });
    let noise = proven.session.and_then(|session| session.noise);
    let noise = noise
        .map_or_else(unknown, |noise| format!("equal within {}", number::percent(noise.floor, 2)));
    let peaks = proven.session.and_then(memory).map_or_else(unknown, peaks);
    let doubts = proven.session.map_or(0, |session| session.doubts.len());
    let mib = number::grouped(*memory_bytes as f64 / f64::from(1 << 20), 1);
    let row = |name: &str, asked: String, found: String, holds: &str| -> Vec<Cell> {
        vec![text(name), text(asked), text(found), text(holds)]
    };
    let rows = vec![
        row(
            "results equal",
            proven.evidence.oracle.to_string(),
            format!("{same} of {}", number::count(findings.len(), "case")),
            equal,
        ),
        row(
            "faster",
            format!(
                "by more than {}, at the {} level",
                number::percent(criteria.minimum_effect, 1),
                number::percent(criteria.level, 0)
            ),
            gain,
            holds(|it| matches!(it, Refusal::NotFaster { .. } | Refusal::Slower { .. })),
        ),
        row(
            "memory",
            format!("no more than {} or {mib} MiB above", number::percent(*memory_share, 1)),
            peaks,
            holds(|it| matches!(it, Refusal::MemoryGrew(_) | Refusal::MemoryUnknown)),
        ),
        row(
            "a command equals itself (A/A)",
            "passed".to_owned(),
            noise,
            holds(|it| matches!(it, Refusal::Doubted(_))),
        ),
        row(
            "the machine held still",
            "no doubt".to_owned(),
            number::count(doubts, "doubt"),
            holds(|it| matches!(it, Refusal::Doubted(_) | Refusal::Stopped)),
        ),
    ];
    let columns = ["Condition", "Asked", "Found", "Fulfilled"];
    let columns = columns.map(|name| column(name, Format::Plain, "")).into();
    Table { caption: "What a certificate takes".to_owned(), columns, rows }
}

fn peaks(memory: Memory) -> String {
    let mib = |bytes: u64| number::grouped(bytes as f64 / f64::from(1 << 20), 1);
    format!("{} MiB before, {} MiB after", mib(memory.before), mib(memory.after))
}

/// What the oracle said of each case.
fn results(evidence: &Evidence) -> Table {
    let columns = ["Case", "Equality", "Before", "After"];
    let columns = columns.map(|name| column(name, Format::Plain, "")).into();
    let rows = evidence.findings.iter().map(|finding| {
        let (before, after) = match &finding.equality {
            Equality::Different(at) => (at.before.clone(), at.after.clone()),
            _ => (short(&finding.before), short(&finding.after)),
        };
        vec![text(&*finding.case), text(equality(&finding.equality)), text(before), text(after)]
    });
    Table { caption: format!("Results, by {}", evidence.oracle), columns, rows: rows.collect() }
}

fn equality(equality: &Equality) -> String {
    match equality {
        Equality::Identical => "identical".to_owned(),
        Equality::WithinUlps { ulps } => format!("within {ulps} units in the last place"),
        Equality::WithinTolerance { largest } => format!("within {largest:.1e}"),
        Equality::Different(at) => format!("different at {}", at.place),
    }
}

/// Programs and files of both sides, by their hashes.
fn inputs([before, after]: [&Side; 2]) -> Table {
    let columns = ["Side", "File", "blake3"];
    let columns = columns.map(|name| column(name, Format::Plain, "")).into();
    let rows = [("before", before), ("after", after)].into_iter().flat_map(|(name, side)| {
        side.inputs
            .iter()
            .map(move |input| vec![text(name), text(&*input.path), text(short(&input.digest))])
    });
    Table { caption: "What was run".to_owned(), columns, rows: rows.collect() }
}

fn short(hash: &str) -> String {
    hash.chars().take(DIGITS).collect()
}
