//! A vector of `f64` lanes: what kernels are generic over.
//!
//! Implementations differ in width and instructions, never in results: each method is one IEEE operation per lane.

/// Some `f64` lanes that go through the same operations side by side.
pub trait Vector: Copy {
    /// Truth per lane.
    type Mask: Copy;
    /// Number of lanes.
    const LANES: usize;

    /// The same value in every lane.
    fn splat(x: f64) -> Self;
    /// The first `LANES` values of a slice.
    ///
    /// # Panics
    /// If the slice is shorter.
    fn load(from: &[f64]) -> Self;
    /// Writes the lanes to the beginning of a slice.
    ///
    /// # Panics
    /// If the slice is shorter.
    fn store(self, to: &mut [f64]);
    /// Sum.
    fn add(self, other: Self) -> Self;
    /// Difference.
    fn sub(self, other: Self) -> Self;
    /// Product.
    fn mul(self, other: Self) -> Self;
    /// Quotient.
    fn div(self, other: Self) -> Self;
    /// `if self > other { self } else { other }`.
    fn max(self, other: Self) -> Self;
    /// `if self < other { self } else { other }`.
    fn min(self, other: Self) -> Self;
    /// Largest whole number not above.
    fn floor(self) -> Self;
    /// Distance from zero.
    fn abs(self) -> Self;
    /// `self < other`.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`.
    fn le(self, other: Self) -> Self::Mask;
    /// `yes` where the mask is true, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// All lanes but the last, one place later, behind the last lane of `before`.
    fn after(self, before: Self) -> Self;
    /// Mask from bits, lane 0 in bit 0.
    fn mask(bits: u8) -> Self::Mask;
    /// Bits of a mask, lane 0 in bit 0; bits beyond the last lane are zero.
    fn bits(mask: Self::Mask) -> u8;

    /// `self > other`.
    #[inline(always)]
    fn gt(self, other: Self) -> Self::Mask {
        other.lt(self)
    }
}

impl Vector for f64 {
    type Mask = bool;
    const LANES: usize = 1;

    #[inline(always)]
    fn splat(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn load(from: &[f64]) -> f64 {
        from[0]
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        to[0] = self;
    }
    #[inline(always)]
    fn add(self, other: f64) -> f64 {
        self + other
    }
    #[inline(always)]
    fn sub(self, other: f64) -> f64 {
        self - other
    }
    #[inline(always)]
    fn mul(self, other: f64) -> f64 {
        self * other
    }
    #[inline(always)]
    fn div(self, other: f64) -> f64 {
        self / other
    }
    #[inline(always)]
    fn max(self, other: f64) -> f64 {
        if self > other { self } else { other }
    }
    #[inline(always)]
    fn min(self, other: f64) -> f64 {
        if self < other { self } else { other }
    }
    #[inline(always)]
    fn floor(self) -> f64 {
        f64::floor(self)
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn lt(self, other: f64) -> bool {
        self < other
    }
    #[inline(always)]
    fn le(self, other: f64) -> bool {
        self <= other
    }
    #[inline(always)]
    fn select(mask: bool, yes: f64, no: f64) -> f64 {
        if mask { yes } else { no }
    }
    #[inline(always)]
    fn after(self, before: f64) -> f64 {
        before
    }
    #[inline(always)]
    fn mask(bits: u8) -> bool {
        bits & 1 != 0
    }
    #[inline(always)]
    fn bits(mask: bool) -> u8 {
        u8::from(mask)
    }
}

/// Eight lanes as a plain array: runs everywhere, and is what the other widths are checked against.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Array8(pub [f64; 8]);

macro_rules! lanewise {
    ($a:expr, $b:expr, $f:expr) => {{
        let (a, b) = ($a.0, $b.0);
        let mut out = [0.0; 8];
        let mut lane = 0;
        while lane < 8 {
            out[lane] = $f(a[lane], b[lane]);
            lane += 1;
        }
        Array8(out)
    }};
}

macro_rules! lane_mask {
    ($a:expr, $b:expr, $op:tt) => {{
        let (a, b) = ($a.0, $b.0);
        let mut out = [false; 8];
        let mut lane = 0;
        while lane < 8 {
            out[lane] = a[lane] $op b[lane];
            lane += 1;
        }
        out
    }};
}

impl Vector for Array8 {
    type Mask = [bool; 8];
    const LANES: usize = 8;

    #[inline(always)]
    fn splat(x: f64) -> Array8 {
        Array8([x; 8])
    }
    #[inline(always)]
    fn load(from: &[f64]) -> Array8 {
        let mut out = [0.0; 8];
        out.copy_from_slice(&from[..8]);
        Array8(out)
    }
    #[inline(always)]
    fn store(self, to: &mut [f64]) {
        to[..8].copy_from_slice(&self.0);
    }
    #[inline(always)]
    fn add(self, other: Array8) -> Array8 {
        lanewise!(self, other, |a: f64, b: f64| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Array8) -> Array8 {
        lanewise!(self, other, |a: f64, b: f64| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Array8) -> Array8 {
        lanewise!(self, other, |a: f64, b: f64| a * b)
    }
    #[inline(always)]
    fn div(self, other: Array8) -> Array8 {
        lanewise!(self, other, |a: f64, b: f64| a / b)
    }
    #[inline(always)]
    fn max(self, other: Array8) -> Array8 {
        lanewise!(self, other, |a: f64, b: f64| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, other: Array8) -> Array8 {
        lanewise!(self, other, |a: f64, b: f64| if a < b { a } else { b })
    }
    #[inline(always)]
    fn floor(self) -> Array8 {
        lanewise!(self, self, |a: f64, _: f64| f64::floor(a))
    }
    #[inline(always)]
    fn abs(self) -> Array8 {
        lanewise!(self, self, |a: f64, _: f64| f64::abs(a))
    }
    #[inline(always)]
    fn lt(self, other: Array8) -> [bool; 8] {
        lane_mask!(self, other, <)
    }
    #[inline(always)]
    fn le(self, other: Array8) -> [bool; 8] {
        lane_mask!(self, other, <=)
    }
    #[inline(always)]
    fn select(mask: [bool; 8], yes: Array8, no: Array8) -> Array8 {
        let mut out = no.0;
        let mut lane = 0;
        while lane < 8 {
            if mask[lane] {
                out[lane] = yes.0[lane];
            }
            lane += 1;
        }
        Array8(out)
    }
    #[inline(always)]
    fn after(self, before: Array8) -> Array8 {
        let mut out = [before.0[7]; 8];
        out[1..].copy_from_slice(&self.0[..7]);
        Array8(out)
    }
    #[inline(always)]
    fn mask(bits: u8) -> [bool; 8] {
        let mut out = [false; 8];
        let mut lane = 0;
        while lane < 8 {
            out[lane] = bits >> lane & 1 != 0;
            lane += 1;
        }
        out
    }
    #[inline(always)]
    fn bits(mask: [bool; 8]) -> u8 {
        let mut out = 0;
        let mut lane = 0;
        while lane < 8 {
            out |= u8::from(mask[lane]) << lane;
            lane += 1;
        }
        out
    }
}
