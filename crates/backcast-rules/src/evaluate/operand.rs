//! A side of an operation: a series or a single number.

use std::sync::Arc;

use super::series::Series;
use crate::{
    numeric,
    program::{BinaryOp, UnaryOp},
};

/// A series, or one number that stands for all rows.
pub(super) enum Operand {
    Series(Arc<Series>),
    Scalar(f64),
}

impl Operand {
    /// First row that is defined.
    pub(super) fn valid_from(&self, len: usize) -> usize {
        match self {
            Operand::Series(series) => series.valid_from,
            Operand::Scalar(x) if x.is_nan() => len,
            Operand::Scalar(_) => 0,
        }
    }

    pub(super) fn gaps(&self) -> bool {
        matches!(self, Operand::Series(series) if series.gaps)
    }
}

/// A function of one number at every row.
pub(super) fn unary(op: UnaryOp, a: &Series) -> Series {
    match op {
        UnaryOp::Neg => mapped(a, |x| numeric::unary(UnaryOp::Neg, x)),
        UnaryOp::Abs => mapped(a, |x| numeric::unary(UnaryOp::Abs, x)),
        UnaryOp::Sqrt => mapped(a, |x| numeric::unary(UnaryOp::Sqrt, x)),
        UnaryOp::Log => mapped(a, |x| numeric::unary(UnaryOp::Log, x)),
        UnaryOp::Exp => mapped(a, |x| numeric::unary(UnaryOp::Exp, x)),
    }
}

/// A function of two numbers at every row.
pub(super) fn binary(op: BinaryOp, a: &Operand, b: &Operand, len: usize) -> Series {
    // One loop for each operator: a choice inside would keep it from running on vectors.
    match op {
        BinaryOp::Add => zipped(a, b, len, |x, y| numeric::binary(BinaryOp::Add, x, y)),
        BinaryOp::Sub => zipped(a, b, len, |x, y| numeric::binary(BinaryOp::Sub, x, y)),
        BinaryOp::Mul => zipped(a, b, len, |x, y| numeric::binary(BinaryOp::Mul, x, y)),
        BinaryOp::Div => zipped(a, b, len, |x, y| numeric::binary(BinaryOp::Div, x, y)),
        BinaryOp::Min => zipped(a, b, len, |x, y| numeric::binary(BinaryOp::Min, x, y)),
        BinaryOp::Max => zipped(a, b, len, |x, y| numeric::binary(BinaryOp::Max, x, y)),
    }
}

fn mapped(a: &Series, op: impl Fn(f64) -> f64) -> Series {
    let values: Vec<f64> =
        undefined_until(a.valid_from, &a.values, |rows| rows.iter().map(|x| op(*x)));
    Series::new(values, a.valid_from)
}

fn zipped(a: &Operand, b: &Operand, len: usize, op: impl Fn(f64, f64) -> f64) -> Series {
    let from = a.valid_from(len).max(b.valid_from(len));
    let values = match (a, b) {
        (Operand::Series(a), Operand::Series(b)) => undefined_until(from, &a.values, |rows| {
            rows.iter().zip(&b.values[from..]).map(|(x, y)| op(*x, *y))
        }),
        (Operand::Series(a), Operand::Scalar(y)) => {
            undefined_until(from, &a.values, |rows| rows.iter().map(|x| op(*x, *y)))
        }
        (Operand::Scalar(x), Operand::Series(b)) => {
            undefined_until(from, &b.values, |rows| rows.iter().map(|y| op(*x, *y)))
        }
        (Operand::Scalar(x), Operand::Scalar(y)) => vec![op(*x, *y); len],
    };
    Series::new(values, from)
}

/// NaN before `from`, then what `map` makes of the rows.
fn undefined_until<'a, I: Iterator<Item = f64>>(
    from: usize,
    rows: &'a [f64],
    map: impl FnOnce(&'a [f64]) -> I,
) -> Vec<f64> {
    let mut values = Vec::with_capacity(rows.len());
    values.resize(from, f64::NAN);
    values.extend(map(&rows[from..]));
    values
}
