//! The calendar crate through its public face.

mod laws;
mod questions;
mod user_rules;

// The very runner of `cargo xtask conformance calendars`, so that there is one reading of the questions.
#[path = "../../../backcast-bench/src/conformance_calendars.rs"]
mod conformance_calendars;
