//! What can go wrong with baselines, as help.

use backcast_lab::baseline::BaselineError;

use crate::failure::Failure;

impl From<BaselineError> for Failure {
    fn from(error: BaselineError) -> Failure {
        let message = match &error {
            BaselineError::Write { source, .. } | BaselineError::Read { source, .. } => {
                format!("{error}: {source}")
            }
            _ => error.to_string(),
        };
        match error {
            BaselineError::Write { .. } => {
                Failure::new(message).help("nothing that was there before is harmed")
            }
            BaselineError::NoStore { .. } => Failure::usage(message)
                .help("name the folder of a project, its .backcast, or .backcast/baselines"),
            BaselineError::NoMachine { .. } => Failure::could_not_measure(message)
                .help("figures of machines that are not known cannot be compared; `backcast bench --import` shows them"),
            BaselineError::UnknownBase { .. } => Failure::could_not_measure(message)
                .help("`backcast baseline history` lists the commits, with --format csv the ids"),
            BaselineError::Record(error) => error.into(),
            BaselineError::Stats(_) => Failure::usage(message),
            BaselineError::Damaged { .. } => {
                Failure::new(message).help("remove the file, or merge the store of another machine that has it whole")
            }
            BaselineError::UnknownId { .. } | BaselineError::NoRuns { .. } => Failure::new(message),
            BaselineError::Read { .. } => Failure::new(message),
        }
    }
}
