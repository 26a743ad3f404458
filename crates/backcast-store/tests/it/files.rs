//! Files of many layouts that become the same market.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, Date32Array, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use backcast_data::{Frequency, Market};
use backcast_store::{
    AdjClose, BarLabel, DateOrder, Format, Home, IngestRequest, Prices, ReadOptions, StoreError,
    data_digest, ingest, load_bundle, read_file,
};
use parquet::arrow::ArrowWriter;

const CSV: &str = "Date,Open,High,Low,Close,Volume
2001-02-26,10,11,9,10.5,100
2001-02-27,10.5,12,10,11,200
2001-02-28,11,11.5,10,10.25,300
";

fn read(name: &str, text: &str, options: &ReadOptions) -> Result<Market, StoreError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    read_file(&path, options)
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn numbers(x: [f64; 3]) -> ArrayRef {
    Arc::new(Float64Array::from(x.to_vec()))
}

/// Columns of `CSV` but for the date.
fn columns() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("Open", numbers([10.0, 10.5, 11.0])),
        ("High", numbers([11.0, 12.0, 11.5])),
        ("Low", Arc::new(Float32Array::from(vec![9.0, 10.0, 10.0]))),
        ("Close", numbers([10.5, 11.0, 10.25])),
        ("Volume", Arc::new(Int64Array::from(vec![100, 200, 300]))),
    ]
}

#[test]
fn csv_parquet_bundle_and_memory_have_one_digest() {
    let dir = tempfile::tempdir().unwrap();
    let plain = ReadOptions::default();
    let digest = read("X.csv", CSV, &plain).unwrap().digest;
    let days = [11_379, 11_380, 11_381];
    let dates: [(&str, ArrayRef); 4] = [
        ("date", Arc::new(Date32Array::from(days.to_vec()))),
        (
            "timestamp",
            Arc::new(TimestampMicrosecondArray::from(
                days.map(|d| i64::from(d) * 86_400_000_000).to_vec(),
            )),
        ),
        (
            "__index_level_0__",
            Arc::new(
                TimestampMicrosecondArray::from(
                    days.map(|d| i64::from(d) * 86_400_000_000).to_vec(),
                )
                .with_timezone("UTC"),
            ),
        ),
        ("Date", Arc::new(StringArray::from(vec!["2001-02-26", "2001-02-27", "20010228"]))),
    ];
    for (name, dates) in dates {
        let path = dir.path().join("X.parquet");
        let mut all = columns();
        all.push((name, dates));
        parquet(&path, all);
        let market = read_file(&path, &plain).unwrap();
        assert_eq!(market.digest, digest, "{name}");
        assert_eq!(market.assets[0].symbol, "X");
    }
    let home = Home::at(dir.path().join("home"));
    let sources = vec![dir.path().join("X.parquet")];
    let request = IngestRequest { bundle: "x".to_owned(), sources, ..IngestRequest::default() };
    assert_eq!(ingest(&home, &request).unwrap().digest, digest);
    let market = load_bundle(&home, "x", true).unwrap();
    assert_eq!((&market.digest, data_digest(&market)), (&digest, digest.clone()));
    assert_ne!(
        read("Y.csv", CSV, &plain).unwrap().digest,
        digest,
        "the symbol is part of the data"
    );
    assert_ne!(read("X.csv", &CSV.replace("10.25", "10.26"), &plain).unwrap().digest, digest);
}

#[test]
fn layouts_of_csv_files_are_understood() {
    let plain = ReadOptions::default;
    let digest = read("X.csv", CSV, &plain()).unwrap().digest;
    let mapped = |map: &str| ReadOptions { columns: map.parse().unwrap(), ..plain() };
    let cases = [
        (CSV.replace(',', ";"), ReadOptions { delimiter: Some(';'), ..plain() }),
        (CSV.replace("Date,Open", "day_of_trade,o"), mapped("date=day_of_trade,open=o")),
        (CSV.replace("2001-02-", "200102"), plain()),
        (
            CSV.replace("2001-02-26", "26/02/2001").replace("2001-02-27", "27.02.2001"),
            ReadOptions { dates: DateOrder::DayFirst, ..plain() },
        ),
        (format!("\u{feff}{}", CSV.replace('\n', "\r\n")), plain()),
        (
            CSV.replace("Volume\n", "Volume,Note\n").replace("00\n", "00,text\n"),
            mapped("drop=Note"),
        ),
        (
            CSV.replace("Date", "Date,Symbol")
                .replace("2001-02-26", "2001-02-26,X")
                .replace("-27", "-27,X")
                .replace("-28", "-28,X"),
            plain(),
        ),
        (
            CSV.replace("26,", "26 00:00:00,")
                .replace("27,", "27 00:00:00,")
                .replace("28,", "28 00:00:00,"),
            plain(),
        ),
    ];
    for (text, options) in cases {
        assert_eq!(read("X.csv", &text, &options).unwrap().digest, digest, "{text}");
    }
}

#[test]
fn further_numeric_columns_are_kept_under_their_lower_case_name() {
    let text = CSV
        .replace("Volume\n", "Volume,Open Interest\n")
        .replace("100\n", "100,7\n")
        .replace("200\n", "200,\n")
        .replace("300\n", "300,9.5\n");
    let market = read("X.csv", &text, &ReadOptions::default()).unwrap();
    let (name, column) = &market.assets[0].bars.extra[0];
    assert_eq!(name, "open_interest");
    assert_eq!((column[0], column[1].is_nan(), column[2]), (7.0, true, 9.5));
}

#[test]
fn a_file_with_symbols_becomes_several_assets_in_order_of_name() {
    let text = "symbol,date,open,high,low,close,volume\nB,2001-02-26,1,1,1,1,1\nA,2001-02-26,2,2,2,2,2\nB,2001-02-27,1,1,1,1,1\n";
    let market = read("all.csv", text, &ReadOptions::default()).unwrap();
    let found: Vec<_> = market.assets.iter().map(|a| (a.symbol.as_str(), a.bars.len())).collect();
    assert_eq!(found, [("A", 1), ("B", 2)]);
}

#[test]
fn minutes_are_brought_to_utc_and_to_the_end_of_their_bar() {
    let text = "date,time,open,high,low,close,volume\n2024-11-29,09:30,1,1,1,1,1\n2024-11-29,09:35,1,1,1,1,1\n2024-11-29,12:55,1,1,1,1,1\n";
    let options = ReadOptions {
        timezone: Some("America/New_York".to_owned()),
        calendar: Some("xnys".to_owned()),
        bar_label: BarLabel::Start,
        ..ReadOptions::default()
    };
    let market = read("X.csv", text, &options).unwrap();
    let bars = &market.assets[0].bars;
    let times: Vec<String> = (0..3).map(|row| bars.timestamp(row).to_string()).collect();
    assert_eq!(times, ["2024-11-29T14:35:00Z", "2024-11-29T14:40:00Z", "2024-11-29T18:00:00Z"]);
    assert_eq!(bars.session(0).to_string(), "2024-11-29");
    assert_eq!(market.frequency, Frequency::Minutes(5));
    let stamped = text
        .replace("date,time", "timestamp")
        .replace("29,", "29T")
        .replace(",1,1,1,1,1", "-05:00,1,1,1,1,1");
    let plain = ReadOptions { timezone: None, ..options };
    assert_eq!(read("X.csv", &stamped, &plain).unwrap().digest, market.digest);
}

#[test]
fn without_calendar_sessions_are_the_dates_of_the_bars() {
    let market = read("X.csv", CSV, &ReadOptions::default()).unwrap();
    assert_eq!((market.calendar.as_deref(), market.periods_per_year), (None, 252.0));
    assert_eq!(
        market.assets[0].bars.timestamp(0).to_string(),
        "2001-02-27T00:00:00Z",
        "a day ends at midnight"
    );
    let weekend = read(
        "X.csv",
        &CSV.replace("-28", "-27").replace("-27", "-25").replace("-26", "-24"),
        &ReadOptions::default(),
    );
    assert!(weekend.is_err(), "the same day twice");
    let crypto = CSV.replace("2001-02-28", "2001-03-03");
    assert_eq!(read("X.csv", &crypto, &ReadOptions::default()).unwrap().periods_per_year, 365.0);
}

#[test]
fn yahoo_files_may_be_newest_first_and_their_dividends_follow_their_own_rule() {
    let step = 1.0 - 0.5 / 11.0;
    let mut rows = [
        format!("2001-02-26,10,11,9,10.5,{:.6},100", 10.5 * step),
        format!("2001-02-27,10.5,12,10,11,{:.6},200", 11.0 * step),
        "2001-02-28,11,11.5,10,10.25,10.250000,300".to_owned(),
    ];
    rows.reverse();
    let text = format!("Date,Open,High,Low,Close,Adj Close,Volume\n{}\n", rows.join("\n"));
    let options = ReadOptions {
        adj_close: Some(AdjClose::Yahoo),
        prices: Prices::SplitAdjusted,
        format: Format::Yahoo,
        ..ReadOptions::default()
    };
    let market = read("X.csv", &text, &options).unwrap();
    let asset = &market.assets[0];
    assert_eq!(*asset.bars.close, [10.5, 11.0, 10.25]);
    let dividends: Vec<_> = asset
        .dividends
        .iter()
        .map(|d| (d.ex_day.to_string(), (d.amount * 1e4).round() / 1e4))
        .collect();
    assert_eq!(dividends, [("2001-02-28".to_owned(), 0.5)]);
    let kept = read("X.csv", &text, &ReadOptions::default()).unwrap();
    assert_eq!(kept.assets[0].bars.extra[0].0, "adj_close");
    assert!(kept.assets[0].dividends.is_empty());
}

/// The sample's own files, ingested as a user would.
#[test]
fn the_files_of_the_sample_make_the_sample() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sample");
    let options = ReadOptions {
        adj_close: Some(AdjClose::Wiki),
        calendar: Some("XNYS".to_owned()),
        ..ReadOptions::default()
    };
    let request = IngestRequest {
        bundle: "stocks".to_owned(),
        sources: vec![folder],
        options,
        ..IngestRequest::default()
    };
    let report = ingest(&home, &request).unwrap();
    assert_eq!((report.assets, report.rows, report.splits, report.dividends), (5, 12_154, 3, 92));
    assert_eq!(report.digest, load_bundle(&home, "sample", false).unwrap().digest);
    assert!(report.notices.is_empty(), "{:?}", report.notices);
}
