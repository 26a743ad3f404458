//! `backcast advise`: what it finds in real programs, what becomes of trials, what it keeps, and how it meets bad input.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    patience::{finished, until},
    program::{Outcome, Project, examples, signal},
};

/// Filters the same rows for each asset of each round.
const SLOW: &str = "\
def closes_of(rows, asset):
    return [row[1] for row in rows if row[0] == asset]

rows = [(n % 10, float(n)) for n in range(8000)]
total = 0.0
for length in range(5, 40):
    for asset in range(10):
        total += sum(closes_of(rows, asset)[-length:])
print(total)
";

/// The same result from rows that were grouped once.
const FAST: &str = "\
rows = [(n % 10, float(n)) for n in range(8000)]
closes = {}
for asset, close in rows:
    closes.setdefault(asset, []).append(close)
total = 0.0
for length in range(5, 40):
    for asset in range(10):
        total += sum(closes[asset][-length:])
print(total)
";

/// Objects that refer to others, which the collector has to look through.
const CHURN: &str = "\
kept = []
for n in range(20):
    kept.append([[i] for i in range(4000)])
print(len(kept))
";

const SPEC: &str = "\
[data]
file = \"prices.csv\"
[params]
fast = { from = 2, to = 4 }
[rules]
enter_long = \"cross_above(sma(close, fast), sma(close, 20))\"
exit_long = \"cross_below(sma(close, fast), sma(close, 20))\"
";

/// A Python that the sampler knows; tests of it do nothing where there is none.
pub(crate) fn has_python() -> bool {
    let known = "import sys; sys.exit(0 if sys.version_info >= (3, 8) else 1)";
    let tried = Command::new("python3").args(["-c", known]).status();
    tried.is_ok_and(|status| status.success())
}

fn advise(project: &Project, args: &[&str]) -> Outcome {
    project.run(&[&["advise"], args].concat())
}

/// The rows of a command that is asked for JSON.
fn rows(project: &Project, args: &[&str]) -> Vec<Value> {
    let outcome = advise(project, &[&["--format", "json"], args].concat());
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", outcome.stderr))
}

fn of_rule<'a>(rows: &'a [Value], rule: &str) -> &'a Value {
    let found = rows.iter().find(|row| row["rule"] == rule);
    found.unwrap_or_else(|| panic!("no {rule} among {rows:?}"))
}

#[test]
fn repeated_filtering_is_found_tried_by_hand_and_kept() {
    if !has_python() {
        return;
    }
    let project = Project::new();
    project.write("slow.py", SLOW);
    project.write("fast.py", FAST);
    project.write("other.py", "print('another result')");
    let outcome = advise(&project, &["--rate", "500", "--", "python3", "slow.py"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for said in [
        "repeated-preparation@slow.py:2",
        "in each round of the loop in line 7 of <module>",
        "of the wall time",
        "--with 'CHANGED COMMAND'",
        "Could not look",
        "many-calls: sampling counts no calls",
        " samples",
    ] {
        assert!(outcome.stdout.contains(said), "`{said}` is missing: {}", outcome.stdout);
    }
    let by_hand = |with: &str| {
        let args = ["--rate", "500", "--try", "repeated-preparation", "--with", with, "-n", "8"];
        rows(&project, &[&args[..], &["--", "python3", "slow.py"]].concat())
    };
    let faster = by_hand("python3 fast.py");
    let faster = of_rule(&faster, "repeated-preparation");
    assert_eq!((&faster["equal"], &faster["takes"]), (&true.into(), &"a hand".into()));
    assert!(faster["measured_gain"].is_number() && faster["measured_low"].is_number());
    assert!(faster["predicted_high"].as_f64().unwrap() > 0.1, "{faster}");
    let moved = by_hand("python3 other.py");
    let moved = of_rule(&moved, "repeated-preparation");
    assert_eq!((&moved["equal"], &moved["measured_gain"]), (&false.into(), &Value::Null));
    let kept = rows(&project, &["--record"]);
    let kept = of_rule(&kept, "repeated-preparation");
    assert_eq!((&kept["predictions"], &kept["results_moved"]), (&3.into(), &1.into()));
    let trials = rows(&project, &["--record", "--trials"]);
    let [one, other] = &trials[..] else { panic!("two trials: {trials:?}") };
    assert_eq!((&one["rule"], &one["what"]), (&"repeated-preparation".into(), &"slow.py:2".into()));
    assert!(one["predicted_high"].is_number() && one["measured"] == faster["measured_gain"]);
    assert_eq!((&other["held"], &other["measured"]), (&"a result moved".into(), &Value::Null));
    let both = advise(&project, &["--record"]).stdout;
    assert!(both.contains("weight") && both.contains("a result moved"), "{both}");
}

#[test]
fn the_collector_is_tried_by_settings_alone() {
    if !has_python() {
        return;
    }
    let project = Project::new();
    project.write("churn.py", CHURN);
    let args = ["--collector", "0.1%", "--try", "-n", "8", "--", "python3", "churn.py"];
    let outcome = advise(&project, &args);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("the garbage collector takes"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("by settings: let it run less often"), "{}", outcome.stdout);
    let told = outcome.stdout.contains("measured  saves");
    assert!(told && outcome.stdout.contains("with results equal by standard output"));
}

#[test]
fn prices_in_a_text_file_are_tried_in_a_bundle_of_a_project_of_its_own() {
    let project = Project::new();
    let days = (1..=12).flat_map(|month| (1..=28).map(move |day| (month, day)));
    let line = |(n, (month, day)): (usize, (i32, i32))| {
        let close = 100.0 + 10.0 * (n as f64 / 9.0).sin();
        format!("2021-{month:02}-{day:02},{close},{close},{close},{close},100\n")
    };
    let lines: String = days.enumerate().map(line).collect();
    project.write("prices.csv", &format!("Date,Open,High,Low,Close,Volume\n{lines}"));
    project.write("spec.toml", SPEC);
    let tried = rows(&project, &["--min-gain", "0.01%", "-n", "8", "--try", "spec.toml"]);
    let tried = of_rule(&tried, "text-files");
    assert_eq!((&tried["equal"], &tried["takes"]), (&true.into(), &"a bundle".into()), "{tried}");
    assert!(
        tried["measured_gain"].is_number() && tried["change"].as_str().unwrap().contains("bundle")
    );
    assert!(!project.path(".backcast/bundles").exists(), "nothing is put into the project itself");
}

#[test]
fn a_kept_profile_is_advised_on_without_running() {
    let project = Project::new();
    let spec = examples().join("sma_grid.toml").display().to_string();
    let made = project.run(&["profile", "--save", "grid", "--set", "params.fast=2..6", &spec]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let args = ["--profile", "grid", "--high-share", "1%", "--format"];
    let markdown = advise(&project, &[&args[..], &["markdown"]].concat());
    assert!(markdown.stdout.starts_with("| rule | name |"), "{}", markdown.stdout);
    assert!(markdown.stdout.contains("| high-share |"), "{}", markdown.stdout);
    let csv = advise(&project, &[&args[..], &["csv"]].concat());
    assert!(csv.stdout.starts_with("rule,name,evidence,path"), "{}", csv.stdout);
    assert!(csv.stderr.contains("note: repeated-preparation could not look"), "{}", csv.stderr);
    let gone = advise(&project, &["--profile", "gone"]);
    assert!(gone.code == 1 && gone.stderr.contains("cannot read gone"), "{}", gone.told());
}

/// The event engine computes the conditions of each set, though the distance of the stop is no part of them.
const REPEATING: &str = r#"[data]
bundle = "sample"
assets = ["AAPL", "IBM"]
[params]
period = [10, 14]
stop = { from = 0.05, to = 0.19, step = 0.02 }
[rules]
enter_long = "rsi(close, period) < 30 and stddev(close, period) > 0"
exit_long = "rsi(close, period) > 70"
stop_loss = "stop"
"#;

#[test]
fn a_sweep_that_computes_conditions_again_is_told_and_one_that_shares_them_is_not() {
    let project = Project::new();
    project.write("repeating.toml", REPEATING);
    let found = rows(&project, &["repeating.toml"]);
    let conditions = found.iter().find(|row| row["name"] == "repeated-calls@rules.condition");
    let conditions = conditions.unwrap_or_else(|| panic!("not among {found:?}"));
    // Two conditions of two periods on two assets, whatever the distance.
    let evidence = conditions["evidence"].as_str().unwrap();
    assert!(evidence.contains("(8 different ones)"), "{evidence}");
    let number = |name: &str| conditions[name].as_f64().unwrap();
    assert!(number("predicted_high") > 0.02 && number("predicted_high") <= 1.0, "{conditions}");
    assert!(number("predicted_low") <= 0.5 * number("predicted_high"));
    for example in ["walkforward.toml", "sma_cross.toml"] {
        let example = examples().join(example).display().to_string();
        let outcome = advise(&project, &["--format", "json", &example]);
        assert!(!outcome.stdout.contains("repeated-calls"), "{}", outcome.stdout);
        let could_not = outcome.stderr.contains("repeated-calls could not look");
        assert!(outcome.code == 0 && !could_not, "{}", outcome.told());
    }
}

#[test]
fn a_record_that_is_damaged_is_told_and_harms_nothing() {
    let project = Project::new();
    std::fs::create_dir_all(project.path(".backcast/advice")).unwrap();
    project.write(".backcast/advice/half.json", "{\"format\":\"backcast-advice\",\"ver");
    let newer = "{\"format\":\"backcast-advice\",\"version\":7}";
    project.write(".backcast/advice/newer.json", newer);
    let outcome = advise(&project, &["--record"]);
    assert_eq!(outcome.code, 0, "{}", outcome.told());
    assert!(outcome.stderr.contains("half.json is no backcast-advice file"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("newer.json is of version 7; this Backcast reads up to 1"));
}

#[test]
fn what_cannot_be_asked_is_answered_with_what_to_type_next() {
    let project = Project::new();
    let spec = examples().join("sma_cross.toml").display().to_string();
    let cases: [(&[&str], i32, &str); 8] = [
        (&[], 2, "backcast advise SPEC, or backcast advise -- COMMAND"),
        (&["--set", "a=1", "--", "true"], 2, "there is none"),
        (&["--try", "colector", &spec], 2, "nothing of the name `colector` was suggested"),
        (&["--with", "true", &spec], 2, "--try"),
        (&["--what-if", "engine.rum", &spec], 2, "did you mean `engine.run`?"),
        (&["--what-if", "engine.run", "--", "true"], 3, "recorded no span"),
        (&["--", "false"], 1, "the command failed: exit code 1"),
        (&["--speed-up", "200%", "--what-if", "x", &spec], 2, "below 100%, such as 1%"),
    ];
    for (args, code, said) in cases {
        let outcome = advise(&project, args);
        assert_eq!(outcome.code, code, "{args:?}: {}", outcome.told());
        assert!(outcome.stderr.contains(said), "{args:?}: {}", outcome.stderr);
    }
}

/// A program of two threads: all wait for `main.long`, and nobody for `side.short`.
#[test]
#[ignore = "is the program that the next test delays"]
fn two_threads() {
    let recording = backcast_spans::from_env().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..4 {
                let _span = backcast_spans::span!("side.short");
                thread::sleep(Duration::from_millis(10));
            }
        });
        for _ in 0..4 {
            let _span = backcast_spans::span!("main.long");
            thread::sleep(Duration::from_millis(40));
        }
    });
    drop(recording);
}

#[test]
fn a_span_that_nobody_waits_for_has_a_smaller_share_of_the_critical_path() {
    let project = Project::new();
    let program = std::env::current_exe().unwrap().display().to_string();
    let rows = rows(
        &project,
        &[
            &["--what-if", "main.long,side.short", "--speed-up", "50%", "--delay", "60%"][..],
            &["--blocks", "2", "--", &program, "--exact", "--ignored", "advice::two_threads"],
        ]
        .concat(),
    );
    let [long, short] = &rows[..] else { panic!("two spans: {rows:?}") };
    let number = |row: &Value, name: &str| row[name].as_f64().unwrap_or(f64::NAN);
    assert_eq!((&long["span"], &short["span"]), (&"main.long".into(), &"side.short".into()));
    for row in [long, short] {
        assert_eq!(
            (number(row, "calls"), number(row, "runs"), number(row, "blocks")),
            (4.0, 16.0, 2.0)
        );
        assert!(row["amdahl_gain"].is_null(), "it has more than one thread");
        let gain = number(row, "marginal_share") * 0.5;
        assert!((number(row, "gain") - gain).abs() < 1e-12 && number(row, "gain_low") <= gain);
    }
    // Of four calls all count in one and none in the other; the machine may be busy.
    assert!(number(long, "critical_calls") > number(short, "critical_calls"), "{rows:?}");
}

/// Starts `advise`, sends it Ctrl-C as soon as a process has written its number into the file `busy`, and wants both to be gone.
fn stopped_while_busy(project: &Project, args: &[&str]) -> Outcome {
    let mut command = project.command(&[&["advise"], args].concat());
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = piped.spawn().expect("the program was built");
    let busy: String = until("a process that is busy", || {
        let number = std::fs::read_to_string(project.path("busy")).unwrap_or_default();
        number.ends_with('\n').then(|| number.trim().to_owned())
    });
    let begin = Instant::now();
    signal("-INT", &child);
    let outcome = project.outcome(finished(child));
    assert!(begin.elapsed() < Duration::from_secs(30), "it is to end at once");
    assert_eq!(outcome.code, 130, "{}", outcome.told());
    assert!(outcome.stderr.contains("stopped"), "{}", outcome.stderr);
    let stat = std::fs::read_to_string(format!("/proc/{busy}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{busy} goes on: {stat}");
    outcome
}

#[test]
fn ctrl_c_ends_the_profiled_command_and_all_advice() {
    let project = Project::new();
    let outcome =
        stopped_while_busy(&project, &["--", "sh", "-c", "echo $$ > busy; exec sleep 600"]);
    assert_eq!(outcome.stdout, "", "nothing is advised");
}

#[test]
fn ctrl_c_ends_the_reading_of_the_source() {
    if !has_python() {
        return;
    }
    let project = Project::new();
    project.write("slow.py", SLOW);
    // Four words are those of the reading.
    let reads = "[ \"$#\" = 4 ] && [ \"$1$2$3\" = -I-S-c ]";
    project.write(
        "python-slow",
        &format!(
            "#!/bin/sh\nif {reads}; then echo $$ > busy; exec sleep 600; fi\nexec python3 \"$@\"\n"
        ),
    );
    std::fs::set_permissions(project.path("python-slow"), Permissions::from_mode(0o755)).unwrap();
    let outcome = stopped_while_busy(&project, &["--", "./python-slow", "slow.py"]);
    assert!(!outcome.stderr.contains("cannot be asked"), "{}", outcome.stderr);
}

#[test]
fn ctrl_c_ends_a_trial_and_tells_what_was_advised() {
    if !has_python() {
        return;
    }
    let project = Project::new();
    project.write("slow.py", SLOW);
    let with = "sh -c 'echo $$ > busy; exec sleep 600'";
    let args = ["--rate", "500", "--try", "repeated-preparation", "--with", with];
    let args = [&args[..], &["--", "python3", "slow.py"]].concat();
    let outcome = stopped_while_busy(&project, &args);
    assert!(outcome.stdout.contains("repeated-preparation@slow.py:2"), "{}", outcome.stdout);
}

#[test]
fn ctrl_c_ends_delays_too() {
    let project = Project::new();
    let args = ["--what-if", "x", "--", "sh", "-c", "echo $$ > busy; exec sleep 600"];
    stopped_while_busy(&project, &args);
}
