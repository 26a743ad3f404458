//! Alerts: when there is one, and its files.

use std::fs;

use backcast_lab::{
    baseline::{
        Alert, BaselineError, CheckOptions, Gate, GateOptions, Measure, Store, check, gate,
        watch_round,
    },
    bench::Outcome,
    stats::Random,
};

use super::{Bench, QUIET, history};

fn alert() -> Alert {
    let mut random = Random::new(1);
    let base = QUIET.figures(5, 0, &mut random);
    let slow = Bench { seconds: 0.25, ..QUIET }.figures(1, 5, &mut random).remove(0);
    let told = gate(&history(base), &slow, &GateOptions::default()).unwrap();
    let Gate::Regressed(judgement) = told else { panic!("{told:?}") };
    Alert::new("grid", "class", Measure::Wall, &judgement, Some("abc".into()), vec!["id".into()])
}

#[test]
fn an_alert_is_a_file_for_the_live_page_and_a_line_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (alert(), alert());
    let path = first.write(folder.path()).unwrap();
    second.write(folder.path()).unwrap();
    assert!(
        first.change.starts_with("wall 2")
            && first.change.ends_with("% more than over 5 sessions before")
    );
    // What the live page reads.
    let value: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["subject"], "grid");
    assert!(value["change"].is_string() && value["time_ns"].is_u64());
    assert!(value["ratio"]["low"].as_f64().unwrap() > 1.0);
    let log = fs::read_to_string(folder.path().join("alerts/log.txt")).unwrap();
    assert_eq!(log.lines().count(), 2);
    assert!(log.lines().all(|line| line.contains(" grid: wall 2") && line.contains("commit abc")));
    let all = Alert::read_all(folder.path());
    assert_eq!(all, [second, first]);
}

#[test]
fn files_that_are_no_alerts_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    alert().write(folder.path()).unwrap();
    let alerts = folder.path().join("alerts");
    fs::write(alerts.join("broken.json"), "{").unwrap();
    let newer = serde_json::to_string(&Alert { version: 2, ..alert() }).unwrap();
    fs::write(alerts.join("newer.json"), newer).unwrap();
    assert_eq!(Alert::read_all(folder.path()).len(), 1);
    assert!(Alert::read_all(&folder.path().join("nowhere")).is_empty());
}

/// Commands told of in one round with a session of this length.
fn round(store: &Store, seconds: f64, hour: u32, random: &mut Random) -> usize {
    let bench = Bench { seconds, ..QUIET };
    let mut taken = 0;
    let round = watch_round::<BaselineError>(store, &CheckOptions::default(), || {
        taken += 1;
        Ok(bench.session("grid", hour, "abc", random))
    });
    let round = round.unwrap();
    assert_eq!(taken, 1 + usize::from(round.confirmed.is_some()));
    for alert in &round.alerts {
        alert.write(store.folder()).unwrap();
    }
    round.alerts.len()
}

#[test]
fn a_level_is_told_once_and_again_after_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let mut random = Random::new(2);
    let mut told = Vec::new();
    let levels = [(8, 0.2), (5, 0.25), (3, 0.3), (8, 0.2), (4, 0.25)];
    let hours = levels.iter().flat_map(|(hours, seconds)| std::iter::repeat_n(*seconds, *hours));
    for (hour, seconds) in (0..).zip(hours) {
        if round(&store, seconds, hour, &mut random) > 0 {
            told.push(hour);
        }
    }
    // The first session of each rise, and no other.
    assert_eq!(told, [8, 13, 24]);
    assert_eq!(Alert::read_all(folder.path()).len(), 3);
}

#[test]
fn a_slow_session_that_the_next_one_does_not_confirm_is_no_alert() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let mut random = Random::new(3);
    for hour in 0..6 {
        assert_eq!(round(&store, 0.2, hour, &mut random), 0);
    }
    let mut slow = true;
    let round = watch_round::<BaselineError>(&store, &CheckOptions::default(), || {
        let seconds = if std::mem::take(&mut slow) { 0.4 } else { 0.2 };
        Ok(Bench { seconds, ..QUIET }.session("grid", 6, "abc", &mut random))
    });
    let round = round.unwrap();
    assert_eq!(round.checked.outcome(), Outcome::Regressed);
    assert_eq!(round.confirmed.unwrap().outcome(), Outcome::Passed);
    assert!(round.alerts.is_empty());
    assert_eq!(store.ids().unwrap().len(), 8);
}

#[test]
fn a_measure_that_gets_worse_alone_is_the_one_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let mut random = Random::new(4);
    for hour in 0..6 {
        round(&store, 0.2, hour, &mut random);
    }
    let mut larger = |_: ()| {
        let mut record = QUIET.session("grid", 6, "abc", &mut random);
        for run in &mut record.runs {
            run.sample.peak_bytes = run.sample.peak_bytes.map(|bytes| bytes * 3 / 2);
        }
        record
    };
    let record = larger(());
    let checked = check(&store.contents().unwrap(), &record, &CheckOptions::default()).unwrap();
    let word = |of| checked.gates.iter().find(|(m, _)| *m == of).unwrap().1.to_string();
    assert_eq!((word(Measure::Wall), word(Measure::Peak)), ("passed".into(), "regressed".into()));
    let time_alone = CheckOptions { measures: vec![Measure::Wall], ..CheckOptions::default() };
    let checked = check(&store.contents().unwrap(), &record, &time_alone).unwrap();
    assert_eq!(checked.outcome(), Outcome::Passed);
    let round = watch_round::<BaselineError>(&store, &CheckOptions::default(), || Ok(larger(())));
    let [alert] = &round.unwrap().alerts[..] else { panic!() };
    assert_eq!(alert.measure, Measure::Peak);
}

#[test]
fn sessions_of_other_machines_are_counted_and_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let mut random = Random::new(5);
    for hour in 0..4 {
        store.put(&QUIET.session("grid", hour, "abc", &mut random)).unwrap();
    }
    let elsewhere = Bench { cores: 96, seconds: 9.0, ..QUIET };
    let record = elsewhere.session("grid", 5, "abc", &mut random);
    let checked = check(&store.contents().unwrap(), &record, &CheckOptions::default()).unwrap();
    assert_eq!(checked.outcome(), Outcome::CouldNotMeasure);
    assert!(checked.gates.iter().all(|(_, gate)| *gate == Gate::NoBaseline { elsewhere: 4 }));
}

#[test]
fn a_commit_or_one_session_can_be_the_base_in_place_of_the_present_level() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let mut random = Random::new(6);
    let mut ids = Vec::new();
    for hour in 0..12 {
        let (commit, seconds) = if hour < 6 { ("aaaa", 0.2) } else { ("bbbb", 0.3) };
        let bench = Bench { seconds, ..QUIET };
        ids.push(store.put(&bench.session("grid", hour, commit, &mut random)).unwrap());
    }
    let now = Bench { seconds: 0.3, ..QUIET }.session("grid", 12, "cccc", &mut random);
    let against = |commit: Option<&str>| {
        let options =
            CheckOptions { against: commit.map(str::to_owned), ..CheckOptions::default() };
        check(&store.contents().unwrap(), &now, &options).unwrap().outcome()
    };
    assert_eq!(against(None), Outcome::Passed);
    assert_eq!(against(Some("bbbb")), Outcome::Passed);
    assert_eq!(against(Some("aaaa")), Outcome::Regressed);
    assert_eq!(against(Some("dddd")), Outcome::CouldNotMeasure);
    assert_eq!(against(Some(&ids[2][..10])), Outcome::Regressed);
}
