//! Specs that are wrong: each is met with its place, what was expected, and exit code 1.

use std::fs;

use expect_test::{Expect, expect};

use crate::program::Project;

const GOOD: &str = r#"[data]
bundle = "sample"
assets = ["AAPL", "IBM"]

[params]
fast = { from = 2, to = 4 }
slow = { from = 10, to = 12 }

[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"
"#;

/// Sweeps the good spec with one part replaced.
fn check(from: &str, to: &str, expected: Expect) {
    assert!(GOOD.contains(from), "{from}");
    let project = Project::new();
    project.write("spec.toml", &GOOD.replace(from, to));
    let outcome = project.run(&["sweep", "spec.toml"]);
    assert_ne!(outcome.code, 0);
    let sweeps = project.path(".backcast/sweeps");
    assert!(fs::read_dir(sweeps).map_or(0, Iterator::count) == 0, "a sweep was begun");
    expected.assert_eq(&outcome.told());
}

#[test]
fn the_spec_is_missing_or_no_spec() {
    let project = Project::new();
    project.write("spec.toml", GOOD);
    project.check(
        &["sweep", "spek.toml"],
        expect![[r#"
        exit 1
        --- stderr
          × there is no spec spek.toml
          help: there are: spec.toml
    "#]],
    );
    project.check(
        &["run", "."],
        expect![[r#"
        exit 1
        --- stderr
          × . is a folder, not a spec
          help: there are: spec.toml
    "#]],
    );
    fs::write(project.path("noise.toml"), [0xff, 0xfe, 0x00]).unwrap();
    project.check(
        &["run", "noise.toml"],
        expect![[r#"
        exit 1
        --- stderr
          × noise.toml is no text
          help: a spec is a TOML file, such as those in examples/
    "#]],
    );
}

#[test]
fn a_bundle_that_is_not_there() {
    check(
        "\"sample\"",
        "\"sampel\"",
        expect![[r#"
            exit 1
            --- stderr
              × no bundle is called `sampel`, did you mean `sample`?; there are: sample
              help: `backcast bundles list` shows what is there; `backcast ingest FILES --bundle NAME` makes a bundle
        "#]],
    );
}

#[test]
fn an_unknown_asset() {
    check(
        "\"IBM\"",
        "\"IMB\"",
        expect![[r#"
            exit 1
            --- stderr
              × sample has no asset `IMB`
               ╭─[spec.toml:3:20]
             2 │ bundle = "sample"
             3 │ assets = ["AAPL", "IMB"]
               ·                    ───
             4 │ 
               ╰────
              help: did you mean `IBM`? possible are: AAPL, FB, GOOG, IBM, MSFT
        "#]],
    );
}

#[test]
fn an_unknown_indicator() {
    check(
        "cross_above(sma",
        "cross_above(smaa",
        expect![[r#"
            exit 1
            --- stderr
              × unknown indicator or function `smaa`
                ╭─[spec.toml:10:27]
              9 │ [rules]
             10 │ enter_long = "cross_above(smaa(close, fast), sma(close, slow))"
                ·                           ────
             11 │ exit_long = "cross_below(sma(close, fast), sma(close, slow))"
                ╰────
              help: did you mean `sma`?
        "#]],
    );
}

#[test]
fn a_range_without_a_value() {
    check(
        "from = 2, to = 4",
        "from = 4, to = 2",
        expect![[r#"
            exit 1
            --- stderr
              × parameter `fast` has no values
               ╭─[spec.toml:6:8]
             5 │ [params]
             6 │ fast = { from = 4, to = 2 }
               ·        ────────────────────
             7 │ slow = { from = 10, to = 12 }
               ╰────
              help: `to` must not be below `from`, and a list needs at least one number
        "#]],
    );
}

#[test]
fn more_sets_than_any_machine_bears() {
    let wide = "from = 1, to = 1000000";
    let project = Project::new();
    let text = GOOD.replace("from = 2, to = 4", wide).replace("from = 10, to = 12", wide);
    project.write("spec.toml", &text);
    project.check(
        &["sweep", "spec.toml"],
        expect![[r#"
            exit 1
            --- stderr
              × 1000000000000 parameter sets on 2 assets would take 208 TB for their rows alone
               ╭─[spec.toml:7:8]
             6 │ fast = { from = 1, to = 1000000 }
             7 │ slow = { from = 1, to = 1000000 }
               ·        ──────────────────────────
             8 │ 
               ╰────
              help: at most 100000000 rows are swept at once; narrow a range or enlarge its step
        "#]],
    );
}

#[test]
fn a_period_longer_than_the_data() {
    check(
        "from = 10, to = 12",
        "from = 9000, to = 9001",
        expect![[r#"
            exit 1
            --- stderr
              × no parameter set can ever trade: the rules need 9000 bars before they can enter, and IBM has 3270
               ╭─[spec.toml:7:8]
             6 │ fast = { from = 2, to = 4 }
             7 │ slow = { from = 9000, to = 9001 }
               ·        ──────────────────────────
             8 │ 
               ╰────
              help: make periods shorter, or take a longer range of data
        "#]],
    );
}

#[test]
fn toml_that_contradicts_itself() {
    check(
        "bundle = \"sample\"",
        "bundle = \"sample\"\nfile = \"x.csv\"",
        expect![[r#"
            exit 1
            --- stderr
              × [data] names both a bundle and a file
               ╭─[spec.toml:3:1]
             2 │ bundle = "sample"
             3 │ file = "x.csv"
               · ────
             4 │ assets = ["AAPL", "IBM"]
               ╰────
              help: delete one of the two
        "#]],
    );
    check(
        "[params]",
        "[data]\n[params]",
        expect![[r#"
            exit 1
            --- stderr
              × this is no valid TOML: duplicate key
               ╭─[spec.toml:5:2]
             4 │ 
             5 │ [data]
               ·  ────
             6 │ [params]
               ╰────
              help: specs are TOML: [section] lines, and key = value below them
        "#]],
    );
    check(
        "exit_long",
        "exit_lnog",
        expect![[r#"
            exit 1
            --- stderr
              × unknown key `exit_lnog` in [rules]
                ╭─[spec.toml:11:1]
             10 │ enter_long = "cross_above(sma(close, fast), sma(close, slow))"
             11 │ exit_lnog = "cross_below(sma(close, fast), sma(close, slow))"
                · ─────────
                ╰────
              help: did you mean `exit_long`? possible are: enter_long, exit_long, enter_short, exit_short, entry_limit, stop_loss, take_profit, trailing
        "#]],
    );
}

#[test]
fn a_range_of_days_without_bars() {
    check(
        "assets =",
        "from = 2020-01-01\nassets =",
        expect![[r#"
            exit 1
            --- stderr
              × there is no bar between `from` and `to`
               ╭─[spec.toml:3:8]
             2 │ bundle = "sample"
             3 │ from = 2020-01-01
               ·        ──────────
             4 │ assets = ["AAPL", "IBM"]
               ╰────
              help: the data goes from 2000-03-01 to 2013-03-01
        "#]],
    );
    check(
        "assets =",
        "from = 2001-02-29\nassets =",
        expect![[r#"
            exit 1
            --- stderr
              × this is no valid TOML: invalid date, expected day between 01 and 28
               ╭─[spec.toml:3:8]
             2 │ bundle = "sample"
             3 │ from = 2001-02-29
               ·        ──────────
             4 │ assets = ["AAPL", "IBM"]
               ╰────
              help: specs are TOML: [section] lines, and key = value below them
        "#]],
    );
}

#[test]
fn a_wrong_change_on_the_command_line_ends_with_2() {
    let project = Project::new();
    project.write("spec.toml", GOOD);
    let set = |text: &'static str| project.run(&["sweep", "spec.toml", "--set", text]).told();
    expect![[r#"
        exit 2
        --- stderr
          × the spec has no parameter `fats`
           ╭─[--set:1:1]
         1 │ params.fats=3
           · ───────────
           ╰────
          help: did you mean `fast`? possible are: fast, slow
    "#]]
    .assert_eq(&set("params.fats=3"));
    expect![[r#"
        exit 2
        --- stderr
          × `fast` must be a number, a range or a list; found `two`
           ╭─[--set:1:13]
         1 │ params.fast=two
           ·             ───
           ╰────
          help: write 10, { from = 2, to = 101 }, { from = 0.1, to = 0.5, step = 0.1 } or { values = [5, 10, 20] }
    "#]].assert_eq(&set("params.fast=two"));
    expect![[r#"
        exit 2
        --- stderr
          × `fast` sets nothing
           ╭─[--set:1:1]
         1 │ fast
           · ────
           ╰────
          help: write section.key=value: params.fast=10
    "#]]
    .assert_eq(&set("fast"));
    project.check(
        &["run", "spec.toml"],
        expect![[r#"
            exit 1
            --- stderr
              × a run takes one value of `fast`, and there are 3
               ╭─[spec.toml:6:8]
             5 │ [params]
             6 │ fast = { from = 2, to = 4 }
               ·        ────────────────────
             7 │ slow = { from = 10, to = 12 }
               ╰────
              help: choose one with --set params.fast=2, or use `sweep`
        "#]],
    );
    project.check(
        &["walkforward", "spec.toml"],
        expect![[r#"
            exit 1
            --- stderr
              × the spec has no [walkforward]
               ╭─[spec.toml:2:10]
             1 │ [data]
             2 │ bundle = "sample"
               ·          ────────
             3 │ assets = ["AAPL", "IBM"]
               ╰────
              help: add [walkforward] with train = 504 and test = 126, in sessions
        "#]],
    );
    project.check(
        &["run", "spec.toml", "--trades", "t.xls"],
        expect![[r#"
        exit 2
        --- stderr
          × t.xls has no known ending
          help: the ending says the format: .csv, .json or .parquet
    "#]],
    );
}

#[test]
fn ids_that_nobody_knows() {
    let project = Project::new();
    project.check(
        &["sweep", "--resume", "0123456789ab"],
        expect![[r#"
        exit 1
        --- stderr
          × there is no sweep 0123456789ab in [folder]/.backcast/sweeps
          help: `backcast sweep SPEC` prints the id of a sweep that it begins
    "#]],
    );
    project.check(&["report", "0123456789ab", "--out", "x.html"], expect![[r#"
        exit 1
        --- stderr
          × there is no run or sweep 0123456789ab in [folder]/.backcast
          help: `backcast run SPEC` and `backcast sweep SPEC` print their ids; a spec can be given here as well
    "#]]);
}
