//! What a missing value or a division by zero does to the bars after it.

use backcast_indicators::{Computed, SeriesView, Sma, Twin, compute, find};

const GAP: f64 = f64::NAN;

fn line(name: &str, values: &[f64], params: &[f64]) -> Computed {
    let spec = find(name).expect("indicator is in the catalog");
    let inputs = vec![SeriesView::new(values); spec.inputs.len()];
    compute(spec, &inputs, params).expect("parameters are in range").remove(0)
}

/// All lines of an indicator.
fn lines(name: &str, values: &[f64], params: &[f64]) -> Vec<Vec<f64>> {
    let spec = find(name).expect("indicator is in the catalog");
    let all = compute(spec, &[SeriesView::new(values)], params).expect("parameters are in range");
    all.into_iter().map(|line| line.values).collect()
}

/// Which bars are defined, as text: `x` defined, `.` not.
fn pattern(line: &Computed) -> String {
    let mark = |value: &f64| if value.is_finite() { 'x' } else { '.' };
    line.values.iter().map(mark).collect()
}

#[test]
fn a_window_with_a_missing_value_is_undefined() {
    let values = [1.0, 2.0, 3.0, GAP, 5.0, 6.0, 7.0, 9.0];
    for name in ["sma", "wma", "sum", "highest", "lowest"] {
        assert_eq!(pattern(&line(name, &values, &[2.0])), ".xx..xxx", "{name}");
    }
    assert_eq!(pattern(&line("bollinger", &values, &[2.0, 2.0])), ".xx..xxx");
    assert_eq!(pattern(&line("momentum", &values, &[2.0])), "..x.x.xx");
    assert_eq!(line("sma", &values, &[2.0]).values[7], 8.0);
}

#[test]
fn a_recursive_average_goes_on_after_a_missing_value() {
    let with_gap = line("ema", &[1.0, 2.0, 3.0, GAP, 5.0, 6.0], &[2.0]);
    let without = line("ema", &[1.0, 2.0, 3.0, 5.0, 6.0], &[2.0]);
    assert_eq!(pattern(&with_gap), ".xx.xx");
    assert_eq!(with_gap.values[5], without.values[4]);
}

#[test]
fn an_infinite_value_counts_as_missing() {
    let values = [1.0, f64::INFINITY, 3.0, 5.0];
    assert_eq!(pattern(&line("sma", &values, &[2.0])), "...x");
    assert_eq!(pattern(&line("ema", &values, &[2.0])), "..xx");
}

#[test]
fn leading_gaps_move_the_first_value() {
    let values = [GAP, GAP, 1.0, 2.0, 3.0];
    let average = line("sma", &values, &[2.0]);
    assert_eq!((average.valid_from, pattern(&average).as_str()), (3, "...xx"));
}

#[test]
fn a_flat_market_has_no_stochastic_and_no_relative_strength() {
    let flat = [5.0; 6];
    assert_eq!(pattern(&line("stochastic_fast", &flat, &[3.0, 1.0])), "......");
    assert_eq!(pattern(&line("rsi", &flat, &[3.0])), "......");
    assert_eq!(line("rsi_safe", &flat, &[3.0]).values[3..], [50.0; 3]);
    assert_eq!(line("stddev", &flat, &[3.0]).values[2..], [0.0; 4]);
}

#[test]
fn a_window_of_equal_prices_has_no_deviation_and_one_next_to_it_has() {
    // Neither these prices nor their squares have a sum that divides evenly.
    for price in [0.1, 100.1, 12_345.67] {
        let other = price * 1.01;
        let values = [other, price, price, price, price, f64::NAN, price, price, price, other];
        for period in [3.0, 2.0] {
            let deviation = line("stddev", &values, &[period]).values;
            let bands = lines("bollinger", &values, &[period, 2.0]);
            let first = period as usize;
            for bar in [first, 4, 8] {
                assert_eq!(deviation[bar], 0.0, "{price}, {period}, {bar}");
                assert_eq!((bands[1][bar], bands[2][bar]), (bands[0][bar], bands[0][bar]));
            }
            for bar in [first - 1, 9] {
                assert!(deviation[bar] > price * 1e-3, "{price}, {period}, {bar}");
                assert!(bands[1][bar] > bands[2][bar]);
            }
        }
    }
}

#[test]
fn relative_strength_is_100_while_there_are_gains_only() {
    let rising = [1.0, 2.0, 3.0, 4.0, 5.0];
    assert_eq!(line("rsi", &rising, &[3.0]).values[3..], [100.0; 2]);
    let falling = [5.0, 4.0, 3.0, 2.0, 1.0];
    assert_eq!(line("rsi", &falling, &[3.0]).values[3..], [0.0; 2]);
}

#[test]
fn indicators_nest_from_the_first_value_of_the_inner_one() {
    let close: Vec<f64> = (0..40).map(|bar| f64::from(bar % 7)).collect();
    let inner = line("ema", &close, &[5.0]);
    let rsi = find("rsi").expect("rsi is in the catalog");
    let outer = &compute(rsi, &[inner.view()], &[14.0]).expect("parameters are in range")[0];
    assert_eq!(outer.valid_from, 4 + 14);
    assert!(outer.values[17].is_nan() && outer.values[18].is_finite());
}

#[test]
fn a_twin_gives_nothing_until_its_window_is_full() {
    let mut sma = Sma::new(2);
    let given: Vec<[Option<f64>; 1]> =
        [1.0, 2.0, GAP, 4.0, 6.0].map(|value| sma.push([value])).to_vec();
    assert_eq!(given, [[None], [Some(1.5)], [None], [None], [Some(5.0)]]);
}
