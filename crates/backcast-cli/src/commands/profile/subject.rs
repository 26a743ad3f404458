//! Which command is measured.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use backcast_lab::child::Subject;

use crate::failure::Failure;

/// Any command. A relative path to a program stays one: it is looked for from here.
pub(crate) fn of_command(argv: &[OsString]) -> Result<Subject, Failure> {
    match argv.first() {
        Some(program) if !program.is_empty() => {
            let subject = Subject::new(argv.to_vec());
            let is_spec = Path::new(program).extension().is_some_and(|ending| ending == "toml");
            if is_spec && argv.len() == 1 {
                let spec = PathBuf::from(program);
                return Err(Failure::usage(format!("{} is a spec, not a command", spec.display()))
                    .help(format!("backcast profile {}", spec.display())));
            }
            Ok(subject)
        }
        _ => Err(Failure::usage("there is no command after `--`")
            .help("backcast profile -- python strategy.py")),
    }
}
