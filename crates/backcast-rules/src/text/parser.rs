//! Tokens to a syntax tree, by precedence climbing.

use std::ops::Range;

use super::{
    lexer::{Token, TokenKind, tokens},
    syntax::{Argument, BinaryWord, Expr, Kind},
};
use crate::{
    error::RuleError,
    program::{BinaryOp, CompareOp},
};

/// Longest text of one rule, in bytes.
const MAX_TEXT: usize = 20_000;

/// Most levels that brackets and operators may be nested.
const MAX_DEPTH: usize = 200;

/// How tightly `not` and a sign bind.
const NOT: u8 = 3;
const SIGN: u8 = 7;

/// The syntax tree of a text.
///
/// # Errors
/// The first place where the text is no expression.
pub(crate) fn parse(text: &str) -> Result<Expr, RuleError> {
    let _span = backcast_spans::span!("rules.parse");
    if text.len() > MAX_TEXT {
        let message =
            format!("the expression has {} bytes, at most {MAX_TEXT} are read", text.len());
        return Err(RuleError::at(&(0..0), message).help("name its parts under [series]"));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    if parser.peek().kind == TokenKind::End {
        return Err(RuleError::at(&(0..text.len()), "the expression is empty"));
    }
    let expr = parser.expression(0)?;
    match parser.peek() {
        Token { kind: TokenKind::End, .. } => Ok(expr),
        token => Err(unexpected(token, "an operator or the end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn take_mark(&mut self, mark: &str) -> Option<Range<usize>> {
        let token = self.peek();
        if !is_mark(token, mark) {
            return None;
        }
        let span = token.span.clone();
        self.next += 1;
        Some(span)
    }

    fn expect_mark(&mut self, mark: &str) -> Result<Range<usize>, RuleError> {
        self.take_mark(mark).ok_or_else(|| unexpected(self.peek(), &format!("`{mark}`")))
    }

    /// An expression of operators that bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Result<Expr, RuleError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(&self.peek().span));
        }
        let mut left = self.operand()?;
        while let Some(word) = binary_word(self.peek()) {
            if word.precedence() < least {
                break;
            }
            let at = self.take().span;
            let right = self.expression(word.precedence() + 1)?;
            if let (BinaryWord::Compare(_), Some(BinaryWord::Compare(_))) =
                (word, binary_word(self.peek()))
            {
                return Err(RuleError::at(&self.peek().span, "comparisons cannot be chained")
                    .help("write `a < b and b < c`"));
            }
            let span = left.span.start..right.span.end;
            let depth = left.depth.max(right.depth);
            let (left_side, right) = (Box::new(left), Box::new(right));
            left = node(Kind::Binary { word, left: left_side, right, at }, span, depth)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// A sign or `not` and its operand, or a value with what follows it.
    fn operand(&mut self) -> Result<Expr, RuleError> {
        let token = self.peek().clone();
        let start = token.span.start;
        match &token.kind {
            TokenKind::Mark("-") => {
                self.next += 1;
                let inner = self.expression(SIGN)?;
                let (span, depth) = (start..inner.span.end, inner.depth);
                node(Kind::Negate(Box::new(inner)), span, depth)
            }
            TokenKind::Mark("+") => {
                self.next += 1;
                self.expression(SIGN)
            }
            kind if *kind == TokenKind::Mark("!") || is_word(kind, "not") => {
                self.next += 1;
                let inner = self.expression(NOT)?;
                let (span, depth) = (start..inner.span.end, inner.depth);
                node(Kind::Not(Box::new(inner)), span, depth)
            }
            _ => {
                let value = self.value()?;
                self.suffixes(value)
            }
        }
    }

    fn value(&mut self) -> Result<Expr, RuleError> {
        let token = self.take();
        let kind = match token.kind {
            TokenKind::Number(value) => Kind::Number(value),
            TokenKind::Quoted(name) => Kind::Quoted(name),
            TokenKind::Name(name) => match name.as_str() {
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                "and" | "or" => return Err(missing_value(&token.span, &format!("`{name}`"))),
                _ => Kind::Name(name),
            },
            TokenKind::Mark("(") => {
                let inner = self.expression(0)?;
                let end = self.expect_mark(")")?.end;
                return Ok(Expr { span: token.span.start..end, ..inner });
            }
            TokenKind::Mark(mark) => return Err(missing_value(&token.span, &format!("`{mark}`"))),
            TokenKind::End => return Err(missing_value(&token.span, "the end")),
        };
        node(kind, token.span, 0)
    }

    /// `.name`, `[shift]` and `(arguments)` behind a value.
    fn suffixes(&mut self, mut value: Expr) -> Result<Expr, RuleError> {
        loop {
            let (start, depth) = (value.span.start, value.depth);
            if self.take_mark(".").is_some() {
                let token = self.take();
                let TokenKind::Name(name) = token.kind else {
                    return Err(unexpected(&token, "a name after the dot"));
                };
                let at = token.span;
                let span = start..at.end;
                value = node(Kind::Attribute { of: Box::new(value), name, at }, span, depth)?;
            } else if self.take_mark("[").is_some() {
                let by = self.expression(0)?;
                let end = self.expect_mark("]")?.end;
                let depth = depth.max(by.depth);
                let kind = Kind::Index { of: Box::new(value), by: Box::new(by) };
                value = node(kind, start..end, depth)?;
            } else if self.take_mark("(").is_some() {
                let (arguments, end) = self.arguments()?;
                let depth = arguments.iter().map(|a| a.value.depth).max().unwrap_or(0).max(depth);
                value =
                    node(Kind::Call { function: Box::new(value), arguments }, start..end, depth)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// Arguments up to and with the closing bracket, and where that ends.
    fn arguments(&mut self) -> Result<(Vec<Argument>, usize), RuleError> {
        let mut arguments: Vec<Argument> = Vec::new();
        loop {
            if let Some(end) = self.take_mark(")") {
                return Ok((arguments, end.end));
            }
            let name = self.argument_name();
            if name.is_none() && arguments.last().is_some_and(|last| last.name.is_some()) {
                return Err(RuleError::at(
                    &self.peek().span,
                    "an argument without a name follows one with a name",
                )
                .help("arguments by name come last: `sma(close, period=30)`"));
            }
            arguments.push(Argument { name, value: self.expression(0)? });
            if self.take_mark(",").is_none() && !is_mark(self.peek(), ")") {
                return Err(unexpected(self.peek(), "`,` or `)`"));
            }
        }
    }

    /// `name =` before an argument.
    fn argument_name(&mut self) -> Option<(String, Range<usize>)> {
        let equals = self.tokens.get(self.next + 1)?;
        let token = self.peek();
        match &token.kind {
            TokenKind::Name(name) if is_mark(equals, "=") => {
                let found = (name.clone(), token.span.clone());
                self.next += 2;
                Some(found)
            }
            _ => None,
        }
    }
}

/// A tree one level higher than `below`, unless that is too high.
fn node(kind: Kind, span: Range<usize>, below: usize) -> Result<Expr, RuleError> {
    let depth = below + 1;
    if depth > MAX_DEPTH { Err(too_deep(&span)) } else { Ok(Expr { kind, span, depth }) }
}

fn too_deep(span: &Range<usize>) -> RuleError {
    let message = format!("the expression is nested more than {MAX_DEPTH} levels deep");
    RuleError::at(&(span.start..span.start), message).help("name its parts under [series]")
}

fn is_mark(token: &Token, mark: &str) -> bool {
    matches!(&token.kind, TokenKind::Mark(found) if *found == mark)
}

fn is_word(kind: &TokenKind, word: &str) -> bool {
    matches!(kind, TokenKind::Name(name) if name == word)
}

fn binary_word(token: &Token) -> Option<BinaryWord> {
    Some(match &token.kind {
        TokenKind::Name(name) => match name.as_str() {
            "and" => BinaryWord::And,
            "or" => BinaryWord::Or,
            _ => return None,
        },
        TokenKind::Mark(mark) => match *mark {
            "&&" => BinaryWord::And,
            "||" => BinaryWord::Or,
            "+" => BinaryWord::Arithmetic(BinaryOp::Add),
            "-" => BinaryWord::Arithmetic(BinaryOp::Sub),
            "*" => BinaryWord::Arithmetic(BinaryOp::Mul),
            "/" => BinaryWord::Arithmetic(BinaryOp::Div),
            mark => BinaryWord::Compare(CompareOp::from_text(mark)?),
        },
        _ => return None,
    })
}

fn missing_value(span: &Range<usize>, found: &str) -> RuleError {
    RuleError::at(span, format!("expected a value, found {found}"))
        .help("a value is a number, a name, a call such as `sma(close, 30)`, or a bracket")
}

fn unexpected(token: &Token, expected: &str) -> RuleError {
    let found = match &token.kind {
        TokenKind::Number(value) => format!("the number {value}"),
        TokenKind::Name(name) => format!("`{name}`"),
        TokenKind::Quoted(name) => format!("the name '{name}'"),
        TokenKind::Mark(mark) => format!("`{mark}`"),
        TokenKind::End => "the end".to_string(),
    };
    let error = RuleError::at(&token.span, format!("expected {expected}, found {found}"));
    match &token.kind {
        TokenKind::Mark("=") => error.help("equality is written `==`"),
        TokenKind::Name(name) if matches!(name.as_str(), "AND" | "OR" | "NOT") => {
            error.help(format!("write `{}`", name.to_lowercase()))
        }
        TokenKind::Name(name) if name == "not" => {
            error.help("write `not` before the whole condition")
        }
        _ => error,
    }
}
