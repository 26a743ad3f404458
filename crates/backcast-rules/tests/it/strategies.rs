//! What is said about rules that do not belong together, and about their names.

use backcast_rules::{Definitions, Text, compile, compile_tables};
use expect_test::{Expect, expect};

use crate::{language::strings, mistakes::shown};

/// What is said about files of rules: lines `name = expression`, series behind `let`.
fn check_files(params: &[&str], files: &[&str], expected: Expect) {
    let (params, columns) = (strings(params), strings(&["vwap"]));
    let said = files.iter().map(|file| {
        let (mut series, mut rules) = (Vec::new(), Vec::new());
        for line in file.lines() {
            let (name, text) = line.split_once(" = ").unwrap();
            let offset = text.as_ptr() as usize - file.as_ptr() as usize;
            match name.strip_prefix("let ") {
                Some(name) => series.push(Text { name, text, offset }),
                None => rules.push(Text { name, text, offset }),
            }
        }
        let definitions = Definitions {
            columns: &columns,
            params: &params,
            series: &series,
            rules: &rules,
            ..Definitions::default()
        };
        let said = match compile(&definitions) {
            Ok(_) => "fine".to_string(),
            Err(error) => shown(file, &error),
        };
        format!("{file}\n    {said}\n")
    });
    expected.assert_eq(&said.collect::<String>());
}

#[test]
fn rules_must_belong_together() {
    check_files(
        &[],
        &[
            "enter_long = close > open",
            "",
            "exit_long = close < open",
            "enter_long = close > open\nexit_short = close < open",
            "enter_long = close > open\nenter_short = close > open",
            "enter_lnog = close > open",
            "enter_long = close > open\nenter_long = close < open",
            "enter_long = close",
            "stop_loss = 5%",
            "enter_long = close > open\nstop_loss = 5",
            "enter_long = close > open\nstop_loss = -5%",
            "enter_long = close > open\ntrailing = 0",
            "enter_long = close > open\ntake_profit = 200%",
            "enter_long = close > open\ntrailing = volume",
            "enter_long = close > open\nstop_loss = close > open",
            "enter_long = close > open\nstop_loss = 2 * atr(14)",
            "enter_long = close > open\nstop_loss = atr(14) / close",
            "enter_long = close > open\nentry_limit = 99",
            "enter_long = close > open\nentry_limit = rsi(14)",
            "enter_long = close > open\nentry_limit = close * 0.99",
            "enter_long = close > open\nentry_limit = raw.close - 0.5",
            "enter_short = true",
        ],
        expect![[r#"
            enter_long = close > open
                fine

                [] there is no rule to enter a position (add `enter_long` or `enter_short`)
            exit_long = close < open
                [close < open] exit_long without enter_long would never do anything (add `enter_long`, or remove `exit_long`)
            enter_long = close > open
            exit_short = close < open
                [close < open] exit_short without enter_short would never do anything (add `enter_short`, or remove `exit_short`)
            enter_long = close > open
            enter_short = close > open
                [close > open] enter_long and enter_short are the same condition (where both hold, neither does anything)
            enter_lnog = close > open
                [close > open] there is no rule `enter_lnog` (did you mean `enter_long`?)
            enter_long = close > open
            enter_long = close < open
                [close < open] `enter_long` is given twice
            enter_long = close
                [close] enter_long must be a condition, not an adjusted price (compare it with something, for instance `close > sma(close, 30)`)
            stop_loss = 5%
                [] there is no rule to enter a position (add `enter_long` or `enter_short`)
            enter_long = close > open
            stop_loss = 5
                [5] stop_loss is 5, but it must be between 0 and 1 (a fraction of the price, for instance `5%`)
            enter_long = close > open
            stop_loss = -5%
                [-5%] stop_loss is -0.05, but it must be between 0 and 1 (a fraction of the price, for instance `5%`)
            enter_long = close > open
            trailing = 0
                [0] trailing is 0, but it must be between 0 and 1 (a fraction of the price, for instance `5%`)
            enter_long = close > open
            take_profit = 200%
                fine
            enter_long = close > open
            trailing = volume
                [volume] trailing must be a fraction or a distance in price, not a volume (for instance `5%`, or `2 * atr(14)`)
            enter_long = close > open
            stop_loss = close > open
                [close > open] stop_loss must be a fraction or a distance in price, not a condition (for instance `5%`, or `2 * atr(14)`)
            enter_long = close > open
            stop_loss = 2 * atr(14)
                fine
            enter_long = close > open
            stop_loss = atr(14) / close
                fine
            enter_long = close > open
            entry_limit = 99
                [99] entry_limit must be a price, not a bare number (for instance `close * 0.99`, or `raw.close - 0.5`)
            enter_long = close > open
            entry_limit = rsi(14)
                [rsi(14)] entry_limit must be a price, not a plain number (for instance `close * 0.99`, or `raw.close - 0.5`)
            enter_long = close > open
            entry_limit = close * 0.99
                fine
            enter_long = close > open
            entry_limit = raw.close - 0.5
                fine
            enter_short = true
                fine
        "#]],
    );
}

#[test]
fn parameters_and_series_have_names_of_their_own() {
    let check = |params: &[&str], expected: Expect| {
        check_files(params, &["enter_long = sma(fast) > 2 * vwap"], expected);
    };
    check(
        &["fast"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            fine
    "#]],
    );
    check(
        &["fast", "slow"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [] the parameter `slow` is used by no rule (use it in a rule, or remove it from [params])
    "#]],
    );
    check(
        &["fast", "fast"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [fast] the parameter `fast` has the name of a parameter (give it another name)
    "#]],
    );
    check(
        &["fast", "close"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [] the parameter `close` has the name of a column of the data (give it another name)
    "#]],
    );
    check(
        &["fast", "vwap"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [vwap] the parameter `vwap` has the name of a column of the data (give it another name)
    "#]],
    );
    check(
        &["fast", "sma"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [sma] the parameter `sma` has the name of an indicator (give it another name)
    "#]],
    );
    check(
        &["fast", "not"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [] the parameter `not` has the name of a word of the language (give it another name)
    "#]],
    );
    check(
        &["fast", "max"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [] the parameter `max` has the name of a function (give it another name)
    "#]],
    );
    check(
        &["fast", "a-b"],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [] `a-b` cannot be the name of a parameter (a name has letters, digits and _, and begins with a letter)
    "#]],
    );
    check(
        &["fast", ""],
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [] `` cannot be the name of a parameter (a name has letters, digits and _, and begins with a letter)
    "#]],
    );
    let many: Vec<String> = (0..65).map(|i| format!("p{i}")).collect();
    check(
        &many.iter().map(String::as_str).collect::<Vec<_>>(),
        expect![[r#"
        enter_long = sma(fast) > 2 * vwap
            [] 65 parameters, at most 64 are possible
    "#]],
    );
    check_files(
        &["fast"],
        &[
            "let fast = close\nenter_long = rsi(fast) > 50",
            "let late = later\nlet later = close\nenter_long = rsi(fast) > 50",
            "let wrong = clse\nenter_long = rsi(fast) > 50",
            "let unread = sma(fast)\nenter_long = close > open",
            "let bands = bbands(20)\nenter_long = close > bands.upper and rsi(fast) > 50",
            "let bands = bbands(20)\nenter_long = close > bands.uper and rsi(fast) > 50",
            "let mid = (high + low) / 2\nenter_long = close > mid.upper and rsi(fast) > 50",
            "let open = close\nenter_long = rsi(fast) > 50",
        ],
        expect![[r#"
            let fast = close
            enter_long = rsi(fast) > 50
                [fast] the series `fast` has the name of a parameter (give it another name)
            let late = later
            let later = close
            enter_long = rsi(fast) > 50
                [later] the series `later` is used before it is defined (define it above the first use)
            let wrong = clse
            enter_long = rsi(fast) > 50
                [clse] unknown name `clse` (did you mean `close`?)
            let unread = sma(fast)
            enter_long = close > open
                [fast] the parameter `fast` is used by no rule (use it in a rule, or remove it from [params])
            let bands = bbands(20)
            enter_long = close > bands.upper and rsi(fast) > 50
                fine
            let bands = bbands(20)
            enter_long = close > bands.uper and rsi(fast) > 50
                [uper] bollinger has no output `uper` (did you mean `upper`?)
            let mid = (high + low) / 2
            enter_long = close > mid.upper and rsi(fast) > 50
                [upper] `mid` has no part `upper` (only indicators with several outputs have parts: `macd(close).signal`)
            let open = close
            enter_long = rsi(fast) > 50
                [] the series `open` has the name of a column of the data (give it another name)
        "#]],
    );
}

#[test]
fn tables_of_several_assets_share_their_parameters() {
    let params = strings(&["fast", "slow"]);
    let one = [Text { name: "enter_long", text: "rsi(fast) < 30", offset: 0 }];
    let other = [Text { name: "enter_short", text: "rsi(slow) > 70", offset: 100 }];
    let table = |rules| Definitions { params: &params, rules, ..Definitions::default() };
    assert!(compile(&table(&one)).is_err());
    let programs = compile_tables(&[table(&one), table(&other)]).unwrap();
    assert_eq!(programs.iter().map(|p| p.params().len()).collect::<Vec<_>>(), [2, 2]);
    let error = compile_tables(&[table(&one), table(&one)]).unwrap_err();
    assert_eq!(error.message, "the parameter `slow` is used by no rule");
}
