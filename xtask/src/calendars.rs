//! `cargo xtask calendars`: makes the embedded calendar table anew from the Python package exchange_calendars.

use std::process::Command;

use crate::{process, python};

const TABLE: &str = "crates/backcast-calendar/src/tables.bin";
const NOTICE: &str = "crates/backcast-calendar/src/NOTICE";

/// Writes table and notice and prints which sessions changed; with `--check` only compares.
///
/// # Errors
/// Wrong arguments, no Python environment, a script that fails, or (with `--check`) a table that differs.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let check = match arguments {
        [] => false,
        [only] if only == "--check" => true,
        _ => return Err("`cargo xtask calendars` takes nothing or `--check`".to_owned()),
    };
    let mut script = Command::new(python::ensure()?);
    script.arg("xtask/python/make_calendars.py").current_dir(process::root());
    if check {
        script.args(["--check", TABLE]);
    } else {
        script.args([TABLE, NOTICE]);
    }
    process::run(&mut script)
}
