//! Text to syntax trees: what is written, before anything is known about names and units.

mod lexer;
mod parser;
mod syntax;

pub(crate) use parser::parse;
pub(crate) use syntax::{Argument, BinaryWord, Expr, Kind};
