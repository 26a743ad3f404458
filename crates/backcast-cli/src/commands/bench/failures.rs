//! What cannot be measured, as help.

use backcast_lab::{
    bench::{BenchError, ScanError},
    child::{ChildError, Exit},
};

use crate::failure::Failure;

impl From<ChildError> for Failure {
    fn from(error: ChildError) -> Failure {
        let message = Failure::with_causes(&error);
        match error {
            ChildError::NotOnPath { .. } => Failure::usage(message)
                .help("a line for the shell takes --shell; a program in this folder is ./PROGRAM"),
            ChildError::Missing { .. } | ChildError::NoFolder { .. } => Failure::usage(message),
            ChildError::Folder { .. } => Failure::usage(message).help("name a file in it"),
            ChildError::NotExecutable { path } => {
                Failure::usage(message).help(format!("chmod +x {}", path.display()))
            }
            ChildError::NoProcessor { .. } => Failure::usage(message),
            ChildError::Stopped => Failure::interrupted("stopped; nothing was measured yet"),
            _ => Failure::could_not_measure(message),
        }
    }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Failure {
        let message = Failure::with_causes(&error);
        match error {
            BenchError::Child(error) => error.into(),
            BenchError::Failed { exit: Exit::TimedOut, .. } => Failure::could_not_measure(message)
                .help("it was killed with all it had started; --timeout TIME sets the limit"),
            BenchError::Failed { stderr, .. } => {
                let told =
                    if stderr.is_empty() { String::new() } else { format!("it said:\n{stderr}\n") };
                Failure::could_not_measure(message)
                    .help(told + "a command that may fail takes --ignore-failure")
            }
            BenchError::Stats(_) => Failure::usage(message),
            _ => Failure::new(message),
        }
    }
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Failure {
        Failure::usage(error.to_string())
            .help("such as: backcast bench --scan N=1,2,4 -- sleep 0.{N}")
    }
}
