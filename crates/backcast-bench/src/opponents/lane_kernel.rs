//! A lane kernel that knows one job only: eight slow windows side by side, one fast window, return, Sharpe and drawdown.
//!
//! It has the vector instructions of the engine and none of its generality: averages are made and compared bar by bar, fills are the
//! one kind there is. Averages are inside its time.

use backcast_engine::lanes::{Isa, Kernel, LaneVector, dispatch};

use super::{BAND, Money, Prices, Three, each, moving_average};

/// Fast windows that a worker takes at a time.
const FAST_AT_A_TIME: usize = 20;

/// Eight slow averages with the band on either side, bar by bar: lane 0 of bar 0, lane 1 of bar 0, ...
struct Slow {
    upper: Vec<f64>,
    lower: Vec<f64>,
    /// First bar at which one of them exists.
    first: usize,
}

impl Slow {
    /// The last window fills lanes that are left over.
    fn new(close: &[f64], windows: &[usize]) -> Slow {
        let mut slow = Slow {
            upper: vec![f64::INFINITY; close.len() * 8],
            lower: vec![f64::NEG_INFINITY; close.len() * 8],
            first: windows.iter().min().map_or(0, |window| window - 1),
        };
        for lane in 0..8 {
            let window = windows[lane.min(windows.len() - 1)];
            let (mut sum, scale) = (0.0, 1.0 / window as f64);
            for (i, price) in close.iter().enumerate() {
                sum += price;
                if i >= window {
                    sum -= close[i - window];
                }
                if i + 1 >= window {
                    let average = sum * scale;
                    let band = BAND * average.abs();
                    slow.upper[i * 8 + lane] = average + band;
                    slow.lower[i * 8 + lane] = average - band;
                }
            }
        }
        slow
    }
}

/// Metrics of all pairs in order of trial index, slow windows fastest.
pub(crate) fn grid(
    prices: Prices,
    (fast, slow): (&[usize], &[usize]),
    money: &Money,
    (isa, threads): (Isa, usize),
) -> Vec<Three> {
    let averages: Vec<_> = fast.iter().map(|w| moving_average(prices.close, *w, 0.0)).collect();
    let mut out = vec![Three::default(); fast.len() * slow.len()];
    let mut rows: Vec<_> = out.chunks_mut(slow.len()).zip(&averages).collect();
    let mut rest: Vec<&mut [Three]> = rows.iter_mut().map(|(out, _)| &mut **out).collect();
    for windows in slow.chunks(8) {
        let slow = Slow::new(prices.close, windows);
        let mut pieces = Vec::with_capacity(rest.len());
        for row in &mut rest {
            let (piece, others) = std::mem::take(row).split_at_mut(windows.len());
            pieces.push(piece);
            *row = others;
        }
        let mut work: Vec<_> = pieces.into_iter().zip(&averages).collect();
        each(threads, work.chunks_mut(FAST_AT_A_TIME).collect(), |work| {
            for (out, fast) in work {
                let eight = dispatch(isa, Eight { prices, fast, slow: &slow, money });
                out.copy_from_slice(&eight[..out.len()]);
            }
        });
    }
    out
}

/// One fast window against eight slow ones.
struct Eight<'a> {
    prices: Prices<'a>,
    fast: &'a [f64],
    slow: &'a Slow,
    money: &'a Money,
}

impl Kernel for Eight<'_> {
    type Output = [Three; 8];

    #[inline(always)]
    fn run<V: LaneVector>(self) -> [Three; 8] {
        let (prices, slow, money) = (self.prices, self.slow, self.money);
        let one = V::splat(1.0);
        let (mut cash, mut shares) = (V::splat(money.cash), V::splat(0.0));
        let (mut previous, mut peak, mut lowest) = (cash, cash, cash);
        let (mut sum, mut squares, mut worst) = (V::splat(0.0), V::splat(0.0), one);
        let (mut was_above, mut was_below, mut held) = (0u8, 0u8, 0u8);
        let (mut buying, mut selling) = (0u8, 0u8);
        let bars = prices.open.iter().zip(prices.close).zip(self.fast);
        let bands = slow.upper.chunks_exact(8).zip(slow.lower.chunks_exact(8));
        for (((open, close), fast), (upper, lower)) in bars.zip(bands).skip(slow.first) {
            let active = held | buying;
            if buying | selling != 0 {
                let price = V::splat(*open);
                let sold = V::mask(selling);
                let worth = shares.mul(price);
                let brought = cash.add(worth.sub(worth.mul(V::splat(money.rate))));
                cash = V::select(sold, brought, cash);
                shares = V::select(sold, V::splat(0.0), shares);
                let (bought, left) = buy(cash, price, money.rate);
                let filled = buying & V::bits(one.le(bought));
                cash = V::select(V::mask(filled), left, cash);
                shares = V::select(V::mask(filled), bought, shares);
                held = held & !selling | filled;
            }
            let fast = V::splat(*fast);
            let above = V::bits(fast.gt(V::load(upper)));
            let below = V::bits(fast.lt(V::load(lower)));
            buying = above & was_below & !held;
            selling = below & was_above & held;
            was_above = above | was_above & !below;
            was_below = below | was_below & !above;
            if active == 0 {
                continue;
            }
            let equity = cash.add(shares.mul(V::splat(*close)));
            let change = equity.div(previous).sub(one);
            sum = sum.add(change);
            squares = squares.add(change.mul(change));
            previous = equity;
            let risen = peak.lt(equity);
            if V::bits(risen) != 0 {
                peak = V::select(risen, equity, peak);
                lowest = V::select(risen, peak.mul(worst), lowest);
            }
            let fallen = equity.lt(lowest);
            if V::bits(fallen) != 0 {
                worst = V::select(fallen, equity.div(peak), worst);
                lowest = V::select(fallen, equity, lowest);
            }
        }
        let (last, sum, squares, worst) =
            (lanes(previous), lanes(sum), lanes(squares), lanes(worst));
        let bars = prices.close.len();
        std::array::from_fn(|i| money.three(bars, last[i], sum[i], squares[i], worst[i]))
    }
}

// No closures below: they would not inherit the instructions of the kernel.

#[inline(always)]
fn lanes<V: LaneVector>(vector: V) -> [f64; 8] {
    let mut out = [0.0; 8];
    vector.store(&mut out);
    out
}

/// Cash after some shares are paid for.
#[inline(always)]
fn left_after<V: LaneVector>(cash: V, shares: V, price: V, rate: f64) -> V {
    let worth = shares.mul(price);
    cash.sub(worth.add(worth.mul(V::splat(rate))))
}

/// Whole shares for all cash, and the cash that is left.
#[inline(always)]
fn buy<V: LaneVector>(cash: V, price: V, rate: f64) -> (V, V) {
    let shares = cash.div(price.mul(V::splat(1.0 + rate))).floor();
    let left = left_after(cash, shares, price, rate);
    let over = left.lt(V::splat(0.0));
    let shares = V::select(over, shares.sub(V::splat(1.0)), shares);
    (shares, V::select(over, left_after(cash, shares, price, rate), left))
}
