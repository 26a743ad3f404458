//! Which rules there are, what each must be, and which contradict each other.

use super::{Definitions, Text, expression::Compiler, names, place_of};
use crate::{
    error::{EvalError, RuleError},
    program::{Node, NodeId, Program, Rules},
    unit::Unit,
};

/// Compiles all rules of the definitions into the program.
pub(super) fn add(compiler: &mut Compiler<'_>) -> Result<(), RuleError> {
    let definitions = compiler.definitions;
    let mut rules = Rules::default();
    for text in definitions.rules {
        let id = compiler.text(text)?;
        let slot = slot(&mut rules, text)?;
        if slot.replace(id).is_some() {
            return Err(whole(text, format!("`{}` is given twice", text.name)));
        }
        check_kind(&compiler.program, text, id)?;
    }
    check_together(definitions, &rules)?;
    compiler.program.rules = rules;
    Ok(())
}

/// Every parameter must be used by a rule of one of the tables.
pub(super) fn check_used(
    tables: &[Definitions<'_>],
    programs: &[Program],
) -> Result<(), RuleError> {
    let used = programs.iter().fold(0u64, |bits, program| {
        let rules = program.rules().by_name();
        rules.iter().filter_map(|(_, id)| *id).fold(bits, |b, id| b | program.depends(id))
    });
    let Some(first) = tables.first() else { return Ok(()) };
    match first.params.iter().enumerate().find(|(i, _)| used >> i & 1 == 0) {
        None => Ok(()),
        Some((_, name)) => {
            let message = format!("the parameter `{name}` is used by no rule");
            Err(place_of(first, name, message).help("use it in a rule, or remove it from [params]"))
        }
    }
}

fn slot<'r>(rules: &'r mut Rules, text: &Text<'_>) -> Result<&'r mut Option<NodeId>, RuleError> {
    Ok(match text.name {
        "enter_long" => &mut rules.enter_long,
        "exit_long" => &mut rules.exit_long,
        "enter_short" => &mut rules.enter_short,
        "exit_short" => &mut rules.exit_short,
        "entry_limit" => &mut rules.entry_limit,
        "stop_loss" => &mut rules.stop_loss,
        "take_profit" => &mut rules.take_profit,
        "trailing" => &mut rules.trailing,
        name => {
            let known: Vec<&str> = Rules::default().by_name().iter().map(|(n, _)| *n).collect();
            return Err(whole(text, format!("there is no rule `{name}`"))
                .help(names::suggestion(name, &known)));
        }
    })
}

/// The unit each rule must have.
fn check_kind(program: &Program, text: &Text<'_>, id: NodeId) -> Result<(), RuleError> {
    let unit = program.unit(id);
    let is_price = matches!(unit, Unit::PRICE | Unit::TRADED_PRICE | Unit::Unknown);
    match text.name {
        "entry_limit" if is_price => Ok(()),
        "entry_limit" => Err(whole(text, format!("entry_limit must be a price, not {unit}"))
            .help("for instance `close * 0.99`, or `raw.close - 0.5`")),
        "stop_loss" | "take_profit" | "trailing" => check_distance(program, text, id, is_price),
        _ if unit == Unit::Condition => Ok(()),
        name => Err(whole(text, format!("{name} must be a condition, not {unit}"))
            .help("compare it with something, for instance `close > sma(close, 30)`")),
    }
}

fn check_distance(
    program: &Program,
    text: &Text<'_>,
    id: NodeId,
    is_price: bool,
) -> Result<(), RuleError> {
    let (name, unit) = (text.name, program.unit(id));
    if !is_price && !matches!(unit, Unit::Scalar | Unit::NUMBER) {
        return Err(whole(
            text,
            format!("{name} must be a fraction or a distance in price, not {unit}"),
        )
        .help("for instance `5%`, or `2 * atr(14)`"));
    }
    match *program.node(id) {
        Node::Const(value) if !fraction_fits(name, value) => {
            let message = format!("{name} is {value}, but it must be {}", fraction_range(name));
            Err(whole(text, message).help("a fraction of the price, for instance `5%`"))
        }
        _ => Ok(()),
    }
}

/// Stops given as a fraction must leave a price, with these values of the parameters.
pub(crate) fn check_fractions(program: &Program, params: &[f64]) -> Result<(), EvalError> {
    let distances = ["stop_loss", "take_profit", "trailing"];
    for (rule, id) in program.rules().by_name() {
        let value = id.and_then(|id| program.scalar(id, params));
        if let (true, Some(value)) = (distances.contains(&rule), value)
            && !fraction_fits(rule, value)
        {
            return Err(EvalError::Fraction { rule, value, expected: fraction_range(rule) });
        }
    }
    Ok(())
}

/// Whether a distance given as a fraction of the price can be met.
fn fraction_fits(rule: &str, value: f64) -> bool {
    value > 0.0 && (value < 1.0 || rule == "take_profit")
}

/// What [`fraction_fits`] allows, in words.
fn fraction_range(rule: &str) -> &'static str {
    if rule == "take_profit" { "above 0" } else { "between 0 and 1" }
}

/// Rules that make no sense without another one, or with it.
fn check_together(definitions: &Definitions<'_>, rules: &Rules) -> Result<(), RuleError> {
    let at = |name: &str| definitions.rules.iter().find(|text| text.name == name);
    let without = |exit: &str, entry: &str| match at(exit) {
        None => Ok(()),
        Some(text) => Err(whole(text, format!("{exit} without {entry} would never do anything"))
            .help(format!("add `{entry}`, or remove `{exit}`"))),
    };
    if rules.enter_long.is_none() {
        without("exit_long", "enter_long")?;
    }
    if rules.enter_short.is_none() {
        without("exit_short", "enter_short")?;
    }
    if rules.enter_long.is_none() && rules.enter_short.is_none() {
        let offset = definitions.rules.first().map_or(0, |text| text.offset);
        let message = "there is no rule to enter a position".to_string();
        return Err(RuleError { offset, len: 0, message, help: None }
            .help("add `enter_long` or `enter_short`"));
    }
    match (at("enter_short"), rules.enter_long == rules.enter_short) {
        (Some(text), true) => Err(whole(text, "enter_long and enter_short are the same condition")
            .help("where both hold, neither does anything")),
        _ => Ok(()),
    }
}

fn whole(text: &Text<'_>, message: impl Into<String>) -> RuleError {
    RuleError::at(&(0..text.text.len()), message).shifted(text.offset)
}
