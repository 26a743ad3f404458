//! The loops that conditions spend their time in.

use backcast_indicators::{RunningSums, WindowEnds, window_averages};

use crate::{
    numeric::{band_above, band_below, compare},
    program::CompareOp,
};

/// 64 rows of a series.
pub type Rows = [f64; 64];

/// 64 rows of a crossing, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// The left side is above the band of the right one.
    pub above: u64,
    /// The left side is below it.
    pub below: u64,
    /// Both are defined.
    pub known: u64,
}

/// Loops that whoever has better vector instructions may bring along. All give the same bits.
pub trait Loops: Send + Sync {
    /// [`RunningSums::extend`]; the last slice has the values that will be added next.
    fn extend(&self, sums: &mut RunningSums, values: &[f64], _later: &[f64]) {
        sums.extend(values);
    }

    /// [`window_averages`].
    fn averages(&self, ends: WindowEnds<'_>, scale: f64, out: &mut [f64]) {
        window_averages(ends, scale, out);
    }

    /// Where `a` is beyond [`band_above`] and [`band_below`] of `b`; an undefined value is on neither side.
    fn sides(&self, a: &[Rows], b: &[Rows], out: &mut [Sides]) {
        test(a, b, out, |sides| &mut sides.above, |x, y| x > band_above(y));
        test(a, b, out, |sides| &mut sides.below, |x, y| x < band_below(y));
        test(a, b, out, |sides| &mut sides.known, are_defined);
    }
}

/// The loops as they are compiled for the baseline.
pub(super) struct Baseline;

impl Loops for Baseline {}

/// Where a comparison holds (also, for `!=`, where a side is undefined), and where both sides are defined.
pub(super) fn compared(
    op: CompareOp,
    a: &[Rows],
    b: &[Rows],
    value: &mut [u64],
    known: &mut [u64],
) {
    // One loop for each operator: a choice inside would keep it from running on vectors.
    match op {
        CompareOp::Gt => test(a, b, value, |w| w, |x, y| compare(CompareOp::Gt, x, y)),
        CompareOp::Ge => test(a, b, value, |w| w, |x, y| compare(CompareOp::Ge, x, y)),
        CompareOp::Lt => test(a, b, value, |w| w, |x, y| compare(CompareOp::Lt, x, y)),
        CompareOp::Le => test(a, b, value, |w| w, |x, y| compare(CompareOp::Le, x, y)),
        CompareOp::Eq => test(a, b, value, |w| w, |x, y| compare(CompareOp::Eq, x, y)),
        CompareOp::Ne => test(a, b, value, |w| w, |x, y| compare(CompareOp::Ne, x, y)),
    }
    test(a, b, known, |w| w, are_defined);
}

fn are_defined(x: f64, y: f64) -> bool {
    !(x.is_nan() | y.is_nan())
}

/// One bit a row. Its own function: inlined beside others, the compiler takes its vectors apart again (0.2 ns a row become 0.6).
#[inline(never)]
fn test<T>(
    a: &[Rows],
    b: &[Rows],
    out: &mut [T],
    place: impl Fn(&mut T) -> &mut u64,
    test: impl Fn(f64, f64) -> bool,
) {
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        *place(out) = word(a, b, &test);
    }
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
