//! A sweep of one asset, ready to run: shared series made, signals laid out.

use std::{ops::Range, sync::Mutex};

use backcast_data::Market;
use backcast_metrics::{CurveTotals, MetricSet, Row, Timeline, finish};
use backcast_rules::{EvalError, Program};
use backcast_spans::lock;
use backcast_types::AssetId;

use super::{
    kernel::{BlockRanges, Course, Tape, decisions, simulate},
    operands::{OperandTable, SharedSeries},
    param_sets::ParamSets,
    signals::{Planes, Signals},
    target::Target,
    vector::{Isa, Kernel, LaneVector, dispatch},
};
use crate::{actions::Actions, config::RunConfig};

/// Groups that a worker takes at a time.
const GROUPS_AT_A_TIME: usize = 16;

/// Groups with the same values of the last parameter that follow each other.
const TILE: usize = 8;

/// Bars times sets below which starting a thread costs more than it brings: half a millisecond of work.
const SMALLEST_SHARED_WORK: f64 = 800_000.0;

/// Why lanes cannot run these rules, in words for a notice; `None` where they can.
#[must_use]
pub fn unsupported(program: &Program) -> Option<String> {
    let needs_orders = ["entry_limit", "stop_loss", "take_profit", "trailing"];
    let rules = program.rules().by_name();
    let used: Vec<_> = rules
        .iter()
        .filter(|(name, node)| node.is_some() && needs_orders.contains(name))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    (!used.is_empty()).then(|| format!("{} waits inside the bars", used.join(", ")))
}

/// One asset's sweep with everything that its sets share.
pub struct Plan<'a> {
    market: &'a Market,
    asset: AssetId,
    config: RunConfig,
    sets: &'a ParamSets,
    isa: Isa,
    signals: Signals,
    operands: OperandTable,
    actions: Actions,
    words: usize,
}

impl<'a> Plan<'a> {
    /// Makes the series for a range of sets. `program` has the parameters of `sets`, in their order.
    ///
    /// # Errors
    /// Where a parameter's value cannot be used, a period that is no whole number for instance.
    pub fn new(
        program: &'a Program,
        market: &'a Market,
        asset: AssetId,
        config: &RunConfig,
        sets: &'a ParamSets,
        range: Range<usize>,
        isa: Isa,
    ) -> Result<Plan<'a>, EvalError> {
        Plan::on_threads(1, program, market, asset, config, sets, range, isa)
    }

    /// [`Plan::new`] on several threads; the plan does not depend on their number.
    ///
    /// # Errors
    /// As [`Plan::new`].
    #[expect(clippy::too_many_arguments, reason = "those of `new`, and the threads")]
    pub fn on_threads(
        threads: usize,
        program: &'a Program,
        market: &'a Market,
        asset: AssetId,
        config: &RunConfig,
        sets: &'a ParamSets,
        range: Range<usize>,
        isa: Isa,
    ) -> Result<Plan<'a>, EvalError> {
        let _span = backcast_spans::span!("engine.plan");
        let signals = Signals::new(program);
        let wanted = &signals.operands;
        let operands =
            OperandTable::new(program, market, asset, wanted, sets, range, (isa, threads))?;
        let asset_data = &market.assets[asset.index()];
        Ok(Plan {
            market,
            asset,
            config: *config,
            sets,
            isa,
            signals,
            operands,
            actions: Actions::of(asset_data),
            words: asset_data.bars.len().div_ceil(64),
        })
    }

    /// The series that its sets share.
    #[must_use]
    pub fn series(&self) -> SharedSeries {
        self.operands.shared()
    }

    /// Metrics of the sets of a range over a window of rows, in order of trial index; `out` has the range's length. The result does not
    /// depend on the number of threads.
    ///
    /// # Panics
    /// If `out` is shorter than the range, the range leaves the plan's, or the window leaves the asset's rows.
    pub fn rows(
        &self,
        window: Range<usize>,
        range: Range<usize>,
        wanted: MetricSet,
        threads: usize,
        out: &mut [Row],
    ) {
        self.rows_in(&[window], range, wanted, threads, out);
    }

    /// [`Plan::rows`] over several windows: the row of set `s` of the range and window `w` is `out[s * windows.len() + w]`. What sets
    /// look at is made once for all windows.
    ///
    /// # Panics
    /// As [`Plan::rows`], where `out` has fewer rows than sets times windows.
    pub fn rows_in(
        &self,
        windows: &[Range<usize>],
        range: Range<usize>,
        wanted: MetricSet,
        threads: usize,
        out: &mut [Row],
    ) {
        let _span = backcast_spans::span!("engine.lanes");
        let bars = &self.market.assets[self.asset.index()].bars;
        let tape = Tape { open: &bars.open, close: &bars.close, actions: &self.actions };
        let windows: Vec<_> = windows.iter().map(|rows| self.window(rows)).collect();
        let work = Work { plan: self, tape: &tape, windows: &windows, wanted };
        let out = &mut out[..range.len() * windows.len()];
        let groups = self.groups(range, windows.len(), out);
        let bars: usize = windows.iter().map(|window| window.rows.len()).sum();
        let evaluations = groups.len() as f64 * 8.0 * bars as f64;
        if threads < 2 || evaluations < SMALLEST_SHARED_WORK {
            dispatch(self.isa, RowsKernel { work: &work, groups: &mut groups.into_iter() });
            return;
        }
        let queue = Mutex::new(groups.into_iter());
        std::thread::scope(|scope| {
            for _ in 1..threads {
                let worker = std::thread::Builder::new().name("worker".to_owned());
                // Where the system gives no more threads, those that are there do the work.
                let _ = worker.spawn_scoped(scope, || work.drain(&queue));
            }
            work.drain(&queue);
        });
    }

    fn window(&self, rows: &Range<usize>) -> Window {
        let bars = &self.market.assets[self.asset.index()].bars;
        let days = rows.clone().last().map_or(0, |last| bars.day[last] - bars.day[rows.start]);
        let time = Timeline {
            bars: rows.len() as f64,
            days: f64::from(days),
            periods_per_year: self.market.periods_per_year,
        };
        Window { rows: rows.clone(), ranges: BlockRanges::of(&bars.close[rows.clone()]), time }
    }

    /// Sets in groups of eight, those that share the series of the last parameter one after the other: these series then stay in the cache
    /// while the others pass by.
    fn groups<'o>(
        &self,
        range: Range<usize>,
        windows: usize,
        out: &'o mut [Row],
    ) -> Vec<Group<'o>> {
        let rhythm = self.sets.rhythm(8);
        let firsts = range.step_by(8);
        let outs = out.chunks_mut(8 * windows.max(1));
        let mut groups: Vec<_> =
            firsts.zip(outs).map(|(first, out)| Group { first, out }).collect();
        if rhythm > 1 {
            groups.sort_by_key(|group| {
                let at = group.first / 8;
                (at / (rhythm * TILE), at % rhythm, at)
            });
        }
        groups
    }
}

/// One stretch of bars and what all groups share on it.
struct Window {
    rows: Range<usize>,
    ranges: BlockRanges,
    time: Timeline,
}

/// Eight sets and where their rows go.
struct Group<'o> {
    first: usize,
    /// Set by set, for each set its windows.
    out: &'o mut [Row],
}

impl Group<'_> {
    /// Places of the eight sets in the product. Lanes beyond the last set repeat it and are dropped.
    fn places(&self, sets: &ParamSets, windows: usize) -> [u64; 8] {
        let last = self.out.len() / windows - 1;
        std::array::from_fn(|lane| sets.place(self.first + lane.min(last)))
    }
}

/// Windows of one plan.
struct Work<'k, 'a> {
    plan: &'k Plan<'a>,
    tape: &'k Tape<'k>,
    windows: &'k [Window],
    wanted: MetricSet,
}

impl Work<'_, '_> {
    /// One worker: takes groups until there are none.
    fn drain<'o>(&self, queue: &Mutex<std::vec::IntoIter<Group<'o>>>) {
        let _span = backcast_spans::span!("engine.lanes_work");
        loop {
            let mut queue = lock(queue).expect("no worker panics while it takes groups");
            let mine: Vec<_> = queue.by_ref().take(GROUPS_AT_A_TIME).collect();
            drop(queue);
            if mine.is_empty() {
                return;
            }
            dispatch(self.plan.isa, RowsKernel { work: self, groups: &mut mine.into_iter() });
        }
    }
}

/// Groups one after the other.
struct RowsKernel<'k, 'a, 'o> {
    work: &'k Work<'k, 'a>,
    groups: &'k mut std::vec::IntoIter<Group<'o>>,
}

impl Kernel for RowsKernel<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: LaneVector>(self) {
        match (self.work.plan.signals.short(), self.work.wanted.needs_path()) {
            (false, false) => self.groups::<V, false, false>(),
            (false, true) => self.groups::<V, false, true>(),
            (true, false) => self.groups::<V, true, false>(),
            (true, true) => self.groups::<V, true, true>(),
        }
    }
}

impl RowsKernel<'_, '_, '_> {
    #[inline(always)]
    fn groups<V: LaneVector, const SHORT: bool, const PATH: bool>(self) {
        let Work { plan, tape, windows, wanted } = self.work;
        let tallied = wanted.needs_tally();
        let (mut planes, mut target) = (Planes::default(), Target::default());
        for group in self.groups {
            let operands = plan.operands.group(&group.places(plan.sets, windows.len()));
            planes.make::<V>(&plan.signals, plan.words, &operands);
            for (at, Window { rows, ranges, time }) in windows.iter().enumerate() {
                if rows.is_empty() {
                    let of_window = group.out.iter_mut().skip(at).step_by(windows.len());
                    of_window.for_each(|row| *row = Row::EMPTY);
                    continue;
                }
                target.make(&plan.signals, &planes, plan.words, &decisions(&plan.config, rows));
                let outcome = simulate::<V, SHORT, PATH>(&Course {
                    tape,
                    ranges,
                    config: &plan.config,
                    window: rows.clone(),
                    signals: &plan.signals,
                    planes: &planes,
                    target: &target,
                    tallied,
                });
                let mut totals = [CurveTotals::default(); 8];
                outcome.curve.totals(&mut totals);
                let tallies = outcome.tally.lanes();
                let of_window = group.out.iter_mut().skip(at).step_by(windows.len());
                for ((row, totals), tally) in of_window.zip(&totals).zip(&tallies) {
                    *row = finish(totals, tally, time, plan.config.cash, *wanted);
                }
            }
        }
    }
}
