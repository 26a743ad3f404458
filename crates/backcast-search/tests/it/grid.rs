//! Which parameter sets a spec stands for, and how a spec meets its data.

use backcast_search::{
    Spec, SpecError,
    spec::{Mode, Override},
};
use expect_test::{Expect, expect};

use crate::market::{asset, market, walk};

const SPEC: &str = r#"
[data]
bundle = "made"

[params]
fast = { from = 2, to = 5 }
slow = [3, 10]

[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
"#;

fn spec(text: &str, sets: &[&str]) -> Spec {
    let overrides: Vec<_> = sets.iter().map(|set| Override::set(set)).collect();
    Spec::parse(text, None, &overrides).unwrap()
}

fn told(error: &SpecError) -> String {
    let (line, column) = error.line_column();
    let help = error.help.as_deref().unwrap_or("-");
    format!("{}:{line}:{column} at `{}`\n{error}\n{help}", error.file, error.found())
}

fn check_sets(sets: &[&str], expected: Expect) {
    let told = match spec(SPEC, sets).param_sets(5) {
        Err(error) => told(&error),
        Ok(sets) => (0..sets.count()).map(|i| format!("{:?}\n", sets.values(i))).collect(),
    };
    expected.assert_eq(&told);
}

fn check_bind(text: &str, expected: Expect) {
    let market = market(vec![asset("AAPL", &walk(1, 60)), asset("KO", &walk(2, 60))]);
    let error = spec(text, &[]).bind(&market, Mode::Each).expect_err("it does not fit");
    expected.assert_eq(&told(&error));
}

#[test]
fn the_first_parameter_is_the_slowest() {
    check_sets(
        &[],
        expect![[r#"
        [2.0, 3.0]
        [2.0, 10.0]
        [3.0, 3.0]
        [3.0, 10.0]
        [4.0, 3.0]
        [4.0, 10.0]
        [5.0, 3.0]
        [5.0, 10.0]
    "#]],
    );
}

#[test]
fn a_condition_leaves_sets_out() {
    check_sets(
        &["sweep.where=fast < slow"],
        expect![[r#"
        [2.0, 3.0]
        [2.0, 10.0]
        [3.0, 10.0]
        [4.0, 10.0]
        [5.0, 10.0]
    "#]],
    );
    check_sets(
        &["sweep.where=not (fast < slow) or slow - fast >= 8"],
        expect![[r#"
        [2.0, 10.0]
        [3.0, 3.0]
        [4.0, 3.0]
        [5.0, 3.0]
    "#]],
    );
}

#[test]
fn a_condition_must_be_one_over_parameters_and_leave_something() {
    check_sets(
        &["sweep.where=fast > 100"],
        expect![[r#"
        --set:1:13 at `fast > 100`
        `fast > 100` holds for none of the 8 sets
        nothing would be swept; loosen the condition or change the ranges"#]],
    );
    check_sets(
        &["sweep.where=fast + slow"],
        expect![[r#"
        --set:1:13 at `fast + slow`
        `fast + slow` is no condition over parameters
        compare parameters and numbers: fast < slow and slow - fast >= 10"#]],
    );
    check_sets(
        &["sweep.where=fsat < slow"],
        expect![[r#"
        --set:1:13 at `fsat`
        unknown name `fsat`
        did you mean `fast`?"#]],
    );
    check_sets(
        &["sweep.where=close > fast"],
        expect![[r#"
            --set:1:13 at `close > fast`
            an adjusted price (`close`) cannot be compared with a bare number (`fast`)
            splits and dividends move adjusted prices; for the price as traded write `raw.close` instead of `close`"#]],
    );
    check_sets(
        &["sweep.where=fast <"],
        expect![[r#"
        --set:1:19 at ``
        expected a value, found the end
        a value is a number, a name, a call such as `sma(close, 30)`, or a bracket"#]],
    );
}

#[test]
fn a_grid_beyond_all_bounds_is_refused_before_memory_is_taken() {
    check_sets(
        &["params.fast=1..1000000", "params.slow=1..1000000"],
        expect![[r#"
        --set:1:13 at `1..1000000`
        1000000000000 parameter sets on 5 assets would take 520 TB for their rows alone
        at most 100000000 rows are swept at once; narrow a range or enlarge its step"#]],
    );
    check_sets(
        &["params.fast=1..1e15"],
        expect![[r#"
        --set:1:13 at `1..1e15`
        2000000000000000 parameter sets on 5 assets would take 1 EB for their rows alone
        at most 100000000 rows are swept at once; narrow a range or enlarge its step"#]],
    );
}

#[test]
fn assets_and_ranges_must_be_in_the_data() {
    check_bind(
        &SPEC.replace("[params]", "assets = [\"KO\", \"APPL\"]\n[params]"),
        expect![[r#"
            spec:5:18 at `APPL`
            made has no asset `APPL`
            did you mean `AAPL`? possible are: AAPL, KO"#]],
    );
    check_bind(
        &SPEC.replace("[params]", "from = 2030-01-01\n[params]"),
        expect![[r#"
        spec:5:8 at `2030-01-01`
        there is no bar between `from` and `to`
        the data goes from 2001-01-02 to 2001-03-02"#]],
    );
    check_bind(
        &SPEC.replace("[rules]", "[rules.IBM]"),
        expect![[r#"
        spec:9:8 at `IBM`
        made has no asset `IBM`
        possible are: AAPL, KO"#]],
    );
    check_bind(
        &SPEC.replace("[rules]", "[rules.KO]").replace("[params]", "assets = [\"AAPL\"]\n[params]"),
        expect![[r#"
            spec:10:8 at `KO`
            `KO` has rules but is not among `assets`
            add it to assets"#]],
    );
}

#[test]
fn a_wrong_expression_is_shown_at_its_place() {
    check_bind(
        &SPEC.replace("sma(close, slow)", "sam(close, slow)"),
        expect![[r#"
        spec:10:45 at `sam`
        unknown indicator or function `sam`
        did you mean `sma`?"#]],
    );
    check_bind(
        &SPEC.replace("close, slow)", "close)"),
        expect![[r#"
        spec:10:15 at ``
        the parameter `slow` is used by no rule
        use it in a rule, or remove it from [params]"#]],
    );
    check_bind(
        &SPEC.replace("sma(close, slow))", "sma(close, slow)"),
        expect![[r#"
        spec:10:61 at ``
        expected `,` or `)`, found the end
        -"#]],
    );
    check_bind(
        &SPEC.replace("[rules]", "[series]\nx = \"clos + 1\"\n[rules]"),
        expect![[r#"
        spec:10:6 at `clos`
        unknown name `clos`
        did you mean `close`?"#]],
    );
    let escaped = SPEC.replace("\"cross", "\"\\u0020cross").replace("sma(close, slow)", "sam(1)");
    check_bind(
        &escaped,
        expect![[r#"
        spec:10:14 at `"\u0020cross_above(sma(close, fast), sam(1))"`
        unknown indicator or function `sam`
        did you mean `sma`?"#]],
    );
}
