//! What claims are worth, those of the five reports first.

use backcast_lab::stats::{
    Claim, Criteria, Evidence, Fault, Interval, StatedRange, compose, evidence, gain_of,
};

use super::pairs::session;

fn weighed(claim: &Claim) -> Evidence {
    evidence(claim, &Criteria::default()).unwrap()
}

#[test]
fn one_figure_before_and_one_after_are_not_proven() {
    // Reports 000 and 001: 5.21 s to 4.79 s, "8.1 % faster".
    let claim =
        Claim { before: vec![5.21], after: vec![4.79], gain: Some(0.081), ..Claim::default() };
    let found = weighed(&claim);
    assert!(!found.proven && found.comparison.is_none());
    assert_eq!(
        found.faults,
        [Fault::SingleFigure { before: 1, after: 1 }, Fault::NotInterleaved, Fault::NoiseUnknown]
    );
    let compared = weighed(&Claim { compared_with_itself: true, ..claim });
    assert!(!compared.proven, "an A/A check alone proves nothing");
}

#[test]
fn a_figure_outside_of_its_own_range_is_seen() {
    // Reports 000 and 001: 31.34 s, with a stated range of 31.68 to 31.92 s.
    let stated = StatedRange { value: 31.34, low: 31.68, high: 31.92 };
    let claim = |stated| Claim { stated: Some(stated), ..Claim::default() };
    let fault = Fault::OutsideItsOwnRange { stated };
    assert!(weighed(&claim(stated)).faults.contains(&fault));
    assert_eq!(fault.to_string(), "the stated range 31.68 to 31.92 does not hold the stated 31.34");
    let sound = StatedRange { value: 31.7, ..stated };
    assert!(
        !weighed(&claim(sound))
            .faults
            .iter()
            .any(|f| matches!(f, Fault::OutsideItsOwnRange { .. }))
    );
}

#[test]
fn many_figures_that_were_not_taken_in_turns_are_not_proven() {
    let claim = Claim {
        before: vec![5.2; 20],
        after: vec![4.8; 20],
        compared_with_itself: true,
        ..Claim::default()
    };
    assert_eq!(weighed(&claim).faults, [Fault::NotInterleaved]);
}

#[test]
fn pairs_with_a_known_noise_prove_the_gain_they_show_and_no_other() {
    let claim = Claim {
        pairs: session(10, 0.92, 0.01, 21),
        compared_with_itself: true,
        gain: Some(0.08),
        ..Claim::default()
    };
    assert!(weighed(&claim).proven, "{:?}", weighed(&claim).faults);
    let boast = weighed(&Claim { gain: Some(0.2), ..claim.clone() });
    assert!(matches!(boast.faults[..], [Fault::GainNotMeasured { claimed: 0.2, .. }]), "{boast:?}");
    let equal = weighed(&Claim { pairs: session(10, 1.0, 0.01, 22), gain: None, ..claim });
    assert_eq!(equal.faults, [Fault::NoDifference]);
}

#[test]
fn a_claim_on_nothing_is_weighed_and_one_on_nonsense_is_refused() {
    assert!(!weighed(&Claim::default()).proven);
    let zero = Claim { before: vec![0.0], ..Claim::default() };
    assert!(evidence(&zero, &Criteria::default()).is_err());
    let bad = Criteria { level: 2.0, ..Criteria::default() };
    assert!(evidence(&Claim::default(), &bad).is_err());
}

fn ratio(estimate: f64, low: f64, high: f64) -> Interval {
    Interval { estimate, low, high, level: 0.95 }
}

#[test]
fn gains_multiply_so_seventy_and_twenty_to_twenty_five_percent_are_not_ninety_five() {
    // Report 003 adds 70 % and 20-25 % up to 90-95 %.
    let both = compose(&[ratio(0.3, 0.3, 0.3), ratio(0.775, 0.75, 0.8)]).unwrap();
    let gain = gain_of(both);
    assert!((gain.low - 0.76).abs() < 1e-3 && (gain.high - 0.775).abs() < 1e-3, "{gain:?}");
    assert!(!gain.contains(0.9) && !gain.contains(0.95));
}

#[test]
fn a_chain_is_less_certain_than_each_of_its_links_and_surer_than_their_sum() {
    let link = ratio(0.9, 0.88, 0.92);
    let chain = compose(&[link, link]).unwrap();
    assert!((chain.estimate - 0.81).abs() < 1e-12);
    let relative = |i: &Interval| (i.high / i.low).ln();
    assert!(relative(&chain) > relative(&link) && relative(&chain) < 2.0 * relative(&link));
    assert!(compose(&[]).is_err());
    assert!(compose(&[link, Interval { level: 0.99, ..link }]).is_err());
    assert!(compose(&[ratio(0.0, 0.0, 1.0)]).is_err());
}
