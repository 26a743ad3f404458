//! Arithmetic of single numbers and the bands of crossings: the operations that slices, lanes and tests share.

use crate::program::{BinaryOp, CompareOp, UnaryOp};

/// Relative width within which two series count as equal in a crossing: 2^-40. The edges are `b + BAND * |b|` and `b - BAND * |b|`.
pub const BAND: f64 = 1.0 / (1u64 << 40) as f64;

/// The left side of a crossing is above `b` where it is greater than this: `b + 2^-40 |b|`.
#[inline(always)]
#[must_use]
pub fn band_above(b: f64) -> f64 {
    b + BAND * b.abs()
}

/// The left side of a crossing is below `b` where it is less than this: `b - 2^-40 |b|`.
#[inline(always)]
#[must_use]
pub fn band_below(b: f64) -> f64 {
    b - BAND * b.abs()
}

/// A finite number as it is, everything else undefined.
#[inline(always)]
pub(crate) fn defined(x: f64) -> f64 {
    if x.is_finite() { x } else { f64::NAN }
}

/// A function of one number; NaN where it is undefined.
#[inline(always)]
pub(crate) fn unary(op: UnaryOp, x: f64) -> f64 {
    match op {
        UnaryOp::Neg => -x,
        UnaryOp::Abs => x.abs(),
        UnaryOp::Sqrt => defined(x.sqrt()),
        UnaryOp::Log => defined(libm::log(x)),
        UnaryOp::Exp => defined(libm::exp(x)),
    }
}

/// A function of two numbers; NaN where it is undefined, as with an undefined operand.
#[inline(always)]
pub(crate) fn binary(op: BinaryOp, a: f64, b: f64) -> f64 {
    let undefined = a.is_nan() | b.is_nan();
    match op {
        BinaryOp::Add => defined(a + b),
        BinaryOp::Sub => defined(a - b),
        BinaryOp::Mul => defined(a * b),
        BinaryOp::Div => defined(a / b),
        BinaryOp::Min if undefined => f64::NAN,
        BinaryOp::Max if undefined => f64::NAN,
        BinaryOp::Min => {
            if a < b {
                a
            } else {
                b
            }
        }
        BinaryOp::Max => {
            if a > b {
                a
            } else {
                b
            }
        }
    }
}

/// A comparison of two numbers that are both defined.
#[inline(always)]
pub(crate) fn compare(op: CompareOp, a: f64, b: f64) -> bool {
    match op {
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
    }
}
