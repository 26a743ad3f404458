//! Files of other benchmark programs, as they write them, and what of them cannot be used.

use std::{fs, path::PathBuf};

use backcast_lab::{
    bench::{Record, Source, import::import},
    child::Exit,
};
use tempfile::TempDir;

fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn imported(name: &str, text: &str) -> Vec<Record> {
    let (_folder, path) = file(name, text);
    import(&path).unwrap().records
}

fn refused(text: &str) -> String {
    let (folder, path) = file("file.json", text);
    let message = import(&path).unwrap_err().to_string();
    message.replace(&folder.path().display().to_string(), "")
}

fn nanoseconds(record: &Record) -> Vec<u64> {
    record.runs.iter().map(|run| run.sample.wall_ns).collect()
}

#[test]
fn criterion_tells_sums_over_calls() {
    let text =
        r#"{"sampling_mode":"Linear","iters":[10.0,20.0,30.0],"times":[1000.0,2020.0,2970.0]}"#;
    let records = imported("target/criterion/sums/of many/new/sample.json", text);
    assert_eq!(records[0].command.name, "sums/of many, 1000 calls");
    assert_eq!(records[0].source, Source::Imported("criterion".into()));
    assert_eq!(nanoseconds(&records[0]), [100_000, 101_000, 99_000]);
}

#[test]
fn calls_below_a_microsecond_keep_their_digits() {
    let times = |ns: &str| imported("s.json", &format!(r#"{{"iters":[1000.0],"times":[{ns}]}}"#));
    let short = &times("412.0")[0];
    assert_eq!(nanoseconds(short), [412]);
    assert!((short.throughput().unwrap() - 1e12 / 412.0).abs() < 1.0, "calls a second");
    let long = &times("1000000.0")[0];
    assert_eq!((nanoseconds(long), &long.work), (vec![1000], &None));
}

/// A file as its program wrote it.
fn real(name: &str) -> Vec<Record> {
    import(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/imports").join(name))
        .unwrap()
        .records
}

fn names(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.command.name.as_str()).collect()
}

#[test]
fn real_files_of_hyperfine_are_read() {
    let records = real("hyperfine.json");
    assert_eq!(names(&records), ["true", "sort hf.none"]);
    assert_eq!(nanoseconds(&records[0]), [4_868_036, 3_922_252, 5_895_063, 2_015_171]);
    assert_eq!(records[1].runs[3].sample.exit, Exit::Code(2));
    assert!(records[1].cores().unwrap() > 0.5);
    assert_eq!(names(&real("hyperfine_scan.json")), ["sleep 0.001", "sleep 0.002"]);
}

#[test]
fn real_files_of_pytest_benchmark_are_read() {
    let records = real("pytest_benchmark.json");
    let found = names(&records);
    assert_eq!(found[1], "test_sums.py::test_split[a b], 1000 calls");
    assert_eq!(found[2], "test_sums.py::test_split[<b>&], 1000 calls");
    assert_eq!((records[0].runs.len(), records[1].runs.len()), (6, 5));
    assert_eq!(nanoseconds(&records[1])[0], 236_350);
    assert_eq!(records[0].taken_at, "2026-11-28T22:45:47Z");
    assert_eq!(records[0].commit, None, "its folder was under no version control");
    let summary = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/imports");
    let summary = import(&summary.join("pytest_benchmark_summary.json")).unwrap_err().to_string();
    assert!(summary.contains("measure again with --benchmark-save-data"), "{summary}");
}

#[test]
fn real_files_of_pyperf_are_read() {
    let records = real("pyperf.json");
    assert_eq!(names(&records), ["sum of a list", "sort"]);
    let blocks: Vec<u32> = records[0].runs.iter().map(|run| run.block).collect();
    assert_eq!(blocks, [0, 0, 0, 1, 1, 1], "the process that calibrates counts for nothing");
    let command = &real("pyperf_command.json")[0];
    assert_eq!((command.command.name.as_str(), command.runs.len()), ("command", 4));
    assert_eq!(command.runs[3].sample.peak_bytes, Some(12_713_984));
}

#[test]
fn real_files_of_criterion_are_read_by_either_name() {
    let folder = "criterion/sums _of_ many/whole_numbers/100/new";
    for file in ["sample.json", "estimates.json"] {
        let records = real(&format!("{folder}/{file}"));
        assert_eq!(names(&records), ["sums <of> many/whole/numbers/100, 1000 calls"]);
        // 1,107,126 ns for 32,842 calls.
        assert_eq!(nanoseconds(&records[0])[0], 33_711);
        assert_eq!(records[0].runs.len(), 10);
    }
}

#[test]
fn estimates_of_criterion_lead_to_the_samples_beside_them() {
    let estimates = r#"{"mean":{"point_estimate":1.0},"median":{"point_estimate":1.0}}"#;
    let (folder, path) = file("criterion/x/new/estimates.json", estimates);
    let alone = import(&path).unwrap_err().to_string();
    assert!(
        alone.ends_with("it holds estimates only, and no sample.json lies beside it"),
        "{alone}"
    );
    let beside = folder.path().join("criterion/x/new");
    fs::write(beside.join("sample.json"), r#"{"iters":[2.0],"times":[50000.0]}"#).unwrap();
    fs::write(beside.join("benchmark.json"), r#"{"full_id":"group/x <&>"}"#).unwrap();
    let records = import(&path).unwrap().records;
    assert_eq!(
        (records[0].command.name.as_str(), nanoseconds(&records[0])),
        ("group/x <&>", vec![25_000])
    );
}

#[test]
fn hyperfine_tells_memory_and_exit_codes_for_each_run_and_processor_time_for_all() {
    let text = r#"{"results":[
        {"command":"sleep 0.1","mean":0.15,"user":0.001,"system":0.002,"times":[0.1,0.2],
         "memory_usage_byte":[1000,2000],"exit_codes":[0,3]},
        {"command":"true","times":[0.001],"exit_codes":[0]}]}"#;
    let records = imported("h.json", text);
    assert_eq!(records.len(), 2);
    assert_eq!(nanoseconds(&records[0]), [100_000_000, 200_000_000]);
    assert_eq!(records[0].peak_bytes(), Some(2000));
    assert_eq!(records[0].runs[1].sample.exit, Exit::Code(3));
    assert_eq!(records[0].cores(), Some(0.02));
    assert_eq!((records[1].cores(), records[1].peak_bytes()), (None, None));
}

#[test]
fn pytest_benchmark_tells_raw_times_where_it_was_asked_to_keep_them() {
    let text = |data: &str| {
        format!(
            r#"{{"machine_info":{{}},"commit_info":{{"id":"abc"}},"datetime":"2026-01-02T03:04:05.25+00:00",
            "benchmarks":[{{"name":"test_x","fullname":"t.py::test_x","stats":{{{data}"mean":1.0}}}}]}}"#
        )
    };
    let records = imported("p.json", &text(r#""data":[0.5,0.25],"#));
    assert_eq!(records[0].command.name, "t.py::test_x");
    assert_eq!(nanoseconds(&records[0]), [500_000_000, 250_000_000]);
    assert_eq!(records[0].commit.as_deref(), Some("abc"));
    assert_eq!(records[0].taken_at, "2026-01-02T03:04:05Z");
    assert!(refused(&text("")).contains("measure again with --benchmark-save-data"));
}

#[test]
fn a_summary_of_pytest_benchmark_beside_raw_times_is_left_out_and_named() {
    let text = r#"{"machine_info":{},"benchmarks":[{"name":"a","stats":{"mean":1.0}},
        {"name":"b","stats":{"data":[0.5]}}]}"#;
    let (_folder, path) = file("p.json", text);
    let found = import(&path).unwrap();
    assert_eq!((names(&found.records), found.skipped), (vec!["b"], vec!["a".to_owned()]));
}

#[test]
fn each_process_of_pyperf_is_a_block() {
    let text = r#"{"version":"1.0","metadata":{"name":"bench","unit":"second"},"benchmarks":[{"runs":[
        {"metadata":{"calibrate_loops":8},"warmups":[[1,0.1]]},
        {"values":[0.001,0.002]},{"values":[0.003]}]}]}"#;
    let records = imported("y.json", text);
    assert_eq!(records[0].command.name, "bench");
    assert_eq!(nanoseconds(&records[0]), [1_000_000, 2_000_000, 3_000_000]);
    let blocks: Vec<u32> = records[0].runs.iter().map(|run| run.block).collect();
    assert_eq!(blocks, [0, 0, 1]);
    let bytes = text.replace("\"second\"", "\"byte\"");
    assert!(refused(&bytes).contains("`bench` is in bytes, not in seconds"));
}

#[test]
fn files_that_hold_no_times_are_refused() {
    assert!(
        refused("{}")
            .ends_with("holds no figures of criterion, hyperfine, pytest-benchmark or pyperf")
    );
    assert!(refused("not json").contains("is no JSON file"));
    assert!(
        refused(r#"{"results":[{"command":"x","times":[0.1,-1]}]}"#)
            .contains("a time of -1 s is none")
    );
    assert!(refused(r#"{"results":[{"command":"x","times":[]}]}"#).contains("`x` holds no times"));
    assert!(refused(r#"{"results":[{"command":"x"}]}"#).contains("`x` has no list of times"));
    let missing = import(&PathBuf::from("no/such/file.json")).unwrap_err().to_string();
    assert_eq!(missing, "cannot read no/such/file.json");
}
