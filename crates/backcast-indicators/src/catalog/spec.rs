//! What the catalog says about one indicator.

use crate::twin::Streaming;

/// A kernel: parameters, inputs, first bar that counts, outputs. It writes every entry from the first bar on.
pub(crate) type Kernel = fn(&[f64], &[&[f64]], usize, &mut [&mut [f64]]);

/// Longest period of any indicator, in bars.
pub(crate) const MAX_PERIOD: f64 = 10_000_000.0;

/// One indicator: its face, and how to run it (by [`crate::compute`] and [`crate::stream`]).
#[derive(Debug, Clone)]
pub struct IndicatorSpec {
    /// Name in expressions, lower case.
    pub name: &'static str,
    /// Other names by which [`crate::find`] knows it.
    pub aliases: &'static [&'static str],
    /// Name for people.
    pub title: &'static str,
    /// What it tells, in a sentence.
    pub summary: &'static str,
    /// The series it reads, in order.
    pub inputs: &'static [InputSpec],
    /// Its numbers, in order.
    pub params: &'static [ParamSpec],
    /// The series it gives, in order; the first is meant when none is named.
    pub outputs: &'static [OutputSpec],
    /// Bars needed up to and with the first value of an output: `(params, output number)` to a count, 10 for sma(10).
    /// The parameters must have passed [`crate::validate`].
    pub warm_up: fn(&[f64], usize) -> usize,
    /// The same as a formula for people.
    pub warm_up_text: &'static str,
    /// Where it is undefined apart from its warm-up.
    pub undefined: &'static str,
    /// Formula and where it comes from.
    pub source: &'static str,
    /// A way to compute it faster than by [`crate::compute`] when many are made of one series.
    pub fast_path: Option<FastPath>,
    pub(crate) forms: Forms,
}

/// The two forms of an indicator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forms {
    pub(crate) kernel: Kernel,
    pub(crate) twin: fn(&[f64]) -> Box<dyn Streaming>,
}

/// A series that an indicator reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputSpec {
    /// What it is to the indicator.
    pub name: &'static str,
    /// Column that is taken when none is given.
    pub default_column: &'static str,
}

/// A number that shapes an indicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamSpec {
    /// Its name in expressions.
    pub name: &'static str,
    /// What is taken when it is not given; `None` when it must be.
    pub default: Option<f64>,
    /// Smallest value allowed.
    pub min: f64,
    /// Largest value allowed.
    pub max: f64,
    /// Whether only whole numbers make sense.
    pub integer: bool,
    /// What it does, and its unit.
    pub summary: &'static str,
}

/// A series that an indicator gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSpec {
    /// Its name after a dot in expressions.
    pub name: &'static str,
    /// What it is measured in.
    pub unit: OutputUnit,
}

/// What an output is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputUnit {
    /// As the (first) input: a level of it or a difference of two levels, so it scales when the input does.
    SameAsInput,
    /// A price or a difference of prices.
    Price,
    /// A number without a unit that stays when the input is scaled (a ratio, or percent).
    Ratio,
}

/// How a caller may compute an indicator without [`crate::compute`], to the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FastPath {
    /// By [`crate::sma_from_prefix`] over shared [`crate::PrefixSums`], the window being the first parameter.
    PrefixAverage,
}

/// Why an indicator could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IndicatorError {
    /// Too few or too many inputs.
    #[error("{indicator} reads {expected} series, but {found} were given")]
    InputCount {
        /// Name of the indicator.
        indicator: &'static str,
        /// Inputs it has.
        expected: usize,
        /// Inputs that were given.
        found: usize,
    },
    /// Inputs that are not of one length.
    #[error("input `{input}` of {indicator} has {found} bars, the first input has {expected}")]
    InputLength {
        /// Name of the indicator.
        indicator: &'static str,
        /// Name of the input that differs.
        input: &'static str,
        /// Bars of the first input.
        expected: usize,
        /// Bars of this input.
        found: usize,
    },
    /// Too few or too many parameters.
    #[error("{indicator} has {expected} parameters, but {found} were given")]
    ParamCount {
        /// Name of the indicator.
        indicator: &'static str,
        /// Parameters it has.
        expected: usize,
        /// Parameters that were given.
        found: usize,
    },
    /// A fraction or no number where a whole number is needed.
    #[error("`{param}` of {indicator} must be a whole number, not {value}")]
    NotWhole {
        /// Name of the indicator.
        indicator: &'static str,
        /// Name of the parameter.
        param: &'static str,
        /// What was given.
        value: f64,
    },
    /// A parameter outside its range.
    #[error("`{param}` of {indicator} must be between {min} and {max}, not {value}")]
    OutOfRange {
        /// Name of the indicator.
        indicator: &'static str,
        /// Name of the parameter.
        param: &'static str,
        /// What was given.
        value: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// Output buffers that do not fit.
    #[error("{indicator} needs {expected} output buffers of {bars} bars each")]
    OutputShape {
        /// Name of the indicator.
        indicator: &'static str,
        /// Outputs it has.
        expected: usize,
        /// Bars of its inputs.
        bars: usize,
    },
}

/// Where window indicators are undefined.
pub(crate) const IN_WINDOW: &str = "while the window holds a missing value";
/// Where recursive indicators are undefined.
pub(crate) const AT_MISSING: &str = "at a missing value, which leaves the averages as they were";

/// The close, as most indicators read it.
pub(crate) const CLOSE: &[InputSpec] = &[column("series", "close")];

/// High, low and close of a bar.
pub(crate) const HIGH_LOW_CLOSE: &[InputSpec] =
    &[column("high", "high"), column("low", "low"), column("close", "close")];

pub(crate) const fn column(name: &'static str, default_column: &'static str) -> InputSpec {
    InputSpec { name, default_column }
}

/// A length in bars, at least `min`.
pub(crate) const fn bars(
    name: &'static str,
    default: f64,
    min: f64,
    summary: &'static str,
) -> ParamSpec {
    ParamSpec { name, default: Some(default), min, max: MAX_PERIOD, integer: true, summary }
}

/// A length in bars without a default.
pub(crate) const fn required_bars(
    name: &'static str,
    min: f64,
    summary: &'static str,
) -> ParamSpec {
    ParamSpec { default: None, ..bars(name, min, min, summary) }
}

/// A number that need not be whole.
pub(crate) const fn number(
    name: &'static str,
    default: f64,
    min: f64,
    max: f64,
    summary: &'static str,
) -> ParamSpec {
    ParamSpec { name, default: Some(default), min, max, integer: false, summary }
}

/// An output that scales with the input.
pub(crate) const fn level(name: &'static str) -> OutputSpec {
    let unit = OutputUnit::SameAsInput;
    OutputSpec { name, unit }
}

/// An output that is a price or a difference of prices.
pub(crate) const fn price(name: &'static str) -> OutputSpec {
    let unit = OutputUnit::Price;
    OutputSpec { name, unit }
}

/// An output without a unit.
pub(crate) const fn ratio(name: &'static str) -> OutputSpec {
    let unit = OutputUnit::Ratio;
    OutputSpec { name, unit }
}

/// Parameter number `index` as a length in bars.
pub(crate) fn length(params: &[f64], index: usize) -> usize {
    params.get(index).map_or(1, |&value| value as usize)
}

/// The forms of an indicator whose kernel is the loop over its twin, made from the parameters.
macro_rules! by_twin {
    ($params:pat => $make:expr) => {
        crate::catalog::spec::Forms {
            kernel: |$params, inputs, start, outputs| {
                crate::twin::drive($make, inputs, start, outputs)
            },
            twin: |$params| crate::twin::boxed($make),
        }
    };
}
pub(super) use by_twin;
