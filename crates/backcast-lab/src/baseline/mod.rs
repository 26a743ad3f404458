//! Baselines: sessions kept for later, their history, and gates on it.
//!
//! | question | answer |
//! |---|---|
//! | where are sessions kept? | a [`Store`]: a file per record, named by its contents; stores of several machines merge as sets do |
//! | what does a command take over time? | a [`History`], per class of machines, with its change points |
//! | is a new session worse? | [`gate`]: passed, regressed, or not to be told |
//! | what did a change do on many machines? | [`across_machines`]: ratios, never times |
//! | and of all its measures, in a schedule? | [`check`], [`watch_round`] |
//! | who is told? | an [`Alert`] |

mod alert;
mod check;
mod error;
mod figures;
mod gate;
mod history;
mod index;
mod machines;
mod measure;
mod same;
mod store;

pub use alert::Alert;
pub use check::{CheckOptions, Checked, Round, check, has_base, watch_round};
pub use error::BaselineError;
pub use figures::{class_of, figures_of};
pub use gate::{Gate, GateOptions, Judgement, gate, gate_against};
pub use history::History;
pub use machines::{AcrossMachines, across_machines, is_of};
pub use measure::{Figure, Measure};
pub use store::{Contents, Merged, Store, Subject, Unread};
