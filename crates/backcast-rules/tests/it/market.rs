//! Small markets and short ways to ask.

use std::sync::Arc;

use backcast_data::{Asset, Bars, Frequency, Market};
use backcast_rules::{
    Bits, Definitions, Evaluator, NodeId, Program, RuleError, Series, Text, compile_expression,
};
use backcast_types::AssetId;

/// An asset whose bars are one day apart from `first_day` on, all four prices alike.
pub(crate) fn asset(symbol: &str, first_day: i32, close: &[f64]) -> Asset {
    let days: Vec<i32> = (first_day..).take(close.len()).collect();
    on_days(symbol, &days, close)
}

/// An asset with bars on given days, all four prices alike.
pub(crate) fn on_days(symbol: &str, days: &[i32], close: &[f64]) -> Asset {
    let time: Vec<i64> = days.iter().map(|day| i64::from(*day) * 86_400_000_000_000).collect();
    let price = || close.to_vec().into();
    let bars = Bars {
        time: time.into(),
        day: days.to_vec().into(),
        open: price(),
        high: price(),
        low: price(),
        close: price(),
        volume: vec![1000.0; close.len()].into(),
        extra: Vec::new(),
    };
    Asset { symbol: symbol.into(), bars, splits: vec![], dividends: vec![], delisted: None }
}

pub(crate) fn market(assets: Vec<Asset>) -> Market {
    Market {
        name: "test".into(),
        calendar: None,
        frequency: Frequency::Daily,
        periods_per_year: 252.0,
        assets: assets.into_iter().map(Arc::new).collect(),
        digest: String::new(),
    }
}

/// An expression over the assets and extra columns of a market.
pub(crate) fn compiled(
    text: &str,
    market: &Market,
    params: &[&str],
) -> Result<(Program, NodeId), RuleError> {
    let assets: Vec<String> = market.assets.iter().map(|a| a.symbol.clone()).collect();
    let columns: Vec<String> =
        market.assets[0].bars.extra.iter().map(|(name, _)| name.clone()).collect();
    let params: Vec<String> = params.iter().map(|p| p.to_string()).collect();
    let definitions = Definitions {
        columns: &columns,
        assets: &assets,
        params: &params,
        ..Definitions::default()
    };
    compile_expression(&Text { name: "test", text, offset: 0 }, &definitions)
}

/// A condition on the first asset.
pub(crate) fn bools(text: &str, market: &Market) -> Arc<Bits> {
    let (program, id) = compiled(text, market, &[]).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    Evaluator::new(&program, market, AssetId(0)).bools(id, &[]).unwrap()
}

/// A series on the first asset.
pub(crate) fn series(text: &str, market: &Market) -> Arc<Series> {
    let (program, id) = compiled(text, market, &[]).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    Evaluator::new(&program, market, AssetId(0)).series(id, &[]).unwrap()
}

/// A condition as text: `1`, `0` and `?` for undefined.
pub(crate) fn shown(bits: &Bits) -> String {
    (0..bits.len).map(|row| bits.get(row).map_or('?', |b| if b { '1' } else { '0' })).collect()
}

/// A condition over the closes of one asset, as text.
pub(crate) fn on_closes(text: &str, close: &[f64]) -> String {
    shown(&bits(text, close))
}

fn bits(text: &str, close: &[f64]) -> Arc<Bits> {
    bools(text, &market(vec![asset("A", 0, close)]))
}

/// Closes of the first 900 sessions of AAPL in the sample, as traded, from 2000-03-01 on.
pub(crate) fn aapl() -> Vec<f64> {
    include_str!("../data/aapl_close.csv").lines().skip(1).map(|x| x.parse().unwrap()).collect()
}
