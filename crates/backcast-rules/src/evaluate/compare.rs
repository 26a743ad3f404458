//! Series to bits: comparisons and crossings, 64 rows a step.

use super::{
    loops::{Loops, Rows, Sides, compared},
    stream::Source,
};
use crate::{
    bits::{Bits, words},
    program::CompareOp,
};

/// Rows that are read at a time, a multiple of 64: both sides fit the first cache.
const PIECE: usize = 512;

/// A comparison at every row.
pub(super) fn comparison(
    loops: &dyn Loops,
    op: CompareOp,
    a: &Source,
    b: &Source,
    len: usize,
) -> Bits {
    let mut bits = Bits { len, value: vec![0; words(len)], known: vec![0; words(len)] };
    in_pieces(loops, a, b, len, |a, b, at| {
        compared(op, a, b, &mut bits.value[at..], &mut bits.known[at..]);
    });
    // `!=` holds for undefined values too.
    bits.value.iter_mut().zip(&bits.known).for_each(|(value, known)| *value &= known);
    bits
}

/// Rows at which `a` gets above `b`, and those at which it gets below: beyond its band now, and on the other side when it last was
/// not equal. Undefined rows change nothing about that side; before the first side there is none to come from. Both at once, because
/// they are made of the same comparisons.
pub(super) fn crossings(loops: &dyn Loops, a: &Source, b: &Source, len: usize) -> [Bits; 2] {
    let mut up = Bits { len, value: vec![0; words(len)], known: vec![0; words(len)] };
    let mut down = vec![0; words(len)];
    let (mut was_below, mut was_above) = (Latch::default(), Latch::default());
    let mut sides = [Sides::default(); PIECE / 64];
    in_pieces(loops, a, b, len, |a, b, at| {
        let sides = &mut sides[..a.len()];
        loops.sides(a, b, sides);
        let out = up.value[at..].iter_mut().zip(&mut up.known[at..]).zip(&mut down[at..]);
        for (Sides { above, below, known: both }, ((up, known), down)) in sides.iter().zip(out) {
            *up = above & was_below.before(*below, *above);
            *down = below & was_above.before(*above, *below);
            *known = *both;
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

/// Reads both sides in pieces of whole words; `each` gets rows of both and the word at which they begin. Behind the last row are
/// undefined ones.
fn in_pieces(
    loops: &dyn Loops,
    a: &Source,
    b: &Source,
    len: usize,
    mut each: impl FnMut(&[Rows], &[Rows], usize),
) {
    let (mut buffer_a, mut buffer_b) = ([0.0; PIECE], [0.0; PIECE]);
    for from in (0..len).step_by(PIECE) {
        let rows = PIECE.min(len - from);
        let a = a.rows(loops, from, &mut buffer_a[..rows]);
        let b = b.rows(loops, from, &mut buffer_b[..rows]);
        let ((whole_a, rest_a), (whole_b, rest_b)) = (a.as_chunks(), b.as_chunks());
        each(whole_a, whole_b, from / 64);
        if !rest_a.is_empty() {
            each(&[padded(rest_a)], &[padded(rest_b)], from / 64 + whole_a.len());
        }
    }
}

/// The last rows with undefined ones behind them.
fn padded(rest: &[f64]) -> Rows {
    let mut rows = [f64::NAN; 64];
    rows[..rest.len()].copy_from_slice(rest);
    rows
}
