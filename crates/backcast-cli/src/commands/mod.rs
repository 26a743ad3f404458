//! One file for each command: a function from arguments to output.

pub(crate) mod advise;
pub(crate) mod baseline;
pub(crate) mod bench;
pub(crate) mod bundles;
pub(crate) mod calendar;
pub(crate) mod certify;
pub(crate) mod dashboard;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod indicators;
pub(crate) mod ingest;
pub(crate) mod lab;
pub(crate) mod optimize;
pub(crate) mod profile;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod sweep;
pub(crate) mod verify;
pub(crate) mod walkforward;

use crate::{args::Command, failure::Failure, terminal::Terminal};

impl Command {
    /// What the live page calls it; nothing for commands that answer at once.
    pub(crate) fn publishes_as(&self) -> Option<&'static str> {
        match self {
            Command::Ingest(_) => Some("ingest"),
            Command::Run(_) => Some("run"),
            Command::Sweep(_) => Some("sweep"),
            Command::Walkforward(_) => Some("walkforward"),
            Command::Report(_) => Some("report"),
            Command::Profile(_) => Some("profile"),
            Command::Bench(_) => Some("bench"),
            Command::Baseline(args) => args.publishes_as(),
            Command::Certify(_) => Some("certify"),
            Command::Verify(_) => Some("verify"),
            Command::Optimize(_) => Some("optimize"),
            Command::Advise(_) => Some("advise"),
            Command::Lab(args) => args.publishes_as(),
            _ => None,
        }
    }
}

/// Does what the command line says.
pub(crate) fn run(command: Command, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        Command::Ingest(args) => ingest::run(&args, terminal),
        Command::Bundles(args) => bundles::run(&args, terminal),
        Command::Calendar(args) => calendar::run(&args, terminal),
        Command::Indicators(args) => indicators::run(&args, terminal),
        Command::Eval(args) => eval::run(&args, terminal),
        Command::Run(args) => run::run(&args, terminal),
        Command::Sweep(args) => sweep::run(&args, terminal),
        Command::Walkforward(args) => walkforward::run(&args, terminal),
        Command::Profile(args) => profile::run(&args, terminal),
        Command::Advise(args) => advise::run(&args, terminal),
        Command::Dashboard(args) => dashboard::run(&args, terminal),
        Command::Bench(args) => bench::run(&args, terminal),
        Command::Baseline(args) => baseline::run(&args, terminal),
        Command::Certify(args) => certify::run(&args, terminal),
        Command::Verify(args) => verify::run(&args, terminal),
        Command::Optimize(args) => optimize::run(&args, terminal),
        Command::Lab(args) => lab::run(&args, terminal),
        Command::Doctor(args) => doctor::run(&args, terminal),
        Command::Report(args) => report::run(&args, terminal),
    }
}
