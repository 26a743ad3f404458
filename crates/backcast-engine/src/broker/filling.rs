//! What one order comes to: price, shares and cash of its fill, and what it leaves behind.

use backcast_types::{AssetId, Fill, OrderKind, OrderStatus, Reason, Side, Size};

use super::{Broker, Hit, Moment};
use crate::{
    config::Sizing,
    desk::{Desk, Distance, Guard, News, Ticket, Trail, Waiting},
    ledger::{Ledger, Leg, Stamp},
    strategy::{TradeId, Wants},
};

/// One round of fills.
pub(crate) struct Filling<'a> {
    broker: &'a Broker,
    /// Assets of the run in listed order.
    assets: &'a [AssetId],
    pub(super) ledger: &'a Ledger,
    pub(super) desk: &'a mut Desk,
    pub(super) stamp: Stamp,
    /// Cash and positions at the last known prices before the fills of this round.
    equity: f64,
    /// Whether the order at hand has ended a trade.
    ended: bool,
}

impl<'a> Filling<'a> {
    #[inline]
    pub(crate) fn new(
        broker: &'a Broker,
        assets: &'a [AssetId],
        ledger: &'a Ledger,
        desk: &'a mut Desk,
        stamp: Stamp,
    ) -> Filling<'a> {
        Filling { broker, assets, ledger, desk, stamp, equity: ledger.equity(), ended: false }
    }

    /// Fills an order, or rejects it.
    pub(crate) fn fill(&mut self, order: &Waiting, hit: Hit, moment: Moment) {
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
            trade_ended(self.ledger, self.desk, order.slot, row);
        }
        if opens == Ok(true) && opened != Guard::NONE {
            self.protect(order, &opened, price, moment, hit.at_open);
        }
    }

    fn no_fill(&self, order: &Waiting, price: f64) -> Fill {
        Fill {
            order: order.id,
            asset: self.assets[order.slot],
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
        // What is left to open once the position on the other side is closed; that part has paid the fixed fee.
        let (size, fee) = match order.size {
            Size::Position if !against => return Err(Reason::NothingToClose),
            Size::Position => {
                self.reduce(quote, held, fill);
                return Ok(false);
            }
            size if !against => (size, self.fee()),
            size if order.reverse => (size, 0.0),
            Size::Shares(n) if n > held => (Size::Shares(n - held), 0.0),
            Size::Shares(n) => return self.reduce_some(quote, n, fill),
            size => {
                let wanted = self.shares_worth(size, quote.price);
                return self.reduce_some(quote, if wanted < held { wanted } else { held }, fill);
            }
        };
        if against {
            self.reduce(quote, held, fill);
        }
        self.open(quote, size, fee, fill).map(|()| true)
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
        let nearer = |d: Distance| if long { d.below(entry) } else { d.above(entry) };
        let further = |d: Distance| if long { d.above(entry) } else { d.below(entry) };
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
            asset: self.assets[entry.slot],
            side: entry.side.opposite(),
            kind,
            size: Size::Position,
            reverse: false,
            guard: Guard::NONE,
        };
        // Numbers can only run out after four thousand million orders; the position then stays unprotected.
        let Ok(id) = self.desk.register(&ticket, self.stamp) else { return };
        let order = Waiting::new(&ticket, id, entry.slot, from_row);
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

/// A position is gone: its protection ends, and whoever asked is told.
pub(crate) fn trade_ended(ledger: &Ledger, desk: &mut Desk, slot: usize, row: u32) {
    desk.end_guards(slot, row);
    if desk.wants.contains(Wants::TRADES) {
        let number = ledger.book().trades.len() - 1;
        desk.news.push(News::Trade(TradeId(number as u32)));
    }
}
