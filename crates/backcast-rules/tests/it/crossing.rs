//! Crossings: bands, ties, the memory of the last side.

use crate::market::{aapl, asset, bools, market, on_closes, series, shown};

const UP: &str = "cross_above(raw.close, 10)";
const DOWN: &str = "cross_below(raw.close, 10)";

#[test]
fn getting_past_the_other_side_is_a_crossing() {
    assert_eq!(on_closes(UP, &[9.0, 11.0, 12.0, 9.0, 11.0]), "01001");
    assert_eq!(on_closes(DOWN, &[9.0, 11.0, 12.0, 9.0, 11.0]), "00010");
}

#[test]
fn touching_and_returning_is_no_crossing() {
    assert_eq!(on_closes(UP, &[11.0, 10.0, 11.0, 10.0, 10.0, 12.0]), "000000");
    assert_eq!(on_closes(DOWN, &[9.0, 10.0, 9.0]), "000");
}

#[test]
fn touching_on_the_way_delays_a_crossing_until_the_other_side_is_reached() {
    assert_eq!(on_closes(UP, &[9.0, 10.0, 10.0, 11.0]), "0001");
    assert_eq!(on_closes(DOWN, &[11.0, 10.0, 9.0]), "001");
}

#[test]
fn the_first_side_has_crossed_nothing() {
    assert_eq!(on_closes(UP, &[11.0, 12.0]), "00");
    assert_eq!(on_closes(UP, &[10.0, 11.0]), "00");
}

#[test]
fn a_difference_of_rounding_is_a_tie() {
    let tiny = 10.0 * (1.0 + 2f64.powi(-42));
    assert_eq!(on_closes(UP, &[9.0, tiny, 9.0, 10.0 * (1.0 + 2f64.powi(-38))]), "0001");
    assert_eq!(on_closes("raw.close > 10", &[tiny]), "1");
    let tiny = 10.0 * (1.0 - 2f64.powi(-42));
    assert_eq!(on_closes(DOWN, &[11.0, tiny, 11.0, 10.0 * (1.0 - 2f64.powi(-38))]), "0001");
}

#[test]
fn the_side_is_remembered_over_words_of_64_rows() {
    for at in [1, 62, 63, 64, 65, 127, 128, 511, 512, 513, 1024, 1290] {
        let mut close = vec![10.0; 1300];
        close[0] = 9.0;
        close[at] = 11.0;
        let bits = bools(UP, &market(vec![asset("A", 0, &close)]));
        assert_eq!((0..1300).filter(|row| bits.is_true(*row)).collect::<Vec<_>>(), [at]);
        assert!((0..1300).all(|row| bits.get(row).is_some()));
    }
}

#[test]
fn an_undefined_bar_keeps_the_side() {
    // log(x - 5) has no value at x = 5.
    let text = "cross_above(log(raw.close - 5), 1)";
    assert_eq!(on_closes(text, &[6.0, 5.0, 5.0, 9.0]), "0??1");
    assert_eq!(on_closes(text, &[9.0, 5.0, 5.0, 9.0]), "0??0");
}

#[test]
fn equal_averages_of_aapl_are_equal_to_the_bit() {
    let close = aapl();
    let market = market(vec![asset("AAPL", 0, &close)]);
    let (fast, slow) = (series("sma(close, 10)", &market), series("sma(close, 30)", &market));
    assert_eq!(fast.values[737].to_bits(), slow.values[737].to_bits());
    let above = bools("sma(close, 10) > sma(close, 30)", &market);
    let up = bools("cross_above(sma(close, 10), sma(close, 30))", &market);
    assert_eq!(above.get(737), Some(false));
    assert!(!up.is_true(737));
    assert!(shown(&up).starts_with(&"?".repeat(29)));
}
