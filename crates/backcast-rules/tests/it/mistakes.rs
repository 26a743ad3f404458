//! What is said about wrong expressions.

use backcast_rules::{Definitions, RuleError, Text, compile_expression};
use expect_test::{Expect, expect};

use crate::language::expression;

/// What is said about wrong expressions: each with the part that is marked, the message, the help.
fn check_errors(texts: &[&str], expected: Expect) {
    let said = texts.iter().map(|text| {
        let error = expression(text).expect_err(text);
        format!("`{text}`\n    {}\n", shown(text, &error))
    });
    expected.assert_eq(&said.collect::<String>());
}

/// The part of a text that is marked, the message, the help.
pub(crate) fn shown(text: &str, error: &RuleError) -> String {
    let marked = &text[error.offset..error.offset + error.len];
    let help = error.help.as_deref().map_or(String::new(), |help| format!(" ({help})"));
    format!("[{marked}] {}{help}", error.message)
}

#[test]
fn wrong_syntax_is_marked_where_it_stands() {
    check_errors(
        &[
            "",
            "   ",
            "close >",
            "close > open)",
            "sma(close, 5",
            "close open",
            "close = open",
            "a < b < c",
            "open < close <= high",
            "close > open AND high > low",
            "close > 5 %",
            "close ** 2",
            "close > open & high > low",
            "close > open | high > low",
            "close # the last",
            "close > {fast}",
            "close > €5",
            "7203.T.close",
            "'BRK.B.close",
            "10k",
            "1e999",
            "1.2.3",
            "sma(period=5, close)",
            "sma(close 5)",
            "close.",
            "* close",
            "and close > open",
        ],
        expect![[r#"
            ``
                [] the expression is empty
            `   `
                [   ] the expression is empty
            `close >`
                [] expected a value, found the end (a value is a number, a name, a call such as `sma(close, 30)`, or a bracket)
            `close > open)`
                [)] expected an operator or the end, found `)`
            `sma(close, 5`
                [] expected `,` or `)`, found the end
            `close open`
                [open] expected an operator or the end, found `open`
            `close = open`
                [=] expected an operator or the end, found `=` (equality is written `==`)
            `a < b < c`
                [<] comparisons cannot be chained (write `a < b and b < c`)
            `open < close <= high`
                [<=] comparisons cannot be chained (write `a < b and b < c`)
            `close > open AND high > low`
                [AND] expected an operator or the end, found `AND` (write `and`)
            `close > 5 %`
                [%] unexpected character `%` (a percentage is a number with `%` right behind it: `5%`)
            `close ** 2`
                [**] there is no power operator (multiply instead: `x * x`; a square root is `sqrt(x)`)
            `close > open & high > low`
                [&] found a single `&` (write `and`)
            `close > open | high > low`
                [|] unexpected character `|` (write `or`)
            `close # the last`
                [#] unexpected character `#` (a rule has no comments; put them beside it in the file)
            `close > {fast}`
                [{] unexpected character `{` (write a parameter by its name alone: `fast`)
            `close > €5`
                [€] unexpected character `€`
            `7203.T.close`
                [7203.T] `7203.T` is no number (a name must not begin with a digit; put such an asset in quotes: '7203.T'.close)
            `'BRK.B.close`
                ['BRK.B.close] missing a closing '
            `10k`
                [10k] `10k` is no number (a name must not begin with a digit; put such an asset in quotes: '7203.T'.close)
            `1e999`
                [1e999] the number is too large
            `1.2.3`
                [.3] expected an operator or the end, found the number 0.3
            `sma(period=5, close)`
                [close] an argument without a name follows one with a name (arguments by name come last: `sma(close, period=30)`)
            `sma(close 5)`
                [5] expected `,` or `)`, found the number 5
            `close.`
                [] expected a name after the dot, found the end
            `* close`
                [*] expected a value, found `*` (a value is a number, a name, a call such as `sma(close, 30)`, or a bracket)
            `and close > open`
                [and] expected a value, found `and` (a value is a number, a name, a call such as `sma(close, 30)`, or a bracket)
        "#]],
    );
}

#[test]
fn wrong_names_meet_the_nearest_right_one() {
    check_errors(
        &[
            "clse > open",
            "Close > open",
            "smaa(close, 5)",
            "SMA(close, 5)",
            "cross_over(close, open)",
            "fats > 3",
            "sma > close",
            "rsu > 30",
            "AAPL > 3",
            "AAPLE.close",
            "AAPL.clse",
            "MSFT.close",
            "'MSFT'.close",
            "raw.clse",
            "raw",
            "raw.vwap",
            "close.raw",
            "close(5)",
            "AAPL.sma(5)",
            "macd(close).signl",
            "(close + open).upper",
            "sma(close, perod=5)",
            "zzzzzz",
        ],
        expect![[r#"
            `clse > open`
                [clse] unknown name `clse` (did you mean `close`?)
            `Close > open`
                [Close] unknown name `Close` (did you mean `close`?)
            `smaa(close, 5)`
                [smaa] unknown indicator or function `smaa` (did you mean `sma`?)
            `SMA(close, 5)`
                [SMA] unknown indicator or function `SMA` (did you mean `sma`?)
            `cross_over(close, open)`
                [cross_over] unknown indicator or function `cross_over` (did you mean `cross_above`?)
            `fats > 3`
                [fats] unknown name `fats` (did you mean `fast`?)
            `sma > close`
                [sma] unknown name `sma` (to call it, write `sma(...)`)
            `rsu > 30`
                [rsu] unknown name `rsu` (did you mean `rsi(...)`?)
            `AAPL > 3`
                [AAPL] `AAPL` is an asset, not a series (write `AAPL.close`)
            `AAPLE.close`
                [AAPLE] unknown asset `AAPLE` (did you mean `AAPL`?)
            `AAPL.clse`
                [clse] an asset has no column `clse` (did you mean `close`?)
            `MSFT.close`
                [MSFT] unknown asset `MSFT` (known are: AAPL, BRK.B, trend)
            `'MSFT'.close`
                ['MSFT'] unknown asset `MSFT` (known are: AAPL, BRK.B, trend)
            `raw.clse`
                [clse] there is no `raw.clse` (as traded there are: open, high, low, close, volume)
            `raw`
                [raw] expected a column after `raw` (a column is `close` or `raw.close`)
            `raw.vwap`
                [vwap] there is no `raw.vwap` (as traded there are: open, high, low, close, volume)
            `close.raw`
                [raw] `close` has no part `raw` (write `raw.close`)
            `close(5)`
                [close] `close` is a value, it cannot be called (a bar ago is `close[-1]`, with square brackets)
            `AAPL.sma(5)`
                [AAPL.sma] `AAPL.sma` cannot be called (name the asset at the column: `sma(AAPL.close, ...)`)
            `macd(close).signl`
                [signl] macd has no output `signl` (did you mean `signal`?)
            `(close + open).upper`
                [upper] `(close + open)` has no part `upper` (only indicators with several outputs have parts: `macd(close).signal`)
            `sma(close, perod=5)`
                [perod] sma has no argument `perod` (did you mean `period`?)
            `zzzzzz`
                [zzzzzz] unknown name `zzzzzz` (known are: open, high, low, close, volume, vwap, open interest, fast, slow, trend, AAPL, BRK.B)
        "#]],
    );
}

#[test]
fn wrong_arguments_are_told_from_right_ones() {
    check_errors(
        &[
            "sma(close, 5, 6)",
            "sma(close, open)",
            "sma(close, close, 5)",
            "sma(series=5)",
            "sma(close, 5, period=6)",
            "atr(high, low, 14)",
            "sma(close, 0)",
            "sma(close, 2.5)",
            "sma(close, -3)",
            "sma(close, 1e300)",
            "sma(close > open, 3)",
            "abs()",
            "abs(close, open)",
            "max(close)",
            "cross_above(close)",
            "cross_above(fast, 3)",
            "cross_above(a=close, b=open)",
            "atr(raw.high, low, close, 14)",
        ],
        expect![[r#"
            `sma(close, 5, 6)`
                [6] sma is given too many arguments (sma(series = close, period = 30))
            `sma(close, open)`
                [open] `period` of sma must be a number or a parameter, but `open` is a series (sma(series = close, period = 30))
            `sma(close, close, 5)`
                [close] `period` of sma must be a number or a parameter, but `close` is a series (sma(series = close, period = 30))
            `sma(series=5)`
                [5] `series` of sma must be a series, but `5` is a single number (sma(series = close, period = 30))
            `sma(close, 5, period=6)`
                [6] `period` of sma is given twice (sma(series = close, period = 30))
            `atr(high, low, 14)`
                [atr(high, low, 14)] atr reads 3 series, 2 given (give all of them or none: atr(high = high, low = low, close = close, period = 14))
            `sma(close, 0)`
                [0] `period` of sma must be between 1 and 10000000, not 0
            `sma(close, 2.5)`
                [2.5] `period` of sma must be a whole number, not 2.5
            `sma(close, -3)`
                [-3] `period` of sma must be between 1 and 10000000, not -3
            `sma(close, 1e300)`
                [1e300] `period` of sma must be between 1 and 10000000, not 1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
            `sma(close > open, 3)`
                [close > open] expected a number, found the condition `close > open`
            `abs()`
                [abs()] abs takes one number, 0 given
            `abs(close, open)`
                [abs(close, open)] abs takes one number, 2 given
            `max(close)`
                [max(close)] max takes two numbers or more, 1 given (over several bars it is `highest(close, 20)`)
            `cross_above(close)`
                [cross_above(close)] cross_above takes two series, 1 given
            `cross_above(fast, 3)`
                [cross_above(fast, 3)] two single numbers never cross (one of the two must be a series)
            `cross_above(a=close, b=open)`
                [a] cross_above has no argument `a` (write its arguments without names)
            `atr(raw.high, low, close, 14)`
                [raw.high, low] a traded price (`raw.high`) cannot be compared with an adjusted price (`low`) (write `raw.` on both sides or on neither)
        "#]],
    );
}

#[test]
fn the_future_is_out_of_reach() {
    check_errors(
        &[
            "close[1] > close",
            "close[-1.5]",
            "close[fast]",
            "close[-fast]",
            "close[open]",
            "fast[-1]",
            "(close > open)[2]",
            "close[-1e300]",
        ],
        expect![[r#"
            `close[1] > close`
                [1] `close[1]` would look 1 bar into the future (1 bar ago is `close[-1]`)
            `close[-1.5]`
                [-1.5] a shift must be a whole number of bars, not -1.5 (one bar ago is `close[-1]`)
            `close[fast]`
                [fast] a shift must be a whole number, not `fast` (parameters and series cannot stand between [ and ])
            `close[-fast]`
                [-fast] a shift must be a whole number, not `-fast` (parameters and series cannot stand between [ and ])
            `close[open]`
                [open] a shift must be a whole number, not `open` (parameters and series cannot stand between [ and ])
            `fast[-1]`
                [fast] `fast` is a single number, it has no earlier values
            `(close > open)[2]`
                [2] `(close > open)[2]` would look 2 bars into the future (2 bars ago is `(close > open)[-2]`)
            `close[-1e300]`
                [-1e300] a shift must be a whole number of bars, not -1e300 (one bar ago is `close[-1]`)
        "#]],
    );
}

#[test]
fn units_must_fit() {
    check_errors(
        &[
            "close > 100",
            "100 < sma(close, 5)",
            "close > fast",
            "cross_above(close, 100)",
            "close + 1 > open",
            "close > raw.close",
            "close > volume",
            "close - volume",
            "close > rsi(14)",
            "raw.close > rsi(14)",
            "close * volume > 1e6",
            "close and open > low",
            "not close",
            "(close > open) + 1",
            "(close > open) == (high > low)",
            "-(close > open)",
            "1 / 0",
            "sqrt(-1)",
        ],
        expect![[r#"
            `close > 100`
                [close > 100] an adjusted price (`close`) cannot be compared with a bare number (`100`) (splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`)
            `100 < sma(close, 5)`
                [100 < sma(close, 5)] a bare number (`100`) cannot be compared with an adjusted price (`sma(close, 5)`) (splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`)
            `close > fast`
                [close > fast] an adjusted price (`close`) cannot be compared with a bare number (`fast`) (splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`)
            `cross_above(close, 100)`
                [close, 100] an adjusted price (`close`) cannot be compared with a bare number (`100`) (splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`)
            `close + 1 > open`
                [close + 1] an adjusted price (`close`) and a bare number (`1`) cannot be added (splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`)
            `close > raw.close`
                [close > raw.close] an adjusted price (`close`) cannot be compared with a traded price (`raw.close`) (write `raw.` on both sides or on neither)
            `close > volume`
                [close > volume] an adjusted price (`close`) cannot be compared with a volume (`volume`) (both sides must be measured in the same unit; a quotient such as `close / open` is a plain number)
            `close - volume`
                [close - volume] a volume (`volume`) cannot be subtracted from an adjusted price (`close`) (both sides must be measured in the same unit; a quotient such as `close / open` is a plain number)
            `close > rsi(14)`
                [close > rsi(14)] an adjusted price (`close`) cannot be compared with a plain number (`rsi(14)`) (both sides must be measured in the same unit; a quotient such as `close / open` is a plain number)
            `raw.close > rsi(14)`
                [raw.close > rsi(14)] a traded price (`raw.close`) cannot be compared with a plain number (`rsi(14)`) (both sides must be measured in the same unit; a quotient such as `close / open` is a plain number)
            `close * volume > 1e6`
                [close * volume > 1e6] a product of adjusted prices and other series (`close * volume`) cannot be compared with a bare number (`1e6`) (splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`)
            `close and open > low`
                [close] expected a condition, found an adjusted price (`close`) (compare it with something: `close > ...`)
            `not close`
                [close] expected a condition, found an adjusted price (`close`) (compare it with something: `close > ...`)
            `(close > open) + 1`
                [(close > open)] expected a number, found the condition `(close > open)`
            `(close > open) == (high > low)`
                [==] conditions cannot be compared (both or neither: `a and b or not a and not b`)
            `-(close > open)`
                [(close > open)] expected a number, found the condition `(close > open)`
            `1 / 0`
                [1 / 0] `1 / 0` is no number
            `sqrt(-1)`
                [sqrt(-1)] `sqrt(-1)` is no number
        "#]],
    );
    for fine in [
        "raw.close > 100",
        "close > 0",
        "momentum(close, 10) > 0",
        "macd(close) > 0",
        "close / open > 1.01",
        "close > 1.02 * sma(20)",
        "volume > 1e6",
        "raw.close * raw.volume > 1e6",
        "raw.close + 0.5 > fast",
        "rsi(14) < fast",
        "vwap > close",
        "vwap > 30",
        "log(close) > log(open)",
        "sqrt(close * open) > low",
        "stddev(close, 20) / close > 2%",
        "fast < slow",
        "cross_above(rsi(14), 30)",
        "AAPL.close > BRK.B.close",
        "min(close, 0) < open",
    ] {
        expression(fine).unwrap_or_else(|e| panic!("{fine}: {e:?}"));
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let deep = format!("{}close{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(expression(&deep).unwrap_err().message.contains("bytes"));
    let deep = |inner: &str, n: usize| format!("{}{inner}{}", "(".repeat(n), ")".repeat(n));
    assert!(expression(&deep("close", 5_000)).unwrap_err().message.contains("levels"));
    assert!(expression(&deep("close", 100)).is_ok());
    for text in [
        "-".repeat(9_000) + "close",
        "not ".repeat(4_000) + "true",
        "abs(".repeat(4_000) + "close",
        format!("close{}", " + close".repeat(2_000)),
        format!("close{}", "[-1]".repeat(4_000)),
        format!("close{}", ".a".repeat(4_000)),
        "sma(".repeat(4_000),
        "close[".repeat(3_000),
    ] {
        let error = expression(&text).unwrap_err();
        assert!(error.message.contains("levels"), "{}", error.message);
    }
    assert!(expression(&format!("close{}", " + close".repeat(150))).is_ok());
}

#[test]
fn long_chains_of_named_series_do_not_exhaust_the_stack() {
    let names: Vec<String> = (0..2000).map(|i| format!("s{i}")).collect();
    let texts: Vec<String> =
        (0..2000).map(|i| if i == 0 { "close".into() } else { format!("-s{}", i - 1) }).collect();
    let series: Vec<Text<'_>> =
        names.iter().zip(&texts).map(|(name, text)| Text { name, text, offset: 0 }).collect();
    let definitions = Definitions { series: &series, ..Definitions::default() };
    let text = Text { name: "x", text: "s1999", offset: 0 };
    let error = compile_expression(&text, &definitions).unwrap_err();
    assert!(error.message.contains("levels"), "{}", error.message);
}
