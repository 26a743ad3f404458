//! Claims about time: shares of spans, what time is made of, gains from files.

use std::{fs, path::PathBuf};

use backcast_lab::{
    bench::{Record, RecordedCommand, Run, Session, Source, export},
    child::{Exit, Sample},
    claims::{Caution, ClaimError, RunShare, SpanShare, parts, read_gain, weigh_gain, weigh_share},
    profile::Profile,
    stats::{Criteria, Random, ShareVerdict},
};

use super::profile::{example, span};

fn share(name: &str) -> SpanShare {
    SpanShare { span: name.to_owned(), of: None, own: false }
}

fn found(meant: &SpanShare, profile: &Profile) -> f64 {
    meant.in_profile(profile).unwrap().share
}

#[test]
fn a_share_is_of_all_time_or_of_a_span_and_a_recursion_counts_once() {
    let profile = example();
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    near(found(&share("engine.run"), &profile), 0.75);
    near(found(&share("engine.fill_orders"), &profile), 0.3);
    near(found(&SpanShare { own: true, ..share("engine.run") }, &profile), 0.3);
    let of = SpanShare { of: Some("engine.run".to_owned()), ..share("engine.fill_orders") };
    near(found(&of, &profile), 0.4);
    near(found(&share("engine.*"), &profile), 0.75);
    near(found(&share("*"), &profile), 1.0);
}

#[test]
fn own_shares_of_a_span_add_up_and_shares_with_all_below_do_not() {
    let parts = parts(&example(), "engine.run").unwrap();
    let sum = |of: fn(&backcast_lab::claims::Part) -> f64| parts.iter().map(of).sum::<f64>();
    assert_eq!(parts[0].name, "engine.run");
    assert!((sum(|part| part.own) - 1.0).abs() < 1e-12);
    assert!(sum(|part| part.total) > 1.5, "cumulative shares hold each other");
    let fills = parts.iter().find(|part| part.name == "engine.fill_orders").unwrap();
    assert!((fills.own - 0.4).abs() < 1e-9 && (fills.total - 0.4).abs() < 1e-9, "{fills:?}");
    assert_eq!(fills.calls, 20);
}

#[test]
fn a_name_that_is_not_there_is_refused_with_those_that_are() {
    let profile = example();
    match share("engine.fil_orders").in_profile(&profile) {
        Err(ClaimError::UnknownSpan { known, .. }) => {
            assert!(known.contains(&"engine.fill_orders".to_owned()), "{known:?}");
            assert!(!known.contains(&"main".to_owned()), "a thread is no span");
        }
        other => panic!("{other:?}"),
    }
    let beside = SpanShare { of: Some("data.load".to_owned()), ..share("engine.run") };
    assert!(matches!(beside.in_profile(&profile), Err(ClaimError::NotInside { .. })));
    let whole = SpanShare { of: Some("data.lod".to_owned()), ..share("engine.run") };
    assert!(matches!(whole.in_profile(&profile), Err(ClaimError::UnknownSpan { .. })));
    assert!(parts(&profile, "nothing").is_err());
    let empty = super::profile::profile(1000, &[]);
    assert!(matches!(share("x").in_profile(&empty), Err(ClaimError::NoSamples { .. })));
    let idle = super::profile::profile(1000, &[span(1, None, "idle", 0)]);
    assert_eq!(found(&share("idle"), &idle), 0.0);
}

fn runs(shares: &[f64]) -> Vec<RunShare> {
    shares.iter().map(|share| RunShare { share: *share, samples: None }).collect()
}

#[test]
fn several_runs_confirm_refute_or_leave_open() {
    let verdict = |shares: &[f64]| weigh_share(&runs(shares), 0.615, 0.05, 0.95).unwrap().verdict;
    assert_eq!(verdict(&[0.61, 0.62, 0.60, 0.61]), ShareVerdict::Confirmed);
    assert_eq!(verdict(&[0.10, 0.11, 0.12, 0.11]), ShareVerdict::Refuted);
    assert_eq!(verdict(&[0.45, 0.60, 0.75]), ShareVerdict::Unproven);
    assert!(weigh_share(&[], 0.5, 0.05, 0.95).is_err());
    assert!(weigh_share(&runs(&[0.5]), 61.5, 0.05, 0.95).is_err(), "a share beyond 100 %");
    assert!(weigh_share(&runs(&[0.5, 0.5]), 0.5, 0.0, 0.95).is_err());
    let high = weigh_share(&runs(&[0.99, 1.0, 0.97]), 0.98, 0.05, 0.95).unwrap();
    assert!(high.measured.unwrap().high <= 1.0);
}

#[test]
fn one_run_proves_nothing_unless_it_was_sampled() {
    let exact = weigh_share(&runs(&[0.615]), 0.615, 0.05, 0.95).unwrap();
    assert_eq!((exact.verdict, exact.caution), (ShareVerdict::Unproven, Some(Caution::SingleRun)));
    let sampled = |hits, all| {
        let share = hits as f64 / all as f64;
        let run = RunShare { share, samples: Some((hits, all)) };
        weigh_share(&[run], 0.615, 0.05, 0.95).unwrap()
    };
    assert_eq!(sampled(615, 1000).verdict, ShareVerdict::Confirmed);
    assert_eq!(sampled(6, 10).verdict, ShareVerdict::Unproven);
    assert_eq!(sampled(10, 1000).verdict, ShareVerdict::Refuted);
    assert_eq!(sampled(615, 1000).caution, Some(Caution::SamplesOfOneRun));
    // What is measured is the share of the run, whose samples stand for times that differ.
    let run = RunShare { share: 0.8785, samples: Some((18, 22)) };
    let measured = weigh_share(&[run], 0.87, 0.2, 0.95).unwrap().measured.unwrap();
    assert!(measured.estimate == 0.8785 && measured.contains(0.8785), "{measured:?}");
}

/// A record of runs in blocks of two, with a spread of half a percent.
fn record(name: &str, middle: f64, runs: u32, seed: u64) -> Record {
    let command = RecordedCommand { name: name.to_owned(), argv: Vec::new(), env: Vec::new() };
    let mut record = Record::new(command, "2026-11-28T00:00:00Z".to_owned(), Source::Backcast);
    let mut random = Random::new(seed);
    record.runs = (0..runs)
        .map(|run| Run {
            block: run / 2,
            slot: run % 2,
            sample: Sample {
                exit: Exit::Code(0),
                wall_ns: (middle * (1.0 + 0.005 * random.normal())) as u64,
                user_ns: 0,
                system_ns: 0,
                peak_bytes: None,
                peak_floor_bytes: None,
                tree_peak_bytes: None,
                voluntary_switches: 0,
                involuntary_switches: 0,
                minor_faults: 0,
                major_faults: 0,
                block_reads: 0,
                block_writes: 0,
                left_over: 0,
            },
        })
        .collect();
    record
}

fn file(folder: &tempfile::TempDir, name: &str, sessions: &[Session]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, export::json(sessions)).unwrap();
    path
}

/// A session of both in blocks.
fn session(after: f64, runs: u32) -> Session {
    let base = record("before", 1e8, runs, 1);
    Session { base: Some(base), ..Session::of_import(record("after", after, runs, 2)) }
}

#[test]
fn a_gain_is_judged_by_the_pairs_of_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let criteria = Criteria::default();
    let verdict = |session: Session, gain: f64| {
        let claim = read_gain(&file(&folder, "s.json", &[session]), None, &criteria).unwrap();
        let found = weigh_gain(gain, 0.02, &claim, &criteria).unwrap();
        (found.verdict, found.evidence.faults, claim.doubts)
    };
    let (confirmed, faults, doubts) = verdict(session(0.92e8, 24), 0.08);
    assert_eq!(confirmed, ShareVerdict::Confirmed, "{faults:?} {doubts:?}");
    assert_eq!(verdict(session(0.92e8, 24), 0.2).0, ShareVerdict::Refuted);
    assert_eq!(verdict(session(1.0e8, 24), 0.08).0, ShareVerdict::Refuted);
    // No difference is no proof of a small one.
    assert_eq!(verdict(session(1.0e8, 24), 0.01).0, ShareVerdict::Unproven);
    let (few, _, doubts) = verdict(session(0.92e8, 4), 0.08);
    assert_eq!(few, ShareVerdict::Unproven, "nothing was compared with itself: {doubts:?}");
}

#[test]
fn two_files_of_two_days_prove_nothing_and_files_of_means_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let criteria = Criteria::default();
    let alone = |name: &str, middle: f64| {
        file(&folder, name, &[Session::of_import(record(name, middle, 20, 3))])
    };
    let (before, after) = (alone("before.json", 5.21e9), alone("after.json", 4.79e9));
    let claim = read_gain(&before, Some(&after), &criteria).unwrap();
    let found = weigh_gain(0.081, 0.02, &claim, &criteria).unwrap();
    assert_eq!((found.verdict, found.measured), (ShareVerdict::Unproven, None));
    let one = read_gain(&before, None, &criteria).unwrap();
    let nothing_before = weigh_gain(0.081, 0.02, &one, &criteria).unwrap();
    assert_eq!(nothing_before.verdict, ShareVerdict::Unproven);

    let means = folder.path().join("means.json");
    fs::write(&means, r#"{"before": {"mean": 5.21}, "after": {"mean": 4.79}}"#).unwrap();
    assert!(matches!(read_gain(&means, None, &criteria), Err(ClaimError::Bench(_))));
    let hyperfine = r#"{"results": [{"command": "x", "mean": 5.21, "stddev": 0.1}]}"#;
    fs::write(&means, hyperfine).unwrap();
    assert!(matches!(read_gain(&means, None, &criteria), Err(ClaimError::Bench(_))));
    let missing = read_gain(&folder.path().join("none.json"), None, &criteria);
    assert!(matches!(missing, Err(ClaimError::Bench(_))));
    let two = file(&folder, "two.json", &[session(0.9e8, 8), session(0.9e8, 8)]);
    match read_gain(&two, None, &criteria) {
        Err(ClaimError::Sessions { found, .. }) => assert_eq!(found, 2),
        other => panic!("{other:?}"),
    }
}
