//! All parameter sets of a spec on its data: rows in order of account and trial index, the same on any number of threads.

mod compute;
mod keep;
mod state;

use std::{
    ops::Range,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use backcast_data::Market;
use backcast_engine::{
    Manifest,
    lanes::{Isa, ParamSets},
};
use backcast_metrics::Metric;
use backcast_types::AssetId;

use crate::{
    BestSoFar, Progress, SearchError,
    bind::Bound,
    rank::Best,
    row_file::{Layout, RowFile},
    spec::{Mode, Spec},
};
use compute::Runner;
pub(crate) use compute::too_few;
use keep::Keeper;
use state::State;
pub use state::{SavedSweep, saved_sweep};

/// Sets of a chunk where lanes run them.
const LANES_CHUNK: usize = 1 << 15;

/// Sets of a chunk where the event engine runs them: a second or so.
pub(crate) const EVENT_CHUNK: usize = 1 << 10;

/// Best sets of an account that are told while a sweep runs.
const TOLD: usize = 3;

/// How a sweep is done. None of this changes its results.
#[derive(Clone, Debug)]
pub struct SweepOptions {
    /// Threads; 0 is one for each core.
    pub threads: usize,
    /// Level of vector instructions.
    pub isa: Isa,
    /// Sets of a chunk, which is what is lost at most when a sweep is killed; 0 leaves it to the program.
    pub chunk: usize,
    /// Folder of the project's state (`.backcast`); what is done is saved below it. `None` saves nothing. Nothing is saved
    /// either, with a note to [`Progress`], where it cannot be written or another process runs the same search there.
    pub home: Option<PathBuf>,
    /// Whether what was saved earlier is used again.
    pub resume: bool,
    /// Parquet file that gets all rows.
    pub out: Option<PathBuf>,
    /// Bytes of results that may be kept in memory; beyond, only the metric of the ranking is.
    pub keep_bytes: usize,
}

impl Default for SweepOptions {
    fn default() -> SweepOptions {
        SweepOptions {
            threads: 0,
            isa: Isa::detect(),
            chunk: 0,
            home: None,
            resume: false,
            out: None,
            keep_bytes: 16 << 20,
        }
    }
}

/// How a sweep ended.
#[derive(Debug)]
pub enum SweepOutcome {
    /// All sets are done.
    Finished(Box<SweepResult>),
    /// It was asked to stop.
    Stopped(Stopped),
}

/// A search that was asked to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Id to resume it by.
    pub id: String,
    /// Runs done.
    pub done: u64,
    /// Runs in all.
    pub total: u64,
    /// Runs that are saved; where there are any, it can go on by its id.
    pub kept: u64,
}

/// What a finished sweep found.
#[derive(Clone, Debug)]
pub struct SweepResult {
    /// Id of the sweep, from what decides its results.
    pub id: String,
    /// What decides its results.
    pub manifest: Manifest,
    /// The parameter sets in order of trial index.
    pub sets: ParamSets,
    /// One entry for each run of a set: an asset in mode `each`, the pool in mode `pool`.
    pub accounts: Vec<AccountRows>,
    /// Metrics that were computed.
    pub metrics: Vec<Metric>,
    /// Metrics whose values are in [`AccountRows::columns`], in this order; the metric of the ranking among them.
    pub kept: Vec<Metric>,
    /// What sets are ranked by.
    pub metric: Metric,
    /// Mean of that metric over accounts for every set, NaN where it is defined on none.
    pub means: Vec<f64>,
    /// Trial indexes of the best means, best first.
    pub best: Vec<usize>,
    /// Blake3 of all rows, 64 hex digits.
    pub digest: String,
    /// What a reader must know: fallback to the event engine, empty rows.
    pub notices: Vec<String>,
}

/// Rows of one account.
#[derive(Clone, Debug)]
pub struct AccountRows {
    /// Symbol of the asset, or `pool`.
    pub name: String,
    /// What it traded.
    pub assets: Vec<AssetId>,
    /// One column for each of [`SweepResult::kept`], with one value a set; NaN is undefined.
    pub columns: Vec<Vec<f64>>,
    /// The best sets with all their metrics, best first.
    pub best: Vec<Best>,
    /// Sets that could not trade for want of data.
    pub empty: usize,
}

impl SweepResult {
    /// The values of a metric for an account, one a set; `None` where they were not kept.
    #[must_use]
    pub fn column(&self, account: usize, metric: Metric) -> Option<&[f64]> {
        let at = self.kept.iter().position(|kept| *kept == metric)?;
        Some(&self.accounts.get(account)?.columns[at])
    }
}

/// Runs every parameter set of a spec. The mode is `each` where the spec names none.
///
/// # Errors
/// A spec that does not fit its data, among them one in which no set can ever trade; files that cannot be written.
pub fn sweep(
    spec: &Spec,
    market: &Market,
    options: &SweepOptions,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<SweepOutcome, SearchError> {
    let _span = backcast_spans::span!("search.sweep");
    let bound = spec.bind(market, Mode::Each)?;
    let accounts = bound.accounts(market);
    let sets = spec.param_sets(accounts.len())?;
    let metrics = computed_metrics(spec);
    let manifest = manifest(spec, market, &bound, &metrics);
    let layout = Layout {
        accounts: accounts.iter().map(|account| account.name.clone()).collect(),
        metrics: metrics.clone(),
        params: spec.param_names(),
        digests: spec.sweep.digests,
    };
    let runner = Runner::new(spec, market, &bound, &accounts, &sets, &layout, options);
    runner.check_can_trade()?;
    let chunk = match options.chunk {
        0 if runner.notices().is_empty() => LANES_CHUNK,
        0 => EVENT_CHUNK,
        chunk => chunk,
    };
    let (mut state, chunk) = match &options.home {
        Some(home) => {
            let state = State::open(home, spec, &manifest, chunk, options.resume, progress)?;
            let chunk = state.chunk;
            (Some(state), chunk)
        }
        None => (None, chunk),
    };
    let tasks = tasks(accounts.len(), sets.count(), chunk);
    let mut out = options.out.as_ref().map(|path| RowFile::create(path, &layout)).transpose()?;
    let mut keeper = Keeper::new(spec, &layout, &sets, options.keep_bytes);
    let total = sets.count() as u64 * accounts.len() as u64;
    let mut waves = Waves { tasks: &tasks, chunk, next: 0, done: 0 };
    progress.begin(total, 0);
    while waves.next < tasks.len() {
        if stop.load(Ordering::Relaxed) {
            let id = manifest.run_id();
            let kept = state.as_ref().map_or(0, |state| state.kept);
            return Ok(SweepOutcome::Stopped(Stopped { id, done: waves.done, total, kept }));
        }
        let done = waves.run_next(&runner, state.as_mut(), progress)?;
        progress.caches(&runner.shared().told());
        for done in done {
            if let Some(out) = &mut out {
                out.push(&sets, &done)?;
            }
            keeper.take(&done);
            progress.best(&BestSoFar {
                account: &layout.accounts[done.account],
                metric: spec.sweep.metric,
                sets: &sets,
                best: &keeper.leaders(done.account, TOLD),
            });
        }
    }
    if let Some(out) = out {
        out.finish()?;
    }
    let mut result = keeper.finish(&bound, &accounts, manifest);
    result.notices.splice(0..0, runner.notices());
    Ok(SweepOutcome::Finished(Box::new(SweepResult { sets, ..result })))
}

/// Metrics a sweep computes: those to show, and the one of the ranking.
fn computed_metrics(spec: &Spec) -> Vec<Metric> {
    let wanted = |metric: &Metric| spec.metrics.contains(metric) || *metric == spec.sweep.metric;
    Metric::ALL.into_iter().filter(wanted).collect()
}

fn manifest(spec: &Spec, market: &Market, bound: &Bound, metrics: &[Metric]) -> Manifest {
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name()).collect();
    let mut manifest = spec.manifest("sweep", market, bound);
    manifest.set("metrics", names.join(","));
    if spec.sweep.digests {
        manifest.set("digests", true);
    }
    manifest
}

/// A piece of work that is saved as one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) number: usize,
    pub(crate) account: usize,
    pub(crate) sets: Range<usize>,
}

/// Chunks in order of account and trial index.
fn tasks(accounts: usize, sets: usize, chunk: usize) -> Vec<Task> {
    let chunk = chunk.max(1);
    let of_account = sets.div_ceil(chunk);
    let task = |number: usize| {
        let (account, first) = (number / of_account, number % of_account * chunk);
        Task { number, account, sets: first..(first + chunk).min(sets) }
    };
    (0..accounts * of_account).map(task).collect()
}

/// Tasks a few at a time: as many as share their threads well and fit into memory together.
struct Waves<'a> {
    tasks: &'a [Task],
    chunk: usize,
    next: usize,
    done: u64,
}

impl Waves<'_> {
    fn run_next(
        &mut self,
        runner: &Runner,
        mut state: Option<&mut State>,
        progress: &dyn Progress,
    ) -> Result<Vec<crate::row_file::Chunk>, SearchError> {
        let first = self.next;
        let mut found = Vec::new();
        while let Some(task) = self.tasks.get(self.next)
            && runner.fits(&self.tasks[first..self.next], task, self.chunk)
        {
            let saved = state.as_mut().and_then(|state| state.load(runner.layout(), task));
            found.push(saved);
            self.next += 1;
        }
        let wave = &self.tasks[first..self.next];
        let missing: Vec<&Task> =
            wave.iter().zip(&found).filter(|(_, f)| f.is_none()).map(|(task, _)| task).collect();
        let mut computed = runner.run(&missing, progress)?.into_iter();
        let mut chunks = Vec::with_capacity(wave.len());
        for (task, found) in wave.iter().zip(found) {
            let chunk = match found {
                Some(chunk) => {
                    runner.shared().saved(task.sets.len());
                    progress.advance(task.sets.len() as u64);
                    chunk
                }
                None => {
                    runner.shared().computed(task.sets.len());
                    let chunk = computed.next().expect("one chunk came of each task");
                    if let Some(state) = &mut state {
                        state.save(runner.layout(), runner.sets(), task, &chunk, progress);
                    }
                    chunk
                }
            };
            self.done += task.sets.len() as u64;
            chunks.push(chunk);
        }
        Ok(chunks)
    }
}
