//! Which command is measured.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use backcast_lab::child::Subject;

use crate::{
    failure::Failure,
    spec_file::{self, Changes},
};

/// Which command runs a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum As {
    /// One run.
    Run,
    /// All parameter sets.
    Sweep,
    /// All windows.
    Walkforward,
}

/// The command that runs a spec; if none is wanted, a grid is swept and anything else is one run.
pub(super) fn of_spec(
    path: &Path,
    changes: &Changes,
    wanted: Option<As>,
) -> Result<Subject, Failure> {
    // What is wrong with the spec is said here, not by the child.
    let spec = spec_file::read(path, &changes.overrides())?;
    let grid = spec.set_count() > 1.0;
    let command = match wanted.unwrap_or(if grid { As::Sweep } else { As::Run }) {
        As::Run => "run",
        As::Sweep => "sweep",
        As::Walkforward => "walkforward",
    };
    let program = std::env::current_exe().map_err(|error| {
        Failure::could_not_measure(format!("cannot find this program: {error}"))
    })?;
    let mut argv: Vec<OsString> = vec![program.into(), command.into(), path.into()];
    argv.extend(changes.words());
    Ok(Subject::new(argv).named(format!("backcast {command} {}{changes}", path.display())))
}

/// Any command. A relative path to a program stays one: it is looked for from here.
pub(super) fn of_command(argv: &[OsString]) -> Result<Subject, Failure> {
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
