//! Candidates from a file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Candidate, Candidates, Change, Phase, Tuning};

/// Why a text is no file of candidates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CandidateError {
    /// It is not TOML, or has a key that means nothing.
    #[error("{message}")]
    Malformed {
        /// What is wrong.
        message: String,
        /// Where, in bytes.
        at: Option<std::ops::Range<usize>>,
    },
    /// A candidate changes nothing.
    #[error(
        "candidate `{name}` changes nothing; it may have env, arguments, command, processors, workers or python"
    )]
    Empty {
        /// Its name.
        name: String,
    },
    /// Two candidates bear one name.
    #[error("two candidates are called `{name}`")]
    Twice {
        /// The name.
        name: String,
    },
    /// A phase has no candidate.
    #[error("no candidate belongs to phase `{name}`")]
    NoSuchPhase {
        /// Its name.
        name: String,
    },
    /// A minimum is no share.
    #[error("the minimum gain of phase `{name}` is `{found}`; write a share such as \"2%\"")]
    Minimum {
        /// The phase.
        name: String,
        /// What was found.
        found: String,
    },
    /// Something to be loaded first is no module.
    #[error("candidate `{name}` would load `{found}` first, which is no name of a module")]
    Module {
        /// Its name.
        name: String,
        /// What was found.
        found: String,
    },
    /// There is no candidate.
    #[error("there is no [[candidate]]")]
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    candidate: Vec<Entry>,
    #[serde(default)]
    phases: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    phase: Option<String>,
    caution: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    processors: Vec<usize>,
    workers: Option<u32>,
    python: Option<Tuning>,
}

impl Candidates {
    /// Reads a file of candidates.
    ///
    /// # Errors
    /// [`CandidateError`].
    ///
    /// # Examples
    /// ```
    /// # use backcast_lab::optimize::Candidates;
    /// let text = r#"
    ///     phases = { threads = "5%" }
    ///     [[candidate]]
    ///     name = "two threads"
    ///     phase = "threads"
    ///     arguments = ["--threads", "2"]
    /// "#;
    /// assert_eq!(Candidates::parse(text).unwrap().candidates[0].name, "two threads");
    /// assert!(Candidates::parse("[[candidate]]\nname = 'nothing'").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Candidates, CandidateError> {
        let file: File = toml::from_str(text).map_err(|error| CandidateError::Malformed {
            message: error.message().to_owned(),
            at: error.span(),
        })?;
        let candidates: Vec<Candidate> =
            file.candidate.into_iter().map(Entry::candidate).collect::<Result<_, _>>()?;
        if candidates.is_empty() {
            return Err(CandidateError::None);
        }
        let mut names = std::collections::BTreeSet::new();
        if let Some(twice) = candidates.iter().find(|candidate| !names.insert(&candidate.name)) {
            return Err(CandidateError::Twice { name: twice.name.clone() });
        }
        let phases = file.phases.into_iter().map(|(name, minimum)| Phase::parse(&name, &minimum));
        Candidates { candidates, phases: Vec::new() }.with_phases(phases.collect::<Result<_, _>>()?)
    }

    /// The same with minimum gains of phases, in place of those it has.
    ///
    /// # Errors
    /// [`CandidateError::NoSuchPhase`].
    pub fn with_phases(self, phases: Vec<Phase>) -> Result<Candidates, CandidateError> {
        let known =
            |name: &String| self.candidates.iter().any(|it| it.phase.as_ref() == Some(name));
        match phases.iter().find(|phase| !known(&phase.name)) {
            Some(phase) => Err(CandidateError::NoSuchPhase { name: phase.name.clone() }),
            None => Ok(Candidates { phases, ..self }),
        }
    }
}

impl Phase {
    /// A phase and its minimum gain, written as `2%`.
    ///
    /// # Errors
    /// [`CandidateError::Minimum`].
    pub fn parse(name: &str, minimum: &str) -> Result<Phase, CandidateError> {
        let wrong = || CandidateError::Minimum { name: name.to_owned(), found: minimum.to_owned() };
        let number = minimum.trim().strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = number.trim().parse().map_err(|_| wrong())?;
        if !(0.0..100.0).contains(&percent) {
            return Err(wrong());
        }
        Ok(Phase { name: name.to_owned(), minimum_gain: percent / 100.0 })
    }
}

impl Entry {
    fn candidate(self) -> Result<Candidate, CandidateError> {
        let mut changes: Vec<Change> =
            self.env.into_iter().map(|(name, value)| Change::Environment(name, value)).collect();
        if !self.command.is_empty() {
            changes.push(Change::Command(self.command));
        }
        if !self.arguments.is_empty() {
            changes.push(Change::Arguments(self.arguments));
        }
        if !self.processors.is_empty() {
            changes.push(Change::Processors(self.processors));
        }
        changes.extend(self.workers.map(Change::Workers));
        let preload = self.python.iter().flat_map(|tuning| &tuning.preload);
        if let Some(found) = preload.into_iter().find(|module| !is_module(module)) {
            return Err(CandidateError::Module { name: self.name, found: found.clone() });
        }
        changes.extend(self.python.map(Change::Python));
        if changes.is_empty() {
            return Err(CandidateError::Empty { name: self.name });
        }
        Ok(Candidate { name: self.name, phase: self.phase, caution: self.caution, changes })
    }
}

/// Names with dots between them.
fn is_module(text: &str) -> bool {
    let is_name = |part: &str| {
        let letter = |c: char| c.is_alphanumeric() || c == '_';
        !part.is_empty() && part.chars().all(letter) && !part.starts_with(|c: char| c.is_numeric())
    };
    text.split('.').all(is_name)
}
