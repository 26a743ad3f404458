//! Runs with delays, in turns.

use std::{path::Path, sync::atomic::AtomicBool};

use backcast_spans::{DELAY_VARIABLE, FILE_VARIABLE};
use serde::Serialize;

use super::{Criticality, Levels, Observation, SpanTime, fit};
use crate::{
    bench::{Progress, surroundings},
    child::{Capture, ChildError, Exit, Launcher, RunOptions, Subject},
    profile::{Builder, Profile, ProfileError, Scratch, read_spans},
    stats::StatsError,
};

/// What is kept of each end of a command's standard error, for messages.
const KEPT_OF_STDERR: usize = 4096;

/// How spans are delayed.
#[derive(Clone, Debug)]
pub struct WhatIfOptions {
    /// Names of the spans, each by itself; none twice.
    pub spans: Vec<String>,
    /// How much less each call would take: 0.2 is a fifth.
    pub speed_up: f64,
    /// Most that delays add to a thread, as a share of the wall time.
    pub longest: f64,
    /// Blocks; each runs every level of every span twice.
    pub blocks: u32,
    /// Level of the intervals.
    pub level: f64,
    /// Of what differs between blocks.
    pub seed: u64,
    /// Time limit of a run, processors.
    pub run: RunOptions,
}

/// What speeding a span up would bring.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// The span.
    pub name: String,
    /// Calls on all threads.
    pub calls: u64,
    /// What a call takes.
    pub mean_call_ns: f64,
    /// Threads on which it is open.
    pub threads: u64,
    /// Share of all thread time, which is no answer where threads run side by side.
    pub share_of_time: f64,
    /// Share of the critical path, and the gain that follows.
    pub criticality: Criticality,
    /// On one thread, the gain that its share of the time allows (Amdahl).
    pub amdahl_gain: Option<f64>,
    /// Delays of a call, in nanoseconds.
    pub delays_ns: Vec<u64>,
    /// Fresh processes.
    pub runs: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// A run could not be made.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// The command failed.
    #[error("`{name}` ended with {exit}{}{said}", if .said.is_empty() { "" } else { "; it said:\n" })]
    Failed {
        /// The command.
        name: String,
        /// How it ended.
        exit: Exit,
        /// Its last lines.
        said: String,
    },
    /// The command records no spans.
    #[error("`{name}` recorded no span")]
    NoSpans {
        /// The command.
        name: String,
    },
    /// A span that the command does not have.
    #[error("`{command}` has no span `{name}`")]
    NoSuchSpan {
        /// The command.
        command: String,
        /// What was asked for.
        name: String,
        /// What there is, slowest first.
        known: Vec<String>,
    },
    /// A clock of the machine did not run evenly.
    #[error("the clocks of this machine cannot be trusted: {reason}")]
    Clock {
        /// What was seen.
        reason: String,
    },
    /// What the command recorded cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// There is no place for what the command records.
    #[error("cannot write below {}: {source}", std::env::temp_dir().display())]
    Scratch {
        /// Why not.
        source: std::io::Error,
    },
    /// Too few runs for an interval.
    #[error(transparent)]
    Stats(#[from] StatsError),
}

/// One run of the plan: which span, at which level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    block: u32,
    span: usize,
    level: usize,
}

/// Runs the command with delays and tells what follows. The first run, without delay, tells the times of the spans.
///
/// # Errors
/// [`WhatIfError`].
pub fn run(
    launcher: &Launcher,
    subject: &Subject,
    options: &WhatIfOptions,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress),
) -> Result<Vec<WhatIf>, WhatIfError> {
    let scratch = Scratch::new().map_err(|source| WhatIfError::Scratch { source })?;
    let mut runs = Runs { launcher, subject, options, stop };
    let known = runs.record(&scratch)?;
    let spans = chosen(&known.0, subject, options)?;
    let levels: Vec<Levels> = spans
        .iter()
        .map(|span| Levels::of(span, known.1, options.speed_up, options.longest))
        .collect();
    let steps = steps(options.blocks, &levels);
    let mut observations: Vec<Vec<Observation>> = vec![Vec::new(); spans.len()];
    for (done, step) in steps.iter().enumerate() {
        watch(Progress { done, total: steps.len() });
        let levels = &levels[step.span];
        let wall_ns = runs.take(&levels.variable(step.level), step.block, None)?;
        observations[step.span].push(Observation {
            block: step.block,
            delay_ns: levels.delays_ns[step.level] as f64,
            wall_ns: wall_ns as f64,
        });
    }
    let answers = spans.iter().zip(&levels).zip(&observations);
    answers.map(|((span, levels), runs)| answer(span, levels, runs, known.2, options)).collect()
}

fn chosen(
    known: &[SpanTime],
    subject: &Subject,
    options: &WhatIfOptions,
) -> Result<Vec<SpanTime>, WhatIfError> {
    if known.is_empty() {
        return Err(WhatIfError::NoSpans { name: subject.name.clone() });
    }
    let span = |name: &String| {
        known.iter().find(|span| span.name == *name).cloned().ok_or_else(|| {
            WhatIfError::NoSuchSpan {
                command: subject.name.clone(),
                name: name.clone(),
                known: known.iter().map(|span| span.name.clone()).collect(),
            }
        })
    };
    options.spans.iter().map(span).collect()
}

/// Blocks of all levels of all spans, there and back again, so that a machine that drifts touches all levels alike.
fn steps(blocks: u32, levels: &[Levels]) -> Vec<Step> {
    let mut steps = Vec::new();
    for block in 0..blocks {
        let all = levels.iter().enumerate().flat_map(|(span, levels)| {
            (0..levels.delays_ns.len()).map(move |level| Step { block, span, level })
        });
        let there: Vec<Step> = all.collect();
        steps.extend(there.iter().copied());
        steps.extend(there.iter().rev().copied());
    }
    steps
}

fn answer(
    span: &SpanTime,
    levels: &Levels,
    runs: &[Observation],
    alone: bool,
    options: &WhatIfOptions,
) -> Result<WhatIf, WhatIfError> {
    let mean_call_ns = span.total_ns as f64 / span.calls.max(1) as f64;
    Ok(WhatIf {
        name: span.name.clone(),
        calls: span.calls,
        mean_call_ns,
        threads: span.threads,
        share_of_time: span.share,
        criticality: fit(runs, mean_call_ns, options.speed_up, options.level)?,
        amdahl_gain: alone.then_some(options.speed_up * span.share),
        delays_ns: levels.delays_ns.clone(),
        runs: runs.len(),
    })
}

struct Runs<'a> {
    launcher: &'a Launcher,
    subject: &'a Subject,
    options: &'a WhatIfOptions,
    stop: &'a AtomicBool,
}

impl Runs<'_> {
    /// A run that tells its spans: their times, the wall time, and whether it has a single thread.
    fn record(&mut self, scratch: &Scratch) -> Result<(Vec<SpanTime>, u64, bool), WhatIfError> {
        let folder = scratch.path("spans");
        std::fs::create_dir(&folder).map_err(|source| WhatIfError::Scratch { source })?;
        let wall_ns = self.take("", 0, Some(&folder.join("%p.json")))?;
        let mut builder = Builder::default();
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for file in files {
            read_spans(&file.path(), &mut builder)?;
        }
        let name = &self.subject.name;
        let profile: Profile = builder.finish(name, Vec::new(), String::new(), wall_ns);
        if let Some(reason) = profile.distrust.first() {
            return Err(WhatIfError::Clock { reason: reason.clone() });
        }
        let threads: u64 = profile.threads.iter().map(|thread| thread.count).sum();
        Ok((SpanTime::of(&profile), wall_ns, threads == 1))
    }

    /// The wall time of a fresh process with these delays.
    fn take(&mut self, delays: &str, block: u32, file: Option<&Path>) -> Result<u64, WhatIfError> {
        let around = surroundings(self.options.seed, Some(block));
        let around = around.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut subject = self.subject.clone();
        subject.env.splice(0..0, around);
        subject = subject.with_env(DELAY_VARIABLE, delays);
        if let Some(file) = file {
            subject = subject.with_env(FILE_VARIABLE, file);
        }
        let options =
            RunOptions { stderr: Capture::Ends(KEPT_OF_STDERR), ..self.options.run.clone() };
        let finished = self.launcher.run(&subject, &options, self.stop)?;
        if !finished.sample.exit.is_success() {
            return Err(WhatIfError::Failed {
                name: self.subject.name.clone(),
                exit: finished.sample.exit,
                said: finished.stderr.map(|said| said.tail(5)).unwrap_or_default(),
            });
        }
        match finished.clock_trouble {
            Some(trouble) => Err(WhatIfError::Clock { reason: trouble.to_string() }),
            None => Ok(finished.sample.wall_ns),
        }
    }
}
