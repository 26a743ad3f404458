//! A command with the changes that have been kept so far.

use std::{ffi::OsString, fmt};

use super::{Change, Tuning};
use crate::child::Subject;

/// What stands for the number of workers in a command.
const WORKERS: &str = "{workers}";

/// A command and how it is run. Applying a change gives another state; the old one stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    template: Subject,
    /// Processors it may use; all where empty.
    pub processors: Vec<usize>,
    workers: u32,
    pub(super) tuning: Tuning,
    /// Names of the changes that were applied.
    applied: Vec<String>,
}

/// Why a change cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotApplicable {
    /// The command has no place for a number of workers.
    NoWorkers,
    /// The machine has none of the processors.
    NoProcessors,
    /// The state is as it would be with the change.
    AlreadySo,
}

impl State {
    /// A command as it is given, with one worker.
    pub fn new(subject: Subject) -> State {
        State {
            template: subject,
            processors: Vec::new(),
            workers: 1,
            tuning: Tuning::default(),
            applied: Vec::new(),
        }
    }

    /// The state with one more change; `usable` are the processors that this process may use.
    ///
    /// # Errors
    /// [`NotApplicable`].
    pub fn with(&self, changes: &[Change], usable: &[usize]) -> Result<State, NotApplicable> {
        let mut state = self.clone();
        for change in changes {
            state.apply(change, usable)?;
        }
        if state == *self { Err(NotApplicable::AlreadySo) } else { Ok(state) }
    }

    /// The same, reached by a change of this name.
    pub(super) fn by(mut self, change: &str) -> State {
        self.applied.push(change.to_owned());
        self
    }

    /// What people call it: the command, and the changes since.
    pub fn name(&self) -> String {
        match &self.applied[..] {
            [] => self.template.name.clone(),
            changes => format!("{} with {}", self.template.name, changes.join(", ")),
        }
    }

    fn apply(&mut self, change: &Change, usable: &[usize]) -> Result<(), NotApplicable> {
        match change {
            Change::Environment(name, value) => {
                let name = OsString::from(name);
                self.template.env.retain(|(other, _)| *other != name);
                self.template.env.push((name, value.into()));
            }
            Change::Arguments(words) => {
                self.template.argv.extend(words.iter().map(Into::into));
                self.template.name = format!("{} {}", self.template.name, words.join(" "));
            }
            Change::Command(words) => {
                self.template.argv = words.iter().map(Into::into).collect();
                self.template.name = words.join(" ");
            }
            Change::Processors(wanted) => {
                self.processors =
                    wanted.iter().copied().filter(|cpu| usable.contains(cpu)).collect();
                if self.processors.is_empty() {
                    return Err(NotApplicable::NoProcessors);
                }
            }
            Change::Workers(workers) => {
                if !self.has_workers() {
                    return Err(NotApplicable::NoWorkers);
                }
                self.workers = *workers;
            }
            Change::Python(tuning) => self.tuning = self.tuning.with(tuning),
        }
        Ok(())
    }

    /// What is run. Where the interpreter is tuned, `tuning` is the folder that carries the tuning.
    pub fn subject(&self, tuning: &super::TuningFolder) -> Subject {
        let fill = |word: &OsString| match word.to_str() {
            Some(word) if word.contains(WORKERS) => {
                word.replace(WORKERS, &self.workers.to_string()).into()
            }
            _ => word.clone(),
        };
        let mut subject = self.template.clone();
        subject.argv = subject.argv.iter().map(fill).collect();
        subject.env = subject.env.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
        tuning.apply(&self.tuning, &mut subject);
        subject
    }

    /// Whether it sets something that only an interpreter of Python heeds.
    pub(super) fn is_for_python(&self) -> bool {
        let heeds = |(name, _): &(OsString, OsString)| name.to_string_lossy().starts_with("PYTHON");
        self.tuning != Tuning::default() || self.template.env.iter().any(heeds)
    }

    fn has_workers(&self) -> bool {
        let values = self.template.env.iter().map(|(_, value)| value);
        let mut words = self.template.argv.iter().chain(values);
        words.any(|word| word.to_str().is_some_and(|word| word.contains(WORKERS)))
    }
}

impl fmt::Display for NotApplicable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotApplicable::NoWorkers => "the command has no {workers} in its words or environment",
            NotApplicable::NoProcessors => "the machine has none of these processors",
            NotApplicable::AlreadySo => "it changes nothing",
        })
    }
}
