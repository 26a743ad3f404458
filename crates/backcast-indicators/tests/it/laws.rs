//! Laws that hold for every indicator of the catalog, with random prices, lengths, parameters and gaps.

use backcast_indicators::{
    IndicatorSpec, PrefixSums, SeriesView, catalog, compute, sma_from_prefix, stream,
};
use proptest::prelude::*;

/// Bars of high, low, close from steps, plus ties and gaps: what indicators meet in practice.
#[derive(Debug, Clone)]
struct Market {
    columns: [Vec<f64>; 3],
    valid_from: [usize; 3],
}

impl Market {
    /// The columns an indicator reads, by the names of its inputs.
    fn inputs(&self, spec: &IndicatorSpec) -> Vec<SeriesView<'_>> {
        let column = |name| match name {
            "high" => 0,
            "low" => 1,
            _ => 2,
        };
        let inputs = spec.inputs.iter().map(|input| column(input.default_column));
        inputs
            .map(|column| SeriesView {
                values: &self.columns[column],
                valid_from: self.valid_from[column],
            })
            .collect()
    }
}

fn market() -> impl Strategy<Value = Market> {
    let step = prop_oneof![Just(0.0), -3.0..3.0f64, -0.01..0.01f64];
    let gap = prop_oneof![40 => Just(false), 1 => Just(true)];
    let bars = prop::collection::vec((step, 0.0..2.0f64, 0.0..2.0f64, gap), 0..140);
    let starts = prop::array::uniform3(prop_oneof![Just(0usize), 0..12usize]);
    (bars, starts, prop_oneof![Just(100.0), Just(1e-3), Just(3e6)]).prop_map(
        |(bars, starts, level)| {
            let mut columns = [Vec::new(), Vec::new(), Vec::new()];
            let mut close = level;
            for (step, up, down, gap) in bars {
                close = f64::max(close * (1.0 + step / 100.0), 1e-6);
                // A tick, so that equal prices and flat bars come up.
                let tick = level / 500.0;
                let on_tick = |price: f64| (price / tick).round() * tick;
                let bar = [close * (1.0 + up / 100.0), close * (1.0 - down / 100.0), close];
                for (column, price) in columns.iter_mut().zip(bar) {
                    column.push(if gap { f64::NAN } else { on_tick(price) });
                }
            }
            let valid_from = starts.map(|start| start.min(columns[0].len()));
            Market { columns, valid_from }
        },
    )
}

/// Parameters in range: short periods mostly, and fractions where they are allowed.
fn params(spec: &IndicatorSpec, draws: &[f64]) -> Vec<f64> {
    let params = spec.params.iter().zip(draws.iter().cycle());
    params
        .map(|(param, draw)| {
            if param.integer {
                (param.min + (draw * draw * 40.0).floor()).min(param.max)
            } else {
                let default = param.default.unwrap_or(1.0);
                (default * (0.5 + draw)).clamp(param.min, param.max)
            }
        })
        .collect()
}

/// Bits of a line, all kinds of undefined being one.
fn bits(values: &[f64]) -> Vec<u64> {
    let one_nan = |value: &f64| if value.is_nan() { f64::NAN } else { *value };
    values.iter().map(|value| one_nan(value).to_bits()).collect()
}

fn by_bars(spec: &IndicatorSpec, inputs: &[SeriesView<'_>], params: &[f64]) -> Vec<Vec<f64>> {
    let mut twin = stream(spec, params).expect("parameters are in range");
    let mut lines = vec![Vec::new(); spec.outputs.len()];
    let bars = inputs[0].values.len();
    for bar in 0..bars {
        let value = |view: &SeriesView<'_>| {
            if bar < view.valid_from { f64::NAN } else { view.values[bar] }
        };
        let row: Vec<f64> = inputs.iter().map(value).collect();
        let mut out = vec![0.0; spec.outputs.len()];
        twin.push(&row, &mut out);
        for (line, value) in lines.iter_mut().zip(out) {
            line.push(value);
        }
    }
    lines
}

/// Indicators that divide by something the market can make zero.
const DIVIDING: [&str; 11] = [
    "roc",
    "rsi",
    "rsi_sma",
    "rsi_ema",
    "adx",
    "stochastic",
    "stochastic_fast",
    "stochastic_full",
    "cci",
    "williams_r",
    "vortex",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bar_by_bar_equals_whole_slice(market in market(), draws in prop::collection::vec(0.0..1.0f64, 4)) {
        for spec in catalog() {
            let (inputs, params) = (market.inputs(spec), params(spec, &draws));
            let whole = compute(spec, &inputs, &params).expect("parameters are in range");
            for (line, twin) in whole.iter().zip(by_bars(spec, &inputs, &params)) {
                prop_assert_eq!(bits(&line.values), bits(&twin), "{} {:?}", spec.name, params);
            }
        }
    }

    #[test]
    fn bars_added_later_change_nothing_before_them(market in market(), draws in prop::collection::vec(0.0..1.0f64, 4), cut in 0.0..1.0f64) {
        for spec in catalog() {
            let (inputs, params) = (market.inputs(spec), params(spec, &draws));
            let known = (inputs[0].values.len() as f64 * cut) as usize;
            let past: Vec<SeriesView<'_>> = inputs.iter().map(|view| SeriesView {
                values: &view.values[..known],
                valid_from: view.valid_from.min(known),
            }).collect();
            let now = compute(spec, &past, &params).expect("parameters are in range");
            let later = compute(spec, &inputs, &params).expect("parameters are in range");
            for (now, later) in now.iter().zip(&later) {
                prop_assert_eq!(bits(&now.values), bits(&later.values[..known]), "{} {:?}", spec.name, params);
                prop_assert_eq!(now.valid_from, later.valid_from.min(known));
            }
        }
    }

    #[test]
    fn nothing_is_defined_before_the_warm_up_and_all_after_it_on_whole_data(market in market(), draws in prop::collection::vec(0.0..1.0f64, 4)) {
        for spec in catalog() {
            let (inputs, params) = (market.inputs(spec), params(spec, &draws));
            let whole = inputs.iter().all(|view| view.values[view.valid_from..].iter().all(|value| value.is_finite()));
            for line in compute(spec, &inputs, &params).expect("parameters are in range") {
                prop_assert!(line.values[..line.valid_from].iter().all(|value| value.is_nan()), "{}", spec.name);
                if whole && !DIVIDING.contains(&spec.name) {
                    prop_assert!(line.values[line.valid_from..].iter().all(|value| value.is_finite()), "{}", spec.name);
                }
            }
        }
    }

    #[test]
    fn the_fast_path_of_the_average_is_the_average(market in market(), window in 1usize..40) {
        let spec = backcast_indicators::find("sma").expect("sma is in the catalog");
        let view = market.inputs(spec)[0];
        let prefix = PrefixSums::starting_at(view.values, view.valid_from);
        let mut out = vec![0.0; view.values.len()];
        let valid_from = sma_from_prefix(&prefix, window, &mut out);
        let line = &compute(spec, &[view], &[window as f64]).expect("parameters are in range")[0];
        prop_assert_eq!(bits(&out), bits(&line.values));
        prop_assert_eq!(valid_from, line.valid_from);
    }
}
