//! Changes and oscillators.

use super::spec::{
    AT_MISSING, CLOSE, Forms, IndicatorSpec, ParamSpec, bars, by_twin, length, level, ratio,
};
use crate::momentum::{Macd, Momentum, Ppo, Roc, Rsi, Trix, momentum_slice, roc_slice};
use crate::twin::boxed;

const PERIOD_12: &[ParamSpec] = &[bars("period", 12.0, 1.0, "bars looked back")];
const PERIOD_14: &[ParamSpec] = &[bars("period", 14.0, 1.0, "bars averaged")];
const UNMOVED: &str =
    "where neither gains nor losses are left in the averages; at a missing value and the one after";

/// The changes and oscillators of the catalog.
pub(super) const SPECS: &[IndicatorSpec] = &[
    IndicatorSpec {
        name: "momentum",
        aliases: &["mom"],
        title: "Momentum",
        summary: "difference of the value to the one `period` bars ago",
        inputs: CLOSE,
        params: PERIOD_12,
        outputs: &[level("momentum")],
        warm_up: |params, _| length(params, 0) + 1,
        warm_up_text: "period + 1",
        undefined: "where one of the two values is missing",
        source: "x - x_n; Kaufman, Trading Systems and Methods, 5th ed., 2013",
        fast_path: None,
        forms: Forms {
            kernel: |params, inputs, start, outputs| {
                momentum_slice(inputs[0], start, length(params, 0), outputs[0]);
            },
            twin: |params| boxed(Momentum::new(length(params, 0))),
        },
    },
    IndicatorSpec {
        name: "roc",
        aliases: &["rate_of_change"],
        title: "Rate of change",
        summary: "change from the value `period` bars ago as a fraction of it (0.01 is one percent)",
        inputs: CLOSE,
        params: PERIOD_12,
        outputs: &[ratio("roc")],
        warm_up: |params, _| length(params, 0) + 1,
        warm_up_text: "period + 1",
        undefined: "where one of the two values is missing or the earlier one is zero",
        source: "(x - x_n) / x_n; Kaufman, Trading Systems and Methods, 5th ed., 2013",
        fast_path: None,
        forms: Forms {
            kernel: |params, inputs, start, outputs| {
                roc_slice(inputs[0], start, length(params, 0), outputs[0]);
            },
            twin: |params| boxed(Roc::new(length(params, 0))),
        },
    },
    IndicatorSpec {
        name: "rsi",
        aliases: &["relative_strength_index"],
        title: "Relative strength index",
        summary: "gains against losses of the last bars, from 0 (losses only) to 100 (gains only)",
        inputs: CLOSE,
        params: PERIOD_14,
        outputs: &[ratio("rsi")],
        warm_up: |params, _| length(params, 0) + 1,
        warm_up_text: "period + 1",
        undefined: UNMOVED,
        source: "100 - 100 / (1 + u / d), u and d the smma over n bars of gains and losses; Wilder, New Concepts in Technical Trading Systems, 1978",
        fast_path: None,
        forms: by_twin!(params => Rsi::new(length(params, 0))),
    },
    IndicatorSpec {
        name: "rsi_safe",
        aliases: &[],
        title: "Relative strength index, safe form",
        summary: "gains against losses of the last bars, from 0 (losses only) to 100 (gains only), 50 where nothing moved",
        inputs: CLOSE,
        params: PERIOD_14,
        outputs: &[ratio("rsi_safe")],
        warm_up: |params, _| length(params, 0) + 1,
        warm_up_text: "period + 1",
        undefined: AT_MISSING,
        source: "100 - 100 / (1 + u / d), u and d the smma over n bars of gains and losses, 50 where nothing moved; Wilder, New Concepts in Technical Trading Systems, 1978",
        fast_path: None,
        forms: by_twin!(params => Rsi::safe(length(params, 0))),
    },
    IndicatorSpec {
        name: "rsi_sma",
        aliases: &["rsi_cutler"],
        title: "Cutler's relative strength index",
        summary: "gains against losses of the last bars, from 0 (losses only) to 100 (gains only)",
        inputs: CLOSE,
        params: PERIOD_14,
        outputs: &[ratio("rsi_sma")],
        warm_up: |params, _| length(params, 0) + 1,
        warm_up_text: "period + 1",
        undefined: "while the last period + 1 bars hold a missing value, and where they did not move",
        source: "100 - 100 / (1 + u / d), u and d the sma over n bars of gains and losses; Cutler, after Wilder, New Concepts in Technical Trading Systems, 1978",
        fast_path: None,
        forms: by_twin!(params => Rsi::simple(length(params, 0))),
    },
    IndicatorSpec {
        name: "rsi_ema",
        aliases: &[],
        title: "Relative strength index with exponential averages",
        summary: "gains against losses of the last bars, from 0 (losses only) to 100 (gains only)",
        inputs: CLOSE,
        params: PERIOD_14,
        outputs: &[ratio("rsi_ema")],
        warm_up: |params, _| length(params, 0) + 1,
        warm_up_text: "period + 1",
        undefined: UNMOVED,
        source: "100 - 100 / (1 + u / d), u and d the ema over n bars of gains and losses; Wilder, New Concepts in Technical Trading Systems, 1978",
        fast_path: None,
        forms: by_twin!(params => Rsi::exponential(length(params, 0))),
    },
    IndicatorSpec {
        name: "macd",
        aliases: &[],
        title: "Moving average convergence and divergence",
        summary: "difference of a fast and a slow exponential average, with a signal line",
        inputs: CLOSE,
        params: &[
            bars("fast", 12.0, 1.0, "period of the fast ema"),
            bars("slow", 26.0, 1.0, "period of the slow ema"),
            bars("signal", 9.0, 1.0, "period of the ema of the difference"),
        ],
        outputs: &[level("macd"), level("signal"), level("histogram")],
        warm_up: |params, output| {
            let macd = length(params, 0).max(length(params, 1));
            if output == 0 { macd } else { macd + length(params, 2) - 1 }
        },
        warm_up_text: "macd: the longer of fast and slow; signal and histogram: signal - 1 more",
        undefined: AT_MISSING,
        source: "ema(x, fast) - ema(x, slow); signal = ema(macd, signal); histogram = macd - signal; Appel, Technical Analysis: Power Tools for Active Investors, 2005",
        fast_path: None,
        forms: by_twin!(params => Macd::new(length(params, 0), length(params, 1), length(params, 2))),
    },
    IndicatorSpec {
        name: "ppo",
        aliases: &["percentage_price_oscillator"],
        title: "Percentage price oscillator",
        summary: "difference of a fast and a slow exponential average in percent of the slow one, with a signal line",
        inputs: CLOSE,
        params: &[
            bars("fast", 12.0, 1.0, "period of the fast ema"),
            bars("slow", 26.0, 1.0, "period of the slow ema"),
            bars("signal", 9.0, 1.0, "period of the ema of the difference"),
        ],
        outputs: &[ratio("ppo"), ratio("signal"), ratio("histogram")],
        warm_up: |params, output| {
            let ppo = length(params, 0).max(length(params, 1));
            if output == 0 { ppo } else { ppo + length(params, 2) - 1 }
        },
        warm_up_text: "ppo: the longer of fast and slow; signal and histogram: signal - 1 more",
        undefined: "at a missing value and where the slow average is zero, which leave the averages as they were",
        source: "100 (ema(x, fast) - ema(x, slow)) / ema(x, slow); signal = ema(ppo, signal); histogram = ppo - signal; Appel, Technical Analysis: Power Tools for Active Investors, 2005",
        fast_path: None,
        forms: by_twin!(params => Ppo::new(length(params, 0), length(params, 1), length(params, 2))),
    },
    IndicatorSpec {
        name: "trix",
        aliases: &[],
        title: "Trix",
        summary: "change of a threefold exponential average from bar to bar, in percent",
        inputs: CLOSE,
        params: &[bars("period", 15.0, 1.0, "bars averaged, three times")],
        outputs: &[ratio("trix")],
        warm_up: |params, _| 3 * length(params, 0) - 1,
        warm_up_text: "3 * period - 1",
        undefined: "at a missing value and the one after",
        source: "100 (e / e_1 - 1), e = ema(ema(ema(x, n), n), n); Hutson, Triple Exponential Smoothing Oscillator, 1983",
        fast_path: None,
        forms: by_twin!(params => Trix::new(length(params, 0))),
    },
];
