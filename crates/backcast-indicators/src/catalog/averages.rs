//! Moving averages.

use super::spec::{
    CLOSE, FastPath, IndicatorSpec, OutputSpec, OutputUnit, ParamSpec, bars, length, output,
};
use crate::averages::{Ema, Sma};
use crate::prefix::{PrefixSums, sma_from_prefix};
use crate::twin::{boxed, drive};

const PERIOD_30: &[ParamSpec] = &[bars("period", 30.0, 1.0, "bars averaged")];
const IN_WINDOW: &str = "while the window holds a missing value";
const AT_MISSING: &str = "at a missing value, which leaves the average as it was";

const fn line(name: &'static str) -> OutputSpec {
    output(name, OutputUnit::SameAsInput)
}

/// The moving averages of the catalog.
pub(super) const SPECS: &[IndicatorSpec] = &[
    IndicatorSpec {
        name: "sma",
        aliases: &["simple_moving_average"],
        title: "Simple moving average",
        summary: "mean of the last `period` values",
        inputs: CLOSE,
        params: PERIOD_30,
        outputs: &[line("sma")],
        warm_up: |params, _| length(params, 0),
        warm_up_text: "period",
        undefined: IN_WINDOW,
        source: "sum of the last n values / n; Kaufman, Trading Systems and Methods, 5th ed., 2013",
        fast_path: Some(FastPath::PrefixAverage),
        kernel: |params, inputs, start, outputs| {
            let prefix = PrefixSums::starting_at(inputs[0], start);
            sma_from_prefix(&prefix, length(params, 0), outputs[0]);
        },
        twin: |params| boxed(Sma::new(length(params, 0))),
    },
    IndicatorSpec {
        name: "ema",
        aliases: &["exponential_moving_average"],
        title: "Exponential moving average",
        summary: "average whose weights fall by a constant ratio with age",
        inputs: CLOSE,
        params: PERIOD_30,
        outputs: &[line("ema")],
        warm_up: |params, _| length(params, 0),
        warm_up_text: "period",
        undefined: AT_MISSING,
        source: "e + (x - e) * 2 / (n + 1), seeded with the mean of the first n values; Kaufman, Trading Systems and Methods, 5th ed., 2013",
        fast_path: None,
        kernel: |params, inputs, start, outputs| {
            drive(Ema::new(length(params, 0)), inputs, start, outputs)
        },
        twin: |params| boxed(Ema::new(length(params, 0))),
    },
];
