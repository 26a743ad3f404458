//! Every example runs, prints its table and makes its page.

use std::fs;

use backcast_lab::bench::Target;

use crate::program::{Project, examples};

#[test]
fn every_example_runs() {
    let project = Project::new();
    let mut seen = 0;
    for entry in fs::read_dir(examples()).expect("the repository has examples").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let spec = path.to_str().expect("paths here are text");
        let text = fs::read_to_string(&path).expect("an example is a text");
        // A suite lists specs and is none itself.
        if text.contains("[[bench]]") {
            continue;
        }
        seen += 1;
        let command = match (text.contains("{ from"), text.contains("[walkforward]")) {
            (true, true) if !text.contains("[sweep]") => "walkforward",
            (true, _) => "sweep",
            _ => "run",
        };
        let page = project.path("page.html");
        let outcome = project.run(&[command, spec, "--report", "page.html"]);
        assert_eq!(outcome.code, 0, "{spec}: {}", outcome.stderr);
        assert!(outcome.stdout.contains("digest "), "{spec}: {}", outcome.stdout);
        assert!(outcome.stderr.contains("report: page.html"), "{spec}: {}", outcome.stderr);
        let html = fs::read_to_string(&page).expect("the page was written");
        assert!(html.contains("data-theme") || html.len() > 1_000_000, "{spec}");
    }
    assert!(seen >= 7, "only {seen} examples");
}

#[test]
fn a_walk_forward_test_of_the_grid_runs_too() {
    let project = Project::new();
    let spec = examples().join("sma_grid.toml");
    let args = ["walkforward", spec.to_str().unwrap(), "--set", "params.fast=10..50..10"];
    let told = project.stdout(&[&args[..], &["--set", "params.slow=100,200"]].concat());
    assert!(told.contains("Out of sample"), "{told}");
}

#[test]
fn orders_and_trades_come_as_csv_json_and_parquet() {
    let project = Project::new();
    let spec = examples().join("sma_cross.toml");
    let args = ["run", spec.to_str().unwrap(), "--trades", "t.csv", "--orders", "o.json"];
    project.stdout(&[&args[..], &["--equity", "e.parquet", "--fills", "f.csv"]].concat());
    let read = |name: &str| fs::read(project.path(name)).unwrap();
    let trades = String::from_utf8(read("t.csv")).unwrap();
    assert!(trades.starts_with("account,asset,quantity,entry_session,entry_time,entry_price,"));
    assert_eq!(trades.lines().count(), 7);
    assert!(String::from_utf8(read("o.json")).unwrap().starts_with("[\n{\"account\":\"pool\""));
    assert_eq!(read("e.parquet")[..4], *b"PAR1");
    assert_eq!(String::from_utf8(read("f.csv")).unwrap().lines().count(), 13);
}

#[test]
fn a_run_and_its_page_can_be_made_again_by_id() {
    let project = Project::new();
    let spec = examples().join("pairs.toml");
    let spec = spec.to_str().unwrap();
    let first = project.stdout(&["run", spec]);
    assert_eq!(first, project.stdout(&["run", spec]));
    let id = first.lines().last().unwrap().split_once("run ").unwrap().1[..12].to_owned();
    project.stdout(&["report", &id, "--out", "a.html"]);
    project.stdout(&["run", spec, "--report", "b.html"]);
    let read = |name: &str| fs::read_to_string(project.path(name)).unwrap();
    assert_eq!(read("a.html").len(), read("b.html").len());
}

/// Commands that the suite does not measure, and why.
const UNMEASURED: [(&str, &str); 4] = [
    ("dashboard", "it serves until it is stopped"),
    ("verify", "it takes a certificate, which not every machine can make"),
    ("optimize", "it takes minutes"),
    ("help", "it is the help of the others"),
];

#[test]
fn the_suite_measures_every_command_or_says_why_not() {
    let text = fs::read_to_string(examples().join("suite.toml")).unwrap();
    let suite = backcast_lab::bench::Suite::parse(&text).unwrap();
    let measured = |command: &str| {
        suite.entries.iter().any(|entry| match &entry.target {
            Target::Backcast(words) => words[0] == command,
            Target::Spec { .. } => command == "run",
            _ => false,
        })
    };
    let help = Project::new().stdout(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    // A description that goes on in the next line is set in further.
    let named = commands.lines().filter(|line| !line.starts_with("   "));
    let names: Vec<&str> = named.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 15, "{help}");
    for name in &names {
        let excused = UNMEASURED.iter().any(|(command, _)| command == name);
        assert!(measured(name) != excused, "{name}");
    }
    assert!(UNMEASURED.iter().all(|(command, _)| names.contains(command)));
}
