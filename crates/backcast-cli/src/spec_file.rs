//! A spec named on the command line, with what the command line changes in it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backcast_search::{Override, Spec};
use clap::Args;

use crate::failure::Failure;

/// What the command line changes in a spec.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Changes {
    /// Change the spec: params.fast=10, params.fast=2..101, params.fast=5,10,20, data.assets=AAPL,IBM, broker.cash=5e4
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// First session on which decisions are made
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last session, included
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
}

impl Changes {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.from.is_none() && self.to.is_none()
    }

    /// Whether they say which sessions count.
    pub(crate) fn has_range(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Changes as after `--set`.
    pub(crate) fn of(set: Vec<String>) -> Changes {
        Changes { set, ..Changes::default() }
    }

    /// The same with each text put through a function.
    pub(crate) fn map(&self, text: impl Fn(&str) -> String) -> Changes {
        Changes {
            set: self.set.iter().map(|one| text(one)).collect(),
            from: self.from.as_deref().map(&text),
            to: self.to.as_deref().map(&text),
        }
    }

    /// The same for the spec; later ones win.
    pub(crate) fn overrides(&self) -> Vec<Override> {
        let sets = self.set.iter().map(|text| Override::set(text));
        let from = self.from.iter().map(|day| Override::from_day(day));
        let to = self.to.iter().map(|day| Override::to_day(day));
        sets.chain(from).chain(to).collect()
    }
}

impl Changes {
    /// As words of a command line.
    pub(crate) fn words(&self) -> Vec<std::ffi::OsString> {
        let set = self.set.iter().map(|value| ("--set", value));
        let from = self.from.iter().map(|day| ("--from", day));
        let to = self.to.iter().map(|day| ("--to", day));
        let all = set.chain(from).chain(to);
        all.flat_map(|(option, value)| [option.into(), value.into()]).collect()
    }
}

impl fmt::Display for Changes {
    /// As it was typed, each with a space before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.set.iter().try_for_each(|text| write!(f, " --set {}", quoted(text)))?;
        self.from.iter().try_for_each(|day| write!(f, " --from {day}"))?;
        self.to.iter().try_for_each(|day| write!(f, " --to {day}"))
    }
}

/// In quotes where a shell would take it apart.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-=,/+:%".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Reads a spec and applies the changes.
pub(crate) fn read(path: &Path, overrides: &[Override]) -> Result<Spec, Failure> {
    let _span = backcast_spans::span!("search.read_spec_file");
    let text = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(text).map_err(|_| {
        Failure::new(format!("{} is no text", path.display()))
            .help("a spec is a TOML file, such as those in examples/")
    })?;
    Ok(Spec::parse(&text, Some(path), overrides)?)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new(format!("there is no spec {}", path.display()))
        }
        std::io::ErrorKind::IsADirectory => {
            Failure::new(format!("{} is a folder, not a spec", path.display()))
        }
        _ => Failure::new(format!("cannot read {}: {error}", path.display())),
    };
    match neighbours(path) {
        names if names.is_empty() => {
            failure.help("a spec is a TOML file, such as those in examples/")
        }
        names => failure.help(format!("there are: {}", names.join(", "))),
    }
}

/// Specs in the folder that was meant.
fn neighbours(path: &Path) -> Vec<String> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut specs: Vec<PathBuf> =
        paths.filter(|p| p.extension().is_some_and(|e| e == "toml")).take(20).collect();
    specs.sort();
    let shown = |p: &PathBuf| p.strip_prefix(".").unwrap_or(p).display().to_string();
    specs.iter().map(shown).collect()
}
