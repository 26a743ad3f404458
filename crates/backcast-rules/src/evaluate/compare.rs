//! Series to bits: comparisons and crossings, 64 rows a step.

use super::stream::Source;
use crate::{
    bits::{Bits, words},
    numeric::{band_above, band_below, compare},
    program::CompareOp,
};

/// 64 rows of a series.
type Rows = [f64; 64];

/// Rows that are read at a time, a multiple of 64: both sides fit the first cache.
const PIECE: usize = 512;

/// A comparison at every row.
pub(super) fn comparison(op: CompareOp, a: &Source, b: &Source, len: usize) -> Bits {
    // One loop for each operator: a choice inside would keep it from running on vectors.
    match op {
        CompareOp::Gt => compared(a, b, len, |x, y| compare(CompareOp::Gt, x, y)),
        CompareOp::Ge => compared(a, b, len, |x, y| compare(CompareOp::Ge, x, y)),
        CompareOp::Lt => compared(a, b, len, |x, y| compare(CompareOp::Lt, x, y)),
        CompareOp::Le => compared(a, b, len, |x, y| compare(CompareOp::Le, x, y)),
        CompareOp::Eq => compared(a, b, len, |x, y| compare(CompareOp::Eq, x, y)),
        CompareOp::Ne => compared(a, b, len, |x, y| compare(CompareOp::Ne, x, y)),
    }
}

fn compared(a: &Source, b: &Source, len: usize, test: impl Fn(f64, f64) -> bool + Copy) -> Bits {
    let mut bits = Bits { len, value: vec![0; words(len)], known: vec![0; words(len)] };
    in_pieces(a, b, len, |a, b, at| {
        test_rows(a, b, &mut bits.value[at..], test);
        test_rows(a, b, &mut bits.known[at..], are_defined);
    });
    // `!=` holds for undefined values too.
    bits.value.iter_mut().zip(&bits.known).for_each(|(value, known)| *value &= known);
    bits
}

/// Rows at which `a` gets above `b`, and those at which it gets below: beyond its band now, and on the other side when it last was
/// not equal. Undefined rows change nothing about that side; before the first side there is none to come from. Both at once, because
/// they are made of the same comparisons.
pub(super) fn crossings(a: &Source, b: &Source, len: usize) -> [Bits; 2] {
    let mut up = Bits { len, value: vec![0; words(len)], known: vec![0; words(len)] };
    let mut down = vec![0; words(len)];
    let (mut was_below, mut was_above) = (Latch::default(), Latch::default());
    let (mut above, mut below) = ([0; PIECE / 64], [0; PIECE / 64]);
    in_pieces(a, b, len, |a, b, at| {
        // An undefined value is on neither side: it compares false.
        test_rows(a, b, &mut above, |x, y| x > band_above(y));
        test_rows(a, b, &mut below, |x, y| x < band_below(y));
        test_rows(a, b, &mut up.known[at..], are_defined);
        let words = a.len().div_ceil(64);
        let sides = above.iter().zip(&below).take(words);
        for ((up, down), (above, below)) in
            up.value[at..].iter_mut().zip(&mut down[at..]).zip(sides)
        {
            *up = above & was_below.before(*below, *above);
            *down = below & was_above.before(*above, *below);
        }
    });
    let known = up.known.clone();
    [up, Bits { len, value: down, known }]
}

/// A memory of one bit over rows, 64 of them in one addition.
#[derive(Default)]
struct Latch {
    carry: bool,
}

impl Latch {
    /// Before each row: whether `set` had a bit later than `clear`. No row has both.
    ///
    /// The carry out of bit i of p + g is `g | (p & carry in)`: with g = set and p = not clear it is the latch after row i,
    /// so the carry into a bit is the latch before it.
    fn before(&mut self, set: u64, clear: u64) -> u64 {
        let (p, g) = (!clear, set);
        let (sum, over) = p.overflowing_add(g);
        let (sum, over_by_carry) = sum.overflowing_add(u64::from(self.carry));
        self.carry = over | over_by_carry;
        p ^ g ^ sum
    }
}

/// Reads both sides in pieces of whole words; `each` gets rows of both and the word at which they begin.
fn in_pieces(a: &Source, b: &Source, len: usize, mut each: impl FnMut(&[f64], &[f64], usize)) {
    let (mut buffer_a, mut buffer_b) = ([0.0; PIECE], [0.0; PIECE]);
    for from in (0..len).step_by(PIECE) {
        let rows = PIECE.min(len - from);
        let a = a.rows(from, &mut buffer_a[..rows]);
        let b = b.rows(from, &mut buffer_b[..rows]);
        each(a, b, from / 64);
    }
}

fn are_defined(x: f64, y: f64) -> bool {
    !(x.is_nan() | y.is_nan())
}

/// One bit a row into the first words of `out`; bits behind the last row say what the test says of undefined values.
fn test_rows(a: &[f64], b: &[f64], out: &mut [u64], test: impl Fn(f64, f64) -> bool + Copy) {
    let ((whole_a, rest_a), (whole_b, rest_b)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
    test_words(whole_a, whole_b, out, test);
    if !rest_a.is_empty() {
        let (a, b) = (padded(rest_a), padded(rest_b));
        test_words(&[a], &[b], &mut out[whole_a.len()..], test);
    }
}

/// Its own function: inlined beside others, the compiler takes its vectors apart again (0.2 ns a row become 0.6).
#[inline(never)]
fn test_words(a: &[Rows], b: &[Rows], out: &mut [u64], test: impl Fn(f64, f64) -> bool) {
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        *out = word(a, b, &test);
    }
}

/// The last rows with undefined ones behind them.
fn padded(rest: &[f64]) -> Rows {
    let mut rows = [f64::NAN; 64];
    rows[..rest.len()].copy_from_slice(rest);
    rows
}

/// Four accumulators gather every fourth row: shifts by constants, so that comparison and gathering run on vectors (a shift by
/// the row would not, and with eight accumulators the compiler runs out of registers).
#[inline(always)]
fn word(a: &Rows, b: &Rows, test: impl Fn(f64, f64) -> bool) -> u64 {
    let mut gathered = [0u64; 4];
    for four in (0..16).rev() {
        for (lane, bits) in gathered.iter_mut().enumerate() {
            let row = 4 * four + lane;
            *bits = *bits << 4 | u64::from(test(a[row], b[row]));
        }
    }
    gathered[0] | gathered[1] << 1 | gathered[2] << 2 | gathered[3] << 3
}
