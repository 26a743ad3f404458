//! Moving sums from double-double prefix sums.
//!
//! A prefix sum kept as a pair (`hi`, `lo`) loses nothing that matters: the difference of two of them is the sum of a
//! window to about 2e-16, whatever came before. So equal windows have equal averages, and a bad tick leaves no trace.
//!
//! Source: D. E. Knuth, "The Art of Computer Programming" 2, 4.2.2 (two_sum); T. J. Dekker, "A floating-point technique
//! for extending the available precision", Numerische Mathematik 18, 1971 (splitting).

use std::ops::Range;

use crate::ring::Ring;

/// Values that are added without a test of each one, and again with it where the sum shows that one of them was missing.
const PIECE: usize = 256;

/// Values whose rounding errors are worked out side by side: so few that the sums of the next ones are under way meanwhile.
const STEP: usize = 32;

/// `a + b` as the rounded sum and its rounding error; exact unless it overflows.
#[inline(always)]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, rounding_error(a, b, sum))
}

/// What `a + b` lost when it was rounded to `sum`.
#[inline(always)]
fn rounding_error(a: f64, b: f64, sum: f64) -> f64 {
    let b_part = sum - a;
    let a_part = sum - b_part;
    (a - a_part) + (b - b_part)
}

/// A running sum as a pair of floats.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pair {
    pub(crate) hi: f64,
    pub(crate) lo: f64,
}

impl Pair {
    #[inline(always)]
    pub(crate) fn add(&mut self, value: f64) {
        let (sum, error) = two_sum(self.hi, value);
        self.hi = sum;
        self.lo += error;
    }

    /// This prefix sum minus an earlier one, rounded.
    #[inline(always)]
    pub(crate) fn since(self, earlier: Pair) -> f64 {
        (self.hi - earlier.hi) + (self.lo - earlier.lo)
    }
}

/// Prefix sums of one series, made once and shared by all windows over it.
#[derive(Debug, Clone)]
pub struct PrefixSums {
    /// Rounded sum of the first `i` values at index `i`; one entry more than the series has bars.
    pub hi: Vec<f64>,
    /// What `hi` lost by rounding, at the same index.
    pub lo: Vec<f64>,
    valid_from: usize,
    missing: Vec<usize>,
}

impl PrefixSums {
    /// Prefix sums of `values`, from its first finite value on.
    pub fn new(values: &[f64]) -> Self {
        let first = values.iter().position(|value| value.is_finite());
        Self::starting_at(values, first.unwrap_or(values.len()))
    }

    /// Prefix sums of `values` from index `start` on, where earlier values are ignored. A value that is not finite adds nothing
    /// and makes the windows that hold it undefined.
    pub fn starting_at(values: &[f64], start: usize) -> Self {
        Self::of_mapped(values, start, |value| value)
    }

    /// Prefix sums of the squares of `values`, each square rounded.
    pub(crate) fn of_squares(values: &[f64], start: usize) -> Self {
        Self::of_mapped(values, start, |value| value * value)
    }

    #[inline(always)]
    fn of_mapped(values: &[f64], start: usize, map: impl Fn(f64) -> f64) -> Self {
        let valid_from = start.min(values.len());
        let (mut hi, mut lo) = (vec![0.0; values.len() + 1], vec![0.0; values.len() + 1]);
        let mut missing = Vec::new();
        let mut sum = Pair::default();
        add_values(
            &mut sum,
            &values[valid_from..],
            map,
            &mut hi[valid_from + 1..],
            &mut lo[valid_from + 1..],
            |at| missing.push(valid_from + at),
        );
        Self { hi, lo, valid_from, missing }
    }

    /// Whether every sum, and so every average, is a finite number; windows with missing values are undefined all the same.
    pub fn is_finite(&self) -> bool {
        // What has once left the finite numbers does not come back.
        self.hi.last().is_none_or(|sum| sum.is_finite())
    }

    /// Number of bars of the series.
    pub fn len(&self) -> usize {
        self.hi.len() - 1
    }

    /// Whether the series has no bars.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the first value that counts.
    pub fn valid_from(&self) -> usize {
        self.valid_from
    }

    /// Index of the first full window of `window` bars; the length of the series when there is none.
    pub fn first_full(&self, window: usize) -> usize {
        if window == 0 {
            return self.len();
        }
        self.valid_from.saturating_add(window - 1).min(self.len())
    }

    /// The sums at both ends of the windows that end at the bars of `range`, all of which must be full.
    fn window_ends(&self, window: usize, range: Range<usize>) -> WindowEnds<'_> {
        let new = range.start + 1..range.end + 1;
        let old = new.start - window..new.end - window;
        WindowEnds {
            hi_new: &self.hi[new.clone()],
            hi_old: &self.hi[old.clone()],
            lo_new: &self.lo[new],
            lo_old: &self.lo[old],
        }
    }

    /// Writes `NaN` over the windows ending in `from..from + out.len()` that hold a missing value.
    pub(crate) fn blank_missing(&self, window: usize, from: usize, out: &mut [f64]) {
        blank(&self.missing, window, from, out);
    }

    /// Sums times `scale` of all windows ending in `from..from + out.len()`, `NaN` where undefined.
    pub(crate) fn scaled_windows(&self, window: usize, scale: f64, from: usize, out: &mut [f64]) {
        self.windows(window, from, out, |ends, out| window_averages(ends, scale, out));
    }

    /// [`sma_from_prefix_range`] with [`window_averages`] compiled by the caller, for better instructions for instance.
    #[inline]
    pub fn averages_by(
        &self,
        average: impl FnOnce(WindowEnds<'_>, f64, &mut [f64]),
        window: usize,
        from: usize,
        out: &mut [f64],
    ) {
        self.windows(window, from, out, |ends, out| average(ends, 1.0 / window as f64, out));
    }

    #[inline(always)]
    fn windows(
        &self,
        window: usize,
        from: usize,
        out: &mut [f64],
        each: impl FnOnce(WindowEnds<'_>, &mut [f64]),
    ) {
        let end = from.saturating_add(out.len()).min(self.len()).max(from);
        let first = self.first_full(window).clamp(from, end);
        let (before, rest) = out.split_at_mut(first - from);
        let (inside, beyond) = rest.split_at_mut(end - first);
        before.fill(f64::NAN);
        beyond.fill(f64::NAN);
        if !inside.is_empty() {
            each(self.window_ends(window, first..end), inside);
            self.blank_missing(window, first, inside);
        }
    }
}

/// Prefix sums of a series that is read once, from its first value on, with only the newest kept. The bits are those of
/// [`PrefixSums`].
#[derive(Debug, Clone)]
pub struct RunningSums {
    sum: Pair,
    /// Room for sums, the first `kept` of which are there.
    hi: Vec<f64>,
    lo: Vec<f64>,
    kept: usize,
    /// Number of values before the first sum that is kept.
    first: usize,
    /// Values that are missing among those behind the first sum that is kept, counted from 0.
    missing: Vec<usize>,
}

impl Default for RunningSums {
    fn default() -> Self {
        let missing = Vec::new();
        Self { sum: Pair::default(), hi: vec![0.0], lo: vec![0.0], kept: 1, first: 0, missing }
    }
}

impl RunningSums {
    /// Number of values under the oldest sum that is kept.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Number of values so far.
    pub fn end(&self) -> usize {
        self.first + self.kept - 1
    }

    /// Whether every sum so far is a finite number.
    pub fn is_finite(&self) -> bool {
        self.sum.hi.is_finite()
    }

    /// Adds the next values. One that is not finite adds nothing and makes the windows that hold it undefined.
    #[inline(always)]
    pub fn extend(&mut self, values: &[f64]) {
        let (so_far, end) = (self.end(), self.kept + values.len());
        if end > self.hi.len() {
            self.hi.resize(end, 0.0);
            self.lo.resize(end, 0.0);
        }
        let (hi, lo) = (&mut self.hi[self.kept..end], &mut self.lo[self.kept..end]);
        let missing = &mut self.missing;
        add_values(&mut self.sum, values, |value| value, hi, lo, |at| missing.push(so_far + at));
        self.kept = end;
    }

    /// Drops the oldest sums where more than `wanted + slack` are kept, so that `wanted` are left.
    pub fn keep(&mut self, wanted: usize, slack: usize) {
        if self.kept > wanted + slack {
            let surplus = self.kept - wanted;
            self.hi.copy_within(surplus..self.kept, 0);
            self.lo.copy_within(surplus..self.kept, 0);
            self.kept = wanted;
            self.first += surplus;
            self.missing.retain(|at| *at >= self.first);
        }
    }

    /// Averages of the windows that end at the values `from..from + out.len()`, counted from 0, with [`window_averages`] compiled
    /// by the caller.
    ///
    /// # Panics
    /// If a sum that is needed is not there.
    #[inline]
    pub fn averages_by(
        &self,
        average: impl FnOnce(WindowEnds<'_>, f64, &mut [f64]),
        window: usize,
        from: usize,
        out: &mut [f64],
    ) {
        let new = from + 1 - self.first;
        let old = new - window;
        let (hi, lo) = (&self.hi[..self.kept], &self.lo[..self.kept]);
        let ends = WindowEnds {
            hi_new: &hi[new..new + out.len()],
            hi_old: &hi[old..old + out.len()],
            lo_new: &lo[new..new + out.len()],
            lo_old: &lo[old..old + out.len()],
        };
        average(ends, 1.0 / window as f64, out);
        blank(&self.missing, window, from, out);
    }
}

/// Writes `NaN` over the windows ending in `from..from + out.len()` that hold a missing value.
fn blank(missing: &[usize], window: usize, from: usize, out: &mut [f64]) {
    let mut done = from;
    for &index in missing {
        let start = index.max(done).min(from + out.len());
        let end = index.saturating_add(window).clamp(start, from + out.len());
        out[start - from..end - from].fill(f64::NAN);
        done = done.max(end);
    }
}

/// Sums at the ends of some windows: after their newest value, and before their oldest.
#[derive(Clone, Copy, Debug)]
pub struct WindowEnds<'a> {
    /// Rounded sums after the newest value.
    pub hi_new: &'a [f64],
    /// Rounded sums before the oldest value.
    pub hi_old: &'a [f64],
    /// What `hi_new` lost by rounding.
    pub lo_new: &'a [f64],
    /// What `hi_old` lost by rounding.
    pub lo_old: &'a [f64],
}

/// Adds values to a running sum and writes down each sum; all slices have one length. One that is not finite adds nothing, and
/// `miss` gets its place.
#[inline(always)]
fn add_values(
    sum: &mut Pair,
    values: &[f64],
    map: impl Fn(f64) -> f64,
    hi: &mut [f64],
    lo: &mut [f64],
    mut miss: impl FnMut(usize),
) {
    let sums = hi.chunks_mut(PIECE).zip(lo.chunks_mut(PIECE));
    for (number, (piece, (hi, lo))) in values.chunks(PIECE).zip(sums).enumerate() {
        let before = *sum;
        write_sums(sum, piece, &map, hi, lo);
        // What has once left the finite numbers does not come back.
        if sum.hi.is_finite() {
            continue;
        }
        *sum = before;
        for (i, value) in piece.iter().enumerate() {
            if value.is_finite() {
                sum.add(map(*value));
            } else {
                miss(number * PIECE + i);
            }
            (hi[i], lo[i]) = (sum.hi, sum.lo);
        }
    }
}

/// Adds values to a running sum and writes down each sum; all slices have one length.
#[inline(always)]
fn write_sums(
    sum: &mut Pair,
    values: &[f64],
    map: impl Fn(f64) -> f64,
    hi: &mut [f64],
    lo: &mut [f64],
) {
    // A local that nothing refers to stays in registers.
    let mut running = *sum;
    let mut errors: &mut [f64] = &mut [];
    let sums = hi.chunks_mut(STEP).zip(lo.chunks_mut(STEP));
    for (values, (hi, lo)) in values.chunks(STEP).zip(sums) {
        // Sums must wait for each other: so the errors of one step are summed beside the values of the next.
        let before = running.hi;
        let both = values.len().min(errors.len());
        let (values_beside, values_alone) = values.split_at(both);
        let (hi_beside, hi_alone) = hi.split_at_mut(both);
        let (lo_beside, lo_alone) = errors.split_at_mut(both);
        for ((value, hi), lo) in values_beside.iter().zip(hi_beside).zip(lo_beside) {
            running.hi += map(*value);
            *hi = running.hi;
            running.lo += *lo;
            *lo = running.lo;
        }
        for (value, hi) in values_alone.iter().zip(hi_alone) {
            running.hi += map(*value);
            *hi = running.hi;
        }
        sum_errors(&mut running.lo, lo_alone);
        // The errors themselves need not wait and run on vectors.
        lo[0] = rounding_error(before, map(values[0]), hi[0]);
        for (lo, (value, sums)) in lo[1..].iter_mut().zip(values[1..].iter().zip(hi.windows(2))) {
            *lo = rounding_error(sums[0], map(*value), sums[1]);
        }
        errors = lo;
    }
    sum_errors(&mut running.lo, errors);
    *sum = running;
}

/// Turns errors into their running sum, in place.
#[inline(always)]
fn sum_errors(sum: &mut f64, errors: &mut [f64]) {
    for error in errors {
        *sum += *error;
        *error = *sum;
    }
}

/// `((hi_new - hi_old) + (lo_new - lo_old)) * scale` for each window, the one place of this formula for whole slices.
///
/// # Panics
/// If the sums are fewer than `out` has places.
#[inline(always)]
pub fn window_averages(ends: WindowEnds<'_>, scale: f64, out: &mut [f64]) {
    let bars = out.len();
    let (hi_new, hi_old) = (&ends.hi_new[..bars], &ends.hi_old[..bars]);
    let (lo_new, lo_old) = (&ends.lo_new[..bars], &ends.lo_old[..bars]);
    for bar in 0..bars {
        out[bar] = ((hi_new[bar] - hi_old[bar]) + (lo_new[bar] - lo_old[bar])) * scale;
    }
}

/// Simple moving average over `window` bars of the series that `prefix` was made of, one value per bar into `out`.
/// Returns the index of the first full window. A window of 0 bars is undefined everywhere.
///
/// # Examples
/// ```
/// # use backcast_indicators::{PrefixSums, sma_from_prefix};
/// let prefix = PrefixSums::new(&[1.0, 2.0, 6.0]);
/// let mut average = [0.0; 3];
/// assert_eq!(sma_from_prefix(&prefix, 2, &mut average), 1);
/// assert_eq!(average[1..], [1.5, 4.0]);
/// ```
pub fn sma_from_prefix(prefix: &PrefixSums, window: usize, out: &mut [f64]) -> usize {
    sma_from_prefix_range(prefix, window, 0, out)
}

/// The bars `from..from + out.len()` of [`sma_from_prefix`], bit for bit, so that a caller can work in pieces that fit the
/// cache. Returns the index of the first full window, counted from the start of the series.
pub fn sma_from_prefix_range(
    prefix: &PrefixSums,
    window: usize,
    from: usize,
    out: &mut [f64],
) -> usize {
    prefix.scaled_windows(window, 1.0 / window as f64, from, out);
    prefix.first_full(window)
}

/// Sum of the last `period` bars, kept as a difference of double-double prefix sums.
#[derive(Debug, Clone)]
pub(crate) struct MovingSum {
    prefix: Pair,
    past: Ring<Pair>,
    run: usize,
}

impl MovingSum {
    pub(crate) fn new(period: usize) -> Self {
        Self { prefix: Pair::default(), past: Ring::new(period), run: 0 }
    }

    /// Sum of the window that ends at this bar; `NaN` while it is not full of defined values.
    #[inline]
    pub(crate) fn step(&mut self, value: f64) -> f64 {
        // A copy in registers: read back from memory as a pair it would wait for two stores.
        let mut prefix = self.prefix;
        let gap = value.is_nan();
        prefix.add(if gap { 0.0 } else { value });
        self.run = if gap { 0 } else { self.run + 1 };
        self.prefix = prefix;
        let before = self.past.replace(prefix).unwrap_or_default();
        if self.run < self.past.capacity() {
            return f64::NAN;
        }
        prefix.since(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_tick_leaves_no_trace_in_later_windows() {
        let mut values = vec![0.1; 50];
        values[10] = 1e12;
        let mut out = vec![0.0; 50];
        sma_from_prefix(&PrefixSums::new(&values), 5, &mut out);
        assert_eq!(out[9], out[15]);
        assert_eq!(out[9], out[49]);
    }

    #[test]
    fn pieces_equal_the_whole() {
        let mut values: Vec<f64> = (0..97).map(|i| (i as f64 * 0.7).sin()).collect();
        values[40] = f64::NAN;
        let prefix = PrefixSums::new(&values);
        let mut whole = vec![0.0; 97];
        assert_eq!(sma_from_prefix(&prefix, 9, &mut whole), 8);
        for size in [1, 7, 50, 200] {
            let mut pieces = Vec::new();
            for from in (0..97).step_by(size) {
                let mut piece = vec![0.0; size.min(97 - from)];
                sma_from_prefix_range(&prefix, 9, from, &mut piece);
                pieces.extend(piece);
            }
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&pieces), bits(&whole));
        }
        assert!(whole[40..49].iter().all(|value| value.is_nan()));
        assert!(whole[39].is_finite() && whole[49].is_finite());
    }

    #[test]
    fn a_window_longer_than_the_data_is_undefined() {
        let prefix = PrefixSums::new(&[1.0, 2.0]);
        for window in [0, 3, usize::MAX] {
            let mut out = [0.0; 2];
            assert_eq!(sma_from_prefix(&prefix, window, &mut out), 2);
            assert!(out.iter().all(|value| value.is_nan()));
        }
    }
}
