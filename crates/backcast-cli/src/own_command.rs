//! Commands of this program as children, to be measured.

use std::{ffi::OsString, fmt, path::Path};

use backcast_lab::child::Subject;
use backcast_search::Spec;
use clap::ValueEnum;

use crate::{
    failure::Failure,
    spec_file::{self, Changes},
};

/// What is done with a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One run.
    Run,
    /// All parameter sets.
    Sweep,
    /// Window by window.
    Walkforward,
}

impl Kind {
    /// A sweep where parameters have several values, else one run. A walk-forward test has to be asked for: specs with windows are
    /// swept as well.
    pub(crate) fn of(spec: &Spec) -> Kind {
        if spec.set_count() > 1.0 { Kind::Sweep } else { Kind::Run }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Run => "run",
            Kind::Sweep => "sweep",
            Kind::Walkforward => "walkforward",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// This program with these arguments.
pub(crate) fn with_arguments(arguments: Vec<OsString>) -> Result<Subject, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::could_not_measure(format!("cannot find the program itself: {error}"))
    })?;
    let shown: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let name = format!("backcast {}", shown.join(" "));
    let argv = std::iter::once(program.into_os_string()).chain(arguments);
    Ok(Subject::new(argv).named(name))
}

/// This program at work on a spec, which is checked here, so that its mistakes are shown at once.
pub(crate) fn on_spec(
    path: &Path,
    changes: &Changes,
    kind: Option<Kind>,
) -> Result<Subject, Failure> {
    let spec = spec_file::read(path, &changes.overrides())?;
    let kind = kind.unwrap_or_else(|| Kind::of(&spec));
    let mut arguments: Vec<OsString> = vec![kind.name().into(), path.into()];
    arguments.extend(changes.words());
    with_arguments(arguments)
}
