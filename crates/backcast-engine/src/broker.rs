//! Orders to fills: which order fills at which price, in which order, and for how many shares.
//!
//! On one row: what fills at the open before what fills inside the bar, in each of them exits before entries, then assets in listed
//! order, then orders in order of submission. Inside a bar a stop is assumed to be reached before a target.

use backcast_types::{Fill, OrderKind, OrderStatus, Reason, Side, Size};

use crate::{
    config::{RunConfig, Sizing},
    desk::{Desk, Guard, News, Ticket, Trail, Waiting},
    error::TicketError,
    ledger::{Ledger, Leg, Stamp},
    math::Terms,
    run::Run,
    strategy::{TradeId, Wants},
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
enum Moment {
    Open,
    Inside,
    Close,
}

/// The price at which an order fills, before slippage.
#[derive(Clone, Copy, Debug)]
struct Hit {
    price: f64,
    at_open: bool,
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
        let mut desk = Filling::new(self, run, &mut desk);
        desk.pass(Moment::Open, true, &bar);
        desk.pass(Moment::Open, false, &bar);
        if desk.has_prices() {
            desk.pass(Moment::Inside, true, &bar);
            desk.pass(Moment::Inside, false, &bar);
            // What an entry inside the bar protects may be reached in the rest of it.
            desk.pass(Moment::Inside, true, &bar);
        }
    }

    /// Takes the orders of this close over: market orders fill now where `same_close` says so, the others wait.
    pub(crate) fn accept(&self, run: &Run, same_close: bool) {
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
            let mut filling = Filling::new(self, run, &mut desk);
            filling.pass(Moment::Close, true, &|_| None);
            filling.pass(Moment::Close, false, &|_| None);
        }
    }

    /// Closes every position at its last known close, and pays dividends that are still due.
    pub(crate) fn liquidate(&self, run: &Run) -> Result<(), TicketError> {
        let mut desk = run.desk.borrow_mut();
        for (slot, asset) in run.assets().iter().enumerate() {
            let position = run.ledger.position(slot);
            if position == 0.0 {
                continue;
            }
            let side = if position > 0.0 { Side::Sell } else { Side::Buy };
            let (kind, size) = (OrderKind::Market, Size::Position);
            let ticket =
                Ticket { asset: *asset, side, kind, size, reverse: false, guard: Guard::NONE };
            let id = desk.register(&ticket, run.stamp())?;
            let order = waiting(&ticket, id, slot, run.row() as u32);
            let hit = Hit { price: run.ledger.close(slot), at_open: false };
            Filling::new(self, run, &mut desk).fill(&order, hit, Moment::Close);
        }
        run.ledger.pay_all(run.stamp());
        Ok(())
    }
}

fn waiting(ticket: &Ticket, id: backcast_types::OrderId, slot: usize, from_row: u32) -> Waiting {
    Waiting {
        id,
        slot,
        side: ticket.side,
        kind: ticket.kind,
        size: ticket.size,
        reverse: ticket.reverse,
        guard: ticket.guard,
        guards: false,
        trail: None,
        from_row,
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

/// One round of fills.
struct Filling<'a> {
    broker: &'a Broker,
    run: &'a Run,
    ledger: &'a Ledger,
    desk: &'a mut Desk,
    stamp: Stamp,
    /// Cash and positions at the last known prices before the fills of this round.
    equity: f64,
    /// Whether the order at hand has ended a trade.
    ended: bool,
}

impl<'a> Filling<'a> {
    fn new(broker: &'a Broker, run: &'a Run, desk: &'a mut Desk) -> Filling<'a> {
        let (ledger, stamp) = (&run.ledger, run.stamp());
        Filling { broker, run, ledger, desk, stamp, equity: ledger.equity(), ended: false }
    }

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
                if market && self.run.is_live(order.slot) {
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

    /// Fills an order, or rejects it.
    fn fill(&mut self, order: &Waiting, hit: Hit, moment: Moment) {
        let slips = !matches!(order.kind, OrderKind::Limit { .. });
        let price = match order.side {
            _ if !slips => hit.price,
            Side::Buy => self.broker.terms.buy_price(hit.price),
            Side::Sell => self.broker.terms.sell_price(hit.price),
        };
        let quote = Quote { slot: order.slot, side: order.side, price, reference: hit.price };
        let row = self.stamp.row;
        let (mut fill, opened) = (self.no_fill(order, price), order.guard);
        let opens = self.trade(order, &quote, &mut fill);
        match opens {
            Err(reason) if fill.quantity == 0.0 => {
                self.desk.settle(order.id, OrderStatus::Rejected(reason), row);
            }
            // Where only the new part of a turn was refused, the old position was still closed.
            Ok(_) | Err(_) => {
                self.desk.fills.push(fill);
                self.desk.settle(order.id, OrderStatus::Filled, row);
            }
        }
        if std::mem::take(&mut self.ended) {
            trade_ended(self.run, self.desk, order.slot);
        }
        if opens == Ok(true) && opened != Guard::NONE {
            self.protect(order, &opened, price, moment, hit.at_open);
        }
    }

    fn no_fill(&self, order: &Waiting, price: f64) -> Fill {
        Fill {
            order: order.id,
            asset: self.run.assets()[order.slot],
            row: self.stamp.row,
            time: self.stamp.time,
            quantity: 0.0,
            price,
            commission: 0.0,
            slippage: 0.0,
        }
    }

    /// Trades what an order is for and adds it to `fill`. True where it opened, or added to, a position.
    fn trade(&mut self, order: &Waiting, quote: &Quote, fill: &mut Fill) -> Result<bool, Reason> {
        let position = self.ledger.position(order.slot);
        let held = position.abs();
        let against = position * order.side.sign() < 0.0;
        match order.size {
            Size::Position if !against => Err(Reason::NothingToClose),
            Size::Position => {
                self.reduce(quote, held, fill);
                Ok(false)
            }
            _ if !against => self.open(quote, order.size, self.fee(), fill).map(|()| true),
            _ if order.reverse => {
                self.reduce(quote, held, fill);
                // The part that closes has paid the fixed fee.
                self.open(quote, order.size, 0.0, fill).map(|()| true)
            }
            Size::Shares(n) if n > held => {
                self.reduce(quote, held, fill);
                self.open(quote, Size::Shares(n - held), 0.0, fill).map(|()| true)
            }
            Size::Shares(n) => self.reduce_some(quote, n, fill),
            size => {
                let wanted = self.shares_worth(size, quote.price);
                self.reduce_some(quote, if wanted < held { wanted } else { held }, fill)
            }
        }
    }

    fn fee(&self) -> f64 {
        self.broker.terms.per_trade
    }

    fn reduce_some(&mut self, quote: &Quote, n: f64, fill: &mut Fill) -> Result<bool, Reason> {
        if n <= 0.0 || (self.broker.whole && n < 1.0) {
            return Err(Reason::LessThanOneShare);
        }
        self.reduce(quote, n, fill);
        Ok(false)
    }

    /// Shares that a size comes to where cash is no limit.
    fn shares_worth(&self, size: Size, price: f64) -> f64 {
        let terms = self.broker.terms.sized(sizing(size));
        terms.buy(f64::INFINITY, self.equity, price, self.fee()).shares
    }

    /// Makes a position smaller by `shares`. Always possible: a short position is bought back even on credit.
    fn reduce(&mut self, quote: &Quote, shares: f64, fill: &mut Fill) {
        let (terms, fee) = (&self.broker.terms, self.fee());
        let cash = match quote.side {
            Side::Sell => terms.proceeds_of_sale(shares, quote.price, fee),
            Side::Buy => -terms.cost_of_purchase(shares, quote.price, fee),
        };
        self.book(quote, shares, cash, fee, fill);
    }

    /// Opens a position or adds to it.
    fn open(&mut self, quote: &Quote, size: Size, fee: f64, fill: &mut Fill) -> Result<(), Reason> {
        let terms = self.broker.terms.sized(sizing(size));
        let (cash, price) = (self.ledger.cash(), quote.price);
        // Where this order has just closed a position, equity is what that left.
        let equity = if fill.quantity == 0.0 { self.equity } else { self.ledger.equity() };
        let refusal = |limit: f64, short: bool| {
            let budget = match size {
                Size::Value(x) => x,
                Size::EquityFraction(x) => x * equity,
                Size::Shares(n) if self.broker.whole && n < 1.0 => {
                    return Reason::LessThanOneShare;
                }
                Size::Shares(_) | Size::AllIn | Size::Position => equity,
            };
            terms.refusal(short, if budget < limit { budget } else { limit }, price, fee)
        };
        let (entry, cash) = match quote.side {
            Side::Buy => {
                let entry = terms.buy(cash, equity, price, fee);
                if entry.filled == 0 {
                    return Err(refusal(cash, false));
                }
                (entry, -terms.cost_of_purchase(entry.shares, price, fee))
            }
            Side::Sell => {
                let own = -self.ledger.position(quote.slot) * price;
                let taken = self.ledger.short_value_beside(quote.slot);
                let room = equity - taken - own;
                let entry = terms.sell_short(cash, equity, room, price, fee);
                if entry.filled == 0 {
                    return Err(refusal(room, true));
                }
                (entry, terms.proceeds_of_sale(entry.shares, price, fee))
            }
        };
        self.book(quote, entry.shares, cash, fee, fill);
        Ok(())
    }

    /// Books shares and cash with the ledger, and adds them to the fill.
    fn book(&mut self, quote: &Quote, shares: f64, cash: f64, fee: f64, fill: &mut Fill) {
        let terms = &self.broker.terms;
        let leg = Leg {
            quantity: shares * quote.side.sign(),
            price: quote.price,
            cash,
            commission: terms.commission(shares, quote.price, fee),
            slippage: terms.slippage_cost(shares, quote.price, quote.reference),
        };
        let ended = self.ledger.trade(quote.slot, &leg, self.stamp);
        fill.quantity += leg.quantity;
        fill.commission += leg.commission;
        fill.slippage += leg.slippage;
        self.ended |= ended;
    }

    /// Brings the orders to life that protect the position an order has opened.
    fn protect(
        &mut self,
        order: &Waiting,
        guard: &Guard,
        entry: f64,
        moment: Moment,
        at_open: bool,
    ) {
        self.desk.end_guards(order.slot, self.stamp.row);
        let long = order.side == Side::Buy;
        let later = self.stamp.row + 1;
        let opened = moment == Moment::Open && at_open;
        // A limit reached inside the bar lies between the open and the stop, so the stop can still be reached after it. What came
        // before or after other prices of that bar is not known: they count from the next bar on.
        let limit = moment == Moment::Inside && matches!(order.kind, OrderKind::Limit { .. });
        let target_from = if opened { self.stamp.row } else { later };
        let stop_from = if opened || limit { self.stamp.row } else { later };
        let nearer = |d: crate::desk::Distance| if long { d.below(entry) } else { d.above(entry) };
        let further = |d: crate::desk::Distance| if long { d.above(entry) } else { d.below(entry) };
        if let Some(distance) = guard.stop_loss {
            let kind = OrderKind::Stop { stop: nearer(distance) };
            self.add_guard(order, kind, stop_from, None);
        }
        if let Some(distance) = guard.take_profit {
            self.add_guard(order, OrderKind::Limit { limit: further(distance) }, target_from, None);
        }
        if let Some(distance) = guard.trailing {
            let kind = OrderKind::Stop { stop: nearer(distance) };
            let trail = Trail { best: entry, distance, from_row: target_from };
            self.add_guard(order, kind, stop_from, Some(trail));
        }
    }

    fn add_guard(&mut self, entry: &Waiting, kind: OrderKind, from_row: u32, trail: Option<Trail>) {
        let (OrderKind::Limit { limit: price } | OrderKind::Stop { stop: price }) = kind else {
            return;
        };
        // A price at or below zero is never reached.
        if price <= 0.0 || !price.is_finite() {
            return;
        }
        let ticket = Ticket {
            asset: self.run.assets()[entry.slot],
            side: entry.side.opposite(),
            kind,
            size: Size::Position,
            reverse: false,
            guard: Guard::NONE,
        };
        // Numbers can only run out after four thousand million orders; the position then stays unprotected.
        let Ok(id) = self.desk.register(&ticket, self.stamp) else { return };
        let order = waiting(&ticket, id, entry.slot, from_row);
        self.desk.wait(Waiting { guards: true, trail, ..order });
    }
}

/// What an order can get.
struct Quote {
    slot: usize,
    side: Side,
    /// With slippage.
    price: f64,
    /// Without.
    reference: f64,
}

fn sizing(size: Size) -> Sizing {
    match size {
        Size::Shares(x) => Sizing::Shares(x),
        Size::Value(x) => Sizing::Value(x),
        Size::EquityFraction(x) => Sizing::EquityFraction(x),
        Size::AllIn | Size::Position => Sizing::AllIn,
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

/// A position is gone: its protection ends, and whoever asked is told.
pub(crate) fn trade_ended(run: &Run, desk: &mut Desk, slot: usize) {
    desk.end_guards(slot, run.row() as u32);
    if desk.wants.contains(Wants::TRADES) {
        let number = run.ledger.book().trades.len() - 1;
        desk.news.push(News::Trade(TradeId(number as u32)));
    }
}
