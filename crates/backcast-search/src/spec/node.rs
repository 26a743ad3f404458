//! A TOML document as a tree in which every key and value knows its place, and overrides from the command line on it.

use std::{ops::Range, sync::Arc};

use backcast_types::Day;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::SpecError;

/// A text that values come from: the file first, then one for each override.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: Arc<str>,
}

/// A place in one of the sources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) source: usize,
    pub(crate) span: Range<usize>,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) place: Place,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Date(Day),
    Array(Vec<Node>),
    Table(Table),
}

/// Keys in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) entries: Vec<Entry>,
}

/// One key of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl Value {
    /// "a number", for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Date(_) => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// All sources of a spec.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sources(pub(crate) Vec<Source>);

impl Sources {
    /// An error at a place.
    pub(crate) fn error(
        &self,
        place: &Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> SpecError {
        let source = &self.0[place.source];
        let help = help.into();
        SpecError {
            file: source.name.clone(),
            text: source.text.clone(),
            offset: place.span.start,
            len: place.span.len(),
            message: message.into(),
            help: (!help.is_empty()).then_some(help),
        }
    }

    /// Reads the file itself.
    pub(crate) fn document(&self) -> Result<Table, SpecError> {
        let text = self.0[0].text.clone();
        let parsed = DeTable::parse(&text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let place = Place { source: 0, span };
            let help = "specs are TOML: [section] lines, and key = value below them";
            self.error(&place, format!("this is no valid TOML: {}", error.message()), help)
        })?;
        self.table(parsed.get_ref(), 0, 0)
    }

    fn table(&self, table: &DeTable, source: usize, shift: usize) -> Result<Table, SpecError> {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let place = Place { source, span: moved(key.span(), shift) };
            let node = self.node(value, source, shift)?;
            entries.push(Entry { key: key.get_ref().to_string(), place, node });
        }
        entries.sort_by_key(|entry| entry.place.span.start);
        Ok(Table { entries })
    }

    fn node(
        &self,
        value: &Spanned<DeValue>,
        source: usize,
        shift: usize,
    ) -> Result<Node, SpecError> {
        let place = Place { source, span: moved(value.span(), shift) };
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Boolean(yes) => Value::Bool(*yes),
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                Value::Integer(i64::from_str_radix(&digits, number.radix()).map_err(|_| {
                    self.error(&place, format!("{number} is too large for a whole number"), "")
                })?)
            }
            DeValue::Float(number) => {
                let parsed: f64 = number.as_str().replace('_', "").parse().unwrap_or(f64::NAN);
                if !parsed.is_finite() {
                    return Err(self.error(&place, format!("{number} is no finite number"), ""));
                }
                Value::Float(parsed)
            }
            DeValue::Datetime(when) => {
                match (when.date, when.time) {
                    (Some(date), None) => {
                        let day = Day::from_ymd(date.year as i16, date.month as i8, date.day as i8);
                        Value::Date(day.ok_or_else(|| {
                            self.error(&place, format!("there is no day {date}"), "")
                        })?)
                    }
                    _ => {
                        let help = "write the session's date alone, as 2001-01-31";
                        return Err(self.error(&place, format!("{when} is no plain date"), help));
                    }
                }
            }
            DeValue::Array(items) => Value::Array(
                items.iter().map(|n| self.node(n, source, shift)).collect::<Result<_, _>>()?,
            ),
            DeValue::Table(table) => Value::Table(self.table(table, source, shift)?),
        };
        Ok(Node { value, place })
    }

    /// Reads the value of an override: TOML where it is TOML, else the bare text.
    pub(crate) fn loose_value(&self, source: usize, start: usize) -> Result<Node, SpecError> {
        let whole = self.0[source].text.clone();
        let text = whole[start..].trim();
        let start = start + (whole[start..].len() - whole[start..].trim_start().len());
        match DeValue::parse(text) {
            Ok(value) => self.node(&value, source, start),
            Err(_) => Ok(Node {
                value: Value::Text(text.to_owned()),
                place: Place { source, span: start..start + text.len() },
            }),
        }
    }
}

fn moved(span: Range<usize>, shift: usize) -> Range<usize> {
    span.start + shift..span.end + shift
}
