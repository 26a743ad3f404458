//! The digest of a run: equal digests, equal runs.
//!
//! Layout 1, little-endian throughout, -0.0 written as 0.0: the text `backcast run`, the layout number (u32), number of assets
//! (u32) and rows (u64); number of orders (u64), then each order; number of fills (u64), then each fill; then for each row the
//! position of every asset and the equity. Assets are written by their place in the run's list.

use std::fmt;

use backcast_types::{AssetId, Fill, Order, OrderKind, OrderStatus, Reason, Side, Size};

use crate::result::RunResult;

const LAYOUT: u32 = 1;

/// A blake3 hash of canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl RunResult {
    /// The digest of orders, fills, and positions and equity at each row.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let _span = backcast_spans::span!("engine.digest");
        let mut out = Writer::default();
        out.bytes(b"backcast run");
        out.u32(LAYOUT);
        out.u32(self.assets.len() as u32);
        out.u64(self.equity.len() as u64);
        out.orders(self);
        out.u64(self.fills.len() as u64);
        for fill in &self.fills {
            out.fill(fill, self.place(fill.asset));
        }
        out.curve(self);
        out.finish()
    }

    fn place(&self, asset: AssetId) -> u32 {
        self.slot(asset).map_or(u32::MAX, |slot| slot as u32)
    }
}

/// Collects bytes and hashes them in large pieces.
#[derive(Default)]
struct Writer {
    buffer: Vec<u8>,
    hasher: blake3::Hasher,
}

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= 1 << 16 {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn u8(&mut self, x: u8) {
        self.bytes(&[x]);
    }

    fn u32(&mut self, x: u32) {
        self.bytes(&x.to_le_bytes());
    }

    fn u64(&mut self, x: u64) {
        self.bytes(&x.to_le_bytes());
    }

    fn i64(&mut self, x: i64) {
        self.bytes(&x.to_le_bytes());
    }

    fn f64(&mut self, x: f64) {
        // Adding zero turns -0.0 into 0.0.
        self.bytes(&(x + 0.0).to_le_bytes());
    }

    fn orders(&mut self, result: &RunResult) {
        let mut last = vec![OrderStatus::Open; result.orders.len()];
        for event in &result.order_events {
            last[event.order.0 as usize] = event.status;
        }
        self.u64(result.orders.len() as u64);
        for (order, status) in result.orders.iter().zip(last) {
            self.order(order, result.place(order.asset));
            self.status(status);
        }
    }

    fn order(&mut self, order: &Order, place: u32) {
        self.u32(order.id.0);
        self.u32(place);
        self.side(order.side);
        let (kind, price) = match order.kind {
            OrderKind::Market => (0, 0.0),
            OrderKind::Limit { limit } => (1, limit),
            OrderKind::Stop { stop } => (2, stop),
        };
        self.u8(kind);
        self.f64(price);
        let (size, amount) = match order.size {
            Size::Shares(x) => (0, x),
            Size::Value(x) => (1, x),
            Size::EquityFraction(x) => (2, x),
            Size::AllIn => (3, 0.0),
            Size::Position => (4, 0.0),
        };
        self.u8(size);
        self.f64(amount);
        self.u8(u8::from(order.reverse));
        self.u32(order.submitted);
        self.i64(order.time.0);
    }

    fn status(&mut self, status: OrderStatus) {
        let (status, reason) = match status {
            OrderStatus::Open => (0, None),
            OrderStatus::Filled => (1, None),
            OrderStatus::Rejected(reason) => (2, Some(reason)),
            OrderStatus::Ended(reason) => (3, Some(reason)),
        };
        let reason = match reason {
            None => 0,
            Some(Reason::NotEnoughCash) => 1,
            Some(Reason::LessThanOneShare) => 2,
            Some(Reason::ShortBeyondEquity) => 3,
            Some(Reason::TooManyShares) => 4,
            Some(Reason::NothingToClose) => 5,
            Some(Reason::Cancelled) => 6,
            Some(Reason::EndOfData) => 7,
        };
        self.u8(status);
        self.u8(reason);
    }

    fn side(&mut self, side: Side) {
        self.u8(match side {
            Side::Buy => 0,
            Side::Sell => 1,
        });
    }

    fn fill(&mut self, fill: &Fill, place: u32) {
        self.u32(fill.order.0);
        self.u32(place);
        self.u32(fill.row);
        self.i64(fill.time.0);
        for x in [fill.quantity, fill.price, fill.commission, fill.slippage] {
            self.f64(x);
        }
    }

    fn curve(&mut self, result: &RunResult) {
        let mut held = vec![0.0; result.assets.len()];
        let mut changes = result.positions.changes.iter().peekable();
        for (row, equity) in result.equity.iter().enumerate() {
            while let Some(change) = changes.next_if(|c| c.row as usize <= row) {
                if let Some(held) = held.get_mut(change.slot as usize) {
                    *held = change.quantity;
                }
            }
            for position in &held {
                self.f64(*position);
            }
            self.f64(*equity);
        }
    }

    fn finish(mut self) -> Digest {
        self.hasher.update(&self.buffer);
        Digest(*self.hasher.finalize().as_bytes())
    }
}
