//! Delays: which are chosen, and what follows from totals with a known truth.

use backcast_lab::{
    advise::what_if::{Levels, Observation, SpanTime, fit},
    stats::{Random, StatsError},
};

use super::{WALL_NS, builder_of_spans, few, finished, path};
use backcast_lab::profile::Calls;

/// Runs of a program whose total waits for `critical` calls, on a machine that drifts and scatters by `noise`.
fn session(critical: f64, noise: f64, blocks: u32, random: &mut Random) -> Vec<Observation> {
    let whole = WALL_NS as f64;
    let mut runs = Vec::new();
    for block in 0..blocks {
        let machine = libm::exp(0.03 * random.normal());
        let levels = [1.0, 50_000.0, 100_000.0, 150_000.0];
        for delay_ns in levels.into_iter().chain(levels.into_iter().rev()) {
            let wall = (whole + critical * delay_ns) * machine;
            let wall_ns = wall * libm::exp(noise * random.normal());
            runs.push(Observation { block, delay_ns, wall_ns });
        }
    }
    runs
}

#[test]
fn without_noise_the_calls_that_count_are_found_exactly() {
    let mut random = Random::new(1);
    let runs = session(1000.0, 0.0, 3, &mut random);
    // 1,000 calls of 200 us in a second are a fifth of it.
    let found = fit(&runs, 200_000.0, 0.5, 0.95).unwrap();
    assert!((found.marginal_share.estimate - 0.2).abs() < 1e-9, "{found:?}");
    assert!((found.gain.estimate - 0.1).abs() < 1e-9 && found.blocks == 3);
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let mut random = Random::new(7);
    for critical in [0.0, 300.0, 2000.0] {
        let truth = critical * 200_000.0 / WALL_NS as f64;
        let mut held = 0;
        for _ in 0..400 {
            let runs = session(critical, 0.01, 6, &mut random);
            let found = fit(&runs, 200_000.0, 0.2, 0.95).unwrap();
            held += u32::from(found.marginal_share.contains(truth));
        }
        assert!((362..=396).contains(&held), "{held} of 400 hold {critical}");
    }
}

#[test]
fn one_block_or_one_delay_gives_no_answer() {
    let mut random = Random::new(1);
    let runs = session(10.0, 0.01, 1, &mut random);
    assert!(matches!(fit(&runs, 1.0, 0.2, 0.95), Err(StatsError::TooFew { .. })));
    let same: Vec<Observation> =
        runs.iter().map(|one| Observation { delay_ns: 5.0, ..*one }).collect();
    assert!(matches!(fit(&same, 1.0, 0.2, 0.95), Err(StatsError::Indistinct { .. })));
    assert!(matches!(fit(&runs, 1.0, 0.0, 0.95), Err(StatsError::Parameter { .. })));
}

#[test]
fn spans_of_one_name_are_added_up_and_those_inside_of_each_other_are_not_time_twice() {
    let calls = |count| Calls { count, ..few() };
    let paths = vec![
        path(None, "user.step", 100, calls(10)),
        path(Some(0), "user.step", 50, calls(30)),
        path(None, "user.rest", 200, calls(1)),
        path(Some(2), "user.step", 25, calls(10)),
    ];
    let spans = SpanTime::of(&finished(builder_of_spans(1, paths), &["./program"]));
    let step = spans.iter().find(|span| span.name == "user.step").unwrap();
    assert_eq!((step.calls, step.total_ns, step.threads), (50, 175_000_000, 1));
    assert!((step.share - 0.175).abs() < 1e-9);
}

#[test]
fn delays_add_a_fifth_of_the_time_to_a_thread_or_what_the_speed_up_saves() {
    let span = |total_ns| SpanTime {
        name: "user.step".to_owned(),
        calls: 2000,
        total_ns,
        threads: 2,
        share: 0.1,
    };
    let levels = Levels::of(&span(1_000_000), WALL_NS, 0.2, 0.2);
    assert_eq!(levels.delays_ns, [1, 66_667, 133_334, 200_001]);
    assert_eq!(levels.variable(3), "user.step=200001ns");
    let levels = Levels::of(&span(4_000_000_000), WALL_NS, 0.2, 0.2);
    assert_eq!(levels.delays_ns[3], 400_001, "a fifth of two milliseconds");
}
