//! `backcast profile --scale`: what is fixed and what grows, of commands and specs, and what is refused.

use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::program::{Outcome, Project, signal};

/// A loop of so many rounds.
const LOOP: &str = "i=0; while [ $i -lt {N} ]; do i=$((i+1)); done";

const SPEC: &str = r#"
[data]
bundle = "sample"
assets = ["AAPL"]
from = "2005-01-01"
[params]
fast = { from = 5, to = 12 }
slow = { from = 20, to = 41 }
[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"
"#;

/// Runs `backcast profile` with a folder for temporary files of its own, which must be empty afterwards.
fn scale(project: &Project, args: &[&str]) -> Outcome {
    let temporary = project.path("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut command = project.command(&["profile", "--perf", "never"]);
    command.args(args).env("TMPDIR", &temporary);
    let outcome = project.outcome(command.output().unwrap());
    assert_eq!(left(&temporary), 0, "nothing is left behind");
    outcome
}

fn left(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// A model of a file at some sizes.
fn at(model: &Value, sizes: &[f64]) -> f64 {
    let term = |term: &Value| {
        let places = array(&term["sizes"]).iter();
        let of: Vec<f64> = places.map(|place| sizes[place.as_u64().unwrap() as usize]).collect();
        let n: f64 = of.iter().product();
        match term["shape"].as_str().unwrap() {
            "fixed" => 1.0,
            "root" => n / of.last().unwrap().sqrt(),
            "linear" => n,
            "linear_log" => n * n.log2(),
            _ => n * n,
        }
    };
    let coefficients = array(&model["coefficients"]).iter();
    let terms = array(&model["terms"]).iter().map(term);
    terms.zip(coefficients).map(|(term, c)| term * c["estimate"].as_f64().unwrap()).sum()
}

/// Parts add up to the whole: in each run, and by the models at each size that was measured.
fn check_sums(scaling: &Value) {
    for run in array(&scaling["runs"]) {
        let sizes: Vec<f64> = array(&run["sizes"]).iter().map(|n| n.as_f64().unwrap()).collect();
        let parts: u64 = array(&run["parts_ns"]).iter().map(|ns| ns.as_u64().unwrap()).sum();
        assert!(parts >= run["wall_ns"].as_u64().unwrap(), "{run}");
        let whole = at(&scaling["model"]["whole"], &sizes);
        let models = array(&scaling["model"]["parts"]);
        assert_eq!(models.len(), array(&scaling["parts"]).len());
        let sum: f64 = models.iter().map(|part| at(part, &sizes)).sum();
        assert!((whole - sum).abs() <= 1e-6 * whole, "{sizes:?}: {whole} {sum}");
        assert!(models.iter().all(|part| at(part, &sizes) >= 0.0));
    }
}

#[test]
fn a_command_over_sizes_has_fixed_and_growing_cost_that_add_up() {
    let project = Project::new();
    let args = ["--scale", "N=500..8k", "--steps", "3", "--repeats", "2", "--export", "s.json"];
    let outcome = scale(&project, &[&args[..], &["--", "sh", "-c", LOOP]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let headings = outcome.stdout.lines().find(|line| line.starts_with("part")).unwrap();
    assert!(headings.contains("fixed") && headings.contains("growth"), "{headings}");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let whole = lines.iter().position(|line| line.starts_with("the whole")).unwrap();
    assert!(lines[whole].contains("100.00 %"), "{}", lines[whole]);
    assert!(!lines[whole + 1..].iter().any(|line| line.starts_with('(')), "{}", outcome.stdout);
    let last = lines.last().unwrap();
    assert!(last.contains("N=80,000") && last.contains("extrapolated"), "{last}");
    let scaling = json(&project.path("s.json"));
    assert_eq!(scaling["values"], serde_json::json!([[500, 2000, 8000]]));
    assert_eq!(array(&scaling["runs"]).len(), 6, "trial runs do not count");
    assert_eq!(scaling["parts"][0]["name"], "(the whole process)", "its inside is not seen");
    check_sums(&scaling);
}

#[test]
fn a_spec_is_measured_on_made_up_markets_and_its_spans_add_up() {
    let project = Project::new();
    project.write("spec.toml", SPEC);
    let args = ["--set", "params.fast=5", "--set", "params.slow=20", "--export", "s.json"];
    let sizes = ["--scale", "bars=300..3k,assets=1..3", "--steps", "2", "--repeats", "2"];
    let print = ["--min", "0.1%", "--format", "json", "spec.toml"];
    let outcome = scale(&project, &[&args[..], &sizes, &print].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let rows: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
    for part in ["store.load_bundle", "(unattributed)", "(start and end of the process)"] {
        assert!(rows.iter().any(|row| row["part"] == part), "{part}: {}", outcome.stdout);
    }
    assert_eq!(rows.iter().find(|row| row["part"] == "the whole").unwrap()["term"], "fixed");
    let fixed = |whole: bool| -> f64 {
        let of = |row: &&Value| row["term"] == "fixed" && (row["part"] == "the whole") == whole;
        rows.iter().filter(of).map(|row| row["ns"].as_f64().unwrap()).sum()
    };
    assert!((fixed(true) - fixed(false)).abs() < 1e-6 * fixed(true).max(1.0));
    let scaling = json(&project.path("s.json"));
    assert_eq!(scaling["sizes"], serde_json::json!(["bars", "assets"]));
    assert_eq!(scaling["place"], serde_json::json!([30_000, 30]));
    check_sums(&scaling);
    // The spec's own data are looked at, which unpacks the sample.
    let bundles = std::fs::read_dir(project.path(".backcast/bundles")).unwrap();
    assert!(bundles.flatten().all(|entry| !entry.file_name().to_string_lossy().contains("bars")));
    assert!(!project.path(".backcast/runs").exists());
}

#[test]
fn sets_of_a_grid_are_a_size() {
    let project = Project::new();
    project.write("grid.toml", SPEC);
    let sizes = ["--scale", "sets=2..176", "--steps", "3", "--repeats", "2"];
    let print = ["--set", "data.assets=AAPL", "--export", "s.json", "grid.toml"];
    let outcome = scale(&project, &[&sizes[..], &print].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("backcast sweep grid.toml"), "{}", outcome.stdout);
    let scaling = json(&project.path("s.json"));
    let sets: Vec<u64> = array(&scaling["values"][0]).iter().map(|n| n.as_u64().unwrap()).collect();
    assert!(sets.len() == 3 && sets[0] < 10 && sets[2] == 176, "{sets:?}");
    check_sums(&scaling);
}

#[test]
fn functions_of_a_python_program_are_its_parts() {
    let known = "import sys; sys.exit(0 if sys.version_info >= (3, 8) else 1)";
    if !Command::new("python3").args(["-c", known]).status().is_ok_and(|s| s.success()) {
        return;
    }
    let project = Project::new();
    project.write(
        "work.py",
        "import sys, time\n\
         def wait(seconds):\n    end = time.monotonic() + seconds\n    while time.monotonic() < end: pass\n\
         def once(): wait(0.05)\n\
         def each(n): wait(0.01 * n)\n\
         once()\neach(int(sys.argv[1]))\n",
    );
    let args = ["--scale", "n=2..18", "--steps", "3", "--repeats", "2", "--rate", "500"];
    let command = ["--export", "s.json", "--", "python3", "work.py", "{n}"];
    let outcome = scale(&project, &[&args[..], &command].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("wait (work.py:2)"), "{}", outcome.stdout);
    let scaling = json(&project.path("s.json"));
    let place = array(&scaling["parts"]).iter().position(|part| part["name"] == "wait").unwrap();
    let grows = |part: &Value| at(part, &[1000.0]) > at(part, &[1.0]);
    assert!(grows(&scaling["model"]["parts"][place]));
    check_sums(&scaling);
}

#[test]
fn every_form_says_the_same_and_a_page_has_the_plot() {
    let project = Project::new();
    let measured = ["--scale", "N=100..900", "--steps", "3", "--repeats", "2", "--at", "N=500"];
    let print = |more: &[&str]| {
        let command = ["--", "sh", "-c", LOOP];
        let outcome = scale(&project, &[&measured[..], more, &command].concat());
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stdout
    };
    let table = print(&["--report", "s.html", "--export", "s.csv", "--export", "s.md"]);
    assert!(table.contains("within what was measured"), "{table}");
    let page = std::fs::read_to_string(project.path("s.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("id=\"scale-plot\""));
    let runs = std::fs::read_to_string(project.path("s.csv")).unwrap();
    assert!(runs.starts_with("N,wall_ns,(the whole process)\n"), "{runs}");
    assert_eq!(runs.lines().count(), 7);
    let markdown = std::fs::read_to_string(project.path("s.md")).unwrap();
    assert!(markdown.contains("| part | fixed |") && markdown.contains("| the whole |"));
    assert!(print(&["--format", "csv"]).starts_with("part,file,line,term,ns,low_ns,high_ns,"));
    assert!(print(&["--format", "markdown"]).starts_with("# Cost of sh"));
}

#[test]
fn sizes_that_cannot_be_measured_over_are_refused_before_anything_runs() {
    let project = Project::new();
    project.write("spec.toml", SPEC);
    let touch = ["--", "touch", "ran", "{N}"];
    let refused = |args: &[&str], said: &str| {
        let outcome = scale(&project, args);
        assert_eq!(outcome.code, 2, "{args:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{args:?}: {}", outcome.stderr);
        assert!(!project.path("ran").exists(), "{args:?}");
    };
    for (sizes, said) in [
        ("M=1..9", "no word of the command says {M}"),
        ("N=1..9,M=1..9", "no word of the command says {M}"),
        ("N=9..1", "go down"),
        ("N=1k..1000", "one size"),
        ("N=NaN..9", "`NaN` is no size"),
        ("N=0..9", "`0` is no size"),
        ("N=1..inf", "`inf` is no size"),
        ("N=5", "no range of sizes"),
        ("N=1..9,N=1..9", "given twice"),
        ("N=1..9,a=1..9,b=1..9,c=1..9", "too many to be told apart"),
        ("N=1..2", "it takes 3"),
    ] {
        refused(&[&["--scale", sizes][..], &touch].concat(), said);
    }
    let with = |more: &[&'static str]| [&["--scale", "N=1..9"], more, &touch[..]].concat();
    refused(&with(&["--at", "M=5"]), "none of the measured sizes: N");
    refused(&with(&["--at", "N=NaN"]), "`NaN` is no size");
    refused(&with(&["--steps", "1"]), "steps");
    refused(&with(&["--repeats", "0"]), "repeats");
    refused(&with(&["--steps", "3", "--repeats", "1"]), "too few for a fit");
    refused(&with(&["--export", "s.folded"]), "with --scale the ending is");
    refused(&with(&["--save", "s"]), "cannot be used with");
    refused(&[&["--steps", "3"][..], &touch].concat(), "--scale");
    for (args, said) in [
        (&["--scale", "rows=1..9"][..], "a spec has no size `rows`"),
        (&["--scale", "bars=100..900", "--from", "2010-01-01"], "do not go with --scale"),
        (&["--scale", "bars=1k..1e9"], "has room for"),
        (&["--scale", "sets=2..999"], "the spec has 176 sets"),
        (&["--scale", "sets=2..99", "--as", "run"], "are swept, not run"),
        (
            &["--scale", "sets=2..9", "--set", "params.fast=5", "--set", "params.slow=20"],
            "one parameter set",
        ),
    ] {
        refused(&[args, &["spec.toml"]].concat(), said);
    }
}

#[test]
fn a_command_that_fails_at_one_size_says_at_which() {
    let project = Project::new();
    let sizes = ["--scale", "N=1k..16k", "--steps", "3", "--repeats", "2"];
    let fails = "test {N} -ne 4000 || { echo too odd >&2; exit 7; }";
    let outcome = scale(&project, &[&sizes[..], &["--", "sh", "-c", fails]].concat());
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    for said in ["failed at N=4,000: exit code 7", "too odd"] {
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    let late = ["--timeout", "200ms", "--", "sh", "-c", "test {N} -lt 9000 || sleep 60"];
    let outcome = scale(&project, &[&sizes[..], &late].concat());
    assert_eq!(outcome.code, 3);
    assert!(outcome.stderr.contains("could not measure at N=16,000"), "{}", outcome.stderr);
    let outcome = scale(&project, &[&sizes[..], &["--", "no-such-command", "{N}"]].concat());
    assert_eq!(outcome.code, 2);
}

#[test]
fn runs_taken_before_one_failed_are_kept_and_shown() {
    let project = Project::new();
    // The trial runs of both ends and the first two rounds are good.
    let fails = "echo x >> {N}; test {N} -ne 4000 -o $(wc -l < {N}) -lt 3 || exit 7";
    let sizes =
        ["--scale", "N=1k..16k", "--steps", "3", "--export", "s.json", "--report", "s.html"];
    let outcome = scale(&project, &[&sizes[..], &["--", "sh", "-c", fails]].concat());
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    let said = "the command failed at N=4,000: exit code 7";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    for shown in [said, "the whole", "2 or 3 at each of 3 points"] {
        assert!(outcome.stdout.contains(shown), "{shown}: {}", outcome.stdout);
    }
    let scaling = json(&project.path("s.json"));
    assert!((6..=8).contains(&array(&scaling["runs"]).len()), "{scaling}");
    assert_eq!(scaling["broken"], said);
    check_sums(&scaling);
    assert!(std::fs::read_to_string(project.path("s.html")).unwrap().contains(said));

    // Too few for a fit: single runs are shown.
    let fails = "echo x >> once{N}; test $(cat once* | wc -l) -lt 4 || exit 9";
    let csv = ["--scale", "N=1k..16k", "--steps", "3", "--format", "csv", "--", "sh", "-c", fails];
    let outcome = scale(&project, &csv);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("exit code 9"), "{}", outcome.stderr);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "N,wall_ns,(the whole process)"), "{lines:?}");
}

#[test]
fn ctrl_c_ends_it_and_leaves_no_market_behind() {
    let project = Project::new();
    project.write("spec.toml", SPEC);
    let temporary = project.path("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let args = ["profile", "--scale", "bars=1k..8k,assets=1..4", "--repeats", "99", "spec.toml"];
    let mut command = project.command(&args);
    command.env("TMPDIR", &temporary).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let begun = Instant::now();
    while left(&temporary) == 0 && begun.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(300));
    signal("-INT", &child);
    let outcome = project.outcome(child.wait_with_output().unwrap());
    assert_eq!(outcome.code, 130, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("nothing was kept"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("backcast profile --scale bars=1000..8000"));
    assert_eq!(left(&temporary), 0);
}
