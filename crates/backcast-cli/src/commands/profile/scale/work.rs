//! What is run at each point.

use std::ffi::OsString;

use backcast_lab::{
    bench::{Scan, Setting},
    child::Subject,
    profile::Scratch,
    scale::Grid,
};

use super::{markets::Markets, spec};
use crate::{
    commands::profile::{Args, subject},
    failure::Failure,
};

/// A command over a grid of sizes.
pub(super) struct Work {
    pub(super) grid: Grid,
    /// What people call it.
    pub(super) name: String,
    /// What was typed, as far as it is needed to begin again.
    pub(super) command: String,
    /// Markets that a spec runs on.
    pub(super) markets: Option<Markets>,
    /// What a reader has to know.
    pub(super) notices: Vec<String>,
    /// A command for each point.
    pub(super) subjects: Vec<Subject>,
}

impl Work {
    /// What the command line asks for. Nothing is made or run yet.
    pub(super) fn of(args: &Args) -> Result<Work, Failure> {
        match &args.spec {
            Some(path) => spec::work(path, args),
            None if !args.changes.is_empty() => {
                Err(Failure::usage("--set, --from and --to change a spec; there is none")
                    .help("options of the command itself stand after `--`"))
            }
            None => of_command(args),
        }
    }

    /// The command at a point; on made-up markets it runs in their folder.
    pub(super) fn subject(&self, point: usize, scratch: &Scratch) -> Subject {
        let subject = self.subjects[point].clone();
        match &self.markets {
            Some(_) => Markets::surround(subject, scratch),
            None => subject,
        }
    }
}

fn of_command(args: &Args) -> Result<Work, Failure> {
    let grid = Grid::new(&args.scale.ranges, args.scale.steps.map(usize::from))?;
    // A command without words is refused as without sizes.
    subject::of_command(&args.command)?;
    let words: Vec<String> =
        args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let scans: Vec<Scan> = grid
        .names
        .iter()
        .zip(&grid.values)
        .map(|(name, values)| {
            let values = values.iter().map(u64::to_string).collect();
            Scan { name: name.clone(), values }
        })
        .collect();
    Scan::check(&scans, &words).map_err(|error| {
        Failure::usage(error.to_string())
            .help("such as: backcast profile --scale N=1k..100k -- python3 work.py {N}")
    })?;
    let settings = Scan::settings(&scans);
    Ok(Work {
        subjects: settings.iter().map(|setting| filled(&args.command, setting)).collect(),
        name: words.join(" "),
        command: format!("backcast profile --scale {} -- {}", ranges(&grid), words.join(" ")),
        markets: None,
        notices: Vec::new(),
        grid,
    })
}

fn filled(command: &[OsString], setting: &Setting) -> Subject {
    let fill = |word: &OsString| match word.to_str() {
        Some(text) => Scan::fill(text, setting).into(),
        None => word.clone(),
    };
    Subject::new(command.iter().map(fill))
}

/// The sizes as they are typed.
pub(super) fn ranges(grid: &Grid) -> String {
    let one = |(name, values): (&String, &Vec<u64>)| {
        format!("{name}={}..{}", values[0], values[values.len() - 1])
    };
    grid.names.iter().zip(&grid.values).map(one).collect::<Vec<_>>().join(",")
}
