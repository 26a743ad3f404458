//! What cannot be measured, as help.

use backcast_lab::{
    bench::{BenchError, ScanError, export::Unmeasured},
    child::{ChildError, Exit},
};

use crate::{failure::Failure, number, terminal::Terminal};

/// What could not be measured of several benchmarks.
pub(super) struct Failed {
    planned: usize,
    /// Names and reasons.
    pub(super) unmeasured: Vec<Unmeasured>,
    /// The failure of the only benchmark, which is that of the whole.
    only: Option<Failure>,
    /// That somebody stopped it all.
    pub(super) stopped: Option<Failure>,
}

impl Failed {
    /// Nothing yet, of so many.
    pub(super) fn of(planned: usize) -> Failed {
        Failed { planned, unmeasured: Vec::new(), only: None, stopped: None }
    }

    /// One more. Why is told now, or in the end where nothing else is.
    pub(super) fn push(&mut self, name: &str, failure: Failure, terminal: &mut Terminal) {
        self.unmeasured.push(Unmeasured { name: name.to_owned(), why: failure.to_string() });
        if self.planned > 1 {
            terminal.show(&failure.about(name));
        } else {
            self.only = Some(failure);
        }
    }

    /// What follows for all together.
    pub(super) fn verdict(self) -> Result<(), Failure> {
        if let Some(failure) = self.only {
            return Err(failure);
        }
        if self.unmeasured.is_empty() {
            return Ok(());
        }
        let names: Vec<String> =
            self.unmeasured.iter().map(|failed| format!("`{}`", failed.name)).collect();
        Err(Failure::could_not_measure(format!(
            "could not measure {} of {}: {}",
            names.len(),
            number::count(self.planned, "benchmark"),
            names.join(", ")
        )))
    }
}

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
            _ => Failure::could_not_measure(message),
        }
    }
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Failure {
        Failure::usage(error.to_string())
            .help("such as: backcast bench --scan N=1,2,4 -- sleep 0.{N}")
    }
}
