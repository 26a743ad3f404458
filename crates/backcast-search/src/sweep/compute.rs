//! Makes the rows of chunks: in lanes, eight sets at a time, or one by one through the event engine.

use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

use backcast_data::Market;
use backcast_engine::{
    Span,
    lanes::{ParamSets, Plan},
};
use backcast_metrics::{MetricSet, Row};
use backcast_rules::EvalError;
use backcast_spans::lock;

use super::{SweepOptions, Task};
use crate::{
    Progress, SearchError,
    bind::{Account, Bound},
    caches::Shared,
    row_file::{Chunk, Layout},
    single::Single,
    spec::Spec,
    warm_up::{TooSlow, check_can_trade},
    workers,
};

/// Bytes of series that the plans of one wave may take together.
const WAVE_BYTES: usize = 16 << 20;

/// Everything that chunks are made from.
pub(super) struct Runner<'a> {
    spec: &'a Spec,
    market: &'a Market,
    bound: &'a Bound,
    accounts: &'a [Account],
    sets: &'a ParamSets,
    layout: &'a Layout,
    options: &'a SweepOptions,
    threads: usize,
    wanted: MetricSet,
    /// Why the event engine is needed, where it is.
    fallback: Option<String>,
    too_slow: Vec<TooSlow<'a>>,
    shared: Shared,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        spec: &'a Spec,
        market: &'a Market,
        bound: &'a Bound,
        accounts: &'a [Account],
        sets: &'a ParamSets,
        layout: &'a Layout,
        options: &'a SweepOptions,
    ) -> Runner<'a> {
        let bars: usize = bound.rows.iter().map(Range::len).sum();
        Runner {
            spec,
            market,
            bound,
            accounts,
            sets,
            layout,
            options,
            threads: workers::threads_for(options.threads, bars as f64 * sets.count() as f64),
            wanted: MetricSet::of(&layout.metrics),
            fallback: bound.fallback(),
            too_slow: TooSlow::of_members(bound, sets),
            shared: Shared::default(),
        }
    }

    pub(super) fn layout(&self) -> &Layout {
        self.layout
    }

    pub(super) fn sets(&self) -> &ParamSets {
        self.sets
    }

    /// What sets shared so far.
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn notices(&self) -> Vec<String> {
        self.fallback.iter().map(|why| format!("the event engine runs each set: {why}")).collect()
    }

    /// Refuses a spec in which no set can ever trade on any account.
    pub(super) fn check_can_trade(&self) -> Result<(), SearchError> {
        check_can_trade(self.spec, self.market, self.bound, self.sets, &self.too_slow)
    }

    fn symbol(&self, member: usize) -> &str {
        &self.market.assets[self.bound.assets[member].index()].symbol
    }

    /// Whether a task may join a wave: together no more than one chunk's sets, which is what a kill may cost.
    pub(super) fn fits(&self, wave: &[Task], next: &Task, chunk: usize) -> bool {
        let sets: usize = wave.iter().chain([next]).map(|task| task.sets.len()).sum();
        let bytes: usize = wave.iter().chain([next]).map(|task| self.series_bytes(task)).sum();
        wave.is_empty() || (sets <= chunk && bytes <= WAVE_BYTES)
    }

    /// About what the series of a task take: one for each value of each parameter.
    fn series_bytes(&self, task: &Task) -> usize {
        let rows = self.bound.rows[self.accounts[task.account].members.start].end;
        let values: usize = self.sets.params().iter().map(|param| param.values.len()).sum();
        rows * 8 * values.min(task.sets.len() * 2)
    }

    /// The chunks of some tasks, in their order.
    pub(super) fn run(
        &self,
        tasks: &[&Task],
        progress: &dyn Progress,
    ) -> Result<Vec<Chunk>, SearchError> {
        let _span = backcast_spans::span!("search.compute");
        let mut chunks: Vec<Chunk> = tasks.iter().map(|task| self.empty_chunk(task)).collect();
        if self.fallback.is_none() {
            self.lanes(tasks, &mut chunks, progress)?;
        }
        if self.fallback.is_some() || self.layout.digests {
            self.one_by_one(&mut chunks, progress)?;
        }
        for chunk in &mut chunks {
            self.note_empty(chunk);
        }
        Ok(chunks)
    }

    fn empty_chunk(&self, task: &Task) -> Chunk {
        Chunk {
            account: task.account,
            sets: task.sets.clone(),
            rows: vec![Row::EMPTY; task.sets.len()],
            notes: Vec::new(),
            digests: self.layout.digests.then(|| vec![String::new(); task.sets.len()]),
        }
    }

    /// Plans of all tasks first, then their sets in pieces that keep all threads busy to the end.
    fn lanes(
        &self,
        tasks: &[&Task],
        chunks: &mut [Chunk],
        progress: &dyn Progress,
    ) -> Result<(), SearchError> {
        let slots: Vec<Mutex<Option<Result<Plan, EvalError>>>> =
            tasks.iter().map(|_| Mutex::new(None)).collect();
        // Few plans share their series among the threads, many are made side by side.
        let threads_inside = if tasks.len() < self.threads { self.threads } else { 1 };
        workers::each(self.threads, slots.iter().zip(tasks).collect(), |(slot, task)| {
            let plan = self.plan(task, threads_inside);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(plan);
        });
        let plans = slots
            .into_iter()
            .map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner))
            .map(|plan| plan.expect("each job fills its slot"))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| self.spec.place_eval(&error))?;
        self.shared.holds(&plans);
        let jobs: Vec<_> = tasks.iter().zip(&plans).zip(chunks).collect();
        let run = |((task, plan), chunk): ((&&Task, &Plan), &mut Chunk), threads: usize| {
            let window = self.bound.rows[self.accounts[task.account].members.start].clone();
            plan.rows(window, task.sets.clone(), self.wanted, threads, &mut chunk.rows);
            progress.advance(task.sets.len() as u64);
            self.shared.add(plan, task.sets.len(), 1);
            progress.caches(&self.shared.told());
        };
        // Many small plans share threads best as wholes, a few large ones by their parts.
        if jobs.len() >= self.threads * 4 {
            workers::each(self.threads, jobs, |job| run(job, 1));
        } else {
            jobs.into_iter().for_each(|job| run(job, self.threads));
        }
        Ok(())
    }

    /// Each set through the event engine: its row where lanes cannot make it, its digest where that was asked for.
    fn one_by_one(&self, chunks: &mut [Chunk], progress: &dyn Progress) -> Result<(), SearchError> {
        let _span = backcast_spans::span!("search.one_by_one");
        let single = Single { spec: self.spec, market: self.market, bound: self.bound };
        let span = Span::Days { from: self.spec.data.from, to: self.spec.data.to };
        let failed = Mutex::new(None);
        let mut jobs = Vec::new();
        for chunk in chunks {
            let account = &self.accounts[chunk.account];
            if account.members.clone().all(|member| self.bound.rows[member].is_empty()) {
                continue;
            }
            let digests = chunk.digests.get_or_insert_default();
            digests.resize(chunk.rows.len(), String::new());
            let rows = chunk.rows.iter_mut().zip(digests);
            jobs.extend(
                chunk.sets.clone().zip(rows).map(|(set, (row, out))| (account, set, row, out)),
            );
        }
        workers::each(self.threads, jobs, |(account, set, row, digest)| {
            match single.run(account, &self.sets.values(set), &span, &self.bound.config) {
                Ok(result) => {
                    if self.fallback.is_some() {
                        *row = self.only_wanted(&result.row);
                        progress.advance(1);
                    }
                    if self.layout.digests {
                        *digest = result.digest().to_string();
                    }
                }
                Err(error) => {
                    let mut first = lock(&failed).unwrap_or_else(PoisonError::into_inner);
                    if first.as_ref().is_none_or(|(other, _)| set < *other) {
                        *first = Some((set, error));
                    }
                }
            }
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    fn only_wanted(&self, row: &Row) -> Row {
        let mut only = Row::EMPTY;
        for metric in &self.layout.metrics {
            only.values[*metric as usize] = row.values[*metric as usize];
        }
        only
    }

    fn plan(&self, task: &Task, threads: usize) -> Result<Plan<'_>, EvalError> {
        let member = self.accounts[task.account].members.start;
        Plan::on_threads(
            threads,
            &self.bound.programs[member],
            self.market,
            self.bound.assets[member],
            &self.bound.config,
            self.sets,
            task.sets.clone(),
            self.options.isa,
        )
    }

    /// Empties rows of sets that could not trade for want of data, and says why.
    fn note_empty(&self, chunk: &mut Chunk) {
        let _span = backcast_spans::span!("search.note_empty");
        let members = self.accounts[chunk.account].members.clone();
        if members.clone().all(|member| self.bound.rows[member].is_empty()) {
            let why = format!("{} has no bar in the range", self.accounts[chunk.account].name);
            chunk.notes = (0..chunk.rows.len()).map(|at| (at, why.clone())).collect();
            return;
        }
        if members.clone().any(|member| self.too_slow[member].none()) {
            return;
        }
        for (at, set) in chunk.sets.clone().enumerate() {
            let values = self.sets.values(set);
            let needs = members.clone().map(|m| self.too_slow[m].warm_up(&values).map(|n| (n, m)));
            // A pool is empty only where none of its assets can trade.
            if let Some(needs) = needs.collect::<Option<Vec<_>>>() {
                let (needs, member) = needs.into_iter().min().expect("an account has an asset");
                let (symbol, has) = (self.symbol(member), self.bound.rows[member].end);
                chunk.rows[at] = Row::EMPTY;
                chunk.notes.push((at, too_few(symbol, has, needs)));
            }
        }
    }
}

/// "the rules need 300 bars before they can enter, and KO has 252".
pub(crate) fn too_few(symbol: &str, has: usize, needs: usize) -> String {
    match needs {
        usize::MAX => "no rule can ever enter".to_owned(),
        needs => {
            format!("the rules need {needs} bars before they can enter, and {symbol} has {has}")
        }
    }
}

impl Spec {
    /// No set of the spec can ever trade.
    pub(crate) fn never_trades(
        &self,
        symbol: &str,
        has: usize,
        needs: Option<usize>,
    ) -> crate::SpecError {
        let why = too_few(symbol, has, needs.unwrap_or(usize::MAX));
        let slowest = self.params.iter().max_by(|a, b| {
            let greatest = |p: &crate::spec::ParamSpec| p.values.get(p.values.len() - 1);
            greatest(a).total_cmp(&greatest(b))
        });
        let first = self.rules.first().or(self.legs.first().and_then(|leg| leg.rules.first()));
        let place = slowest.map(|param| &param.place).or(first.map(|rule| &rule.place));
        let place = place.unwrap_or(&self.data.source_place);
        let message = format!("no parameter set can ever trade: {why}");
        self.sources.error(place, message, "make periods shorter, or take a longer range of data")
    }
}
