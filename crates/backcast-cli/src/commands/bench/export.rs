//! Sessions to files, in the format that the ending of the name says.

use std::path::{Path, PathBuf};

use backcast_lab::bench::{
    Session,
    export::{self, Unmeasured},
};

use backcast_store::write_file;

use crate::{failure::Failure, terminal::Terminal};

type Render = fn(&[Session], &[Unmeasured]) -> String;

/// The only format that tells of what could not be measured.
const JUNIT: &str = "xml";

const FORMATS: [(&str, Render); 5] = [
    ("json", |sessions, _| export::json(sessions)),
    ("csv", |sessions, _| export::csv(sessions)),
    ("md", |sessions, _| export::markdown(sessions)),
    (JUNIT, export::junit),
    ("prom", |sessions, _| export::prometheus(sessions)),
];

fn format(path: &Path) -> Result<Render, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let found = FORMATS.iter().find(|(known, _)| *known == ending);
    found.map(|(_, render)| *render).ok_or_else(|| {
        Failure::usage(format!("the ending of {} names no format", path.display()))
            .help("possible are: .json, .csv (single runs), .md, .xml (JUnit), .prom (Prometheus)")
    })
}

/// Refuses endings before anything is measured.
pub(super) fn check(paths: &[PathBuf]) -> Result<(), Failure> {
    paths.iter().try_for_each(|path| format(path).map(drop))
}

/// Writes all files; without sessions those alone that have something to tell.
pub(super) fn write(
    paths: &[PathBuf],
    sessions: &[Session],
    unmeasured: &[Unmeasured],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let tells = |path: &&PathBuf| {
        !sessions.is_empty() || path.extension().is_some_and(|ending| ending == JUNIT)
    };
    for path in paths.iter().filter(tells) {
        write_file(path, format(path)?(sessions, unmeasured).as_bytes())?;
        terminal.say(&format!("written: {}", path.display()));
    }
    Ok(())
}
