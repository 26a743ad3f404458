//! What cannot be certified, as help.

use backcast_lab::certify::CertifyError;

use crate::failure::Failure;

impl From<CertifyError> for Failure {
    fn from(error: CertifyError) -> Failure {
        let message = error.to_string();
        match error {
            CertifyError::Child(error) => error.into(),
            CertifyError::Bench(error) => error.into(),
            CertifyError::Failed { .. } => Failure::new(message),
            CertifyError::Pattern { .. } => Failure::usage(message).help("such as 'out/**/*.csv'"),
            CertifyError::NoFiles { .. } => Failure::usage(message)
                .help("a pattern is meant from the folder that the command runs in; files must be written by each run"),
            CertifyError::NoTests { .. } => Failure::usage(message)
                .help("python3 -m pytest, python3 -m unittest -v, cargo test and cargo nextest run are understood"),
            CertifyError::NoDigest { .. } => Failure::usage(message)
                .help("--equal stdout, --equal files GLOB, --equal json or --equal tests COMMAND"),
            _ => Failure::new(message),
        }
    }
}
