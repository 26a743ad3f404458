//! The syntax tree.

use std::ops::Range;

use crate::program::{BinaryOp, CompareOp};

/// An expression and the bytes of the text it came from.
#[derive(Debug, Clone)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
    /// Levels of the tree below and with this one; bounded, so that walking it cannot exhaust the stack.
    pub(crate) depth: usize,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Number(f64),
    Bool(bool),
    Name(String),
    /// A name in quotation marks: an asset or column whose name is no word.
    Quoted(String),
    /// `of.name`; the span is that of the name.
    Attribute {
        of: Box<Expr>,
        name: String,
        at: Range<usize>,
    },
    Index {
        of: Box<Expr>,
        by: Box<Expr>,
    },
    Call {
        function: Box<Expr>,
        arguments: Vec<Argument>,
    },
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary {
        word: BinaryWord,
        left: Box<Expr>,
        right: Box<Expr>,
        at: Range<usize>,
    },
}

/// An argument of a call.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    /// Its name, if it was given by name, and where the name stands.
    pub(crate) name: Option<(String, Range<usize>)>,
    pub(crate) value: Expr,
}

/// An operator between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryWord {
    And,
    Or,
    Compare(CompareOp),
    Arithmetic(BinaryOp),
}

impl BinaryWord {
    /// How tightly it binds, as in Python.
    pub(crate) fn precedence(self) -> u8 {
        match self {
            BinaryWord::Or => 1,
            BinaryWord::And => 2,
            BinaryWord::Compare(_) => 4,
            BinaryWord::Arithmetic(BinaryOp::Add | BinaryOp::Sub) => 5,
            BinaryWord::Arithmetic(_) => 6,
        }
    }
}
