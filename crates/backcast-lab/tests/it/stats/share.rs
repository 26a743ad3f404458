//! Shares found by sampling, and claims about them.

use backcast_lab::stats::{
    Interval, Random, ShareVerdict, judge_share, samples_for_share, share_interval,
    simulation::Misses,
};

#[test]
fn a_share_has_the_interval_of_wilson() {
    // R: prop.test(15, 148, correct = FALSE) gives 0.0624 to 0.1605.
    let found = share_interval(15, 148, 0.95).unwrap();
    assert!((found.low - 0.0624).abs() < 5e-5 && (found.high - 0.1605).abs() < 5e-5, "{found:?}");
    let none = share_interval(0, 100, 0.95).unwrap();
    assert_eq!((none.low, none.estimate), (0.0, 0.0));
    assert!((0.03..0.04).contains(&none.high), "{none:?}");
    assert_eq!(share_interval(7, 7, 0.95).unwrap().high, 1.0);
}

#[test]
fn half_a_percent_within_a_fifth_takes_nineteen_thousand_samples() {
    assert_eq!(samples_for_share(0.005, 0.2, 0.95).unwrap(), 19_112);
    assert_eq!(samples_for_share(0.005, 0.1, 0.95).unwrap(), 76_446);
    let mut random = Random::new(1);
    let mut found = Vec::new();
    for _ in 0..200 {
        let hits = (0..19_112).filter(|_| random.unit() < 0.005).count();
        let share = share_interval(hits as u64, 19_112, 0.95).unwrap();
        assert!(share.half_width() < 0.0014);
        found.push(share);
    }
    let misses = Misses::of(found, 0.005);
    assert!(misses.total() < 0.09, "{misses:?}");
}

#[test]
fn a_claim_is_confirmed_refuted_or_unproven() {
    let between = |low, high| Interval { estimate: 0.5 * (low + high), low, high, level: 0.95 };
    let judge = |low, high| judge_share(0.615, 0.05, &between(low, high)).unwrap();
    assert_eq!(judge(0.58, 0.64), ShareVerdict::Confirmed);
    assert_eq!(judge(0.30, 0.56), ShareVerdict::Refuted);
    assert_eq!(judge(0.67, 0.80), ShareVerdict::Refuted);
    assert_eq!(judge(0.50, 0.60), ShareVerdict::Unproven);
    assert_eq!(judge(0.40, 0.90), ShareVerdict::Unproven);
    let wide = judge_share(0.615, 0.2, &between(0.50, 0.60)).unwrap();
    assert_eq!(wide, ShareVerdict::Confirmed);
}

#[test]
fn shares_that_are_none_are_refused() {
    assert!(share_interval(1, 0, 0.95).is_err() && share_interval(2, 1, 0.95).is_err());
    assert!(samples_for_share(0.0, 0.2, 0.95).is_err());
    assert!(samples_for_share(0.5, f64::NAN, 0.95).is_err());
    let share = share_interval(1, 10, 0.95).unwrap();
    assert!(judge_share(61.5, 0.05, &share).is_err() && judge_share(0.5, 0.0, &share).is_err());
}
