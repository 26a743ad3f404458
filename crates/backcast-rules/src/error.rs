//! What can be wrong with a rule, and with the parameters of one evaluation.

use std::ops::Range;

use backcast_indicators::IndicatorError;

/// A mistake in the text of a rule, with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    /// First byte of the wrong part, counted from the start of the file the text came from.
    pub offset: usize,
    /// Bytes of the wrong part; 0 where something is missing.
    pub len: usize,
    /// What was found, lower case without a full stop.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl RuleError {
    /// A mistake at `span` of a text; the text's own offset is added by [`RuleError::shifted`].
    pub(crate) fn at(span: &Range<usize>, message: impl Into<String>) -> RuleError {
        RuleError { offset: span.start, len: span.len(), message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> RuleError {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn shifted(mut self, offset: usize) -> RuleError {
        self.offset += offset;
        self
    }
}

/// Why a program cannot be evaluated on an asset with these parameters.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// The number of values differs from the number of parameters of the program.
    #[error("the rules have {expected} parameters, but {found} values were given")]
    ParamCount {
        /// Parameters of the program.
        expected: usize,
        /// Values that were given.
        found: usize,
    },
    /// A parameter has a value that an indicator cannot take.
    #[error("parameter `{param}` is {value}, but {reason}")]
    Parameter {
        /// Name of the parameter of the rules, or the expression of parameters that was given to the indicator.
        param: String,
        /// Its value.
        value: f64,
        /// What the indicator says.
        reason: IndicatorError,
    },
    /// A stop or target whose distance is no fraction of the price.
    #[error("{rule} is {value}, but it must be a fraction of the price {expected}")]
    Fraction {
        /// Name of the rule.
        rule: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// The program names an asset that the market does not have.
    #[error("the rules name the asset {symbol}, which is not in the data")]
    MissingAsset {
        /// The name as written.
        symbol: String,
    },
    /// The program names a column that an asset does not have.
    #[error("the rules name the column `{column}`, which {symbol} does not have")]
    MissingColumn {
        /// The name of the column.
        column: String,
        /// The asset.
        symbol: String,
    },
    /// An indicator refused its input.
    #[error(transparent)]
    Indicator(#[from] IndicatorError),
    /// A condition was asked for as a series.
    #[error("node {node} is a condition, not a series of numbers")]
    NotANumber {
        /// Position in the program.
        node: usize,
    },
    /// A series was asked for as a condition.
    #[error("node {node} is a series of numbers, not a condition")]
    NotACondition {
        /// Position in the program.
        node: usize,
    },
}
