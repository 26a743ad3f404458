//! What a spec may say, and what is said about one that says something else.

use std::path::Path;

use backcast_search::{
    Override, Spec, SpecError,
    spec::{DataSource, Mode},
};
use expect_test::{Expect, expect};

const GOOD: &str = r#"
[data]
bundle = "sample"
assets = ["AAPL", "MSFT"]
from = 2001-01-01

[params]
fast = { from = 2, to = 101 }
slow = { from = 102, to = 201 }

[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"

[costs]
commission = "0.1%"
slippage = "2bp"

[broker]
cash = 100000
size = "100% of equity"
"#;

/// The error as a terminal would tell it: place, what stands there, message, help.
fn told(error: &SpecError) -> String {
    let (line, column) = error.line_column();
    let help = error.help.as_deref().unwrap_or("-");
    format!("{}:{line}:{column} at `{}`\n{error}\n{help}", error.file, error.found())
}

fn parse(text: &str, sets: &[&str]) -> Result<Spec, SpecError> {
    let overrides: Vec<_> = sets.iter().map(|text| Override::set(text)).collect();
    Spec::parse(text, Some(Path::new("specs/test.toml")), &overrides)
}

/// Replaces `from` by `to` in the good spec and compares what is said.
fn check(from: &str, to: &str, expected: Expect) {
    assert!(from.is_empty() || GOOD.contains(from), "{from}");
    let text = if from.is_empty() { format!("{GOOD}{to}") } else { GOOD.replace(from, to) };
    let error = parse(&text, &[]).expect_err("the spec is wrong");
    expected.assert_eq(&told(&error));
}

fn check_set(set: &str, expected: Expect) {
    let error = parse(GOOD, &[set]).expect_err("the override is wrong");
    expected.assert_eq(&told(&error));
}

#[test]
fn the_spec_of_the_issue_is_read() {
    let spec = parse(GOOD, &[]).unwrap();
    assert_eq!(spec.data.source, DataSource::Bundle("sample".into()));
    assert_eq!(spec.set_count(), 10_000.0);
    assert_eq!(spec.costs.commission_rate, 0.001);
    assert_eq!(spec.costs.slippage_rate, 0.0002);
    assert_eq!(spec.metrics.len(), 13);
    let canonical: Vec<_> =
        spec.canonical().iter().map(|(key, value)| format!("{key} = {value}")).collect();
    expect![[r#"
        params.fast = 2 + 1 * 100
        params.slow = 102 + 1 * 100
        rules.enter_long = cross_above(sma(close, fast), sma(close, slow))
        rules.exit_long = cross_below(sma(close, fast), sma(close, slow))"#]]
    .assert_eq(&canonical.join("\n"));
}

#[test]
fn unknown_names_are_refused_with_the_nearest_one() {
    check(
        "[costs]",
        "[cost]",
        expect![[r#"
        specs/test.toml:15:2 at `cost`
        unknown section or key `cost`
        did you mean `costs`? possible are: data, params, series, rules, costs, broker, sweep, walkforward, metrics, mode"#]],
    );
    check(
        "commission =",
        "comission =",
        expect![[r#"
        specs/test.toml:16:1 at `comission`
        unknown key `comission` in [costs]
        did you mean `commission`? possible are: commission, slippage"#]],
    );
    check(
        "exit_long =",
        "exit_lnog =",
        expect![[r#"
        specs/test.toml:13:1 at `exit_lnog`
        unknown key `exit_lnog` in [rules]
        did you mean `exit_long`? possible are: enter_long, exit_long, enter_short, exit_short, entry_limit, stop_loss, take_profit, trailing"#]],
    );
    check(
        "cash =",
        "quux =",
        expect![[r#"
        specs/test.toml:20:1 at `quux`
        unknown key `quux` in [broker]
        possible are: cash, size, shares, fill"#]],
    );
    check(
        "",
        "[sweep]\nmetric = \"sharp\"",
        expect![[r#"
        specs/test.toml:23:10 at `"sharp"`
        there is no metric `sharp`
        did you mean `sharpe`? possible are: total_return, cagr, volatility, sharpe, sortino, max_drawdown, max_drawdown_bars, calmar, exposure, trades, win_rate, profit_factor, costs_paid"#]],
    );
    check(
        "",
        "[walkforward]\ntrain = 10\ntset = 5",
        expect![[r#"
        specs/test.toml:24:1 at `tset`
        unknown key `tset` in [walkforward]
        did you mean `test`? possible are: train, test, step, anchored, metric"#]],
    );
    check(
        "to = 101",
        "too = 101",
        expect![[r#"
        specs/test.toml:8:20 at `too`
        unknown key `too` in [fast]
        did you mean `to`? possible are: from, to, step, count, log, values"#]],
    );
    check(
        "cash = 100000",
        "fill = \"this_close\"",
        expect![[r#"
        specs/test.toml:20:8 at `"this_close"`
        `fill` must be "next_open" or "same_close"; found `this_close`
        possible are: next_open, same_close"#]],
    );
}

#[test]
fn wrong_types_and_units_are_named() {
    check(
        "100000",
        "\"lots\"",
        expect![[r#"
        specs/test.toml:20:8 at `"lots"`
        `cash` must be a number; found `lots`
        write cash = 100000"#]],
    );
    check(
        "\"0.1%\"",
        "\"0.001\"",
        expect![[r#"
        specs/test.toml:16:14 at `"0.001"`
        `commission`: `0.001` has no unit
        write "0.1%", "2bp", "0.005 per share", "1 per trade", or several with +"#]],
    );
    check(
        "\"0.1%\"",
        "0.001",
        expect![[r#"
        specs/test.toml:16:14 at `0.001`
        `commission` must be an amount with its unit; found 0.001
        write "0.1%", "2bp", "0.005 per share", "1 per trade", or several with +"#]],
    );
    check(
        "\"2bp\"",
        "\"2 points\"",
        expect![[r#"
        specs/test.toml:17:12 at `"2 points"`
        `slippage`: `points` is no unit
        write "2bp", "0.1%" or "0.01 per share""#]],
    );
    check(
        "\"2bp\"",
        "\"100%\"",
        expect![[r#"
        specs/test.toml:17:12 at `"100%"`
        `slippage` takes 100% of the value
        it must be below 100%"#]],
    );
    check(
        "100% of equity",
        "150% of equity",
        expect![[r#"
        specs/test.toml:21:8 at `"150% of equity"`
        `size`: 150% of equity is more than there is; there is no borrowing
        write "100% of equity", "10 shares", "5000 cash" or "all cash""#]],
    );
    check(
        "100% of equity",
        "1.5 shares",
        expect![[r#"
        specs/test.toml:21:8 at `"1.5 shares"`
        1.5 shares cannot be bought whole
        write shares = "fractional" below [broker]"#]],
    );
    check(
        "2001-01-01",
        "\"2001-02-29\"",
        expect![[r#"
        specs/test.toml:5:8 at `"2001-02-29"`
        `from` must be a date that exists; found `2001-02-29`
        write it as 2001-01-31"#]],
    );
    check(
        "2001-01-01",
        "2001-02-29",
        expect![[r#"
        specs/test.toml:5:8 at `2001-02-29`
        this is no valid TOML: invalid date, expected day between 01 and 28
        specs are TOML: [section] lines, and key = value below them"#]],
    );
    check(
        "2001-01-01",
        "2001-01-01T09:30:00Z",
        expect![[r#"
        specs/test.toml:5:8 at `2001-01-01T09:30:00Z`
        2001-01-01T09:30:00Z is no plain date
        write the session's date alone, as 2001-01-31"#]],
    );
    check(
        "[\"AAPL\", \"MSFT\"]",
        "[\"AAPL\", \"AAPL\"]",
        expect![[r#"
        specs/test.toml:4:19 at `"AAPL"`
        `AAPL` is listed twice
        delete one of the two"#]],
    );
    check(
        "[\"AAPL\", \"MSFT\"]",
        "[]",
        expect![[r#"
        specs/test.toml:4:10 at `[]`
        `assets` is empty
        write assets = ["AAPL", "MSFT"] or assets = "all""#]],
    );
    check(
        "cash = 100000",
        "cash = -5",
        expect![[r#"
        specs/test.toml:20:8 at `-5`
        `cash` must be above 0 and at most 1e15; found -5
        -"#]],
    );
    check(
        "cash = 100000",
        "cash = nan",
        expect![[r#"
        specs/test.toml:20:8 at `nan`
        nan is no finite number
        -"#]],
    );
    check(
        "bundle = \"sample\"",
        "bundle = sample",
        expect![[r#"
        specs/test.toml:3:10 at `sample`
        this is no valid TOML: string values must be quoted, expected literal string
        specs are TOML: [section] lines, and key = value below them"#]],
    );
}

#[test]
fn contradictions_are_refused() {
    check(
        "bundle = \"sample\"",
        "bundle = \"sample\"\nfile = \"a.csv\"",
        expect![[r#"
        specs/test.toml:4:1 at `file`
        [data] names both a bundle and a file
        delete one of the two"#]],
    );
    check(
        "bundle = \"sample\"\n",
        "",
        expect![[r#"
        specs/test.toml:2:2 at `data`
        [data] names no data
        write bundle = "sample" or file = "prices.csv" below [data]"#]],
    );
    check(
        "from = 2001-01-01",
        "from = 2001-01-01\nto = 2000-01-01",
        expect![[r#"
        specs/test.toml:6:6 at `2000-01-01`
        `from` (2001-01-01) is after `to` (2000-01-01)
        both days are included"#]],
    );
    check(
        "enter_long = \"cross",
        "enter_short = \"cross",
        expect![[r#"
        specs/test.toml:13:13 at `"cross_below(sma(close, fast), sma(close, slow))"`
        `exit_long` has nothing to exit: there is no `enter_long`
        add `enter_long` or delete it"#]],
    );
    check(
        "[rules]",
        "[rules.AAPL]\nexit_long = \"close > 1\"\n[rules]",
        expect![[r#"
        specs/test.toml:11:8 at `AAPL`
        [rules] has both `enter_long` for every asset and rules of `AAPL` alone
        write either [rules] or one [rules.SYMBOL] for each leg"#]],
    );
    check(
        "[rules]",
        "[rules.AAPL]\nenter_long = \"close > open\"\n[rules]",
        expect![[r#"
        specs/test.toml:11:8 at `AAPL`
        [rules] has both `enter_long` for every asset and rules of `AAPL` alone
        write either [rules] or one [rules.SYMBOL] for each leg"#]],
    );
    let legs = GOOD.replace("[rules]", "[rules.AAPL]");
    let error = parse(&legs, &["mode=each"]).expect_err("legs are no runs of their own");
    expect![[r#"
        --set:1:6 at `each`
        [rules.SYMBOL] tables are legs of one position, and mode "each" would run them apart
        write mode = "pool", or delete it"#]]
    .assert_eq(&told(&error));
    check(
        "{ from = 2, to = 101 }",
        "{ from = 101, to = 2 }",
        expect![[r#"
        specs/test.toml:8:8 at `{ from = 101, to = 2 }`
        parameter `fast` has no values
        `to` must not be below `from`, and a list needs at least one number"#]],
    );
    check(
        "{ from = 2, to = 101 }",
        "{ from = 2, to = 101, values = [1] }",
        expect![[r#"
        specs/test.toml:8:8 at `{ from = 2, to = 101, values = [1] }`
        `fast` has both values and a range
        write 10, { from = 2, to = 101 }, { from = 0.1, to = 0.5, step = 0.1 } or { values = [5, 10, 20] }"#]],
    );
    check(
        "{ from = 2, to = 101 }",
        "{ from = 2, to = 101, step = 0 }",
        expect![[r#"
        specs/test.toml:8:37 at `0`
        a step must be above 0; found 0
        -"#]],
    );
    check(
        "{ from = 2, to = 101 }",
        "{ from = 0.5, to = 1 }",
        expect![[r#"
        specs/test.toml:8:8 at `{ from = 0.5, to = 1 }`
        the range of `fast` needs a step
        write 10, { from = 2, to = 101 }, { from = 0.1, to = 0.5, step = 0.1 } or { values = [5, 10, 20] }"#]],
    );
    check(
        "{ from = 2, to = 101 }",
        "[5, 5]",
        expect![[r#"
        specs/test.toml:8:12 at `5`
        5 is twice among the values of `fast`
        delete one of the two"#]],
    );
    check(
        "",
        "[walkforward]\ntrain = 100\ntest = 20\nstep = 10",
        expect![[r#"
        specs/test.toml:25:8 at `10`
        windows overlap: a step of 10 is below the test of 20
        the out-of-sample curve would count sessions twice; make step at least test"#]],
    );
    check(
        "enter_long = \"cross_above(sma(close, fast), sma(close, slow))\"",
        "",
        expect![[r#"
        specs/test.toml:13:13 at `"cross_below(sma(close, fast), sma(close, slow))"`
        `exit_long` has nothing to exit: there is no `enter_long`
        add `enter_long` or delete it"#]],
    );
}

#[test]
fn overrides_take_the_place_of_what_the_file_says() {
    let spec = parse(
        GOOD,
        &[
            "params.fast=10",
            "params.slow = 20..40..5",
            "costs.commission=0.2%",
            "broker.cash=5000",
            "data.assets=AAPL,KO",
            "data.to=2005-12-31",
            "mode=pool",
            "rules.exit_long=close < sma(close, fast)",
        ],
    )
    .unwrap();
    assert_eq!(spec.params[0].values.to_vec(), [10.0]);
    assert_eq!(spec.params[1].values.to_vec(), [20.0, 25.0, 30.0, 35.0, 40.0]);
    assert_eq!(spec.costs.commission_rate, 0.002);
    assert_eq!(spec.broker.cash, 5000.0);
    assert_eq!(spec.data.assets.unwrap(), ["AAPL", "KO"]);
    assert_eq!(spec.data.to.unwrap().to_string(), "2005-12-31");
    assert_eq!(spec.mode, Some(Mode::Pool));
    assert_eq!(spec.rules[1].text, "close < sma(close, fast)");
}

#[test]
fn a_wrong_override_is_shown_itself() {
    check_set(
        "params.fsat=10",
        expect![[r#"
        --set:1:1 at `params.fsat`
        the spec has no parameter `fsat`
        did you mean `fast`? possible are: fast, slow"#]],
    );
    check_set(
        "params.fast",
        expect![[r#"
        --set:1:1 at `params.fast`
        `params.fast` sets nothing
        write section.key=value: params.fast=10"#]],
    );
    check_set(
        "params.fast=2..x",
        expect![[r#"
        --set:1:13 at `2..x`
        `x` in the range `2..x` is no number
        write 2..101 or 0.1..0.5..0.1"#]],
    );
    check_set(
        "broker.cahs=10",
        expect![[r#"
        --set:1:1 at `broker.cahs`
        unknown key `cahs` in [broker]
        did you mean `cash`? possible are: cash, size, shares, fill"#]],
    );
    check_set(
        "costs.commission=12",
        expect![[r#"
        --set:1:18 at `12`
        `commission` must be an amount with its unit; found 12
        write "0.1%", "2bp", "0.005 per share", "1 per trade", or several with +"#]],
    );
    check_set(
        "data.from=2001-13-01",
        expect![[r#"
        --set:1:11 at `2001-13-01`
        `from` must be a date that exists; found `2001-13-01`
        write it as 2001-01-31"#]],
    );
    check_set(
        "broker.cash.now=1",
        expect![[r#"
        --set:1:1 at `broker.cash.now`
        `cash` is a number and has no key `now`
        -"#]],
    );
}

#[test]
fn a_relative_file_counts_from_the_folder_of_the_spec() {
    let text = GOOD.replace("bundle = \"sample\"", "file = \"prices.csv\"");
    let spec = parse(&text, &[]).unwrap();
    assert_eq!(spec.data.source, DataSource::File("specs/prices.csv".into()));
    let spec = parse(GOOD, &["data.file=other.csv"]).unwrap();
    assert_eq!(spec.data.source, DataSource::File("specs/other.csv".into()));
}
