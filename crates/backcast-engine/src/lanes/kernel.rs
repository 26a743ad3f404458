//! Eight parameter sets through one stretch of bars, one in each lane.
//!
//! Bars come in blocks of 32. A block in which nothing can happen is one of two straight paths: nobody holds anything, or cash and
//! positions are constant. Only the others are walked bar by bar.

use std::ops::Range;

use backcast_metrics::{BLOCK, SetsCurve, Tally};

use super::{
    signals::{Plane, Planes, Signals},
    target::Target,
    vector::LaneVector,
};
use crate::{
    actions::{Action, Actions},
    config::{FillTiming, RunConfig, Sizing},
    math::Terms,
};

/// Traded prices of the asset and what happens to it.
pub(crate) struct Tape<'a> {
    pub(crate) open: &'a [f64],
    pub(crate) close: &'a [f64],
    pub(crate) actions: &'a Actions,
}

/// Highest and lowest close of each whole block of a window.
pub(crate) struct BlockRanges(Vec<(f64, f64)>);

impl BlockRanges {
    /// The ranges of a window's closes.
    pub(crate) fn of(close: &[f64]) -> BlockRanges {
        let range = |block: &[f64; BLOCK]| {
            block.iter().fold((block[0], block[0]), |(high, low), x| {
                (if *x > high { *x } else { high }, if *x < low { *x } else { low })
            })
        };
        BlockRanges(close.as_chunks::<BLOCK>().0.iter().map(range).collect())
    }
}

/// The lanes of a vector.
#[inline(always)]
fn lanes<V: LaneVector>(v: V) -> [f64; 8] {
    let mut to = [0.0; 8];
    v.store(&mut to);
    to
}

/// What eight sets did.
pub(crate) struct Outcome<V: LaneVector, const PATH: bool> {
    pub(crate) curve: SetsCurve<V, PATH>,
    pub(crate) tally: LaneTally<V>,
}

/// [`Tally`] of each lane.
#[derive(Clone, Copy)]
pub(crate) struct LaneTally<V> {
    trades: V,
    wins: V,
    profit: V,
    loss: V,
    costs: V,
    exposed: V,
}

impl<V: LaneVector> LaneTally<V> {
    #[inline(always)]
    fn zero() -> Self {
        let zero = V::splat(0.0);
        LaneTally { trades: zero, wins: zero, profit: zero, loss: zero, costs: zero, exposed: zero }
    }

    /// The lanes as tallies.
    #[inline(always)]
    pub(crate) fn lanes(&self) -> [Tally; 8] {
        let (trades, wins, profit) = (lanes(self.trades), lanes(self.wins), lanes(self.profit));
        let (loss, costs, exposed) = (lanes(self.loss), lanes(self.costs), lanes(self.exposed));
        std::array::from_fn(|i| Tally {
            trades: trades[i],
            wins: wins[i],
            profit: profit[i],
            loss: loss[i],
            costs: costs[i],
            exposed: exposed[i],
        })
    }
}

/// The state of eight accounts, and what they look at.
struct Desk<'a, V: LaneVector, const SHORT: bool> {
    tape: &'a Tape<'a>,
    signals: &'a Signals,
    planes: &'a Planes,
    target: &'a Target,
    terms: Terms<V>,
    /// Shares that a fixed size asks for, where it is one.
    fixed: Option<f64>,
    whole: bool,
    same_close: bool,
    liquidate: bool,
    window: Range<usize>,
    decisions: Range<usize>,
    cash: V,
    position: V,
    /// Cash that the open trade has brought so far.
    flow: V,
    entered: V,
    claims: Vec<V>,
    next_action: usize,
    tally: LaneTally<V>,
    /// Whether anyone wants the tally.
    tallied: bool,
    /// Lanes whose position is not their target's, because an entry was refused.
    astray: u8,
}

/// Bars at which a run of this window decides: none at the last one where its order could not fill.
pub(crate) fn decisions(config: &RunConfig, window: &Range<usize>) -> Range<usize> {
    let last = config.liquidate || config.timing == FillTiming::NextOpen;
    window.start..if last { window.end.saturating_sub(1).max(window.start) } else { window.end }
}

/// What eight sets run through.
#[derive(Clone)]
pub(crate) struct Course<'a> {
    pub(crate) tape: &'a Tape<'a>,
    pub(crate) ranges: &'a BlockRanges,
    pub(crate) config: &'a RunConfig,
    pub(crate) window: Range<usize>,
    pub(crate) signals: &'a Signals,
    pub(crate) planes: &'a Planes,
    pub(crate) target: &'a Target,
    /// Whether anyone wants the tally.
    pub(crate) tallied: bool,
}

/// Runs eight sets through a window.
#[inline(always)]
pub(crate) fn simulate<V: LaneVector, const SHORT: bool, const PATH: bool>(
    course: &Course<'_>,
) -> Outcome<V, PATH> {
    let _span = backcast_spans::span!("engine.simulate");
    let Course { tape, ranges, config, window, .. } = course;
    let cash = V::splat(config.cash);
    let mut curve = SetsCurve::new(cash, cash);
    let mut equity = [cash; BLOCK];
    let mut desk = Desk::<V, SHORT>::new(course);
    for (block, start) in window.clone().step_by(BLOCK).enumerate() {
        let rows = start..window.end.min(start + BLOCK);
        let events = desk.events(&rows);
        if events == 0 && rows.len() == BLOCK {
            if desk.holders() == 0 {
                curve.flat(BLOCK);
            } else {
                let close = tape.close[rows].first_chunk().expect("a whole block");
                let (highest, lowest) = ranges.0[block];
                curve.steady(desk.cash, desk.position, close, highest, lowest);
            }
        } else {
            desk.walk(&rows, events, &mut equity);
            if block == 0 {
                curve = SetsCurve::new(cash, equity[0]);
            }
            curve.block(&equity, rows.len());
        }
    }
    desk.close_exposure();
    Outcome { curve, tally: desk.tally }
}

impl<'a, V: LaneVector, const SHORT: bool> Desk<'a, V, SHORT> {
    #[inline(always)]
    fn new(course: &Course<'a>) -> Self {
        let Course { tape, config, signals, planes, target, tallied, .. } = *course;
        let window = course.window.clone();
        let zero = V::splat(0.0);
        Desk {
            tape,
            signals,
            planes,
            target,
            terms: Terms::new(config),
            fixed: match config.size {
                Sizing::Shares(n) => Some(n),
                Sizing::Value(_) | Sizing::EquityFraction(_) | Sizing::AllIn => None,
            },
            whole: config.whole_shares,
            same_close: config.timing == FillTiming::SameClose,
            liquidate: config.liquidate,
            decisions: decisions(config, &window),
            next_action: tape.actions.at.partition_point(|(row, _)| *row <= window.start),
            window,
            cash: V::splat(config.cash),
            position: zero,
            flow: zero,
            entered: zero,
            claims: Vec::new(),
            tally: LaneTally::zero(),
            tallied,
            astray: 0,
        }
    }

    /// Lanes that hold something.
    #[inline(always)]
    fn holders(&self) -> u8 {
        self.longs() | self.shorts()
    }

    #[inline(always)]
    fn longs(&self) -> u8 {
        V::bits(V::splat(0.0).lt(self.position))
    }

    #[inline(always)]
    fn shorts(&self) -> u8 {
        if SHORT { V::bits(self.position.lt(V::splat(0.0))) } else { 0 }
    }

    /// Bits of the rows of a block at which something may happen.
    #[inline(always)]
    fn events(&self, rows: &Range<usize>) -> u32 {
        let mut events = self.at_fill(rows, &|word| self.target.changes[word]);
        if self.astray != 0 {
            events |= self.calls(rows);
        }
        if let Some((row, _)) = self.tape.actions.at.get(self.next_action)
            && *row < rows.end
        {
            // Claims of lanes that have sold since must be paid too, so this does not ask who holds.
            events |= self.action_rows(rows);
        }
        if self.liquidate && rows.end == self.window.end {
            events |= 1 << (rows.len() - 1);
        }
        events & (!0 >> (BLOCK - rows.len()))
    }

    fn action_rows(&self, rows: &Range<usize>) -> u32 {
        let due =
            self.tape.actions.at[self.next_action..].iter().take_while(|(row, _)| *row < rows.end);
        due.fold(0, |bits, (row, _)| bits | 1 << (row - rows.start))
    }

    /// Bits by the row of the decision turned into bits by the row of its fill, for 32 rows.
    #[inline(always)]
    fn at_fill(&self, rows: &Range<usize>, word: &impl Fn(usize) -> u64) -> u32 {
        let first = if self.same_close { rows.start } else { rows.start.wrapping_sub(1) };
        if first == usize::MAX {
            return (word(0) << 1) as u32;
        }
        let (at, shift) = (first / 64, first % 64);
        let low = word(at) >> shift;
        let high = if shift > 32 && at + 1 < self.target.changes.len() {
            word(at + 1) << (64 - shift)
        } else {
            0
        };
        (low | high) as u32
    }

    /// Rows of a block at which a lane that is astray has some signal.
    #[cold]
    fn calls(&self, rows: &Range<usize>) -> u32 {
        let planes = [
            self.signals.enter_long,
            self.signals.exit_long,
            self.signals.enter_short,
            self.signals.exit_short,
        ];
        let astray = |word: usize| {
            let lanes = (0..8).filter(|lane| self.astray >> lane & 1 != 0);
            lanes.fold(0, |bits, lane| {
                planes
                    .iter()
                    .flatten()
                    .fold(bits, |bits, plane| bits | self.planes.get(*plane)[word][lane])
            })
        };
        self.at_fill(rows, &astray)
    }

    /// Equities of a block from event to event; the rest of a short one repeats its last equity.
    #[inline(always)]
    fn walk(&mut self, rows: &Range<usize>, mut events: u32, equity: &mut [V; BLOCK]) {
        let bars = rows.len();
        let close = &self.tape.close[rows.clone()];
        let mut from = 0;
        while from < bars {
            if events >> from & 1 != 0 {
                let astray = self.astray;
                self.event(rows.start + from);
                if self.astray & !astray != 0 {
                    events |= self.calls(rows) & (!0 >> (BLOCK - bars));
                }
            }
            let later = events & (!1 << from);
            let until = bars.min(later.trailing_zeros() as usize);
            let (cash, position) = (self.cash, self.position);
            for (equity, close) in equity[from..until].iter_mut().zip(&close[from..until]) {
                *equity = cash.add(position.mul(V::splat(*close)));
            }
            from = until;
        }
        let last = equity[bars - 1];
        equity[bars..].fill(last);
    }

    #[inline(always)]
    fn event(&mut self, row: usize) {
        let before = [self.longs(), self.shorts()];
        let waiting = self.tape.actions.at.get(self.next_action).filter(|(at, _)| *at <= row);
        let ordered = waiting.is_some().then(|| self.corporate_actions(row)).flatten();
        let decided = if self.same_close { Some(row) } else { row.checked_sub(1) };
        if let Some(at) = decided.filter(|at| self.decisions.contains(at)) {
            let known = if self.same_close { [self.longs(), self.shorts()] } else { before };
            self.trade(at, row, known);
        }
        if let Some(n) = ordered {
            self.terms = self.terms.sized(Sizing::Shares(n));
        }
        if self.liquidate && row + 1 == self.window.end {
            self.settle(self.longs(), self.shorts(), self.tape.close[row], row);
            for claim in &mut self.claims {
                self.cash = self.cash.add(std::mem::replace(claim, V::splat(0.0)));
            }
        }
    }

    /// Splits and dividends of a row. Orders that waited for it are restated with the shares; answers what later orders ask for.
    #[cold]
    fn corporate_actions(&mut self, row: usize) -> Option<f64> {
        let mut ordered = self.fixed.filter(|_| !self.same_close);
        while let Some((_, action)) =
            self.tape.actions.at.get(self.next_action).filter(|(at, _)| *at <= row)
        {
            self.next_action += 1;
            match *action {
                Action::Earn { amount, claim } => {
                    let earned = self.position.mul(V::splat(amount));
                    if self.claims.len() <= claim {
                        self.claims.resize(claim + 1, V::splat(0.0));
                    }
                    self.claims[claim] = earned;
                    self.flow = self.flow.add(earned);
                }
                Action::Pay { claim } => {
                    if let Some(earned) = self.claims.get_mut(claim) {
                        self.cash = self.cash.add(std::mem::replace(earned, V::splat(0.0)));
                    }
                }
                Action::Split { shares } => {
                    self.split(shares, row);
                    if let Some(n) = &mut ordered {
                        *n *= shares;
                        *n = if self.whole { n.floor() } else { *n };
                        self.terms = self.terms.sized(Sizing::Shares(*n));
                    }
                }
            }
        }
        self.fixed
    }

    /// Shares become more or fewer; what does not make a whole share is paid at the previous close. Where no share is left, that
    /// was the end of the trade.
    fn split(&mut self, shares: f64, row: usize) {
        let restated = self.position.mul(V::splat(shares));
        if !self.whole {
            self.position = restated;
            return;
        }
        let zero = V::splat(0.0);
        let whole = restated.abs().floor();
        let whole = V::select(restated.lt(zero), zero.sub(whole), whole);
        let price = V::splat(self.tape.close[row - 1] / shares);
        let paid = restated.sub(whole).mul(price);
        let held = self.holders();
        self.position = whole;
        self.cash = self.cash.add(paid);
        self.flow = self.flow.add(paid);
        let gone = held & !self.holders();
        self.book(gone, V::select(V::mask(gone), self.flow, zero), row);
        self.astray |= gone;
    }

    /// Bits of a condition at one row.
    #[inline(always)]
    fn lanes_at(&self, plane: Option<Plane>, row: usize) -> u8 {
        plane.map_or(0, |plane| V::bit_of(&self.planes.get(plane)[row / 64], (row % 64) as u32))
    }

    /// Fills what was decided at row `at`, at row `row`. `known` are the lanes that were long and short at the decision: a split since
    /// may have left nothing of a position.
    #[inline(always)]
    fn trade(&mut self, at: usize, row: usize, known: [u8; 2]) {
        let enter_long = self.lanes_at(self.signals.enter_long, at);
        let exit_long = self.lanes_at(self.signals.exit_long, at);
        let [longs, shorts] = known;
        let flat = !(longs | shorts);
        let reference = if self.same_close { self.tape.close[row] } else { self.tape.open[row] };
        if SHORT {
            let enter_short = self.lanes_at(self.signals.enter_short, at);
            let exit_short = self.lanes_at(self.signals.exit_short, at);
            let (to_short, to_long) = (longs & enter_short, shorts & enter_long);
            let ended = self.settle(
                self.longs() & (exit_long | enter_short),
                self.shorts() & (exit_short | enter_long),
                reference,
                row,
            );
            let open = flat & (enter_long ^ enter_short);
            self.enter(open & enter_long | to_long, ended, reference, row);
            self.enter_short(open & enter_short | to_short, ended, reference, row);
        } else {
            self.settle(self.longs() & exit_long, 0, reference, row);
            self.enter(flat & enter_long, 0, reference, row);
        }
        self.compare_with_target(at);
    }

    #[inline(always)]
    fn compare_with_target(&mut self, at: usize) {
        let wanted = |words: &[super::signals::Words]| {
            words.get(at / 64).map_or(0, |words| V::bit_of(words, (at % 64) as u32))
        };
        self.astray = self.longs() ^ wanted(&self.target.long);
        if SHORT {
            self.astray |= self.shorts() ^ wanted(&self.target.short);
        }
    }

    /// Closes the positions of some lanes and books their trades; answers which.
    #[inline(always)]
    fn settle(&mut self, longs: u8, shorts: u8, reference: f64, row: usize) -> u8 {
        let lanes = longs | shorts;
        if lanes == 0 {
            return 0;
        }
        let (reference, shares) = (V::splat(reference), self.position.abs());
        let sell = self.terms.sell_price(reference);
        let mut price = sell;
        let mut brings = self.terms.proceeds_of_sale(shares, sell, self.terms.per_trade);
        if SHORT && shorts != 0 {
            let buy = self.terms.buy_price(reference);
            let takes = self.terms.cost_of_purchase(shares, buy, self.terms.per_trade);
            price = V::select(V::mask(shorts), buy, price);
            brings = V::select(V::mask(shorts), V::splat(0.0).sub(takes), brings);
        }
        let mask = V::mask(lanes);
        let keep = |new: V, old: V| V::select(mask, new, old);
        self.cash = keep(self.cash.add(brings), self.cash);
        self.position = keep(V::splat(0.0), self.position);
        self.add_costs(lanes, shares, price, reference, self.terms.per_trade);
        self.book(lanes, keep(self.flow.add(brings), V::splat(0.0)), row);
        lanes
    }

    /// Books closed trades: `profit` of the lanes in `lanes`, zero in the others.
    #[inline(always)]
    fn book(&mut self, lanes: u8, profit: V, row: usize) {
        if !self.tallied {
            return;
        }
        let (zero, one, mask) = (V::splat(0.0), V::splat(1.0), V::mask(lanes));
        let tally = &mut self.tally;
        let won = V::mask(lanes & V::bits(zero.lt(profit)));
        tally.trades = tally.trades.add(V::select(mask, one, zero));
        tally.wins = tally.wins.add(V::select(won, one, zero));
        tally.profit = tally.profit.add(V::select(won, profit, zero));
        tally.loss = tally.loss.add(V::select(won, zero, profit));
        let exposed = V::splat(row as f64).sub(self.entered);
        tally.exposed = tally.exposed.add(V::select(mask, exposed, zero));
    }

    #[inline(always)]
    fn add_costs(&mut self, lanes: u8, shares: V, price: V, reference: V, per_trade: V) {
        if !self.tallied {
            return;
        }
        let cost = self
            .terms
            .commission(shares, price, per_trade)
            .add(self.terms.slippage_cost(shares, price, reference));
        let cost = V::select(V::mask(lanes), cost, V::splat(0.0));
        self.tally.costs = self.tally.costs.add(cost);
    }

    /// Fixed commission of entries: one that turns a position has paid it with the part that closes.
    #[inline(always)]
    fn entry_fee(&self, turned: u8) -> V {
        V::select(V::mask(turned), V::splat(0.0), self.terms.per_trade)
    }

    /// Buys for the lanes in `lanes`.
    #[inline(always)]
    fn enter(&mut self, lanes: u8, turned: u8, reference: f64, row: usize) {
        if lanes == 0 {
            return;
        }
        let reference = V::splat(reference);
        let (price, fee) = (self.terms.buy_price(reference), self.entry_fee(turned));
        let entry = self.terms.buy(self.cash, self.cash, price, fee);
        let filled = lanes & entry.filled;
        let takes = self.terms.cost_of_purchase(entry.shares, price, fee);
        self.open(filled, entry.shares, entry.cash, V::splat(0.0).sub(takes), row);
        self.add_costs(filled, entry.shares, price, reference, fee);
    }

    /// Sells short for the lanes in `lanes`.
    #[inline(always)]
    fn enter_short(&mut self, lanes: u8, turned: u8, reference: f64, row: usize) {
        if lanes == 0 {
            return;
        }
        let reference = V::splat(reference);
        let (price, fee) = (self.terms.sell_price(reference), self.entry_fee(turned));
        let entry = self.terms.sell_short(self.cash, self.cash, self.cash, price, fee);
        let filled = lanes & entry.filled;
        let brings = self.terms.proceeds_of_sale(entry.shares, price, fee);
        self.open(filled, V::splat(0.0).sub(entry.shares), entry.cash, brings, row);
        self.add_costs(filled, entry.shares, price, reference, fee);
    }

    #[inline(always)]
    fn open(&mut self, lanes: u8, position: V, cash: V, flow: V, row: usize) {
        let mask = V::mask(lanes);
        self.position = V::select(mask, position, self.position);
        self.cash = V::select(mask, cash, self.cash);
        self.flow = V::select(mask, flow, self.flow);
        self.entered = V::select(mask, V::splat(row as f64), self.entered);
    }

    /// Positions that are still open have been held until the end.
    #[inline(always)]
    fn close_exposure(&mut self) {
        let held = V::splat(self.window.end as f64).sub(self.entered);
        let held = V::select(V::mask(self.holders()), held, V::splat(0.0));
        self.tally.exposed = self.tally.exposed.add(held);
    }
}
