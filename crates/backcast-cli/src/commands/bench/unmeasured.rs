//! Commands that could not be measured, beside others that could.

use backcast_lab::bench::export;

use super::{Bench, Planned};
use crate::{failure::Failure, number, terminal::Terminal};

/// What could not be measured of so many commands.
pub(crate) struct Unmeasured {
    planned: usize,
    /// Each name once, with the first reason.
    all: Vec<export::Unmeasured>,
    /// The failure of the only command, which is that of the whole.
    only: Option<Failure>,
}

impl Unmeasured {
    /// Nothing yet, of so many commands or sessions.
    pub(crate) fn of(planned: usize) -> Unmeasured {
        Unmeasured { planned, all: Vec::new(), only: None }
    }

    /// What of a suite cannot be run at all, and the rest of it.
    pub(crate) fn planned(planned: Planned, terminal: &mut Terminal) -> (Vec<Bench>, Unmeasured) {
        let Planned { benches, broken } = planned;
        let mut unmeasured = Unmeasured::of(benches.len() + broken.len());
        for (name, failure) in broken {
            unmeasured.push(&name, failure, terminal);
        }
        (benches, unmeasured)
    }

    /// One more. Why is told now, or in the end where nothing else is.
    pub(crate) fn push(&mut self, name: &str, failure: Failure, terminal: &mut Terminal) {
        if !self.all.iter().any(|known| known.name == name) {
            let (name, why) = (name.to_owned(), failure.to_string());
            self.all.push(export::Unmeasured { name, why });
        }
        if self.planned > 1 {
            terminal.show(&failure.about(name));
        } else {
            self.only = Some(failure);
        }
    }

    /// All of them, each once.
    pub(crate) fn all(&self) -> &[export::Unmeasured] {
        &self.all
    }

    /// What follows for all together.
    pub(crate) fn verdict(self) -> Result<(), Failure> {
        if let Some(failure) = self.only {
            return Err(failure);
        }
        if self.all.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = self.all.iter().map(|one| format!("`{}`", one.name)).collect();
        Err(Failure::could_not_measure(format!(
            "could not measure {} of {}: {}",
            names.len(),
            number::count(self.planned, "command"),
            names.join(", ")
        )))
    }
}
