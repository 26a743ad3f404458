//! Ratios of many machines, and runs that were not taken in turns.

use backcast_lab::stats::{
    Criteria, Interval, Random, Verdict, compare_unpaired, merge_ratios,
    simulation::{Misses, rate},
};

fn from_log(estimate: f64, error: f64) -> Interval {
    let log = Interval {
        estimate,
        low: estimate - 1.959963984540054 * error,
        high: estimate + 1.959963984540054 * error,
        level: 0.95,
    };
    log.map(f64::exp)
}

#[test]
fn machines_that_agree_make_the_ratio_surer() {
    let one = from_log(-0.1, 0.02);
    let merged = merge_ratios(&[one; 4]).unwrap();
    assert!((merged.ratio.estimate - one.estimate).abs() < 1e-12);
    assert!(merged.ratio.half_width() < one.half_width());
    assert_eq!((merged.between, merged.inconsistency, merged.machines), (0.0, 0.0, 4));
    assert!(merged.same_p > 0.99);
    assert_eq!(merge_ratios(&[one]).unwrap().ratio, one);
}

#[test]
fn the_estimate_is_that_of_dersimonian_and_laird() {
    // By hand: weights 100, 25, 44.44; Q = 7.5246; tau^2 = 0.05077.
    let studies = [from_log(0.1, 0.1), from_log(0.5, 0.2), from_log(-0.2, 0.15)];
    let merged = merge_ratios(&studies).unwrap();
    let weights = [100.0, 25.0, 1.0 / 0.0225];
    let x = [0.1, 0.5, -0.2];
    let total: f64 = weights.iter().sum();
    let mean = weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() / total;
    let q = weights.iter().zip(x).map(|(w, x)| w * (x - mean).powi(2)).sum::<f64>();
    let between = (q - 2.0) / (total - weights.iter().map(|w| w * w).sum::<f64>() / total);
    assert!((merged.between - between.sqrt()).abs() < 1e-9, "{merged:?}");
    assert!((merged.inconsistency - (q - 2.0) / q).abs() < 1e-9);
    assert!((merged.same_p - (-q / 2.0).exp()).abs() < 1e-9);
    let random = [0.01, 0.04, 0.0225].map(|variance| 1.0 / (variance + between));
    let wanted = random.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() / random.iter().sum::<f64>();
    assert!((merged.ratio.estimate.ln() - wanted).abs() < 1e-9);
}

#[test]
fn the_order_of_machines_changes_nothing_that_matters() {
    let studies = [from_log(0.1, 0.1), from_log(0.5, 0.2), from_log(-0.2, 0.15)];
    let forth = merge_ratios(&studies).unwrap().ratio;
    let back = merge_ratios(&[studies[2], studies[0], studies[1]]).unwrap().ratio;
    assert!((forth.low - back.low).abs() < 1e-12 && (forth.high - back.high).abs() < 1e-12);
}

#[test]
fn the_merged_interval_covers_the_truth_when_machines_differ() {
    let mut random = Random::new(1);
    let mut merged = Vec::new();
    for _ in 0..1000 {
        let studies: Vec<Interval> = (0..5)
            .map(|_| from_log(-0.05 + 0.03 * random.normal() + 0.02 * random.normal(), 0.02))
            .collect();
        merged.push(merge_ratios(&studies).unwrap().ratio);
    }
    let misses = Misses::of(merged, (-0.05f64).exp());
    assert!(misses.total() < 0.07, "{misses:?}");
}

#[test]
fn merges_without_a_meaning_are_refused() {
    let one = from_log(0.0, 0.1);
    assert!(merge_ratios(&[]).is_err());
    assert!(merge_ratios(&[one, Interval { level: 0.9, ..one }]).is_err());
    assert!(merge_ratios(&[one, Interval { low: 1.0, high: 1.0, ..one }]).is_err());
    assert!(merge_ratios(&[one, Interval { low: -1.0, ..one }]).is_err());
}

fn runs(n: usize, mean: f64, random: &mut Random) -> Vec<f64> {
    (0..n).map(|_| mean * (0.02 * random.normal()).exp()).collect()
}

#[test]
fn unpaired_runs_are_compared_with_few_false_alarms_and_some_power() {
    let mut random = Random::new(2);
    let criteria = Criteria::default();
    let mut compared = |ratio: f64| {
        (0..500)
            .map(|_| {
                let (base, now) =
                    (runs(10, 100.0, &mut random), runs(12, 100.0 * ratio, &mut random));
                compare_unpaired(&base, &now, &criteria).unwrap()
            })
            .collect::<Vec<_>>()
    };
    let equal = compared(1.0);
    let alarm = |c: &backcast_lab::stats::UnpairedComparison| {
        matches!(c.verdict, Verdict::Faster | Verdict::Slower)
    };
    assert!(rate(&equal, alarm) <= 0.065, "{}", rate(&equal, alarm));
    let misses = Misses::of(equal.iter().map(|c| c.ratio), 1.0);
    assert!((0.03..0.075).contains(&misses.total()), "{misses:?}");
    let slower = compared(1.05);
    assert!(rate(&slower, |c| c.verdict == Verdict::Slower) > 0.95);
    assert!(slower.iter().all(|c| c.base == 10 && c.candidate == 12));
}

#[test]
fn one_far_value_makes_no_difference_of_unpaired_runs() {
    let base = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2];
    let far = [100.1, 100.9, 99.1, 100.4, 99.6, 900.0];
    let found = compare_unpaired(&base, &far, &Criteria::default()).unwrap();
    assert!(matches!(found.verdict, Verdict::Inconclusive { .. }), "{found:?}");
    assert!(compare_unpaired(&base, &[1.0], &Criteria::default()).is_err());
    assert!(compare_unpaired(&base, &[1.0, 0.0], &Criteria::default()).is_err());
}
