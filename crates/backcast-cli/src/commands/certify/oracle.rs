//! The oracle that the command line names.

use backcast_lab::certify::equality::{Allowance, Oracle};

use crate::failure::Failure;

/// What is said where an oracle is missing or unknown.
const ORACLES: &str = "oracles are: digest, stdout, files GLOB, json, tests COMMAND";

/// How far numbers may lie apart; bits if nothing is said.
pub(in crate::commands) fn allowance(tol: Option<f64>, ulps: Option<u64>) -> Allowance {
    match (tol, ulps) {
        (Some(tolerance), _) => Allowance::Tolerance(tolerance),
        (None, Some(ulps)) => Allowance::Ulps(ulps),
        (None, None) => Allowance::Bits,
    }
}

/// The oracle of the words after `--equal`.
pub(in crate::commands) fn named(
    words: &[String],
    allowance: Allowance,
    test_files: &str,
) -> Result<Oracle, Failure> {
    let exact = allowance == Allowance::Bits;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let oracle = match words[..] {
        [] | ["digest"] => return Ok(Oracle::Digest { allowance }),
        ["json"] => return Ok(Oracle::Json { allowance }),
        ["stdout"] => Oracle::Stdout,
        ["files", pattern] => Oracle::Files { pattern: pattern.to_owned() },
        ["tests", command] => {
            Oracle::Tests { command: command.to_owned(), files: test_files.to_owned() }
        }
        ["files"] => {
            return Err(
                Failure::usage("--equal files takes a pattern").help("--equal files 'out/*.csv'")
            );
        }
        ["tests"] => {
            return Err(Failure::usage("--equal tests takes the command that runs them")
                .help("--equal tests 'python3 -m pytest'"));
        }
        _ => {
            let message = format!("there is no oracle `{}`", words.join(" "));
            return Err(Failure::usage(message).help(ORACLES));
        }
    };
    if exact {
        return Ok(oracle);
    }
    Err(Failure::usage("--tol and --ulps are for --equal digest and --equal json")
        .help("the other oracles compare bytes, or the fates of tests"))
}
