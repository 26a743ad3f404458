//! Tables of results.

use std::fs;

use arrow_array::{Array, cast::AsArray, types::Float64Type};
use backcast_store::{Table, TableColumn, TableFormat, render_table, write_table};
use expect_test::expect;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn table() -> Table {
    let columns = vec![
        ("day".to_owned(), TableColumn::Day(vec![11_379, 11_380])),
        ("time".to_owned(), TableColumn::Time(vec![0, 1_732_903_200_000_000_000])),
        ("symbol".to_owned(), TableColumn::Text(vec!["A\"B".to_owned(), "C,D".to_owned()])),
        ("shares".to_owned(), TableColumn::I64(vec![-5, 7])),
        ("price".to_owned(), TableColumn::F64(vec![Some(0.1), None])),
    ];
    Table { columns }
}

#[test]
fn a_table_is_written_as_csv_and_json() {
    let text = |format| String::from_utf8(render_table(format, &table()).unwrap()).unwrap();
    expect![[r#"
        day,time,symbol,shares,price
        2001-02-26,1970-01-01T00:00:00Z,"A""B",-5,0.1
        2001-02-27,2024-11-29T18:00:00Z,"C,D",7,
    "#]]
    .assert_eq(&text(TableFormat::Csv));
    expect![[r#"
        [
        {"day":"2001-02-26","time":"1970-01-01T00:00:00Z","symbol":"A\"B","shares":-5,"price":0.1},
        {"day":"2001-02-27","time":"2024-11-29T18:00:00Z","symbol":"C,D","shares":7,"price":null}
        ]
    "#]]
    .assert_eq(&text(TableFormat::Json));
    serde_json::from_str::<serde_json::Value>(&text(TableFormat::Json)).unwrap();
}

#[test]
fn a_table_in_parquet_has_typed_columns_and_equal_bytes_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out/t.parquet");
    write_table(&path, TableFormat::of_path(&path).unwrap(), &table()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), render_table(TableFormat::Parquet, &table()).unwrap());
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
    let file = fs::File::open(&path).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file)
        .unwrap()
        .build()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let types: Vec<String> =
        batch.schema().fields().iter().map(|f| f.data_type().to_string()).collect();
    assert_eq!(types, ["Date32", "Timestamp(ns, \"UTC\")", "Utf8", "Int64", "Float64"]);
    let price = batch.column(4).as_primitive::<Float64Type>();
    assert_eq!((price.value(0), price.is_null(1)), (0.1, true));
}

#[test]
fn columns_of_unequal_length_are_refused() {
    let mut table = table();
    table.columns[1].1 = TableColumn::Time(vec![]);
    let error = render_table(TableFormat::Csv, &table).unwrap_err().to_string();
    assert_eq!(error, "column `time` of the table has 0 rows, but the first one has 2");
}
