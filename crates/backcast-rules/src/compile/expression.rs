//! Operators: types, units, constants folded.

use std::ops::Range;

use super::{Definitions, Text};
use crate::{
    error::RuleError,
    numeric,
    program::{BinaryOp, CompareOp, Node, NodeId, Program, UnaryOp},
    text::{BinaryWord, Expr, Kind, parse},
    unit::Unit,
};

/// Most levels of the graph, so that computing it cannot exhaust the stack.
const MAX_LEVELS: u32 = 600;

/// Most nodes of a program.
const MAX_NODES: usize = 20_000;

/// Compiles texts into one program.
pub(super) struct Compiler<'a> {
    pub(super) definitions: &'a Definitions<'a>,
    pub(super) program: Program,
    /// Named series compiled so far.
    pub(super) series: Vec<(&'a str, NodeId)>,
    /// The text that is being compiled.
    source: &'a str,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(definitions: &'a Definitions<'a>) -> Compiler<'a> {
        let program = Program::named(definitions.params, definitions.assets, definitions.columns);
        Compiler { definitions, program, series: Vec::new(), source: "" }
    }

    /// Compiles one text; errors count from the start of its file.
    pub(super) fn text<'t>(&mut self, text: &Text<'t>) -> Result<NodeId, RuleError>
    where
        't: 'a,
    {
        self.source = text.text;
        let compiled = parse(text.text).and_then(|expr| self.expr(&expr));
        compiled.map_err(|e| e.shifted(text.offset))
    }

    /// Compiles an expression.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<NodeId, RuleError> {
        match &expr.kind {
            Kind::Number(value) => Ok(self.constant(*value)),
            Kind::Bool(value) => Ok(self.program.add(Node::Bool(*value), Unit::Condition)),
            Kind::Name(_) | Kind::Quoted(_) | Kind::Attribute { .. } => self.path(expr),
            Kind::Index { of, by } => self.shift(expr, of, by),
            Kind::Call { function, arguments } => self.call(expr, function, arguments),
            Kind::Negate(inner) => {
                let id = self.number(inner)?;
                self.unary(expr, UnaryOp::Neg, id)
            }
            Kind::Not(inner) => {
                let id = self.condition(inner)?;
                self.add(expr, Node::Not(id), Unit::Condition)
            }
            Kind::Binary { word, left, right, at } => self.operator(expr, *word, left, right, at),
        }
    }

    fn operator(
        &mut self,
        expr: &Expr,
        word: BinaryWord,
        left: &Expr,
        right: &Expr,
        at: &Range<usize>,
    ) -> Result<NodeId, RuleError> {
        match word {
            BinaryWord::And | BinaryWord::Or => {
                let (a, b) = (self.condition(left)?, self.condition(right)?);
                let node = if word == BinaryWord::And { Node::And(a, b) } else { Node::Or(a, b) };
                self.add(expr, node, Unit::Condition)
            }
            BinaryWord::Compare(op) => {
                let (a, b) = (self.expr(left)?, self.expr(right)?);
                if self.program.is_bool(a) && self.program.is_bool(b) {
                    return Err(RuleError::at(at, "conditions cannot be compared")
                        .help(same_conditions(op)));
                }
                let (a, b) = (self.as_number(left, a)?, self.as_number(right, b)?);
                self.common_unit("compare", (left, a), (right, b))?;
                self.add(expr, Node::Compare(op, a, b), Unit::Condition)
            }
            BinaryWord::Arithmetic(op) => {
                let (a, b) = (self.number(left)?, self.number(right)?);
                self.binary(expr, op, (left, a), (right, b))
            }
        }
    }

    /// An expression that must be a number or a series of numbers.
    pub(super) fn number(&mut self, expr: &Expr) -> Result<NodeId, RuleError> {
        let id = self.expr(expr)?;
        self.as_number(expr, id)
    }

    fn as_number(&self, expr: &Expr, id: NodeId) -> Result<NodeId, RuleError> {
        if !self.program.is_bool(id) {
            return Ok(id);
        }
        let message = format!("expected a number, found the condition `{}`", self.snippet(expr));
        Err(RuleError::at(&expr.span, message))
    }

    /// An expression that must be a condition.
    fn condition(&mut self, expr: &Expr) -> Result<NodeId, RuleError> {
        let id = self.expr(expr)?;
        if self.program.is_bool(id) {
            return Ok(id);
        }
        let unit = self.program.unit(id);
        let message = format!("expected a condition, found {unit} (`{}`)", self.snippet(expr));
        let help = format!("compare it with something: `{} > ...`", self.snippet(expr));
        Err(RuleError::at(&expr.span, message).help(help))
    }

    /// `of[by]`.
    fn shift(&mut self, expr: &Expr, of: &Expr, by: &Expr) -> Result<NodeId, RuleError> {
        let inner = self.expr(of)?;
        let (name, count) = (self.snippet(of), self.number(by)?);
        let Node::Const(count) = *self.program.node(count) else {
            let message = format!("a shift must be a whole number, not `{}`", self.snippet(by));
            return Err(RuleError::at(&by.span, message)
                .help("parameters and series cannot stand between [ and ]"));
        };
        if self.program.unit(inner) == Unit::Scalar {
            let message = format!("`{name}` is a single number, it has no earlier values");
            return Err(RuleError::at(&of.span, message));
        }
        if count.fract() != 0.0 || count.abs() > f64::from(u32::MAX) {
            let message = format!("a shift must be a whole number of bars, not {count:?}");
            return Err(
                RuleError::at(&by.span, message).help(format!("one bar ago is `{name}[-1]`"))
            );
        }
        if count > 0.0 {
            let bars = if count == 1.0 { "1 bar".to_string() } else { format!("{count} bars") };
            let message = format!("`{name}[{count}]` would look {bars} into the future");
            let help = format!("{bars} ago is `{name}[-{count}]`");
            return Err(RuleError::at(&by.span, message).help(help));
        }
        let bars = -count as usize;
        let (inner, bars) = match *self.program.node(inner) {
            _ if bars == 0 => return Ok(inner),
            Node::Shift(deeper, more) => (deeper, bars.saturating_add(more)),
            _ => (inner, bars),
        };
        let unit = self.program.unit(inner);
        self.add(expr, Node::Shift(inner, bars), unit)
    }

    /// A function of one number, folded where that is constant.
    pub(super) fn unary(
        &mut self,
        expr: &Expr,
        op: UnaryOp,
        of: NodeId,
    ) -> Result<NodeId, RuleError> {
        if let Node::Const(x) = *self.program.node(of) {
            return self.folded(expr, numeric::unary(op, x));
        }
        let unit = match (op, self.program.unit(of)) {
            (UnaryOp::Neg | UnaryOp::Abs, unit) => unit,
            (UnaryOp::Sqrt, unit) => unit.root(),
            (UnaryOp::Log | UnaryOp::Exp, unit) => unit.transcendental(),
        };
        self.add(expr, Node::Unary(op, of), unit)
    }

    /// A function of two numbers, folded where both are constant.
    pub(super) fn binary(
        &mut self,
        expr: &Expr,
        op: BinaryOp,
        (left, a): (&Expr, NodeId),
        (right, b): (&Expr, NodeId),
    ) -> Result<NodeId, RuleError> {
        if let (&Node::Const(x), &Node::Const(y)) = (self.program.node(a), self.program.node(b)) {
            return self.folded(expr, numeric::binary(op, x, y));
        }
        let (unit_a, unit_b) = (self.program.unit(a), self.program.unit(b));
        let unit = match op {
            BinaryOp::Mul => unit_a.times(unit_b),
            BinaryOp::Div => unit_a.over(unit_b),
            BinaryOp::Add => self.common_unit("add", (left, a), (right, b))?,
            BinaryOp::Sub => self.common_unit("subtract", (left, a), (right, b))?,
            BinaryOp::Min | BinaryOp::Max => self.common_unit("compare", (left, a), (right, b))?,
        };
        self.add(expr, Node::Binary(op, a, b), unit)
    }

    /// The unit of two values that are added or compared.
    pub(super) fn common_unit(
        &self,
        verb: &str,
        (left, a): (&Expr, NodeId),
        (right, b): (&Expr, NodeId),
    ) -> Result<Unit, RuleError> {
        let (unit_a, unit_b) = (self.program.unit(a), self.program.unit(b));
        // Zero is zero in every unit: `momentum(close, 10) > 0` asks for a direction only.
        let is_zero = |id| matches!(self.program.node(id), Node::Const(x) if *x == 0.0);
        match (unit_a, unit_b) {
            (Unit::Scalar, unit) if is_zero(a) => return Ok(unit),
            (unit, Unit::Scalar) if is_zero(b) => return Ok(unit),
            (Unit::Unknown, unit) | (unit, Unit::Unknown) => {
                return Ok(if unit == Unit::Scalar { Unit::Unknown } else { unit });
            }
            (Unit::Scalar, unit) | (unit, Unit::Scalar) if !unit.is_adjusted() => return Ok(unit),
            (one, other) if one == other => return Ok(one),
            _ => {}
        }
        let (side_a, side_b) = (self.snippet(left), self.snippet(right));
        let message = match verb {
            "add" => format!("{unit_a} (`{side_a}`) and {unit_b} (`{side_b}`) cannot be added"),
            "subtract" => {
                format!("{unit_b} (`{side_b}`) cannot be subtracted from {unit_a} (`{side_a}`)")
            }
            _ => format!("{unit_a} (`{side_a}`) cannot be compared with {unit_b} (`{side_b}`)"),
        };
        let span = left.span.start..right.span.end;
        Err(RuleError::at(&span, message).help(unit_help(unit_a, unit_b)))
    }

    pub(super) fn constant(&mut self, value: f64) -> NodeId {
        // One zero only: equal constants are one node, and 0.0 + -0.0 is 0.0.
        self.program.add(Node::Const(value + 0.0), Unit::Scalar)
    }

    fn folded(&mut self, expr: &Expr, value: f64) -> Result<NodeId, RuleError> {
        if value.is_nan() {
            let message = format!("`{}` is no number", self.snippet(expr));
            return Err(RuleError::at(&expr.span, message));
        }
        Ok(self.constant(value))
    }

    /// Adds a node unless the program grows beyond what can be computed.
    pub(super) fn add(&mut self, expr: &Expr, node: Node, unit: Unit) -> Result<NodeId, RuleError> {
        let id = self.program.add(node, unit);
        if self.program.depth(id) > MAX_LEVELS {
            let message = format!("the expression is nested more than {MAX_LEVELS} levels deep");
            return Err(RuleError::at(&expr.span, message));
        }
        if self.program.nodes().len() > MAX_NODES {
            let message = format!("the rules have more than {MAX_NODES} parts");
            return Err(RuleError::at(&expr.span, message));
        }
        Ok(id)
    }

    /// What was written, shortened.
    pub(super) fn snippet(&self, expr: &Expr) -> String {
        const SHOWN: usize = 40;
        let written = &self.source[expr.span.clone()];
        match written.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}...", &written[..end]),
            None => written.to_string(),
        }
    }
}

fn same_conditions(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "both or neither: `a and b or not a and not b`",
        CompareOp::Ne => "one of them but not both: `a and not b or b and not a`",
        _ => "use `and`, `or`, `not`",
    }
}

fn unit_help(a: Unit, b: Unit) -> &'static str {
    let traded = |unit| matches!(unit, Unit::Series { traded, .. } if traded != 0);
    if (a == Unit::Scalar && b.is_adjusted()) || (b == Unit::Scalar && a.is_adjusted()) {
        "splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`"
    } else if (traded(a) && b.is_adjusted()) || (traded(b) && a.is_adjusted()) {
        "write `raw.` on both sides or on neither"
    } else {
        "both sides must be measured in the same unit; a quotient such as `close / open` is a plain number"
    }
}
