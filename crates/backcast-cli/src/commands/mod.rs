//! One file for each command: a function from arguments to output.

pub(crate) mod bundles;
pub(crate) mod calendar;
pub(crate) mod eval;
pub(crate) mod indicators;
pub(crate) mod ingest;

use crate::{args::Command, failure::Failure, terminal::Terminal};

/// Does what the command line says.
pub(crate) fn run(command: Command, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        Command::Ingest(args) => ingest::run(&args, terminal),
        Command::Bundles(args) => bundles::run(&args, terminal),
        Command::Calendar(args) => calendar::run(&args, terminal),
        Command::Indicators(args) => indicators::run(&args, terminal),
        Command::Eval(args) => eval::run(&args, terminal),
    }
}
