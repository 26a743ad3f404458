//! The definition of returns, their sums and the drawdown, in blocks of 32 bars.
//!
//! - Blocks start at bars 0, 32, 64, ... of the evaluated range; the last is padded with its last equity.
//! - Return `r = (e - prev) * (1 / prev)`. The reciprocals of bars j, j+8, j+16, j+24 of a block share one division.
//!   Where one of those four `prev` is outside 1e-60..1e60, all four are `(e - prev) / prev`, and 0 where `prev <= 0`.
//! - Sums: eight partial sums by bar index mod 8; in a block `s[j] += (r0 + r1) + (r2 + r3)`, squares and squares of negative
//!   returns alike; at the end `((s0+s4) + (s1+s5)) + ((s2+s6) + (s3+s7))`.
//! - Drawdown: `worst` is the least `e / peak` over all bars, where the peak includes starting cash.
//! - Drawdown length: the longest run of bars without a new peak.

use crate::{Array8, Vector};

/// Bars of a block.
pub const BLOCK: usize = 32;

/// Outside of these a product of four equities may leave the range of `f64`.
const SMALLEST: f64 = 1e-60;
const LARGEST: f64 = 1e60;

/// Above one by more than all roundings of the drawdown filter together; it only decides what is looked at.
const FILTER: f64 = 1e-14;

/// What the curve of one run comes down to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CurveTotals {
    /// Sum of returns.
    pub sum: f64,
    /// Sum of their squares.
    pub squares: f64,
    /// Sum of the squares of the negative ones.
    pub downside: f64,
    /// Least equity by peak.
    pub worst: f64,
    /// Longest run of bars without a new peak.
    pub longest: f64,
    /// Last equity.
    pub last: f64,
}

/// Returns of four bars whose reciprocals share a division; `p` are the equities before, `e` the equities.
#[inline(always)]
fn returns<V: Vector>(p: [V; 4], e: [V; 4]) -> [V; 4] {
    let x = p[0].mul(p[1]);
    let y = p[2].mul(p[3]);
    let v = V::splat(1.0).div(x.mul(y));
    let (ix, iy) = (v.mul(y), v.mul(x));
    [
        e[0].sub(p[0]).mul(ix.mul(p[1])),
        e[1].sub(p[1]).mul(ix.mul(p[0])),
        e[2].sub(p[2]).mul(iy.mul(p[3])),
        e[3].sub(p[3]).mul(iy.mul(p[2])),
    ]
}

/// The same where some equity is out of range: lane by lane the shared or the plain form.
#[cold]
#[inline(never)]
fn returns_checked<V: Vector>(p: [V; 4], e: [V; 4]) -> [V; 4] {
    let low = p[0].min(p[1]).min(p[2].min(p[3]));
    let high = p[0].max(p[1]).max(p[2].max(p[3]));
    let usual = V::bits(low.gt(V::splat(SMALLEST))) & V::bits(high.lt(V::splat(LARGEST)));
    let shared = returns(p, e);
    let zero = V::splat(0.0);
    let mut out = shared;
    for i in 0..4 {
        let plain = e[i].sub(p[i]).div(p[i]);
        let plain = V::select(p[i].gt(zero), plain, zero);
        out[i] = V::select(V::mask(usual), shared[i], plain);
    }
    out
}

#[inline(always)]
fn sum4<V: Vector>(r: [V; 4]) -> V {
    r[0].add(r[1]).add(r[2].add(r[3]))
}

#[inline(always)]
fn squares4<V: Vector>(r: [V; 4]) -> V {
    sum4([r[0].mul(r[0]), r[1].mul(r[1]), r[2].mul(r[2]), r[3].mul(r[3])])
}

#[inline(always)]
fn downside4<V: Vector>(r: [V; 4]) -> V {
    let zero = V::splat(0.0);
    squares4([r[0].min(zero), r[1].min(zero), r[2].min(zero), r[3].min(zero)])
}

/// Equity of an account whose position is worth `price` a share.
#[inline(always)]
fn mark<V: Vector>(cash: V, position: V, price: f64) -> V {
    cash.add(position.mul(V::splat(price)))
}

/// The lanes of a vector, in the first places.
#[inline(always)]
fn lanes<V: Vector>(v: V) -> [f64; 8] {
    let mut to = [0.0; 8];
    v.store(&mut to);
    to
}

/// Eight vectors of partial sums as the total of each lane.
#[inline(always)]
fn lane_totals<V: Vector>(parts: &[V; 8]) -> [f64; 8] {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = *parts;
    lanes(s0.add(s4).add(s1.add(s5)).add(s2.add(s6).add(s3.add(s7))))
}

/// `((s0+s4) + (s1+s5)) + ((s2+s6) + (s3+s7))`.
fn total(s: [f64; 8]) -> f64 {
    ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]))
}

/// Highest and lowest of a block, in four chains side by side: in one, each bar would wait for the one before.
#[inline(always)]
fn extremes<V: Vector>(equity: &[V; BLOCK]) -> (V, V) {
    let mut top = [equity[0], equity[1], equity[2], equity[3]];
    let mut bottom = top;
    for four in equity[4..].as_chunks::<4>().0 {
        for chain in 0..4 {
            top[chain] = four[chain].max(top[chain]);
            bottom[chain] = four[chain].min(bottom[chain]);
        }
    }
    (
        top[0].max(top[1]).max(top[2].max(top[3])),
        bottom[0].min(bottom[1]).min(bottom[2].min(bottom[3])),
    )
}

/// Whether a block may hold a new worst drawdown. Never says no where the answer is yes.
#[inline(always)]
fn may_fall<V: Vector>(lowest: V, worst: V, peak: V) -> V::Mask {
    let bound = worst.mul(peak);
    let bound = bound.add(bound.abs().mul(V::splat(FILTER)));
    // A negative equity by an earlier, smaller peak is lower still: look at each bar.
    lowest.lt(bound.max(V::splat(0.0)))
}

/// Curves of as many parameter sets as there are lanes, fed block by block.
///
/// `PATH` also keeps the downside and the length of drawdowns.
#[derive(Clone, Copy)]
pub struct SetsCurve<V: Vector, const PATH: bool> {
    prev: V,
    sum: [V; 8],
    squares: [V; 8],
    downside: [V; 8],
    peak: V,
    worst: V,
    newest_peak: V,
    longest: V,
    bars: f64,
}

impl<V: Vector, const PATH: bool> SetsCurve<V, PATH> {
    /// Curves that begin with so much cash; `first` is the equity at the close of the first bar.
    #[inline(always)]
    pub fn new(start: V, first: V) -> Self {
        let zero = [V::splat(0.0); 8];
        SetsCurve {
            prev: first,
            sum: zero,
            squares: zero,
            downside: zero,
            peak: start,
            worst: V::splat(1.0),
            newest_peak: V::splat(-1.0),
            longest: V::splat(0.0),
            bars: 0.0,
        }
    }

    /// Equity at the last bar so far.
    #[inline(always)]
    pub fn last(&self) -> V {
        self.prev
    }

    /// `bars` bars during which no lane held a position: equity stays what it is.
    #[inline(always)]
    pub fn flat(&mut self, bars: usize) {
        self.bars += bars as f64;
    }

    /// A block during which cash and position are constant in every lane: equity is `cash + position * close`.
    ///
    /// `highest` and `lowest` are those of the block's closes. Exact, because rounding is monotone.
    #[inline(always)]
    pub fn steady(
        &mut self,
        cash: V,
        position: V,
        close: &[f64; BLOCK],
        highest: f64,
        lowest: f64,
    ) {
        let (a, b) = (mark(cash, position, highest), mark(cash, position, lowest));
        let (top, bottom) = (a.max(b), a.min(b));
        if self.in_range(top, bottom) {
            let mut before = [
                self.prev,
                mark(cash, position, close[7]),
                mark(cash, position, close[15]),
                mark(cash, position, close[23]),
            ];
            let last_column = before;
            for j in 0..8 {
                // The last column was needed first, as the bars before the first column.
                let now = if j == 7 {
                    [
                        last_column[1],
                        last_column[2],
                        last_column[3],
                        mark(cash, position, close[31]),
                    ]
                } else {
                    [
                        mark(cash, position, close[j]),
                        mark(cash, position, close[j + 8]),
                        mark(cash, position, close[j + 16]),
                        mark(cash, position, close[j + 24]),
                    ]
                };
                self.add_returns(j, returns(before, now));
                before = now;
            }
            self.fall_steady(cash, position, close, top, bottom);
            self.prev = before[3];
            self.bars += BLOCK as f64;
        } else {
            let mut block = [V::splat(0.0); BLOCK];
            for (e, x) in block.iter_mut().zip(close) {
                *e = mark(cash, position, *x);
            }
            self.block(&block, BLOCK);
        }
    }

    /// A block of equities of which the first `bars` count; the others repeat the last of them.
    #[inline(always)]
    pub fn block(&mut self, equity: &[V; BLOCK], bars: usize) {
        let (top, bottom) = extremes(equity);
        let usual = self.in_range(top, bottom);
        let mut before = [self.prev, equity[7], equity[15], equity[23]];
        for j in 0..8 {
            let now = [equity[j], equity[j + 8], equity[j + 16], equity[j + 24]];
            let r = if usual { returns(before, now) } else { returns_checked(before, now) };
            self.add_returns(j, r);
            before = now;
        }
        self.fall(equity, bars, top, bottom);
        self.prev = equity[BLOCK - 1];
        self.bars += bars as f64;
    }

    #[inline(always)]
    fn in_range(&self, top: V, bottom: V) -> bool {
        let all = V::bits(V::splat(0.0).le(V::splat(0.0)));
        let low = bottom.min(self.prev).gt(V::splat(SMALLEST));
        let high = top.max(self.prev).lt(V::splat(LARGEST));
        V::bits(low) & V::bits(high) == all
    }

    #[inline(always)]
    fn add_returns(&mut self, j: usize, r: [V; 4]) {
        self.sum[j] = self.sum[j].add(sum4(r));
        self.squares[j] = self.squares[j].add(squares4(r));
        if PATH {
            self.downside[j] = self.downside[j].add(downside4(r));
        }
    }

    /// Drawdown of a steady block: the buffer of equities is only made where single bars matter.
    #[inline(always)]
    fn fall_steady(&mut self, cash: V, position: V, close: &[f64; BLOCK], top: V, bottom: V) {
        let peak = top.max(self.peak);
        let risen = V::bits(top.gt(self.peak));
        let fallen = V::bits(may_fall(bottom, self.worst, peak));
        if risen & (if PATH { 0xff } else { fallen }) != 0 {
            let mut block = [V::splat(0.0); BLOCK];
            for (e, x) in block.iter_mut().zip(close) {
                *e = mark(cash, position, *x);
            }
            self.each_bar(&block, BLOCK, fallen != 0);
        } else {
            if fallen != 0 {
                self.worst = bottom.div(self.peak).min(self.worst);
            }
            self.peak = peak;
        }
    }

    #[inline(always)]
    fn fall(&mut self, equity: &[V; BLOCK], bars: usize, top: V, bottom: V) {
        let peak = top.max(self.peak);
        let risen = V::bits(top.gt(self.peak));
        let fallen = V::bits(may_fall(bottom, self.worst, peak));
        if risen & (if PATH { 0xff } else { fallen }) != 0 {
            self.each_bar(equity, bars, fallen != 0);
        } else {
            if fallen != 0 {
                self.worst = bottom.div(self.peak).min(self.worst);
            }
            self.peak = peak;
        }
    }

    /// Drawdown of a block bar by bar. From one peak to the next the lowest equity decides, for division is monotone.
    #[inline(always)]
    fn each_bar(&mut self, equity: &[V; BLOCK], bars: usize, fallen: bool) {
        let mut lowest = self.peak;
        for (i, e) in equity[..bars].iter().enumerate() {
            let rises = e.gt(self.peak);
            if PATH {
                let bar = V::splat(self.bars + i as f64);
                let run = bar.sub(self.newest_peak).sub(V::splat(1.0));
                self.longest = V::select(rises, run.max(self.longest), self.longest);
                self.newest_peak = V::select(rises, bar, self.newest_peak);
            }
            if fallen {
                self.fall_to(lowest, V::bits(rises));
                lowest = e.min(V::select(rises, *e, lowest));
            }
            self.peak = e.max(self.peak);
        }
        if fallen {
            self.fall_to(lowest, u8::MAX);
        }
    }

    /// The lowest equity since the peak is this; of interest in some lanes.
    #[inline(always)]
    fn fall_to(&mut self, lowest: V, of_interest: u8) {
        if of_interest & V::bits(may_fall(lowest, self.worst, self.peak)) != 0 {
            self.worst = lowest.div(self.peak).min(self.worst);
        }
    }

    /// Totals of each lane, as many as there are in `out`.
    #[inline(always)]
    pub fn totals(&self, out: &mut [CurveTotals]) {
        let (sum, squares) = (lane_totals(&self.sum), lane_totals(&self.squares));
        let downside = lane_totals(&self.downside);
        let (worst, longest, newest, last) =
            (lanes(self.worst), lanes(self.longest), lanes(self.newest_peak), lanes(self.prev));
        for (lane, out) in out.iter_mut().take(V::LANES).enumerate() {
            let run = self.bars - 1.0 - newest[lane];
            *out = CurveTotals {
                sum: sum[lane],
                squares: squares[lane],
                downside: downside[lane],
                worst: worst[lane],
                longest: if run > longest[lane] { run } else { longest[lane] },
                last: last[lane],
            };
        }
    }
}

/// The curve of one run, fed block by block, with eight bars side by side. `V` has eight lanes.
#[derive(Clone, Copy)]
pub struct TimeCurve<V: Vector> {
    /// The last lane is the last equity so far.
    prev: V,
    sum: V,
    squares: V,
    downside: V,
    peak: f64,
    worst: f64,
    newest_peak: f64,
    longest: f64,
    bars: f64,
}

impl<V: Vector> TimeCurve<V> {
    /// A curve that begins with so much cash; `first` is the equity at the close of the first bar.
    #[inline(always)]
    pub fn new(start: f64, first: f64) -> Self {
        const { assert!(V::LANES == 8) };
        let zero = V::splat(0.0);
        TimeCurve {
            prev: V::splat(first),
            sum: zero,
            squares: zero,
            downside: zero,
            peak: start,
            worst: 1.0,
            newest_peak: -1.0,
            longest: 0.0,
            bars: 0.0,
        }
    }

    /// All blocks of a curve, padding the last.
    #[inline(always)]
    pub fn extend(&mut self, equity: &[f64]) {
        let (blocks, rest) = equity.as_chunks::<BLOCK>();
        for block in blocks {
            self.block(block, BLOCK);
        }
        if let Some(last) = rest.last() {
            let mut block = [*last; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            self.block(&block, rest.len());
        }
    }

    /// `bars` bars during which no position is held: equity stays what it is.
    #[inline(always)]
    pub fn flat(&mut self, bars: usize) {
        self.bars += bars as f64;
    }

    /// A block of equities of which the first `bars` count; the others repeat the last of them.
    #[inline(always)]
    pub fn block(&mut self, equity: &[f64; BLOCK], bars: usize) {
        let load = |from: usize| V::load(&equity[from..]);
        self.vectors([load(0), load(8), load(16), load(24)], bars);
    }

    /// [`TimeCurve::block`] with the equities in four vectors.
    #[inline(always)]
    pub fn vectors(&mut self, now: [V; 4], bars: usize) {
        let before = [
            now[0].after(self.prev),
            now[1].after(now[0]),
            now[2].after(now[1]),
            now[3].after(now[2]),
        ];
        let top = now[0].max(now[1]).max(now[2].max(now[3]));
        let bottom = now[0].min(now[1]).min(now[2].min(now[3]));
        let all = V::bits(V::splat(0.0).le(V::splat(0.0)));
        let usual = V::bits(bottom.min(before[0]).gt(V::splat(SMALLEST)))
            & V::bits(top.max(before[0]).lt(V::splat(LARGEST)));
        let r = if usual == all { returns(before, now) } else { returns_checked(before, now) };
        self.sum = self.sum.add(sum4(r));
        self.squares = self.squares.add(squares4(r));
        self.downside = self.downside.add(downside4(r));
        self.fall(now, bars, top, bottom);
        self.prev = now[3];
        self.bars += bars as f64;
    }

    /// Drawdown of a block, of which `top` and `bottom` hold the highest and the lowest equity.
    #[inline(always)]
    fn fall(&mut self, equity: [V; 4], bars: usize, top: V, bottom: V) {
        if V::bits(top.gt(V::splat(self.peak))) != 0 {
            self.each_bar(equity, bars);
        } else if V::bits(may_fall(bottom, V::splat(self.worst), V::splat(self.peak))) != 0 {
            let bottom = lanes(bottom);
            self.fall_to(bottom[1..].iter().fold(bottom[0], |a, b| Vector::min(*b, a)));
        }
    }

    /// Drawdown of a block with a new peak.
    #[inline(always)]
    fn each_bar(&mut self, equity: [V; 4], bars: usize) {
        let mut block = [0.0; BLOCK];
        for (to, from) in block.as_chunks_mut::<8>().0.iter_mut().zip(equity) {
            from.store(to);
        }
        let mut lowest = self.peak;
        for (i, e) in block[..bars].iter().enumerate() {
            if *e > self.peak {
                self.fall_to(lowest);
                let bar = self.bars + i as f64;
                self.longest = Vector::max(bar - self.newest_peak - 1.0, self.longest);
                self.newest_peak = bar;
                (self.peak, lowest) = (*e, *e);
            }
            lowest = Vector::min(*e, lowest);
        }
        self.fall_to(lowest);
    }

    /// The lowest equity since the peak is this.
    #[inline(always)]
    fn fall_to(&mut self, lowest: f64) {
        if may_fall(lowest, self.worst, self.peak) {
            self.worst = Vector::min(lowest / self.peak, self.worst);
        }
    }

    /// What the curve comes down to.
    #[inline(always)]
    pub fn totals(&self) -> CurveTotals {
        CurveTotals {
            sum: total(lanes(self.sum)),
            squares: total(lanes(self.squares)),
            downside: total(lanes(self.downside)),
            worst: self.worst,
            longest: Vector::max(self.bars - 1.0 - self.newest_peak, self.longest),
            last: lanes(self.prev)[7],
        }
    }
}

/// Totals of a whole equity curve that began with `start` in cash, shape `(n,)`, oldest first.
#[must_use]
pub fn totals_of(equity: &[f64], start: f64) -> CurveTotals {
    let mut curve = TimeCurve::<Array8>::new(start, equity.first().copied().unwrap_or(start));
    curve.extend(equity);
    curve.totals()
}
