//! Questions that need no spec: help, calendars, indicators, expressions.

use std::process::Stdio;

use expect_test::expect;

use crate::{
    patience::{finished, output},
    program::Project,
};

#[test]
fn help_lists_what_there_is() {
    let project = Project::new();
    project.check(
        &["--help"],
        expect![[r#"
        exit 0
        --- stdout
        Backtest trading strategies, sweep their parameters and judge what holds up

        Usage: backcast [OPTIONS] <COMMAND>

        Commands:
          ingest       Put price files (CSV, Parquet) into a bundle that loads at once
          bundles      Data that was ingested: list, show, verify, remove
          calendar     Sessions, half days, holidays and hours of a market
          indicators   Indicators: inputs, parameters, outputs, warm-up, formula and its source
          eval         Any expression over prices as a series
          run          Run a spec once: figures, orders, trades, report
          sweep        Run every parameter set of a spec and see which hold up
          walkforward  Choose sets on the past and judge them on what follows, window by window
          report       Make the HTML page of a run, a sweep, a walk-forward test, a spec, a certificate, a
                       profile or benchmarks
          profile      See where the time of a spec, or of any command, goes
          advise       See what of a spec, or of any command, could be faster, and try it
          dashboard    Watch running commands in the browser: progress, best sets, memory, alerts
          bench        Measure commands, and prove which of two is faster
          baseline     Keep measurements, see their history, be told of regressions
          certify      Prove that a change moved no result and is faster
          verify       Compute a certificate again from its raw samples, or measure it again
          optimize     Try changes one at a time and keep those that are certified
          lab          Check claims about time: workloads to repeat, shares and gains to verify
          doctor       See what works on this machine and what does not
          help         Print this message or the help of the given subcommand(s)

        Options:
              --color <WHEN>  Colours: auto, always or never (NO_COLOR is respected) [default: auto]
          -h, --help          Print help
          -V, --version       Print version

        First steps:
          backcast sweep examples/sma_grid.toml --report report.html
          backcast run examples/sma_cross.toml
          backcast eval "sma(close, 30)" --data sample:AAPL
    "#]],
    );
    project.check(
        &["--version"],
        expect![[r#"
        exit 0
        --- stdout
        backcast 0.1.0
    "#]],
    );
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let project = Project::new();
    project.check(
        &["swep"],
        expect![[r#"
        exit 2
        --- stderr
        error: unrecognized subcommand 'swep'

          tip: a similar subcommand exists: 'sweep'

        Usage: backcast [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]],
    );
    project.check(
        &["run"],
        expect![[r#"
        exit 2
        --- stderr
        error: the following required arguments were not provided:
          <SPEC>

        Usage: backcast run <SPEC>

        For more information, try '--help'.
    "#]],
    );
    project.check(
        &["sweep"],
        expect![[r#"
        exit 2
        --- stderr
        error: the following required arguments were not provided:
          <SPEC>

        Usage: backcast sweep <SPEC>

        For more information, try '--help'.
    "#]],
    );
    project.check(&["calendar", "XNYS", "2024-12-02..2024-11-25"], expect![[r#"
        exit 2
        --- stderr
        error: invalid value '2024-12-02..2024-11-25' for '[FROM..TO]': 2024-11-25 is before 2024-12-02

        For more information, try '--help'.
    "#]]);
}

#[test]
fn a_calendar_shows_half_days_holidays_and_hours() {
    let project = Project::new();
    project.check(
        &["calendar", "XNYS", "2024-11-25..2024-12-02"],
        expect![[r#"
        exit 0
        --- stdout
        session     day  open    close  UTC          note
        ──────────────────────────────────────────────────────
        2024-11-25  Mon  09:30   16:00  14:30–21:00
        2024-11-26  Tue  09:30   16:00  14:30–21:00
        2024-11-27  Wed  09:30   16:00  14:30–21:00
        2024-11-28  Thu  closed                      holiday
        2024-11-29  Fri  09:30   13:00  14:30–18:00  half day
        2024-12-02  Mon  09:30   16:00  14:30–21:00
        --- stderr
        XNYS: 5 sessions, 1 half day, 1 holiday; times of America/New_York
    "#]],
    );
    project.check(
        &["calendar", "xhkg", "2024-12-24..2024-12-26"],
        expect![[r#"
        exit 0
        --- stdout
        session     day  open    close  UTC          note
        ──────────────────────────────────────────────────────
        2024-12-24  Tue  09:30   12:00  01:30–04:00  half day
        2024-12-25  Wed  closed                      holiday
        2024-12-26  Thu  closed                      holiday
        --- stderr
        XHKG: 1 session, 1 half day, 2 holidays; times of Asia/Hong_Kong
    "#]],
    );
    project.check(&["calendar", "24-7", "2050-12-31", "--format", "json"], expect![[r#"
        exit 0
        --- stdout
        [
          {"session": "2050-12-31", "open_utc": "2050-12-31T00:00Z", "close_utc": "2051-01-01T00:00Z", "break_start_utc": null, "break_end_utc": null, "early_close": false, "provisional": false}
        ]
    "#]]);
}

#[test]
fn a_calendar_as_csv_has_utc_minutes() {
    let project = Project::new();
    let args = ["calendar", "XTKS", "2024-12-30..2025-01-06", "--format", "csv"];
    project.check(&args, expect![[r#"
        exit 0
        --- stdout
        session,open_utc,close_utc,break_start_utc,break_end_utc,early_close,provisional
        2024-12-30,2024-12-30T00:00Z,2024-12-30T06:30Z,2024-12-30T02:30Z,2024-12-30T03:30Z,false,false
        2025-01-06,2025-01-06T00:00Z,2025-01-06T06:30Z,2025-01-06T02:30Z,2025-01-06T03:30Z,false,false
    "#]]);
    let args = ["calendar", "XNYS", "2030-07-03", "--format", "csv"];
    project.check(
        &args,
        expect![[r#"
        exit 0
        --- stdout
        session,open_utc,close_utc,break_start_utc,break_end_utc,early_close,provisional
        2030-07-03,2030-07-03T13:30Z,2030-07-03T17:00Z,,,true,true
    "#]],
    );
}

#[test]
fn a_calendar_without_an_answer_says_so_on_stderr_alone() {
    let project = Project::new();
    let args = ["calendar", "XNYS", "1980-01-01..1980-02-01", "--format", "csv"];
    project.check(
        &args,
        expect![[r#"
        exit 1
        --- stderr
          × 1980-01-01 is outside calendar XNYS, which covers 1990-01-01 to 2050-12-31
    "#]],
    );
    project.check(&["calendar", "NYSE", "2024"], expect![[r#"
        exit 1
        --- stderr
          × no calendar is called `NYSE`; there are XNYS, XNAS, CMES, XLON, XTKS, XHKG, XETR, 24/7, 24/5
          help: `backcast calendar` lists all calendars
    "#]]);
}

#[test]
fn an_indicator_is_explained() {
    let project = Project::new();
    project.check(&["indicators", "macd"], expect![[r#"
        exit 0
        --- stdout
        macd: Moving average convergence and divergence
        difference of a fast and a slow exponential average, with a signal line

        written as  macd(close, fast = 12, slow = 26, signal = 9)
        inputs      series: any series, the column `close` if not given
        parameters  fast: period of the fast ema; whole number from 1 to 10000000, 12 if not given
                    slow: period of the slow ema; whole number from 1 to 10000000, 26 if not given
                    signal: period of the ema of the difference; whole number from 1 to 10000000, 9 if not given
        outputs     macd: in the unit of its input, written macd(...).macd
                    signal: in the unit of its input, written macd(...).signal
                    histogram: in the unit of its input, written macd(...).histogram
        warm-up     macd: the longer of fast and slow; signal and histogram: signal - 1 more bars; 26 bars with the defaults
        undefined   at a missing value, which leaves the averages as they were
        formula     ema(x, fast) - ema(x, slow); signal = ema(macd, signal); histogram = macd - signal; Appel, Technical Analysis: Power Tools for Active Investors, 2005
    "#]]);
    project.check(
        &["indicators", "smaa"],
        expect![[r#"
        exit 1
        --- stderr
          × no indicator is called `smaa`
          help: did you mean `sma`? `backcast indicators` lists all
    "#]],
    );
    let list = project.stdout(&["indicators"]);
    for name in ["sma", "ema", "kama", "hma", "rsi", "bollinger", "adx", "stochastic", "stddev"] {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}");
    }
}

#[test]
fn an_expression_becomes_a_series() {
    let project = Project::new();
    let csv = "Date,Open,High,Low,Close,Volume\n2024-01-02,1,2,1,2,10\n2024-01-03,2,4,2,4,10\n\
               2024-01-04,4,9,4,9,10\n";
    project.write("prices.csv", csv);
    let eval = |expression: &'static str, format: &'static str| {
        project.run(&["eval", expression, "--data", "prices.csv", "--format", format]).told()
    };
    expect![[r#"
        exit 0
        --- stdout
        date,value
        2024-01-02,
        2024-01-03,3
        2024-01-04,6.5
    "#]]
    .assert_eq(&eval("sma(close, 2)", "csv"));
    expect![[r#"
        exit 0
        --- stdout
        [
          {"date": "2024-01-02", "value": null},
          {"date": "2024-01-03", "value": true},
          {"date": "2024-01-04", "value": true}
        ]
    "#]]
    .assert_eq(&eval("close > close[-1]", "json"));
    expect![[r#"
        exit 0
        --- stdout
        date        value
        ──────────────────
        2024-01-02      2
        2024-01-03      2
        2024-01-04   2.25
        --- stderr
        prices: 3 bars
    "#]]
    .assert_eq(&eval("close / open", "table"));
}

#[test]
fn an_expression_that_is_wrong_is_underlined() {
    let project = Project::new();
    project.check(
        &["eval", "smaa(close, 30)", "--data", "sample:AAPL"],
        expect![[r#"
            exit 2
            --- stderr
              × unknown indicator or function `smaa`
               ╭─[expression:1:1]
             1 │ smaa(close, 30)
               · ────
               ╰────
              help: did you mean `sma`?
        "#]],
    );
    project.check(
        &["eval", "close[1]", "--data", "sample:AAPL"],
        expect![[r#"
            exit 2
            --- stderr
              × `close[1]` would look 1 bar into the future
               ╭─[expression:1:7]
             1 │ close[1]
               ·       ─
               ╰────
              help: 1 bar ago is `close[-1]`
        "#]],
    );
    project.check(
        &["eval", "close", "--data", "sample:APPL"],
        expect![[r#"
        exit 1
        --- stderr
          × sample has no asset `APPL`
          help: did you mean AAPL? it has: AAPL, FB, GOOG, IBM, MSFT
    "#]],
    );
    project.check(
        &["eval", "close", "--data", "sample"],
        expect![[r#"
        exit 2
        --- stderr
          × sample has 5 assets; name one
          help: --data sample --asset AAPL; it has: AAPL, FB, GOOG, IBM, MSFT
    "#]],
    );
    project.check(
        &["eval", "close", "--data", "gone.csv"],
        expect![[r#"
        exit 1
        --- stderr
          × there is no file or folder gone.csv
          help: `backcast ingest --help` says what can be read
    "#]],
    );
    project.check(&["eval", "close", "--data", "sampel:AAPL"], expect![[r#"
        exit 1
        --- stderr
          × no bundle is called `sampel`, did you mean `sample`?; there are: sample
          help: `backcast bundles list` shows what is there; `backcast ingest FILES --bundle NAME` makes a bundle
    "#]]);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let project = Project::new();
    let mut command = project.command(&["eval", "close", "--data", "sample:IBM"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The pipe is closed before anything was read.
    drop(child.stdout.take());
    let output = finished(child);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn colours_come_only_when_asked_for() {
    let project = Project::new();
    let plain = project.run(&["indicators", "smaa"]).stderr;
    let coloured = project.run(&["--color", "always", "indicators", "smaa"]).stderr;
    assert!(!plain.contains('\x1b') && coloured.contains('\x1b'));
}

#[test]
fn the_doctor_finds_a_sound_machine() {
    let project = Project::new();
    let told = project.stdout(&["doctor"]);
    for line in ["processor  good", "state      good", "sample     good", "sweep      good"] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn a_level_of_instructions_can_be_forced_and_mistyped() {
    let project = Project::new();
    let doctor = |isa: &str| {
        let output = output(project.command(&["doctor"]).env("BACKCAST_ISA", isa));
        project.outcome(output)
    };
    assert!(doctor("sse2").stdout.contains("sse2"));
    assert!(doctor("sse9").stdout.contains("BACKCAST_ISA is `sse9`"));
}

#[test]
fn every_command_that_prints_tables_prints_them_in_the_same_forms() {
    let project = Project::new();
    let commands = [
        "advise",
        "baseline check",
        "baseline history",
        "baseline merge",
        "baseline save",
        "bench",
        "bundles list",
        "bundles show",
        "calendar",
        "doctor",
        "eval",
        "indicators",
        "lab claims",
        "lab workloads",
        "optimize",
        "profile",
        "run",
        "sweep",
        "walkforward",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = project.stdout(&words);
        let forms = help.split("--format").nth(1).expect(command);
        for form in [
            "- table:    For people",
            "- json:     For programs; a table is an array with one object a row",
            "- csv:      With a header; an empty cell is undefined",
            "- markdown: For a ticket or a commit",
        ] {
            assert!(forms.contains(form), "{command}: {forms}");
        }
    }
    let listed = project.stdout(&["indicators", "--format", "markdown"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with("| name |") && lines[1].starts_with("|"), "{listed}");
    assert!(lines.iter().any(|line| line.starts_with("| sma |")), "{listed}");
}
