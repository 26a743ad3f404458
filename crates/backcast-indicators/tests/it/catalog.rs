//! What the catalog promises about itself.

use backcast_indicators::{
    IndicatorError, IndicatorSpec, SeriesView, catalog, compute, find, stream, validate,
};

#[test]
fn names_and_aliases_are_unique_and_found() {
    let mut seen = std::collections::HashSet::new();
    for spec in catalog() {
        for name in std::iter::once(&spec.name).chain(spec.aliases) {
            assert!(seen.insert(*name), "{name} twice");
            assert_eq!(find(name).map(|found| found.name), Some(spec.name));
            assert_eq!(*name, name.to_lowercase());
        }
    }
    assert!(find("no_such_indicator").is_none());
}

#[test]
fn defaults_are_valid_parameters() {
    for spec in catalog() {
        let defaults = defaults(spec);
        assert_eq!(validate(spec, &defaults), Ok(()), "{}", spec.name);
        assert!(!spec.outputs.is_empty() && !spec.inputs.is_empty());
    }
}

#[test]
fn a_period_of_zero_or_a_fraction_is_refused() {
    let sma = find("sma").expect("sma is in the catalog");
    let close = [1.0, 2.0];
    let error =
        |params: &[f64]| compute(sma, &[SeriesView::new(&close)], params).unwrap_err().to_string();
    assert_eq!(error(&[0.0]), "`period` of sma must be between 1 and 10000000, not 0");
    assert_eq!(error(&[2.5]), "`period` of sma must be a whole number, not 2.5");
    assert_eq!(error(&[]), "sma has 1 parameters, but 0 were given");
    assert!(matches!(stream(sma, &[f64::NAN]), Err(IndicatorError::NotWhole { .. })));
    assert!(matches!(compute(sma, &[], &[2.0]), Err(IndicatorError::InputCount { .. })));
}

#[test]
fn a_period_longer_than_the_data_is_undefined_everywhere() {
    let close = [1.0, 2.0, 3.0];
    for spec in catalog().iter().filter(|spec| spec.params.len() == 1 && spec.params[0].integer) {
        let inputs = vec![SeriesView::new(&close); spec.inputs.len()];
        for line in compute(spec, &inputs, &[1_000_000.0]).expect("parameters are in range") {
            assert_eq!(line.valid_from, 3, "{}", spec.name);
            assert!(line.values.iter().all(|value| value.is_nan()));
        }
    }
}

#[test]
fn empty_series_give_empty_outputs() {
    for spec in catalog() {
        let defaults = defaults(spec);
        let inputs = vec![SeriesView::new(&[]); spec.inputs.len()];
        let lines = compute(spec, &inputs, &defaults).expect("defaults are in range");
        assert!(lines.iter().all(|line| line.values.is_empty() && line.valid_from == 0));
    }
}

/// Default parameters, the smallest value where there is no default.
fn defaults(spec: &IndicatorSpec) -> Vec<f64> {
    let value = |param: &backcast_indicators::ParamSpec| param.default.unwrap_or(param.min);
    spec.params.iter().map(value).collect()
}
