//! Series to bits: comparisons and crossings, 64 rows a step.

use super::operand::Operand;
use crate::{
    bits::{Bits, known_from},
    numeric::{band_above, band_below, compare},
    program::{CompareOp, CrossDir},
};

/// 64 rows of a series.
type Rows = [f64; 64];

/// A comparison at every row.
pub(super) fn comparison(op: CompareOp, a: &Operand, b: &Operand, len: usize) -> Bits {
    let known = known(a, b, len);
    // One loop for each operator: a choice inside would keep it from running on vectors.
    let mut value = match op {
        CompareOp::Gt => words(a, b, len, |x, y| compare(CompareOp::Gt, x, y)),
        CompareOp::Ge => words(a, b, len, |x, y| compare(CompareOp::Ge, x, y)),
        CompareOp::Lt => words(a, b, len, |x, y| compare(CompareOp::Lt, x, y)),
        CompareOp::Le => words(a, b, len, |x, y| compare(CompareOp::Le, x, y)),
        CompareOp::Eq => words(a, b, len, |x, y| compare(CompareOp::Eq, x, y)),
        CompareOp::Ne => words(a, b, len, |x, y| compare(CompareOp::Ne, x, y)),
    };
    value.iter_mut().zip(&known).for_each(|(value, known)| *value &= known);
    Bits { len, value, known }
}

/// Rows at which `a` gets past `b`: beyond its band now, and on the other side when it last was not equal. Undefined rows
/// change nothing about that side; before the first side there is none to come from.
pub(super) fn crossing(dir: CrossDir, a: &Operand, b: &Operand, len: usize) -> Bits {
    let known = known(a, b, len);
    let above = words(a, b, len, |x, y| x > band_above(y));
    let below = words(a, b, len, |x, y| x < band_below(y));
    let (to, from) = match dir {
        CrossDir::Above => (above, below),
        CrossDir::Below => (below, above),
    };
    let mut latch = Latch::default();
    let mut last = 0;
    let value = to.iter().zip(&from).zip(&known).map(|((to, from), known)| {
        let (to, from) = (to & known, from & known);
        let was_from = latch.next(from, to);
        let before = was_from << 1 | last;
        last = was_from >> 63;
        to & before
    });
    let value = value.collect();
    Bits { len, value, known }
}

/// A memory of one bit over rows, 64 of them in one addition.
#[derive(Default)]
struct Latch {
    carry: bool,
}

impl Latch {
    /// After each row: set by a bit of `set`, cleared by one of `clear`, else as before. No row has both.
    ///
    /// The carry out of bit i of p + g is `g | (p & carry in)`: with g = set and p = not clear it is the latch.
    fn next(&mut self, set: u64, clear: u64) -> u64 {
        let (p, g) = (!clear, set);
        let (sum, over) = p.overflowing_add(g);
        let (sum, over_by_carry) = sum.overflowing_add(u64::from(self.carry));
        self.carry = over | over_by_carry;
        let carries_in = p ^ g ^ sum;
        carries_in >> 1 | u64::from(self.carry) << 63
    }
}

/// Rows at which both sides are defined.
fn known(a: &Operand, b: &Operand, len: usize) -> Vec<u64> {
    let mut known = known_from(len, a.valid_from(len).max(b.valid_from(len)));
    for side in [a, b] {
        if side.gaps() {
            let defined = words(side, side, len, |x, _| !x.is_nan());
            known.iter_mut().zip(defined).for_each(|(known, defined)| *known &= defined);
        }
    }
    known
}

/// One bit a row; the bits behind `len` mean nothing.
#[inline(always)]
fn words(a: &Operand, b: &Operand, len: usize, test: impl Fn(f64, f64) -> bool + Copy) -> Vec<u64> {
    match (a, b) {
        (Operand::Series(a), Operand::Series(b)) => {
            pairs(a.values.as_slice(), b.values.as_slice(), test)
        }
        (Operand::Series(a), Operand::Scalar(y)) => {
            let y = *y;
            pairs(a.values.as_slice(), a.values.as_slice(), move |x, _| test(x, y))
        }
        (Operand::Scalar(x), Operand::Series(b)) => {
            let x = *x;
            pairs(b.values.as_slice(), b.values.as_slice(), move |_, y| test(x, y))
        }
        (Operand::Scalar(x), Operand::Scalar(y)) => {
            vec![if test(*x, *y) { u64::MAX } else { 0 }; crate::bits::words(len)]
        }
    }
}

#[inline(always)]
fn pairs(a: &[f64], b: &[f64], test: impl Fn(f64, f64) -> bool + Copy) -> Vec<u64> {
    let (whole_a, rest_a) = a.as_chunks::<64>();
    let (whole_b, rest_b) = b.as_chunks::<64>();
    let mut words = Vec::with_capacity(whole_a.len() + 1);
    words.extend(whole_a.iter().zip(whole_b).map(|(a, b)| word(a, b, test)));
    if !rest_a.is_empty() {
        let padded = |rest: &[f64]| {
            let mut rows = [f64::NAN; 64];
            rows[..rest.len()].copy_from_slice(rest);
            rows
        };
        words.push(word(&padded(rest_a), &padded(rest_b), test));
    }
    words
}

/// Eight accumulators gather every eighth row, one bit into each byte: shifts by constants, so that comparison and gathering
/// run on vectors (a shift by the row would not).
#[inline(always)]
fn word(a: &Rows, b: &Rows, test: impl Fn(f64, f64) -> bool) -> u64 {
    let mut gathered = [0u64; 8];
    for eight in (0..8).rev() {
        for (lane, bits) in gathered.iter_mut().enumerate() {
            let row = 8 * eight + lane;
            *bits = *bits << 8 | u64::from(test(a[row], b[row]));
        }
    }
    gathered.iter().enumerate().fold(0, |word, (lane, bits)| word | bits << lane)
}
