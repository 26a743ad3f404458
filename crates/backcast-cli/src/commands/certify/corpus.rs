//! What results are compared on, besides what is timed.

use std::path::{Path, PathBuf};

use backcast_lab::{
    certify::{
        MadeUp,
        equality::{Case, Oracle},
    },
    child::Subject,
};
use tempfile::TempDir;

use super::{
    Args, Compared, random_specs,
    sides::{self, On, Sides, State},
};
use crate::{failure::Failure, own_command, spec_file::Changes};

/// Where the examples lie.
const EXAMPLES: &str = "examples";
/// Random strategies that programs are compared on where nothing else is asked for.
const RANDOM: (u32, u64) = (10, 1);

/// A part of the corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CorpusItem {
    /// All specs in the folder of examples.
    Examples,
    /// Strategies made up from a seed.
    Random { count: u32, seed: u64 },
    /// A spec or a command.
    Named(String),
}

/// Cases, and the folder that made-up specs lie in as long as they are needed.
pub(super) struct Corpus {
    cases: Vec<Case>,
    made_up: MadeUpSpecs,
}

/// Specs made up from seeds, in a folder that goes when this goes.
pub(in crate::commands) struct MadeUpSpecs {
    folder: TempDir,
    recorded: Vec<MadeUp>,
}

impl CorpusItem {
    pub(super) fn parse(text: &str) -> Result<CorpusItem, String> {
        if text == EXAMPLES {
            return Ok(CorpusItem::Examples);
        }
        let Some(rest) = text.strip_prefix("random:") else {
            return Ok(CorpusItem::Named(text.into()));
        };
        let (count, seed) = rest.split_once(':').unwrap_or((rest, "1"));
        match (count.parse(), seed.parse()) {
            (Ok(count @ 1..=10_000), Ok(seed)) => Ok(CorpusItem::Random { count, seed }),
            _ => Err("such as random:100 or random:100:7, at most 10000 strategies".into()),
        }
    }
}

impl Corpus {
    /// All cases: what is timed comes first.
    pub(super) fn of(args: &Args, sides: &Sides, oracle: &Oracle) -> Result<Corpus, Failure> {
        let mut made_up = MadeUpSpecs::none()?;
        let [before, after] = sides.timed();
        let name = format!("{} and {}", before.name, after.name);
        let mut cases = vec![Case { name, before: before.clone(), after: after.clone() }];
        let by_digest = matches!(oracle, Oracle::Digest { .. });
        let of_specs = match sides {
            Sides::Subjects(_) => is_own(before),
            Sides::States { on, .. } => *on == On::Specs,
        };
        if by_digest && !of_specs {
            return Err(Failure::usage("commands have no digest; say what is to be equal").help(
                "--equal stdout, --equal files GLOB, --equal json or --equal tests COMMAND",
            ));
        }
        match sides {
            Sides::Subjects(_) if args.corpus.is_empty() => {}
            Sides::Subjects(_) => {
                return Err(Failure::usage(
                    "--corpus is for two states of the sources: rev:REV or `this`",
                )
                .help("two specs or commands are compared on what they do themselves"));
            }
            Sides::States { states, on: On::Specs, .. } => {
                if !by_digest && !matches!(oracle, Oracle::Stdout) {
                    return Err(Failure::usage(
                        "two programs are compared on specs by --equal digest or --equal stdout",
                    ));
                }
                for spec in specs(args, &mut made_up)? {
                    let here = own_command::on_spec(&spec, &Changes::default(), None)?;
                    cases.push(case_of(&here, states, On::Specs)?);
                }
            }
            Sides::States { states, on: On::Commands, .. } => {
                for item in &args.corpus {
                    let CorpusItem::Named(line) = item else {
                        return Err(Failure::usage(
                            "--corpus examples and random are specs, and --on is a command",
                        )
                        .help("name more commands: --corpus 'python3 prog.py other.csv'"));
                    };
                    cases.push(case_of(&sides::command(line, args.shell)?, states, On::Commands)?);
                }
            }
        }
        Ok(Corpus { cases, made_up })
    }

    /// What a proof compares.
    pub(super) fn compared(&self) -> Compared<'_> {
        Compared { cases: &self.cases, made_up: &self.made_up.recorded }
    }
}

impl MadeUpSpecs {
    fn none() -> Result<MadeUpSpecs, Failure> {
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::new(format!("cannot make a temporary folder: {error}")))?;
        Ok(MadeUpSpecs { folder, recorded: Vec::new() })
    }

    /// Makes up what a certificate was issued on.
    pub(in crate::commands) fn again(recorded: &[MadeUp]) -> Result<MadeUpSpecs, Failure> {
        let mut made_up = MadeUpSpecs::none()?;
        for one in recorded {
            made_up.add(one.count, one.seed)?;
        }
        let digests = |all: &[MadeUp]| all.iter().map(|one| one.digest.clone()).collect::<Vec<_>>();
        if digests(&made_up.recorded) == digests(recorded) {
            return Ok(made_up);
        }
        let message = "this version of the program makes other strategies up from the same seeds";
        Err(Failure::could_not_measure(message)
            .help("measure the certificate again with the version that issued it"))
    }

    pub(in crate::commands) fn recorded(&self) -> &[MadeUp] {
        &self.recorded
    }

    fn add(&mut self, count: u32, seed: u64) -> Result<Vec<PathBuf>, Failure> {
        let folder = self.folder.path();
        let unwritable = |error| Failure::writing(folder, &error);
        let (paths, digest) = random_specs::write(folder, count, seed).map_err(unwritable)?;
        let folder = folder.display().to_string();
        self.recorded.push(MadeUp { count, seed, folder, digest });
        Ok(paths)
    }
}

fn case_of(here: &Subject, states: &[State; 2], on: On) -> Result<Case, Failure> {
    let [before, after] = [states[0].twin(here, on)?, states[1].twin(here, on)?];
    Ok(Case { name: here.name.clone(), before, after })
}

fn is_own(subject: &Subject) -> bool {
    let own = std::env::current_exe().ok();
    own.is_some_and(|own| Path::new(&subject.argv[0]) == own)
}

fn specs(args: &Args, made_up: &mut MadeUpSpecs) -> Result<Vec<PathBuf>, Failure> {
    let usual = || {
        let examples = Path::new(EXAMPLES).is_dir().then_some(CorpusItem::Examples);
        let (count, seed) = RANDOM;
        examples.into_iter().chain([CorpusItem::Random { count, seed }]).collect()
    };
    let items = if args.corpus.is_empty() { usual() } else { args.corpus.clone() };
    let mut specs = Vec::new();
    for item in items {
        match item {
            CorpusItem::Named(path) => specs.push(path.into()),
            CorpusItem::Examples => specs.extend(examples()?),
            CorpusItem::Random { count, seed } => specs.extend(made_up.add(count, seed)?),
        }
    }
    Ok(specs)
}

/// Specs in the folder of examples, by name. A file there without rules, such as a suite, is no spec.
fn examples() -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::new(format!("cannot read the folder {EXAMPLES}: {error}"));
    let mut specs = Vec::new();
    for entry in std::fs::read_dir(EXAMPLES).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let is_toml = path.extension().is_some_and(|ending| ending == "toml");
        if is_toml && text.lines().any(|line| line.trim_start().starts_with("[rules")) {
            specs.push(path);
        }
    }
    specs.sort();
    Ok(specs)
}
