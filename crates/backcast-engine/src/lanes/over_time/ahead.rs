//! Where a run will be some decisions later, so that prices come from memory before they are needed.

use crate::rule_strategy::{Conditions, Decision};

/// Decisions to be ahead: enough for memory to answer.
const DISTANCE: usize = 8;

/// A run that is ahead of another, supposing that orders fill or are refused as the newest one was. Where they do not, it is wrong for
/// a while, which costs time and nothing else.
#[derive(Default)]
pub(super) struct Ahead {
    /// The asset's row of the decision.
    row: usize,
    /// Sign of the position there.
    position: f64,
    /// How many decisions it is ahead.
    distance: usize,
}

impl Ahead {
    /// The row of a decision some way after that at row `at`, which is made with this position.
    #[inline]
    pub(super) fn after(
        &mut self,
        conditions: &Conditions,
        at: usize,
        position: f64,
        refused: bool,
    ) -> usize {
        if self.row <= at {
            *self = Ahead { row: at, position, distance: 0 };
        }
        // Two steps for each of the run's until it is far enough ahead.
        let steps = if self.distance < DISTANCE { 2 } else { 1 };
        for _ in 0..steps {
            self.position = match conditions.decide(self.row, self.position) {
                Some(Decision::Enter(_)) if refused => self.position,
                Some(Decision::Enter(side)) => side.sign(),
                Some(Decision::Leave(_)) => 0.0,
                None => self.position,
            };
            self.row = conditions.next_call(self.row + 1, self.position);
        }
        self.distance += steps - 1;
        self.row
    }
}
