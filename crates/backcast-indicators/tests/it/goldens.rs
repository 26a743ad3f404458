//! Values and first bars of the reference library, within a relative 1e-9 or 1e-12 of the largest value of the line.

use std::path::Path;

use backcast_indicators::{Computed, SeriesView, compute, find};
use serde_json::Value;

/// Bars of a price file in `tests/data`: open, high, low, close.
pub(crate) fn prices(file: &str) -> [Vec<f64>; 4] {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file);
    let text = std::fs::read_to_string(path).expect("price file is in the repository");
    let mut columns = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for row in text.lines().skip(1) {
        for (column, field) in columns.iter_mut().zip(row.split(',').skip(1)) {
            column.push(field.parse().expect("prices are numbers"));
        }
    }
    columns
}

/// Outputs of an indicator over open, high, low, close columns, with its default inputs.
pub(crate) fn outputs(bars: &[Vec<f64>; 4], name: &str, params: &[f64]) -> Vec<Computed> {
    let spec = find(name).expect("indicator is in the catalog");
    let column = |name| match name {
        "open" => 0,
        "high" => 1,
        "low" => 2,
        _ => 3,
    };
    let inputs: Vec<SeriesView<'_>> = spec
        .inputs
        .iter()
        .map(|input| SeriesView::new(&bars[column(input.default_column)]))
        .collect();
    compute(spec, &inputs, params).expect("parameters are in range")
}

/// Compares the lines of a golden, in the order of our outputs, with our indicator.
fn check(golden: &str, indicator: &str, params: &[f64], lines: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/backtrader")
        .join(format!("{golden}.json"));
    let text = std::fs::read_to_string(path).expect("golden is in the repository");
    let case: Value = serde_json::from_str(&text).expect("golden is JSON");
    let index = case["feeds"][0]["name"] == "idx";
    let mut bars = prices(if index { "index-2005.csv" } else { "orcl-2004.csv" });
    match case["args"][0].as_str() {
        Some("data.high") => bars[3] = bars[1].clone(),
        Some("data.low") => bars[3] = bars[2].clone(),
        _ => {}
    }
    for (line, ours) in lines.iter().zip(outputs(&bars, indicator, params)) {
        let theirs = case["result"]["lines"][line].as_array().expect("line is there");
        let theirs: Vec<f64> =
            theirs.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect();
        let first = theirs.iter().position(|value| value.is_finite());
        assert_eq!(Some(ours.valid_from), first, "{golden} {line}");
        let top =
            theirs.iter().filter(|value| value.is_finite()).fold(0.0, |a: f64, b| a.max(b.abs()));
        assert_eq!(ours.values.len(), theirs.len());
        for (bar, (ours, theirs)) in ours.values.iter().zip(&theirs).enumerate() {
            let near = (ours - theirs).abs() <= (1e-12 * top).max(1e-9 * theirs.abs());
            let both_undefined = ours.is_nan() && theirs.is_nan();
            assert!(near || both_undefined, "{golden} {line} bar {bar}: {ours}, expected {theirs}");
        }
    }
}

#[test]
fn moving_averages_agree_with_the_reference() {
    check("MovingAverageSimple", "sma", &[10.0], &["sma"]);
    check("ExponentialMovingAverage", "ema", &[10.0], &["ema"]);
    check("WeightedMovingAverage", "wma", &[10.0], &["wma"]);
    check("SmoothedMovingAverage", "smma", &[10.0], &["smma"]);
    check("DoubleExponentialMovingAverage", "dema", &[8.0], &["dema"]);
    check("TripleExponentialMovingAverage", "tema", &[8.0], &["tema"]);
    check("AdaptiveMovingAverage", "kama", &[12.0, 3.0, 25.0], &["kama"]);
    check("ZeroLagExponentialMovingAverage", "zlema", &[11.0], &["zlema"]);
    check("HullMovingAverage", "hma", &[16.0], &["hma"]);
}

#[test]
fn oscillators_agree_with_the_reference() {
    check("RelativeStrengthIndex", "rsi", &[10.0], &["rsi"]);
    check("RSI_Safe", "rsi_safe", &[5.0], &["rsi"]);
    check("RSI_EMA", "rsi_ema", &[10.0], &["rsi"]);
    check("MACDHisto", "macd", &[6.0, 13.0, 5.0], &["macd", "signal", "histo"]);
    check("RateOfChange", "roc", &[10.0], &["roc"]);
    check("Momentum", "momentum", &[10.0], &["momentum"]);
    check("PercentagePriceOscillator", "ppo", &[6.0, 13.0, 5.0], &["ppo", "signal", "histo"]);
    check("Trix", "trix", &[7.0], &["trix"]);
    check("AwesomeOscillator", "awesome_oscillator", &[3.0, 13.0], &["ao"]);
}

#[test]
fn ranges_agree_with_the_reference() {
    check("WilliamsR", "williams_r", &[10.0], &["percR"]);
    check("Vortex", "vortex", &[10.0], &["vi_plus", "vi_minus"]);
    check("TrueRange", "true_range", &[], &["tr"]);
    check("AverageTrueRange", "atr", &[10.0], &["atr"]);
    check("DirectionalMovement", "adx", &[10.0], &["adx", "plusDI", "minusDI", "adxr"]);
    check("Stochastic", "stochastic", &[10.0, 3.0, 3.0], &["percK", "percD"]);
    check("StochasticFull", "stochastic_full", &[10.0, 2.0, 4.0], &["percK", "percD", "percDSlow"]);
    check("CommodityChannelIndex", "cci", &[10.0, 0.015], &["cci"]);
}

#[test]
fn windows_agree_with_the_reference() {
    check("SumN", "sum", &[6.0], &["sumn"]);
    check("MeanDeviation", "mean_deviation", &[10.0], &["meandev"]);
    check("Highest", "highest", &[10.0], &["highest"]);
    check("Lowest", "lowest", &[10.0], &["lowest"]);
    check("StandardDeviation", "stddev", &[10.0], &["stddev"]);
    check("BollingerBands", "bollinger", &[15.0, 2.5], &["mid", "top", "bot"]);
}
