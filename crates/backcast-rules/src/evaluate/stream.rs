//! Values of a node in pieces that fit the cache, without an array of the whole.

use std::sync::Arc;

use backcast_indicators::PrefixSums;

use super::{loops::Loops, rolling::Rolling, series::Series};
use crate::{
    numeric::{self, defined},
    program::{BinaryOp, UnaryOp},
};

/// Rows that one operation handles at a time: small, because each level of an expression has a buffer of it on the stack.
const BLOCK: usize = 128;

/// A numeric node that can be read in any piece: arithmetic, shifts and moving averages are computed as they are read,
/// what cannot be computed in pieces was computed before.
#[derive(Clone)]
pub struct Stream {
    pub(super) loops: &'static dyn Loops,
    pub(super) source: Source,
    pub(super) rows: usize,
}

impl Stream {
    /// Rows of the asset.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Writes the values of the rows from `from` on, NaN where undefined and behind the last row; bit for bit those of
    /// [`crate::Evaluator::series`].
    pub fn fill(&self, from: usize, out: &mut [f64]) {
        let inside = self.rows.saturating_sub(from).min(out.len());
        let (values, beyond) = out.split_at_mut(inside);
        beyond.fill(f64::NAN);
        if !values.is_empty() {
            self.source.fill(self.loops, from, values);
        }
    }
}

/// Where values come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Series(Arc<Series>),
    /// One number for all rows.
    Scalar(f64),
    /// Moving average over shared sums.
    Average(Arc<PrefixSums>, usize),
    /// Moving average over sums that are made as they are read, for series too long to keep theirs.
    Rolling(Arc<Rolling>, usize),
    Unary(UnaryOp, Box<Source>),
    Binary(BinaryOp, Box<Source>, Box<Source>),
    Shift(Box<Source>, usize),
}

impl Source {
    /// The rows from `from` on, all of which must exist: in place where they are, else in `buffer`, of that length.
    pub(super) fn rows<'a>(
        &'a self,
        loops: &dyn Loops,
        from: usize,
        buffer: &'a mut [f64],
    ) -> &'a [f64] {
        match self {
            Source::Series(series) => &series.values[from..from + buffer.len()],
            source => {
                source.fill(loops, from, buffer);
                buffer
            }
        }
    }

    /// All rows as a series.
    pub(super) fn collect(&self, loops: &dyn Loops, rows: usize) -> Series {
        let mut values = vec![0.0; rows];
        self.fill(loops, 0, &mut values);
        Series::new(values)
    }

    fn fill(&self, loops: &dyn Loops, from: usize, out: &mut [f64]) {
        match self {
            Source::Series(series) => out.copy_from_slice(&series.values[from..from + out.len()]),
            Source::Scalar(x) => out.fill(*x),
            Source::Average(sums, window) => {
                sums.averages_by(
                    |ends, scale, out| loops.averages(ends, scale, out),
                    *window,
                    from,
                    out,
                );
                if !sums.is_finite() {
                    out.iter_mut().for_each(|x| *x = defined(*x));
                }
            }
            Source::Rolling(sums, window) => sums.fill(loops, *window, from, out),
            Source::Shift(of, by) => {
                let before = by.saturating_sub(from).min(out.len());
                let (undefined, rest) = out.split_at_mut(before);
                undefined.fill(f64::NAN);
                if !rest.is_empty() {
                    of.fill(loops, from + before - by, rest);
                }
            }
            Source::Unary(op, of) => {
                of.fill(loops, from, out);
                unary(*op, out);
            }
            Source::Binary(op, a, b) => {
                let mut buffer = [0.0; BLOCK];
                for (index, block) in out.chunks_mut(BLOCK).enumerate() {
                    let from = from + index * BLOCK;
                    a.fill(loops, from, block);
                    binary(*op, block, b.rows(loops, from, &mut buffer[..block.len()]));
                }
            }
        }
    }
}

// One loop for each operator: a choice inside a loop would keep it from running on vectors.

fn unary(op: UnaryOp, values: &mut [f64]) {
    match op {
        UnaryOp::Neg => map(values, |x| numeric::unary(UnaryOp::Neg, x)),
        UnaryOp::Abs => map(values, |x| numeric::unary(UnaryOp::Abs, x)),
        UnaryOp::Sqrt => map(values, |x| numeric::unary(UnaryOp::Sqrt, x)),
        UnaryOp::Log => map(values, |x| numeric::unary(UnaryOp::Log, x)),
        UnaryOp::Exp => map(values, |x| numeric::unary(UnaryOp::Exp, x)),
    }
}

fn binary(op: BinaryOp, left: &mut [f64], right: &[f64]) {
    match op {
        BinaryOp::Add => zip(left, right, |x, y| numeric::binary(BinaryOp::Add, x, y)),
        BinaryOp::Sub => zip(left, right, |x, y| numeric::binary(BinaryOp::Sub, x, y)),
        BinaryOp::Mul => zip(left, right, |x, y| numeric::binary(BinaryOp::Mul, x, y)),
        BinaryOp::Div => zip(left, right, |x, y| numeric::binary(BinaryOp::Div, x, y)),
        BinaryOp::Min => zip(left, right, |x, y| numeric::binary(BinaryOp::Min, x, y)),
        BinaryOp::Max => zip(left, right, |x, y| numeric::binary(BinaryOp::Max, x, y)),
    }
}

fn map(values: &mut [f64], op: impl Fn(f64) -> f64) {
    values.iter_mut().for_each(|x| *x = op(*x));
}

fn zip(left: &mut [f64], right: &[f64], op: impl Fn(f64, f64) -> f64) {
    left.iter_mut().zip(right).for_each(|(x, y)| *x = op(*x, *y));
}
