//! Claims that cannot be judged, as help.

use backcast_lab::{bench::BenchError, claims::ClaimError};

use crate::failure::{Failure, nearest};

/// Names that are listed where none is near.
const LISTED: usize = 12;

impl From<ClaimError> for Failure {
    fn from(error: ClaimError) -> Failure {
        let message = error.to_string();
        match error {
            ClaimError::UnknownSpan { span, known, .. } => {
                let near = nearest(&span, known.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has: {}", listed(&known)),
                };
                Failure::usage(message).help(help)
            }
            ClaimError::NotInside { .. } => Failure::usage(message)
                .help("--of names the span that is the whole; without it all thread time is"),
            ClaimError::NoSamples { .. } => Failure::could_not_measure(message)
                .help("a share needs call paths: spans, a Python program, or perf"),
            ClaimError::Sessions { .. } => Failure::usage(message)
                .help("measure one: backcast bench --vs-command BEFORE --export FILE.json -- AFTER"),
            ClaimError::Bench(BenchError::Read { path, source }) => {
                Failure::could_not_measure(format!("cannot read {}: {source}", path.display()))
            }
            ClaimError::Bench(BenchError::Newer { .. }) => {
                Failure::could_not_measure(message).help("a newer backcast wrote it; use that one")
            }
            ClaimError::Bench(_) => Failure::could_not_measure(message).help(
                "means alone prove nothing; raw samples stand in files of `backcast bench --export FILE.json`, and in those of other \
                 programs where they are asked to keep single runs",
            ),
            ClaimError::Stats(_) => Failure::usage(message),
        }
    }
}

fn listed(known: &[String]) -> String {
    let more = known.len().saturating_sub(LISTED);
    let mut text = known[..known.len() - more].join(", ");
    if more > 0 {
        text += &format!(" and {more} more");
    }
    text
}
