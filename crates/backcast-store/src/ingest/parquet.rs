//! Parquet files to rows.

use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{
        Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
        Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
        TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use backcast_types::Day;
use jiff::civil::{DateTime, Time};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use super::{
    csv::Table,
    layout,
    moment::{self, When},
    options::ReadOptions,
    raw::{Gather, Place, Problems, Row, Source, bar_problem, symbol_of},
};
use crate::{StoreError, file_digest::file_digest};

/// Reads a Parquet file: numeric columns, time as timestamp, date or text.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    problems: &mut Problems,
) -> Result<Table, StoreError> {
    let _span = backcast_spans::span!("store.read_parquet", digest = file_digest(path));
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::NoSource { path: path.to_owned() },
        _ => StoreError::io("read", path)(error),
    })?;
    let length = file.metadata().map_err(StoreError::io("read", path))?.len();
    if length == 0 {
        return Err(StoreError::Empty { path: path.to_owned(), header: false });
    }
    let builder = guarded(path, || {
        // Without the writer's own schema texts come as texts, not as dictionaries.
        let plain = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        ParquetRecordBatchReaderBuilder::try_new_with_options(file, plain)
            .map_err(|e| e.to_string())
    })?;
    if !sound(&builder, length) {
        return Err(broken(path, "its columns lie outside the file"));
    }
    let names: Vec<String> = builder.schema().fields().iter().map(|f| column_name(f)).collect();
    let layout = layout::find(path, &names, options)?;
    let column = |at: Option<usize>| at.map(|at| names[at].clone()).unwrap_or_default();
    let source = Arc::new(Source {
        path: path.to_owned(),
        text: None,
        when_column: names[layout.date].clone(),
        columns: layout.prices.map(column),
        adjusted_column: column(layout.adjusted),
    });
    let mut gather =
        Gather::new(source.clone(), layout.extra.iter().map(|(_, name)| name.clone()).collect());
    let file_symbol = symbol_of(path);
    let mut rows = 0;
    let mut batches =
        guarded(path, || builder.with_batch_size(65_536).build().map_err(|e| e.to_string()))?;
    while let Some(batch) = guarded(path, || batches.next().transpose().map_err(|e| e.to_string()))?
    {
        let cells = Cells::new(path, &names, &layout, &batch)?;
        for index in 0..batch.num_rows() {
            rows += 1;
            let place = Place { row: rows, line: None, byte: 0 };
            if let Err((at, found, problem)) =
                cells.take(index, place, options, &file_symbol, &source, &mut gather)
            {
                problems.add(&source, place, &names[at], &found, problem);
            }
        }
    }
    if rows == 0 {
        return Err(StoreError::Empty { path: path.to_owned(), header: true });
    }
    Ok(Table { assets: gather.finish(), yahoo: layout.yahoo })
}

fn broken(path: &Path, problem: &str) -> StoreError {
    StoreError::file(path, format!("this is no readable Parquet file: {problem}"))
}

/// Runs a step of the decoder, which gives up by panics on some damaged files.
fn guarded<T>(path: &Path, step: impl FnOnce() -> Result<T, String>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(done) => done.map_err(|problem| broken(path, &problem)),
        Err(_) => Err(broken(path, "it is damaged")),
    }
}

/// Whether every column lies inside the file, which the decoder takes for granted.
fn sound(builder: &ParquetRecordBatchReaderBuilder<File>, length: u64) -> bool {
    let inside = |start: i64, size: i64| {
        let (Ok(start), Ok(size)) = (u64::try_from(start), u64::try_from(size)) else {
            return false;
        };
        start.checked_add(size).is_some_and(|end| end <= length)
    };
    let groups = builder.metadata().row_groups();
    groups.iter().flat_map(|group| group.columns()).all(|column| {
        let first = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        inside(first, column.compressed_size()) && column.num_values() >= 0
    })
}

/// Name of a column; the index of a data frame, where it has no name and holds times, is its date.
fn column_name(field: &arrow_schema::Field) -> String {
    let time =
        matches!(field.data_type(), DataType::Timestamp(..) | DataType::Date32 | DataType::Date64);
    if time && field.name().starts_with("__index_level_") {
        "date".to_owned()
    } else {
        field.name().clone()
    }
}

/// The columns of one batch that are used, as plain values; `None` is a null.
struct Cells<'a> {
    layout: &'a layout::Layout,
    date: Times,
    clock: Option<Vec<Option<String>>>,
    prices: [Option<Vec<Option<f64>>>; 5],
    adjusted: Option<Vec<Option<f64>>>,
    symbol: Option<Vec<Option<String>>>,
    extra: Vec<Vec<Option<f64>>>,
}

enum Times {
    Typed(Vec<Option<When>>),
    Text(Vec<Option<String>>),
}

/// Column, what was found, what is wrong.
type Bad = (usize, String, String);

impl<'a> Cells<'a> {
    fn new(
        path: &Path,
        names: &[String],
        layout: &'a layout::Layout,
        batch: &RecordBatch,
    ) -> Result<Cells<'a>, StoreError> {
        let wrong = |at: usize, expected: &str| StoreError::Column {
            path: path.to_owned(),
            column: names[at].clone(),
            problem: format!("it holds {}, but {expected}", batch.column(at).data_type()),
        };
        let number = |at: usize| {
            let hint = format!(
                "only numbers are kept; leave it out with --columns \"drop={}\"",
                names[at]
            );
            numbers(batch.column(at)).ok_or_else(|| wrong(at, &hint))
        };
        let text = |at: usize| texts(batch.column(at)).ok_or_else(|| wrong(at, "text is needed"));
        let date = match times(batch.column(layout.date)) {
            Some(times) => Times::Typed(times),
            None => Times::Text(
                texts(batch.column(layout.date))
                    .ok_or_else(|| wrong(layout.date, "timestamps, dates or text are needed"))?,
            ),
        };
        let mut prices: [Option<Vec<Option<f64>>>; 5] = Default::default();
        for (slot, at) in prices.iter_mut().zip(layout.prices) {
            *slot = at.map(number).transpose()?;
        }
        let cells = Cells {
            layout,
            date,
            clock: layout.time.map(text).transpose()?,
            prices,
            adjusted: layout.adjusted.map(number).transpose()?,
            symbol: layout.symbol.map(text).transpose()?,
            extra: layout.extra.iter().map(|(at, _)| number(*at)).collect::<Result<_, _>>()?,
        };
        backcast_spans::copied((cells.numbers() * batch.num_rows() * size_of::<f64>()) as u64);
        Ok(cells)
    }

    /// Columns of numbers that were taken out of the batch.
    fn numbers(&self) -> usize {
        let prices = self.prices.iter().flatten().count();
        prices + usize::from(self.adjusted.is_some()) + self.extra.len()
    }

    fn take(
        &self,
        index: usize,
        place: Place,
        options: &ReadOptions,
        file_symbol: &str,
        source: &Source,
        gather: &mut Gather,
    ) -> Result<(), Bad> {
        let when = self.when(index, options)?;
        let empty = |at: usize| {
            (at, String::new(), "the cell is empty; a bar without trade has no row".to_owned())
        };
        let mut prices = [f64::NAN; 5];
        for (field, slot) in prices.iter_mut().enumerate() {
            if let (Some(column), Some(at)) = (&self.prices[field], self.layout.prices[field]) {
                *slot = column[index].ok_or_else(|| empty(at))?;
            }
        }
        if let Some((field, problem)) = bar_problem(&prices, &source.columns) {
            let at = self.layout.prices[field as usize].unwrap_or_default();
            return Err((at, prices[field as usize].to_string(), problem));
        }
        let adjusted = match (&self.adjusted, self.layout.adjusted) {
            (Some(column), Some(at)) => Some(column[index].ok_or_else(|| empty(at))?),
            _ => None,
        };
        if let (Some(x), Some(at)) = (adjusted, self.layout.adjusted)
            && !(x.is_finite() && x > 0.0)
        {
            return Err((at, x.to_string(), "an adjusted price must be above zero".to_owned()));
        }
        let symbol = match (&self.symbol, self.layout.symbol) {
            (Some(column), Some(at)) => {
                let missing = || (at, String::new(), "the symbol is missing".to_owned());
                column[index].as_deref().filter(|s| !s.is_empty()).ok_or_else(missing)?
            }
            _ => file_symbol,
        };
        let mut extra = Vec::with_capacity(self.extra.len());
        for (column, (at, _)) in self.extra.iter().zip(&self.layout.extra) {
            let x = column[index].unwrap_or(f64::NAN);
            if x.is_infinite() {
                return Err((*at, x.to_string(), "this is no finite number".to_owned()));
            }
            extra.push(x);
        }
        gather.push(&Row { place, symbol, when, prices, adjusted, extra: &extra });
        Ok(())
    }

    fn when(&self, index: usize, options: &ReadOptions) -> Result<When, Bad> {
        let at = self.layout.date;
        let missing = || (at, String::new(), "the date is missing".to_owned());
        let when = match &self.date {
            Times::Typed(times) => times[index].ok_or_else(missing)?,
            Times::Text(texts) => {
                let text = texts[index].as_deref().ok_or_else(missing)?;
                moment::parse_when(text, options.dates).map_err(|e| (at, text.to_owned(), e))?
            }
        };
        match (&self.clock, self.layout.time) {
            (Some(clock), Some(at)) => {
                let text = clock[index].as_deref().unwrap_or_default();
                moment::with_time(when.date(), text).map_err(|e| (at, text.to_owned(), e))
            }
            _ => Ok(when),
        }
    }
}

macro_rules! cast {
    ($array:expr, $kind:ty) => {
        $array.as_primitive::<$kind>().iter().map(|x| x.map(|x| x as f64)).collect()
    };
}

/// A numeric column; `None` where it is none.
fn numbers(array: &dyn Array) -> Option<Vec<Option<f64>>> {
    Some(match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().iter().collect(),
        DataType::Float32 => cast!(array, Float32Type),
        DataType::Int8 => cast!(array, Int8Type),
        DataType::Int16 => cast!(array, Int16Type),
        DataType::Int32 => cast!(array, Int32Type),
        DataType::Int64 => cast!(array, Int64Type),
        DataType::UInt8 => cast!(array, UInt8Type),
        DataType::UInt16 => cast!(array, UInt16Type),
        DataType::UInt32 => cast!(array, UInt32Type),
        DataType::UInt64 => cast!(array, UInt64Type),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            // Through text, so that the double is the nearest one.
            let double = |x: i128| format!("{x}e{}", -i32::from(scale)).parse().ok();
            array.as_primitive::<Decimal128Type>().iter().map(|x| x.and_then(double)).collect()
        }
        DataType::Null => vec![None; array.len()],
        _ => return None,
    })
}

/// A column of text; `None` where it is none.
fn texts(array: &dyn Array) -> Option<Vec<Option<String>>> {
    let own = |text: Option<&str>| text.map(|t| t.trim().to_owned());
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().iter().map(own).collect()),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().iter().map(own).collect()),
        DataType::Utf8View => Some(array.as_string_view().iter().map(own).collect()),
        _ => None,
    }
}

/// A column of dates or times; `None` where it is none.
fn times(array: &dyn Array) -> Option<Vec<Option<When>>> {
    let (unit, zoned) = match array.data_type() {
        DataType::Date32 => {
            let day = |x: Option<i32>| x.map(|x| When::Day(Day(x)));
            return Some(array.as_primitive::<Date32Type>().iter().map(day).collect());
        }
        DataType::Date64 => {
            let day = |x: Option<i64>| x.map(|x| When::Day(Day(x.div_euclid(86_400_000) as i32)));
            return Some(array.as_primitive::<Date64Type>().iter().map(day).collect());
        }
        DataType::Timestamp(unit, zone) => (unit, zone.is_some()),
        _ => return None,
    };
    let (values, per_second): (Vec<Option<i64>>, i64) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().iter().collect(), 1),
        TimeUnit::Millisecond => {
            (array.as_primitive::<TimestampMillisecondType>().iter().collect(), 1_000)
        }
        TimeUnit::Microsecond => {
            (array.as_primitive::<TimestampMicrosecondType>().iter().collect(), 1_000_000)
        }
        TimeUnit::Nanosecond => {
            (array.as_primitive::<TimestampNanosecondType>().iter().collect(), 1_000_000_000)
        }
    };
    let when = |x: i64| {
        let t = civil(
            x.div_euclid(per_second),
            x.rem_euclid(per_second) * (1_000_000_000 / per_second),
        );
        if zoned { When::Offset(t, 0) } else { When::Local(t) }
    };
    Some(values.into_iter().map(|x| x.map(when)).collect())
}

/// The time on a clock that showed 1970-01-01T00:00 so many seconds ago.
fn civil(seconds: i64, nanos: i64) -> DateTime {
    let day =
        Day(seconds.div_euclid(86_400).clamp(i64::from(Day::MIN.0), i64::from(Day::MAX.0)) as i32);
    let inside = seconds.rem_euclid(86_400);
    let time = Time::new(
        (inside / 3600) as i8,
        (inside / 60 % 60) as i8,
        (inside % 60) as i8,
        nanos as i32,
    );
    DateTime::from_parts(day.to_date(), time.expect("within a day"))
}
