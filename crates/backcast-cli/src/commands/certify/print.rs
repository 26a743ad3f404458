//! What is said of a proof.

use backcast_lab::certify::{Certificate, Memory, Refusal, Requirements, Side, equality::Equality};

use crate::{failure::Failure, number, terminal::Terminal};

/// How many cases, in words.
pub(super) fn cases(n: usize) -> String {
    number::count(n, "case")
}

/// A certificate for people.
pub(in crate::commands) fn certificate(
    certificate: &Certificate,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Certificate { evidence, gain, memory, session, requirements, .. } = certificate;
    let mut equalities = evidence.findings.iter().map(|finding| &finding.equality);
    let moved = equalities.rfind(|equality| **equality != Equality::Identical);
    let equal = match moved {
        None | Some(Equality::Identical | Equality::Different(_)) => "identical".to_owned(),
        Some(Equality::WithinUlps { ulps }) => format!("within {ulps} units in the last place"),
        Some(Equality::WithinTolerance { largest }) => format!("within {largest:.1e}"),
    };
    let runs = session.candidate.runs.len();
    let text = format!(
        "certified   {}\nbefore      {}\nafter       {}\nresults     {equal}: {}, by {}\n\
         time saved  {:.2} % ({:.2} to {:.2} % at the {} level, {runs} pairs)\nmemory      {}\nasked       {}\n",
        &certificate.id[..12],
        named(&certificate.before),
        named(&certificate.after),
        cases(evidence.findings.len()),
        evidence.oracle,
        gain.estimate * 100.0,
        gain.low * 100.0,
        gain.high * 100.0,
        number::percent(gain.level, 0),
        peaks(*memory),
        asked(requirements),
    );
    terminal.print(&text)
}

/// What people call a side, and the commit it is of.
fn named(side: &Side) -> String {
    match &side.revision {
        Some(revision) => {
            let commit = &revision.commit;
            format!("{} ({})", side.name, &commit[..commit.len().min(12)])
        }
        None => side.name.clone(),
    }
}

fn asked(requirements: &Requirements) -> String {
    format!(
        "at least {} less time, at most {} or {:.1} MiB more memory",
        number::percent(requirements.criteria.minimum_effect, 1),
        number::percent(requirements.memory_share, 1),
        mebibytes(requirements.memory_bytes),
    )
}

fn peaks(memory: Memory) -> String {
    let (before, after) = (mebibytes(memory.before), mebibytes(memory.after));
    format!("{before:.1} MiB before, {after:.1} MiB after")
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// A failure that says all that is against a certificate.
pub(in crate::commands) fn refused(refusals: &[Refusal]) -> Failure {
    let lines: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
    let said = format!("no certificate: {}", lines.join("; "));
    // What a session says that is not to be trusted is nothing; a result that moved needs no session.
    let moved =
        |refusal: &Refusal| matches!(refusal, Refusal::ResultMoved(_) | Refusal::NothingCompared);
    if refusals.iter().any(moved) || !refusals.iter().any(Refusal::is_no_measurement) {
        Failure::verdict(said)
    } else {
        Failure::could_not_measure(said)
            .help("docs/benchmarking.md says what makes a machine quiet; more runs: --iterations")
    }
}

#[cfg(test)]
mod tests {
    use backcast_lab::{
        bench::Doubt,
        certify::equality::{Divergence, Finding},
    };

    use super::*;

    #[test]
    fn a_session_that_is_not_trusted_says_nothing_but_a_result_that_moved_has_moved() {
        let not_faster = Refusal::NotFaster { ratio: None, effect: 0.01, pairs_needed: None };
        let doubt = Refusal::Doubted(Doubt::Unchecked);
        let at = Divergence { place: "line 1".into(), before: "a".into(), after: "b".into() };
        let (case, equality) = ("it".to_owned(), Equality::Different(at));
        let finding = Finding { case, before: "a".into(), after: "b".into(), equality };
        let moved = Refusal::ResultMoved(finding);
        let code = |refusals: &[Refusal]| refused(refusals).exit_code();
        assert_eq!(code(std::slice::from_ref(&not_faster)), Failure::FAILED);
        assert_eq!(code(&[not_faster, doubt.clone()]), Failure::COULD_NOT_MEASURE);
        assert_eq!(code(&[moved, doubt]), Failure::FAILED);
    }
}
