//! What results are compared on, besides what is timed.

use std::path::{Path, PathBuf};

use backcast_lab::{
    certify::equality::{Case, Oracle},
    child::Subject,
};
use tempfile::TempDir;

use super::{Args, Sides, random_specs, sides};
use crate::{failure::Failure, spec_file::Changes};

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
    /// A spec.
    Spec(PathBuf),
}

/// Cases, and the folder that made-up specs lie in as long as they are needed.
pub(super) struct Corpus {
    pub(super) cases: Vec<Case>,
    _made_up: TempDir,
}

impl CorpusItem {
    pub(super) fn parse(text: &str) -> Result<CorpusItem, String> {
        if text == EXAMPLES {
            return Ok(CorpusItem::Examples);
        }
        let Some(rest) = text.strip_prefix("random:") else {
            return Ok(CorpusItem::Spec(text.into()));
        };
        let (count, seed) = rest.split_once(':').unwrap_or((rest, "1"));
        match (count.parse(), seed.parse()) {
            (Ok(count @ 1..=10_000), Ok(seed)) => Ok(CorpusItem::Random { count, seed }),
            _ => Err("such as random:100 or random:100:7, at most 10000 strategies".into()),
        }
    }
}

/// All cases: what is timed comes first.
pub(super) fn cases(args: &Args, sides: &Sides, oracle: &Oracle) -> Result<Corpus, Failure> {
    let made_up = tempfile::tempdir()
        .map_err(|error| Failure::new(format!("cannot make a temporary folder: {error}")))?;
    let [before, after] = sides.timed();
    let mut cases = vec![Case {
        name: format!("{} and {}", before.name, after.name),
        before: before.clone(),
        after: after.clone(),
    }];
    let Sides::Programs { programs, .. } = sides else {
        if !args.corpus.is_empty() {
            return Err(Failure::usage("--corpus is for two programs: rev:REV or `this`")
                .help("two specs or commands are compared on what they do themselves"));
        }
        if matches!(oracle, Oracle::Digest { .. }) && !is_own(before) {
            return Err(Failure::usage("commands have no digest; say what is to be equal").help(
                "--equal stdout, --equal files GLOB, --equal json or --equal tests COMMAND",
            ));
        }
        return Ok(Corpus { cases, _made_up: made_up });
    };
    if !matches!(oracle, Oracle::Digest { .. } | Oracle::Stdout) {
        return Err(Failure::usage(
            "two programs are compared by --equal digest or --equal stdout",
        ));
    }
    for spec in specs(args, made_up.path())? {
        let own = sides::on_spec(&spec, &Changes::default())?;
        let [before, after] = [programs[0].twin(&own)?, programs[1].twin(&own)?];
        cases.push(Case { name: own.name.clone(), before, after });
    }
    Ok(Corpus { cases, _made_up: made_up })
}

fn is_own(subject: &Subject) -> bool {
    let own = std::env::current_exe().ok();
    own.is_some_and(|own| Path::new(&subject.argv[0]) == own)
}

fn specs(args: &Args, made_up: &Path) -> Result<Vec<PathBuf>, Failure> {
    let usual = || {
        let examples = Path::new(EXAMPLES).is_dir().then_some(CorpusItem::Examples);
        let (count, seed) = RANDOM;
        examples.into_iter().chain([CorpusItem::Random { count, seed }]).collect()
    };
    let items = if args.corpus.is_empty() { usual() } else { args.corpus.clone() };
    let mut specs = Vec::new();
    for item in items {
        match item {
            CorpusItem::Spec(path) => specs.push(path),
            CorpusItem::Examples => specs.extend(examples()?),
            CorpusItem::Random { count, seed } => {
                let written = random_specs::write(made_up, count, seed);
                specs.extend(written.map_err(|error| Failure::writing(made_up, &error))?);
            }
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
