//! TA-Lib as a second oracle, where its definition is ours; where only the seed differs, after many bars.

use backcast_indicators::Computed;
use ta_lib::{Core, MAType, OutRange, RetCode};

use crate::goldens::{outputs, prices};

const PERIODS: [i32; 4] = [2, 5, 14, 30];

/// Compares a line with TA-Lib's output, from `skip` bars after its first value on.
fn check(
    what: &str,
    ours: &Computed,
    range: OutRange,
    theirs: &[f64],
    skip: usize,
    tolerance: f64,
) {
    if skip == 0 {
        assert_eq!(ours.valid_from, range.beg_idx, "{what}");
    }
    assert_eq!(range.beg_idx + range.count, ours.values.len(), "{what}");
    for index in skip..range.count {
        let (ours, theirs) = (ours.values[range.beg_idx + index], theirs[index]);
        let near = (ours - theirs).abs() <= tolerance * theirs.abs().max(1.0);
        assert!(near, "{what}, value {index}: {ours}, expected {theirs}");
    }
}

type OneInput = fn(&Core, usize, usize, &[f64], i32, &mut [f64]) -> Result<OutRange, RetCode>;

#[test]
fn indicators_of_one_series_agree_with_ta_lib() {
    let bars = prices("index-2005.csv");
    let close = &bars[3];
    let core = Core::new();
    let all: [(&str, OneInput); 12] = [
        ("sma", Core::sma),
        ("ema", Core::ema),
        ("wma", Core::wma),
        ("dema", Core::dema),
        ("tema", Core::tema),
        ("rsi", Core::rsi),
        ("roc", Core::rocp),
        ("momentum", Core::mom),
        ("highest", Core::max),
        ("lowest", Core::min),
        ("sum", Core::sum),
        ("hma", Core::hma),
    ];
    for (name, function) in all {
        for period in PERIODS {
            let mut theirs = vec![0.0; close.len()];
            let range = function(&core, 0, close.len() - 1, close, period, &mut theirs)
                .expect("TA-Lib takes these parameters");
            let ours = &outputs(&bars, name, &[f64::from(period)])[0];
            check(&format!("{name}({period})"), ours, range, &theirs, 0, 1e-9);
        }
    }
}

#[test]
fn bands_and_deviations_agree_with_ta_lib() {
    let bars = prices("orcl-2004.csv");
    let (close, last) = (&bars[3], bars[3].len() - 1);
    let core = Core::new();
    for period in PERIODS {
        let params = [f64::from(period), 2.5];
        let mut lines = [vec![0.0; last + 1], vec![0.0; last + 1], vec![0.0; last + 1]];
        let [upper, middle, lower] = &mut lines;
        let range = core
            .bbands(0, last, close, period, 2.5, 2.5, MAType::SMA, upper, middle, lower)
            .expect("TA-Lib takes these parameters");
        let ours = outputs(&bars, "bollinger", &params);
        check("mid", &ours[0], range, middle, 0, 1e-9);
        check("upper", &ours[1], range, upper, 0, 1e-7);
        check("lower", &ours[2], range, lower, 0, 1e-7);
    }
}

#[test]
fn ranges_agree_with_ta_lib() {
    let bars = prices("index-2005.csv");
    let [_, high, low, close] = &bars;
    let last = close.len() - 1;
    let core = Core::new();
    let mut line = vec![0.0; last + 1];
    let mut second = vec![0.0; last + 1];
    let range = core.trange(0, last, high, low, close, &mut line).expect("valid");
    check("true_range", &outputs(&bars, "true_range", &[])[0], range, &line, 0, 1e-12);
    for period in PERIODS {
        let range = core.atr(0, last, high, low, close, period, &mut line).expect("valid");
        check("atr", &outputs(&bars, "atr", &[f64::from(period)])[0], range, &line, 0, 1e-9);
        let range = core
            .stoch(
                0,
                last,
                high,
                low,
                close,
                period,
                3,
                MAType::SMA,
                4,
                MAType::SMA,
                &mut line,
                &mut second,
            )
            .expect("valid");
        let ours = outputs(&bars, "stochastic", &[f64::from(period), 3.0, 4.0]);
        // TA-Lib gives both lines from the first bar of the second on.
        check("stochastic k", &ours[0], range, &line, 1, 1e-9);
        check("stochastic d", &ours[1], range, &second, 0, 1e-9);
    }
}

#[test]
fn indicators_with_another_seed_approach_ta_lib() {
    let bars = prices("index-2005.csv");
    let [_, high, low, close] = &bars;
    let last = close.len() - 1;
    let core = Core::new();
    let (mut line, mut second, mut third) =
        (vec![0.0; last + 1], vec![0.0; last + 1], vec![0.0; last + 1]);
    let range =
        core.macd(0, last, close, 5, 8, 4, &mut line, &mut second, &mut third).expect("valid");
    let ours = outputs(&bars, "macd", &[5.0, 8.0, 4.0]);
    for (ours, theirs) in ours.iter().zip([&line, &second, &third]) {
        check("macd", ours, range, theirs, 150, 1e-9);
    }
    let ours = outputs(&bars, "adx", &[4.0]);
    let range = core.plus_di(0, last, high, low, close, 4, &mut line).expect("valid");
    check("plus_di", &ours[1], range, &line, 150, 1e-9);
    let range = core.minus_di(0, last, high, low, close, 4, &mut line).expect("valid");
    check("minus_di", &ours[2], range, &line, 150, 1e-9);
    let range = core.adx(0, last, high, low, close, 4, &mut line).expect("valid");
    check("adx", &ours[0], range, &line, 180, 1e-9);
    let range = core.kama(0, last, close, 10, &mut line).expect("valid");
    check("kama", &outputs(&bars, "kama", &[10.0, 2.0, 30.0])[0], range, &line, 200, 1e-6);
}
