//! Classes of the reference library and the indicators that answer for them.

use serde_json::{Map, Value};

/// A class by all its names, and what it is with us.
#[derive(Debug)]
pub(super) struct Class {
    names: &'static [&'static str],
    indicator: &'static str,
    /// Keyword and default of each of our parameters, in our order.
    params: &'static [(&'static str, f64)],
    /// Lines and our output numbers; the first is the one meant when none is named.
    lines: &'static [(&'static str, usize)],
    /// The moving average inside, where it can be chosen.
    average: Option<&'static str>,
}

/// One of our indicators, ready to be computed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) indicator: &'static str,
    pub(super) params: Vec<f64>,
    pub(super) lines: &'static [(&'static str, usize)],
}

/// Keywords that change no value: levels drawn by charts.
const DECORATION: [&str; 5] = ["upperband", "lowerband", "safehigh", "safelow", "plotname"];

/// The class of that name.
pub(super) fn find(name: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.names.contains(&name))
}

impl Class {
    /// Our indicator and parameters for the keywords of a golden.
    ///
    /// # Errors
    /// A keyword whose effect we do not offer.
    pub(super) fn call(&self, kwargs: &Map<String, Value>) -> Result<Call, String> {
        let mut params: Vec<f64> = self.params.iter().map(|(_, default)| *default).collect();
        let mut indicator = self.indicator;
        for (key, value) in kwargs {
            let place = self.params.iter().position(|(name, _)| name == key);
            if let (Some(place), Some(number)) = (place, value.as_f64()) {
                params[place] = number;
            } else if key == "movav" || key == "_movav" {
                indicator = self.with_average(indicator, value)?;
            } else if self.indicator == "rsi" && key == "safediv" {
                indicator = if value == &Value::Bool(true) { "rsi_safe" } else { indicator };
            } else if !(is_default(key, value) || DECORATION.contains(&key.as_str())) {
                return Err(format!("{} with {key}={value}", self.names[0]));
            }
        }
        Ok(Call { indicator, params, lines: self.lines })
    }

    /// The indicator that uses the named moving average instead.
    fn with_average(&self, indicator: &'static str, value: &Value) -> Result<&'static str, String> {
        let refuse = || format!("{} with movav={value}", self.names[0]);
        let text = value.as_str().ok_or_else(refuse)?;
        let name = text.rsplit('.').next().unwrap_or(text);
        let wanted = find(name).ok_or_else(refuse)?.indicator;
        match (indicator, wanted) {
            ("rsi", "sma") => Ok("rsi_sma"),
            ("rsi", "ema") => Ok("rsi_ema"),
            _ if self.average == Some(wanted) => Ok(indicator),
            _ => Err(refuse()),
        }
    }
}

/// Options at the value they have anyway.
fn is_default(key: &str, value: &Value) -> bool {
    match key {
        "safediv" | "safepow" | "plot" => value == &Value::Bool(false),
        "lookback" => value.as_f64() == Some(1.0),
        _ => false,
    }
}

const fn class(
    names: &'static [&'static str],
    indicator: &'static str,
    params: &'static [(&'static str, f64)],
    lines: &'static [(&'static str, usize)],
    average: Option<&'static str>,
) -> Class {
    Class { names, indicator, params, lines, average }
}

const PERIOD_30: &[(&str, f64)] = &[("period", 30.0)];
const PERIOD_14: &[(&str, f64)] = &[("period", 14.0)];
const PERIOD_12: &[(&str, f64)] = &[("period", 12.0)];
const PERIOD_1: &[(&str, f64)] = &[("period", 1.0)];
const MACD: &[(&str, f64)] = &[("period_me1", 12.0), ("period_me2", 26.0), ("period_signal", 9.0)];
const STOCHASTIC: &[(&str, f64)] =
    &[("period", 14.0), ("period_dfast", 3.0), ("period_dslow", 3.0)];
const RSI: &[(&str, usize)] = &[("rsi", 0)];
const DIRECTIONAL: &[(&str, usize)] = &[("adx", 0), ("plusDI", 1), ("minusDI", 2), ("adxr", 3)];

#[rustfmt::skip]
const CLASSES: &[Class] = &[
    class(&["MovingAverageSimple", "SMA", "SimpleMovingAverage"], "sma", PERIOD_30, &[("sma", 0)], None),
    class(&["ExponentialMovingAverage", "EMA", "MovingAverageExponential"], "ema", PERIOD_30, &[("ema", 0)], None),
    class(&["WeightedMovingAverage", "WMA", "MovingAverageWeighted"], "wma", PERIOD_30, &[("wma", 0)], None),
    class(&["SmoothedMovingAverage", "SMMA", "WilderMA", "MovingAverageSmoothed", "MovingAverageWilder", "ModifiedMovingAverage"], "smma", PERIOD_30, &[("smma", 0)], None),
    class(&["DoubleExponentialMovingAverage", "DEMA", "MovingAverageDoubleExponential"], "dema", PERIOD_30, &[("dema", 0)], Some("ema")),
    class(&["TripleExponentialMovingAverage", "TEMA", "MovingAverageTripleExponential"], "tema", PERIOD_30, &[("tema", 0)], Some("ema")),
    class(&["AdaptiveMovingAverage", "KAMA", "MovingAverageAdaptive"], "kama", &[("period", 30.0), ("fast", 2.0), ("slow", 30.0)], &[("kama", 0)], None),
    class(&["HullMovingAverage", "HMA", "HullMA"], "hma", PERIOD_30, &[("hma", 0)], Some("wma")),
    class(&["ZeroLagExponentialMovingAverage", "ZLEMA", "ZeroLagEma"], "zlema", PERIOD_30, &[("zlema", 0)], Some("ema")),
    class(&["PercentagePriceOscillator", "PPO"], "ppo", &[("period1", 12.0), ("period2", 26.0), ("period_signal", 9.0)], &[("ppo", 0), ("signal", 1), ("histo", 2)], Some("ema")),
    class(&["Trix", "TRIX"], "trix", &[("period", 15.0)], &[("trix", 0)], Some("ema")),
    class(&["WilliamsR"], "williams_r", PERIOD_14, &[("percR", 0)], None),
    class(&["AwesomeOscillator", "AwesomeOsc", "AO"], "awesome_oscillator", &[("fast", 5.0), ("slow", 34.0)], &[("ao", 0)], Some("sma")),
    class(&["Vortex"], "vortex", PERIOD_14, &[("vi_plus", 0), ("vi_minus", 1)], None),
    class(&["MeanDeviation", "MeanDev"], "mean_deviation", &[("period", 20.0)], &[("meandev", 0)], Some("sma")),
    class(&["RelativeStrengthIndex", "RSI", "RSI_SMMA", "RSI_Wilder"], "rsi", PERIOD_14, RSI, Some("smma")),
    class(&["RSI_Safe"], "rsi_safe", PERIOD_14, RSI, Some("smma")),
    class(&["RSI_SMA", "RSI_Cutler"], "rsi_sma", PERIOD_14, RSI, Some("sma")),
    class(&["RSI_EMA"], "rsi_ema", PERIOD_14, RSI, Some("ema")),
    class(&["MACD"], "macd", MACD, &[("macd", 0), ("signal", 1)], Some("ema")),
    class(&["MACDHisto", "MACDHistogram"], "macd", MACD, &[("macd", 0), ("signal", 1), ("histo", 2)], Some("ema")),
    class(&["BollingerBands", "BBands"], "bollinger", &[("period", 20.0), ("devfactor", 2.0)], &[("mid", 0), ("top", 1), ("bot", 2)], Some("sma")),
    class(&["AverageTrueRange", "ATR"], "atr", PERIOD_14, &[("atr", 0)], Some("smma")),
    class(&["TrueRange", "TR"], "true_range", &[], &[("tr", 0)], None),
    class(&["AverageDirectionalMovementIndex", "ADX", "AverageDirectionalMovementIndexRating", "ADXR", "DirectionalMovementIndex", "DMI", "DirectionalMovement", "DM"], "adx", PERIOD_14, DIRECTIONAL, Some("smma")),
    class(&["DirectionalIndicator", "DI", "PlusDirectionalIndicator", "PlusDI"], "adx", PERIOD_14, &[("plusDI", 1), ("minusDI", 2)], Some("smma")),
    class(&["MinusDirectionalIndicator", "MinusDI"], "adx", PERIOD_14, &[("minusDI", 2)], Some("smma")),
    class(&["Stochastic", "StochasticSlow"], "stochastic", STOCHASTIC, &[("percK", 0), ("percD", 1)], Some("sma")),
    class(&["StochasticFast"], "stochastic_fast", &[("period", 14.0), ("period_dfast", 3.0)], &[("percK", 0), ("percD", 1)], Some("sma")),
    class(&["StochasticFull"], "stochastic_full", STOCHASTIC, &[("percK", 0), ("percD", 1), ("percDSlow", 2)], Some("sma")),
    class(&["CommodityChannelIndex", "CCI"], "cci", &[("period", 20.0), ("factor", 0.015)], &[("cci", 0)], Some("sma")),
    class(&["RateOfChange", "ROC"], "roc", PERIOD_12, &[("roc", 0)], None),
    class(&["Momentum"], "momentum", PERIOD_12, &[("momentum", 0)], None),
    class(&["Highest", "MaxN"], "highest", PERIOD_1, &[("highest", 0)], None),
    class(&["Lowest", "MinN"], "lowest", PERIOD_1, &[("lowest", 0)], None),
    class(&["SumN"], "sum", PERIOD_1, &[("sumn", 0)], None),
    class(&["StandardDeviation", "StdDev"], "stddev", &[("period", 20.0)], &[("stddev", 0)], Some("sma")),
];
