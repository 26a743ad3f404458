//! What a rule suggests.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{optimize::Change, stats::Interval};

/// A rule. Its name is what records are kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Calls with arguments that were there before.
    RepeatedCalls,
    /// The same data extracted, filtered, sorted or converted again.
    RepeatedPreparation,
    /// Memory taken and given back all the time.
    Allocations,
    /// Threads that wait for each other.
    LockWaits,
    /// Python's garbage collector.
    Collector,
    /// One function takes a large part.
    HighShare,
    /// A function is called very often.
    ManyCalls,
    /// Much memory at once.
    LargeMemory,
    /// Parameter sets run one by one where lanes could run many.
    EventEngine,
    /// Prices are read from text each time.
    TextFiles,
    /// Processors stand idle.
    FewThreads,
    /// Narrower vector instructions than the machine has.
    VectorLevel,
    /// A strategy of callbacks where rules would do.
    Callbacks,
}

impl Rule {
    /// All rules, in the order in which they look.
    pub const ALL: [Rule; 13] = [
        Rule::RepeatedCalls,
        Rule::RepeatedPreparation,
        Rule::Allocations,
        Rule::LockWaits,
        Rule::Collector,
        Rule::HighShare,
        Rule::ManyCalls,
        Rule::LargeMemory,
        Rule::EventEngine,
        Rule::TextFiles,
        Rule::FewThreads,
        Rule::VectorLevel,
        Rule::Callbacks,
    ];

    /// As it stands in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Rule::RepeatedCalls => "repeated-calls",
            Rule::RepeatedPreparation => "repeated-preparation",
            Rule::Allocations => "allocations",
            Rule::LockWaits => "lock-waits",
            Rule::Collector => "collector",
            Rule::HighShare => "high-share",
            Rule::ManyCalls => "many-calls",
            Rule::LargeMemory => "large-memory",
            Rule::EventEngine => "event-engine",
            Rule::TextFiles => "text-files",
            Rule::FewThreads => "few-threads",
            Rule::VectorLevel => "vector-level",
            Rule::Callbacks => "callbacks",
        }
    }
}

impl Rule {
    /// Whether only who has the sources of a program can follow it.
    pub(super) fn takes_sources(self) -> bool {
        matches!(self, Rule::Allocations | Rule::LockWaits | Rule::ManyCalls)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What could be faster, and what that would bring.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The rule that found it.
    pub rule: Rule,
    /// Rule and place, `high-share@average`: the same in each run of the same program.
    pub name: String,
    /// What was found, with its figures: a sentence.
    pub evidence: String,
    /// Where.
    pub place: Place,
    /// What it would bring.
    pub prediction: Prediction,
    /// What to do: a sentence.
    pub advice: String,
    /// How it can be tried.
    pub remedy: Remedy,
}

/// A place in a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Functions or spans from the outermost caller on.
    pub path: Vec<String>,
    /// Source file or object.
    pub file: Option<String>,
    /// Line of it.
    pub line: Option<u32>,
}

/// What a suggestion would bring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Share of the whole wall time that would be saved: 0.08 is eight percent.
    pub gain: Interval,
    /// Where its bounds come from.
    pub bounds: String,
}

/// How a suggestion can be tried.
#[derive(Clone, Debug, PartialEq)]
pub enum Remedy {
    /// The program has to be changed.
    ByHand,
    /// Settings of the child process alone.
    Settings(Vec<Change>),
    /// The spec's price files put into a bundle first.
    Bundle,
}

impl Remedy {
    /// Whether it can be tried without touching the program.
    pub fn is_setting(&self) -> bool {
        *self != Remedy::ByHand
    }
}

impl Place {
    /// `file.py:31`, or the innermost name where there is no file.
    pub fn short(&self) -> String {
        let file = self.file.as_deref().map(|file| file.rsplit('/').next().unwrap_or(file));
        match (file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            (Some(file), None) => file.to_owned(),
            (None, _) => self.path.last().cloned().unwrap_or_default(),
        }
    }
}
