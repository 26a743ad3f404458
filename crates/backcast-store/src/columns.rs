//! Columns to Arrow IPC files and back: one record batch an asset, uncompressed, on 64-byte boundaries.
//!
//! Reading copies nothing: a column is a view into the file's bytes. Metadata (all bytes but the batches' bodies) is
//! hashed apart from the bodies, so that a load can check the one and leave the other on disk.

use std::{io::Write, ops::Range, sync::Arc};

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, RecordBatch, TimestampNanosecondArray, UInt32Array,
    cast::AsArray,
    types::{Float64Type, Int32Type, TimestampNanosecondType, UInt32Type},
};
use arrow_buffer::{ArrowNativeType, Buffer, ScalarBuffer};
use arrow_ipc::{
    Block, MetadataVersion,
    convert::fb_to_schema,
    reader::FileDecoder,
    root_as_footer,
    writer::{FileWriter, IpcWriteOptions},
};
use arrow_schema::{ArrowError, DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use backcast_data::{Bars, Column, Dividend, Field, Split};
use backcast_types::Day;

const ALIGNMENT: usize = 64;
const TAIL: usize = 10;

/// Columns of a bars file; `extra` are those beyond the five.
pub(crate) fn bars_schema(extra: &[String]) -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    let mut fields =
        vec![ArrowField::new("time", time, false), ArrowField::new("day", DataType::Int32, false)];
    fields.extend(Field::ALL.iter().map(|f| ArrowField::new(f.name(), DataType::Float64, false)));
    fields.extend(extra.iter().map(|name| ArrowField::new(name, DataType::Float64, true)));
    Arc::new(Schema::new(fields))
}

/// An asset's bars as a batch of that schema; extra columns that it lacks are null throughout.
pub(crate) fn bars_batch(bars: &Bars, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let time = TimestampNanosecondArray::from(copy(&bars.time)).with_timezone("UTC");
    let mut arrays: Vec<ArrayRef> =
        vec![Arc::new(time), Arc::new(Int32Array::from(copy(&bars.day)))];
    arrays.extend(
        Field::ALL.iter().map(|f| Arc::new(Float64Array::from(copy(bars.field(*f)))) as ArrayRef),
    );
    for field in &schema.fields()[arrays.len()..] {
        let own = bars.extra.iter().find(|(name, _)| name == field.name());
        arrays.push(match own {
            Some((_, column)) => Arc::new(Float64Array::from(copy(column))),
            None => Arc::new(Float64Array::new_null(bars.len())),
        });
    }
    RecordBatch::try_new(schema.clone(), arrays)
}

/// A column that the open span is told to have copied.
fn copy<T: Copy>(column: &[T]) -> Vec<T> {
    backcast_spans::copied(size_of_val(column) as u64);
    column.to_vec()
}

/// Bars out of a batch, without a copy; of the extra columns those named.
pub(crate) fn bars_of(batch: &RecordBatch, extra: &[String]) -> Option<Bars> {
    let number = |name: &str| {
        let array = batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()?;
        Some(share(array.values().clone()))
    };
    Some(Bars {
        time: share(
            batch
                .column_by_name("time")?
                .as_primitive_opt::<TimestampNanosecondType>()?
                .values()
                .clone(),
        ),
        day: share(batch.column_by_name("day")?.as_primitive_opt::<Int32Type>()?.values().clone()),
        open: number("open")?,
        high: number("high")?,
        low: number("low")?,
        close: number("close")?,
        volume: number("volume")?,
        extra: extra
            .iter()
            .map(|name| Some((name.clone(), number(name)?)))
            .collect::<Option<_>>()?,
    })
}

fn share<T: ArrowNativeType>(values: ScalarBuffer<T>) -> Column<T> {
    Column::from_owner(Arc::new(values))
}

fn event_schema(names: &[&str]) -> SchemaRef {
    let kind = |name: &str| match name {
        "asset" => DataType::UInt32,
        "shares" | "amount" => DataType::Float64,
        _ => DataType::Int32,
    };
    Arc::new(Schema::new(
        names.iter().map(|n| ArrowField::new(*n, kind(n), false)).collect::<Vec<_>>(),
    ))
}

/// Splits of all assets as one batch.
pub(crate) fn splits_batch(events: &[(u32, Split)]) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(
        event_schema(&["asset", "day", "shares"]),
        vec![
            Arc::new(UInt32Array::from_iter_values(events.iter().map(|(asset, _)| *asset))),
            Arc::new(Int32Array::from_iter_values(events.iter().map(|(_, e)| e.day.0))),
            Arc::new(Float64Array::from_iter_values(events.iter().map(|(_, e)| e.shares))),
        ],
    )
}

/// Dividends of all assets as one batch.
pub(crate) fn dividends_batch(events: &[(u32, Dividend)]) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(
        event_schema(&["asset", "ex_day", "pay_day", "amount"]),
        vec![
            Arc::new(UInt32Array::from_iter_values(events.iter().map(|(asset, _)| *asset))),
            Arc::new(Int32Array::from_iter_values(events.iter().map(|(_, e)| e.ex_day.0))),
            Arc::new(Int32Array::from_iter_values(events.iter().map(|(_, e)| e.pay_day.0))),
            Arc::new(Float64Array::from_iter_values(events.iter().map(|(_, e)| e.amount))),
        ],
    )
}

/// Splits out of their batch, with the number of their asset.
pub(crate) fn splits_of(batch: &RecordBatch) -> Option<Vec<(u32, Split)>> {
    let asset = batch.column_by_name("asset")?.as_primitive_opt::<UInt32Type>()?;
    let day = batch.column_by_name("day")?.as_primitive_opt::<Int32Type>()?;
    let shares = batch.column_by_name("shares")?.as_primitive_opt::<Float64Type>()?;
    let split = |i| (asset.value(i), Split { day: Day(day.value(i)), shares: shares.value(i) });
    Some((0..batch.num_rows()).map(split).collect())
}

/// Dividends out of their batch, with the number of their asset.
pub(crate) fn dividends_of(batch: &RecordBatch) -> Option<Vec<(u32, Dividend)>> {
    let asset = batch.column_by_name("asset")?.as_primitive_opt::<UInt32Type>()?;
    let ex = batch.column_by_name("ex_day")?.as_primitive_opt::<Int32Type>()?;
    let pay = batch.column_by_name("pay_day")?.as_primitive_opt::<Int32Type>()?;
    let amount = batch.column_by_name("amount")?.as_primitive_opt::<Float64Type>()?;
    let dividend = |i| {
        let event = Dividend {
            ex_day: Day(ex.value(i)),
            pay_day: Day(pay.value(i)),
            amount: amount.value(i),
        };
        (asset.value(i), event)
    };
    Some((0..batch.num_rows()).map(dividend).collect())
}

/// A writer of batches in the layout of this module.
pub(crate) fn writer<W: Write>(to: W, schema: &SchemaRef) -> Result<FileWriter<W>, ArrowError> {
    let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
    FileWriter::try_new_with_options(to, schema, options)
}

/// An IPC file in memory or mapped, its layout checked against its length.
pub(crate) struct IpcFile {
    bytes: Buffer,
    blocks: Vec<Block>,
    decoder: FileDecoder,
}

impl IpcFile {
    /// Reads the footer, finds the batches and compares the metadata with its hash before any of it is believed.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn open(bytes: Buffer, metadata: Option<&str>) -> Result<IpcFile, String> {
        let broken = |what: &str| format!("its Arrow {what}");
        let body = bytes.len().checked_sub(TAIL).ok_or_else(|| broken("footer is missing"))?;
        let tail: [u8; TAIL] = bytes[body..].try_into().expect("a slice of TAIL bytes");
        let footer_len =
            arrow_ipc::reader::read_footer_length(tail).map_err(|_| broken("footer is missing"))?;
        let footer_at =
            body.checked_sub(footer_len).ok_or_else(|| broken("footer is longer than the file"))?;
        let footer =
            root_as_footer(&bytes[footer_at..body]).map_err(|_| broken("footer is unreadable"))?;
        let blocks: Vec<Block> =
            footer.recordBatches().map(|b| b.iter().copied().collect()).unwrap_or_default();
        let mut end = 0;
        for block in &blocks {
            let (meta, body) = ranges(block).ok_or_else(|| broken("batch has a negative place"))?;
            if meta.start < end || body.end > footer_at {
                return Err(broken("batches overlap or lie outside the file"));
            }
            end = body.end;
        }
        if metadata.is_some_and(|expected| *hash_metadata(&bytes, &blocks).to_hex() != *expected) {
            return Err("its metadata differ from their checksum".to_owned());
        }
        let schema = footer.schema().ok_or_else(|| broken("footer has no schema"))?;
        let schema = Arc::new(fb_to_schema(schema));
        let decoder = FileDecoder::new(schema, footer.version()).with_require_alignment(true);
        Ok(IpcFile { bytes, blocks, decoder })
    }

    /// Number of batches.
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// A batch whose arrays are views into the file.
    pub(crate) fn batch(&self, index: usize) -> Result<RecordBatch, String> {
        let _span = backcast_spans::span!("store.decode");
        let block = &self.blocks[index];
        let (meta, body) = ranges(block).expect("checked when opened");
        let bytes = self.bytes.slice_with_length(meta.start, body.end - meta.start);
        let batch = self.decoder.read_record_batch(block, &bytes).map_err(|e| e.to_string())?;
        batch.ok_or_else(|| "its Arrow batch is empty".to_owned())
    }

    /// Hash of everything but the bodies.
    pub(crate) fn metadata_hash(&self) -> blake3::Hash {
        hash_metadata(&self.bytes, &self.blocks)
    }

    /// Hash of a batch's column bytes.
    pub(crate) fn body_hash(&self, index: usize) -> blake3::Hash {
        let _span = backcast_spans::span!("store.verify");
        let (_, body) = ranges(&self.blocks[index]).expect("checked when opened");
        blake3::hash(&self.bytes[body])
    }
}

fn hash_metadata(bytes: &[u8], blocks: &[Block]) -> blake3::Hash {
    let _span = backcast_spans::span!("store.verify_metadata");
    let mut hasher = blake3::Hasher::new();
    let mut from = 0;
    for block in blocks {
        let (_, body) = ranges(block).expect("checked when opened");
        hasher.update(&bytes[from..body.start]);
        from = body.end;
    }
    hasher.update(&bytes[from..]);
    hasher.finalize()
}

/// Where metadata and body of a batch lie.
fn ranges(block: &Block) -> Option<(Range<usize>, Range<usize>)> {
    let start = usize::try_from(block.offset()).ok()?;
    let middle = start.checked_add(usize::try_from(block.metaDataLength()).ok()?)?;
    let end = middle.checked_add(usize::try_from(block.bodyLength()).ok()?)?;
    Some((start..middle, middle..end))
}
