//! Results as tables: orders, fills, trades, equity, to CSV, JSON or Parquet.

use std::{path::Path, sync::Arc};

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use backcast_types::{Day, Timestamp};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

use crate::{StoreError, atomic};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// A header and one line a row; nothing is an empty cell.
    Csv,
    /// An array of objects, one line a row; nothing is `null`.
    Json,
    /// Typed columns, compressed.
    Parquet,
}

/// Columns of equal length with their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names and values, left to right.
    pub columns: Vec<(String, TableColumn)>,
}

/// The values of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum TableColumn {
    /// Numbers; `None` (or NaN) is nothing.
    F64(Vec<Option<f64>>),
    /// Whole numbers.
    I64(Vec<i64>),
    /// Texts.
    Text(Vec<String>),
    /// Nanoseconds UTC, written as `2024-11-29T18:00:00Z`.
    Time(Vec<i64>),
    /// Days since 1970-01-01, written as `2024-11-29`.
    Day(Vec<i32>),
}

impl TableFormat {
    /// The format that a file's ending asks for: `.csv`, `.json`, `.parquet`.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<TableFormat> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(TableFormat::Csv),
            "json" => Some(TableFormat::Json),
            "parquet" | "pq" => Some(TableFormat::Parquet),
            _ => None,
        }
    }
}

impl TableColumn {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            TableColumn::F64(x) => x.len(),
            TableColumn::I64(x) | TableColumn::Time(x) => x.len(),
            TableColumn::Text(x) => x.len(),
            TableColumn::Day(x) => x.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A value as a CSV cell.
    fn cell(&self, row: usize) -> String {
        match self {
            TableColumn::F64(x) => {
                x[row].filter(|x| !x.is_nan()).map(|x| (x + 0.0).to_string()).unwrap_or_default()
            }
            TableColumn::I64(x) => x[row].to_string(),
            TableColumn::Text(x) => x[row].clone(),
            TableColumn::Time(x) => Timestamp(x[row]).to_string(),
            TableColumn::Day(x) => Day(x[row]).to_string(),
        }
    }

    fn json(&self, row: usize) -> serde_json::Value {
        match self {
            TableColumn::F64(x) => x[row].map(|x| x + 0.0).into(),
            TableColumn::I64(x) => x[row].into(),
            TableColumn::Text(_) | TableColumn::Time(_) | TableColumn::Day(_) => {
                self.cell(row).into()
            }
        }
    }

    fn array(&self) -> ArrayRef {
        match self {
            TableColumn::F64(x) => {
                Arc::new(x.iter().map(|x| x.filter(|x| !x.is_nan())).collect::<Float64Array>())
            }
            TableColumn::I64(x) => Arc::new(Int64Array::from(x.clone())),
            TableColumn::Text(x) => Arc::new(StringArray::from_iter_values(x)),
            TableColumn::Time(x) => {
                Arc::new(TimestampNanosecondArray::from(x.clone()).with_timezone("UTC"))
            }
            TableColumn::Day(x) => Arc::new(Date32Array::from(x.clone())),
        }
    }
}

impl Table {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.columns.iter().find(|(_, column)| column.len() != self.rows()) {
            None => Ok(()),
            Some((name, column)) => Err(StoreError::request(format!(
                "column `{name}` of the table has {} rows, but the first one has {}",
                column.len(),
                self.rows()
            ))),
        }
    }
}

/// Writes a table to a file, all or nothing.
///
/// # Errors
/// [`StoreError::Io`], [`StoreError::DiskFull`]; [`StoreError::Request`] for columns of unequal length.
pub fn write_table(path: &Path, format: TableFormat, table: &Table) -> Result<(), StoreError> {
    atomic::write_file(path, &render_table(format, table)?)
}

/// The bytes of a table's file.
///
/// # Errors
/// [`StoreError::Request`] for columns of unequal length.
pub fn render_table(format: TableFormat, table: &Table) -> Result<Vec<u8>, StoreError> {
    table.check()?;
    match format {
        TableFormat::Csv => csv_bytes(table).map_err(|e| StoreError::request(e.to_string())),
        TableFormat::Json => Ok(json_bytes(table)),
        TableFormat::Parquet => {
            parquet_bytes(table).map_err(|e| StoreError::request(e.to_string()))
        }
    }
}

fn csv_bytes(table: &Table) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|(name, _)| name))?;
    for row in 0..table.rows() {
        writer.write_record(table.columns.iter().map(|(_, column)| column.cell(row)))?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

fn json_bytes(table: &Table) -> Vec<u8> {
    let mut text = String::from("[");
    for row in 0..table.rows() {
        text.push_str(if row == 0 { "\n{" } else { ",\n{" });
        for (at, (name, column)) in table.columns.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            let name = serde_json::Value::from(name.as_str());
            text.push_str(&format!("{name}:{}", column.json(row)));
        }
        text.push('}');
    }
    text.push_str("\n]\n");
    text.into_bytes()
}

fn parquet_bytes(table: &Table) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let nullable = |column: &TableColumn| matches!(column, TableColumn::F64(_));
    let columns =
        table.columns.iter().map(|(name, column)| (name, column.array(), nullable(column)));
    let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by("backcast".to_owned())
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}
