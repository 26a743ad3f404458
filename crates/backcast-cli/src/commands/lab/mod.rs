//! `backcast lab`: workloads that can be repeated by anybody, and claims about time judged by raw samples.

mod claims;
mod failures;
mod figures;
mod jobs;
mod measure;
mod print;
mod shares;
mod verify_claim;
mod work;
mod workloads;

use clap::Subcommand;

use crate::{failure::Failure, terminal::Terminal};

/// Check claims about time: workloads to repeat, shares and gains to verify
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backcast lab workloads history-moving-adjusted\n  \
    backcast lab verify-claim --span data.history --share 58.4% --tolerance 5% --workload history-moving-adjusted\n  \
    backcast lab verify-claim --faster 8% --tolerance 2% figures.json\n  \
    backcast lab claims\n\n\
    docs/claims.md says how a claim is judged.")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Workloads(workloads::Args),
    VerifyClaim(Box<verify_claim::Args>),
    Claims(claims::Args),
    /// Does one workload in this process and prints what it took
    #[command(hide = true)]
    Work(work::Args),
}

impl Args {
    /// What the live page calls it; nothing for what is itself measured.
    pub(crate) fn publishes_as(&self) -> Option<&'static str> {
        match self.what {
            What::Workloads(_) => Some("lab workloads"),
            What::VerifyClaim(_) => Some("lab verify-claim"),
            What::Claims(_) => Some("lab claims"),
            What::Work(_) => None,
        }
    }
}

/// Does what is asked for.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    match &args.what {
        What::Workloads(args) => workloads::run(args, terminal),
        What::VerifyClaim(args) => verify_claim::run(args, terminal).map_err(Failure::of_gate),
        What::Claims(args) => claims::run(args, terminal),
        What::Work(args) => work::run(args, terminal),
    }
}
