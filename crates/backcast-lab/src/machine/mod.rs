//! The machine that figures belong to: what makes it comparable to others, what varies from hour to hour, and whether it held still.

mod class;
mod covariates;
mod reference;

use serde::{Deserialize, Serialize};

pub use class::Class;
pub use covariates::{Covariates, ProcessorTime};
pub use reference::{Drift, MOST_DRIFT, Reference};

/// A machine at the time of a measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// What it is; figures of one class can be compared.
    pub class: Class,
    /// What it was like.
    pub covariates: Covariates,
}

impl Machine {
    /// Looks at this machine on behalf of a program, which is told by name, version and what else makes its builds differ.
    pub fn look(program: &str) -> Machine {
        Machine { class: Class::look(program), covariates: Covariates::look() }
    }
}
