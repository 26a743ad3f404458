//! Sums, extremes and deviations over the last bars.

use super::spec::{
    CLOSE, Forms, IN_WINDOW, IndicatorSpec, ParamSpec, bars, by_twin, length, level, number,
    required_bars,
};
use crate::prefix::PrefixSums;
use crate::twin::boxed;
use crate::windows::{
    Bollinger, Highest, Lowest, MeanDeviation, StdDev, Sum, bollinger_slice, stddev_slice,
};

const PERIOD: &[ParamSpec] = &[required_bars("period", 1.0, "bars looked at")];

/// The windows of the catalog.
pub(super) const SPECS: &[IndicatorSpec] = &[
    IndicatorSpec {
        name: "sum",
        aliases: &["sumn"],
        title: "Moving sum",
        summary: "sum of the last `period` values",
        inputs: CLOSE,
        params: PERIOD,
        outputs: &[level("sum")],
        warm_up: |params, _| length(params, 0),
        warm_up_text: "period",
        undefined: IN_WINDOW,
        source: "sum of the last n values",
        fast_path: None,
        forms: Forms {
            kernel: |params, inputs, start, outputs| {
                let prefix = PrefixSums::starting_at(inputs[0], start);
                prefix.scaled_windows(length(params, 0), 1.0, 0, outputs[0]);
            },
            twin: |params| boxed(Sum::new(length(params, 0))),
        },
    },
    IndicatorSpec {
        name: "highest",
        aliases: &["maxn"],
        title: "Highest",
        summary: "highest of the last `period` values",
        inputs: CLOSE,
        params: PERIOD,
        outputs: &[level("highest")],
        warm_up: |params, _| length(params, 0),
        warm_up_text: "period",
        undefined: IN_WINDOW,
        source: "maximum of the last n values",
        fast_path: None,
        forms: by_twin!(params => Highest::new(length(params, 0))),
    },
    IndicatorSpec {
        name: "lowest",
        aliases: &["minn"],
        title: "Lowest",
        summary: "lowest of the last `period` values",
        inputs: CLOSE,
        params: PERIOD,
        outputs: &[level("lowest")],
        warm_up: |params, _| length(params, 0),
        warm_up_text: "period",
        undefined: IN_WINDOW,
        source: "minimum of the last n values",
        fast_path: None,
        forms: by_twin!(params => Lowest::new(length(params, 0))),
    },
    IndicatorSpec {
        name: "stddev",
        aliases: &["standard_deviation"],
        title: "Standard deviation",
        summary: "deviation of the last `period` values from their mean (population)",
        inputs: CLOSE,
        params: &[bars("period", 20.0, 1.0, "bars looked at")],
        outputs: &[level("stddev")],
        warm_up: |params, _| length(params, 0),
        warm_up_text: "period",
        undefined: IN_WINDOW,
        source: "sqrt(|mean of squares - squared mean|) of the last n values, 0 where they are equal; Kaufman, Trading Systems and Methods, 5th ed., 2013",
        fast_path: None,
        forms: Forms {
            kernel: |params, inputs, start, outputs| {
                stddev_slice(inputs[0], start, length(params, 0), outputs[0]);
            },
            twin: |params| boxed(StdDev::new(length(params, 0))),
        },
    },
    IndicatorSpec {
        name: "bollinger",
        aliases: &["bbands", "bollinger_bands"],
        title: "Bollinger bands",
        summary: "simple average with a band of some standard deviations on either side",
        inputs: CLOSE,
        params: &[
            bars("period", 20.0, 1.0, "bars averaged"),
            number("width", 2.0, 0.0, 1e6, "standard deviations from the middle to a band"),
        ],
        outputs: &[level("mid"), level("upper"), level("lower")],
        warm_up: |params, _| length(params, 0),
        warm_up_text: "period",
        undefined: IN_WINDOW,
        source: "mid = sma(x, n), upper and lower = mid +- width * stddev(x, n); Bollinger, Bollinger on Bollinger Bands, 2001",
        fast_path: None,
        forms: Forms {
            kernel: |params, inputs, start, outputs| {
                bollinger_slice(inputs[0], start, length(params, 0), params[1], outputs);
            },
            twin: |params| boxed(Bollinger::new(length(params, 0), params[1])),
        },
    },
    IndicatorSpec {
        name: "mean_deviation",
        aliases: &["meandev"],
        title: "Mean deviation",
        summary: "average distance of the values from their average, each at its own bar",
        inputs: CLOSE,
        params: &[bars("period", 20.0, 1.0, "bars averaged")],
        outputs: &[level("mean_deviation")],
        warm_up: |params, _| 2 * length(params, 0) - 1,
        warm_up_text: "2 * period - 1",
        undefined: "while the last 2 * period - 1 bars hold a missing value",
        source: "sma(|x - sma(x, n)|, n); as in Lambert, Commodity Channel Index, 1980",
        fast_path: None,
        forms: by_twin!(params => MeanDeviation::new(length(params, 0))),
    },
];
