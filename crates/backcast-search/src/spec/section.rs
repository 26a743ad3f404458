//! One table of a spec with readers that say what was expected and what was found.

use backcast_metrics::Metric;
use backcast_types::Day;

use super::{
    Expression, SpecError,
    node::{Entry, Node, Place, Sources, Table, Value},
    suggestion,
};

/// A table and the name that messages call it by.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) name: &'a str,
    pub(crate) table: &'a Table,
}

impl<'a> Section<'a> {
    /// Refuses every key that is not in `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), SpecError> {
        match self.table.entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
            None => Ok(()),
            Some(entry) => Err(self.unknown(entry, known)),
        }
    }

    pub(crate) fn unknown(&self, entry: &Entry, known: &[&str]) -> SpecError {
        let message = if self.name.is_empty() {
            format!("unknown section or key `{}`", entry.key)
        } else {
            format!("unknown key `{}` in [{}]", entry.key, self.name)
        };
        self.sources.error(&entry.place, message, suggestion(&entry.key, known.iter().copied()))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Entry> {
        self.table.get(key)
    }

    pub(crate) fn error(
        &self,
        place: &Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> SpecError {
        self.sources.error(place, message, help)
    }

    /// A sub-table as a section, empty where it is missing.
    pub(crate) fn section(&self, key: &'a str, empty: &'a Table) -> Result<Section<'a>, SpecError> {
        let table = match self.get(key) {
            None => empty,
            Some(Entry { node: Node { value: Value::Table(table), .. }, .. }) => table,
            Some(entry) => {
                let found = entry.node.value.kind();
                let message = format!("`{key}` must be a section; found {found}");
                return Err(self.error(&entry.node.place, message, format!("write [{key}]")));
            }
        };
        Ok(Section { sources: self.sources, name: key, table })
    }

    /// "`key` must be {expected}; found ...".
    pub(crate) fn wrong(&self, entry: &Entry, expected: &str, help: &str) -> SpecError {
        let found = match &entry.node.value {
            Value::Text(text) => format!("`{text}`"),
            Value::Integer(number) => number.to_string(),
            // Three hundred digits would say no more.
            Value::Float(number) if number.abs() >= 1e16 => format!("{number:e}"),
            Value::Float(number) => number.to_string(),
            other => other.kind().to_owned(),
        };
        let message = format!("`{}` must be {expected}; found {found}", entry.key);
        self.error(&entry.node.place, message, help)
    }

    pub(crate) fn text(&self, key: &str, expected: &str) -> Result<Option<&'a str>, SpecError> {
        match self.get(key) {
            None => Ok(None),
            Some(Entry { node: Node { value: Value::Text(text), .. }, .. }) => Ok(Some(text)),
            Some(entry) => Err(self.wrong(entry, expected, "")),
        }
    }

    pub(crate) fn number(&self, key: &str, help: &str) -> Result<Option<f64>, SpecError> {
        match self.get(key) {
            None => Ok(None),
            Some(entry) => match number(&entry.node.value) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(entry, "a number", help)),
            },
        }
    }

    /// A whole number, at least one.
    pub(crate) fn count(&self, key: &str) -> Result<Option<usize>, SpecError> {
        match self.get(key) {
            None => Ok(None),
            Some(entry) => match entry.node.value {
                Value::Integer(n @ 1..=0xffff_ffff) => Ok(Some(n as usize)),
                _ => Err(self.wrong(entry, "a whole number from 1 on", "")),
            },
        }
    }

    pub(crate) fn bool(&self, key: &str) -> Result<Option<bool>, SpecError> {
        match self.get(key) {
            None => Ok(None),
            Some(Entry { node: Node { value: Value::Bool(yes), .. }, .. }) => Ok(Some(*yes)),
            Some(entry) => Err(self.wrong(entry, "true or false", "")),
        }
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, SpecError> {
        let names = words.iter().map(|(name, _)| *name);
        let expected = names.clone().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(" or ");
        let Some(text) = self.text(key, &expected)? else { return Ok(None) };
        match words.iter().find(|(name, _)| *name == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let entry = self.get(key).expect("it was read just now");
                Err(self.wrong(entry, &expected, &suggestion(text, names)))
            }
        }
    }

    /// A date, as TOML has it or as a string.
    pub(crate) fn day(&self, key: &str) -> Result<Option<Day>, SpecError> {
        let Some(entry) = self.get(key) else { return Ok(None) };
        let parsed = match &entry.node.value {
            Value::Date(day) => Some(*day),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        match parsed {
            Some(day) => Ok(Some(day)),
            None => Err(self.wrong(entry, "a date that exists", "write it as 2001-01-31")),
        }
    }

    pub(crate) fn metric(&self, key: &str) -> Result<Option<Metric>, SpecError> {
        match self.get(key) {
            None => Ok(None),
            Some(entry) => self.metric_of(key, &entry.node).map(Some),
        }
    }

    /// The metric a node names.
    pub(crate) fn metric_of(&self, key: &str, node: &Node) -> Result<Metric, SpecError> {
        let names = Metric::ALL.iter().map(|metric| metric.name());
        let Value::Text(text) = &node.value else {
            let message = format!("`{key}` must name a metric; found {}", node.value.kind());
            return Err(self.error(
                &node.place,
                message,
                format!("possible are: {}", names.collect::<Vec<_>>().join(", ")),
            ));
        };
        Metric::from_name(text).ok_or_else(|| {
            let message = format!("there is no metric `{text}`");
            self.error(&node.place, message, suggestion(text, names))
        })
    }

    /// An expression with its place.
    pub(crate) fn expression(&self, entry: &Entry) -> Result<Expression, SpecError> {
        let Value::Text(text) = &entry.node.value else {
            return Err(self.wrong(entry, "an expression in quotes", ""));
        };
        if text.trim().is_empty() {
            let message = format!("`{}` is empty", entry.key);
            return Err(self.error(&entry.node.place, message, "write an expression or delete it"));
        }
        let place = entry.node.place.clone();
        let written = &self.sources.0[place.source].text[place.span.clone()];
        // An escape or a line break after the quotes shifts positions; errors then show the whole string.
        let inner = written.find(text.as_str()).map(|i| i..i + text.len());
        Ok(Expression { name: entry.key.clone(), text: text.clone(), place, inner })
    }
}

/// The number a value is.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}
