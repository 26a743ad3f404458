//! The curve of one run with eight bars side by side.

use backcast_metrics::{BLOCK, CurveTotals, TimeCurve};

use crate::lanes::vector::{Isa, Kernel, LaneVector, dispatch};

/// From a row on, until the next stretch, cash and position are these at the close.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: u32,
    pub(super) cash: f64,
    pub(super) position: f64,
}

/// Equity at each of some closes, and what the curve comes down to; it began with `start` in cash. The first stretch begins at row 0.
pub(super) fn write_curve(
    isa: Isa,
    close: &[f64],
    stretches: &[Stretch],
    start: f64,
) -> (Vec<f64>, CurveTotals) {
    dispatch(isa, Writing { close, stretches, start })
}

struct Writing<'a> {
    close: &'a [f64],
    stretches: &'a [Stretch],
    start: f64,
}

impl Kernel for Writing<'_> {
    type Output = (Vec<f64>, CurveTotals);

    #[inline(always)]
    fn run<V: LaneVector>(self) -> Self::Output {
        let rows = self.close.len();
        let mut equity = Vec::with_capacity(rows);
        let mut curve = TimeCurve::<V>::new(self.start, self.start);
        let mut next = self.stretches.iter().peekable();
        let (mut cash, mut position) = (self.start, 0.0);
        while equity.len() < rows {
            let base = equity.len();
            let change = next.peek().map_or(rows, |next| next.from as usize);
            if position == 0.0 && change >= rows.min(base + BLOCK) {
                // Whole blocks in which nothing is held.
                let until = if change < rows { change / BLOCK * BLOCK } else { rows };
                equity.resize(until, cash);
                curve.flat(until - base);
                continue;
            }
            let rest = &self.close[base..];
            let padded;
            let (close, bars): (&[f64; BLOCK], usize) = match rest.first_chunk() {
                Some(close) => (close, BLOCK),
                None => {
                    padded = pad(rest);
                    (&padded, rest.len())
                }
            };
            let close = [
                V::load(close),
                V::load(&close[8..]),
                V::load(&close[16..]),
                V::load(&close[24..]),
            ];
            let mut now = marked(cash, position, &close);
            while let Some(stretch) = next.next_if(|next| (next.from as usize) < base + bars) {
                (cash, position) = (stretch.cash, stretch.position);
                let since = !0u32 << (stretch.from as usize - base);
                let after = marked(cash, position, &close);
                for (k, (now, after)) in now.iter_mut().zip(after).enumerate() {
                    *now = V::select(V::mask((since >> (8 * k)) as u8), after, *now);
                }
            }
            let mut block = [0.0; BLOCK];
            for (to, from) in block.as_chunks_mut::<8>().0.iter_mut().zip(now) {
                from.store(to);
            }
            if base == 0 {
                curve = TimeCurve::new(self.start, block[0]);
            }
            if bars == BLOCK {
                equity.extend_from_slice(&block);
                curve.vectors(now, BLOCK);
            } else {
                let last = block[bars - 1];
                block[bars..].fill(last);
                equity.extend_from_slice(&block[..bars]);
                curve.block(&block, bars);
            }
        }
        (equity, curve.totals())
    }
}

/// Equity of 32 bars with the same cash and position.
#[inline(always)]
fn marked<V: LaneVector>(cash: f64, position: f64, close: &[V; 4]) -> [V; 4] {
    let (cash, position) = (V::splat(cash), V::splat(position));
    [
        cash.add(position.mul(close[0])),
        cash.add(position.mul(close[1])),
        cash.add(position.mul(close[2])),
        cash.add(position.mul(close[3])),
    ]
}

/// The last closes with zeros behind them.
#[cold]
fn pad(close: &[f64]) -> [f64; BLOCK] {
    let mut padded = [0.0; BLOCK];
    padded[..close.len()].copy_from_slice(close);
    padded
}

struct Curve<'e> {
    equity: &'e [f64],
    start: f64,
}

impl Kernel for Curve<'_> {
    type Output = CurveTotals;

    #[inline(always)]
    fn run<V: LaneVector>(self) -> CurveTotals {
        let first = self.equity.first().copied().unwrap_or(self.start);
        let mut curve = TimeCurve::<V>::new(self.start, first);
        curve.extend(self.equity);
        curve.totals()
    }
}

/// Totals of an equity curve that began with `start` in cash, shape `(n,)`; the same bits at every level.
#[must_use]
pub fn curve_totals(isa: Isa, equity: &[f64], start: f64) -> CurveTotals {
    dispatch(isa, Curve { equity, start })
}
