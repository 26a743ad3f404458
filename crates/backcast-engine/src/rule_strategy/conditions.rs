//! The conditions of one asset as bitmaps, and what they ask for.

use std::ops::Range;

use backcast_rules::{EvalError, Evaluator, NodeId, Program};
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

/// Bit `row % 64` of word `row / 64`: the condition is true.
pub(crate) struct Conditions {
    enter_long: Vec<u64>,
    exit_long: Vec<u64>,
    enter_short: Vec<u64>,
    exit_short: Vec<u64>,
    /// Rows at which there is something to decide while flat, long, short.
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
        let mut bits = |node: Option<NodeId>| match node {
            Some(node) => evaluator.bools(node, params).map(|bits| bits.value),
            None => Ok(vec![0; words]),
        };
        let mut conditions = Conditions {
            enter_long: bits(rules.enter_long)?,
            exit_long: bits(rules.exit_long)?,
            enter_short: bits(rules.enter_short)?,
            exit_short: bits(rules.exit_short)?,
            calls: Default::default(),
        };
        conditions.calls = conditions.calls(rules.entry_limit.is_some());
        Ok(conditions)
    }

    /// What each state has to look at; a waiting limit order listens to its exit too.
    fn calls(&self, limits: bool) -> [Vec<u64>; 3] {
        let join = |f: &dyn Fn(usize) -> u64| (0..self.enter_long.len()).map(f).collect();
        let (el, xl) = (&self.enter_long, &self.exit_long);
        let (es, xs) = (&self.enter_short, &self.exit_short);
        if limits {
            let any = |i: usize| el[i] | xl[i] | es[i] | xs[i];
            return std::array::from_fn(|_| join(&any));
        }
        [join(&|i| el[i] ^ es[i]), join(&|i| xl[i] | es[i]), join(&|i| xs[i] | el[i])]
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
            let (enter_long, enter_short) = (self.enter_long[word], self.enter_short[word]);
            let long = latch(enter_long, self.exit_long[word] | enter_short, was_long);
            let short = latch(enter_short, self.exit_short[word] | enter_long, was_short);
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
        let (enter_long, enter_short) = (bit(&self.enter_long, row), bit(&self.enter_short, row));
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
            Side::Buy => bit(&self.enter_long, row),
            Side::Sell => bit(&self.enter_short, row),
        }
    }

    /// Whether the exit condition of what was entered on a side holds.
    #[inline]
    pub(crate) fn leaves(&self, side: Side, row: usize) -> bool {
        match side {
            Side::Buy => bit(&self.exit_long, row),
            Side::Sell => bit(&self.exit_short, row),
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
