//! Change points of made-up histories whose changes are known.

use backcast_lab::stats::{ChangeOptions, Changes, Random, StatsError, change_points, simulation};

fn history(levels: &[(usize, f64)], random: &mut Random) -> Vec<f64> {
    simulation::history(levels, 0.01, random)
}

fn found(values: &[f64], options: ChangeOptions) -> Changes {
    change_points(values, None, &options).unwrap()
}

fn places(changes: &Changes) -> Vec<usize> {
    changes.points.iter().map(|point| point.index).collect()
}

#[test]
fn a_shift_of_two_sigma_is_found_from_six_values_on() {
    let mut random = Random::new(1);
    for (before, after) in [(200, 6), (100, 8), (100, 20), (30, 30)] {
        let mut hits = 0;
        for _ in 0..500 {
            let values = history(&[(before, 1.0), (after, 1.02)], &mut random);
            let changes = found(&values, ChangeOptions::default());
            hits += u32::from(places(&changes).iter().any(|at| at.abs_diff(before) <= 5));
        }
        assert!(hits >= 450, "{before} + {after}: {hits} of 500");
    }
}

#[test]
fn a_history_without_a_change_has_less_than_one_in_a_thousand_values() {
    for (voting, least) in [(false, 3), (true, 3), (false, 6)] {
        let mut random = Random::new(2);
        let options = ChangeOptions { voting, least, ..ChangeOptions::default() };
        let mut alarms = 0;
        for _ in 0..60 {
            alarms += found(&history(&[(1000, 1.0)], &mut random), options).points.len();
        }
        assert!(alarms <= 60, "{options:?}: {alarms} in 60,000");
    }
}

#[test]
fn heavy_tails_raise_few_alarms_and_voting_fewer() {
    let alarms = |voting| {
        let mut random = Random::new(3);
        let options = ChangeOptions { voting, ..ChangeOptions::default() };
        let mut alarms = 0;
        for _ in 0..60 {
            // One session in twenty is disturbed by six sigma.
            let mut values = history(&[(1000, 1.0)], &mut random);
            for value in &mut values {
                *value *= if random.below(20) == 0 { 1.06 } else { 1.0 };
            }
            alarms += found(&values, options).points.len();
        }
        alarms
    };
    let (plain, voted) = (alarms(false), alarms(true));
    assert!(plain <= 60 && voted < plain, "{plain} {voted}");
}

#[test]
fn levels_are_told_with_their_places_and_ratios() {
    let mut random = Random::new(4);
    let values = history(&[(60, 5.0), (40, 5.5), (80, 4.0)], &mut random);
    let changes = found(&values, ChangeOptions::default());
    assert_eq!(places(&changes), [60, 100]);
    let [up, down] = &changes.points[..] else { panic!("{changes:?}") };
    assert!((up.ratio - 1.1).abs() < 0.01 && (down.ratio - 4.0 / 5.5).abs() < 0.01);
    assert!((up.before - 5.0).abs() < 0.02 && (up.after - 5.5).abs() < 0.02);
    assert!(up.p < 1e-10 && !changes.wanders);
}

#[test]
fn a_small_shift_shows_over_hundreds_of_values_though_no_window_sees_it() {
    let mut random = Random::new(5);
    let values = history(&[(400, 1.0), (400, 1.005)], &mut random);
    let at = places(&found(&values, ChangeOptions::default()));
    assert!(at.iter().any(|at| at.abs_diff(400) < 40), "{at:?}");
}

#[test]
fn a_single_far_value_is_no_change() {
    let mut random = Random::new(6);
    let mut values = history(&[(100, 1.0)], &mut random);
    values[50] = 1.5;
    values[99] = 1.5;
    assert!(found(&values, ChangeOptions::default()).points.is_empty());
}

#[test]
fn changes_below_the_minimum_are_not_told() {
    let mut random = Random::new(7);
    let values = history(&[(60, 1.0), (60, 1.03)], &mut random);
    let at = |minimum_change| {
        found(&values, ChangeOptions { minimum_change, ..ChangeOptions::default() }).points.len()
    };
    assert_eq!((at(0.0), at(0.01), at(0.05)), (1, 1, 0));
}

#[test]
fn a_strict_test_wants_more_than_a_lax_one() {
    let values = history(&[(30, 1.0), (6, 1.018)], &mut Random::new(8));
    let lax = ChangeOptions { strict_p: 0.01, ..ChangeOptions::default() };
    let strict = ChangeOptions { strict_p: 1e-9, ..ChangeOptions::default() };
    assert_eq!((found(&values, lax).points.len(), found(&values, strict).points.len()), (1, 0));
}

#[test]
fn noisy_values_weigh_less() {
    let mut random = Random::new(9);
    let mut values = history(&[(60, 1.0)], &mut random);
    // Six sessions on a busy machine.
    for value in &mut values[54..] {
        *value = 1.04 * (0.05 * random.normal()).exp();
    }
    let mut noise = vec![0.01; 60];
    assert_eq!(
        change_points(&values, Some(&noise), &ChangeOptions::default()).unwrap().points.len(),
        1
    );
    noise[54..].fill(0.5);
    let p = |noise: &[f64]| {
        let lax = ChangeOptions { strict_p: 0.5, weak_p: 0.5, ..ChangeOptions::default() };
        let changes = change_points(&values, Some(noise), &lax).unwrap();
        changes.points.iter().map(|point| point.p).fold(1.0, f64::min)
    };
    assert!(p(&noise) > p(&[0.01; 60]));
    assert!(matches!(
        change_points(&values, Some(&noise[1..]), &ChangeOptions::default()),
        Err(StatsError::Lengths { left: 60, right: 59, .. })
    ));
}

#[test]
fn a_history_that_wanders_is_called_so() {
    let mut random = Random::new(10);
    let mut level = 0.0;
    let wandering: Vec<f64> = (0..300)
        .map(|_| {
            level = 0.8 * level + 0.01 * random.normal();
            f64::exp(level)
        })
        .collect();
    let high = ChangeOptions { minimum_change: 0.2, ..ChangeOptions::default() };
    let changes = found(&wandering, high);
    assert!(changes.wanders && changes.autocorrelation > 0.5, "{changes:?}");
    let steady = found(&history(&[(300, 1.0), (300, 1.1)], &mut random), ChangeOptions::default());
    assert!(!steady.wanders && steady.autocorrelation.abs() < 0.15, "{steady:?}");
}

#[test]
fn short_and_equal_histories_have_no_change() {
    for n in 0..6 {
        assert!(found(&vec![1.0; n], ChangeOptions::default()).points.is_empty());
    }
    let equal = found(&[2.0; 100], ChangeOptions::default());
    assert_eq!((equal.points.len(), equal.autocorrelation), (0, 0.0));
    // Without any spread a step is certain.
    let step: Vec<f64> = (0..20).map(|i| if i < 12 { 1.0 } else { 2.0 }).collect();
    assert_eq!(places(&found(&step, ChangeOptions::default())), [12]);
}

#[test]
fn histories_without_logarithms_and_options_without_sense_are_refused() {
    let options = ChangeOptions::default();
    assert!(change_points(&[1.0, 0.0], None, &options).is_err());
    assert!(change_points(&[1.0, f64::NAN], None, &options).is_err());
    for bad in [
        ChangeOptions { strict_p: 0.0, ..options },
        ChangeOptions { least: 1, ..options },
        ChangeOptions { window: 5, ..options },
        ChangeOptions { minimum_change: f64::NAN, ..options },
    ] {
        assert!(change_points(&[1.0; 10], None, &bad).is_err(), "{bad:?}");
    }
}
