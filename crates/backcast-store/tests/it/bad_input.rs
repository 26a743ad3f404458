//! Every kind of bad price file: what is said, and that the bundle that was there is untouched.

use std::{collections::BTreeMap, fs, path::Path};

use backcast_data::Frequency;
use backcast_store::{
    AdjClose, Home, IngestRequest, ReadOptions, ingest, load_bundle, verify_bundle,
};
use tempfile::TempDir;

const GOOD: &str = "Date,Open,High,Low,Close,Volume
2001-02-26,10,11,9,10.5,100
2001-02-27,10.5,12,10,11,200
2001-02-28,11,11.5,10,10.25,300
";

/// A state folder with a bundle `prices`, and a folder for files.
struct Bench {
    dir: TempDir,
    home: Home,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join(".backcast"));
        let bench = Bench { dir, home };
        bench.write("GOOD.csv", GOOD);
        ingest(&bench.home, &bench.request("GOOD.csv", ReadOptions::default())).unwrap();
        bench
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn request(&self, file: &str, options: ReadOptions) -> IngestRequest {
        let sources = vec![self.dir.path().join(file)];
        IngestRequest { bundle: "prices".to_owned(), sources, options, ..IngestRequest::default() }
    }

    /// The refusal of a request, with the folder of the files left out. The bundle must be as it was, to the byte.
    fn refusal(&self, request: &IngestRequest) -> String {
        let before = snapshot(self.home.path());
        let error = ingest(&self.home, request).expect_err("this cannot be ingested").to_string();
        assert_eq!(before, snapshot(self.home.path()), "a refused ingest changed something");
        verify_bundle(&self.home, "prices").unwrap();
        error.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// Every file below a folder with its bytes.
fn snapshot(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.insert(path.display().to_string(), Vec::new());
            files.extend(snapshot(&path));
        } else {
            files.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    files
}

const AFTER: &str = "; correct the file, or set bad rows aside with --quarantine FILE";

/// `GOOD` with one row in place of its second.
fn with_row(row: &str) -> String {
    GOOD.replace("2001-02-27,10.5,12,10,11,200", row)
}

#[test]
fn a_bad_row_is_named_by_file_row_line_and_column() {
    let bench = Bench::new();
    let cases = [
        (
            "2001-02-27,ten,12,10,11,200",
            "column `Open`: this is no number; numbers are written as 1234.5, found `ten`",
        ),
        (
            "2001-02-27,10.5,12,,11,200",
            "column `Low`: the cell is empty; a bar without trade has no row",
        ),
        (
            "2001-02-27,NaN,12,10,11,200",
            "column `Open`: this is no finite number; a bar without trade has no row, found `NaN`",
        ),
        (
            "2001-02-27,10.5,inf,10,11,200",
            "column `High`: this is no finite number; a bar without trade has no row, found `inf`",
        ),
        ("2001-02-27,10.5,12,-10,11,200", "column `Low`: a price cannot be negative, found `-10`"),
        (
            "2001-02-27,10.5,12,10,0,200",
            "column `Close`: a price cannot be zero; a bar without trade has no row, found `0`",
        ),
        ("2001-02-27,10.5,9,10,11,200", "column `High`: high is below low, `Low` 10, found `9`"),
        ("2001-02-27,13,12,10,11,200", "column `High`: high is below open, `Open` 13, found `12`"),
        (
            "2001-02-27,10.5,12,10,12.5,200",
            "column `High`: high is below close, `Close` 12.5, found `12`",
        ),
        (
            "2001-02-27,10.5,12,10.75,11,200",
            "column `Low`: low is above open, `Open` 10.5, found `10.75`",
        ),
        (
            "2001-02-27,11,12,10.75,10.5,200",
            "column `Low`: low is above close, `Close` 10.5, found `10.75`",
        ),
        ("2001-02-27,10.5,12,10,11,-5", "column `Volume`: a volume cannot be negative, found `-5`"),
        (
            "2001-02-29,10.5,12,10,11,200",
            "column `Date`: there is no such day: 2001 is no leap year, found `2001-02-29`",
        ),
        (
            "2001-02-30,10.5,12,10,11,200",
            "column `Date`: there is no day 30 in month 2 of 2001, found `2001-02-30`",
        ),
        (
            "27/02/2001,10.5,12,10,11,200",
            "column `Date`: nothing says whether day or month comes first; give --dates dmy or --dates mdy, found `27/02/2001`",
        ),
        (
            "yesterday,10.5,12,10,11,200",
            "column `Date`: this is no date; write dates as 2024-11-29, found `yesterday`",
        ),
        (
            "2001-02-26,10.5,12,10,11,200",
            "column `Date`: the same time is in row 1 (line 2), found `2001-02-26`",
        ),
        (
            "2001-02-25,10.5,12,10,11,200",
            "column `Date`: rows must go forward in time, but the row before has 2001-02-26, found `2001-02-25`",
        ),
        (
            "2001-02-27,10.5,12,10,11",
            "column `Date`: the row has 5 cells, but the header has 6, found `2001-02-27`",
        ),
    ];
    for (row, expected) in cases {
        bench.write("X.csv", &with_row(row));
        let error = bench.refusal(&bench.request("X.csv", ReadOptions::default()));
        assert_eq!(error, format!("X.csv, row 2 (line 3), {expected}{AFTER}"), "{row}");
    }
    bench.write("X.csv", &with_row("\n2001-02-27,ten,12,10,11,200").replace('\n', "\r\n"));
    let error = bench.refusal(&bench.request("X.csv", ReadOptions::default()));
    assert!(error.starts_with("X.csv, row 2 (line 4), column `Open`"), "{error}");
    bench.write("X.csv", "date,open,high,low,close,volume\n2001-02-26,1,0,1,1,1\n2001-02-27,1,1,1,1,x\n2001-02-28,1,1,1,-1,1\n");
    let error = bench.refusal(&bench.request("X.csv", ReadOptions::default()));
    assert!(
        error.contains("row 1 (line 2)") && error.contains("; 2 more rows are bad; correct"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_none_is_told_from_one_with_other_columns() {
    let bench = Bench::new();
    let no_file = bench.refusal(&bench.request("none.csv", ReadOptions::default()));
    assert_eq!(no_file, "there is no file or folder none.csv");
    let plain = ReadOptions::default;
    let mapped = |map: &str| ReadOptions { columns: map.parse().unwrap(), ..plain() };
    let cases = [
        ("", plain(), "X.csv has no rows: it is empty"),
        ("\n\n", plain(), "X.csv has no rows: it is empty"),
        ("Date,Open,High,Low,Close,Volume\n", plain(), "X.csv has no rows below its header"),
        (
            &GOOD.replace(',', ";"),
            plain(),
            "X.csv is not separated by commas, but by semicolons as it seems; give --delimiter \";\"",
        ),
        (
            GOOD,
            ReadOptions { delimiter: Some(';'), ..plain() },
            "X.csv is not separated by semicolons, but by commas as it seems; give --delimiter \",\"",
        ),
        (
            &GOOD.replace("Open", "Opem"),
            plain(),
            "X.csv has no column for open, did you mean `Opem`?; it has: `Date`, `Opem`, `High`, `Low`, `Close`, `Volume`; say which one it is with --columns open=NAME",
        ),
        (
            GOOD,
            mapped("open=first"),
            "X.csv: there is no column `first`, which --columns names; it has: `Date`, `Open`, `High`, `Low`, `Close`, `Volume`",
        ),
        (
            &GOOD.replace("Date,Open,High,Low,Close,Volume\n", ""),
            plain(),
            "X.csv: its first line is data; put the names of the columns above it, as in date,open,high,low,close,volume",
        ),
        (
            "Date,Open,High,Low,Close,Volume,Note\n2001-02-26,1,1,1,1,1,hello\n",
            plain(),
            "X.csv, column `Note`: line 2 has `hello`, which is no finite number, and only numbers are kept (as `note`); leave the column out with --columns \"drop=Note\"",
        ),
        (
            GOOD,
            ReadOptions { adj_close: Some(AdjClose::Wiki), ..plain() },
            "X.csv has no column for adj_close; it has: `Date`, `Open`, `High`, `Low`, `Close`, `Volume`; say which one it is with --columns adj_close=NAME",
        ),
    ];
    for (text, options, expected) in cases {
        bench.write("X.csv", text);
        assert_eq!(bench.refusal(&bench.request("X.csv", options)), expected);
    }
    fs::write(bench.dir.path().join("X.csv"), b"D\0a\0t\0e\0").unwrap();
    assert_eq!(
        bench.refusal(&bench.request("X.csv", plain())),
        "X.csv: this is no UTF-8 text; save it as CSV in UTF-8"
    );
    bench.write("X.parquet", "PAR1 nonsense");
    assert!(
        bench
            .refusal(&bench.request("X.parquet", plain()))
            .starts_with("X.parquet: this is no readable Parquet file")
    );
    fs::create_dir(bench.dir.path().join("empty")).unwrap();
    assert_eq!(
        bench.refusal(&bench.request("empty", plain())),
        "empty has no .csv, .txt or .parquet file"
    );
    let none = IngestRequest { bundle: "prices".to_owned(), ..IngestRequest::default() };
    assert_eq!(bench.refusal(&none), "no file to read was named");
}

#[test]
fn days_outside_the_calendar_are_refused_and_holes_are_told() {
    let bench = Bench::new();
    let xnys = || ReadOptions { calendar: Some("XNYS".to_owned()), ..ReadOptions::default() };
    bench.write("X.csv", &GOOD.replace("2001-02-28", "2001-03-03"));
    let error = bench.refusal(&bench.request("X.csv", xnys()));
    assert_eq!(
        error,
        format!(
            "X.csv, row 3 (line 4), column `Date`: this is no session of calendar XNYS, found `2001-03-03`{AFTER}"
        )
    );
    bench.write("X.csv", &GOOD.replace("2001-02-26", "1901-02-26"));
    let error = bench.refusal(&bench.request("X.csv", xnys()));
    assert!(error.contains("column `Date`: calendar XNYS covers 1990-01-"), "{error}");
    let unknown = ReadOptions { calendar: Some("XNYZ".to_owned()), ..ReadOptions::default() };
    assert!(
        bench
            .refusal(&bench.request("X.csv", unknown))
            .starts_with("no calendar is called `XNYZ`; there are XNYS")
    );
    bench.write("X.csv", &GOOD.replace("2001-02-27,10.5,12,10,11,200\n", ""));
    let report = ingest(&bench.home, &bench.request("X.csv", xnys())).unwrap();
    assert_eq!(report.notices, ["X: 1 of 3 sessions have no bar, the first is 2001-02-27"]);
}

#[test]
fn times_of_unknown_or_mixed_zones_are_refused() {
    let bench = Bench::new();
    let minutes = |a: &str, b: &str| {
        format!("datetime,open,high,low,close,volume\n{a},1,1,1,1,1\n{b},1,1,1,1,1\n")
    };
    let plain = ReadOptions::default;
    let zone = |zone: &str| ReadOptions { timezone: Some(zone.to_owned()), ..plain() };
    let xnys = ReadOptions { calendar: Some("XNYS".to_owned()), ..zone("America/New_York") };
    let cases = [
        (minutes("2024-11-29 09:31", "2024-11-29 09:32"), plain(), "X.csv: its times have no offset, so nothing says what they mean; give --timezone America/New_York or the zone that they are in".to_owned()),
        (minutes("2024-11-29 09:31", "2024-11-29 09:32Z"), plain(), "X.csv: its times mix zones: row 2 (line 3) has a time with an offset from UTC (`2024-11-29T09:32:00Z`), but rows above have a time without offset; write them all in one way".to_owned()),
        (minutes("2024-11-29T09:31-05:00", "2024-11-29T14:32Z"), plain(), "X.csv: its times mix zones (offsets -05:00, +00:00); write them all in one zone, or give the --timezone that all these offsets belong to".to_owned()),
        (minutes("2024-11-29T09:31-05:00", "2024-11-29T14:32Z"), zone("America/New_York"), "X.csv: its times mix zones (offsets -05:00, +00:00); write them all in one zone, or give the --timezone that all these offsets belong to".to_owned()),
        (minutes("2024-11-29 09:31", "2024-11-29 09:32"), zone("New_York"), "no time zone is called `New_York`; zones are written as America/New_York, Europe/London or UTC".to_owned()),
        (minutes("2024-11-29 09:31:00", "2024-11-29 09:31:30"), zone("UTC"), "X.csv: its bars are 30 seconds apart, and bars shorter than a minute cannot be kept; give --frequency where that is a mistake".to_owned()),
        (minutes("2024-03-10 02:30", "2024-03-10 03:31"), ReadOptions { frequency: Some(Frequency::Minutes(1)), ..zone("America/New_York") }, format!("X.csv, row 1 (line 2), column `datetime`: clocks changed then, so this local time does not exist or is there twice; give times in UTC, found `2024-03-10T02:30:00`{AFTER}")),
        (minutes("2024-11-29 09:31", "2024-11-29 13:32"), ReadOptions { frequency: Some(Frequency::Minutes(1)), ..xnys.clone() }, format!("X.csv, row 2 (line 3), column `datetime`: calendar XNYS has no trading then; is the zone right, and is it --bar-label start or end?, found `2024-11-29T13:32:00`{AFTER}")),
        (minutes("2024-11-29", "2024-11-30"), ReadOptions { frequency: Some(Frequency::Minutes(1)), ..plain() }, format!("X.csv, row 1 (line 2), column `datetime`: there is a date but no time of day, found `2024-11-29`; 1 more row is bad{AFTER}")),
        (minutes("2024-11-29 9h31", "2024-11-30 9h32"), plain(), format!("X.csv, row 1 (line 2), column `datetime`: the time is not written as 15:30 or 15:30:00, found `2024-11-29 9h31`; 1 more row is bad{AFTER}")),
    ];
    for (text, options, expected) in cases {
        bench.write("X.csv", &text);
        assert_eq!(bench.refusal(&bench.request("X.csv", options)), expected);
    }
}

#[test]
fn names_that_no_bundle_can_have_are_refused() {
    let bench = Bench::new();
    for (name, problem) in [
        ("", "it is empty"),
        ("../x", "it begins with a point or a dash"),
        ("a/b", "only letters, digits, `-`, `_` and `.` may be in it"),
        ("sample", "it is the name of the bundle inside the program; take another one"),
    ] {
        let request = IngestRequest {
            bundle: name.to_owned(),
            ..bench.request("GOOD.csv", ReadOptions::default())
        };
        assert_eq!(bench.refusal(&request), format!("`{name}` cannot name a bundle: {problem}"));
    }
    let error = load_bundle(&bench.home, "price", false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no bundle is called `price`, did you mean `prices`?; there are: prices, sample"
    );
}

#[test]
fn events_on_days_without_session_are_refused() {
    let bench = Bench::new();
    bench.write("splits.csv", "symbol,date,new_shares,old_shares\nGOOD,2001-02-25,2,1\n");
    let xnys = ReadOptions { calendar: Some("XNYS".to_owned()), ..ReadOptions::default() };
    let splits = Some(bench.dir.path().join("splits.csv"));
    let request = IngestRequest { splits, ..bench.request("GOOD.csv", xnys) };
    let error = bench.refusal(&request);
    assert_eq!(
        error,
        "splits.csv: the split of GOOD is on 2001-02-25, which is no session; the session after it is 2001-02-26"
    );
    bench.write("splits.csv", "symbol,date,new_shares,old_shares\nGOOD,2001-02-27,0,1\n");
    let error = bench.refusal(&request);
    assert!(error.starts_with("splits.csv, row 1 (line 2), column `new_shares`: this must be a number above zero, found `0`"), "{error}");
    bench.write(
        "splits.csv",
        "symbol,date,new_shares,old_shares\nGOOD,2001-02-27,2,1\nELSE,2001-02-27,3,1\n",
    );
    let report = ingest(&bench.home, &request).unwrap();
    assert_eq!(report.splits, 1);
    assert_eq!(report.notices, ["splits and dividends of ELSE are left out: no prices"]);
}

#[test]
fn one_asset_from_two_files_is_refused() {
    let bench = Bench::new();
    fs::create_dir(bench.dir.path().join("more")).unwrap();
    bench.write("more/GOOD.csv", GOOD);
    let mut request = bench.request("GOOD.csv", ReadOptions::default());
    request.sources.push(bench.dir.path().join("more"));
    assert_eq!(
        bench.refusal(&request),
        "asset GOOD comes from GOOD.csv and from more/GOOD.csv; leave one out"
    );
}

#[test]
fn bad_rows_are_set_aside_with_their_reasons() {
    let bench = Bench::new();
    bench.write(
        "X.csv",
        &with_row(
            "2001-02-27,10.5,9,10,11,200\n\"2001-02-27\",ten,12,10,11,200\n2001-02-26,1,1,1,1,1",
        ),
    );
    let aside = bench.dir.path().join("aside.csv");
    let request = IngestRequest {
        quarantine: Some(aside.clone()),
        ..bench.request("X.csv", ReadOptions::default())
    };
    let report = ingest(&bench.home, &request).unwrap();
    assert_eq!((report.rows, report.quarantined), (2, 3));
    let text = fs::read_to_string(&aside)
        .unwrap()
        .replace(&format!("{}/", bench.dir.path().display()), "");
    let expected = "file,row,line,column,found,problem,record
X.csv,2,3,High,9,\"high is below low, `Low` 10\",\"2001-02-27,10.5,9,10,11,200\"
X.csv,3,4,Open,ten,this is no number; numbers are written as 1234.5,\"\"\"2001-02-27\"\",ten,12,10,11,200\"
X.csv,4,5,Date,2001-02-26,the same time is in row 1 (line 2),\"2001-02-26,1,1,1,1,1\"
";
    assert_eq!(text, expected);
    bench.write("X.csv", "date,open,high,low,close,volume\n2001-02-26,1,0,1,1,1\n");
    let error = bench.refusal(&request);
    assert_eq!(error, "no good row is left, so there is nothing to put into the bundle");
}
