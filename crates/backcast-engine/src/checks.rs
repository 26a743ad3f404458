//! What cannot be run.

use backcast_data::Market;
use backcast_types::AssetId;
use rustc_hash::FxHashSet;

use crate::{
    config::{RunConfig, Sizing},
    error::EngineError,
};

/// Assets of the market, at least one, none twice.
pub(crate) fn check_assets(market: &Market, assets: &[AssetId]) -> Result<(), EngineError> {
    if assets.is_empty() {
        return Err(EngineError::NoAssets);
    }
    let mut seen = FxHashSet::default();
    for asset in assets {
        let Some(data) = market.assets.get(asset.index()) else {
            return Err(EngineError::UnknownAsset { asset: *asset, assets: market.assets.len() });
        };
        if !seen.insert(asset) {
            return Err(EngineError::RepeatedAsset { symbol: data.symbol.clone() });
        }
    }
    Ok(())
}

/// Settings within their ranges.
pub(crate) fn check_config(config: &RunConfig) -> Result<(), EngineError> {
    let size = match config.size {
        Sizing::Shares(x) | Sizing::Value(x) | Sizing::EquityFraction(x) => x,
        Sizing::AllIn => 1.0,
    };
    for (name, value) in [("cash", config.cash), ("size", size)] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(EngineError::Setting { name, value, expected: "above zero" });
        }
    }
    let costs = [
        ("commission rate", config.commission.rate),
        ("commission per share", config.commission.per_share),
        ("commission per trade", config.commission.per_trade),
        ("slippage rate", config.slippage.rate),
        ("slippage per share", config.slippage.fixed),
    ];
    for (name, value) in costs {
        if !(value >= 0.0 && value.is_finite()) {
            return Err(EngineError::Setting { name, value, expected: "zero or above" });
        }
    }
    Ok(())
}
