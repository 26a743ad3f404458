//! The conditions of one asset as bitmaps, and what they ask for.

use std::{ops::Range, sync::Arc};

use backcast_rules::{Bits, EvalError, Evaluator, NodeId, Program};
use backcast_types::Side;

use crate::lanes::latch;

/// What rules ask for at a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Open a position, or turn the one there is.
    Enter(Side),
    /// Close the position.
    Leave(Side),
}

/// How much a run will write down if every order fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) orders: usize,
    pub(crate) trades: usize,
}

/// A condition at every row, shared with the evaluator; without a rule it holds nowhere.
struct Condition(Option<Arc<Bits>>);

impl Condition {
    #[inline]
    fn word(&self, at: usize) -> u64 {
        self.0.as_ref().map_or(0, |bits| bits.value[at])
    }

    #[inline]
    fn holds(&self, row: usize) -> bool {
        self.0.as_ref().is_some_and(|bits| bits.is_true(row))
    }
}

/// The four conditions of an asset.
pub(crate) struct Conditions {
    enter_long: Condition,
    exit_long: Condition,
    enter_short: Condition,
    exit_short: Condition,
    /// Rows at which there is something to decide while flat, long, short: bit `row % 64` of word `row / 64`.
    calls: [Vec<u64>; 3],
}

impl Conditions {
    /// The conditions of a program, with these values of its parameters.
    ///
    /// # Errors
    /// Parameters that do not fit, assets or columns that the market does not have.
    pub(crate) fn new(
        program: &Program,
        params: &[f64],
        evaluator: &mut Evaluator<'_>,
    ) -> Result<Conditions, EvalError> {
        program.check(params)?;
        let rules = program.rules();
        let words = evaluator.rows().div_ceil(64);
        let mut condition = |node: Option<NodeId>| {
            node.map(|node| evaluator.bools(node, params)).transpose().map(Condition)
        };
        let mut conditions = Conditions {
            enter_long: condition(rules.enter_long)?,
            exit_long: condition(rules.exit_long)?,
            enter_short: condition(rules.enter_short)?,
            exit_short: condition(rules.exit_short)?,
            calls: Default::default(),
        };
        conditions.calls = conditions.calls(words, rules.entry_limit.is_some());
        Ok(conditions)
    }

    /// What each state has to look at; a waiting limit order listens to its exit too.
    fn calls(&self, words: usize, limits: bool) -> [Vec<u64>; 3] {
        let mut calls = [(); 3].map(|()| Vec::with_capacity(words));
        for at in 0..words {
            let (enter_long, exit_long) = (self.enter_long.word(at), self.exit_long.word(at));
            let (enter_short, exit_short) = (self.enter_short.word(at), self.exit_short.word(at));
            let of_state = if limits {
                [enter_long | exit_long | enter_short | exit_short; 3]
            } else {
                [enter_long ^ enter_short, exit_long | enter_short, exit_short | enter_long]
            };
            for (calls, word) in calls.iter_mut().zip(of_state) {
                calls.push(word);
            }
        }
        calls
    }

    /// Whether there is something to decide at a row.
    #[inline]
    pub(crate) fn is_called(&self, row: usize, position: f64) -> bool {
        bit(&self.calls[state(position)], row)
    }

    /// The first row from `from` on at which there is something to decide while this position is held; behind the last row where there is
    /// none.
    #[inline]
    pub(crate) fn next_call(&self, from: usize, position: f64) -> usize {
        let calls = &self.calls[state(position)];
        let Some(first) = calls.get(from / 64) else { return from };
        let rest = first & (!0 << (from % 64));
        if rest != 0 {
            return from / 64 * 64 + rest.trailing_zeros() as usize;
        }
        let found = calls[from / 64 + 1..].iter().position(|word| *word != 0);
        let word = found.map_or(calls.len(), |at| from / 64 + 1 + at);
        word * 64 + calls.get(word).map_or(0, |word| word.trailing_zeros() as usize)
    }

    /// Orders and closed trades of a run over some rows in which every order fills; near enough to make room for them.
    pub(crate) fn expected(&self, rows: &Range<usize>) -> Expected {
        let mut expected = Expected { orders: 0, trades: 0 };
        let (mut was_long, mut was_short) = (0, 0);
        for word in rows.start / 64..rows.end.div_ceil(64) {
            let (enter_long, exit_long) = (self.enter_long.word(word), self.exit_long.word(word));
            let (enter_short, exit_short) =
                (self.enter_short.word(word), self.exit_short.word(word));
            let long = latch(enter_long, exit_long | enter_short, was_long);
            let short = latch(enter_short, exit_short | enter_long, was_short);
            let (before_long, before_short) = (long << 1 | was_long, short << 1 | was_short);
            let changed = (long ^ before_long) | (short ^ before_short);
            let ended = (before_long & !long) | (before_short & !short);
            expected.orders += changed.count_ones() as usize;
            expected.trades += ended.count_ones() as usize;
            (was_long, was_short) = (long >> 63, short >> 63);
        }
        expected
    }

    /// What is asked for at a row by whoever holds this position.
    #[inline]
    pub(crate) fn decide(&self, row: usize, position: f64) -> Option<Decision> {
        let (enter_long, enter_short) = (self.enter_long.holds(row), self.enter_short.holds(row));
        if position == 0.0 {
            match (enter_long, enter_short) {
                (true, false) => Some(Decision::Enter(Side::Buy)),
                (false, true) => Some(Decision::Enter(Side::Sell)),
                _ => None,
            }
        } else if position > 0.0 {
            match (enter_short, self.leaves(Side::Buy, row)) {
                (true, _) => Some(Decision::Enter(Side::Sell)),
                (false, true) => Some(Decision::Leave(Side::Sell)),
                (false, false) => None,
            }
        } else {
            match (enter_long, self.leaves(Side::Sell, row)) {
                (true, _) => Some(Decision::Enter(Side::Buy)),
                (false, true) => Some(Decision::Leave(Side::Buy)),
                (false, false) => None,
            }
        }
    }

    /// Whether the entry condition of a side holds.
    pub(crate) fn enters(&self, side: Side, row: usize) -> bool {
        match side {
            Side::Buy => self.enter_long.holds(row),
            Side::Sell => self.enter_short.holds(row),
        }
    }

    /// Whether the exit condition of what was entered on a side holds.
    #[inline]
    pub(crate) fn leaves(&self, side: Side, row: usize) -> bool {
        match side {
            Side::Buy => self.exit_long.holds(row),
            Side::Sell => self.exit_short.holds(row),
        }
    }
}

/// Place of a position among [`Conditions::calls`].
#[inline]
fn state(position: f64) -> usize {
    if position == 0.0 { 0 } else { 1 + usize::from(position < 0.0) }
}

#[inline]
fn bit(words: &[u64], row: usize) -> bool {
    words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 != 0)
}
