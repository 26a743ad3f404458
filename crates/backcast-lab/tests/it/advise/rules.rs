//! Planted faults, one for each rule over a profile, and programs without any.

use backcast_lab::{
    advise::{Context, Remedy, Rule, Thresholds, advise},
    optimize::Change,
    profile::{Calls, Profile, Repeated},
};

use super::{
    WALL_NS, advice, blind, builder_of_spans, cost, few, finished, only, path, python, silent,
    spans,
};

/// Work spread over five steps, each called a few times.
fn clean(command: &[&str]) -> Profile {
    let digests = Some(Repeated { distinct: 10, ..Repeated::default() });
    let calls = || Calls {
        allocations: 50,
        allocated_bytes: 4_000,
        freed_bytes: 4_000,
        repeated: digests,
        ..few()
    };
    let steps = ["data.load", "user.signals", "user.orders", "user.fills", "user.metrics"];
    spans(command, steps.map(|name| path(None, name, 190, calls())).into())
}

fn with(change: impl Fn(&mut Calls)) -> Profile {
    let mut calls = few();
    change(&mut calls);
    spans(
        &["./program"],
        vec![path(None, "user.step", 250, calls), path(None, "user.rest", 100, few())],
    )
}

#[test]
fn a_clean_program_gets_no_suggestion() {
    for command in [["./program"].as_slice(), &["/usr/bin/backcast", "sweep", "spec.toml"]] {
        let mut profile = clean(command);
        profile.python.push(python(10_000_000));
        let found = advice(&profile).suggestions;
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn repeated_identical_calls_are_found_with_the_time_they_took() {
    let repeated = Repeated { distinct: 2, repeated: 8, repeated_ns: 200_000_000 };
    let found = only(&with(|calls| calls.repeated = Some(repeated)), Rule::RepeatedCalls);
    assert_eq!(found.name, "repeated-calls@user.step");
    let gain = found.prediction.gain;
    assert!((gain.high - 0.2).abs() < 1e-9 && (gain.low - 0.1).abs() < 1e-9, "{gain:?}");
    assert!(found.evidence.contains("8 of 10 calls"), "{}", found.evidence);
    assert_eq!((found.place.path, found.place.line), (vec!["user.step".to_owned()], Some(1)));
}

#[test]
fn a_span_that_repeats_on_several_paths_is_one_finding_and_what_it_calls_is_part_of_it() {
    let of = |repeated_ns| Calls {
        repeated: Some(Repeated { distinct: 1, repeated: 9, repeated_ns }),
        ..few()
    };
    let paths = vec![
        path(None, "user.first", 100, few()),
        path(Some(0), "user.step", 80, of(100_000_000)),
        path(Some(1), "data.read", 90, of(80_000_000)),
        path(None, "user.second", 100, few()),
        path(Some(3), "user.step", 170, of(150_000_000)),
    ];
    let found = only(&spans(&["./program"], paths), Rule::RepeatedCalls);
    assert!(found.evidence.starts_with("18 of 20 calls"), "{}", found.evidence);
    assert_eq!(found.place.path, ["user.second", "user.step"], "where it takes longest");
    assert!((found.prediction.gain.high - 0.25).abs() < 1e-9, "{:?}", found.prediction);
}

#[test]
fn memory_that_comes_and_goes_is_churn_and_memory_that_stays_is_not() {
    let churn = |freed_bytes| {
        with(move |calls| {
            (calls.allocations, calls.allocated_bytes) = (2_000_000, 64_000_000);
            calls.freed_bytes = freed_bytes;
        })
    };
    let found = only(&churn(64_000_000), Rule::Allocations);
    let gain = found.prediction.gain;
    assert!((gain.low - 0.02).abs() < 1e-9 && (gain.high - 0.2).abs() < 1e-9, "{gain:?}");
    silent(&churn(0), Rule::Allocations);
}

#[test]
fn waits_for_locks_are_found_on_the_threads_that_wait() {
    let calls = Calls { lock_wait_ns: 400_000_000, ..few() };
    let paths = vec![path(None, "user.step", 900, calls), path(None, "user.rest", 900, few())];
    let profile = finished(builder_of_spans(2, paths), &["./program"]);
    let found = only(&profile, Rule::LockWaits);
    let gain = found.prediction.gain;
    assert_eq!(gain.low, 0.0, "another thread may be what all wait for");
    assert!((gain.high - 0.2).abs() < 1e-9, "shared by two threads: {gain:?}");
}

#[test]
fn a_collector_with_a_large_share_is_found_with_settings_to_try() {
    let mut profile = clean(&["python3", "x.py"]);
    profile.python.push(python(120_000_000));
    let found = only(&profile, Rule::Collector);
    assert!((found.prediction.gain.high - 0.12).abs() < 1e-9);
    assert!(
        matches!(&found.remedy, Remedy::Settings(changes) if matches!(changes[..], [Change::Python(_)]))
    );
}

#[test]
fn one_function_above_thirty_percent_is_found_and_one_below_is_not() {
    let share = |ms| spans(&["./program"], vec![path(None, "user.hot", ms, few())]);
    let found = only(&share(400), Rule::HighShare);
    assert!((found.prediction.gain.high - 0.4).abs() < 1e-9 && found.prediction.gain.low == 0.0);
    assert!(found.advice.contains("--what-if user.hot"));
    silent(&share(290), Rule::HighShare);
}

#[test]
fn many_short_calls_are_found_by_what_the_shortest_costs() {
    let called = |count| with(move |calls| (calls.count, calls.min_ns) = (count, 2_000));
    let found = only(&called(100_000), Rule::ManyCalls);
    assert!((found.prediction.gain.high - 0.2).abs() < 1e-9, "{:?}", found.prediction);
    silent(&called(1000), Rule::ManyCalls);
}

#[test]
fn more_than_a_hundred_megabytes_are_large() {
    let mut profile = clean(&["./program"]);
    profile.process.cost = Some(cost(250_000_000));
    let found = only(&profile, Rule::LargeMemory);
    assert!(found.evidence.contains("250 MB"), "{}", found.evidence);
    assert!((found.prediction.gain.high - 0.1).abs() < 1e-9, "time of the system");
    profile.process.cost = Some(cost(100_000_000));
    silent(&profile, Rule::LargeMemory);
}

#[test]
fn a_sweep_that_falls_back_says_why_it_did() {
    let paths = vec![
        path(None, "search.sweep", 10, few()),
        path(Some(0), "search.one_by_one", 5, few()),
        path(Some(1), "engine.run", 800, few()),
    ];
    let profile = spans(&["/usr/bin/backcast", "sweep", "spec.toml"], paths);
    let said = vec!["note: the event engine runs each set: entry_limit needs it".to_owned()];
    let found = advise(&profile, &Context { said, ..Context::default() }).suggestions;
    let found = found.iter().find(|one| one.rule == Rule::EventEngine).unwrap();
    assert!(found.evidence.ends_with("entry_limit needs it"), "{}", found.evidence);
    assert!(found.prediction.gain.high > 0.8);
    assert!(only(&profile, Rule::EventEngine).evidence.contains("does not hold it"));
}

#[test]
fn a_walk_forward_test_that_falls_back_is_found_by_its_notice() {
    let paths = vec![path(None, "search.train", 800, few())];
    let profile = spans(&["backcast", "walkforward", "spec.toml"], paths);
    silent(&profile, Rule::EventEngine);
    let said = vec!["note: the event engine runs each set: entry_limit needs it".to_owned()];
    let found = advise(&profile, &Context { said, ..Context::default() }).suggestions;
    assert!(found.iter().any(|one| one.rule == Rule::EventEngine));
}

#[test]
fn prices_read_from_text_at_each_start_belong_into_a_bundle() {
    let paths = || {
        vec![path(None, "store.read_csv", 100, few()), path(Some(0), "store.parse_csv", 300, few())]
    };
    let found = only(&spans(&["backcast", "sweep", "spec.toml"], paths()), Rule::TextFiles);
    assert_eq!(found.remedy, Remedy::Bundle);
    assert!((found.prediction.gain.high - 0.4).abs() < 1e-9);
    silent(&spans(&["backcast", "ingest", "a.csv"], paths()), Rule::TextFiles);
}

#[test]
fn a_sweep_on_one_of_four_processors_could_use_all() {
    let paths = vec![path(None, "search.compute", 800, few())];
    let sweep = |threads| ["backcast", "sweep", "spec.toml", "--threads", threads];
    let found = only(&spans(&sweep("1"), paths), Rule::FewThreads);
    assert!((found.prediction.gain.high - 0.6).abs() < 1e-9, "Amdahl: {:?}", found.prediction);
    let Remedy::Settings(changes) = found.remedy else { panic!("it is a setting") };
    let words = sweep("4").map(str::to_owned).to_vec();
    assert_eq!(changes, [Change::Command(words)]);
    silent(&spans(&sweep("4"), vec![path(None, "search.compute", 800, few())]), Rule::FewThreads);
}

#[test]
fn narrow_vectors_on_a_machine_with_wide_ones_are_found() {
    let paths = vec![path(None, "engine.simulate", 800, few())];
    let profile = spans(&["backcast", "sweep", "--isa", "sse2", "spec.toml"], paths);
    let found = only(&profile, Rule::VectorLevel);
    assert!((found.prediction.gain.high - 0.6).abs() < 1e-9, "{:?}", found.prediction);
    let Remedy::Settings(changes) = found.remedy else { panic!("it is a setting") };
    let words = ["backcast", "sweep", "spec.toml"].map(str::to_owned).to_vec();
    assert_eq!(changes, [Change::Command(words)]);
}

#[test]
fn a_strategy_of_callbacks_could_be_rules() {
    let paths = vec![path(None, "engine.drive", 250, few())];
    let found = only(&spans(&["./my_strategy"], paths), Rule::Callbacks);
    assert!(found.advice.contains("rules of a spec"));
}

#[test]
fn what_only_backcast_itself_could_change_is_told_as_its_own_work() {
    let churn = Calls {
        allocations: 2_000_000,
        allocated_bytes: 64_000_000,
        freed_bytes: 64_000_000,
        ..few()
    };
    let many = Calls { count: 100_000, min_ns: 2_000, ..few() };
    let paths = || {
        vec![
            path(None, "search.rows", 450, churn.clone()),
            path(None, "engine.fill", 200, many.clone()),
        ]
    };
    let ours = advice(&spans(&["/usr/bin/backcast", "sweep", "spec.toml"], paths()));
    let rules = |all: &[backcast_lab::advise::Suggestion]| {
        all.iter().map(|one| one.rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(&ours.suggestions), [Rule::HighShare]);
    assert!(ours.suggestions[0].advice.contains("fewer parameter sets"), "{:?}", ours.suggestions);
    assert_eq!(rules(&ours.own_work), [Rule::Allocations, Rule::ManyCalls]);
    let of_others = advice(&spans(&["./program"], paths()));
    assert_eq!((of_others.suggestions.len(), of_others.own_work.len()), (3, 0));
}

#[test]
fn calls_are_those_of_all_call_paths_in_each_rule() {
    let called = |count| Calls { count, min_ns: 50_000, max_ns: 90_000, ..few() };
    let paths = vec![
        path(None, "user.outer", 10, few()),
        path(None, "user.step", 400, called(4_000)),
        path(Some(0), "user.step", 300, called(3_000)),
    ];
    let profile = spans(&["./program"], paths);
    for rule in [Rule::HighShare, Rule::ManyCalls] {
        let found = only(&profile, rule);
        assert!(found.evidence.contains("7,000"), "{}", found.evidence);
    }
}

#[test]
fn thresholds_are_those_that_were_asked_for() {
    let profile = spans(&["./program"], vec![path(None, "user.hot", 200, few())]);
    let thresholds = Thresholds { high_share: 0.1, ..Thresholds::default() };
    let found = advise(&profile, &Context { thresholds, ..Context::default() }).suggestions;
    assert_eq!(found[0].rule, Rule::HighShare);
}

#[test]
fn a_rule_says_what_it_needs_and_did_not_find() {
    let mut nothing = finished(backcast_lab::profile::Builder::default(), &["true"]);
    nothing.process.cost = None;
    assert!(blind(&nothing, Rule::HighShare).contains("nothing inside"));
    assert!(blind(&nothing, Rule::RepeatedCalls).contains("digest"));
    assert!(blind(&nothing, Rule::Allocations).contains("Counting"));
    assert!(blind(&nothing, Rule::LockWaits).contains("spans"));
    assert!(blind(&nothing, Rule::ManyCalls).contains("sampling counts no calls"));
    assert!(blind(&nothing, Rule::Collector).contains("no Python"));
    assert!(blind(&nothing, Rule::RepeatedPreparation).contains("no Python"));
    assert!(blind(&nothing, Rule::LargeMemory).contains("not known"));
    assert_eq!(nothing.wall_ns, WALL_NS);
}
