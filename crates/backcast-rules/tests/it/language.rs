//! The language: what texts mean.

use backcast_rules::{Definitions, Node, NodeId, Program, RuleError, Text, compile_expression};

pub(crate) fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

/// An expression with two assets, extra columns, two parameters and a named series.
pub(crate) fn expression(text: &str) -> Result<(Program, NodeId), RuleError> {
    let series = [Text { name: "trend", text: "sma(close, 50)", offset: 0 }];
    let definitions = Definitions {
        columns: &strings(&["vwap", "open interest"]),
        assets: &strings(&["AAPL", "BRK.B"]),
        params: &strings(&["fast", "slow"]),
        series: &series,
        rules: &[],
    };
    compile_expression(&Text { name: "x", text, offset: 0 }, &definitions)
}

/// Both texts must become the same tree.
fn check_same(one: &str, other: &str) {
    let tree = |text| match expression(text) {
        Ok((program, id)) => format!("{} {:?}", printed(&program, id), program.unit(id)),
        Err(e) => panic!("{text}: {e:?}"),
    };
    assert_eq!(tree(one), tree(other), "{one} and {other}");
}

/// A node as a text in which every operation is a bracket.
fn printed(program: &Program, id: NodeId) -> String {
    let node = program.node(id);
    let children: Vec<String> = node.children().iter().map(|c| printed(program, *c)).collect();
    let name = match node {
        Node::Const(x) => return format!("{x}"),
        Node::Param(i) => return program.params()[*i].clone(),
        Node::Bool(b) => return b.to_string(),
        Node::Column { column, asset } => return format!("{column:?} {asset:?}"),
        Node::Indicator { spec, output, .. } => format!("{}.{output}", spec.name),
        Node::Unary(op, _) => format!("{op:?}"),
        Node::Binary(op, ..) => format!("{op:?}"),
        Node::Shift(_, by) => format!("Shift {by}"),
        Node::Compare(op, ..) => format!("{op:?}"),
        Node::Cross(dir, ..) => format!("Cross {dir:?}"),
        Node::And(..) => "And".into(),
        Node::Or(..) => "Or".into(),
        Node::Not(_) => "Not".into(),
    };
    format!("({name} {})", children.join(" "))
}

#[test]
fn operators_bind_as_in_python() {
    for (short, long) in [
        ("close + open * 2 > high", "(close + (open * 2)) > high"),
        ("close - open - low", "(close - open) - low"),
        ("close / open / 2", "(close / open) / 2"),
        ("-close[-1] + open", "(-(close[-1])) + open"),
        ("-close * 2", "(-close) * 2"),
        ("not close > open and high > low", "(not (close > open)) and (high > low)"),
        (
            "close > open or high > low and low > open",
            "close > open or (high > low and low > open)",
        ),
        ("close > open && !(high > low) || true", "close > open and not high > low or true"),
        ("!close > open", "not (close > open)"),
        ("+close", "close"),
        ("2 * -3 + fast", "-6 + fast"),
        ("min(close, open, low)", "min(min(close, open), low)"),
    ] {
        check_same(short, long);
    }
}

#[test]
fn numbers_have_several_spellings() {
    for (one, other) in [
        ("5%", "0.05"),
        ("2bp", "0.0002"),
        ("1e6", "1000000"),
        ("1_000_000", "1e+6"),
        (".5", "0.5"),
        ("2.", "2"),
        ("-0", "0"),
        ("12.5bp", "0.00125"),
    ] {
        check_same(one, other);
    }
}

#[test]
fn indicators_fill_in_what_is_left_out() {
    for (short, long) in [
        ("sma(30)", "sma(close, 30)"),
        ("sma()", "sma(close, 30)"),
        ("sma(period=10)", "sma(close, 10)"),
        ("sma(close, period=10)", "sma(close, 10)"),
        ("sma(period=10, series=open)", "sma(open, 10)"),
        ("sma(fast)", "sma(close, fast)"),
        ("sma(fast + 1)", "sma(close, fast + 1)"),
        ("sma(5 * 6)", "sma(30)"),
        ("atr(14)", "atr(high, low, close, 14)"),
        ("atr()", "atr(high, low, close, 14)"),
        ("bbands(20, 2).upper", "bollinger(close, 20, 2).upper"),
        ("macd()", "macd(close, 12, 26, 9).macd"),
        ("trend", "sma(close, 50)"),
    ] {
        check_same(short, long);
    }
}

#[test]
fn columns_are_named_with_or_without_their_asset() {
    for (one, other) in [
        ("BRK.B.close", "'BRK.B'.close"),
        ("BRK.B.raw.close", "\"BRK.B\".raw.close"),
        ("vwap", "'vwap'"),
        ("close[-1][-2]", "close[-3]"),
        ("close[0]", "close"),
    ] {
        check_same(one, other);
    }
    assert!(expression("'open interest' > AAPL.vwap").is_ok());
}

#[test]
fn equal_expressions_are_one_node() {
    let text = "sma(close, 5) > 1.01 * sma(5) or sma(close, 5) < open";
    let (program, _) = expression(text).unwrap();
    let is_sma = |n: &&Node| matches!(n, Node::Indicator { spec, .. } if spec.name == "sma");
    assert_eq!(program.nodes().iter().filter(is_sma).count(), 2); // with the series `trend`
}
