//! One table, four ways to print it: for people, as JSON, as CSV, as Markdown.

use backcast_lab::markdown;
use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use serde_json::Value;

use crate::{failure::Failure, number, terminal::Terminal};

/// How a command prints what it found: the one choice of all commands that print tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs; a table is an array with one object a row.
    Json,
    /// With a header; an empty cell is undefined.
    Csv,
    /// For a ticket or a commit.
    Markdown,
}

/// How numbers of a column are shown to people. Files get every digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Show {
    /// As short as exactness allows.
    #[default]
    Exact,
    /// Separators, and so many digits after the point.
    Digits(usize),
    /// In per cent with so many digits after the point.
    Percent(usize),
}

/// A column: its name in files, its heading for people.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    name: String,
    title: String,
    show: Show,
}

impl Column {
    /// A column with one name for all.
    pub(crate) fn new(name: impl Into<String>) -> Column {
        let name = name.into();
        Column { title: name.replace('_', " "), name, show: Show::Exact }
    }

    /// What people read above it.
    pub(crate) fn title(mut self, title: impl Into<String>) -> Column {
        self.title = title.into();
        self
    }

    /// How people see its numbers.
    pub(crate) fn show(mut self, show: Show) -> Column {
        self.show = show;
        self
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Text.
    Text(String),
    /// A number; NaN is undefined.
    Number(f64),
    /// A condition.
    Bool(bool),
    /// Undefined.
    Missing,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Cell {
        if number.is_nan() { Cell::Missing } else { Cell::Number(number) }
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Cell {
        Cell::Number(number as f64)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Cell {
        Cell::Bool(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Missing, Into::into)
    }
}

/// Rows of equal length under named columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    right: Vec<usize>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: Vec<Column>) -> Table {
        Table { columns, ..Table::default() }
    }

    /// One more row; a cell for each column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    /// Puts a column of texts to the right, as numbers are anyway.
    pub(crate) fn align_right(&mut self, column: usize) {
        self.right.push(column);
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Prints it.
    pub(crate) fn print(&self, format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
        terminal.print(&match format {
            Format::Table => self.for_people(),
            Format::Json => self.json(),
            Format::Csv => self.csv(),
            Format::Markdown => self.markdown(),
        })
    }

    /// Aligned columns; numbers to the right.
    pub(crate) fn for_people(&self) -> String {
        let mut table = comfy_table::Table::new();
        let rule = LineStyle::none().fill('─').junction('─');
        table
            .load_style(TableStyle::new().header_separator(rule))
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(self.columns.iter().map(|column| &column.title));
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns);
            table.add_row(cells.map(|(cell, column)| shown(cell, column.show)));
        }
        for (i, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 1)).set_cell_alignment(self.alignment(i));
        }
        table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// For a ticket or a commit; numbers as people see them.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let rule = |column| match self.alignment(column) {
            CellAlignment::Right => "--:".to_owned(),
            _ => "---".to_owned(),
        };
        let titles = self.columns.iter().map(|column| markdown::plain(&column.title));
        let mut text = line(titles.collect());
        text += &line((0..self.columns.len()).map(rule).collect());
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns);
            text += &line(
                cells.map(|(cell, column)| markdown::plain(&shown(cell, column.show))).collect(),
            );
        }
        text
    }

    fn alignment(&self, column: usize) -> CellAlignment {
        let first = self.rows.iter().map(|row| &row[column]).find(|cell| **cell != Cell::Missing);
        match first {
            Some(Cell::Number(_)) => CellAlignment::Right,
            _ if self.right.contains(&column) => CellAlignment::Right,
            _ => CellAlignment::Left,
        }
    }

    /// One object a line, keys in the order of the columns.
    fn json(&self) -> String {
        let object = |row: &Vec<Cell>| {
            let pairs = row.iter().zip(&self.columns);
            let pairs: Vec<String> = pairs
                .map(|(cell, column)| {
                    format!("{}: {}", Value::from(&*column.name), json_value(cell))
                })
                .collect();
            format!("  {{{}}}", pairs.join(", "))
        };
        let rows: Vec<String> = self.rows.iter().map(object).collect();
        if rows.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", rows.join(",\n")) }
    }

    /// Its rows as objects, to stand in a document with other things.
    pub(crate) fn json_rows(&self) -> Value {
        let object = |row: &Vec<Cell>| -> Value {
            let pairs = row.iter().zip(&self.columns);
            pairs.map(|(cell, column)| (column.name.to_string(), json_value(cell))).collect()
        };
        self.rows.iter().map(object).collect()
    }

    /// Comma-separated, with a header.
    pub(crate) fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let in_memory = "memory takes every record of equal length";
        writer.write_record(self.columns.iter().map(|c| &c.name)).expect(in_memory);
        for row in &self.rows {
            writer.write_record(row.iter().map(file_text)).expect(in_memory);
        }
        let bytes = writer.into_inner().expect(in_memory);
        String::from_utf8(bytes).expect("all cells were text")
    }
}

fn shown(cell: &Cell, show: Show) -> String {
    match (cell, show) {
        (Cell::Number(x), Show::Digits(digits)) => number::grouped(*x, digits),
        (Cell::Number(x), Show::Percent(digits)) => number::percent(*x, digits),
        (Cell::Missing, _) => String::new(),
        _ => file_text(cell),
    }
}

fn file_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(x) => number::exact(*x),
        Cell::Bool(value) => value.to_string(),
        Cell::Missing => String::new(),
    }
}

fn json_value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => Value::from(text.as_str()),
        // Whole numbers as such: 3, not 3.0.
        Cell::Number(x) if x.fract() == 0.0 && x.abs() < 1e15 => Value::from(*x as i64),
        Cell::Number(x) => Value::from(*x),
        Cell::Bool(value) => Value::from(*value),
        Cell::Missing => Value::Null,
    }
}
