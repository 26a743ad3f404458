//! Many benchmarks in one file, and which of their differences hold up together.

use std::{ops::Range, time::Duration};

use serde::Deserialize;

use super::{Session, Work};
use crate::stats::{Interval, StatsError, benjamini_hochberg, distributions::student_two_sided};

/// A file of benchmarks.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// In the order of the file.
    pub entries: Vec<Entry>,
}

/// One benchmark of a suite. What it does not say is as on the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name; no two are equal.
    pub name: String,
    /// What is measured.
    pub target: Target,
    /// What it is compared with.
    pub versus: Option<Target>,
    /// Runs that count.
    pub iterations: Option<u32>,
    /// Runs before them.
    pub warmup: Option<u32>,
    /// Limit of one run.
    pub timeout: Option<Duration>,
    /// What one run gets done.
    pub work: Option<Work>,
    /// Variables added to the environment.
    pub env: Vec<(String, String)>,
    /// Whether it runs in a temporary folder of its own, which is empty but for a state folder.
    pub scratch: bool,
    /// Whether its runs may fail.
    pub ignore_failure: bool,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A spec, with changes as after `--set`.
    Spec {
        /// The file.
        path: String,
        /// Changes.
        set: Vec<String>,
    },
    /// This program with these arguments.
    Backcast(Vec<String>),
    /// A command by its words.
    Command(Vec<String>),
    /// A line for the shell.
    Shell(String),
}

/// Why a text is no suite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SuiteError {
    /// What is wrong.
    pub message: String,
    /// Where in the text, as far as it is known.
    pub place: Option<Range<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    defaults: Defaults,
    #[serde(default)]
    bench: Vec<toml::Spanned<Bench>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    iterations: Option<u32>,
    warmup: Option<u32>,
    timeout: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bench {
    name: String,
    spec: Option<String>,
    set: Option<Vec<String>>,
    backcast: Option<Vec<String>>,
    command: Option<Vec<String>>,
    shell: Option<String>,
    vs: Option<Versus>,
    iterations: Option<u32>,
    warmup: Option<u32>,
    timeout: Option<String>,
    work: Option<f64>,
    unit: Option<String>,
    #[serde(default)]
    env: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    scratch: bool,
    #[serde(default)]
    ignore_failure: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Versus {
    spec: Option<String>,
    set: Option<Vec<String>>,
    backcast: Option<Vec<String>>,
    command: Option<Vec<String>>,
    shell: Option<String>,
}

/// Keys of a target, of which exactly one may be there; `set` beside a spec.
struct Keys {
    spec: Option<String>,
    set: Option<Vec<String>>,
    backcast: Option<Vec<String>>,
    command: Option<Vec<String>>,
    shell: Option<String>,
}

impl Suite {
    /// Reads the text of a suite.
    ///
    /// # Errors
    /// [`SuiteError`] for text that is no TOML, unknown keys, benchmarks without a target or with several, equal names.
    pub fn parse(text: &str) -> Result<Suite, SuiteError> {
        let file: File = toml::from_str(text).map_err(|error| SuiteError {
            message: error.message().to_owned(),
            place: error.span(),
        })?;
        let mut entries: Vec<Entry> = Vec::new();
        for bench in file.bench {
            let place = bench.span();
            let entry = entry(bench.into_inner(), &file.defaults);
            let entry =
                entry.map_err(|message| SuiteError { message, place: Some(place.clone()) })?;
            if entries.iter().any(|other| other.name == entry.name) {
                let message = format!("two benchmarks are called `{}`", entry.name);
                return Err(SuiteError { message, place: Some(place) });
            }
            entries.push(entry);
        }
        if entries.is_empty() {
            let message = "a suite has at least one table [[bench]]".to_owned();
            return Err(SuiteError { message, place: None });
        }
        Ok(Suite { entries })
    }
}

fn entry(bench: Bench, defaults: &Defaults) -> Result<Entry, String> {
    let name = bench.name;
    if name.trim().is_empty() {
        return Err("a benchmark has an empty name".to_owned());
    }
    let Bench { spec, set, backcast, command, shell, .. } = bench;
    let target = Keys { spec, set, backcast, command, shell }.target(&name)?;
    let versus = bench.vs.map(|Versus { spec, set, backcast, command, shell }| {
        Keys { spec, set, backcast, command, shell }.target(&format!("{name}: vs"))
    });
    let timeout = bench.timeout.or_else(|| defaults.timeout.clone());
    let timeout = timeout.map(|text| {
        duration(&text).ok_or_else(|| {
            format!("`{name}`: timeout is `{text}`, not a time such as \"500ms\" or \"60s\"")
        })
    });
    let work = match (bench.work, bench.unit) {
        (Some(amount), unit) if amount > 0.0 && amount.is_finite() => {
            Some(Work { amount, unit: unit.unwrap_or_else(|| "units".to_owned()) })
        }
        (Some(_), _) => return Err(format!("`{name}`: work is a number above zero")),
        (None, Some(_)) => return Err(format!("`{name}`: a unit takes work beside it")),
        (None, None) => None,
    };
    let iterations = bench.iterations.or(defaults.iterations);
    if iterations == Some(0) {
        return Err(format!("`{name}`: iterations is at least 1"));
    }
    let versus = versus.transpose()?;
    let specs = [Some(&target), versus.as_ref()];
    if bench.scratch && specs.iter().flatten().any(|it| matches!(it, Target::Spec { .. })) {
        return Err(format!("`{name}`: no spec lies in the empty folder that scratch asks for"));
    }
    Ok(Entry {
        target,
        versus,
        iterations,
        warmup: bench.warmup.or(defaults.warmup),
        timeout: timeout.transpose()?,
        work,
        env: bench.env.into_iter().collect(),
        scratch: bench.scratch,
        ignore_failure: bench.ignore_failure,
        name,
    })
}

impl Keys {
    fn target(self, name: &str) -> Result<Target, String> {
        let empty = |words: &[String]| words.is_empty() || words[0].is_empty();
        match self {
            Keys { set: Some(_), spec: None, .. } => {
                Err(format!("`{name}`: set changes a spec, and there is none"))
            }
            Keys { spec: Some(path), set, backcast: None, command: None, shell: None } => {
                Ok(Target::Spec { path, set: set.unwrap_or_default() })
            }
            Keys { spec: None, backcast: Some(words), command: None, shell: None, .. }
                if !empty(&words) =>
            {
                Ok(Target::Backcast(words))
            }
            Keys { spec: None, backcast: None, command: Some(words), shell: None, .. }
                if !empty(&words) =>
            {
                Ok(Target::Command(words))
            }
            Keys { spec: None, backcast: None, command: None, shell: Some(line), .. }
                if !line.trim().is_empty() =>
            {
                Ok(Target::Shell(line))
            }
            _ => Err(format!(
                "`{name}` takes one of: spec = \"FILE\", backcast = [\"WORD\", …], command = [\"WORD\", …], shell = \"LINE\""
            )),
        }
    }
}

/// A time such as `500ms`, `1.5s`, `2min` or `1h`; seconds without a unit.
///
/// # Examples
/// ```
/// # use backcast_lab::bench::duration;
/// # use std::time::Duration;
/// assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
/// assert_eq!(duration("1.5"), Some(Duration::from_millis(1500)));
/// assert_eq!(duration("0s"), None);
/// ```
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text[digits.len()..].trim() {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    } * digits.trim().parse::<f64>().ok()?;
    (seconds > 0.0 && seconds <= 1e9).then(|| Duration::from_secs_f64(seconds))
}

/// Probability of the session's ratio between equal commands, by Student's t from the end of its interval that is nearer to one, so that
/// it is below `1 - level` where the whole interval lies on one side; nothing without comparison.
pub fn probability(session: &Session) -> Option<f64> {
    let comparison = session.comparison.as_ref()?;
    let log: Interval = comparison.ratio.map(libm::log);
    let freedom = comparison.blocks as f64 - 1.0;
    let quantile = crate::stats::distributions::student_quantile(0.5 + 0.5 * log.level, freedom);
    let reach = if log.estimate > 0.0 { log.estimate - log.low } else { log.high - log.estimate };
    let error = reach / quantile;
    Some(match (log.estimate == 0.0, error == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => student_two_sided(log.estimate / error, freedom),
    })
}

/// Which sessions found a difference that holds up among all of them: at most the fraction `q` of these is false
/// ([`benjamini_hochberg`]). One answer a session; sessions without comparison found none.
///
/// # Errors
/// [`StatsError`] where a probability is none.
pub fn discoveries(sessions: &[Session], q: f64) -> Result<Vec<bool>, StatsError> {
    let probabilities: Vec<Option<f64>> = sessions.iter().map(probability).collect();
    let known: Vec<f64> = probabilities.iter().flatten().copied().collect();
    let mut adjusted = benjamini_hochberg(&known)?.into_iter();
    Ok(probabilities
        .iter()
        .map(|p| p.is_some() && adjusted.next().is_some_and(|p| p <= q))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_names_targets_of_all_kinds() {
        let text = r#"
            [defaults]
            iterations = 4
            timeout = "2m"
            [[bench]]
            name = "grid"
            spec = "examples/sma_grid.toml"
            set = ["params.fast=2..5"]
            work = 100
            unit = "runs"
            [[bench]]
            name = "ls"
            command = ["ls", "-l"]
            iterations = 7
            vs = { shell = "ls | cat" }
            env = { LANG = "C" }
            scratch = true
        "#;
        let suite = Suite::parse(text).unwrap();
        let [grid, ls] = &suite.entries[..] else { panic!("{suite:?}") };
        assert_eq!((grid.iterations, ls.iterations), (Some(4), Some(7)));
        assert_eq!(grid.timeout, Some(Duration::from_secs(120)));
        assert_eq!(grid.work.as_ref().unwrap().unit, "runs");
        assert_eq!(ls.versus, Some(Target::Shell("ls | cat".into())));
        assert_eq!(ls.env, [("LANG".to_owned(), "C".to_owned())]);
        assert_eq!((grid.scratch, ls.scratch, ls.ignore_failure), (false, true, false));
    }

    #[test]
    fn what_is_wrong_with_a_suite_is_said() {
        let problem = |text: &str| Suite::parse(text).unwrap_err().message;
        assert_eq!(problem(""), "a suite has at least one table [[bench]]");
        assert!(problem("[[bench]]\nname = 'x'").starts_with("`x` takes one of: spec"));
        let two = "[[bench]]\nname = 'x'\nshell = 'a'\ncommand = ['b']";
        assert!(problem(two).starts_with("`x` takes one of"));
        let twice = "[[bench]]\nname = 'x'\nshell = 'a'\n[[bench]]\nname = 'x'\nshell = 'b'";
        assert_eq!(problem(twice), "two benchmarks are called `x`");
        assert!(problem("[[bench]]\nname = 'x'\nshel = 'a'").contains("unknown field `shel`"));
        let timeout = "[[bench]]\nname = 'x'\nshell = 'a'\ntimeout = 'soon'";
        assert!(problem(timeout).contains("timeout is `soon`"));
        let unit = "[[bench]]\nname = 'x'\nshell = 'a'\nunit = 'bars'";
        assert_eq!(problem(unit), "`x`: a unit takes work beside it");
        let scratch = "[[bench]]\nname = 'x'\nspec = 'a.toml'\nscratch = true";
        assert!(problem(scratch).contains("no spec lies in the empty folder"));
        assert!(problem("[[bench]").contains("]"));
    }
}
