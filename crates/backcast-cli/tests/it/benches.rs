//! `backcast bench` as a user runs it: figures, verdicts, files, and what is wrong with what was typed.

use std::{
    fs,
    io::Read,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    patience::ended,
    program::{Outcome, Project},
};

/// A script that a user could have written.
fn script(project: &Project, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    project.write(name, &format!("#!/bin/sh\n{text}\n"));
    let everyone = fs::Permissions::from_mode(0o755);
    fs::set_permissions(project.path(name), everyone).unwrap();
}

fn rows(project: &Project, args: &[&str]) -> Vec<Value> {
    let args = [&["bench", "--format", "json"], args].concat();
    let told = project.stdout(&args);
    serde_json::from_str::<Value>(&told).unwrap().as_array().unwrap().clone()
}

fn refused(project: &Project, args: &[&str]) -> (i32, String) {
    let Outcome { code, stdout, stderr } = project.run(&[&["bench"], args].concat());
    assert_eq!(stdout, "", "{args:?}");
    (code, stderr)
}

#[test]
fn figures_of_a_command_are_all_there_and_in_order() {
    let project = Project::new();
    let rows =
        rows(&project, &["-n", "5", "--work", "100", "--unit", "naps", "--", "sleep", "0.05"]);
    let row = rows[0].as_object().unwrap();
    let number = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key}: {row:?}"));
    assert_eq!((row["command"].as_str(), number("runs")), (Some("sleep 0.05"), 5.0));
    let rising = ["min", "median", "p95", "p99", "max"].map(number);
    assert!(rising.is_sorted() && rising[0] >= 0.05, "{rising:?}");
    assert!(number("mean_low") <= number("mean") && number("mean") <= number("mean_high"));
    assert!(number("cores") < 0.3 && number("peak_bytes") > 100_000.0);
    let rate = number("throughput") * number("median");
    assert!((rate - 100.0).abs() < 1e-6, "{rate}");
}

#[test]
fn people_read_the_same_figures_and_are_told_what_a_peak_is() {
    let project = Project::new();
    let told = project.stdout(&["bench", "-n", "3", "--", "sleep", "0.01"]);
    for word in ["mean", "median", "p95", "p99", "deviation", "user", "system", "cores"] {
        assert!(told.contains(word), "{told}");
    }
    assert!(told.contains("MB peak of one process"), "{told}");
}

#[test]
fn peaks_at_the_launchers_own_are_at_most_that_wherever_they_are_told() {
    let project = Project::new();
    let plain = ["-n", "4", "--name", "nap", "--", "sleep", "0.01"];
    let large = rows(&project, &["--scan", "N=1k..3k..1k", "-n", "1", "--", "echo", "{N}"]);
    assert_eq!(large[2]["command"], "echo 3000");
    let table = project.stdout(&["bench", "--scan", "N=1,2", "-n", "1", "--", "sleep", "0.0{N}"]);
    let row = &rows(&project, &[&["--export", "runs.csv"], &plain[..]].concat())[0];
    let bytes = |key: &str| row[key].as_f64().unwrap();
    let (peak, floor) = (bytes("peak_bytes"), bytes("peak_floor_bytes"));
    // Whether this command is smaller depends on the libraries of the system.
    let at_most = row["peak_is_at_most"].as_bool().unwrap();
    assert!(0.0 < floor && at_most == (peak < floor * 1.125), "{row:?}");
    assert_eq!(table.matches("at most").count(), if at_most { 2 } else { 0 }, "{table}");
    let csv = fs::read_to_string(project.path("runs.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == "peak_floor_bytes").unwrap();
    let floors: Vec<f64> = reader.records().map(|run| run.unwrap()[at].parse().unwrap()).collect();
    assert_eq!(floors.iter().copied().fold(0.0, f64::max), floor);
    for _ in 0..3 {
        project.stdout(&[&["baseline", "save", "--despite-doubts"], &plain[..]].concat());
    }
    let told = project.run(&[&["bench", "--vs-baseline"], &plain[..]].concat()).stdout;
    assert_eq!(told.contains("not compared"), at_most, "{told}");
    assert_eq!(told.contains("of its peak"), !at_most, "{told}");
}

#[test]
fn iterations_and_warm_ups_are_as_many_as_asked_for() {
    let project = Project::new();
    script(&project, "count", "echo x >> runs");
    let runs = |args: &[&str]| {
        let _ = fs::remove_file(project.path("runs"));
        project.run(&[&["bench"], args, &["--", "./count"]].concat());
        fs::read_to_string(project.path("runs")).unwrap().lines().count()
    };
    assert_eq!(runs(&[]), 11);
    assert_eq!(runs(&["-n", "2", "--warmup", "3"]), 5);
    assert_eq!(runs(&["-n", "9", "--warmup", "0", "--vs-command", "./count"]), 20);
}

#[test]
fn a_slower_command_is_a_regression_and_a_faster_one_is_not() {
    let project = Project::new();
    let compared = |base: &str, own: &str| {
        project.run(&["bench", "--vs-command", base, "-n", "8", "--", "sleep", own])
    };
    let slower = compared("sleep 0.05", "0.3");
    assert!(slower.stdout.contains("verdict: slower by"), "{}", slower.stdout);
    assert!(slower.stdout.starts_with("base: sleep 0.05\n"), "{}", slower.stdout);
    assert!(slower.stdout.contains("\ncandidate: sleep 0.3\n"), "{}", slower.stdout);
    assert!(slower.stdout.contains(", candidate against base\n"), "{}", slower.stdout);
    // A machine under load may be doubted, and is then never a pass.
    assert!([1, 3].contains(&slower.code), "{}", slower.stderr);
    let faster = compared("sleep 0.3", "0.05");
    assert!(faster.stdout.contains("verdict: faster by"), "{}", faster.stdout);
    assert!([0, 3].contains(&faster.code), "{}", faster.stderr);
}

#[test]
fn comparisons_of_too_few_runs_are_refused_before_anything_runs() {
    let project = Project::new();
    script(&project, "count", "echo x >> runs");
    let says = "a comparison takes at least 8 runs of each command, not 7";
    for versus in [["--vs-command", "./count"], ["--vs-revision", "HEAD"]] {
        let (code, stderr) =
            refused(&project, &[&versus[..], &["-n", "7", "--", "./count"]].concat());
        assert!(code == 2 && stderr.contains(says), "{code} {stderr}");
    }
    let entry = |name: &str| format!("[[bench]]\nname = \"{name}\"\ncommand = [\"./count\"]\n");
    let suite =
        format!("{}iterations = 7\nvs = {{ shell = \"true\" }}\n{}", entry("a"), entry("b"));
    project.write("suite.toml", &suite);
    let (code, stderr) = refused(&project, &["--suite", "suite.toml"]);
    assert!(code == 2 && stderr.contains(&format!("`a`: {says}")), "{code} {stderr}");
    assert!(!project.path("runs").exists());
    let odd = project.run(&["bench", "-n", "9", "--vs-command", "./count", "--", "./count"]);
    assert!(odd.stderr.contains("10 runs of each instead of 9"), "{}", odd.stderr);
    let even = project.run(&["bench", "-n", "8", "--vs-command", "./count", "--", "./count"]);
    assert!(!even.stderr.contains("runs of each"), "{}", even.stderr);
}

#[test]
fn effect_and_level_change_what_is_said() {
    let project = Project::new();
    let equal = |args: &[&str]| {
        let command = ["--vs-command", "sleep 0.1", "-n", "8", "--", "sleep", "0.1"];
        project.run(&[&["bench"], args, &command].concat()).stdout
    };
    // Chance may decide for either side, whatever the effect.
    assert!(!equal(&["--effect", "95%"]).contains("inconclusive"));
    assert!(!equal(&["--effect", "0.0001%"]).contains("equivalent"));
    assert!(equal(&["--level", "80%"]).contains("80 %]"));
}

#[test]
fn what_cannot_be_started_is_wrong_usage() {
    let project = Project::new();
    project.write("plain", "text");
    fs::create_dir(project.path("folder")).unwrap();
    let says = |args: &[&str], text: &str| {
        let (code, stderr) = refused(&project, args);
        assert_eq!(code, 2, "{args:?}: {stderr}");
        assert!(stderr.contains(text), "{args:?}: {stderr}");
    };
    says(&["--", "no-such-program"], "there is no program `no-such-program` on the search path");
    says(&["--", "./gone"], "there is no program [folder]/gone");
    says(&["--", "./folder"], "[folder]/folder is a folder, not a program");
    says(&["--", "./plain"], "chmod +x [folder]/plain");
    says(&["--dir", "nowhere", "--", "true"], "there is no folder nowhere to run in");
    says(&["--affinity", "100000", "--", "true"], "processor 100000 cannot be used; usable are");
    says(&["--affinity", "0-", "--", "true"], "processors are numbers and ranges: 0,2 or 0-3");
    says(&["--affinity", "0-100000", "--", "true"], "cannot be used; usable are");
    says(&["--report", "x.pdf", "--", "true"], "a page is HTML, and `.pdf` is none");
    says(&["--vs", "s.toml", "--", "true"], "cannot be used with");
    says(&["--vs-command", "'open", "--", "true"], "ends in an open quote");
    says(&["--env", "=1", "--", "true"], "`=1` is no variable");
    says(&["--export", "x.pdf", "--", "true"], "the ending of x.pdf names no format");
    says(&["--export", "no/x.json", "--", "true"], "there is no folder no for no/x.json");
    says(&["--report", "no/x.html", "--", "true"], "there is no folder no for no/x.html");
    says(&["--scan", "N=1,2", "--", "true"], "no word of the command says {N}");
    says(&["--scan", "N", "--", "true"], "`N` is no scan");
    says(&["--scan", "N=1..1M", "--", "true", "{N}"], "has 1000000 values, more than 1000");
    says(&["--effect", "0%", "--", "true"], "such as 1% or 0.01");
    says(&["--timeout", "soon", "--", "true"], "a time is a number above zero");
    says(&["--unit", "bars", "--", "true"], "--work");
    says(&["--set", "a=1", "--", "true"], "cannot be used with");
    says(&["--as", "run", "--", "true"], "cannot be used with");
    says(&["--build", "make", "--", "true"], "--vs-revision");
    says(&["-n", "0", "--", "true"], "1..=100000");
    says(&["--vs-revision", "HEAD", "--", "./plain"], "there is no git repository here");
    says(&[], "a spec: SPEC.toml; any command: -- COMMAND; all that a file lists: --suite FILE");
}

#[test]
fn help_shows_each_way_to_say_what_is_measured_by_itself() {
    let help = Project::new().stdout(&["bench", "--help"]);
    let (_, usage) = help.split_once("Usage: ").unwrap();
    let usage: Vec<&str> = usage.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(usage.len(), 4, "{help}");
    for way in ["<SPEC>", "-- <COMMAND>...", "--suite <FILE>", "--import <FILE>"] {
        assert!(
            usage.iter().any(|line| line.ends_with(&format!("[OPTIONS] {way}"))),
            "{way}: {help}"
        );
    }
}

#[test]
fn what_runs_and_fails_could_not_be_measured() {
    let project = Project::new();
    script(&project, "fail", "echo '<b>the reason</b>' >&2; exit 3");
    let says = |args: &[&str], text: &str| {
        let (code, stderr) = refused(&project, args);
        assert_eq!(code, 3, "{args:?}: {stderr}");
        assert!(stderr.contains(text), "{args:?}: {stderr}");
    };
    says(&["--", "./fail"], "`./fail` ended with exit code 3 in its warm-up");
    says(&["--warmup", "0", "--", "./fail"], "in run 1");
    says(&["--", "./fail"], "<b>the reason</b>");
    says(&["--shell", "--", "kill -9 $$"], "ended with signal SIGKILL");
    says(&["--timeout", "200ms", "--", "sleep", "300"], "`sleep 300` ran past its time limit");
    says(&["--timeout", "200ms", "--ignore-failure", "--", "sleep", "300"], "past its time limit");
    let allowed = project.run(&["bench", "--ignore-failure", "-n", "2", "--", "./fail"]);
    assert_eq!(allowed.code, 0, "{}", allowed.stderr);
}

#[test]
fn times_without_a_unit_are_seconds_and_processors_may_be_ranges() {
    let project = Project::new();
    let (code, stderr) = refused(&project, &["--timeout", "0.2", "--", "sleep", "300"]);
    assert!(code == 3 && stderr.contains("ran past its time limit"), "{stderr}");
    let cores = |cpus: &str, count: &str| {
        let count = format!("test $(nproc) = {count}");
        project.run(&["bench", "-n", "1", "--affinity", cpus, "--", "sh", "-c", &count]).code
    };
    // A machine may have one processor, or keep the first ones from this test.
    assert!([0, 2].contains(&cores("0-1", "2")));
    assert!([3, 2].contains(&cores("0-1", "1")));
}

#[test]
fn pages_are_named_as_such_and_kinds_of_specs_go_with_specs() {
    let project = Project::new();
    project.write("s.toml", SPEC);
    let refused = |args: &[&str], says: &str| {
        let told = project.run(args);
        assert!(told.code == 2 && told.stderr.contains(says), "{args:?}: {}", told.told());
    };
    for command in ["run", "sweep", "walkforward", "profile", "bench"] {
        refused(&[command, "s.toml", "--report", "x.PDF"], "a page is HTML, and `.pdf` is none");
    }
    refused(&["report", "s.toml", "--out", "x.json"], "a page is HTML, and `.json` is none");
    refused(&["certify", "true", "true", "--report", "x.md"], "a page is HTML");
    project.stdout(&["run", "s.toml", "--report", "x.HTM"]);
    for command in ["profile", "advise", "bench"] {
        refused(&[command, "--as", "sweep", "--", "true"], "cannot be used with");
    }
}

#[test]
fn a_shell_line_has_pipes_and_plain_words_have_none() {
    let project = Project::new();
    let line = ["bench", "-n", "1", "--shell", "--", "echo a | grep -q a"];
    assert_eq!(project.run(&line).code, 0);
    let words = ["bench", "-n", "1", "--", "echo a | grep -q a"];
    assert_eq!(project.run(&words).code, 2);
}

#[test]
fn daemons_and_gigabytes_do_no_harm() {
    let project = Project::new();
    script(&project, "daemon", "setsid sh -c 'echo $$ >> pids; exec sleep 300' & sleep 0.2");
    let told = project.stdout(&["bench", "-n", "2", "--warmup", "0", "--", "./daemon"]);
    let left = "1 process of each run outlived the command and was ended";
    assert!(told.contains(left), "{told}");
    script(&project, "once", "test -e seen && exit; touch seen; setsid sleep 300 & sleep 0.2");
    let told = project.stdout(&["bench", "-n", "2", "--warmup", "0", "--", "./once"]);
    assert!(told.contains("0 to 1 process of each run outlived"), "{told}");
    let pids = fs::read_to_string(project.path("pids")).unwrap();
    assert!(pids.lines().all(|pid| !fs::exists(format!("/proc/{pid}")).unwrap()), "{pids}");
    let flood =
        ["bench", "-n", "1", "--read-output", "--", "head", "-c", "2000000000", "/dev/zero"];
    assert_eq!(project.run(&flood).code, 0);
}

#[test]
fn each_value_of_a_scan_is_measured() {
    let project = Project::new();
    let scan = ["--scan", "N=1..3", "--scan", "M=5,6", "-n", "1", "--", "echo", "{N}{M}"];
    let names: Vec<String> = rows(&project, &scan)
        .iter()
        .map(|row| row["command"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["echo 15", "echo 16", "echo 25", "echo 26", "echo 35", "echo 36"]);
    let table = project.stdout(&["bench", "--scan", "N=1,2", "-n", "1", "--", "sleep", "0.0{N}"]);
    assert!(table.contains("by the fastest") && table.contains("sleep 0.02"), "{table}");
}

const SPEC: &str = "[data]\nbundle = \"sample\"\nassets = [\"AAPL\"]\nto = \"2002-12-31\"\n\
    [params]\nfast = 10\n[rules]\nenter_long = \"cross_above(close, sma(close, fast))\"\n\
    exit_long = \"cross_below(close, sma(close, fast))\"\n";

#[test]
fn specs_are_measured_by_what_they_are_for() {
    let project = Project::new();
    project.write("s.toml", SPEC);
    let name = |args: &[&str]| {
        let rows = rows(&project, &[args, &["-n", "1", "--warmup", "0"]].concat());
        rows.iter().map(|row| row["command"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(name(&["s.toml"]), ["backcast run s.toml"]);
    let grid = name(&["s.toml", "--set", "params.fast=5,10"]);
    assert_eq!(grid, ["backcast sweep s.toml --set params.fast=5,10"]);
    assert_eq!(name(&["s.toml", "--as", "sweep"]), ["backcast sweep s.toml"]);
    let scanned = name(&["s.toml", "--scan", "F=5,6", "--set", "params.fast={F}"]);
    assert_eq!(scanned[1], "backcast run s.toml --set params.fast=6");
    let (code, stderr) = refused(&project, &["s.toml", "--set", "params.slow=1"]);
    assert_eq!(code, 2, "{stderr}");
    let (code, stderr) = refused(&project, &["gone.toml"]);
    assert_eq!((code, stderr.contains("there is no spec gone.toml")), (3, true), "{stderr}");
}

#[test]
fn suites_are_measured_whole_and_their_mistakes_are_shown() {
    let project = Project::new();
    project.write("s.toml", SPEC);
    let suite = "[defaults]\niterations = 2\n\
        [[bench]]\nname = \"run <1>\"\nspec = \"s.toml\"\nwork = 100\nunit = \"bars\"\n\
        [[bench]]\nname = \"calendar\"\nbackcast = [\"calendar\"]\niterations = 3\n\
        [[bench]]\nname = \"shell\"\nshell = \"test $X = 1\"\nenv = { X = \"1\" }\n";
    project.write("suite.toml", suite);
    let rows = rows(&project, &["--suite", "suite.toml"]);
    let told: Vec<(&str, u64)> = rows
        .iter()
        .map(|row| (row["command"].as_str().unwrap(), row["runs"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("run <1>", 2), ("calendar", 3), ("shell", 2)]);
    project.write("bad.toml", &suite.replace("[\"calendar\"]", "[]"));
    let (code, stderr) = refused(&project, &["--suite", "bad.toml"]);
    assert!(code == 3 && stderr.contains("`calendar` takes one of: spec"), "{stderr}");
    let (_, stderr) = refused(&project, &["--suite", "gone.toml"]);
    assert!(stderr.contains("cannot read gone.toml"), "{stderr}");
}

#[test]
fn an_entry_that_fails_ends_no_suite_and_hides_from_nobody() {
    let project = Project::new();
    let entry = |name: &str, line: &str| {
        format!("[[bench]]\nname = \"{name}\"\nshell = \"{line}\"\niterations = 1\nwarmup = 0\n")
    };
    let bad = entry("bad <1>", "echo the reason >&2; exit 1");
    let gone = "[[bench]]\nname = \"gone\"\ncommand = [\"no-such-program\"]\n";
    let all = [entry("good", "true"), bad.clone(), gone.to_owned(), entry("other", "true")];
    project.write("suite.toml", &all.concat());
    let args = ["bench", "--suite", "suite.toml", "--export", "x.xml", "--export", "x.json"];
    let told = project.run(&args);
    assert_eq!(told.code, 3, "{}", told.told());
    assert!(told.stdout.contains("good") && told.stdout.contains("other"), "{}", told.stdout);
    for said in ["`bad <1>` ended with exit code 1", "the reason", "`gone`: there is no program"] {
        assert!(told.stderr.contains(said), "{said}: {}", told.stderr);
    }
    let last = "could not measure 2 of 4 commands: `bad <1>`, `gone`";
    assert!(told.stderr.contains(last), "{}", told.stderr);
    let xml = fs::read_to_string(project.path("x.xml")).unwrap();
    assert!(xml.contains("tests=\"4\" failures=\"0\" errors=\"2\""), "{xml}");
    assert!(xml.contains("name=\"bad &lt;1&gt;\"><error message=\"could not measure: "), "{xml}");
    // One that fails alone is in the file as well, and the failure is its own.
    project.write("one.toml", &bad);
    fs::remove_file(project.path("x.json")).unwrap();
    let one =
        project.run(&["bench", "--suite", "one.toml", "--export", "x.xml", "--export", "x.json"]);
    assert!(one.code == 3 && one.stderr.contains("ended with exit code 1"), "{}", one.told());
    let xml = fs::read_to_string(project.path("x.xml")).unwrap();
    assert!(xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{xml}");
    assert!(!project.path("x.json").exists(), "there are no figures");
    // A regression of another stands.
    let slower = "[[bench]]\nname = \"slow\"\ncommand = [\"sleep\", \"0.2\"]\niterations = 8\n\
        vs = { command = [\"sleep\", \"0.02\"] }\n";
    project.write("suite.toml", &[bad.as_str(), slower].concat());
    let told = project.run(&["bench", "--suite", "suite.toml"]);
    // A machine under load may be doubted.
    let doubted = ["doubt ", "doubtful"].iter().any(|word| told.stdout.contains(word));
    assert_eq!(told.code, if doubted { 3 } else { 1 }, "{}", told.told());
}

#[test]
fn entries_of_suites_have_empty_folders_of_their_own_and_may_fail() {
    let project = Project::new();
    let suite = "[defaults]\niterations = 2\nwarmup = 0\n\
        [[bench]]\nname = \"bundle\"\nscratch = true\n\
        backcast = [\"ingest\", \"--synthetic\", \"assets=1,years=1,freq=1d,seed=1\", \"--bundle\", \"b\"]\n\
        [[bench]]\nname = \"empty\"\nscratch = true\nshell = \"pwd >> $SEEN; ls >> $SEEN; touch it; exit 5\"\n\
        ignore_failure = true\nenv = { SEEN = \"SEEN_FILE\" }\n";
    let seen = project.path("seen");
    project.write("suite.toml", &suite.replace("SEEN_FILE", seen.to_str().unwrap()));
    assert_eq!(rows(&project, &["--suite", "suite.toml"]).len(), 2);
    assert!(!project.path(".backcast/bundles/b").exists() && !project.path("it").exists());
    let seen = fs::read_to_string(seen).unwrap();
    let folders: Vec<&str> = seen.lines().collect();
    let [first, second, "it"] = folders[..] else { panic!("{seen}") };
    assert_eq!(first, second);
    assert!(!fs::exists(first).unwrap(), "{seen}");
}

#[test]
fn every_export_reads_back() {
    let project = Project::new();
    let name = "a <b> & \"c\", |d\\";
    let mut args = vec!["bench", "--name", name, "-n", "8", "--vs-command", "sleep 0.01"];
    for file in ["x.json", "x.csv", "x.md", "x.xml", "x.prom"] {
        args.extend(["--export", file]);
    }
    args.extend(["--", "sleep", "0.1"]);
    project.run(&args);
    let text = |file: &str| fs::read_to_string(project.path(file)).unwrap();
    let sessions =
        backcast_lab::bench::export::sessions_from_json(&text("x.json"), "x.json").unwrap();
    assert_eq!((sessions.len(), sessions[0].candidate.runs.len()), (1, 8));
    assert_eq!(sessions[0].candidate.command.name, name);

    let csv = text("x.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 16);
    let own = records.iter().filter(|record| &record[0] == name && &record[1] == "candidate");
    let walls: Vec<u64> = own.map(|record| record[5].parse().unwrap()).collect();
    let kept: Vec<u64> = sessions[0].candidate.runs.iter().map(|run| run.sample.wall_ns).collect();
    assert_eq!(walls, kept);

    let markdown = text("x.md");
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert_eq!(markdown.lines().map(cells).collect::<std::collections::BTreeSet<_>>().len(), 1);
    assert!(markdown.contains("a &lt;b&gt; &amp; \"c\", \\|d\\\\ |"), "{markdown}");

    let xml = text("x.xml");
    assert!(xml.contains("name=\"a &lt;b&gt; &amp; &quot;c&quot;, |d\\\""), "{xml}");
    assert!(xml.contains("tests=\"1\"") && xml.matches("<testcase").count() == 1, "{xml}");
    assert!(xml.contains("<failure") || xml.contains("<error"), "{xml}");
    assert_eq!(xml.matches('<').count(), xml.matches('>').count());

    for line in text("x.prom").lines().filter(|line| !line.starts_with('#')) {
        let (labels, value) = line.rsplit_once("} ").unwrap();
        assert!(labels.contains("{command=\"") && value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(text("x.prom").contains("command=\"a <b> & \\\"c\\\", |d\\\\\",arm=\"candidate\""));
}

#[test]
fn imported_figures_are_printed_and_written_as_ours() {
    let project = Project::new();
    project.write("h.json", r#"{"results":[{"command":"sleep 1","times":[1.0,1.5,1.25]}]}"#);
    let rows = rows(&project, &["--import", "h.json", "--export", "out.json"]);
    assert_eq!((rows[0]["median"].as_f64(), &rows[0]["cores"]), (Some(1.25), &Value::Null));
    let text = fs::read_to_string(project.path("out.json")).unwrap();
    let sessions = backcast_lab::bench::export::sessions_from_json(&text, "out.json").unwrap();
    assert_eq!(sessions[0].candidate.runs.len(), 3);
    let partly = r#"{"machine_info":{},"benchmarks":[{"name":"a","stats":{"mean":1.0}},
        {"name":"b","stats":{"data":[0.5]}}]}"#;
    project.write("p.json", partly);
    let told = project.run(&["bench", "--import", "p.json"]);
    assert!(told.code == 0 && told.stdout.contains("500.0 ms"), "{}", told.told());
    let left_out = "note: p.json: `a` is left out, for it holds a summary only";
    assert!(told.stderr.contains(left_out), "{}", told.stderr);
    project.write("bad.json", "{}");
    let (code, stderr) = refused(&project, &["--import", "bad.json"]);
    assert!(code == 3 && stderr.contains("bad.json holds no figures"), "{stderr}");
}

#[test]
fn another_revision_is_built_aside_and_taken_away_again() {
    let project = Project::new();
    let git = |args: &[&str]| project.git(args);
    git(&["init", "-q"]);
    script(&project, "prog", "sleep 0.3");
    git(&["add", "prog"]);
    git(&["commit", "-qm", "slow"]);
    script(&project, "prog", "sleep 0.02");
    git(&["commit", "-qam", "fast"]);
    let versus = |args: &[&str]| {
        project.run(&[&["bench", "-n", "8", "--vs-revision", "HEAD~1"], args].concat())
    };
    let build = ["--build", "touch built && test -x prog", "--export", "versus.json"];
    let faster = versus(&[&build[..], &["--", "./prog"]].concat());
    assert!(faster.stdout.contains("./prog at HEAD~1"), "{}{}", faster.stdout, faster.stderr);
    assert!(faster.stdout.contains("verdict: faster"), "{}", faster.stdout);
    assert!(!project.path("built").exists());
    assert_eq!(git(&["worktree", "list"]).lines().count(), 1);
    let written = fs::read_to_string(project.path("versus.json")).unwrap();
    let session = &serde_json::from_str::<Value>(&written).unwrap()["sessions"][0];
    let at = |revision: &str| git(&["rev-parse", "--short=12", revision]).trim().to_owned();
    assert_eq!(session["base"]["commit"], at("HEAD~1"));
    assert_eq!(session["candidate"]["commit"], at("HEAD"));
    let broken = versus(&["--build", "false", "--", "./prog"]);
    assert_eq!(broken.code, 3, "{}", broken.stderr);
    assert_eq!(git(&["worktree", "list"]).lines().count(), 1);
    let unknown = project.run(&["bench", "--vs-revision", "v99", "--", "./prog"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("there is no revision `v99`"));
    // A program from elsewhere runs in the folder of the revision.
    let script = versus(&["--", "sh", "prog"]);
    assert!(script.stdout.contains("verdict: faster"), "{}{}", script.stdout, script.stderr);
    let outside = versus(&["--dir", "/", "--", "sleep", "0"]);
    assert!(outside.code == 2 && outside.stderr.contains("is not in the repository"));
}

#[test]
fn a_comparison_ends_at_the_first_look_that_decides() {
    let project = Project::new();
    let looks = ["bench", "--looks", "4", "-n", "40", "--warmup", "0", "--export", "looks.json"];
    let told =
        project.run(&[&looks[..], &["--vs-command", "sleep 0.08", "--", "sleep", "0.01"]].concat());
    assert!(told.stdout.contains("verdict: faster"), "{}", told.told());
    assert!(told.stdout.contains("of 4, of at most 40 pairs"), "{}", told.stdout);
    let written = fs::read_to_string(project.path("looks.json")).unwrap();
    let session = &serde_json::from_str::<Value>(&written).unwrap()["sessions"][0];
    let taken = session["looked"]["taken"].as_u64().unwrap();
    assert_eq!(session["candidate"]["runs"].as_array().unwrap().len() as u64, 10 * taken);
    assert_eq!(refused(&project, &["--looks", "4", "--", "true"]).0, 2);
}

#[test]
fn ctrl_c_prints_what_is_there_and_kills_the_children() {
    let project = Project::new();
    script(&project, "slow", "echo $$ >> pids; exec sleep 0.2");
    let mut command = project.command(&["bench", "-n", "1000", "--warmup", "0", "--", "./slow"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begin = Instant::now();
    let pids = || fs::read_to_string(project.path("pids")).unwrap_or_default();
    while pids().lines().count() < 4 {
        assert!(begin.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
    let interrupted = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let status = ended(&mut child);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stdout.contains("median") && stderr.contains("stopped"), "{stdout}{stderr}");
    assert!(pids().lines().all(|pid| !fs::exists(format!("/proc/{pid}")).unwrap()), "{}", pids());
}
