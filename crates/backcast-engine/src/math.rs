//! Price, cost, size and cash of a fill: the one place of these formulas.
//!
//! Generic over the vector width: the event engine calls them with `f64`, the lanes with eight parameter sets at a time. Order of
//! operations is part of the contract.

use backcast_metrics::Vector;
use backcast_types::Reason;

use crate::config::{RunConfig, Sizing};

/// Above this, neighbouring floats are more than one share apart.
pub const MOST_SHARES: f64 = 9_007_199_254_740_992.0;

/// Costs and sizing of a run, spread over the lanes.
#[derive(Clone, Copy)]
pub struct Terms<V> {
    /// `1 + slippage rate`, for purchases.
    up: V,
    /// `1 - slippage rate`, for sales.
    down: V,
    slip_fixed: V,
    rate: V,
    rate_up: V,
    per_share: V,
    /// Fixed commission of a fill.
    pub per_trade: V,
    amount: V,
    sizing: Sizing,
    whole: bool,
}

/// An entry that was worked out: how many shares (not negative), and the bits of the lanes that got any.
#[derive(Clone, Copy)]
pub struct Entry<V> {
    /// Shares, not negative; zero where rejected.
    pub shares: V,
    /// Cash after the fill; cash before where rejected.
    pub cash: V,
    /// Lanes that were filled.
    pub filled: u8,
}

impl<V: Vector> Terms<V> {
    /// The terms of a configuration.
    #[inline(always)]
    pub fn new(config: &RunConfig) -> Terms<V> {
        let amount = match config.size {
            Sizing::Shares(x) | Sizing::Value(x) | Sizing::EquityFraction(x) => x,
            Sizing::AllIn => 1.0,
        };
        Terms {
            up: V::splat(1.0 + config.slippage.rate),
            down: V::splat(1.0 - config.slippage.rate),
            slip_fixed: V::splat(config.slippage.fixed),
            rate: V::splat(config.commission.rate),
            rate_up: V::splat(1.0 + config.commission.rate),
            per_share: V::splat(config.commission.per_share),
            per_trade: V::splat(config.commission.per_trade),
            amount: V::splat(amount),
            sizing: config.size,
            whole: config.whole_shares,
        }
    }

    /// The same terms with another size: what an order asks for instead of the run's default.
    #[inline(always)]
    #[must_use]
    pub fn sized(mut self, sizing: Sizing) -> Terms<V> {
        self.amount = match sizing {
            Sizing::Shares(x) | Sizing::Value(x) | Sizing::EquityFraction(x) => V::splat(x),
            Sizing::AllIn => V::splat(1.0),
        };
        self.sizing = sizing;
        self
    }

    /// What a purchase pays per share when the market is at `reference`.
    #[inline(always)]
    pub fn buy_price(&self, reference: V) -> V {
        reference.mul(self.up).add(self.slip_fixed)
    }

    /// What a sale brings per share when the market is at `reference`: nothing at worst, however large the slippage.
    #[inline(always)]
    pub fn sell_price(&self, reference: V) -> V {
        reference.mul(self.down).sub(self.slip_fixed).max(V::splat(0.0))
    }

    /// Commission of `shares` (not negative) at `price`, with a fixed part of `per_trade`.
    #[inline(always)]
    pub fn commission(&self, shares: V, price: V, per_trade: V) -> V {
        shares.mul(price).mul(self.rate).add(shares.mul(self.per_share)).add(per_trade)
    }

    /// Cash that a purchase takes.
    #[inline(always)]
    pub fn cost_of_purchase(&self, shares: V, price: V, per_trade: V) -> V {
        shares.mul(price).add(self.commission(shares, price, per_trade))
    }

    /// Cash that a sale brings.
    #[inline(always)]
    pub fn proceeds_of_sale(&self, shares: V, price: V, per_trade: V) -> V {
        shares.mul(price).sub(self.commission(shares, price, per_trade))
    }

    /// What slippage costs: shares times the distance of the price from its reference.
    #[inline(always)]
    pub fn slippage_cost(&self, shares: V, price: V, reference: V) -> V {
        shares.mul(price.sub(reference).abs())
    }

    /// A purchase that opens or adds: `cash` pays, `equity` is what fractions are of.
    #[inline(always)]
    pub fn buy(&self, cash: V, equity: V, price: V, per_trade: V) -> Entry<V> {
        let mut shares = self.shares_for(self.budget(equity).min(cash), price, per_trade);
        let mut after = cash.sub(self.cost_of_purchase(shares, price, per_trade));
        for _ in 0..self.corrections() {
            let over = V::bits(after.lt(V::splat(0.0)));
            if over == 0 {
                break;
            }
            shares = self.less(shares, over);
            after = cash.sub(self.cost_of_purchase(shares, price, per_trade));
        }
        self.entry(shares, after, cash, V::bits(V::splat(0.0).le(after)))
    }

    /// A short sale that opens or adds: worth at most `room`, the part of equity that no other short sale has taken.
    #[inline(always)]
    pub fn sell_short(&self, cash: V, equity: V, room: V, price: V, per_trade: V) -> Entry<V> {
        let mut shares = self.shares_for(self.budget(equity).min(room), price, per_trade);
        for _ in 0..self.corrections() {
            let over = V::bits(room.lt(shares.mul(price)));
            if over == 0 {
                break;
            }
            shares = self.less(shares, over);
        }
        let after = cash.add(self.proceeds_of_sale(shares, price, per_trade));
        self.entry(shares, after, cash, V::bits(shares.mul(price).le(room)))
    }

    /// The division rounds, so the first answer may be a little too many. A fixed number is never corrected.
    #[inline(always)]
    fn corrections(&self) -> usize {
        if matches!(self.sizing, Sizing::Shares(_)) { 0 } else { 4 }
    }

    /// One share, or one float, less in the lanes of `over`, as long as there is any.
    #[inline(always)]
    fn less(&self, shares: V, over: u8) -> V {
        let over = over & V::bits(V::splat(0.0).lt(shares));
        if over == 0 {
            return shares;
        }
        let less = if self.whole { shares.sub(V::splat(1.0)) } else { next_below(shares) };
        V::select(V::mask(over), less, shares)
    }

    #[inline(always)]
    fn budget(&self, equity: V) -> V {
        match self.sizing {
            Sizing::Shares(_) => equity,
            Sizing::Value(_) => self.amount,
            Sizing::EquityFraction(_) | Sizing::AllIn => self.amount.mul(equity),
        }
    }

    /// `(budget - fixed fee) / (price (1 + rate) + fee per share)`, or the fixed number.
    #[inline(always)]
    fn shares_for(&self, budget: V, price: V, per_trade: V) -> V {
        if matches!(self.sizing, Sizing::Shares(_)) {
            return self.amount;
        }
        let shares = budget.sub(per_trade).div(price.mul(self.rate_up).add(self.per_share));
        if self.whole { shares.floor() } else { shares }
    }

    #[inline(always)]
    fn entry(&self, shares: V, after: V, before: V, paid: u8) -> Entry<V> {
        let least = if self.whole { V::splat(1.0).le(shares) } else { V::splat(0.0).lt(shares) };
        let filled = paid & V::bits(least) & V::bits(shares.le(V::splat(MOST_SHARES)));
        let mask = V::mask(filled);
        Entry {
            shares: V::select(mask, shares, V::splat(0.0)),
            cash: V::select(mask, after, before),
            filled,
        }
    }
}

/// The next lower float of positive numbers, lane by lane.
#[cold]
#[inline(never)]
fn next_below<V: Vector>(x: V) -> V {
    let mut lanes = [1.0; 8];
    x.store(&mut lanes);
    V::load(&lanes.map(f64::next_down))
}

impl Terms<f64> {
    /// Why [`Terms::buy`] or [`Terms::sell_short`] filled nothing.
    #[must_use]
    pub fn refusal(&self, entry_is_short: bool, budget: f64, price: f64, per_trade: f64) -> Reason {
        let shares = self.shares_for(budget, price, per_trade);
        match self.sizing {
            _ if shares > MOST_SHARES => Reason::TooManyShares,
            Sizing::Shares(_) if entry_is_short => Reason::ShortBeyondEquity,
            Sizing::Shares(_) => Reason::NotEnoughCash,
            _ => Reason::LessThanOneShare,
        }
    }
}
