//! `backcast certify`: proof that a change moved no result and that it is faster.

mod corpus;
mod failures;
mod oracle;
mod print;
mod random_specs;
mod sides;

use std::{path::PathBuf, sync::atomic::AtomicBool, time::Duration};

use backcast_lab::{
    bench::{Arm, BenchError, Plan, Session, Through, measure},
    certify::{
        Certificate, CertifyError, Claim, RecordedCase, Refusal, Requirements, Side,
        equality::{Case, Evidence, Oracle, Workbench, check, check_steady},
    },
    child::{Launcher, RunOptions, Subject},
};
use backcast_store::{Home, write_file};

use self::{corpus::CorpusItem, sides::Sides};
pub(super) use self::{
    oracle::{allowance, named as oracle},
    print::{certificate as print_certificate, refused},
};
use crate::{
    failure::Failure,
    interrupt,
    measuring::share,
    output,
    own_command::Kind,
    page::{self, lab::Proven},
    quantity,
    revision::DEFAULT_BUILD,
    spec_file::Changes,
    terminal::Terminal,
};

/// Prove that a change moved no result and is faster
#[derive(Debug, clap::Args)]
#[command(
    after_help = "BEFORE and AFTER are specs (old.toml), commands ('python3 old.py'), `rev:REV` for a git revision of the \
    sources, or `this` for this program.\n\n\
    Examples:\n  \
    backcast certify 'gzip -9 -c FILE' 'gzip -1 -c FILE' --equal files '*.out'\n  \
    backcast certify rev:HEAD~1 rev:HEAD --on examples/sma_grid.toml\n  \
    backcast certify 'python3 old.py' 'python3 new.py' --equal json --tol 1e-12 --report proof.html\n  \
    backcast certify 'python3 old.py' 'python3 new.py' --equal tests 'python3 -m pytest -q'\n\n\
    Exit codes: 0 certified, 1 a result moved or the gain is not proven, 2 wrong usage, 3 could not measure."
)]
pub(crate) struct Args {
    /// The state before the change
    before: String,
    /// The state after it
    after: String,
    /// What decides whether a result moved: digest, stdout, files GLOB, json, tests COMMAND; digest if not given
    #[arg(long, num_args = 1..=2, value_names = ["ORACLE", "WHAT"])]
    equal: Vec<String>,
    /// Numbers may differ by this share of max(|a|, |b|, 1)
    #[arg(long, value_name = "T", value_parser = tolerance, conflicts_with = "ulps")]
    tol: Option<f64>,
    /// Numbers may differ by so many units in the last place
    #[arg(long, value_name = "N")]
    ulps: Option<u64>,
    /// Files of the tests, which must not change
    #[arg(long, value_name = "GLOB", default_value = "tests/**/*")]
    test_files: String,
    /// What is timed where both sides are programs: a spec
    #[arg(long, value_name = "SPEC")]
    on: Option<PathBuf>,
    /// What results are compared on besides: `examples`, `random:N`, `random:N:SEED`, specs
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
    /// How a revision is built
    #[arg(long, value_name = "COMMAND", default_value = DEFAULT_BUILD)]
    build: String,
    /// Least gain
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    effect: f64,
    /// Level of the interval
    #[arg(long, value_name = "PERCENT", default_value = "95%", value_parser = share)]
    level: f64,
    /// Runs of each side
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(8..=100_000))]
    iterations: u32,
    /// Runs of each side before them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=1000))]
    warmup: u32,
    /// Longest time of one run: 500ms, 60s, 2m
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
    timeout: Option<Duration>,
    /// Processors the commands may use: 0,1
    #[arg(long, value_name = "CPUS", value_delimiter = ',')]
    affinity: Vec<usize>,
    /// Seed of what differs between blocks of runs
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the certificate here too
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the HTML page of the comparison, certified or not
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(super) fn tolerance(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (0.0..1.0).contains(value));
    value.ok_or_else(|| "a number from 0 to 1, such as 1e-9".to_owned())
}

/// Compares, measures, and issues a certificate or says what is against it.
pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<(), Failure> {
    output::check([&args.output, &args.report])?;
    let oracle = oracle(&args.equal, allowance(args.tol, args.ulps), &args.test_files)?;
    // From here on Ctrl-C ends what runs, a build too, and all is tidied up.
    let stop = interrupt::stop_flag();
    let sides = Sides::of(args, terminal)?;
    let cases = corpus::cases(args, &sides, &oracle)?;
    let proof = Proof { oracle, requirements: requirements(args), plan: plan(args) };
    let [before, after] = sides.timed();
    let side = |name, subject| Side::of(name, subject, &args.affinity);
    let states = [side(&args.before, before)?, side(&args.after, after)?];
    let asked = proof.requirements;
    let claimed = proof.claim(states.clone(), [before, after], &cases.cases, &stop, terminal)?;
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
            (Err(_), Claimed::Moved(evidence)) => Proven::moved([early, late], &asked, evidence),
        };
        page::write(path, &page::lab::certificate(&proven), terminal)?;
    }
    verdict.map(drop).map_err(|refusals| print::refused(&refusals))
}

fn requirements(args: &Args) -> Requirements {
    let mut asked = Requirements::default();
    asked.criteria.level = args.level;
    asked.criteria.minimum_effect = args.effect;
    asked.criteria.seed = args.seed;
    asked
}

fn plan(args: &Args) -> Plan {
    let options = RunOptions {
        timeout: args.timeout,
        affinity: args.affinity.clone(),
        ..RunOptions::default()
    };
    let criteria = requirements(args).criteria;
    let (runs, warmup, seed) = (args.iterations, args.warmup, args.seed);
    Plan { runs, warmup, options, criteria, seed, ..Plan::new(crate::measuring::program()) }
}

/// What a proof takes: an oracle, conditions, a plan of runs. The optimisation loop makes many.
pub(super) struct Proof {
    pub(super) oracle: Oracle,
    pub(super) requirements: Requirements,
    pub(super) plan: Plan,
}

/// What a certificate could be issued from.
enum Claimed {
    /// Results are equal, and both sides were timed.
    Measured(Box<Claim>),
    /// A result moved, so nothing was timed.
    Moved(Evidence),
}

impl Proof {
    /// A certificate, or what is against it.
    pub(super) fn make(
        &self,
        sides: [Side; 2],
        timed: [&Subject; 2],
        cases: &[Case],
        stop: &AtomicBool,
        terminal: &mut Terminal,
    ) -> Result<Result<Certificate, Vec<Refusal>>, CertifyError> {
        Ok(match self.claim(sides, timed, cases, stop, terminal)? {
            Claimed::Measured(claim) => Certificate::issue(*claim, crate::measuring::now()),
            Claimed::Moved(evidence) => Err(moved(&evidence)),
        })
    }

    /// Asks the oracle first: what is not equal need not be timed.
    fn claim(
        &self,
        sides: [Side; 2],
        timed: [&Subject; 2],
        cases: &[Case],
        stop: &AtomicBool,
        terminal: &mut Terminal,
    ) -> Result<Claimed, CertifyError> {
        let launcher = Launcher::this_program();
        let timeout = self.plan.options.timeout;
        let workbench = Workbench { launcher: &launcher, timeout, stop };
        let evidence = check(&self.oracle, cases, &workbench)?;
        if !evidence.holds() {
            self.blame_the_change(&evidence, cases, &workbench)?;
            return Ok(Claimed::Moved(evidence));
        }
        terminal.say(&format!("{}: equal by {}", print::cases(cases.len()), self.oracle));
        let processors = [&sides[0], &sides[1]].map(|side| side.processors.clone());
        let session = self.session(timed, processors, &launcher, stop, terminal)?;
        let recorded = cases.iter().map(RecordedCase::of).collect();
        let requirements = self.requirements;
        let claim = Claim { sides, requirements, cases: recorded, evidence, session };
        Ok(Claimed::Measured(Box::new(claim)))
    }

    /// Whether a command gives one result twice.
    pub(super) fn check_steady(
        &self,
        subject: &Subject,
        stop: &AtomicBool,
    ) -> Result<(), CertifyError> {
        let launcher = Launcher::this_program();
        let timeout = self.plan.options.timeout;
        check_steady(&self.oracle, subject, &Workbench { launcher: &launcher, timeout, stop })
    }

    /// A result that is another each time has not been moved by the change. Of tests, one side alone may be at fault.
    fn blame_the_change(
        &self,
        evidence: &Evidence,
        cases: &[Case],
        workbench: &Workbench<'_>,
    ) -> Result<(), CertifyError> {
        let findings = evidence.findings.iter().zip(cases);
        let mut moved =
            findings.filter(|(finding, _)| !finding.equality.holds()).map(|(_, case)| case);
        match moved.next() {
            Some(case) if !matches!(self.oracle, Oracle::Tests { .. }) => {
                check_steady(&self.oracle, &case.before, workbench)
            }
            _ => Ok(()),
        }
    }

    fn session(
        &self,
        [before, after]: [&Subject; 2],
        [early, late]: [Vec<usize>; 2],
        launcher: &Launcher,
        stop: &AtomicBool,
        terminal: &Terminal,
    ) -> Result<Session, BenchError> {
        let mut runner = Through::new(launcher, &self.plan, stop)
            .with_processors(Arm::Base, early)
            .with_processors(Arm::Candidate, late);
        let bar = crate::measuring::RunsBar::new(&after.name, terminal);
        measure(&mut runner, Some(before), after, &self.plan, stop, &mut |it| bar.show(it))
    }
}

fn moved(evidence: &Evidence) -> Vec<Refusal> {
    let moved = evidence.findings.iter().filter(|finding| !finding.equality.holds());
    let mut refusals: Vec<Refusal> = moved.cloned().map(Refusal::ResultMoved).collect();
    if refusals.is_empty() {
        refusals.push(Refusal::NothingCompared);
    }
    refusals
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
