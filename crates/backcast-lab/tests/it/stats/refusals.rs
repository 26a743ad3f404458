//! Input without an answer is refused by name; no NaN comes out.

use backcast_lab::stats::{
    Criteria, Looks, Pair, StatsError, Summary, benjamini_hochberg, bootstrap_interval,
    compare_pairs, mann_whitney, median_interval, noise_floor, outliers, percentile,
    student_interval, wilcoxon_signed_rank,
};

const BAD: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

#[test]
fn a_value_that_is_no_number_is_named_with_its_place() {
    for bad in BAD {
        let values = [1.0, 2.0, bad, 3.0];
        let at = |error: StatsError| {
            let StatsError::NotFinite { index, .. } = error else { panic!("{error}") };
            index
        };
        assert_eq!(at(Summary::of(&values).unwrap_err()), 2);
        assert_eq!(at(percentile(&values, 0.5).unwrap_err()), 2);
        assert_eq!(at(outliers(&values).unwrap_err()), 2);
        assert_eq!(at(student_interval(&values, 0.95).unwrap_err()), 2);
        assert_eq!(at(median_interval(&values, 0.95).unwrap_err()), 2);
        assert_eq!(at(wilcoxon_signed_rank(&values).unwrap_err()), 2);
        assert_eq!(at(mann_whitney(&[1.0], &values).unwrap_err()), 2);
        assert_eq!(at(benjamini_hochberg(&values).unwrap_err()), 2);
    }
}

#[test]
fn no_values_and_too_few_are_told_apart_from_a_result() {
    assert!(matches!(Summary::of(&[]), Err(StatsError::TooFew { needed: 1, found: 0, .. })));
    assert!(matches!(student_interval(&[1.0], 0.95), Err(StatsError::TooFew { needed: 2, .. })));
    assert!(matches!(median_interval(&[], 0.95), Err(StatsError::TooFew { .. })));
    assert!(wilcoxon_signed_rank(&[]).is_err() && mann_whitney(&[], &[1.0]).is_err());
    let one = |_: &[usize]| 1.0;
    assert!(bootstrap_interval(1, one, 0.95, 1000, 1).is_err());
    assert!(bootstrap_interval(5, |_| f64::NAN, 0.95, 1000, 1).is_err());
}

#[test]
fn pairs_without_a_logarithm_are_refused() {
    let pair = |block, base, candidate| Pair { block, base, candidate };
    for bad in [0.0, -1.0] {
        let pairs = [pair(0, 1.0, 1.0), pair(1, 1.0, bad)];
        let error = compare_pairs(&pairs, &Criteria::default()).unwrap_err();
        assert!(matches!(error, StatsError::NotPositive { index: 1, .. }), "{error}");
        assert!(noise_floor(&pairs, &Criteria::default()).is_err());
    }
    for bad in BAD {
        let pairs = [pair(0, bad, 1.0), pair(1, 1.0, 1.0)];
        let error = compare_pairs(&pairs, &Criteria::default()).unwrap_err();
        assert!(matches!(error, StatsError::NotFinite { index: 0, .. }), "{error}");
    }
}

#[test]
fn one_block_is_no_comparison_however_many_pairs_it_has() {
    let pairs = [Pair { block: 3, base: 1.0, candidate: 1.1 }; 20];
    let error = compare_pairs(&pairs, &Criteria::default()).unwrap_err();
    assert!(matches!(error, StatsError::TooFew { needed: 2, found: 1, .. }), "{error}");
    assert!(compare_pairs(&[], &Criteria::default()).is_err());
}

#[test]
fn parameters_out_of_range_are_refused() {
    let pairs =
        [0, 1].map(|block| Pair { block, base: 1.0, candidate: 1.0 + f64::from(block) * 0.1 });
    let good = Criteria::default();
    assert!(compare_pairs(&pairs, &good).is_ok());
    for bad in [
        Criteria { level: 1.0, ..good },
        Criteria { level: f64::NAN, ..good },
        Criteria { minimum_effect: -0.01, ..good },
        Criteria { within: 0.0, ..good },
        Criteria { resamples: 10, ..good },
    ] {
        let error = compare_pairs(&pairs, &bad).unwrap_err();
        assert!(matches!(error, StatsError::Parameter { .. }), "{error}");
    }
    assert!(percentile(&[1.0], 1.5).is_err() && student_interval(&[1.0, 2.0], 0.0).is_err());
    assert!(Looks::new(&[], 0.95).is_err() && Looks::new(&[10, 10], 0.95).is_err());
    assert!(benjamini_hochberg(&[0.5, 1.5]).is_err());
}
