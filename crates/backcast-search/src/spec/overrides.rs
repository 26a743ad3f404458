//! Values from the command line that take the place of those in the file.

use super::{
    SpecError,
    node::{Entry, Node, Place, Sources, Table, Value},
};

/// One override, `params.fast=10` for instance, and what to call it in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    pub(crate) origin: String,
    pub(crate) text: String,
}

impl Override {
    /// `--set TEXT`, TEXT being `section.key=value`. Values are TOML or bare text; a parameter may also be a range
    /// `2..101` or `0.1..0.5..0.1` (from, to, step) or a list `5,10,20`; assets and metrics may be lists.
    #[must_use]
    pub fn set(text: &str) -> Override {
        Override { origin: "--set".to_owned(), text: text.to_owned() }
    }

    /// `--from DAY`.
    #[must_use]
    pub fn from_day(day: &str) -> Override {
        Override { origin: "--from".to_owned(), text: format!("data.from={day}") }
    }

    /// `--to DAY`.
    #[must_use]
    pub fn to_day(day: &str) -> Override {
        Override { origin: "--to".to_owned(), text: format!("data.to={day}") }
    }
}

/// Puts the override with the source number `source` into the document.
pub(crate) fn apply(
    sources: &Sources,
    document: &mut Table,
    source: usize,
) -> Result<(), SpecError> {
    let text = &sources.0[source].text;
    let Some(equals) = text.find('=') else {
        let place = Place { source, span: 0..text.len() };
        let message = format!("`{text}` sets nothing");
        return Err(sources.error(&place, message, "write section.key=value: params.fast=10"));
    };
    let key = text[..equals].trim();
    let key_place = Place { source, span: 0..equals };
    let path: Vec<&str> = key.split('.').map(str::trim).collect();
    if path.iter().any(|part| part.is_empty()) {
        let message = format!("`{key}` is no key");
        return Err(sources.error(&key_place, message, "write section.key=value"));
    }
    if let ["params", name] = path.as_slice() {
        refuse_new_parameter(sources, document, name, &key_place)?;
    }
    let mut node = sources.loose_value(source, equals + 1)?;
    if let (["params", _] | ["data", "assets"] | ["metrics"], Value::Text(written)) =
        (path.as_slice(), &node.value)
    {
        let written = written.clone();
        if let Some(value) = shorthand(sources, &written, &node, path[0] == "params")? {
            node.value = value;
        }
    }
    // One source replaces the other; both in one file would be a contradiction.
    match path.as_slice() {
        ["data", "file"] => remove(document, "data", "bundle"),
        ["data", "bundle"] => remove(document, "data", "file"),
        _ => {}
    }
    insert(sources, document, &path, &key_place, node)
}

fn refuse_new_parameter(
    sources: &Sources,
    document: &Table,
    name: &str,
    place: &Place,
) -> Result<(), SpecError> {
    let params = match document.get("params") {
        Some(Entry { node: Node { value: Value::Table(params), .. }, .. }) => params,
        _ => return Err(sources.error(place, "the spec has no parameters", "")),
    };
    if params.get(name).is_some() {
        return Ok(());
    }
    let names = params.entries.iter().map(|entry| entry.key.as_str());
    let message = format!("the spec has no parameter `{name}`");
    Err(sources.error(place, message, super::suggestion(name, names)))
}

fn remove(document: &mut Table, section: &str, key: &str) {
    for entry in &mut document.entries {
        if let (true, Value::Table(table)) = (entry.key == section, &mut entry.node.value) {
            table.entries.retain(|entry| entry.key != key);
        }
    }
}

fn insert(
    sources: &Sources,
    table: &mut Table,
    path: &[&str],
    place: &Place,
    node: Node,
) -> Result<(), SpecError> {
    let (first, rest) = path.split_first().expect("a key has at least one part");
    let index = table.entries.iter().position(|entry| entry.key == *first);
    if rest.is_empty() {
        let entry = Entry { key: (*first).to_owned(), place: place.clone(), node };
        match index {
            Some(index) => table.entries[index] = entry,
            None => table.entries.push(entry),
        }
        return Ok(());
    }
    let index = index.unwrap_or_else(|| {
        let node = Node { value: Value::Table(Table::default()), place: place.clone() };
        table.entries.push(Entry { key: (*first).to_owned(), place: place.clone(), node });
        table.entries.len() - 1
    });
    match &mut table.entries[index].node.value {
        Value::Table(inner) => insert(sources, inner, rest, place, node),
        other => {
            let message = format!("`{first}` is {} and has no key `{}`", other.kind(), rest[0]);
            Err(sources.error(place, message, ""))
        }
    }
}

/// `2..101`, `0.1..0.5..0.1` and `5,10,20` as the table and list they stand for.
fn shorthand(
    sources: &Sources,
    text: &str,
    node: &Node,
    is_param: bool,
) -> Result<Option<Value>, SpecError> {
    let place = &node.place;
    if is_param && text.contains("..") {
        let parts: Vec<_> = text.split("..").collect();
        let names = ["from", "to", "step"];
        if parts.len() > 3 {
            return Err(sources.error(
                place,
                format!("`{text}` is no range"),
                "write from..to..step",
            ));
        }
        let mut table = Table::default();
        for (name, part) in names.iter().zip(parts) {
            let value = scalar(part);
            if matches!(value, Value::Text(_)) {
                let message = format!("`{}` in the range `{text}` is no number", part.trim());
                return Err(sources.error(place, message, "write 2..101 or 0.1..0.5..0.1"));
            }
            let node = Node { value, place: place.clone() };
            let entry = Entry { key: (*name).to_owned(), place: place.clone(), node };
            table.entries.push(entry);
        }
        return Ok(Some(Value::Table(table)));
    }
    if !text.contains(',') {
        return Ok(None);
    }
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let items = items.map(|item| Node { value: scalar(item), place: place.clone() });
    Ok(Some(Value::Array(items.collect())))
}

/// A number, or the text itself.
fn scalar(text: &str) -> Value {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Value::Integer(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Float(number),
        _ => Value::Text(text.to_owned()),
    }
}
