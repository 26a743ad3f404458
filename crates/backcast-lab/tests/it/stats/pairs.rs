//! Verdicts of sessions made up by hand or from a seed.

use backcast_lab::stats::{
    Comparison, Criteria, Label, Method, Pair, Random, Verdict, compare_pairs, noise_floor,
    noise_floor_of_equals,
};

/// Blocks `A B B A` of 100 ms runs: the candidate takes `ratio` as long, each run spreads by `cv`, each block by 5 %.
pub(crate) fn session(blocks: u32, ratio: f64, cv: f64, seed: u64) -> Vec<Pair> {
    let mut random = Random::new(seed);
    let mut pairs = Vec::new();
    for block in 0..blocks {
        let machine = 100.0 * (0.05 * random.normal()).exp();
        for _ in 0..2 {
            let base = machine * (cv * random.normal()).exp();
            let candidate = machine * ratio * (cv * random.normal()).exp();
            pairs.push(Pair { block, base, candidate });
        }
    }
    pairs
}

fn compared(pairs: &[Pair], criteria: Criteria) -> Comparison {
    compare_pairs(pairs, &criteria).unwrap()
}

#[test]
fn what_takes_less_is_faster_and_what_takes_more_is_slower() {
    let faster = compared(&session(12, 0.9, 0.01, 1), Criteria::default());
    assert_eq!(faster.verdict, Verdict::Faster);
    assert!(faster.ratio.contains(0.9) && faster.ratio.high < 0.92, "{:?}", faster.ratio);
    assert!(faster.median_ratio.unwrap().contains(0.9));
    assert!(faster.wilcoxon_p < 0.001 && faster.equivalence_p > 0.99);
    assert_eq!((faster.pairs, faster.blocks, faster.pairs_needed), (24, 12, None));
    let slower = compared(&session(12, 1.1, 0.01, 1), Criteria::default());
    assert_eq!(slower.verdict, Verdict::Slower);
}

#[test]
fn few_blocks_use_student_and_many_the_bootstrap() {
    let method = |blocks| compared(&session(blocks, 1.0, 0.01, 2), Criteria::default()).method;
    assert_eq!([method(2), method(9)], [Method::StudentT; 2]);
    assert_eq!(method(10), Method::ExpandedBootstrap);
}

#[test]
fn equal_programs_with_little_noise_are_equivalent_within_the_margin() {
    let pairs = session(20, 1.0, 0.005, 3);
    let criteria = Criteria { level: 0.99, ..Criteria::default() };
    assert_eq!(compared(&pairs, criteria).verdict, Verdict::Equivalent { within: 0.01 });
    let narrow = Criteria { within: 0.0005, ..criteria };
    assert!(matches!(compared(&pairs, narrow).verdict, Verdict::Inconclusive { .. }));
}

#[test]
fn a_noisy_session_is_inconclusive_and_tells_how_many_pairs_decide() {
    let few: Vec<Pair> = (0u32..)
        .zip([0.94, 1.07, 0.95, 1.05, 1.0])
        .map(|(block, candidate)| Pair { block, base: 1.0, candidate })
        .collect();
    let found = compared(&few, Criteria::default());
    let Verdict::Inconclusive { pairs_needed } = found.verdict else {
        panic!("{:?}", found.verdict)
    };
    assert_eq!(found.pairs_needed, Some(pairs_needed));
    assert!(pairs_needed > 10, "{pairs_needed}");
    let coarse = compared(&few, Criteria { within: 0.02, ..Criteria::default() });
    assert!(coarse.pairs_needed.unwrap() < pairs_needed);
}

#[test]
fn a_difference_below_the_minimum_effect_is_no_verdict() {
    let pairs = session(40, 0.98, 0.01, 5);
    let at = |minimum_effect| {
        compared(&pairs, Criteria { minimum_effect, ..Criteria::default() }).verdict
    };
    assert_eq!(at(0.0), Verdict::Faster);
    assert_eq!(at(0.01), Verdict::Faster);
    assert!(matches!(at(0.02), Verdict::Inconclusive { .. }));
    let wide = Criteria { minimum_effect: 0.05, within: 0.05, ..Criteria::default() };
    assert_eq!(compared(&pairs, wide).verdict, Verdict::Equivalent { within: 0.05 });
}

#[test]
fn a_higher_level_widens_the_interval_and_another_seed_moves_it_a_little() {
    let pairs = session(15, 1.0, 0.02, 6);
    let at = |level, seed| compared(&pairs, Criteria { level, seed, ..Criteria::default() }).ratio;
    assert!(at(0.99, 1).half_width() > at(0.95, 1).half_width());
    assert_eq!(at(0.95, 1), at(0.95, 1));
    assert_ne!(at(0.95, 1), at(0.95, 2));
    assert!((at(0.95, 1).half_width() / at(0.95, 2).half_width() - 1.0).abs() < 0.05);
}

#[test]
fn the_order_of_blocks_changes_student_by_no_bit_and_the_unit_changes_nothing() {
    let pairs = session(8, 0.97, 0.02, 7);
    let mut backwards = pairs.clone();
    backwards.sort_by_key(|pair| std::cmp::Reverse(pair.block));
    let here = compared(&pairs, Criteria::default());
    assert_eq!(here.ratio, compared(&backwards, Criteria::default()).ratio);
    let scaled: Vec<Pair> = pairs
        .iter()
        .map(|p| Pair { base: p.base * 1e6, candidate: p.candidate * 1e6, ..*p })
        .collect();
    let scaled = compared(&scaled, Criteria::default()).ratio;
    assert!((scaled.low / here.ratio.low - 1.0).abs() < 1e-12);
}

#[test]
fn a_machine_that_slows_down_evenly_makes_no_difference() {
    // Runs 0, 1, 2, ... each take 2 % longer than the one before; the programs are equal.
    let pair = |block: u32, first: u32, swapped: bool| {
        let [early, late] = [first, first + 1].map(|run| 100.0 * 1.02f64.powi(run as i32));
        if swapped {
            Pair { block, base: late, candidate: early }
        } else {
            Pair { block, base: early, candidate: late }
        }
    };
    let pairs: Vec<Pair> =
        (0..6).flat_map(|b| [pair(b, 4 * b, false), pair(b, 4 * b + 2, true)]).collect();
    let found = compared(&pairs, Criteria::default());
    assert!((found.ratio.estimate - 1.0).abs() < 1e-12);
    assert_eq!(found.verdict, Verdict::Equivalent { within: 0.01 });
}

#[test]
fn only_pairs_hit_on_both_sides_are_left_out_and_both_estimates_are_told() {
    let mut pairs = session(10, 1.0, 0.01, 8);
    for pair in &mut pairs {
        pair.base *= 100.0 / pair.base.min(pair.candidate).max(90.0);
    }
    pairs[3].base *= 4.0;
    pairs[3].candidate *= 5.0;
    pairs[8].candidate *= 3.0;
    let found = compared(&pairs, Criteria::default());
    assert_eq!(found.outliers.both, [3]);
    assert_eq!(found.outliers.candidate[8], Label::HighSevere);
    assert!(!found.outliers.base[8].is_outlier());
    let without = found.outliers.ratio_without.unwrap();
    assert!(without.estimate < found.ratio.estimate);
    assert_eq!(
        compared(&session(10, 1.0, 0.01, 9), Criteria::default()).outliers.ratio_without,
        None
    );
}

#[test]
fn programs_of_equal_cost_to_the_bit_are_equivalent() {
    let pairs: Vec<Pair> = (0..4).map(|block| Pair { block, base: 7.0, candidate: 7.0 }).collect();
    let found = compared(&pairs, Criteria::default());
    assert_eq!(found.verdict, Verdict::Equivalent { within: 0.01 });
    assert_eq!((found.ratio.low, found.ratio.high, found.wilcoxon_p), (1.0, 1.0, 1.0));
}

#[test]
fn a_noise_floor_grows_with_the_noise_and_an_effect_does_not_raise_it() {
    let floor = |ratio, cv| noise_floor(&session(20, ratio, cv, 10), &Criteria::default()).unwrap();
    let (quiet, loud, slower) = (floor(1.0, 0.005), floor(1.0, 0.05), floor(1.5, 0.005));
    assert!(quiet.floor < 0.005 && loud.floor > 0.01, "{quiet:?} {loud:?}");
    assert!((slower.floor - quiet.floor).abs() < 1e-9);
    assert_eq!(quiet.units, 20);
}

#[test]
fn a_threshold_below_the_noise_floor_cannot_gate() {
    let floor = noise_floor(&session(20, 1.0, 0.03, 11), &Criteria::default()).unwrap();
    assert!(floor.passed && floor.can_gate(0.05) && !floor.can_gate(0.001), "{floor:?}");
}

#[test]
fn a_slot_that_is_always_slow_does_not_raise_the_floor() {
    let mut pairs = session(20, 1.0, 0.005, 12);
    for first in pairs.iter_mut().step_by(2) {
        first.base *= 1.2;
    }
    let floor = noise_floor(&pairs, &Criteria::default()).unwrap();
    assert!(floor.passed && floor.floor < 0.005, "{floor:?}");
}

#[test]
fn a_session_of_equals_that_differ_fails_its_check() {
    let floor = noise_floor_of_equals(&session(10, 1.05, 0.005, 13), &Criteria::default()).unwrap();
    assert!(!floor.passed && !floor.can_gate(1.0), "{floor:?}");
    let floor = noise_floor_of_equals(&session(10, 1.0, 0.005, 13), &Criteria::default()).unwrap();
    assert!(floor.passed && floor.can_gate(0.02), "{floor:?}");
}
