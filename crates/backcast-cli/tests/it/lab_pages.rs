//! Pages of what was measured: who writes them, from what, and what stands on top.

use std::fs;

use crate::program::{Outcome, Project};

/// A page with its title and some of its elements.
fn has(project: &Project, name: &str, title: &str, ids: &[&str]) {
    let html = fs::read_to_string(project.path(name)).unwrap();
    assert!(html.contains(&format!("<h1>{title}</h1>")), "{name}: no `{title}`");
    for id in ids {
        assert!(html.contains(&format!("id=\"{id}\"")), "{name}: no element `{id}`");
    }
    for fact in ["<dt>Version</dt>", "<dt>Machine</dt>", "<dt>Taken</dt>", "<dt>Runs</dt>"] {
        let needed = !html.contains("<dt>Store</dt>") && !html.contains("Not certified");
        assert!(!needed || html.contains(fact), "{name}: no {fact}");
    }
}

/// Everything but that the machine was too restless.
fn measured(outcome: &Outcome) {
    assert!(outcome.code == 0 || outcome.code == 3, "{}", outcome.told());
}

#[test]
fn a_benchmark_has_a_page_and_so_has_the_file_that_it_wrote() {
    let project = Project::new();
    let bench = ["bench", "-n", "8", "--name", "a <b>nap</b>", "--vs-command", "sleep 0.02"];
    let written = ["--report", "bench.html", "--export", "f.json", "--", "sleep", "0.01"];
    measured(&project.run(&[&bench[..], &written].concat()));
    let title = "a &lt;b&gt;nap&lt;/b&gt; against sleep 0.02";
    let ids = [
        "runs",
        "pairs",
        "runs-in-order",
        "distribution",
        "memory",
        "estimates",
        "costs",
        "machine-facts",
    ];
    has(&project, "bench.html", title, &ids);
    project.stdout(&["report", "f.json", "--out", "again.html"]);
    has(&project, "again.html", title, &ids);
    let changed = project.run(&["report", "f.json", "--out", "x.html", "--set", "a=1"]);
    assert_eq!(changed.code, 2, "{}", changed.told());
    project.write("other.json", "{}");
    let other = project.run(&["report", "other.json", "--out", "x.html"]);
    assert_eq!(other.code, 1, "{}", other.told());
}

#[test]
fn scans_and_suites_have_a_figure_of_all_together() {
    let project = Project::new();
    let scan = ["bench", "-n", "3", "--warmup", "0", "--scan", "MS=1,2,5", "--scan", "ARG=a,b"];
    let words = ["--report", "scan.html", "--", "sh", "-c", "sleep 0.00{MS}", "{ARG}"];
    measured(&project.run(&[&scan[..], &words].concat()));
    has(
        &project,
        "scan.html",
        "Benchmarks",
        &["together", "scan", "scan-view", "sessions", "runs-in-order-view"],
    );
    project.write(
        "suite.toml",
        "[[bench]]\nname = \"one\"\ncommand = [\"true\"]\nvs = { command = [\"sleep\", \"0.01\"] }\n\
         [[bench]]\nname = \"two\"\ncommand = [\"sleep\", \"0.001\"]\n",
    );
    let suite =
        project.run(&["bench", "--suite", "suite.toml", "-n", "8", "--report", "suite.html"]);
    measured(&suite);
    has(
        &project,
        "suite.html",
        "Benchmarks",
        &["together", "ratios", "times", "sessions", "pairs"],
    );
}

#[test]
fn a_session_is_compared_with_those_that_were_kept() {
    let project = Project::new();
    let with = |words: &[&str], seconds: &str| {
        let nap = ["-n", "4", "--name", "nap", "--", "sleep", seconds];
        project.run(&[words, &nap].concat())
    };
    let none = with(&["bench", "--vs-baseline"], "0.01");
    assert_eq!(none.code, 3, "{}", none.told());
    assert!(none.stderr.contains("there is no baseline of `nap`"), "{}", none.stderr);
    assert!(none.stderr.contains("backcast baseline save"), "{}", none.stderr);
    let saved = with(&["baseline", "save", "--despite-doubts"], "0.01");
    assert_eq!(saved.code, 0, "{}", saved.told());

    let slower = with(&["bench", "--vs-baseline", "--report", "page.html"], "0.1");
    if slower.code != 3 {
        assert_eq!(slower.code, 1, "{}", slower.told());
        assert!(slower.stderr.contains("`nap` is slower than its baseline"), "{}", slower.stderr);
    }
    assert!(slower.stdout.contains("verdict: slower by "), "{}", slower.stdout);
    assert!(slower.stdout.contains("over 3 sessions"), "{}", slower.stdout);
    assert!(slower.stdout.contains("unpaired"), "{}", slower.stdout);
    has(&project, "page.html", "nap", &["baseline", "against-baselines"]);

    let unknown = with(&["bench", "--vs-baseline=0000000"], "0.01");
    assert_eq!(unknown.code, 3, "{}", unknown.told());
    assert!(
        unknown.stderr.contains("no session of `nap` is of commit or id `0000000`"),
        "{}",
        unknown.stderr
    );
    let history = project.stdout(&["baseline", "history", "nap", "--format", "csv"]);
    let id = history.lines().nth(1).unwrap().split(',').nth(5).unwrap();
    let one = with(&["bench", &format!("--vs-baseline={}", &id[..12])], "0.1");
    assert!(one.stdout.contains("over 1 session\n"), "{}", one.stdout);
}

#[test]
fn a_history_has_a_page_with_all_measures() {
    let project = Project::new();
    let empty = project.run(&["baseline", "history", "--report", "h.html"]);
    assert_eq!(empty.code, 1, "{}", empty.told());
    let save = [
        "baseline",
        "save",
        "-n",
        "3",
        "--despite-doubts",
        "--name",
        "<i>nap</i>",
        "--",
        "sleep",
        "0.01",
    ];
    assert_eq!(project.run(&save).code, 0);
    project.stdout(&["baseline", "history", "--report", "h.html"]);
    let ids = [
        "history",
        "history-figure",
        "history-figure-view",
        "histories",
        "changes",
        "alerts",
        "sessions",
    ];
    has(&project, "h.html", "Baselines", &ids);
    let html = fs::read_to_string(project.path("h.html")).unwrap();
    assert!(!html.contains("<i>nap"), "a name became markup");
    assert!(
        html.contains("<dt>Sessions</dt><dd>3 sessions, 20"),
        "the range of the data stands on top"
    );
}

#[test]
fn a_proof_has_a_page_whether_it_was_certified_or_not() {
    let project = Project::new();
    let moved =
        ["certify", "echo 1", "echo 2", "--equal", "stdout", "-n", "8", "--report", "moved.html"];
    assert_eq!(project.run(&moved).code, 1);
    has(
        &project,
        "moved.html",
        "echo 2 after echo 1",
        &["proof", "conditions", "results", "inputs"],
    );
    let html = fs::read_to_string(project.path("moved.html")).unwrap();
    assert!(html.contains("a result moved in") && html.contains("different at line 1"));

    let slower = [
        "certify",
        "echo 1",
        "sh -c 'sleep 0.02; echo 1'",
        "--equal",
        "stdout",
        "-n",
        "8",
        "--report",
        "slower.html",
    ];
    let slower = project.run(&slower);
    assert_ne!(slower.code, 0, "{}", slower.told());
    has(
        &project,
        "slower.html",
        "sh -c 'sleep 0.02; echo 1' after echo 1",
        &["proof", "conditions", "pairs", "memory"],
    );
    let html = fs::read_to_string(project.path("slower.html")).unwrap();
    assert!(html.contains("Not certified."));
}

#[test]
fn a_profile_in_a_file_has_a_page_and_other_files_say_who_shows_them() {
    let project = Project::new();
    let made = ["profile", "--perf", "never", "--export", "p.json", "--", "true"];
    assert_eq!(project.run(&made).code, 0);
    project.stdout(&["report", "p.json", "--out", "p.html"]);
    let html = fs::read_to_string(project.path("p.html")).unwrap();
    assert!(html.contains("<h1>Profile of true</h1>"));
    for (format, said) in [
        ("backcast-workloads", "`backcast lab workloads`"),
        ("backcast-scaling", "`backcast profile --scale SIZES --report FILE.html`"),
        ("backcast-record", "`backcast baseline history NAME --report FILE.html`"),
    ] {
        project.write("x.json", &format!("{{\"format\":\"{format}\",\"version\":1}}"));
        let other = project.run(&["report", "x.json", "--out", "x.html"]);
        assert_eq!(other.code, 2, "{}", other.told());
        assert!(other.stderr.contains(said), "{}", other.told());
    }
}
