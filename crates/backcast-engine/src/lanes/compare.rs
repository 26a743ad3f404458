//! Comparisons of series, 64 bars a word for eight parameter sets.
//!
//! Values are first compared as `f32`, of which a register holds twice as many. Rounding is monotone, so what is above in `f32` is
//! above; only words with bars that are equal there, or undefined, are compared again in full.

use backcast_rules::{BAND, band_above, band_below};

use super::{
    operands::{Narrow, Series},
    signals::Words,
    vector::{LaneVector, put_byte},
};

/// The series that eight lanes look at.
pub(crate) type LaneSeries<'s> = [&'s Series; 8];

/// A value as `f32`, such that one above is above by more than the band of a tie, and one below is below by more: undefined where
/// the ends of the band round apart.
#[inline(always)]
pub(crate) fn narrow(x: f64) -> f32 {
    let (above, below) = (band_above(x) as f32, band_below(x) as f32);
    if above == below { above } else { f32::NAN }
}

/// Whether eight lanes look at the same series.
#[inline(always)]
fn same(lanes: &LaneSeries) -> bool {
    lanes.iter().all(|lane| std::ptr::eq(*lane, lanes[0]))
}

/// The first word in which any lane can compare something defined.
#[inline(always)]
fn first_word(left: &LaneSeries, right: &LaneSeries) -> usize {
    (0..8).map(|lane| left[lane].first.max(right[lane].first)).min().unwrap_or(0)
}

/// `left < right` (or `<=`) for all bars and lanes.
#[inline(always)]
pub(crate) fn less<V: LaneVector, const OR_EQUAL: bool>(
    left: &LaneSeries,
    right: &LaneSeries,
    to: &mut [Words],
) {
    let distinct = if same(left) && same(right) { 1 } else { 8 };
    for lane in 0..distinct {
        let (a, b) = (left[lane], right[lane]);
        for (w, out) in to.iter_mut().enumerate() {
            let mut above = 0;
            V::apart(&a.narrow[w].0, &b.narrow[w].0, &mut above, &mut out[lane]);
            if above | out[lane] | a.undefined[w] | b.undefined[w] != !0 {
                out[lane] = less_in_full::<V, OR_EQUAL>(a, b, w);
            }
        }
    }
    if distinct == 1 {
        to.iter_mut().for_each(|words| *words = Words::splat(words[0]));
    }
}

#[inline(always)]
fn less_in_full<V: LaneVector, const OR_EQUAL: bool>(
    left: &Series,
    right: &Series,
    word: usize,
) -> u64 {
    let (left, right) = (left.values(word), right.values(word));
    let mut out = 0;
    for (k, (a, b)) in left.as_chunks::<8>().0.iter().zip(right.as_chunks::<8>().0).enumerate() {
        let (a, b) = (V::load(a), V::load(b));
        put_byte(&mut out, k, V::bits(if OR_EQUAL { a.le(b) } else { a.lt(b) }));
    }
    out
}

/// Bars where `left` is above and where it is below `right`, by more than the band of a tie.
#[inline(always)]
pub(crate) fn sides<V: LaneVector>(
    left: &LaneSeries,
    right: &LaneSeries,
    above: &mut [Words],
    below: &mut [Words],
) {
    let first = first_word(left, right).min(above.len());
    above[..first].fill(Words::default());
    below[..first].fill(Words::default());
    for lane in 0..8 {
        lane_sides::<V>(
            left[lane],
            right[lane],
            first,
            lane,
            &mut above[first..],
            &mut below[first..],
        );
    }
}

/// [`sides`] of one lane, from word `first` on.
#[inline(always)]
fn lane_sides<V: LaneVector>(
    left: &Series,
    right: &Series,
    first: usize,
    lane: usize,
    above: &mut [Words],
    below: &mut [Words],
) {
    let words = left.narrow[first..].iter().zip(&right.narrow[first..]);
    let sides = above.iter_mut().zip(&mut *below);
    for ((Narrow(a), Narrow(b)), (above, below)) in words.zip(sides) {
        V::apart(a, b, &mut above[lane], &mut below[lane]);
    }
    // Only now, as reading back what was just written in parts would wait for it.
    let undefined = left.undefined[first..].iter().zip(&right.undefined[first..]);
    for (w, ((a, b), (above, below))) in undefined.zip(above.iter_mut().zip(below)).enumerate() {
        if above[lane] | below[lane] | a | b != !0 {
            (above[lane], below[lane]) = sides_in_full::<V>(left, right, first + w);
        }
    }
}

#[inline(always)]
fn sides_in_full<V: LaneVector>(left: &Series, right: &Series, word: usize) -> (u64, u64) {
    let (left, right) = (left.values(word), right.values(word));
    let (mut above, mut below) = (0, 0);
    for (k, (a, b)) in left.as_chunks::<8>().0.iter().zip(right.as_chunks::<8>().0).enumerate() {
        let (a, b) = (V::load(a), V::load(b));
        let width = b.abs().mul(V::splat(BAND));
        put_byte(&mut above, k, V::bits(b.add(width).lt(a)));
        put_byte(&mut below, k, V::bits(a.lt(b.sub(width))));
    }
    (above, below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::vector::{Isa, Kernel, dispatch};

    /// All comparisons of one constant with another: above, below, less, less or equal.
    struct All<'s>(&'s Series, &'s Series);

    impl Kernel for All<'_> {
        type Output = [Vec<Words>; 4];

        #[inline(always)]
        fn run<V: LaneVector>(self) -> Self::Output {
            let (left, right) = ([self.0; 8], [self.1; 8]);
            let mut out = [(); 4].map(|()| vec![Words::splat(7); self.0.narrow.len()]);
            let [above, below, before, not_after] = &mut out;
            sides::<V>(&left, &right, above, below);
            less::<V, false>(&left, &right, before);
            less::<V, true>(&left, &right, not_after);
            out
        }
    }

    #[test]
    fn values_that_round_to_one_f32_are_compared_in_full() {
        // Neighbours as f64, at the edges of a tie, on both sides of the middle between two f32, and where f32 ends.
        let middle = 100.0 + f64::from(f32::EPSILON) * 32.0;
        let mut values = vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 5e-324];
        for x in [100.0, -100.0, middle, 3.5e38, 1e-45, 1e-310] {
            for step in [0.0, 0.9 * BAND, 1.1 * BAND, 1e-9, 1e-3] {
                values.extend([x * (1.0 + step), x * (1.0 - step)]);
            }
            values.extend([f64::next_up(x), f64::next_down(x)]);
        }
        let everywhere = |yes: bool| if yes { !0 } else { 0 };
        for isa in Isa::ALL {
            let series: Vec<_> = values.iter().map(|x| Series::constant(isa, *x, 128)).collect();
            for (a, left) in values.iter().zip(&series) {
                for (b, right) in values.iter().zip(&series) {
                    let expected =
                        [*a > band_above(*b), *a < band_below(*b), a < b, a <= b].map(everywhere);
                    let found = dispatch(isa, All(left, right));
                    for (found, expected) in found.iter().zip(expected) {
                        assert_eq!(found[..], [Words::splat(expected); 2], "{isa:?} {a} {b}");
                    }
                }
            }
        }
    }
}
