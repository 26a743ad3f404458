//! Lanes over time: the curve of one run with eight bars side by side.

use backcast_metrics::{CurveTotals, TimeCurve};

use super::vector::{Isa, Kernel, LaneVector, dispatch};

struct Curve<'e> {
    equity: &'e [f64],
    start: f64,
}

impl Kernel for Curve<'_> {
    type Output = CurveTotals;

    #[inline(always)]
    fn run<V: LaneVector>(self) -> CurveTotals {
        let first = self.equity.first().copied().unwrap_or(self.start);
        let mut curve = TimeCurve::<V>::new(self.start, first);
        curve.extend(self.equity);
        curve.totals()
    }
}

/// Totals of an equity curve that began with `start` in cash, shape `(n,)`; the same bits at every level.
#[must_use]
pub fn curve_totals(isa: Isa, equity: &[f64], start: f64) -> CurveTotals {
    dispatch(isa, Curve { equity, start })
}
