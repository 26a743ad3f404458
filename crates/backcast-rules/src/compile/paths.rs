//! Names: columns, parameters, series, other assets, outputs of indicators.

use std::ops::Range;

use backcast_data::Field;
use backcast_indicators::find;

use super::{expression::Compiler, names};
use crate::{
    error::RuleError,
    program::{ColumnRef, Node, NodeId},
    text::{Expr, Kind},
    unit::Unit,
};

/// A part of a dotted name.
struct Part<'e> {
    name: &'e str,
    span: Range<usize>,
    quoted: bool,
}

impl Compiler<'_> {
    /// A name, perhaps dotted, or an output of an expression.
    pub(super) fn path(&mut self, expr: &Expr) -> Result<NodeId, RuleError> {
        match parts(expr) {
            Some(parts) => self.dotted(&parts),
            None => match &expr.kind {
                Kind::Attribute { of, name, at } => {
                    let id = self.expr(of)?;
                    self.output(id, name, at, &self.snippet(of))
                }
                _ => Err(RuleError::at(&expr.span, "expected a name")),
            },
        }
    }

    fn dotted(&mut self, parts: &[Part<'_>]) -> Result<NodeId, RuleError> {
        let first = &parts[0];
        if let Some((asset, used)) = self.asset(parts) {
            return self.column_of(Some(asset), &parts[..used], &parts[used..]);
        }
        if first.quoted || parts.len() == 1 || first.name == "raw" {
            return match parts {
                [part] if part.name != "raw" || part.quoted => self.single(part),
                [_, second, ..] if first.quoted => Err(self.unknown_owner(first, second)),
                _ => self.column_of(None, &parts[..0], parts),
            };
        }
        match self.series.iter().find(|(name, _)| *name == first.name) {
            Some((_, id)) if parts.len() == 2 => {
                self.output(*id, parts[1].name, &parts[1].span, first.name)
            }
            _ => Err(self.unknown_owner(first, &parts[1])),
        }
    }

    /// What stands before a dot and is neither asset nor series.
    fn unknown_owner(&self, first: &Part<'_>, second: &Part<'_>) -> RuleError {
        let (name, part) = (first.name, second.name);
        if names::meaning(name, self.definitions.columns).is_some()
            || self.definitions.params.iter().any(|param| param == name)
        {
            let error = RuleError::at(&second.span, format!("`{name}` has no part `{part}`"));
            return match names::field(name) {
                Some(_) if part == "raw" => error.help(format!("write `raw.{name}`")),
                _ if find(name).is_some() => error.help(format!("write `{name}(...).{part}`")),
                _ => error.help("a dot stands behind an asset or an indicator: `AAPL.close`"),
            };
        }
        let assets = self.definitions.assets.iter().map(String::as_str);
        let known: Vec<&str> = assets.chain(self.series.iter().map(|(name, _)| *name)).collect();
        let error = RuleError::at(&first.span, format!("unknown asset `{name}`"));
        if known.is_empty() { error } else { error.help(names::suggestion(name, &known)) }
    }

    /// The asset that the first parts name, and how many parts that takes: `BRK.B.close` is column `close` of `BRK.B`.
    fn asset(&self, parts: &[Part<'_>]) -> Option<(usize, usize)> {
        let position = |name: &str| self.definitions.assets.iter().position(|a| a == name);
        (1..parts.len()).rev().find_map(|used| {
            let words: Vec<&str> = parts[..used].iter().map(|part| part.name).collect();
            Some((position(&words.join("."))?, used))
        })
    }

    /// `close`, `raw.close` or an extra column, of an asset or of the run's own.
    fn column_of(
        &mut self,
        asset: Option<usize>,
        before: &[Part<'_>],
        parts: &[Part<'_>],
    ) -> Result<NodeId, RuleError> {
        let (raw, rest) = match parts {
            [raw, rest @ ..] if raw.name == "raw" && !raw.quoted => (true, rest),
            _ => (false, parts),
        };
        let fields: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        let [part] = rest else {
            let all = before.iter().chain(parts);
            let (span, wrong) = match rest {
                [] => (joined_span(all), "expected a column after `raw`".to_string()),
                [part, more, ..] => {
                    (more.span.clone(), format!("`{}` has no part `{}`", part.name, more.name))
                }
                [_] => (joined_span(all), String::new()),
            };
            return Err(RuleError::at(&span, wrong).help("a column is `close` or `raw.close`"));
        };
        if let Some(field) = names::field(part.name).filter(|_| !part.quoted) {
            return Ok(self.column(field, raw, asset));
        }
        if raw {
            return Err(RuleError::at(&part.span, format!("there is no `raw.{}`", part.name))
                .help(format!("as traded there are: {}", names::list(&fields))));
        }
        if let Some(index) = self.definitions.columns.iter().position(|c| c == part.name) {
            let node = Node::Column { column: ColumnRef::Extra(index), asset };
            return Ok(self.program.add(node, Unit::Unknown));
        }
        let columns = self.definitions.columns.iter().map(String::as_str);
        let known: Vec<&str> = fields.iter().copied().chain(columns).chain(["raw"]).collect();
        Err(RuleError::at(&part.span, format!("an asset has no column `{}`", part.name))
            .help(names::suggestion(part.name, &known)))
    }

    /// One of the five columns.
    pub(super) fn column(&mut self, field: Field, raw: bool, asset: Option<usize>) -> NodeId {
        let (column, unit) = match (field, raw) {
            (Field::Volume, false) => (ColumnRef::Adjusted(field), Unit::VOLUME),
            (Field::Volume, true) => (ColumnRef::Raw(field), Unit::VOLUME),
            (_, false) => (ColumnRef::Adjusted(field), Unit::PRICE),
            (_, true) => (ColumnRef::Raw(field), Unit::TRADED_PRICE),
        };
        self.program.add(Node::Column { column, asset }, unit)
    }

    /// A name without dots.
    fn single(&mut self, part: &Part<'_>) -> Result<NodeId, RuleError> {
        if let Some(field) = names::field(part.name).filter(|_| !part.quoted) {
            return Ok(self.column(field, false, None));
        }
        if let Some(index) = self.definitions.columns.iter().position(|c| c == part.name) {
            let node = Node::Column { column: ColumnRef::Extra(index), asset: None };
            return Ok(self.program.add(node, Unit::Unknown));
        }
        if !part.quoted {
            if let Some(index) = self.definitions.params.iter().position(|p| p == part.name) {
                return Ok(self.program.add(Node::Param(index), Unit::Scalar));
            }
            if let Some((_, id)) = self.series.iter().find(|(name, _)| *name == part.name) {
                return Ok(*id);
            }
        }
        Err(self.unknown(part))
    }

    /// Another output of the indicator that `id` is an output of.
    fn output(
        &mut self,
        id: NodeId,
        name: &str,
        at: &Range<usize>,
        written: &str,
    ) -> Result<NodeId, RuleError> {
        let Node::Indicator { spec, inputs, params, .. } = self.program.node(id).clone() else {
            return Err(RuleError::at(at, format!("`{written}` has no part `{name}`"))
                .help("only indicators with several outputs have parts: `macd(close).signal`"));
        };
        let known: Vec<&str> = spec.outputs.iter().map(|output| output.name).collect();
        let Some(output) = known.iter().position(|output| *output == name) else {
            return Err(RuleError::at(at, format!("{} has no output `{name}`", spec.name))
                .help(names::suggestion(name, &known)));
        };
        let unit = self.output_unit(spec, &inputs, output);
        Ok(self.program.add(Node::Indicator { spec, inputs, params, output }, unit))
    }

    fn unknown(&self, part: &Part<'_>) -> RuleError {
        let name = part.name;
        let error = RuleError::at(&part.span, format!("unknown name `{name}`"));
        if self.definitions.assets.iter().any(|asset| asset == name) {
            let message = format!("`{name}` is an asset, not a series");
            let written = if names::is_word(name) { name.to_string() } else { format!("'{name}'") };
            return RuleError::at(&part.span, message).help(format!("write `{written}.close`"));
        }
        if let Some(text) = self.definitions.series.iter().find(|text| text.name == name) {
            let message = format!("the series `{}` is used before it is defined", text.name);
            return RuleError::at(&part.span, message).help("define it above the first use");
        }
        let callables = names::callables();
        if callables.contains(&name) {
            return error.help(format!("to call it, write `{name}(...)`"));
        }
        let series = self.series.iter().map(|(name, _)| *name);
        let values = names::values(self.definitions, series);
        match (names::nearest(name, &values), names::nearest(name, &callables)) {
            (None, Some(near)) => error.help(format!("did you mean `{near}(...)`?")),
            _ => error.help(names::suggestion(name, &values)),
        }
    }
}

/// The parts of a dotted name; `None` for what is no name.
fn parts(expr: &Expr) -> Option<Vec<Part<'_>>> {
    match &expr.kind {
        Kind::Name(name) => Some(vec![Part { name, span: expr.span.clone(), quoted: false }]),
        Kind::Quoted(name) => Some(vec![Part { name, span: expr.span.clone(), quoted: true }]),
        Kind::Attribute { of, name, at } => {
            let mut all = parts(of)?;
            all.push(Part { name, span: at.clone(), quoted: false });
            Some(all)
        }
        _ => None,
    }
}

fn joined_span<'e>(parts: impl Iterator<Item = &'e Part<'e>>) -> Range<usize> {
    let spans: Vec<&Range<usize>> = parts.map(|part| &part.span).collect();
    match (spans.first(), spans.last()) {
        (Some(first), Some(last)) => first.start..last.end,
        _ => 0..0,
    }
}
