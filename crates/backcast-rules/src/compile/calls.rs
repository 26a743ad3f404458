//! Calls: functions, crossings and indicators with their arguments and defaults.

use std::ops::Range;

use backcast_indicators::{IndicatorError, IndicatorSpec, OutputUnit, find, validate};

use super::{expression::Compiler, names};
use crate::{
    error::RuleError,
    program::{BinaryOp, CrossDir, Node, NodeId, UnaryOp},
    text::{Argument, Expr, Kind},
    unit::Unit,
};

impl Compiler<'_> {
    pub(super) fn call(
        &mut self,
        expr: &Expr,
        function: &Expr,
        arguments: &[Argument],
    ) -> Result<NodeId, RuleError> {
        let name = match &function.kind {
            Kind::Name(name) => name.as_str(),
            Kind::Attribute { name, .. } if find(name).is_some() => {
                let message = format!("`{}` cannot be called", self.snippet(function));
                return Err(RuleError::at(&function.span, message)
                    .help(format!("name the asset at the column: `{name}(AAPL.close, ...)`")));
            }
            _ => {
                let message = format!("`{}` cannot be called", self.snippet(function));
                return Err(RuleError::at(&function.span, message));
            }
        };
        match name {
            "abs" => self.function_of_one(expr, name, UnaryOp::Abs, arguments),
            "sqrt" => self.function_of_one(expr, name, UnaryOp::Sqrt, arguments),
            "log" => self.function_of_one(expr, name, UnaryOp::Log, arguments),
            "exp" => self.function_of_one(expr, name, UnaryOp::Exp, arguments),
            "min" => self.function_of_many(expr, name, BinaryOp::Min, arguments),
            "max" => self.function_of_many(expr, name, BinaryOp::Max, arguments),
            "cross_above" => self.cross(expr, name, CrossDir::Above, arguments),
            "cross_below" => self.cross(expr, name, CrossDir::Below, arguments),
            _ => match find(name) {
                Some(spec) => self.indicator(expr, spec, arguments),
                None => Err(self.not_callable(function, name)),
            },
        }
    }

    fn not_callable(&self, function: &Expr, name: &str) -> RuleError {
        let is_value = names::field(name).is_some()
            || self.definitions.params.iter().chain(self.definitions.columns).any(|p| p == name)
            || self.series.iter().any(|(series, _)| *series == name);
        if is_value {
            let message = format!("`{name}` is a value, it cannot be called");
            return RuleError::at(&function.span, message)
                .help(format!("a bar ago is `{name}[-1]`, with square brackets"));
        }
        RuleError::at(&function.span, format!("unknown indicator or function `{name}`"))
            .help(names::suggestion(name, &names::callables()))
    }

    fn function_of_one(
        &mut self,
        expr: &Expr,
        name: &str,
        op: UnaryOp,
        arguments: &[Argument],
    ) -> Result<NodeId, RuleError> {
        let [of] = unnamed(name, arguments)?[..] else {
            return Err(wrong_count(expr, name, "one number", arguments.len()));
        };
        let id = self.number(of)?;
        self.unary(expr, op, id)
    }

    fn function_of_many(
        &mut self,
        expr: &Expr,
        name: &str,
        op: BinaryOp,
        arguments: &[Argument],
    ) -> Result<NodeId, RuleError> {
        let all = unnamed(name, arguments)?;
        let [first, rest @ ..] = &all[..] else {
            return Err(wrong_count(expr, name, "two numbers or more", 0));
        };
        if rest.is_empty() {
            let highest = if op == BinaryOp::Max { "highest" } else { "lowest" };
            return Err(wrong_count(expr, name, "two numbers or more", 1).help(format!(
                "over several bars it is `{highest}({}, 20)`",
                self.snippet(first)
            )));
        }
        let mut id = self.number(first)?;
        for next in rest {
            let right = self.number(next)?;
            id = self.binary(expr, op, (first, id), (next, right))?;
        }
        Ok(id)
    }

    fn cross(
        &mut self,
        expr: &Expr,
        name: &str,
        dir: CrossDir,
        arguments: &[Argument],
    ) -> Result<NodeId, RuleError> {
        let [left, right] = unnamed(name, arguments)?[..] else {
            return Err(wrong_count(expr, name, "two series", arguments.len()));
        };
        let (a, b) = (self.number(left)?, self.number(right)?);
        if [a, b].iter().all(|id| self.program.unit(*id) == Unit::Scalar) {
            return Err(RuleError::at(&expr.span, "two single numbers never cross")
                .help("one of the two must be a series"));
        }
        self.common_unit("compare", (left, a), (right, b))?;
        self.add(expr, Node::Cross(dir, a, b), Unit::Condition)
    }

    fn indicator(
        &mut self,
        expr: &Expr,
        spec: &'static IndicatorSpec,
        arguments: &[Argument],
    ) -> Result<NodeId, RuleError> {
        let given = self.assign(expr, spec, arguments)?;
        let inputs = self.inputs(expr, spec, &given)?;
        let params = self.params(expr, spec, &given)?;
        let unit = self.output_unit(spec, &inputs, 0);
        self.add(expr, Node::Indicator { spec, inputs, params, output: 0 }, unit)
    }

    /// Which argument is which input or parameter: series first, then numbers, then what is named.
    fn assign<'e>(
        &mut self,
        expr: &Expr,
        spec: &IndicatorSpec,
        arguments: &'e [Argument],
    ) -> Result<Given<'e>, RuleError> {
        let inputs = spec.inputs.len();
        let slots = inputs + spec.params.len();
        let mut given: Given<'e> = vec![None; slots];
        let mut next_param = inputs;
        let mut next_input = 0;
        for argument in arguments {
            let id = self.number(&argument.value)?;
            let is_scalar = self.program.unit(id) == Unit::Scalar;
            let slot = match &argument.name {
                Some((name, at)) => named_slot(spec, name, at)?,
                None if !is_scalar && next_input < inputs && next_param == inputs => {
                    next_input += 1;
                    next_input - 1
                }
                None => {
                    next_param += 1;
                    next_param - 1
                }
            };
            if slot >= slots {
                let message = format!("{} is given too many arguments", spec.name);
                return Err(RuleError::at(&argument.value.span, message).help(signature(spec)));
            }
            if is_scalar == (slot < inputs) {
                return Err(self.wrong_argument(spec, slot, &argument.value));
            }
            if given[slot].replace((id, &argument.value)).is_some() {
                let message =
                    format!("`{}` of {} is given twice", slot_name(spec, slot), spec.name);
                return Err(RuleError::at(&argument.value.span, message).help(signature(spec)));
            }
        }
        let series = given[..inputs].iter().flatten().count();
        if series != 0 && series != inputs {
            let message = format!("{} reads {inputs} series, {series} given", spec.name);
            return Err(RuleError::at(&expr.span, message)
                .help(format!("give all of them or none: {}", signature(spec))));
        }
        Ok(given)
    }

    fn wrong_argument(&self, spec: &IndicatorSpec, slot: usize, value: &Expr) -> RuleError {
        let (name, written) = (slot_name(spec, slot), self.snippet(value));
        let (expected, found) = if slot < spec.inputs.len() {
            ("a series", "a single number")
        } else {
            ("a number or a parameter", "a series")
        };
        let message =
            format!("`{name}` of {} must be {expected}, but `{written}` is {found}", spec.name);
        RuleError::at(&value.span, message).help(signature(spec))
    }

    /// The series an indicator reads, all of one unit.
    fn inputs(
        &mut self,
        expr: &Expr,
        spec: &IndicatorSpec,
        given: &Given<'_>,
    ) -> Result<Vec<NodeId>, RuleError> {
        let mut inputs = Vec::new();
        for (slot, input) in spec.inputs.iter().enumerate() {
            let (id, source) = match given[slot] {
                Some((id, value)) => (id, value),
                None => match names::field(input.default_column) {
                    Some(field) => (self.column(field, false, None), expr),
                    None => {
                        let message = format!("`{}` of {} is missing", input.name, spec.name);
                        return Err(RuleError::at(&expr.span, message).help(signature(spec)));
                    }
                },
            };
            inputs.push((id, source));
        }
        let prices = |input: usize| {
            names::field(spec.inputs[input].default_column).is_some_and(|f| f.name() != "volume")
        };
        for input in 1..inputs.len() {
            if prices(0) && prices(input) {
                let (one, other) = (inputs[0], inputs[input]);
                self.common_unit("compare", (one.1, one.0), (other.1, other.0))?;
            }
        }
        Ok(inputs.into_iter().map(|(id, _)| id).collect())
    }

    /// The parameters of an indicator, constants among them checked.
    fn params(
        &mut self,
        expr: &Expr,
        spec: &IndicatorSpec,
        given: &Given<'_>,
    ) -> Result<Vec<NodeId>, RuleError> {
        let first = spec.inputs.len();
        let mut nodes = Vec::new();
        let mut values = Vec::new();
        for (index, param) in spec.params.iter().enumerate() {
            let id = match (given[first + index], param.default) {
                (Some((id, _)), _) => id,
                (None, Some(default)) => self.constant(default),
                (None, None) => {
                    let message = format!("`{}` of {} is missing", param.name, spec.name);
                    return Err(RuleError::at(&expr.span, message).help(signature(spec)));
                }
            };
            // What depends on parameters is checked with their values; here it must only pass.
            values.push(self.program.scalar(id, &[]).unwrap_or(param.default.unwrap_or(param.min)));
            nodes.push(id);
        }
        validate(spec, &values).map_err(|error| {
            let wrong = match &error {
                IndicatorError::NotWhole { param, .. }
                | IndicatorError::OutOfRange { param, .. } => {
                    spec.params.iter().position(|p| p.name == *param)
                }
                _ => None,
            };
            let source = wrong.and_then(|index| given[first + index]).map_or(expr, |(_, v)| v);
            RuleError::at(&source.span, error.to_string())
        })?;
        Ok(nodes)
    }

    /// What an output of an indicator is measured in.
    pub(super) fn output_unit(
        &self,
        spec: &IndicatorSpec,
        inputs: &[NodeId],
        output: usize,
    ) -> Unit {
        match (spec.outputs[output].unit, inputs.first()) {
            (OutputUnit::Ratio, _) => Unit::NUMBER,
            (OutputUnit::SameAsInput | OutputUnit::Price, Some(first)) => self.program.unit(*first),
            (OutputUnit::SameAsInput | OutputUnit::Price, None) => Unit::Unknown,
        }
    }
}

/// By slot, inputs before parameters: what was given for it.
type Given<'e> = Vec<Option<(NodeId, &'e Expr)>>;

fn slot_name(spec: &IndicatorSpec, slot: usize) -> &'static str {
    match slot.checked_sub(spec.inputs.len()) {
        None => spec.inputs[slot].name,
        Some(param) => spec.params[param].name,
    }
}

fn named_slot(spec: &IndicatorSpec, name: &str, at: &Range<usize>) -> Result<usize, RuleError> {
    let slots = spec.inputs.len() + spec.params.len();
    let known: Vec<&str> = (0..slots).map(|slot| slot_name(spec, slot)).collect();
    known.iter().position(|known| *known == name).ok_or_else(|| {
        RuleError::at(at, format!("{} has no argument `{name}`", spec.name))
            .help(names::suggestion(name, &known))
    })
}

/// How an indicator is called: `sma(series = close, period = 30)`.
fn signature(spec: &IndicatorSpec) -> String {
    let inputs =
        spec.inputs.iter().map(|input| format!("{} = {}", input.name, input.default_column));
    let params = spec.params.iter().map(|param| match param.default {
        Some(default) => format!("{} = {default}", param.name),
        None => param.name.to_string(),
    });
    let all: Vec<String> = inputs.chain(params).collect();
    format!("{}({})", spec.name, all.join(", "))
}

fn unnamed<'e>(name: &str, arguments: &'e [Argument]) -> Result<Vec<&'e Expr>, RuleError> {
    let plain = |argument: &'e Argument| match &argument.name {
        None => Ok(&argument.value),
        Some((given, at)) => Err(RuleError::at(at, format!("{name} has no argument `{given}`"))
            .help("write its arguments without names")),
    };
    arguments.iter().map(plain).collect()
}

fn wrong_count(expr: &Expr, name: &str, expected: &str, found: usize) -> RuleError {
    RuleError::at(&expr.span, format!("{name} takes {expected}, {found} given"))
}
