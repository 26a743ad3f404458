//! What cannot be certified, as help.

use backcast_lab::{bench::Arm, certify::CertifyError, child::Exit};

use crate::failure::Failure;

impl From<CertifyError> for Failure {
    fn from(error: CertifyError) -> Failure {
        let message = Failure::with_causes(&error);
        match error {
            CertifyError::Child(error) => error.into(),
            CertifyError::Bench(error) => error.into(),
            CertifyError::Failed { exit: Exit::TimedOut, .. } => Failure::could_not_measure(message)
                .help("it was killed with all it had started; --timeout TIME sets the limit"),
            CertifyError::Failed { side: Arm::Base, .. } => Failure::could_not_measure(message)
                .help("the state before the change must work, or nothing can be said of the change"),
            CertifyError::Failed { side: Arm::Candidate, .. } => Failure::verdict(message),
            CertifyError::Unsteady { .. } => Failure::could_not_measure(message)
                .help("fix what it draws, or compare what does not depend on that: --equal files GLOB, json or tests COMMAND"),
            CertifyError::Pattern { .. } => Failure::usage(message).help("such as 'out/**/*.csv'"),
            CertifyError::NoFiles { .. } => Failure::usage(message)
                .help("a pattern is meant from the folder that the command runs in; files must be written by each run"),
            CertifyError::NoTests { .. } => Failure::usage(message)
                .help("python3 -m pytest, python3 -m unittest -v, cargo test and cargo nextest run are understood"),
            CertifyError::Silent { .. } => Failure::usage(message)
                .help("--equal files GLOB, --equal json or --equal tests COMMAND"),
            CertifyError::NoTestFiles { .. } => Failure::usage(message)
                .help("--test-files GLOB names them, below the folder that the command runs in"),
            CertifyError::SameSuite { .. } => Failure::usage(message).help(
                "let the tests run \"$BACKCAST_COMMAND\", the command of their side, or compare revisions: rev:HEAD this --on COMMAND",
            ),
            CertifyError::NoDigest { .. } => Failure::usage(message)
                .help("--equal stdout, --equal files GLOB, --equal json or --equal tests COMMAND"),
            _ => Failure::new(message),
        }
    }
}
