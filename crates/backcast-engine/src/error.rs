//! Why a run could not begin or go on.

use backcast_types::AssetId;

use crate::{result::RunResult, strategy::StrategyError};

/// Why a run could not begin, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The list of assets is empty.
    #[error("a run needs at least one asset")]
    NoAssets,
    /// An asset is not in the market.
    #[error("asset number {} is not in the market, which has {assets}", .asset.0)]
    UnknownAsset {
        /// The number asked for.
        asset: AssetId,
        /// How many the market has.
        assets: usize,
    },
    /// An asset is listed more than once.
    #[error("asset {symbol} is listed twice")]
    RepeatedAsset {
        /// Its name.
        symbol: String,
    },
    /// A number of the configuration cannot be used.
    #[error("{name} is {value}, but it must be {expected}")]
    Setting {
        /// Which number.
        name: &'static str,
        /// What was found.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// The rows asked for are not there.
    #[error("rows {start}..{end} were asked for, but there are {rows}")]
    Rows {
        /// First row.
        start: usize,
        /// Row after the last.
        end: usize,
        /// Rows of the clock.
        rows: usize,
    },
    /// More bars than order records can count.
    #[error("{rows} rows are too many: a run has at most {}", u32::MAX)]
    TooLong {
        /// Rows of the clock.
        rows: usize,
    },
    /// The strategy failed while it was set up.
    #[error(transparent)]
    Init(StrategyError),
    /// The strategy failed at a bar. What was recorded up to there is whole.
    #[error("{source}")]
    Strategy {
        /// What the strategy returned, as it was.
        source: StrategyError,
        /// The run up to the bar before.
        partial: Box<RunResult>,
    },
}

/// Why an order was not even accepted; nothing changes then.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum TicketError {
    /// The asset takes no part in the run.
    #[error("asset number {} takes no part in this run", .0.0)]
    Asset(AssetId),
    /// A limit or stop that is no price.
    #[error("the price of an order is {0}, but it must be above zero")]
    Price(f64),
    /// A size that is no size.
    #[error("the size of an order is {0}, but it must be above zero")]
    Size(f64),
    /// More orders than can be numbered.
    #[error("a run has at most {} orders", u32::MAX)]
    TooMany,
    /// A distance of a stop or target that is none.
    #[error("the distance of a stop or target is {0}, but it must be above zero")]
    Distance(f64),
}
