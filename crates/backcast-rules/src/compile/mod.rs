//! Syntax trees to programs: what names mean, what units fit, what rules belong together.

mod calls;
mod expression;
mod names;
mod paths;
mod rules;

use crate::{
    error::RuleError,
    program::{NodeId, Program},
};
use expression::Compiler;
pub(crate) use rules::check_fractions;

/// Most parameters: one bit each in [`Program::depends`].
const MAX_PARAMS: usize = 64;

/// Names and texts of a strategy, as its file gives them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Definitions<'a> {
    /// Extra numeric columns of the data by name.
    pub columns: &'a [String],
    /// Symbols that may be written as `AAPL.close` and `AAPL.raw.close`.
    pub assets: &'a [String],
    /// Names of the parameters; their values come with each evaluation.
    pub params: &'a [String],
    /// Named intermediate series in file order; each may use earlier ones.
    pub series: &'a [Text<'a>],
    /// Rules by name: `enter_long exit_long enter_short exit_short entry_limit stop_loss take_profit trailing`.
    pub rules: &'a [Text<'a>],
}

/// A named expression.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Its name.
    pub name: &'a str,
    /// The expression.
    pub text: &'a str,
    /// Where the expression begins, in bytes from the start of its file; errors count from there.
    pub offset: usize,
}

/// The program of a strategy.
///
/// # Errors
/// The first mistake, with its place: what is no expression, unknown and clashing names, wrong arguments, units that do
/// not fit, rules that contradict each other, parameters that no rule uses.
///
/// # Examples
/// ```
/// # use backcast_rules::{Definitions, Text, compile};
/// let params = ["fast".to_string(), "slow".to_string()];
/// let rules = [Text { name: "enter_long", text: "cross_above(sma(fast), sma(slow))", offset: 0 }];
/// let program = compile(&Definitions { params: &params, rules: &rules, ..Definitions::default() }).unwrap();
/// let enter = program.rules().enter_long.unwrap();
/// assert_eq!(program.warm_up(enter, &[10.0, 30.0]), 29);
/// ```
pub fn compile(definitions: &Definitions<'_>) -> Result<Program, RuleError> {
    let _span = backcast_spans::span!("rules.compile");
    let program = program(definitions)?;
    rules::check_used(std::slice::from_ref(definitions), std::slice::from_ref(&program))?;
    Ok(program)
}

/// The programs of several tables of rules over the same parameters: one parameter must be used by one of them, not by all.
///
/// # Errors
/// As [`compile`].
pub fn compile_tables(tables: &[Definitions<'_>]) -> Result<Vec<Program>, RuleError> {
    let _span = backcast_spans::span!("rules.compile");
    let programs = tables.iter().map(program).collect::<Result<Vec<_>, _>>()?;
    rules::check_used(tables, &programs)?;
    Ok(programs)
}

/// One expression, a series or a condition, with the names of `definitions`; its rules are not read.
///
/// # Errors
/// As [`compile`], but parameters need not be used.
pub fn compile_expression(
    text: &Text<'_>,
    definitions: &Definitions<'_>,
) -> Result<(Program, NodeId), RuleError> {
    let _span = backcast_spans::span!("rules.compile");
    let mut compiler = prepared(definitions)?;
    let id = compiler.text(text)?;
    Ok((compiler.program, id))
}

fn program(definitions: &Definitions<'_>) -> Result<Program, RuleError> {
    let mut compiler = prepared(definitions)?;
    rules::add(&mut compiler)?;
    Ok(compiler.program)
}

/// A compiler that knows all names.
fn prepared<'a>(definitions: &'a Definitions<'a>) -> Result<Compiler<'a>, RuleError> {
    let mut taken: Vec<(&str, &str)> = Vec::new();
    let params = definitions.params.iter().map(|name| (name.as_str(), "parameter"));
    let series = definitions.series.iter().map(|text| (text.name, "series"));
    for (name, kind) in params.chain(series) {
        check_name(definitions, &taken, name, kind)?;
        taken.push((name, kind));
    }
    if definitions.params.len() > MAX_PARAMS {
        let message =
            format!("{} parameters, at most {MAX_PARAMS} are possible", definitions.params.len());
        return Err(place_of(definitions, "", message));
    }
    let mut compiler = Compiler::new(definitions);
    for text in definitions.series {
        let id = compiler.text(text)?;
        compiler.series.push((text.name, id));
    }
    Ok(compiler)
}

fn check_name(
    definitions: &Definitions<'_>,
    taken: &[(&str, &str)],
    name: &str,
    kind: &str,
) -> Result<(), RuleError> {
    if !names::is_word(name) {
        let message = format!("`{name}` cannot be the name of a {kind}");
        return Err(place_of(definitions, name, message)
            .help("a name has letters, digits and _, and begins with a letter"));
    }
    let earlier = taken.iter().find(|(other, _)| *other == name).map(|(_, kind)| match *kind {
        "parameter" => "a parameter",
        _ => "a series",
    });
    match names::meaning(name, definitions.columns).or(earlier) {
        None => Ok(()),
        Some(meaning) => {
            let message = format!("the {kind} `{name}` has the name of {meaning}");
            Err(place_of(definitions, name, message).help("give it another name"))
        }
    }
}

/// A mistake that is about a name rather than a text: placed at the first text that mentions it, or at the first text.
fn place_of(definitions: &Definitions<'_>, name: &str, message: String) -> RuleError {
    let texts = || definitions.rules.iter().chain(definitions.series);
    let mentioned = texts().find_map(|t| Some((t.offset, names::find_word(t.text, name)?)));
    let (offset, len) = match mentioned {
        Some((offset, at)) => (offset + at, name.len()),
        None => (texts().next().map_or(0, |t| t.offset), 0),
    };
    RuleError { offset, len, message, help: None }
}
