//! CSV files to rows.

use std::{fs, io, path::Path, sync::Arc};

use backcast_types::Day;

use super::{
    layout::{self, Layout},
    moment::{self, When},
    options::ReadOptions,
    raw::{Gather, Place, Problems, Raw, Row, Source, bar_problem, symbol_of},
};
use crate::{StoreError, file_digest::file_digest};

/// Assets of a file in order of appearance.
pub(crate) struct Table {
    pub(crate) assets: Vec<Raw>,
    /// Rows may come newest first.
    pub(crate) yahoo: bool,
}

/// Reads a CSV file.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    problems: &mut Problems,
) -> Result<Table, StoreError> {
    let _span = backcast_spans::span!("store.read_csv", digest = file_digest(path));
    read_bytes(path, read_text(path)?, options, problems)
}

/// As [`read`], of bytes in memory; `path` gives the symbol.
pub(crate) fn read_bytes(
    path: &Path,
    text: Vec<u8>,
    options: &ReadOptions,
    problems: &mut Problems,
) -> Result<Table, StoreError> {
    let _span = backcast_spans::span!("store.parse_csv");
    let text = Arc::new(text);
    let delimiter = options.delimiter.unwrap_or(',');
    let mut reader = reader(path, &text, delimiter)?;
    let names = header(path, &mut reader, delimiter, &text)?;
    let layout = layout::find(path, &names, options)?;
    let column = |at: Option<usize>| at.map(|at| names[at].clone()).unwrap_or_default();
    let source = Arc::new(Source {
        path: path.to_owned(),
        text: Some(text.clone()),
        when_column: names[layout.date].clone(),
        columns: layout.prices.map(column),
        adjusted_column: column(layout.adjusted),
    });
    let mut gather =
        Gather::new(source.clone(), layout.extra.iter().map(|(_, name)| name.clone()).collect());
    let mut cells = Cells {
        layout: &layout,
        names: &names,
        source: &source,
        options,
        symbol: symbol_of(path),
        extra: Vec::new(),
    };
    let mut record = csv::ByteRecord::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).map_err(|e| StoreError::file(path, e.to_string()))? {
        row += 1;
        let place = place(&text, row, record.position());
        if let Err(bad) = cells.take(&record, place, &mut gather)? {
            problems.add(&source, place, &bad.column, &bad.found, bad.problem);
        }
    }
    if row == 0 {
        return Err(StoreError::Empty { path: path.to_owned(), header: true });
    }
    Ok(Table { assets: gather.finish(), yahoo: layout.yahoo })
}

/// Where a record stands. The reader's position is before line ends that it has not consumed yet (CRLF, empty lines).
fn place(text: &[u8], row: u64, position: Option<&csv::Position>) -> Place {
    let (mut line, mut byte) = position.map_or((1, 0), |p| (p.line(), p.byte()));
    while let Some(b'\r' | b'\n') = text.get(byte as usize) {
        line += u64::from(text[byte as usize] == b'\n');
        byte += 1;
    }
    Place { row, line: Some(line), byte }
}

/// The bytes of a text file, without a byte order mark.
pub(super) fn read_text(path: &Path) -> Result<Vec<u8>, StoreError> {
    let _span = backcast_spans::span!("store.read_text");
    let mut text = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::NoSource { path: path.to_owned() },
        _ => StoreError::io("read", path)(error),
    })?;
    if text.starts_with(b"\xef\xbb\xbf") {
        text.drain(..3);
    }
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(StoreError::Empty { path: path.to_owned(), header: false });
    }
    if text.iter().take(4096).any(|b| *b == 0) {
        return Err(StoreError::file(path, "this is no UTF-8 text; save it as CSV in UTF-8"));
    }
    Ok(text)
}

/// A reader that leaves the number of cells to the caller.
pub(super) fn reader<'t>(
    path: &Path,
    text: &'t [u8],
    delimiter: char,
) -> Result<csv::Reader<&'t [u8]>, StoreError> {
    let Some(byte) = u8::try_from(delimiter).ok().filter(u8::is_ascii) else {
        return Err(StoreError::file(
            path,
            format!("the delimiter `{delimiter}` is no ASCII character"),
        ));
    };
    Ok(csv::ReaderBuilder::new().delimiter(byte).flexible(true).from_reader(text))
}

/// Names of the columns.
pub(super) fn header(
    path: &Path,
    reader: &mut csv::Reader<&[u8]>,
    delimiter: char,
    text: &[u8],
) -> Result<Vec<String>, StoreError> {
    let header = reader.byte_headers().map_err(|e| StoreError::file(path, e.to_string()))?;
    let names: Vec<String> =
        header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let line = text.split(|b| *b == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
    let count = |c: char| line.iter().filter(|b| **b == c as u8).count();
    let best = [',', ';', '\t', '|']
        .into_iter()
        .max_by_key(|c| count(*c))
        .filter(|c| count(*c) > names.len());
    if let Some(guess) = best.or_else(|| {
        (names.len() == 1)
            .then(|| [';', '\t', '|', ','].into_iter().find(|c| count(*c) > 0))
            .flatten()
    }) {
        return Err(StoreError::Delimiter { path: path.to_owned(), used: delimiter, guess });
    }
    let is_data = |name: &String| {
        name.parse::<f64>().is_ok_and(f64::is_finite)
            || moment::parse_when(name, Default::default()).is_ok()
    };
    if names.iter().filter(|name| is_data(name)).count() * 2 >= names.len()
        && names.iter().any(is_data)
    {
        return Err(StoreError::file(
            path,
            "its first line is data; put the names of the columns above it, as in date,open,high,low,close,volume",
        ));
    }
    Ok(names)
}

/// A cell that cannot be right.
struct Bad {
    column: String,
    found: String,
    problem: String,
}

/// Turns records into rows.
struct Cells<'a> {
    layout: &'a Layout,
    names: &'a [String],
    source: &'a Source,
    options: &'a ReadOptions,
    symbol: String,
    extra: Vec<f64>,
}

impl Cells<'_> {
    /// Takes a record into `gather`; the inner error is a bad row, the outer one ends the file.
    fn take(
        &mut self,
        record: &csv::ByteRecord,
        place: Place,
        gather: &mut Gather,
    ) -> Result<Result<(), Bad>, StoreError> {
        if record.len() != self.names.len() {
            let problem = format!(
                "the row has {} cells, but the header has {}",
                record.len(),
                self.names.len()
            );
            return Ok(Err(Bad {
                column: self.source.when_column.clone(),
                found: cell(record, 0).into_owned(),
                problem,
            }));
        }
        self.read_extra(record, place)?;
        Ok(self.read_row(record, place, gather))
    }

    fn read_row(
        &self,
        record: &csv::ByteRecord,
        place: Place,
        gather: &mut Gather,
    ) -> Result<(), Bad> {
        let when = self.when(record)?;
        let mut prices = [f64::NAN; 5];
        for (slot, at) in prices.iter_mut().zip(self.layout.prices) {
            if let Some(at) = at {
                *slot = self.number(record, at)?;
            }
        }
        let adjusted = self.layout.adjusted.map(|at| self.number(record, at)).transpose()?;
        if let Some((field, problem)) = bar_problem(&prices, &self.source.columns) {
            let at = self.layout.prices[field as usize].unwrap_or_default();
            return Err(self.bad(record, at, problem));
        }
        if let (Some(x), Some(at)) = (adjusted, self.layout.adjusted)
            && !(x.is_finite() && x > 0.0)
        {
            return Err(self.bad(record, at, "an adjusted price must be above zero"));
        }
        let symbol = self.layout.symbol.map(|at| cell(record, at));
        let symbol = symbol.as_deref().unwrap_or(&self.symbol);
        if symbol.is_empty() {
            return Err(self.bad(
                record,
                self.layout.symbol.unwrap_or_default(),
                "the symbol is missing",
            ));
        }
        gather.push(&Row { place, symbol, when, prices, adjusted, extra: &self.extra });
        Ok(())
    }

    fn when(&self, record: &csv::ByteRecord) -> Result<When, Bad> {
        let text = cell(record, self.layout.date);
        let when = moment::parse_when(&text, self.options.dates)
            .map_err(|e| self.bad(record, self.layout.date, e))?;
        match (self.layout.time, when) {
            (None, when) => Ok(when),
            (Some(time), When::Day(day)) => self.with_time(record, time, day),
            (Some(_), _) => Err(self.bad(
                record,
                self.layout.date,
                "there is a time here and another one in the column of times",
            )),
        }
    }

    fn with_time(&self, record: &csv::ByteRecord, at: usize, day: Day) -> Result<When, Bad> {
        moment::with_time(day, &cell(record, at)).map_err(|e| self.bad(record, at, e))
    }

    fn number(&self, record: &csv::ByteRecord, at: usize) -> Result<f64, Bad> {
        let text = cell(record, at);
        if text.is_empty() {
            return Err(self.bad(record, at, "the cell is empty; a bar without trade has no row"));
        }
        text.parse()
            .map_err(|_| self.bad(record, at, "this is no number; numbers are written as 1234.5"))
    }

    /// Extra columns: an empty cell is NaN, a text ends the ingest since no row of that column may be usable.
    fn read_extra(&mut self, record: &csv::ByteRecord, place: Place) -> Result<(), StoreError> {
        self.extra.clear();
        for (at, name) in &self.layout.extra {
            let text = cell(record, *at);
            let value = if text.is_empty() {
                Some(f64::NAN)
            } else {
                text.parse::<f64>().ok().filter(|x| !x.is_infinite())
            };
            let Some(value) = value else {
                let line = place.line.unwrap_or_default();
                let column = &self.names[*at];
                return Err(StoreError::Column {
                    path: self.source.path.clone(),
                    column: column.clone(),
                    problem: format!(
                        "line {line} has `{text}`, which is no finite number, and only numbers are kept (as `{name}`); leave the \
                         column out with --columns \"drop={column}\""
                    ),
                });
            };
            self.extra.push(value);
        }
        Ok(())
    }

    fn bad(&self, record: &csv::ByteRecord, at: usize, problem: impl Into<String>) -> Bad {
        Bad {
            column: self.names[at].clone(),
            found: cell(record, at).into_owned(),
            problem: problem.into(),
        }
    }
}

/// A cell as text without blanks around it.
fn cell(record: &csv::ByteRecord, at: usize) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(record.get(at).unwrap_or_default().trim_ascii())
}
