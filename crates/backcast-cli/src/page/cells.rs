//! Cells and columns of tables on pages.

use backcast_report::{Cell, Column, Format, Table};

/// A column; `help` may be empty.
pub(crate) fn column(name: &str, format: Format, help: &str) -> Column {
    Column { name: name.to_owned(), format, help: help.to_owned() }
}

/// A text.
pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

/// A number, or nothing.
pub(crate) fn number(value: Option<f64>) -> Cell {
    value.map_or(Cell::Missing, Cell::Number)
}

/// A table of names and what they are.
pub(crate) fn facts(caption: &str, rows: Vec<(String, String)>) -> Table {
    Table {
        caption: caption.to_owned(),
        columns: vec![column("What", Format::Plain, ""), column("Found", Format::Plain, "")],
        rows: rows.into_iter().map(|(name, value)| vec![text(name), text(value)]).collect(),
    }
}
