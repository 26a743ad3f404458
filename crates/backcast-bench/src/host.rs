//! The machine and the build that figures belong to.

use std::{fmt, fs, process::Command, thread};

use backcast_engine::lanes::Isa;
use serde::Serialize;

/// What stands above the figures.
#[derive(Debug, Serialize)]
pub(crate) struct Host {
    pub(crate) version: &'static str,
    pub(crate) commit: Option<String>,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) isa: &'static str,
    /// Runnable processes over the last minute.
    pub(crate) load: Option<f64>,
}

impl Host {
    pub(crate) fn look() -> Host {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
        let model = model.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
        Host {
            version: env!("CARGO_PKG_VERSION"),
            commit: commit(),
            cpu: model.unwrap_or("unknown processor").to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            isa: Isa::detect().name(),
            load: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()),
        }
    }

    /// Whether other work takes part of the cores.
    pub(crate) fn is_busy(&self) -> bool {
        self.load.is_some_and(|load| load > 0.3)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = self.commit.as_deref().map_or(String::new(), |c| format!(" ({c})"));
        writeln!(f, "backcast {}{commit}", self.version)?;
        let (cores, isa) = (self.cores, self.isa);
        let plural = if cores == 1 { "" } else { "s" };
        write!(f, "{}, {cores} core{plural}, {isa}", self.cpu)?;
        if let Some(load) = self.load {
            write!(f, ", load {load:.2}")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "wall times; each line: median [min-max] of runs in turns with the others of its job"
        )?;
        if self.is_busy() {
            writeln!(
                f,
                "warning: the machine is not idle; trust the ratios and the minima, not the medians"
            )?;
        }
        Ok(())
    }
}

/// Short hash of the sources, with a plus sign where files have changed since.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { hash } else { hash + "+" })
}
