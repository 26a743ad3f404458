//! What a run is told about money: cash, sizing, costs, when orders fill.

use backcast_types::Size;

/// How much an entry buys or sells short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sizing {
    /// So many shares.
    Shares(f64),
    /// Shares worth this much cash, costs included.
    Value(f64),
    /// Shares worth this fraction of equity, costs included; 1.0 is all of it.
    EquityFraction(f64),
    /// Shares for all the cash there is.
    AllIn,
}

impl From<Sizing> for Size {
    fn from(sizing: Sizing) -> Size {
        match sizing {
            Sizing::Shares(x) => Size::Shares(x),
            Sizing::Value(x) => Size::Value(x),
            Sizing::EquityFraction(x) => Size::EquityFraction(x),
            Sizing::AllIn => Size::AllIn,
        }
    }
}

/// Commission of one fill: `(|q| * price) * rate + |q| * per_share + per_trade`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Commission {
    /// Fraction of the traded value.
    pub rate: f64,
    /// Cash per share.
    pub per_share: f64,
    /// Cash per fill.
    pub per_trade: f64,
}

/// How far a fill is from its reference price, against the trader.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slippage {
    /// Fraction of the price.
    pub rate: f64,
    /// Cash per share.
    pub fixed: f64,
}

/// When a market order fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillTiming {
    /// At the open of the next bar.
    NextOpen,
    /// At the close at which it was decided.
    SameClose,
}

/// Money side of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunConfig {
    /// Starting cash, above zero.
    pub cash: f64,
    /// How much an entry is for.
    pub size: Sizing,
    /// Whole shares only; else any fraction.
    pub whole_shares: bool,
    /// Commission of each fill.
    pub commission: Commission,
    /// Slippage of market and stop fills.
    pub slippage: Slippage,
    /// When market orders fill.
    pub timing: FillTiming,
    /// Whether positions are sold at the last close of the range, and dividends paid there that were earned and are due later.
    pub liquidate: bool,
}

impl Default for RunConfig {
    fn default() -> RunConfig {
        RunConfig {
            cash: 100_000.0,
            size: Sizing::EquityFraction(1.0),
            whole_shares: true,
            commission: Commission::default(),
            slippage: Slippage::default(),
            timing: FillTiming::NextOpen,
            liquidate: false,
        }
    }
}
