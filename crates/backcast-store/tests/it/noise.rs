//! Files with random bytes in them: an error or a market, never a panic.

use std::{fs, sync::Arc};

use arrow_array::{ArrayRef, Date32Array, Float64Array, RecordBatch};
use backcast_store::{AdjClose, ReadOptions, read_file};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;

const DAILY: &str = "Date,Open,High,Low,Close,Volume,Adj Close,Extra
2001-02-26,10,11,9,10.5,100,5.25,1
2001-02-27,10.5,12,10,11,200,5.5,
2001-02-28,11,11.5,10,10.25,300,10.25,3
";
const MINUTES: &str = "datetime,open,high,low,close,volume
2024-11-29T09:31:00-05:00,1,1,1,1,1
2024-11-29T09:32:00-05:00,1,1,1,1,1
2024-12-02T09:31:00-05:00,1,1,1,1,1
";

/// Replaces, inserts or removes bytes.
fn spoil(bytes: &mut Vec<u8>, changes: &[(usize, u8, u8)]) {
    for (at, kind, byte) in changes {
        let at = at % bytes.len().max(1);
        match kind % 3 {
            0 if !bytes.is_empty() => bytes[at] = *byte,
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            _ => bytes.insert(at, *byte),
        }
    }
}

fn changes(letters: &'static [u8]) -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
    let byte = prop_oneof![3 => prop::sample::select(letters), 1 => any::<u8>()];
    prop::collection::vec((any::<usize>(), any::<u8>(), byte), 1..8)
}

fn parquet() -> Vec<u8> {
    let numbers = || Arc::new(Float64Array::from(vec![10.0, 11.0, 12.0])) as ArrayRef;
    let dates = Arc::new(Date32Array::from(vec![11_379, 11_380, 11_381])) as ArrayRef;
    let columns = [
        ("open", numbers()),
        ("high", numbers()),
        ("low", numbers()),
        ("close", numbers()),
        ("volume", numbers()),
    ];
    let batch = RecordBatch::try_from_iter([("date", dates)].into_iter().chain(columns)).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn spoiled_text_is_met(daily: bool, adjusted: bool, calendar: bool, changes in changes(b"0123456789-+.:,;\"\r\n TZeNaif")) {
        let mut bytes = if daily { DAILY } else { MINUTES }.as_bytes().to_vec();
        spoil(&mut bytes, &changes);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        fs::write(&path, &bytes).unwrap();
        let options = ReadOptions {
            adj_close: (daily && adjusted).then_some(AdjClose::Yahoo),
            calendar: calendar.then(|| "XNYS".to_owned()),
            ..ReadOptions::default()
        };
        match read_file(&path, &options) {
            Ok(market) => prop_assert!(market.assets.iter().all(|a| a.bars.time.is_sorted() && a.bars.close.iter().all(|x| *x > 0.0))),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn spoiled_parquet_is_met(changes in changes(&[0, 1, 2, 0x15, 0x7f, 0xff])) {
        let mut bytes = parquet();
        spoil(&mut bytes, &changes);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        fs::write(&path, &bytes).unwrap();
        if let Err(error) = read_file(&path, &ReadOptions::default()) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
