//! A sweep of one asset, ready to run: shared series made, signals laid out.

use std::{ops::Range, sync::Mutex};

use backcast_data::Market;
use backcast_metrics::{CurveTotals, MetricSet, Row, Timeline, finish};
use backcast_rules::{EvalError, Program};
use backcast_types::AssetId;

use super::{
    kernel::{BlockRanges, Tape, decisions, simulate},
    operands::OperandTable,
    param_sets::ParamSets,
    signals::{Planes, Signals, TOGETHER},
    target::Target,
    vector::{Isa, Kernel, LaneVector, dispatch},
};
use crate::{actions::Actions, config::RunConfig};

/// Groups that a worker takes at a time.
const GROUPS_AT_A_TIME: usize = 20;

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
        let operands = OperandTable::new(program, market, asset, wanted, sets, range, threads)?;
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
        let _span = backcast_spans::span!("engine.lanes");
        let out = &mut out[..range.len()];
        if window.is_empty() {
            out.fill(Row::EMPTY);
            return;
        }
        let bars = &self.market.assets[self.asset.index()].bars;
        let ranges = BlockRanges::of(&bars.close[window.clone()]);
        let tape = Tape { open: &bars.open, close: &bars.close, actions: &self.actions };
        let window = Window { plan: self, tape: &tape, ranges: &ranges, rows: window, wanted };
        let groups = self.groups(range, out);
        let work = groups.len() as f64 * 8.0 * window.rows.len() as f64;
        if threads < 2 || work < SMALLEST_SHARED_WORK {
            dispatch(self.isa, RowsKernel { window: &window, groups: &mut groups.into_iter() });
            return;
        }
        let queue = Mutex::new(groups.into_iter());
        std::thread::scope(|scope| {
            for _ in 1..threads {
                let worker = std::thread::Builder::new().name("worker".to_owned());
                // Where the system gives no more threads, those that are there do the work.
                let _ = worker.spawn_scoped(scope, || window.drain(&queue));
            }
            window.drain(&queue);
        });
    }

    /// Sets in groups of eight, those that share the series of the last parameter one after the other: these series then stay in the cache
    /// while the others pass by.
    fn groups<'o>(&self, range: Range<usize>, out: &'o mut [Row]) -> Vec<Group<'o>> {
        let rhythm = self.sets.rhythm(8);
        let firsts = range.step_by(8);
        let mut groups: Vec<_> =
            firsts.zip(out.chunks_mut(8)).map(|(first, out)| Group { first, out }).collect();
        if rhythm > 1 {
            groups.sort_by_key(|group| (group.first / 8 % rhythm, group.first));
        }
        groups
    }

    fn timeline(&self, window: &Range<usize>) -> Timeline {
        let day = &self.market.assets[self.asset.index()].bars.day;
        Timeline {
            bars: window.len() as f64,
            days: f64::from(day[window.end - 1] - day[window.start]),
            periods_per_year: self.market.periods_per_year,
        }
    }
}

/// Eight sets and where their rows go.
struct Group<'o> {
    first: usize,
    out: &'o mut [Row],
}

impl Group<'_> {
    /// Places of the eight sets in the product. Lanes beyond the last set repeat it and are dropped.
    fn places(&self, sets: &ParamSets) -> [u64; 8] {
        let last = self.out.len() - 1;
        std::array::from_fn(|lane| sets.place(self.first + lane.min(last)))
    }
}

/// One stretch of bars and what all its groups share.
struct Window<'k, 'a> {
    plan: &'k Plan<'a>,
    tape: &'k Tape<'k>,
    ranges: &'k BlockRanges,
    rows: Range<usize>,
    wanted: MetricSet,
}

impl Window<'_, '_> {
    /// One worker: takes groups until there are none.
    fn drain<'o>(&self, queue: &Mutex<std::vec::IntoIter<Group<'o>>>) {
        let _span = backcast_spans::span!("engine.lanes_work");
        loop {
            let mut queue = queue.lock().expect("no worker panics while it takes groups");
            let mine: Vec<_> = queue.by_ref().take(GROUPS_AT_A_TIME).collect();
            drop(queue);
            if mine.is_empty() {
                return;
            }
            dispatch(self.plan.isa, RowsKernel { window: self, groups: &mut mine.into_iter() });
        }
    }
}

/// Groups one after the other.
struct RowsKernel<'k, 'a, 'o> {
    window: &'k Window<'k, 'a>,
    groups: &'k mut std::vec::IntoIter<Group<'o>>,
}

impl Kernel for RowsKernel<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: LaneVector>(self) {
        match (self.window.plan.signals.short(), self.window.wanted.needs_path()) {
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
        let Window { plan, tape, ranges, rows, wanted } = self.window;
        let time = plan.timeline(rows);
        let decisions = decisions(&plan.config, rows);
        let mut planes: [Planes; TOGETHER] = Default::default();
        let mut target = Target::default();
        let mut groups = self.groups.peekable();
        while groups.peek().is_some() {
            let batch: Vec<Group> = groups.by_ref().take(TOGETHER).collect();
            let operands: Vec<_> =
                batch.iter().map(|group| plan.operands.group(&group.places(plan.sets))).collect();
            let planes = &mut planes[..batch.len()];
            Planes::make::<V>(planes, &plan.signals, plan.words, &operands);
            for (group, planes) in batch.into_iter().zip(planes) {
                target.make(&plan.signals, planes, plan.words, &decisions);
                let outcome = simulate::<V, SHORT, PATH>(
                    tape,
                    ranges,
                    &plan.config,
                    rows.clone(),
                    &plan.signals,
                    planes,
                    &target,
                );
                let mut totals = [CurveTotals::default(); 8];
                outcome.curve.totals(&mut totals);
                let tallies = outcome.tally.lanes();
                for (lane, row) in group.out.iter_mut().enumerate() {
                    *row = finish(&totals[lane], &tallies[lane], &time, plan.config.cash, *wanted);
                }
            }
        }
    }
}
