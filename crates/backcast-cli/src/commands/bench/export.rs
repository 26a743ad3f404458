//! Sessions to files, in the format that the ending of the name says.

use std::path::{Path, PathBuf};

use backcast_lab::bench::{Session, export};

use backcast_store::write_file;

use crate::{failure::Failure, terminal::Terminal};

type Render = fn(&[Session]) -> String;

const FORMATS: [(&str, Render); 5] = [
    ("json", export::json),
    ("csv", export::csv),
    ("md", export::markdown),
    ("xml", export::junit),
    ("prom", export::prometheus),
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

/// Writes all files.
pub(super) fn write(
    paths: &[PathBuf],
    sessions: &[Session],
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    for path in paths {
        write_file(path, format(path)?(sessions).as_bytes())?;
        terminal.say(&format!("written: {}", path.display()));
    }
    Ok(())
}
