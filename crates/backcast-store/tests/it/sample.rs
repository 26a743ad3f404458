//! The bundle inside the program.

use backcast_store::{
    Home, SAMPLE, data_digest, list_bundles, load_bundle, remove_bundle, show_bundle, verify_bundle,
};
use backcast_types::Day;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn the_sample_is_there_without_setup_and_is_the_same_the_second_time() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path().join(".backcast"));
    let first = load_bundle(&home, SAMPLE, false).unwrap();
    assert!(home.bundles().join("sample/current").is_file());
    let second = load_bundle(&home, SAMPLE, true).unwrap();
    assert_eq!(first, second);
    assert_eq!(data_digest(&first), first.digest);
    // Whoever changes this changes the identity of all data: raise the layout number in `digest.rs`.
    assert_eq!(first.digest, "9fe095f214a9de0fe5576f0d5d7657d259d9d1f6053047d8869265982099d36e");
    assert_eq!(verify_bundle(&home, SAMPLE).unwrap().rows, 12_154);
    assert_eq!(first.calendar.as_deref(), Some("XNYS"));
    assert_eq!(first.periods_per_year, 252.0);
    let rows: Vec<_> = first.assets.iter().map(|a| (a.symbol.as_str(), a.bars.len())).collect();
    assert_eq!(rows, [("AAPL", 3270), ("FB", 196), ("GOOG", 2148), ("IBM", 3270), ("MSFT", 3270)]);
    let apple = &first.assets[0].bars;
    assert_eq!(
        (apple.open[0], apple.high[0], apple.low[0], apple.close[0]),
        (118.56, 132.06, 118.5, 130.31)
    );
    assert_eq!((apple.volume[0], apple.extra.len()), (9_616_100.0, 0));
    assert_eq!(apple.session(0), day("2000-03-01"));
    assert_eq!(apple.timestamp(0).to_string(), "2000-03-01T21:00:00Z");
}

#[test]
fn splits_and_dividends_come_out_of_the_adjusted_close() {
    let dir = tempfile::tempdir().unwrap();
    let market = load_bundle(&Home::at(dir.path()), SAMPLE, false).unwrap();
    let splits: Vec<_> = market
        .assets
        .iter()
        .flat_map(|a| a.splits.iter().map(|s| (a.symbol.as_str(), s.day.to_string(), s.shares)))
        .collect();
    let expected =
        [("AAPL", "2000-06-21", 2.0), ("AAPL", "2005-02-28", 2.0), ("MSFT", "2003-02-18", 2.0)];
    assert_eq!(splits, expected.map(|(s, d, n)| (s, d.to_owned(), n)));
    let counts: Vec<_> = market.assets.iter().map(|a| a.dividends.len()).collect();
    assert_eq!(counts, [3, 0, 0, 52, 37]);
    for dividend in market.assets.iter().flat_map(|a| &a.dividends) {
        let cents = dividend.amount * 100.0;
        assert!((cents - cents.round()).abs() < 1e-9, "{dividend:?}");
        assert_eq!(dividend.pay_day, dividend.ex_day);
    }
    let special = market.assets[4].dividends.iter().find(|d| d.ex_day == day("2004-11-15"));
    assert_eq!(special.unwrap().amount, 3.08);
}

#[test]
fn the_sample_is_listed_shown_and_comes_back_after_it_was_removed() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    let listed = list_bundles(&home).unwrap();
    assert_eq!(listed.len(), 1);
    let info = show_bundle(&home, SAMPLE).unwrap();
    assert_eq!(listed[0].as_ref().unwrap(), &info);
    assert_eq!((info.rows, info.splits, info.dividends, info.format), (12_154, 3, 92, 1));
    assert_eq!((info.first, info.last), (Some(day("2000-03-01")), Some(day("2013-03-01"))));
    remove_bundle(&home, SAMPLE).unwrap();
    assert!(!home.bundles().join("sample").exists());
    assert_eq!(show_bundle(&home, SAMPLE).unwrap(), info);
}

#[test]
fn without_a_place_to_write_the_sample_is_read_from_memory() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let memory = load_bundle(&Home::at(file.join(".backcast")), SAMPLE, false).unwrap();
    let disk = load_bundle(&Home::at(dir.path().join("b")), SAMPLE, false).unwrap();
    assert_eq!(memory, disk);
}

#[test]
fn four_threads_that_use_the_sample_first_get_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let digests: Vec<String> = std::thread::scope(|scope| {
        let load = || load_bundle(&Home::at(dir.path()), SAMPLE, true).unwrap().digest;
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(load)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(digests.windows(2).all(|w| w[0] == w[1]));
}
