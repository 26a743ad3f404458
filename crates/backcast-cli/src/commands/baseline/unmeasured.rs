//! Commands that could not be measured, beside others that could.

use crate::{
    commands::bench::{Bench, Planned},
    failure::Failure,
    number,
    terminal::Terminal,
};

/// What could not be measured of so many commands.
pub(super) struct Unmeasured {
    planned: usize,
    names: Vec<String>,
    /// The failure of the only command, which is that of the whole.
    only: Option<Failure>,
}

impl Unmeasured {
    /// Nothing yet, of so many commands or sessions.
    pub(super) fn of(planned: usize) -> Unmeasured {
        Unmeasured { planned, names: Vec::new(), only: None }
    }

    /// What of a suite cannot be run at all, and the rest of it.
    pub(super) fn planned(planned: Planned, terminal: &mut Terminal) -> (Vec<Bench>, Unmeasured) {
        let Planned { benches, broken } = planned;
        let mut unmeasured = Unmeasured::of(benches.len() + broken.len());
        for (name, failure) in broken {
            unmeasured.push(&name, failure, terminal);
        }
        (benches, unmeasured)
    }

    /// One more. Why is told now, or in the end where nothing else is.
    pub(super) fn push(&mut self, name: &str, failure: Failure, terminal: &mut Terminal) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
        if self.planned > 1 {
            terminal.show(&failure.about(name));
        } else {
            self.only = Some(failure);
        }
    }

    /// Names, each once.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// What follows for all together.
    pub(super) fn verdict(self) -> Result<(), Failure> {
        if let Some(failure) = self.only {
            return Err(failure);
        }
        if self.names.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        Err(Failure::could_not_measure(format!(
            "could not measure {} of {}: {}",
            names.len(),
            number::count(self.planned, "command"),
            names.join(", ")
        )))
    }
}
