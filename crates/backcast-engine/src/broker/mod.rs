//! Orders to fills: which order fills at which price, in which order, and for how many shares.
//!
//! On one row: what fills at the open before what fills inside the bar, in each of them exits before entries, then assets in listed
//! order, then orders in order of submission. Inside a bar a stop is assumed to be reached before a target.

mod filling;

use backcast_types::{AssetId, OrderKind, Side, Size};

pub(crate) use filling::{Filling, trade_ended};

use crate::{
    config::RunConfig,
    desk::{Desk, Ticket, Waiting},
    error::TicketError,
    ledger::{Ledger, Stamp},
    math::Terms,
    run::Run,
};

/// One bar of an asset as traded. Borrowed, so that a market order does not wait for prices it does not need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar<'a> {
    pub(crate) open: &'a f64,
    pub(crate) high: &'a f64,
    pub(crate) low: &'a f64,
}

/// When in a bar something fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Open,
    Inside,
    Close,
}

/// The price at which an order fills, before slippage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) price: f64,
    pub(crate) at_open: bool,
}

/// Fills orders of one run.
pub(crate) struct Broker {
    terms: Terms<f64>,
    whole: bool,
}

impl Broker {
    pub(crate) fn new(config: &RunConfig) -> Broker {
        Broker { terms: Terms::new(config), whole: config.whole_shares }
    }

    /// Fills what the bars of this row reach. `bar` gives the bar of an asset that has one.
    pub(crate) fn fill_waiting<'b>(&self, run: &Run, bar: impl Fn(usize) -> Option<Bar<'b>>) {
        let mut desk = run.desk.borrow_mut();
        let mut filling = Filling::new(self, run.assets(), &run.ledger, &mut desk, run.stamp());
        filling.pass(Moment::Open, true, &bar);
        filling.pass(Moment::Open, false, &bar);
        if filling.has_prices() {
            filling.pass(Moment::Inside, true, &bar);
            filling.pass(Moment::Inside, false, &bar);
            // What an entry inside the bar protects may be reached in the rest of it.
            filling.pass(Moment::Inside, true, &bar);
        }
    }

    /// Takes the orders of this close over: market orders fill now where `same_close` says so, the others wait.
    pub(crate) fn accept<'b>(
        &self,
        run: &Run,
        same_close: bool,
        bar: impl Fn(usize) -> Option<Bar<'b>>,
    ) {
        run.ordered.set(false);
        let mut desk = run.desk.borrow_mut();
        let row = run.row() as u32;
        let mut fresh = std::mem::take(&mut desk.fresh);
        for mut order in fresh.drain(..) {
            if same_close && order.kind == OrderKind::Market && run.is_live(order.slot) {
                order.from_row = row;
            }
            desk.wait(order);
        }
        // Nothing orders meanwhile: the list goes back with its capacity.
        desk.fresh = fresh;
        if same_close {
            let mut filling = Filling::new(self, run.assets(), &run.ledger, &mut desk, run.stamp());
            filling.pass(Moment::Close, true, &bar);
            filling.pass(Moment::Close, false, &bar);
        }
    }

    /// Closes every position at its last known close, and pays dividends that are still due.
    pub(crate) fn liquidate(
        &self,
        assets: &[AssetId],
        ledger: &Ledger,
        desk: &mut Desk,
        stamp: Stamp,
    ) -> Result<(), TicketError> {
        for (slot, asset) in assets.iter().enumerate() {
            let position = ledger.position(slot);
            if position == 0.0 {
                continue;
            }
            let side = if position > 0.0 { Side::Sell } else { Side::Buy };
            let ticket = Ticket::market(*asset, side, Size::Position);
            let id = desk.register(&ticket, stamp)?;
            let order = Waiting::new(&ticket, id, slot, stamp.row);
            let hit = Hit { price: ledger.close(slot), at_open: false };
            Filling::new(self, assets, ledger, desk, stamp).fill(&order, hit, Moment::Close);
        }
        ledger.pay_all(stamp);
        Ok(())
    }
}

/// Moves trailing stops behind the best price of the bar that ends.
pub(crate) fn trail<'b>(run: &Run, bar: impl Fn(usize) -> Option<Bar<'b>>) {
    let mut desk = run.desk.borrow_mut();
    let row = run.row() as u32;
    for order in &mut desk.waiting {
        let (Some(trail), OrderKind::Stop { stop }) = (&mut order.trail, &mut order.kind) else {
            continue;
        };
        let Some(bar) = bar(order.slot).filter(|_| trail.from_row <= row) else { continue };
        match order.side {
            Side::Sell if *bar.high > trail.best => {
                trail.best = *bar.high;
                *stop = stop.max(trail.distance.below(trail.best));
            }
            Side::Buy if *bar.low < trail.best => {
                trail.best = *bar.low;
                *stop = stop.min(trail.distance.above(trail.best));
            }
            Side::Sell | Side::Buy => {}
        }
    }
}

/// Whether a bar reaches an order, and where.
fn hit(kind: OrderKind, side: Side, bar: &Bar<'_>) -> Option<Hit> {
    let (open, high, low) = (bar.open, bar.high, bar.low);
    let (at_open, inside, price) = match (kind, side) {
        (OrderKind::Market, _) => (true, false, *open),
        (OrderKind::Limit { limit }, Side::Buy) => (*open <= limit, *low <= limit, limit),
        (OrderKind::Limit { limit }, Side::Sell) => (*open >= limit, *high >= limit, limit),
        (OrderKind::Stop { stop }, Side::Buy) => (*open >= stop, *high >= stop, stop),
        (OrderKind::Stop { stop }, Side::Sell) => (*open <= stop, *low <= stop, stop),
    };
    match (at_open, inside) {
        (true, _) => Some(Hit { price: *open, at_open }),
        (false, true) => Some(Hit { price, at_open }),
        (false, false) => None,
    }
}

/// Which orders a round fills, and in which order.
impl Filling<'_> {
    /// Whether an order waits for a price.
    fn has_prices(&self) -> bool {
        self.desk.waiting.iter().any(|w| w.kind != OrderKind::Market)
    }

    /// Fills all exits, or all entries, that a moment of the bars reaches.
    fn pass<'b>(&mut self, moment: Moment, exits: bool, bar: &impl Fn(usize) -> Option<Bar<'b>>) {
        let mut from = 0;
        while let Some((at, hit)) = self.next(moment, exits, from, bar) {
            let order = self.desk.waiting.remove(at);
            self.fill(&order, hit, moment);
            // A fill removes and adds orders. The inside of a bar is searched anew: stops come before targets.
            from = if moment == Moment::Inside { 0 } else { self.first_behind(&order) };
        }
    }

    fn first_behind(&self, order: &Waiting) -> usize {
        self.desk.waiting.partition_point(|w| (w.slot, w.id) <= (order.slot, order.id))
    }

    /// The next order to fill: inside a bar the stop nearest to the open, then targets; else by asset and number.
    fn next<'b>(
        &self,
        moment: Moment,
        exits: bool,
        from: usize,
        bar: &impl Fn(usize) -> Option<Bar<'b>>,
    ) -> Option<(usize, Hit)> {
        let mut best: Option<(usize, Hit)> = None;
        for (at, order) in self.desk.waiting.iter().enumerate().skip(from) {
            if best.is_some_and(|(b, _)| self.desk.waiting[b].slot != order.slot) {
                break;
            }
            if order.from_row > self.stamp.row || self.is_exit(order) != exits {
                continue;
            }
            let market = order.kind == OrderKind::Market;
            if moment == Moment::Close {
                if market && bar(order.slot).is_some() {
                    let price = self.ledger.close(order.slot);
                    return Some((at, Hit { price, at_open: false }));
                }
                continue;
            }
            let Some(hit) = bar(order.slot).and_then(|bar| hit(order.kind, order.side, &bar))
            else {
                continue;
            };
            match moment {
                Moment::Open if hit.at_open => return Some((at, hit)),
                Moment::Open | Moment::Close => {}
                // Market orders are over; what else is left at the open was made at this open and protects.
                Moment::Inside if market => {}
                Moment::Inside => {
                    let sooner = |b: usize| sooner(order, &self.desk.waiting[b]);
                    if best.is_none_or(|(b, _)| sooner(b)) {
                        best = Some((at, hit));
                    }
                }
            }
        }
        best
    }

    /// Whether an order can only make the position smaller.
    fn is_exit(&self, order: &Waiting) -> bool {
        let position = self.ledger.position(order.slot);
        let against = position * order.side.sign() < 0.0;
        match order.size {
            Size::Position => true,
            _ if order.reverse || !against => false,
            Size::Shares(n) => n <= position.abs(),
            Size::Value(_) | Size::EquityFraction(_) | Size::AllIn => true,
        }
    }
}

/// Whether `a` is assumed to be reached before `b`: stops before limits, then the one nearer to the open.
fn sooner(a: &Waiting, b: &Waiting) -> bool {
    match (a.kind, b.kind) {
        (OrderKind::Stop { stop: x }, OrderKind::Stop { stop: y }) if a.side == b.side => {
            if a.side == Side::Sell { x > y } else { x < y }
        }
        (OrderKind::Limit { limit: x }, OrderKind::Limit { limit: y }) if a.side == b.side => {
            if a.side == Side::Sell { x < y } else { x > y }
        }
        (OrderKind::Stop { .. }, OrderKind::Limit { .. }) => true,
        _ => false,
    }
}
