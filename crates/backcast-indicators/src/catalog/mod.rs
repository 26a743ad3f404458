//! All indicators by name: what they take, what they give, and how to run them.

mod averages;
mod oscillators;
mod ranges;
mod spec;
mod windows;

pub use spec::{
    FastPath, IndicatorError, IndicatorSpec, InputSpec, OutputSpec, OutputUnit, ParamSpec,
};

use std::sync::LazyLock;

use crate::series::{Computed, SeriesView};
use crate::twin::Streaming;

static CATALOG: LazyLock<Vec<IndicatorSpec>> = LazyLock::new(|| {
    let mut specs: Vec<IndicatorSpec> =
        [averages::SPECS, oscillators::SPECS, ranges::SPECS, windows::SPECS].concat();
    specs.sort_by_key(|spec| spec.name);
    specs
});

/// All indicators, by name in alphabetical order.
pub fn catalog() -> &'static [IndicatorSpec] {
    &CATALOG
}

/// The indicator of that name or alias, in lower case.
pub fn find(name: &str) -> Option<&'static IndicatorSpec> {
    catalog().iter().find(|spec| spec.name == name || spec.aliases.contains(&name))
}

/// Checks number, range and wholeness of the parameters.
///
/// # Errors
/// The first parameter that does not fit, with what is allowed.
pub fn validate(spec: &IndicatorSpec, params: &[f64]) -> Result<(), IndicatorError> {
    if params.len() != spec.params.len() {
        return Err(IndicatorError::ParamCount {
            indicator: spec.name,
            expected: spec.params.len(),
            found: params.len(),
        });
    }
    for (param, &value) in spec.params.iter().zip(params) {
        if param.integer && value.fract() != 0.0 {
            return Err(IndicatorError::NotWhole {
                indicator: spec.name,
                param: param.name,
                value,
            });
        }
        if !(param.min..=param.max).contains(&value) {
            return Err(IndicatorError::OutOfRange {
                indicator: spec.name,
                param: param.name,
                value,
                min: param.min,
                max: param.max,
            });
        }
    }
    Ok(())
}

/// Index of the first bar at which output number `output` can be defined; the length of the inputs when there is none.
/// The parameters must have passed [`validate`].
pub fn valid_from(
    spec: &IndicatorSpec,
    inputs: &[SeriesView<'_>],
    params: &[f64],
    output: usize,
) -> usize {
    let bars = inputs.first().map_or(0, |input| input.values.len());
    let start = inputs.iter().map(|input| input.valid_from).max();
    start.unwrap_or(0).saturating_add((spec.warm_up)(params, output).saturating_sub(1)).min(bars)
}

/// All outputs of an indicator over whole series.
///
/// # Errors
/// A wrong number of inputs, inputs of different lengths, or parameters that [`validate`] refuses. A period longer than
/// the data is no error: the output is undefined everywhere.
///
/// # Examples
/// ```
/// # use backcast_indicators::{SeriesView, compute, find};
/// let close = [1.0, 2.0, 6.0];
/// let sma = find("sma").unwrap();
/// let average = &compute(sma, &[SeriesView::new(&close)], &[2.0]).unwrap()[0];
/// assert_eq!((average.valid_from, &average.values[1..]), (1, &[1.5, 4.0][..]));
/// ```
pub fn compute(
    spec: &IndicatorSpec,
    inputs: &[SeriesView<'_>],
    params: &[f64],
) -> Result<Vec<Computed>, IndicatorError> {
    let bars = inputs.first().map_or(0, |input| input.values.len());
    let mut lines = vec![vec![f64::NAN; bars]; spec.outputs.len()];
    let mut outputs: Vec<&mut [f64]> = lines.iter_mut().map(Vec::as_mut_slice).collect();
    compute_into(spec, inputs, params, &mut outputs)?;
    let computed = lines.into_iter().enumerate();
    Ok(computed
        .map(|(output, values)| Computed {
            values,
            valid_from: valid_from(spec, inputs, params, output),
        })
        .collect())
}

/// [`compute`] into buffers of the caller, one per output and each as long as the inputs; every entry is written.
/// Where each output begins, [`valid_from`] tells.
///
/// # Errors
/// As [`compute`], and [`IndicatorError::OutputShape`] when the buffers do not fit.
pub fn compute_into(
    spec: &IndicatorSpec,
    inputs: &[SeriesView<'_>],
    params: &[f64],
    outputs: &mut [&mut [f64]],
) -> Result<(), IndicatorError> {
    validate(spec, params)?;
    check_inputs(spec, inputs)?;
    let bars = inputs.first().map_or(0, |input| input.values.len());
    if outputs.len() != spec.outputs.len() || outputs.iter().any(|output| output.len() != bars) {
        return Err(IndicatorError::OutputShape {
            indicator: spec.name,
            expected: spec.outputs.len(),
            bars,
        });
    }
    let start = inputs.iter().map(|input| input.valid_from).max();
    let start = start.unwrap_or(0).min(bars);
    for output in outputs.iter_mut() {
        output[..start].fill(f64::NAN);
    }
    let slices: Vec<&[f64]> = inputs.iter().map(|input| input.values).collect();
    (spec.forms.kernel)(params, &slices, start, outputs);
    Ok(())
}

/// The bar-by-bar twin of an indicator.
///
/// # Errors
/// Parameters that [`validate`] refuses.
pub fn stream(spec: &IndicatorSpec, params: &[f64]) -> Result<Box<dyn Streaming>, IndicatorError> {
    validate(spec, params)?;
    Ok((spec.forms.twin)(params))
}

fn check_inputs(spec: &IndicatorSpec, inputs: &[SeriesView<'_>]) -> Result<(), IndicatorError> {
    if inputs.len() != spec.inputs.len() {
        return Err(IndicatorError::InputCount {
            indicator: spec.name,
            expected: spec.inputs.len(),
            found: inputs.len(),
        });
    }
    let expected = inputs.first().map_or(0, |input| input.values.len());
    for (input, view) in spec.inputs.iter().zip(inputs) {
        if view.values.len() != expected {
            return Err(IndicatorError::InputLength {
                indicator: spec.name,
                input: input.name,
                expected,
                found: view.values.len(),
            });
        }
    }
    Ok(())
}
