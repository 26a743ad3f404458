//! Records of advice: kept, counted, met well when they are damaged or newer.

use backcast_lab::{
    advise::{
        AdviceStore, Place, Prediction, Record, Remedy, Rule, StoreError, Suggestion, TrackRecord,
        Tried,
    },
    bench::BenchError,
    stats::Interval,
};

fn gain(low: f64, high: f64) -> Interval {
    Interval { estimate: 0.5 * (low + high), low, high, level: 0.95 }
}

fn suggestion(rule: Rule, high: f64) -> Suggestion {
    Suggestion {
        rule,
        name: format!("{rule}@here"),
        evidence: String::new(),
        place: Place::default(),
        prediction: Prediction { gain: gain(0.0, high), bounds: String::new() },
        advice: String::new(),
        remedy: Remedy::ByHand,
    }
}

fn tried(measured: Option<Interval>, equal: bool, doubts: &[&str]) -> Tried {
    Tried {
        change: "settings".to_owned(),
        gain: measured,
        equal,
        equality: "standard output".to_owned(),
        doubts: doubts.iter().map(|doubt| (*doubt).to_owned()).collect(),
    }
}

/// Advice of one rule that promises up to 20 %, and what became of it.
fn record(minute: usize, outcome: Option<Tried>) -> Record {
    let one = suggestion(Rule::Collector, 0.2);
    let tried: Vec<_> = outcome.map(|outcome| (one.name.clone(), outcome)).into_iter().collect();
    Record::new(format!("2026-11-20T00:{minute:02}:00Z"), vec!["python3".into()], &[one], &tried)
}

fn history() -> Vec<Record> {
    vec![
        record(0, None),
        record(1, Some(tried(Some(gain(0.05, 0.07)), true, &[]))),
        record(2, Some(tried(Some(gain(0.3, 0.34)), true, &[]))),
        record(3, Some(tried(None, false, &[]))),
        record(4, Some(tried(Some(gain(0.1, 0.2)), true, &["the clocks jumped"]))),
    ]
}

#[test]
fn predictions_trials_and_coverage_are_counted() {
    let track = TrackRecord::of(&history());
    let rule = track.rule(Rule::Collector);
    assert_eq!((rule.predictions, rule.tried, rule.held, rule.moved), (5, 3, 1, 1));
    assert_eq!((rule.measured(), rule.coverage()), (2, Some(0.5)));
    let median = rule.median_gain.unwrap();
    assert!((median - 0.19).abs() < 1e-12, "a moved result has no gain: {median}");
    assert_eq!(track.rule(Rule::HighShare).coverage(), None);
    // Realised 0.06 of 0.1, 0.32 of 0.1 (counted as twice); two more as predicted.
    assert!((rule.trust() - (2.0 + 0.6 + 2.0) / 4.0).abs() < 1e-12, "{}", rule.trust());
}

#[test]
fn a_result_that_moved_was_tried_and_says_nothing_of_a_gain() {
    let track = TrackRecord::of(&[record(1, Some(tried(None, false, &[])))]);
    let rule = track.rule(Rule::Collector);
    assert_eq!((rule.tried, rule.moved, rule.held, rule.measured()), (1, 1, 0, 0));
    assert_eq!((rule.median_gain, rule.coverage(), rule.trust()), (None, None, 1.0));
}

#[test]
fn rules_that_hold_stand_before_those_that_do_not_and_those_without_trials() {
    let of = |rule: Rule, outcome: Option<Tried>| {
        let one = suggestion(rule, 0.2);
        let tried: Vec<_> = outcome.map(|it| (one.name.clone(), it)).into_iter().collect();
        Record::new("2026-11-20T00:00:00Z".to_owned(), vec!["x".into()], &[one], &tried)
    };
    let held = || Some(tried(Some(gain(0.05, 0.07)), true, &[]));
    let missed = || Some(tried(Some(gain(0.3, 0.34)), true, &[]));
    let records = [
        of(Rule::Allocations, None),
        of(Rule::Callbacks, missed()),
        of(Rule::LockWaits, held()),
        of(Rule::TextFiles, held()),
        of(Rule::TextFiles, held()),
    ];
    let track = TrackRecord::of(&records);
    let names: Vec<&str> = track.ranked().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["text-files", "lock-waits", "callbacks", "allocations"]);
}

#[test]
fn a_rule_that_never_keeps_its_promise_falls_behind_one_that_promises_less() {
    let (bold, modest) = (suggestion(Rule::Collector, 0.4), suggestion(Rule::HighShare, 0.2));
    let mut suggestions = vec![bold.clone(), modest.clone()];
    TrackRecord::default().rank(&mut suggestions);
    assert_eq!(suggestions[0], bold);
    let broken: Vec<Record> =
        (0..8).map(|n| record(n, Some(tried(Some(gain(-0.01, 0.01)), true, &[])))).collect();
    TrackRecord::of(&broken).rank(&mut suggestions);
    assert_eq!(suggestions[0], modest);
}

#[test]
fn two_writers_keep_all_records_and_equal_ones_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = AdviceStore::at(folder.path().join("advice"));
    assert!(store.contents().unwrap().records.is_empty(), "nothing is there yet");
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let store = &store;
            scope.spawn(move || {
                for minute in 0..20 {
                    store.put(&record(minute + 20 * writer, None)).unwrap();
                    store.put(&record(59, None)).unwrap();
                }
            });
        }
    });
    let kept = store.contents().unwrap();
    assert_eq!((kept.records.len(), kept.unread.len()), (41, 0));
    assert!(kept.records.is_sorted_by_key(|record| record.taken_at.clone()));
}

#[test]
fn what_killed_writers_left_is_swept_by_the_next_writer() {
    let folder = tempfile::tempdir().unwrap();
    let store = AdviceStore::at(folder.path());
    let path = store.put(&record(1, None)).unwrap();
    let left = path.with_extension("json.4194305-0.part");
    let two_hours = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    std::fs::File::create(&left).unwrap().set_modified(two_hours).unwrap();
    assert_eq!(store.contents().unwrap().records.len(), 1);
    assert!(left.exists());
    store.put(&record(2, None)).unwrap();
    assert!(!left.exists());
}

#[test]
fn damaged_newer_and_foreign_files_are_left_out_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = AdviceStore::at(folder.path());
    let whole = store.put(&record(1, None)).unwrap();
    let spoiled = store.put(&record(2, None)).unwrap();
    let text = std::fs::read_to_string(&spoiled).unwrap();
    std::fs::write(&spoiled, text.replace("0.2", "0.9")).unwrap();
    let newer = folder.path().join("newer.json");
    std::fs::write(&newer, r#"{"format":"backcast-advice","version":99,"more":1}"#).unwrap();
    std::fs::write(folder.path().join("other.json"), "[1, 2").unwrap();
    let kept = store.contents().unwrap();
    assert_eq!(kept.records, [record(1, None)], "{}", whole.display());
    assert_eq!(kept.unread.len(), 3);
    let error = |path: &std::path::Path| {
        &kept.unread.iter().find(|unread| unread.path == path).unwrap().error
    };
    assert!(matches!(error(&spoiled), StoreError::Damaged { .. }));
    assert!(matches!(error(&newer), StoreError::Bench(BenchError::Newer { found: 99, .. })));
}
