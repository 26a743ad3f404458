//! From conditions to the position that each set wants, bar by bar, for eight sets side by side.
//!
//! The target supposes that every entry is filled. It only says at which bars something may happen; a lane whose entry was refused
//! is asked at each of its signals until it agrees with its target again.

use std::ops::Range;

use super::signals::{Planes, Signals, Words, latch};

/// What each set wants to hold after the decision at each bar.
#[derive(Debug, Default)]
pub(crate) struct Target {
    /// Bits of the bars with a long position wanted.
    pub(crate) long: Vec<Words>,
    /// Bits of the bars with a short position wanted; empty where no rule sells short.
    pub(crate) short: Vec<Words>,
    /// Bits of the bars at which the target of some set changes.
    pub(crate) changes: Vec<u64>,
}

/// Bits of a word that lie inside a range of bars.
#[inline(always)]
pub(crate) fn inside(word: usize, bars: &Range<usize>) -> u64 {
    let (first, last) = (word * 64, word * 64 + 64);
    if bars.start >= last || bars.end <= first || bars.start >= bars.end {
        return 0;
    }
    let low = if bars.start > first { !0u64 << (bars.start - first) } else { !0 };
    let high = if bars.end < last { !(!0u64 << (bars.end - first)) } else { !0 };
    low & high
}

const NOTHING: Words = Words([0; 8]);

/// The four conditions of one word.
struct Conditions {
    enter_long: Words,
    exit_long: Words,
    enter_short: Words,
    exit_short: Words,
}

impl Conditions {
    #[inline(always)]
    fn of(signals: &Signals, planes: &Planes, word: usize, keep: u64) -> Conditions {
        let read = |plane: Option<_>| match plane {
            Some(plane) => Words(planes.get(plane)[word].map(|bits| bits & keep)),
            None => NOTHING,
        };
        Conditions {
            enter_long: read(signals.enter_long),
            exit_long: read(signals.exit_long),
            enter_short: read(signals.enter_short),
            exit_short: read(signals.exit_short),
        }
    }
}

impl Target {
    /// The targets of eight sets that decide at the bars of `decisions` and are flat before. Outside of these bars no target
    /// changes, and what is wanted is not told.
    #[inline(always)]
    pub(crate) fn make(
        &mut self,
        signals: &Signals,
        planes: &Planes,
        words: usize,
        decisions: &Range<usize>,
    ) {
        let short = signals.short();
        self.long.resize(words, NOTHING);
        self.short.resize(if short { words } else { 0 }, NOTHING);
        self.changes.clear();
        self.changes.resize(words, 0);
        let mut before = (NOTHING, NOTHING);
        for word in decisions.start / 64..decisions.end.div_ceil(64) {
            let now = Conditions::of(signals, planes, word, inside(word, decisions));
            let mut changed = 0;
            if short {
                for lane in 0..8 {
                    let (long, short) = walk(&now, lane, before.0[lane], before.1[lane]);
                    changed |= (long ^ (long << 1 | before.0[lane]))
                        | (short ^ (short << 1 | before.1[lane]));
                    self.long[word][lane] = long;
                    self.short[word][lane] = short;
                    before.0[lane] = long >> 63;
                    before.1[lane] = short >> 63;
                }
            } else {
                let long = long_only(&now, &before.0);
                for (long, before) in long.iter().zip(before.0.iter_mut()) {
                    changed |= long ^ (long << 1 | *before);
                    *before = long >> 63;
                }
                self.long[word] = long;
            }
            self.changes[word] = changed;
        }
    }
}

/// Without short sales the target is a latch; only where entry and exit hold at one bar it takes turns, bit by bit.
#[inline(always)]
fn long_only(now: &Conditions, before: &Words) -> Words {
    let mut out = NOTHING;
    let mut both = 0;
    for lane in 0..8 {
        both |= now.enter_long[lane] & now.exit_long[lane];
        out[lane] = latch(now.enter_long[lane], now.exit_long[lane], before[lane]);
    }
    if both != 0 {
        for lane in 0..8 {
            out[lane] = walk(now, lane, before[lane], 0).0;
        }
    }
    out
}

/// One lane's word from change to change: flat takes an entry unless both sides call; a position ends by its exit and turns by an
/// entry of the other side.
#[inline(always)]
fn walk(now: &Conditions, lane: usize, long: u64, short: u64) -> (u64, u64) {
    let (enter_long, exit_long) = (now.enter_long[lane], now.exit_long[lane]);
    let (enter_short, exit_short) = (now.enter_short[lane], now.exit_short[lane]);
    let mut position = long as i32 - short as i32;
    let (mut longs, mut shorts) = (0u64, 0u64);
    let mut rest = !0u64;
    loop {
        let calls = match position {
            0 => enter_long ^ enter_short,
            1 => exit_long | enter_short,
            _ => exit_short | enter_long,
        };
        let calls = calls & rest;
        let until = if calls == 0 { 0 } else { !0u64 << calls.trailing_zeros() };
        let held = rest & !until;
        match position {
            0 => {}
            1 => longs |= held,
            _ => shorts |= held,
        }
        if calls == 0 {
            return (longs, shorts);
        }
        let bit = calls & calls.wrapping_neg();
        position = match position {
            0 => {
                if enter_long & bit != 0 {
                    1
                } else {
                    -1
                }
            }
            1 => {
                if enter_short & bit != 0 {
                    -1
                } else {
                    0
                }
            }
            _ => {
                if enter_long & bit != 0 {
                    1
                } else {
                    0
                }
            }
        };
        match position {
            0 => {}
            1 => longs |= bit,
            _ => shorts |= bit,
        }
        rest = until & !bit;
    }
}
