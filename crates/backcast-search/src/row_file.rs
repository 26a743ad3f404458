//! Rows of a sweep as Parquet: one row for each account and set, undefined metrics as nulls.
//!
//! Columns: `account`, `trial`, one for each parameter, one for each metric, `note` where a row is empty. Equal rows give
//! equal bytes.

use std::{
    fs::File,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
    UInt64Array, types::Int32Type,
};
use arrow_schema::{DataType, Field, Schema};
use backcast_engine::lanes::ParamSets;
use backcast_metrics::{Metric, Row};
use backcast_spans::WholeFile;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::Compression,
    file::properties::WriterProperties,
};

use crate::SearchError;

/// Rows of consecutive sets of one account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    /// Position of the account.
    pub(crate) account: usize,
    /// Trial indexes.
    pub(crate) sets: Range<usize>,
    /// One row a set.
    pub(crate) rows: Vec<Row>,
    /// Why rows are empty: (position in `rows`, reason), rising.
    pub(crate) notes: Vec<(usize, String)>,
    /// Digest of each run in hex, where asked for.
    pub(crate) digests: Option<Vec<String>>,
}

/// What all files of a sweep share.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) accounts: Vec<String>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) params: Vec<String>,
    pub(crate) digests: bool,
}

impl Layout {
    fn schema(&self) -> Arc<Schema> {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields = vec![
            Field::new("account", dictionary.clone(), false),
            Field::new("trial", DataType::UInt64, false),
        ];
        let float = |name: &str, nullable| Field::new(name, DataType::Float64, nullable);
        fields.extend(self.params.iter().map(|name| float(name, false)));
        fields.extend(self.metrics.iter().map(|metric| float(metric.name(), true)));
        fields.push(Field::new("note", dictionary, true));
        if self.digests {
            fields.push(Field::new("digest", DataType::Utf8, false));
        }
        Arc::new(Schema::new(fields))
    }

    /// Columns of eight bytes a row: the trial, its parameters, its metrics.
    fn numbers(&self) -> usize {
        1 + self.params.len() + self.metrics.len()
    }

    fn batch(&self, sets: &ParamSets, chunk: &Chunk) -> Result<RecordBatch, String> {
        let n = chunk.rows.len();
        let name = self.accounts[chunk.account].as_str();
        let account = dictionary(vec![Some(0); n], vec![name])?;
        let trials = chunk.sets.clone().map(|set| set as u64);
        let mut columns: Vec<ArrayRef> =
            vec![account, Arc::new(UInt64Array::from_iter_values(trials))];
        let mut params = vec![Vec::with_capacity(n); self.params.len()];
        for set in chunk.sets.clone() {
            for (column, value) in params.iter_mut().zip(sets.values(set)) {
                column.push(value);
            }
        }
        columns.extend(params.into_iter().map(|p| Arc::new(Float64Array::from(p)) as ArrayRef));
        for metric in &self.metrics {
            let values = chunk.rows.iter().map(|row| row.get(*metric));
            columns.push(Arc::new(values.collect::<Float64Array>()));
        }
        backcast_spans::copied((n * self.numbers() * size_of::<f64>()) as u64);
        columns.push(notes(n, &chunk.notes)?);
        if let Some(digests) = chunk.digests.as_ref().filter(|_| self.digests) {
            columns.push(Arc::new(StringArray::from_iter_values(digests)));
        }
        RecordBatch::try_new(self.schema(), columns).map_err(|e| e.to_string())
    }
}

fn notes(n: usize, notes: &[(usize, String)]) -> Result<ArrayRef, String> {
    let mut keys = vec![None; n];
    let mut values: Vec<&str> = Vec::new();
    for (at, note) in notes {
        // Neighbours mostly share their reason.
        let key = values.iter().rposition(|v| v == note).unwrap_or_else(|| {
            values.push(note);
            values.len() - 1
        });
        keys[*at] = Some(key as i32);
    }
    dictionary(keys, values)
}

fn dictionary(keys: Vec<Option<i32>>, values: Vec<&str>) -> Result<ArrayRef, String> {
    let values = Arc::new(StringArray::from(values));
    let array = DictionaryArray::<Int32Type>::try_new(Int32Array::from(keys), values);
    Ok(Arc::new(array.map_err(|e| e.to_string())?))
}

/// Removes what processes that were killed left beside a file; what cannot be removed does no harm.
fn remove_abandoned(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let middle = found.to_str().zip(name.to_str()).and_then(|(found, name)| {
            found.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".part")
        });
        // The number of the process, and of the file among those that it wrote.
        let pid = middle.map(|middle| middle.split_once('-').map_or(middle, |(pid, _)| pid));
        let abandoned = pid.is_some_and(|pid| {
            pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists()
        });
        if abandoned {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A file that appears under its name only once it is complete.
pub(crate) struct RowFile {
    writer: ArrowWriter<WholeFile>,
    layout: Layout,
    path: PathBuf,
}

impl RowFile {
    /// Begins a file beside `path`.
    pub(crate) fn create(path: &Path, layout: &Layout) -> Result<RowFile, SearchError> {
        remove_abandoned(path);
        let file = WholeFile::create(path).map_err(SearchError::io("write", path))?;
        // Metrics are close to noise: a stronger compression takes time and memory and saves little.
        let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
        // Metrics hardly repeat and trials never do: a dictionary of them only costs time and memory.
        for column in layout.metrics.iter().map(|metric| metric.name()).chain(["trial"]) {
            properties = properties.set_column_dictionary_enabled(column.into(), false);
        }
        let writer = ArrowWriter::try_new(file, layout.schema(), Some(properties.build()))
            .map_err(|e| SearchError::damaged(path, e))?;
        Ok(RowFile { writer, layout: layout.clone(), path: path.to_path_buf() })
    }

    /// Adds a chunk as one row group.
    pub(crate) fn push(&mut self, sets: &ParamSets, chunk: &Chunk) -> Result<(), SearchError> {
        let _span = backcast_spans::span!("search.write_rows");
        let wrong = |why: String| SearchError::damaged(&self.path, why);
        let batch = self.layout.batch(sets, chunk).map_err(wrong)?;
        let written = self.writer.write(&batch).and_then(|()| self.writer.flush());
        written.map_err(|e| io_of(&self.path, e))
    }

    /// Closes the file and gives it its name.
    pub(crate) fn finish(self) -> Result<(), SearchError> {
        let _span = backcast_spans::span!("search.finish_rows");
        let file = self.writer.into_inner().map_err(|e| io_of(&self.path, e))?;
        let named = file.sync().and_then(|()| file.finish());
        named.map_err(SearchError::io("write", &self.path))
    }
}

/// A full disk comes wrapped in an error of the Parquet library; people look for the former.
fn io_of(path: &Path, error: parquet::errors::ParquetError) -> SearchError {
    match error {
        parquet::errors::ParquetError::External(inner) => {
            match inner.downcast::<std::io::Error>() {
                Ok(source) => {
                    SearchError::Io { action: "write", path: path.to_path_buf(), source: *source }
                }
                Err(other) => SearchError::damaged(path, other),
            }
        }
        other => SearchError::damaged(path, other),
    }
}

/// Reads back the chunk of some sets; an error where the file does not hold just these.
pub(crate) fn read_chunk(
    path: &Path,
    layout: &Layout,
    account: usize,
    sets: Range<usize>,
) -> Result<Chunk, SearchError> {
    let wrong = |why: String| SearchError::damaged(path, why);
    let file = File::open(path).map_err(SearchError::io("read", path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(sets.len().max(1)).build())
        .map_err(|e| wrong(e.to_string()))?;
    let mut chunk = Chunk { account, sets: sets.clone(), ..Chunk::default() };
    chunk.digests = layout.digests.then(Vec::new);
    for batch in reader {
        let batch = batch.map_err(|e| wrong(e.to_string()))?;
        append(&mut chunk, layout, &batch).ok_or_else(|| wrong("its columns differ".into()))?;
    }
    if chunk.rows.len() != sets.len() {
        return Err(wrong(format!("{} rows instead of {}", chunk.rows.len(), sets.len())));
    }
    Ok(chunk)
}

fn append(chunk: &mut Chunk, layout: &Layout, batch: &RecordBatch) -> Option<()> {
    let before = chunk.rows.len();
    let n = batch.num_rows();
    chunk.rows.resize(before + n, Row::EMPTY);
    let trials = batch.column_by_name("trial")?.as_any().downcast_ref::<UInt64Array>()?;
    if trials.values().iter().copied().ne((chunk.sets.start + before..).take(n).map(|s| s as u64)) {
        return None;
    }
    for metric in &layout.metrics {
        let column =
            batch.column_by_name(metric.name())?.as_any().downcast_ref::<Float64Array>()?;
        for (row, value) in chunk.rows[before..].iter_mut().zip(column.iter()) {
            row.values[*metric as usize] = value.unwrap_or(f64::NAN);
        }
    }
    backcast_spans::copied((n * layout.metrics.len() * size_of::<f64>()) as u64);
    let notes = batch.column_by_name("note")?;
    let notes = notes.as_any().downcast_ref::<DictionaryArray<Int32Type>>()?;
    let texts = notes.downcast_dict::<StringArray>()?;
    for (at, note) in texts.into_iter().enumerate() {
        if let Some(note) = note {
            chunk.notes.push((before + at, note.to_owned()));
        }
    }
    if let Some(digests) = &mut chunk.digests {
        let column = batch.column_by_name("digest")?.as_any().downcast_ref::<StringArray>()?;
        digests.extend(column.iter().map(|d| d.unwrap_or_default().to_owned()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        let living = format!("rows.parquet.{}-0.part", std::process::id());
        // No process has a number beyond the kernel's limit of 2^22.
        for name in
            ["rows.parquet.4194999-3.part", "rows.parquet.old.part", "other.4194999.part", &living]
        {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        remove_abandoned(&path);
        let left = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name());
        let mut left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
        left.sort();
        let mut expected =
            vec!["other.4194999.part".to_owned(), living, "rows.parquet.old.part".to_owned()];
        expected.sort();
        assert_eq!(left, expected);
    }
}
