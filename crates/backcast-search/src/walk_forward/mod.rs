//! Choose on the past, trade what follows, move on: only unseen sessions count.
//!
//! Each training window chooses the set with the best mean of a metric over accounts, then the lowest trial. That set runs
//! out of sample on the sessions after it: flat at the start, with the equity of the window before, rules warmed up by the
//! rows before the window, positions sold at the window's last close and dividends that are due later paid with them. The
//! out-of-sample curves joined are the result. Training windows are plain runs: positions are marked at the last close.

mod state;
mod stitch;
mod train;
mod training;
mod windows;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use backcast_data::Market;
use backcast_engine::{Manifest, RunConfig, RunResult, Span, lanes::ParamSets};
use backcast_metrics::{Metric, Row};
use backcast_types::Day;

use crate::{
    CacheUse, Process, Progress, SearchError, Stopped, SweepOptions,
    bind::{Account, Bound},
    caches::{self, Shared},
    rank::means,
    saved::{self, SavedSpec},
    single::Single,
    spec::{Mode, Spec, WalkForwardSpec},
    warm_up::{TooSlow, check_can_trade},
};
use state::State;
pub use stitch::Stitched;
use stitch::Stitcher;
use train::Trainer;
use training::Choice;
use windows::{sessions, windows};

/// How a walk-forward test ended.
#[derive(Debug)]
pub enum WalkForwardOutcome {
    /// All windows are done.
    Finished(Box<WalkForwardResult>),
    /// It was asked to stop; `done` and `total` count training runs.
    Stopped(Stopped),
}

/// What a walk-forward test found.
#[derive(Clone, Debug)]
pub struct WalkForwardResult {
    /// Twelve hex digits of the manifest's hash.
    pub id: String,
    /// What decides the result.
    pub manifest: Manifest,
    /// The parameter sets in order of trial index.
    pub sets: ParamSets,
    /// What sets are chosen by.
    pub metric: Metric,
    /// The windows in order of time.
    pub windows: Vec<WalkWindow>,
    /// Out-of-sample curves, one for each account.
    pub accounts: Vec<Stitched>,
    /// Mean of these curves; trades and what is counted at fills are left to the accounts.
    pub mean: Stitched,
    /// Blake3 of choices and curves, 64 hex digits.
    pub digest: String,
    /// What a reader must know.
    pub notices: Vec<String>,
}

/// One window.
#[derive(Clone, Debug)]
pub struct WalkWindow {
    /// First and last session to train on.
    pub train: (Day, Day),
    /// First and last session out of sample.
    pub test: (Day, Day),
    /// Trial index of the chosen set.
    pub set: usize,
    /// Its values in the order of the parameters.
    pub values: Vec<f64>,
    /// Its mean of the metric over accounts in training; NaN where no set had one.
    pub train_score: f64,
    /// Its mean of the metric over accounts out of sample; NaN where undefined.
    pub test_score: f64,
    /// Its metrics out of sample for each account; empty where the account has no bar in the window.
    pub rows: Vec<Row>,
    /// Return of each account out of sample.
    pub returns: Vec<f64>,
    scores: Vec<f64>,
}

impl WalkWindow {
    /// Mean over accounts of the return out of sample.
    #[must_use]
    pub fn mean_return(&self) -> f64 {
        self.returns.iter().sum::<f64>() / self.returns.len() as f64
    }
}

/// Tests a spec window by window. The mode is `each` where the spec names none. Of `options`, threads, vector level, `home`
/// and `resume` are used: training is saved as it goes on, and what is saved is not repeated.
///
/// # Errors
/// A spec without `[walkforward]`, or one that does not fit its data.
pub fn walk_forward(
    spec: &Spec,
    market: &Market,
    options: &SweepOptions,
    progress: &dyn Progress,
    stop: &AtomicBool,
) -> Result<WalkForwardOutcome, SearchError> {
    let _span = backcast_spans::span!("search.walk_forward");
    let plan = spec.walk_forward.as_ref().ok_or_else(|| spec.no_windows())?;
    let bound = spec.bind(market, Mode::Each)?;
    let accounts = bound.accounts(market);
    let sessions = sessions(market, &bound);
    let windows = windows(plan, sessions.len());
    if windows.is_empty() {
        return Err(spec.too_few_sessions(plan, sessions.len()).into());
    }
    let sets = spec.param_sets(accounts.len() * windows.len())?;
    check_can_trade(spec, market, &bound, &sets, &TooSlow::of_members(&bound, &sets))?;
    let days = |range: &std::ops::Range<usize>| (sessions[range.start], sessions[range.end - 1]);
    let train: Vec<_> = windows.iter().map(|window| days(&window.train)).collect();
    let test: Vec<_> = windows.iter().map(|window| days(&window.test)).collect();
    let fallback = bound.fallback();
    let trainer = Trainer {
        spec,
        market,
        bound: &bound,
        accounts: &accounts,
        sets: &sets,
        options,
        metric: plan.metric,
        days: &train,
        fallback: fallback.is_some(),
        shared: Shared::default(),
    };
    let manifest = manifest(spec, market, &bound, plan);
    let mut state = match &options.home {
        Some(home) => Some(State::open(home, spec, &manifest, options.resume, progress)?),
        None => None,
    };
    let mut training = trainer.begin();
    if let Some(saved) = state.as_mut().and_then(|state| state.load(&training)) {
        training = saved;
    }
    let total = (sets.count() * windows.len() * accounts.len()) as u64;
    progress.begin(total, training.runs());
    trainer.train(&mut training, state.as_mut(), progress, stop)?;
    if let Some(state) = &mut state {
        state.save(&training, progress);
    }
    let done = training.runs();
    let stopped = || {
        let kept = state.as_ref().map_or(0, |state| state.kept);
        Ok(WalkForwardOutcome::Stopped(Stopped { id: manifest.run_id(), done, total, kept }))
    };
    if training.chunk().is_some() {
        return stopped();
    }
    let mut notices: Vec<_> = fallback.into_iter().collect();
    notices.iter_mut().for_each(|why| *why = format!("the event engine runs each set: {why}"));
    let left = sessions.len() - windows.last().map_or(0, |window| window.test.end);
    if left > 0 {
        notices.push(format!("the last {left} sessions are in no window"));
    }
    let test = OutOfSample {
        spec,
        market,
        bound: &bound,
        accounts: &accounts,
        plan,
        days: &test,
        in_training: trainer.shared.told(),
        progress,
    };
    let Some((windows, stitcher)) = test.run(&sets, &train, training.choices, stop)? else {
        return stopped();
    };
    let digest = digest(&windows, &stitcher);
    let (accounts, mean) = stitcher.finish(market.periods_per_year);
    Ok(WalkForwardOutcome::Finished(Box::new(WalkForwardResult {
        id: manifest.run_id(),
        manifest,
        metric: plan.metric,
        windows,
        accounts,
        mean,
        digest,
        notices,
        sets,
    })))
}

fn manifest(spec: &Spec, market: &Market, bound: &Bound, plan: &WalkForwardSpec) -> Manifest {
    let mut manifest = spec.manifest("walk_forward", market, bound);
    manifest.set("walkforward.train", plan.train);
    manifest.set("walkforward.test", plan.test);
    manifest.set("walkforward.step", plan.step);
    manifest.set("walkforward.anchored", plan.anchored);
    manifest.set("walkforward.metric", plan.metric.name());
    manifest
}

/// Layout 1, little endian: for each window the chosen trial, then for each account its equity bar by bar.
fn digest(windows: &[WalkWindow], stitcher: &Stitcher) -> String {
    let _span = backcast_spans::span!("search.digest");
    let mut hasher = blake3::Hasher::new();
    hasher.update(&1u32.to_le_bytes());
    for window in windows {
        hasher.update(&(window.set as u64).to_le_bytes());
    }
    for account in &stitcher.accounts {
        let bytes: Vec<u8> =
            account.equity.iter().flat_map(|equity| (equity + 0.0).to_le_bytes()).collect();
        hasher.update(&(account.equity.len() as u64).to_le_bytes());
        hasher.update(&bytes);
    }
    hasher.finalize().to_hex().to_string()
}

/// The chosen sets on the sessions after their training.
struct OutOfSample<'a> {
    spec: &'a Spec,
    market: &'a Market,
    bound: &'a Bound,
    accounts: &'a [Account],
    plan: &'a WalkForwardSpec,
    days: &'a [(i32, i32)],
    /// What training shared.
    in_training: Vec<CacheUse>,
    progress: &'a dyn Progress,
}

impl OutOfSample<'_> {
    fn run(
        &self,
        sets: &ParamSets,
        train: &[(i32, i32)],
        choices: Vec<Choice>,
        stop: &AtomicBool,
    ) -> Result<Option<(Vec<WalkWindow>, Stitcher)>, SearchError> {
        let _span = backcast_spans::span!("search.test");
        let names = self.accounts.iter().map(|account| account.name.clone());
        let mut stitcher = Stitcher::new(names.collect(), self.bound.config.cash);
        let mut windows = Vec::with_capacity(choices.len());
        let single = Single { spec: self.spec, market: self.market, bound: self.bound };
        let mut shared: Vec<_> =
            self.accounts.iter().map(|account| single.evaluators(account)).collect();
        for ((choice, train), days) in choices.into_iter().zip(train).zip(self.days) {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let values = sets.values(choice.set);
            let (mut rows, mut returns) = (Vec::new(), Vec::new());
            for (i, account) in self.accounts.iter().enumerate() {
                let before = stitcher.equity(i);
                let run = |span: &Span, config: &RunConfig| {
                    single.run_sharing(account, &values, span, config, &mut shared[i])
                };
                let result = self.account(account, *days, before, run)?;
                rows.push(result.as_ref().map_or(Row::EMPTY, |result| result.row));
                if let Some(result) = result {
                    stitcher.add(i, result);
                }
                returns.push(stitcher.equity(i) / before - 1.0);
            }
            let conditions = caches::conditions(shared.iter().flatten());
            self.progress.caches(&[&self.in_training[..], &[conditions]].concat());
            let scores: Vec<[f64; 1]> =
                rows.iter().map(|row| [row.values[self.plan.metric as usize]]).collect();
            let columns: Vec<&[f64]> = scores.iter().map(|score| &score[..]).collect();
            windows.push(WalkWindow {
                train: (Day(train.0), Day(train.1)),
                test: (Day(days.0), Day(days.1)),
                set: choice.set,
                values,
                train_score: choice.score,
                test_score: means(&columns)[0],
                rows,
                returns,
                scores: choice.scores,
            });
        }
        Ok(Some((windows, stitcher)))
    }

    /// One account's window; `None` where it has no bar there, or nothing left to trade with.
    fn account(
        &self,
        account: &Account,
        (from, to): (i32, i32),
        cash: f64,
        run: impl FnOnce(&Span, &RunConfig) -> Result<RunResult, SearchError>,
    ) -> Result<Option<RunResult>, SearchError> {
        let _span = backcast_spans::span!("search.test_window");
        let (from, to) = (Some(Day(from)), Some(Day(to)));
        let has_bars = |member: usize| {
            let asset = &self.market.assets[self.bound.assets[member].index()];
            !asset.bars.rows(from, to).is_empty()
        };
        if cash <= 0.0 || !account.members.clone().any(has_bars) {
            return Ok(None);
        }
        let config = RunConfig { cash, liquidate: true, ..self.bound.config };
        run(&Span::Days { from, to }, &config).map(Some)
    }
}

/// A walk-forward test that was saved earlier.
#[derive(Clone, Debug)]
pub struct SavedWalkForward {
    /// Its id.
    pub id: String,
    /// Its spec, overrides included.
    pub spec: Spec,
    /// Its digest, once it was finished.
    pub digest: Option<String>,
    /// The process that runs it right now.
    pub running: Option<Process>,
}

impl WalkForwardResult {
    /// Saves what repeats the test below `home` (`.backcast`) as `walk_forwards/ID/manifest.json`. Returns the folder.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn save(&self, spec: &Spec, home: &Path) -> Result<PathBuf, SearchError> {
        let _span = backcast_spans::span!("search.save_test");
        let folder = home.join("walk_forwards").join(&self.id);
        std::fs::create_dir_all(&folder).map_err(SearchError::io("make", &folder))?;
        let digests = vec![self.digest.clone()];
        let saved = SavedSpec::of("walk_forward", spec, &self.manifest, digests);
        saved.write(&folder.join("manifest.json"))?;
        Ok(folder)
    }
}

/// Reads what is needed to repeat a walk-forward test below `home` (`.backcast`).
///
/// # Errors
/// [`SearchError::UnknownId`] where there is none; a manifest that cannot be read.
pub fn saved_walk_forward(home: &Path, id: &str) -> Result<SavedWalkForward, SearchError> {
    let saved = saved::find(home, "walk_forward", id)?;
    let spec = saved.spec()?;
    let running = saved::running(home, "walk_forward", &saved.id);
    let digest = saved.digests.into_iter().next();
    Ok(SavedWalkForward { id: saved.id, spec, digest, running })
}
