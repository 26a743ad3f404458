//! The oracle: what is asked whether two states of a program give one result.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Allowance;

/// What decides whether a result has moved. It stands in the certificate by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "equal", rename_all = "snake_case")]
pub enum Oracle {
    /// The digests of Backcast runs; where they differ, their fills, orders, trades and equity under the allowance.
    Digest {
        /// How far numbers may lie apart where digests differ.
        allowance: Allowance,
    },
    /// Standard output, byte for byte.
    Stdout,
    /// The files that the command writes, byte for byte.
    Files {
        /// Which files, as a pattern below the folder that the command runs in.
        pattern: String,
    },
    /// Standard output as one JSON document.
    Json {
        /// How far numbers may lie apart.
        allowance: Allowance,
    },
    /// A test suite that passes on both sides: the same tests, in files that did not change, none left out.
    Tests {
        /// The command that runs them.
        command: String,
        /// Their files, as a pattern below the folder that the command runs in.
        files: String,
    },
}

impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Oracle::Digest { allowance } => write!(f, "digests of runs{allowance}"),
            Oracle::Stdout => f.write_str("standard output, byte for byte"),
            Oracle::Files { pattern } => write!(f, "files {pattern}, byte for byte"),
            Oracle::Json { allowance } => write!(f, "standard output as JSON{allowance}"),
            Oracle::Tests { command, files } => write!(f, "tests `{command}` in {files}"),
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Allowance::Bits => f.write_str(", bit for bit"),
            Allowance::Ulps(most) => write!(f, ", numbers within {most} units in the last place"),
            Allowance::Tolerance(most) => write!(f, ", numbers within {most} of max(|a|, |b|, 1)"),
        }
    }
}
