//! Indicators of high, low and close.

use super::spec::{
    HIGH_LOW_CLOSE, IndicatorSpec, ParamSpec, bars, by_twin, length, number, price, ratio,
};
use crate::directional::Adx;
use crate::ranges::{Atr, Cci, Stochastic, StochasticFast, StochasticFull, TrueRange};

const PERIOD_14: &[ParamSpec] = &[bars("period", 14.0, 1.0, "bars averaged")];
const RANGE: ParamSpec = bars("period", 14.0, 1.0, "bars whose highest and lowest are taken");
const FAST: ParamSpec = bars("fast", 3.0, 1.0, "bars of the first average");
const SLOW: ParamSpec = bars("slow", 3.0, 1.0, "bars of the second average");
const FLAT: &str = "where highest equals lowest or a missing bar is among them, and while an average holds such a bar";

/// The indicators of high, low and close of the catalog.
pub(super) const SPECS: &[IndicatorSpec] = &[
    IndicatorSpec {
        name: "true_range",
        aliases: &["tr", "trange"],
        title: "True range",
        summary: "range of the bar, the previous close included",
        inputs: HIGH_LOW_CLOSE,
        params: &[],
        outputs: &[price("true_range")],
        warm_up: |_, _| 2,
        warm_up_text: "2",
        undefined: "at a missing bar and the one after",
        source: "max(high, close_1) - min(low, close_1); Wilder, New Concepts in Technical Trading Systems, 1978",
        fast_path: None,
        forms: by_twin!(_ => TrueRange::new()),
    },
    IndicatorSpec {
        name: "atr",
        aliases: &["average_true_range"],
        title: "Average true range",
        summary: "smoothed true range: how far a bar goes",
        inputs: HIGH_LOW_CLOSE,
        params: PERIOD_14,
        outputs: &[price("atr")],
        warm_up: |params, _| length(params, 0) + 1,
        warm_up_text: "period + 1",
        undefined: "at a missing bar and the one after",
        source: "smma(true_range, n); Wilder, New Concepts in Technical Trading Systems, 1978",
        fast_path: None,
        forms: by_twin!(params => Atr::new(length(params, 0))),
    },
    IndicatorSpec {
        name: "adx",
        aliases: &["dmi"],
        title: "Average directional index",
        summary: "strength of a trend, with the two directional indicators and the rating, each from 0 to 100",
        inputs: HIGH_LOW_CLOSE,
        params: PERIOD_14,
        outputs: &[ratio("adx"), ratio("plus_di"), ratio("minus_di"), ratio("adxr")],
        warm_up: |params, output| match output {
            0 => 2 * length(params, 0),
            3 => 3 * length(params, 0),
            _ => length(params, 0) + 1,
        },
        warm_up_text: "adx: 2 * period; plus_di and minus_di: period + 1; adxr: 3 * period",
        undefined: "where range or movement is zero; at a missing bar and the one after (adxr: also period bars later); adx goes on from where it was",
        source: "di = 100 smma(dm, n) / atr(n), adx = 100 smma(|di+ - di-| / (di+ + di-), n), adxr = (adx + adx_n) / 2; Wilder, New Concepts in Technical Trading Systems, 1978",
        fast_path: None,
        forms: by_twin!(params => Adx::new(length(params, 0))),
    },
    IndicatorSpec {
        name: "stochastic",
        aliases: &["stoch", "stochastic_slow"],
        title: "Stochastic (slow)",
        summary: "where the close stands in the recent range, in percent, averaged once (k) and twice (d)",
        inputs: HIGH_LOW_CLOSE,
        params: &[RANGE, FAST, SLOW],
        outputs: &[ratio("k"), ratio("d")],
        warm_up: |params, output| match output {
            0 => length(params, 0) + length(params, 1) - 1,
            _ => length(params, 0) + length(params, 1) + length(params, 2) - 2,
        },
        warm_up_text: "k: period + fast - 1; d: slow - 1 more",
        undefined: FLAT,
        source: "100 (close - lowest) / (highest - lowest); k = sma of it, d = sma(k, slow); Lane, Lane's Stochastics, 1984",
        fast_path: None,
        forms: by_twin!(params => Stochastic::new(length(params, 0), length(params, 1), length(params, 2))),
    },
    IndicatorSpec {
        name: "stochastic_fast",
        aliases: &["stoch_fast"],
        title: "Stochastic (fast)",
        summary: "where the close stands in the recent range, in percent (k), and its average (d)",
        inputs: HIGH_LOW_CLOSE,
        params: &[RANGE, FAST],
        outputs: &[ratio("k"), ratio("d")],
        warm_up: |params, output| match output {
            0 => length(params, 0),
            _ => length(params, 0) + length(params, 1) - 1,
        },
        warm_up_text: "k: period; d: fast - 1 more",
        undefined: FLAT,
        source: "k = 100 (close - lowest) / (highest - lowest), d = sma(k, fast); Lane, Lane's Stochastics, 1984",
        fast_path: None,
        forms: by_twin!(params => StochasticFast::new(length(params, 0), length(params, 1))),
    },
    IndicatorSpec {
        name: "stochastic_full",
        aliases: &["stoch_full"],
        title: "Stochastic (all lines)",
        summary: "where the close stands in the recent range, in percent (k), averaged once (d) and twice (d_slow)",
        inputs: HIGH_LOW_CLOSE,
        params: &[RANGE, FAST, SLOW],
        outputs: &[ratio("k"), ratio("d"), ratio("d_slow")],
        warm_up: |params, output| match output {
            0 => length(params, 0),
            1 => length(params, 0) + length(params, 1) - 1,
            _ => length(params, 0) + length(params, 1) + length(params, 2) - 2,
        },
        warm_up_text: "k: period; d: fast - 1 more; d_slow: slow - 1 more still",
        undefined: FLAT,
        source: "k = 100 (close - lowest) / (highest - lowest), d = sma(k, fast), d_slow = sma(d, slow); Lane, Lane's Stochastics, 1984",
        fast_path: None,
        forms: by_twin!(params => StochasticFull::new(length(params, 0), length(params, 1), length(params, 2))),
    },
    IndicatorSpec {
        name: "cci",
        aliases: &["commodity_channel_index"],
        title: "Commodity channel index",
        summary: "distance of the typical price from its average, in units of the usual distance",
        inputs: HIGH_LOW_CLOSE,
        params: &[
            bars("period", 20.0, 1.0, "bars averaged"),
            number("factor", 0.015, 1e-9, 1e9, "share of the usual distance that counts as 1"),
        ],
        outputs: &[ratio("cci")],
        warm_up: |params, _| 2 * length(params, 0) - 1,
        warm_up_text: "2 * period - 1",
        undefined: "where the average distance is zero, and while the last 2 * period - 1 bars hold a missing one",
        source: "(t - sma(t, n)) / (factor * sma(|t - sma(t, n)|, n)), t = (high + low + close) / 3; Lambert, Commodity Channel Index, 1980",
        fast_path: None,
        forms: by_twin!(params => Cci::new(length(params, 0), params[1])),
    },
];
