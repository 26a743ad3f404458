//! A sweep of one asset, ready to run: shared series made, signals laid out.

use std::ops::Range;

use backcast_data::Market;
use backcast_metrics::{CurveTotals, MetricSet, Row, Timeline, finish};
use backcast_rules::{EvalError, Program};
use backcast_types::AssetId;

use super::{
    actions::Actions,
    kernel::{BlockRanges, Tape, decisions, simulate},
    operands::OperandTable,
    param_sets::ParamSets,
    signals::{Planes, Signals},
    target::Target,
    vector::{Isa, Kernel, LaneVector, dispatch},
};
use crate::config::RunConfig;

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
        let signals = Signals::new(program);
        let operands = OperandTable::new(program, market, asset, &signals.operands, sets, range)?;
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

    /// Metrics of the sets of a range over a window of rows, in order of trial index; `out` has the range's length.
    ///
    /// # Panics
    /// If `out` is shorter than the range, the range leaves the plan's, or the window leaves the asset's rows.
    pub fn rows(
        &self,
        window: Range<usize>,
        range: Range<usize>,
        wanted: MetricSet,
        out: &mut [Row],
    ) {
        let out = &mut out[..range.len()];
        if window.is_empty() {
            out.fill(Row::EMPTY);
            return;
        }
        let bars = &self.market.assets[self.asset.index()].bars;
        let ranges = BlockRanges::of(&bars.close[window.clone()]);
        let tape = Tape { open: &bars.open, close: &bars.close, actions: &self.actions };
        dispatch(
            self.isa,
            RowsKernel { plan: self, tape: &tape, ranges: &ranges, window, range, wanted, out },
        );
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

/// A range of sets, eight at a time.
struct RowsKernel<'k, 'a> {
    plan: &'k Plan<'a>,
    tape: &'k Tape<'k>,
    ranges: &'k BlockRanges,
    window: Range<usize>,
    range: Range<usize>,
    wanted: MetricSet,
    out: &'k mut [Row],
}

impl Kernel for RowsKernel<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: LaneVector>(self) {
        match (self.plan.signals.short(), self.wanted.needs_path()) {
            (false, false) => self.groups::<V, false, false>(),
            (false, true) => self.groups::<V, false, true>(),
            (true, false) => self.groups::<V, true, false>(),
            (true, true) => self.groups::<V, true, true>(),
        }
    }
}

impl RowsKernel<'_, '_> {
    #[inline(always)]
    fn groups<V: LaneVector, const SHORT: bool, const PATH: bool>(self) {
        let plan = self.plan;
        let time = plan.timeline(&self.window);
        let decisions = decisions(&plan.config, &self.window);
        let (mut planes, mut target, mut places) =
            (Planes::default(), Target::default(), Vec::new());
        for (group, out) in self.out.chunks_mut(8).enumerate() {
            let first = self.range.start + group * 8;
            // Lanes beyond the last set repeat it and are dropped.
            let sets = std::array::from_fn(|lane| plan.sets.place(first + lane.min(out.len() - 1)));
            let operands = plan.operands.group(&sets, &mut places);
            planes.make::<V>(&plan.signals, plan.words, &operands);
            places = operands.places;
            target.make(&plan.signals, &planes, plan.words, &decisions);
            let outcome = simulate::<V, SHORT, PATH>(
                self.tape,
                self.ranges,
                &plan.config,
                self.window.clone(),
                &plan.signals,
                &planes,
                &target,
            );
            let mut totals = [CurveTotals::default(); 8];
            outcome.curve.totals(&mut totals);
            let tallies = outcome.tally.lanes();
            for (lane, row) in out.iter_mut().enumerate() {
                *row = finish(&totals[lane], &tallies[lane], &time, plan.config.cash, self.wanted);
            }
        }
    }
}
