//! Where orders lie: all that were made, and those that wait.

use backcast_types::{
    AssetId, Fill, Order, OrderEvent, OrderId, OrderKind, OrderStatus, Reason, Side, Size,
};

use crate::{
    error::TicketError,
    ledger::Stamp,
    strategy::{TradeId, Wants},
};

/// What a strategy asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ticket {
    /// What is traded.
    pub asset: AssetId,
    /// Which way.
    pub side: Side,
    /// How. Prices are traded prices.
    pub kind: OrderKind,
    /// How much.
    pub size: Size,
    /// Whether the fill first closes an opposite position, then opens `size` on the other side. Otherwise `size` counts from the
    /// position held, and a size that is no number of shares only reduces it.
    pub reverse: bool,
    /// Orders that come to life with the position this one opens.
    pub guard: Guard,
}

impl Ticket {
    /// A market order that nothing protects and that turns nothing.
    #[must_use]
    pub const fn market(asset: AssetId, side: Side, size: Size) -> Ticket {
        let (kind, guard) = (OrderKind::Market, Guard::NONE);
        Ticket { asset, side, kind, size, reverse: false, guard }
    }
}

/// Stop and target of a position that an order opens; they end with the position.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guard {
    /// Distance of a stop from the entry price.
    pub stop_loss: Option<Distance>,
    /// Distance of a limit order that takes the profit.
    pub take_profit: Option<Distance>,
    /// Distance of a stop that follows the best price since entry, moved at the end of each bar.
    pub trailing: Option<Distance>,
}

impl Guard {
    /// No stop and no target.
    pub const NONE: Guard = Guard { stop_loss: None, take_profit: None, trailing: None };

    fn distances(&self) -> impl Iterator<Item = Distance> {
        [self.stop_loss, self.take_profit, self.trailing].into_iter().flatten()
    }
}

/// How far a stop or target is from a price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distance {
    /// A fraction of that price.
    Fraction(f64),
    /// Cash per share.
    Price(f64),
}

impl Distance {
    fn value(self) -> f64 {
        match self {
            Distance::Fraction(x) | Distance::Price(x) => x,
        }
    }

    /// The price so far below `from`.
    pub(crate) fn below(self, from: f64) -> f64 {
        match self {
            Distance::Fraction(x) => from * (1.0 - x),
            Distance::Price(x) => from - x,
        }
    }

    /// The price so far above `from`.
    pub(crate) fn above(self, from: f64) -> f64 {
        match self {
            Distance::Fraction(x) => from * (1.0 + x),
            Distance::Price(x) => from + x,
        }
    }
}

/// A stop that follows the price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trail {
    pub(crate) best: f64,
    pub(crate) distance: Distance,
    /// First row whose best price counts.
    pub(crate) from_row: u32,
}

/// An order that waits, with prices and shares restated by splits since it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) id: OrderId,
    pub(crate) slot: usize,
    pub(crate) side: Side,
    pub(crate) kind: OrderKind,
    pub(crate) size: Size,
    pub(crate) reverse: bool,
    pub(crate) guard: Guard,
    /// Whether it protects the position and ends with it.
    pub(crate) guards: bool,
    pub(crate) trail: Option<Trail>,
    /// First row at which it can fill.
    pub(crate) from_row: u32,
}

impl Waiting {
    /// An order as its ticket has it.
    #[inline]
    pub(crate) fn new(ticket: &Ticket, id: OrderId, slot: usize, from_row: u32) -> Waiting {
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

    /// Restates the order: each share has become `shares`.
    pub(crate) fn split(&mut self, shares: f64, whole: bool) {
        let price = |x: &mut f64| *x /= shares;
        let distance = |d: &mut Option<Distance>| {
            if let Some(Distance::Price(x)) = d {
                *x /= shares;
            }
        };
        match &mut self.kind {
            OrderKind::Market => {}
            OrderKind::Limit { limit } => price(limit),
            OrderKind::Stop { stop } => price(stop),
        }
        if let Size::Shares(n) = &mut self.size {
            *n *= shares;
            if whole {
                *n = n.floor();
            }
        }
        distance(&mut self.guard.stop_loss);
        distance(&mut self.guard.take_profit);
        distance(&mut self.guard.trailing);
        if let Some(trail) = &mut self.trail {
            price(&mut trail.best);
            if let Distance::Price(x) = &mut trail.distance {
                price(x);
            }
        }
    }
}

/// A notification for the strategy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum News {
    Order(OrderEvent),
    Trade(TradeId),
}

/// All orders of a run.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) orders: Vec<Order>,
    pub(crate) status: Vec<OrderStatus>,
    pub(crate) events: Vec<OrderEvent>,
    pub(crate) fills: Vec<Fill>,
    /// By asset, then in order of submission.
    pub(crate) waiting: Vec<Waiting>,
    /// Made at this close.
    pub(crate) fresh: Vec<Waiting>,
    pub(crate) news: Vec<News>,
    pub(crate) wants: Wants,
}

impl Desk {
    /// A desk with room for so many orders that fill.
    pub(crate) fn with_room(orders: usize) -> Desk {
        Desk {
            orders: Vec::with_capacity(orders),
            status: Vec::with_capacity(orders),
            events: Vec::with_capacity(2 * orders),
            fills: Vec::with_capacity(orders),
            ..Desk::default()
        }
    }

    /// Writes an order down; it waits from `from_row` on.
    pub(crate) fn submit(
        &mut self,
        ticket: &Ticket,
        slot: usize,
        stamp: Stamp,
    ) -> Result<OrderId, TicketError> {
        check(ticket)?;
        let id = self.register(ticket, stamp)?;
        self.fresh.push(Waiting::new(ticket, id, slot, stamp.row + 1));
        Ok(id)
    }

    /// Gives an order its number and writes down that it is open.
    #[inline]
    pub(crate) fn register(
        &mut self,
        ticket: &Ticket,
        stamp: Stamp,
    ) -> Result<OrderId, TicketError> {
        let id = OrderId(u32::try_from(self.orders.len()).map_err(|_| TicketError::TooMany)?);
        self.orders.push(Order {
            id,
            asset: ticket.asset,
            side: ticket.side,
            kind: ticket.kind,
            size: ticket.size,
            reverse: ticket.reverse,
            submitted: stamp.row,
            time: stamp.time,
        });
        self.status.push(OrderStatus::Open);
        self.tell(id, OrderStatus::Open, stamp.row);
        Ok(id)
    }

    /// Withdraws an order; false where it no longer waits.
    pub(crate) fn cancel(&mut self, id: OrderId, row: u32) -> bool {
        let waits = self.status.get(id.0 as usize) == Some(&OrderStatus::Open);
        if waits {
            self.fresh.retain(|w| w.id != id);
            self.waiting.retain(|w| w.id != id);
            self.settle(id, OrderStatus::Ended(Reason::Cancelled), row);
        }
        waits
    }

    /// What became of an order.
    #[inline]
    pub(crate) fn settle(&mut self, id: OrderId, status: OrderStatus, row: u32) {
        self.status[id.0 as usize] = status;
        self.tell(id, status, row);
    }

    #[inline]
    fn tell(&mut self, order: OrderId, status: OrderStatus, row: u32) {
        let event = OrderEvent { order, status, row };
        self.events.push(event);
        if self.wants.contains(Wants::ORDERS) {
            self.news.push(News::Order(event));
        }
    }

    /// Lets an order wait, by asset and number.
    pub(crate) fn wait(&mut self, order: Waiting) {
        let at = self.waiting.partition_point(|w| (w.slot, w.id) < (order.slot, order.id));
        self.waiting.insert(at, order);
    }

    /// Ends the orders that protect a position which is gone.
    pub(crate) fn end_guards(&mut self, slot: usize, row: u32) {
        while let Some(at) = self.waiting.iter().position(|w| w.guards && w.slot == slot) {
            let id = self.waiting.remove(at).id;
            self.settle(id, OrderStatus::Ended(Reason::Cancelled), row);
        }
    }

    /// Restates waiting orders of an asset: each share has become `shares`.
    pub(crate) fn split(&mut self, slot: usize, shares: f64, whole: bool) {
        for order in self.waiting.iter_mut().filter(|w| w.slot == slot) {
            order.split(shares, whole);
        }
    }
}

fn check(ticket: &Ticket) -> Result<(), TicketError> {
    let positive = |x: f64| x > 0.0 && x.is_finite();
    match ticket.kind {
        OrderKind::Limit { limit: price } | OrderKind::Stop { stop: price } if !positive(price) => {
            return Err(TicketError::Price(price));
        }
        _ => {}
    }
    match ticket.size {
        Size::Shares(x) | Size::Value(x) | Size::EquityFraction(x) if !positive(x) => {
            return Err(TicketError::Size(x));
        }
        _ => {}
    }
    match ticket.guard.distances().map(Distance::value).find(|x| !positive(*x)) {
        Some(x) => Err(TicketError::Distance(x)),
        None => Ok(()),
    }
}
