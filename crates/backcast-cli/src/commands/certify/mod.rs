//! `backcast certify`: proof that a change moved no result and that it is faster.

mod asked;
mod corpus;
mod failures;
mod oracle;
mod print;
mod proof;
mod random_specs;
mod sides;

use std::path::PathBuf;

use backcast_lab::{bench::Plan, certify::Certificate};
use backcast_store::{Home, write_file};

pub(super) use self::{
    asked::{Asked, tolerance, watched},
    corpus::MadeUpSpecs,
    oracle::{allowance, named as oracle},
    print::{certificate as print_certificate, refused},
    proof::{Compared, Proof},
};
use self::{
    corpus::{Corpus, CorpusItem},
    proof::{Claimed, moved},
    sides::Sides,
};
use crate::{
    failure::Failure,
    interrupt, output,
    own_command::Kind,
    page::{self, lab::Proven},
    processors::Processors,
    spec_file::Changes,
    terminal::Terminal,
};

/// Prove that a change moved no result and is faster
#[derive(Debug, clap::Args)]
#[command(
    after_help = "BEFORE and AFTER are specs (old.toml), commands ('python3 old.py'), `rev:REV` for a git revision of the \
    sources, or `this` for what is here: this program on a spec, the folder as it is for a command.\n\n\
    Examples:\n  \
    backcast certify 'gzip -9 -c FILE' 'gzip -1 -c FILE' --equal files '*.out'\n  \
    backcast certify rev:HEAD~1 rev:HEAD --on examples/sma_grid.toml\n  \
    backcast certify 'python3 old.py' 'python3 new.py' --equal json --tol 1e-12 --report proof.html\n  \
    backcast certify rev:HEAD this --on 'python3 prog.py' --equal tests 'python3 -m pytest -q'\n\n\
    Exit codes: 0 certified, 1 a result moved or the gain is not proven, 2 wrong usage, 3 could not measure."
)]
pub(crate) struct Args {
    /// The state before the change
    before: String,
    /// The state after it
    after: String,
    #[command(flatten)]
    asked: Asked,
    /// What is timed where both sides are revisions or `this`: a spec, or a command that runs in the folder of each revision
    #[arg(long, value_name = "SPEC|COMMAND")]
    on: Option<String>,
    /// What results are compared on besides: `examples`, `random:N`, `random:N:SEED`, specs; more commands where --on is one
    #[arg(long, value_name = "WHAT", value_parser = CorpusItem::parse)]
    corpus: Vec<CorpusItem>,
    #[command(flatten)]
    changes: Changes,
    /// What is done with specs; if not given, walkforward where a spec has windows, sweep where it has a grid, else run
    #[arg(long = "as", value_enum, value_name = "WHAT")]
    kind: Option<Kind>,
    /// Commands are lines for the shell
    #[arg(long)]
    shell: bool,
    /// How a revision is built; `cargo build --release` for packages of Rust if not given, '' for not at all
    #[arg(long, value_name = "COMMAND")]
    build: Option<String>,
    /// Runs of each side before those that count
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=1000))]
    warmup: u32,
    /// Processors the commands may use: 0,2 or 0-3
    #[arg(long, value_name = "CPUS")]
    affinity: Option<Processors>,
    /// Write the certificate here too
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the HTML page of the comparison, certified or not
    #[arg(long, value_name = "FILE", value_parser = output::page())]
    report: Option<PathBuf>,
}

/// Compares, measures, and issues a certificate or says what is against it.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    prove(args, terminal).map_err(Failure::of_gate)
}

fn prove(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    output::check([&args.output, &args.report])?;
    let oracle = args.asked.oracle()?;
    // From here on Ctrl-C ends what runs, a build too, and all is tidied up.
    let stop = interrupt::stop_flag();
    let sides = Sides::of(args, terminal)?;
    let corpus = Corpus::of(args, &sides, &oracle)?;
    let proof = Proof { oracle, requirements: args.asked.requirements(), plan: plan(args) };
    let states = sides.recorded(args)?;
    let compared = corpus.compared();
    let claimed = proof.claim(states.clone(), sides.timed(), compared, &stop, terminal)?;
    let verdict = match &claimed {
        Claimed::Measured(claim) => Certificate::issue((**claim).clone(), crate::measuring::now()),
        Claimed::Moved(evidence) => Err(moved(evidence)),
    };
    if let Ok(certificate) = &verdict {
        print::certificate(certificate, terminal)?;
        keep(certificate, args.output.as_deref(), terminal)?;
    }
    if let Some(path) = &args.report {
        let [early, late] = &states;
        let proven = match (&verdict, &claimed) {
            (Ok(certificate), _) => Proven::by(certificate),
            (Err(_), Claimed::Measured(claim)) => Proven::claimed(claim),
            (Err(_), Claimed::Moved(evidence)) => {
                Proven::moved([early, late], &proof.requirements, evidence)
            }
        };
        page::write(path, &page::lab::certificate(&proven), terminal)?;
    }
    verdict.map(drop).map_err(|refusals| print::refused(&refusals))
}

fn plan(args: &Args) -> Plan {
    let mut plan = Plan { warmup: args.warmup, ..args.asked.plan() };
    plan.options.affinity = Processors::listed(args.affinity.as_ref()).to_vec();
    plan
}

/// Keeps a certificate in the project, and where it is wanted besides.
pub(super) fn keep(
    certificate: &Certificate,
    output: Option<&std::path::Path>,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let folder = Home::find()?.path().join("certificates");
    let kept = folder.join(format!("{}.json", &certificate.id[..12]));
    let text = certificate.to_json() + "\n";
    for path in std::iter::once(kept.as_path()).chain(output) {
        write_file(path, text.as_bytes())?;
        terminal.say(&format!("written: {}", path.display()));
    }
    terminal.say(&format!("`backcast verify {}` computes all of it again", kept.display()));
    Ok(())
}
