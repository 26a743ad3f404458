//! A scaling to files, in the format that the ending of the name says.

use std::path::{Path, PathBuf};

use backcast_lab::scale::{Part, Scaling, TimedRun, markdown, words};
use backcast_store::write_file;

use crate::{
    failure::Failure,
    table::{Column, Table},
    terminal::Terminal,
};

type Render = fn(&Scaling) -> String;

/// What is written where.
pub(super) type Files<'a> = Vec<(&'a Path, Render)>;

const FORMATS: [(&str, Render); 3] = [("json", json), ("csv", runs), ("md", markdown)];

/// What to write where; an ending without meaning is found before anything runs.
pub(super) fn check(paths: &[PathBuf]) -> Result<Files<'_>, Failure> {
    let format = |path: &'_ PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        FORMATS.iter().find(|(known, _)| *known == ending).map(|(_, render)| *render)
    };
    let found = paths.iter().map(|path| match format(path) {
        Some(render) => Ok((path.as_path(), render)),
        None => Err(Failure::usage(format!("{} has no known ending", path.display()))
            .help("with --scale the ending is .json (all of it), .csv (single runs) or .md")),
    });
    found.collect()
}

/// Writes all files.
pub(super) fn write(
    files: &[(&Path, Render)],
    scaling: &Scaling,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    for (path, render) in files {
        write_file(path, render(scaling).as_bytes())?;
        terminal.say(&format!("{}: written", path.display()));
    }
    Ok(())
}

/// All of it, with single runs and models.
fn json(scaling: &Scaling) -> String {
    serde_json::to_string(scaling).expect("a scaling has text keys") + "\n"
}

fn runs(scaling: &Scaling) -> String {
    single_runs(&scaling.sizes, &scaling.parts, &scaling.runs).csv()
}

/// A row for each run: sizes, wall time, own time of each part in nanoseconds.
pub(super) fn single_runs(sizes: &[String], parts: &[Part], runs: &[TimedRun]) -> Table {
    let names = sizes.iter().cloned();
    let parts = parts.iter().map(words::label);
    let columns = names.chain(["wall_ns".to_owned()]).chain(parts).map(Column::new);
    let mut table = Table::new(columns.collect());
    for run in runs {
        let numbers = run.sizes.iter().chain([&run.wall_ns]).chain(&run.parts_ns);
        table.push(numbers.map(|number| (*number as f64).into()).collect());
    }
    table
}
