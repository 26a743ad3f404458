//! Which sessions windows are made of.

use std::ops::Range;

use backcast_data::Market;

use crate::{
    SpecError,
    bind::Bound,
    spec::{Spec, WalkForwardSpec},
};

/// A training window and the out-of-sample window after it, as positions in the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) train: Range<usize>,
    pub(super) test: Range<usize>,
}

/// All windows whose out-of-sample part is complete.
pub(super) fn windows(plan: &WalkForwardSpec, sessions: usize) -> Vec<Window> {
    let starts = (0..).map(|i| i * plan.step);
    starts
        .map(|start| {
            let split = start + plan.train;
            let first = if plan.anchored { 0 } else { start };
            Window { train: first..split, test: split..split + plan.test }
        })
        .take_while(|window| window.test.end <= sessions)
        .collect()
}

/// Session days of all assets within the range, in order.
pub(super) fn sessions(market: &Market, bound: &Bound) -> Vec<i32> {
    let mut days = Vec::new();
    for (id, rows) in bound.assets.iter().zip(&bound.rows) {
        let own = &market.assets[id.index()].bars.day[rows.clone()];
        // Assets mostly have the same days; what is there already need not be sorted in.
        if days != own {
            days.extend_from_slice(own);
        }
    }
    // A stable sort finds the runs that are there: one for each asset.
    days.sort();
    days.dedup();
    days
}

impl Spec {
    /// There is no `[walkforward]`.
    pub(super) fn no_windows(&self) -> SpecError {
        let help = "add [walkforward] with train = 504 and test = 126, in sessions";
        self.sources.error(&self.data.source_place, "the spec has no [walkforward]", help)
    }

    /// The data is too short for one window.
    pub(super) fn too_few_sessions(&self, plan: &WalkForwardSpec, found: usize) -> SpecError {
        let message = format!(
            "one window takes {} sessions ({} to train, {} to test), and the range has {found}",
            plan.train + plan.test,
            plan.train,
            plan.test,
        );
        self.sources.error(&plan.place, message, "make windows shorter, or take a longer range")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Place;
    use backcast_metrics::Metric;

    fn plan(train: usize, test: usize, step: usize, anchored: bool) -> WalkForwardSpec {
        let place = Place { source: 0, span: 0..0 };
        WalkForwardSpec { train, test, step, anchored, metric: Metric::Sharpe, place }
    }

    #[test]
    fn rolling_windows_move_and_anchored_ones_grow() {
        let window = |train, test| Window { train, test };
        assert_eq!(
            windows(&plan(4, 2, 2, false), 9),
            [window(0..4, 4..6), window(2..6, 6..8)],
            "the ninth session is in no window"
        );
        assert_eq!(windows(&plan(4, 2, 3, true), 10), [window(0..4, 4..6), window(0..7, 7..9)]);
        assert!(windows(&plan(4, 2, 2, false), 5).is_empty());
    }
}
