//! The loops of conditions at each level of vector instructions.

use backcast_data::Market;
use backcast_indicators::{RunningSums, WindowEnds, window_averages};
use backcast_rules::{BAND, Evaluator, Loops, Program, Rows, Sides};
use backcast_types::AssetId;

use super::vector::{Isa, Kernel, LaneVector, dispatch, prefetch, put_byte};

/// Values that are asked for ahead: the processor looks ahead by itself, but not from one page into the next.
const LATER: usize = 128;

impl Isa {
    /// The loops of conditions at this level.
    #[must_use]
    pub fn loops(self) -> &'static dyn Loops {
        match self {
            Isa::Sse2 => &Isa::Sse2,
            Isa::Avx2 => &Isa::Avx2,
            Isa::Avx512 => &Isa::Avx512,
        }
    }
}

/// An evaluator that computes with the best instructions of this machine.
#[must_use]
pub fn evaluator<'m>(program: &'m Program, market: &'m Market, asset: AssetId) -> Evaluator<'m> {
    Evaluator::new(program, market, asset).with_loops(Isa::detect().loops())
}

impl Loops for Isa {
    fn extend(&self, sums: &mut RunningSums, values: &[f64], later: &[f64]) {
        (0..LATER).step_by(8).for_each(|at| prefetch(later, at));
        dispatch(*self, Extend { sums, values });
    }

    fn averages(&self, ends: WindowEnds<'_>, scale: f64, out: &mut [f64]) {
        dispatch(*self, Averages { ends, scale, out });
    }

    fn sides(&self, a: &[Rows], b: &[Rows], out: &mut [Sides]) {
        dispatch(*self, SidesOfRows { a, b, out });
    }
}

struct Extend<'a> {
    sums: &'a mut RunningSums,
    values: &'a [f64],
}

impl Kernel for Extend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: LaneVector>(self) {
        self.sums.extend(self.values);
    }
}

struct Averages<'a> {
    ends: WindowEnds<'a>,
    scale: f64,
    out: &'a mut [f64],
}

impl Kernel for Averages<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: LaneVector>(self) {
        window_averages(self.ends, self.scale, self.out);
    }
}

struct SidesOfRows<'a> {
    a: &'a [Rows],
    b: &'a [Rows],
    out: &'a mut [Sides],
}

impl Kernel for SidesOfRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: LaneVector>(self) {
        for ((a, b), out) in self.a.iter().zip(self.b).zip(self.out) {
            for eight in 0..8 {
                let (x, y) = (V::load(&a[8 * eight..]), V::load(&b[8 * eight..]));
                let width = y.abs().mul(V::splat(BAND));
                put_byte(&mut out.above, eight, V::bits(y.add(width).lt(x)));
                put_byte(&mut out.below, eight, V::bits(x.lt(y.sub(width))));
                put_byte(&mut out.known, eight, V::bits(x.le(y)) | V::bits(y.lt(x)));
            }
        }
    }
}
