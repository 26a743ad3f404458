//! Leaks and what looks like them.

use backcast_lab::stats::{
    Growth, GrowthVerdict, Random, growth,
    simulation::{held, rate},
};

const LEAST: f64 = 64.0;

fn found(held: &[f64]) -> Growth {
    growth(held, LEAST, 0.95).unwrap()
}

#[test]
fn a_kilobyte_a_call_is_found_in_a_thousand_calls_and_measured() {
    let mut random = Random::new(1);
    let mut leaks = Vec::new();
    for _ in 0..100 {
        leaks.push(found(&held(1000, 1024.0, &mut random)));
    }
    assert!(rate(&leaks, |leak| leak.verdict == GrowthVerdict::Leak) >= 0.95);
    assert!(rate(&leaks, |leak| leak.per_repeat.contains(1024.0)) >= 0.93);
}

#[test]
fn a_clean_leak_is_measured_exactly() {
    let held: Vec<f64> = (0..400).map(|call| 5e6 + 1000.0 * f64::from(call)).collect();
    let leak = found(&held);
    assert_eq!(leak.verdict, GrowthVerdict::Leak);
    assert!((leak.per_repeat.estimate - 1000.0).abs() < 1e-6);
}

#[test]
fn a_cache_that_fills_once_is_steady_wherever_it_fills() {
    for filled_at in (0..1000).step_by(7) {
        let held: Vec<f64> =
            (0..1000).map(|call| if call >= filled_at { 9e6 } else { 1e6 }).collect();
        assert_ne!(found(&held).verdict, GrowthVerdict::Leak, "filled at {filled_at}");
    }
}

#[test]
fn a_cache_that_fills_slowly_and_then_stays_is_steady() {
    for full_at in [300, 500, 700, 800] {
        let held: Vec<f64> = (0..1000).map(|call| 1024.0 * f64::from(call.min(full_at))).collect();
        assert_eq!(found(&held).verdict, GrowthVerdict::Steady, "full at {full_at}");
    }
}

#[test]
fn memory_that_wanders_is_hardly_ever_a_leak() {
    let mut random = Random::new(2);
    let mut all = Vec::new();
    for _ in 0..400 {
        let mut now = 50e6;
        let mut step = || {
            now += 4e3 * random.normal();
            now
        };
        all.push(found(&(0..1000).map(|_| step()).collect::<Vec<f64>>()));
    }
    assert!(rate(&all, |one| one.verdict == GrowthVerdict::Leak) <= 0.05);
}

#[test]
fn growth_below_the_least_leak_is_steady_and_the_least_is_an_option() {
    let held: Vec<f64> = (0..400).map(|call| 10.0 * f64::from(call)).collect();
    assert_eq!(found(&held).verdict, GrowthVerdict::Steady);
    assert_eq!(growth(&held, 5.0, 0.95).unwrap().verdict, GrowthVerdict::Leak);
}

#[test]
fn too_few_repeats_and_bad_numbers_are_refused() {
    assert!(growth(&[1.0; 39], LEAST, 0.95).is_err());
    assert!(growth(&[1.0; 40], LEAST, 0.95).is_ok());
    assert!(growth(&[f64::NAN; 40], LEAST, 0.95).is_err());
    assert!(growth(&[1.0; 40], 0.0, 0.95).is_err());
}
