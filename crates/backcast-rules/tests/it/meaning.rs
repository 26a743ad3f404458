//! What expressions mean: undefined values, adjusted prices, other assets, parameters.

use std::sync::Arc;

use backcast_data::{Dividend, Split};
use backcast_indicators::IndicatorError;
use backcast_rules::{Definitions, EvalError, Evaluator, Text, Unit, compile};
use backcast_types::{AssetId, Day};

use crate::market::{asset, bools, compiled, market, on_closes, on_days, series, shown};

/// `log(raw.close)` is undefined at 0, so these three are true, false and undefined.
const TRUE_FALSE_UNDEFINED: [f64; 3] = [10.0, 2.0, 0.0];

#[test]
fn undefined_conditions_follow_kleene() {
    let a = "log(raw.close) > 1";
    for (text, expected) in [
        (a.to_string(), "10?"),
        (format!("not {a}"), "01?"),
        (format!("{a} and true"), "10?"),
        (format!("{a} and false"), "000"),
        (format!("{a} or true"), "111"),
        (format!("{a} or false"), "10?"),
        (format!("false and {a}"), "000"),
        (format!("true or {a}"), "111"),
        (format!("{a} and not {a}"), "00?"),
        (format!("{a} or not {a}"), "11?"),
        (format!("({a})[-1]"), "?10"),
    ] {
        assert_eq!(on_closes(&text, &TRUE_FALSE_UNDEFINED), expected, "{text}");
    }
}

#[test]
fn nothing_is_decided_during_a_warm_up() {
    assert_eq!(on_closes("not (sma(close, 3) > close)", &[1.0, 2.0, 3.0, 4.0]), "??11");
    assert_eq!(on_closes("close[-2] < close", &[1.0, 2.0, 3.0, 4.0]), "??11");
    assert_eq!(on_closes("sma(close, 9) > close", &[1.0, 2.0]), "??");
    assert_eq!(on_closes("close[-4000000000] < close", &[1.0, 2.0]), "??");
}

#[test]
fn division_by_zero_is_undefined_not_infinite() {
    assert_eq!(on_closes("1 / (raw.close - 2) > 0", &[1.0, 2.0, 3.0]), "0?1");
    assert_eq!(on_closes("exp(raw.close * 1000 / raw.close) > 0", &[1.0]), "?");
}

#[test]
fn comparisons_have_no_tolerance() {
    let close = [10.0, 10.0 + 2f64.powi(-48), 9.0];
    assert_eq!(on_closes("raw.close > 10", &close), "010");
    assert_eq!(on_closes("raw.close >= 10", &close), "110");
    assert_eq!(on_closes("raw.close < 10", &close), "001");
    assert_eq!(on_closes("raw.close <= 10", &close), "101");
    assert_eq!(on_closes("raw.close == 10", &close), "100");
    assert_eq!(on_closes("raw.close != 10", &close), "011");
    assert_eq!(on_closes("10 < raw.close", &close), "010");
    assert_eq!(on_closes("2 > 1 and 1 > 2", &close), "000");
}

#[test]
fn conditions_shift_over_words_of_64_rows() {
    let mut close = vec![1.0; 200];
    close[3] = 9.0;
    for by in [1, 60, 61, 64, 125, 196, 197, 1000] {
        let text = format!("(raw.close > 5)[-{by}]");
        let bits = bools(&text, &market(vec![asset("A", 0, &close)]));
        let rows: Vec<usize> = (0..200).filter(|row| bits.is_true(*row)).collect();
        assert_eq!(rows, if by < 197 { vec![3 + by] } else { vec![] });
        assert!((0..200).all(|row| bits.get(row).is_some() == (row >= by)));
        assert_eq!(bits.count_true(), rows.len());
        assert_eq!(bits.get(200), None);
    }
}

#[test]
fn prices_are_adjusted_forward_and_raw_ones_are_not() {
    let mut a = asset("A", 0, &[100.0, 50.0, 49.0]);
    a.splits = vec![Split { day: Day(1), shares: 2.0 }];
    a.dividends = vec![Dividend { ex_day: Day(2), pay_day: Day(2), amount: 1.0 }];
    let market = market(vec![a]);
    let adjusted = series("close", &market);
    assert_eq!(adjusted.values[..2], [100.0, 100.0]);
    assert!((adjusted.values[2] - 49.0 * 2.0 / (1.0 - 1.0 / 50.0)).abs() < 1e-12);
    assert_eq!(series("raw.close", &market).values[..], [100.0, 50.0, 49.0]);
    assert_eq!(series("raw.volume", &market).values[..], [1000.0, 1000.0, 1000.0]);
    assert_eq!(series("volume", &market).values[..], [1000.0, 500.0, 500.0]);
}

#[test]
fn another_asset_is_seen_as_its_last_row() {
    let own = on_days("OWN", &[1, 2, 3, 4, 5], &[1.0; 5]);
    let other = on_days("OTHER", &[2, 4], &[20.0, 40.0]);
    let market = market(vec![own, other]);
    let seen = series("OTHER.raw.close", &market);
    assert!(seen.values[0].is_nan());
    assert_eq!((seen.valid_from, seen.gaps), (1, false));
    assert_eq!(seen.values[1..], [20.0, 20.0, 40.0, 40.0]);
    assert_eq!(series("OTHER.raw.close[-1]", &market).values[3..], [20.0, 20.0]);
    assert_eq!(series("sma(OTHER.raw.close, 2)", &market).values[3..], [30.0, 30.0]);
    // A mixture lives on the own rows, so there its last row is a day ago.
    let mixed = series("(OTHER.raw.close - OWN.raw.close)[-1]", &market);
    assert_eq!(mixed.values[2..], [19.0, 19.0, 39.0]);
    // One crossing, though the other asset's row is seen twice.
    assert_eq!(shown(&bools("cross_above(OTHER.raw.close, 30)", &market)), "?0010");
}

#[test]
fn one_program_serves_every_asset() {
    let market = market(vec![asset("A", 0, &[1.0, 2.0]), asset("B", 0, &[5.0, 6.0, 7.0])]);
    let (program, id) = compiled("close > A.close", &market, &[]).unwrap();
    let on =
        |asset| shown(&Evaluator::new(&program, &market, AssetId(asset)).bools(id, &[]).unwrap());
    assert_eq!((on(0), on(1)), ("00".to_string(), "111".to_string()));
}

#[test]
fn extra_columns_may_have_holes() {
    let mut a = asset("A", 0, &[1.0, 2.0, 3.0, 4.0, 5.0]);
    let column = vec![f64::NAN, 2.0, f64::INFINITY, 4.0, 9.0];
    a.bars.extra = vec![("vwap".into(), column.into())];
    let market = market(vec![a]);
    let vwap = series("vwap", &market);
    assert_eq!((vwap.valid_from, vwap.gaps), (1, true));
    assert!(vwap.values[2].is_nan());
    assert_eq!(shown(&bools("vwap >= raw.close", &market)), "?1?11");
    assert_eq!(shown(&bools("sma(vwap, 2) > 0", &market)), "????1");
}

#[test]
fn a_single_number_is_a_series_of_it() {
    let market = market(vec![asset("A", 0, &[1.0, 2.0])]);
    let five = series("2 + 3", &market);
    assert_eq!((&five.values[..], five.valid_from, five.gaps), (&[5.0, 5.0][..], 0, false));
}

#[test]
fn equal_parameters_share_a_result() {
    let market = market(vec![asset("A", 0, &[1.0; 50])]);
    let (program, id) = compiled("sma(close, fast)", &market, &["fast", "slow"]).unwrap();
    let mut evaluator = Evaluator::new(&program, &market, AssetId(0));
    let one = evaluator.series(id, &[5.0, 20.0]).unwrap();
    assert!(Arc::ptr_eq(&one, &evaluator.series(id, &[5.0, 30.0]).unwrap()));
    assert!(!Arc::ptr_eq(&one, &evaluator.series(id, &[6.0, 20.0]).unwrap()));
    assert_eq!(program.depends(id), 1);
    let sums = evaluator.prefix_sums(program.node(id).children()[0], &[5.0, 20.0]).unwrap();
    assert_eq!(sums.len(), 50);
}

#[test]
fn digests_stand_for_what_is_computed_and_not_for_where_it_stands() {
    let market = market(vec![asset("A", 0, &[1.0; 50]), asset("B", 0, &[2.0; 50])]);
    let digest = |text: &str, params: &[f64]| {
        let (program, id) = compiled(text, &market, &["fast", "slow"]).unwrap();
        program.span_digest(id, params)
    };
    let one = digest("sma(close, fast)", &[5.0, 20.0]);
    assert_eq!(one, digest("sma(close, fast)", &[5.0, 30.0]), "the other is no part of it");
    assert_eq!(one, digest("sma(close, slow)", &[9.0, 5.0]));
    assert_eq!(one, digest("sma(close, 5)", &[9.0, 9.0]));
    for other in
        ["sma(close, fast + 1)", "sma(open, fast)", "ema(close, fast)", "-sma(close, fast)"]
    {
        assert_ne!(one, digest(other, &[5.0, 20.0]), "{other}");
    }
    assert_ne!(one, digest("sma(close, fast)", &[6.0, 20.0]));
    assert_ne!(digest("A.close", &[1.0, 1.0]), digest("B.close", &[1.0, 1.0]));
}

#[test]
fn wrong_parameter_values_are_named() {
    let market = market(vec![asset("A", 0, &[1.0; 50])]);
    let (program, id) = compiled("sma(close, fast * 2) > close", &market, &["fast"]).unwrap();
    let mut evaluator = Evaluator::new(&program, &market, AssetId(0));
    let message = |result: Result<_, EvalError>| result.map(|_| ()).unwrap_err().to_string();
    let mut ask = |fast: f64| message(evaluator.bools(id, &[fast]));
    let range = "`period` of sma must be between 1 and 10000000";
    assert_eq!(ask(0.0), format!("parameter `fast` is 0, but {range}, not 0"));
    assert_eq!(
        ask(0.25),
        "parameter `fast` is 0.5, but `period` of sma must be a whole number, not 0.5"
    );
    assert!(ask(f64::NAN).contains("whole number"));
    assert!(ask(-1.0).contains("between"));
    assert_eq!(
        message(evaluator.bools(id, &[])),
        "the rules have 1 parameters, but 0 values were given"
    );
    assert!(evaluator.bools(id, &[3.0]).is_ok());
    assert!(matches!(
        program.check(&[0.0]),
        Err(EvalError::Parameter { reason: IndicatorError::OutOfRange { .. }, .. })
    ));
}

#[test]
fn stops_given_by_parameters_are_checked_with_their_values() {
    let params = ["loss".to_string()];
    let rules = [
        Text { name: "enter_long", text: "close > open", offset: 0 },
        Text { name: "stop_loss", text: "loss", offset: 0 },
    ];
    let program =
        compile(&Definitions { params: &params, rules: &rules, ..Definitions::default() }).unwrap();
    assert_eq!(program.unit(program.rules().stop_loss.unwrap()), Unit::Scalar);
    assert!(program.check(&[0.05]).is_ok());
    assert_eq!(
        program.check(&[1.0]).unwrap_err().to_string(),
        "stop_loss is 1, but it must be a fraction of the price between 0 and 1"
    );
}

#[test]
fn what_the_market_lacks_is_named() {
    let known = market(vec![asset("A", 0, &[1.0]), asset("B", 0, &[1.0])]);
    let (program, id) = compiled("sma(B.close, 1) > close", &known, &[]).unwrap();
    let without = market(vec![asset("A", 0, &[1.0])]);
    let error = Evaluator::new(&program, &without, AssetId(0)).bools(id, &[]).unwrap_err();
    assert_eq!(error, EvalError::MissingAsset { symbol: "B".into() });
    let mut with_column = asset("A", 0, &[1.0]);
    with_column.bars.extra = vec![("vwap".into(), vec![1.0].into())];
    let (program, id) = compiled("vwap", &market(vec![with_column]), &[]).unwrap();
    let error = Evaluator::new(&program, &without, AssetId(0)).series(id, &[]).unwrap_err();
    let expected = EvalError::MissingColumn { column: "vwap".into(), symbol: "A".into() };
    assert_eq!(error, expected);
}

#[test]
fn numbers_and_conditions_are_not_mixed_up() {
    let market = market(vec![asset("A", 0, &[1.0])]);
    let (program, id) = compiled("close > open", &market, &[]).unwrap();
    let mut evaluator = Evaluator::new(&program, &market, AssetId(0));
    assert!(matches!(evaluator.series(id, &[]), Err(EvalError::NotANumber { .. })));
    let close = program.node(id).children()[0];
    assert!(matches!(evaluator.bools(close, &[]), Err(EvalError::NotACondition { .. })));
}

#[test]
fn an_asset_without_bars_has_empty_answers() {
    let market = market(vec![asset("A", 0, &[])]);
    assert_eq!(bools("cross_above(sma(close, 3), close) or true", &market).len, 0);
    assert_eq!(series("atr(14)", &market).values.len(), 0);
}
