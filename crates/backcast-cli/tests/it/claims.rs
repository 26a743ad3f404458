//! `backcast lab` as a user runs it: workloads, verdicts on claims, and what is wrong with what was typed.

use std::{collections::BTreeMap, process::Stdio};

use serde_json::Value;

use crate::{
    patience::{finished, until},
    program::{Outcome, Project, examples, signal},
};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The least that is measured.
const QUICK: [&str; 4] = ["--runs", "2", "--profiles", "2"];

fn workloads(project: &Project, args: &[&str]) -> Value {
    let args = [&["lab", "workloads", "--format", "json"], args, &QUICK].concat();
    json(&project.stdout(&args))
}

#[test]
fn every_workload_gives_its_figures_and_shares_that_add_up() {
    let project = Project::new();
    let told = workloads(&project, &[]);
    assert_eq!(told["format"], "backcast-workloads");
    let mut digests: BTreeMap<String, String> = BTreeMap::new();
    for one in told["workloads"].as_array().unwrap() {
        let name = one["workload"].as_str().unwrap();
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{name}: {value}"));
        assert!(number(&one["call"]["median"]) > 0.0 && number(&one["peak_bytes"]) > 1e6, "{name}");
        assert_eq!(one["runs"].as_array().unwrap().len(), 2, "{name}");
        let digest = one["digest"].as_str().unwrap().to_owned();
        let same = digests.entry(name.to_owned()).or_insert(digest.clone());
        assert_eq!(*same, digest, "{name} gives the same on any number of threads");
        if one["threads"] != 1 {
            continue;
        }
        let shares = one["shares"].as_array().unwrap();
        let sum: f64 = shares.iter().map(|share| number(&share["own"]["estimate"])).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{name}: {sum}");
        for interval in shares.iter().flat_map(|share| [&share["own"], &share["total"]]) {
            let (low, high) = (number(&interval["low"]), number(&interval["high"]));
            assert!(0.0 <= low && low <= high && high <= 1.0, "{name}: {interval}");
        }
        assert_eq!(shares.last().unwrap()["name"], "(unattributed)");
        let calls = number(&one["calls"]);
        let step = match name {
            "grid" => ("search.one_by_one", 100.0),
            "grid-each" => ("engine.simulate", 1000.0),
            "walk-forward" => ("search.train", 85.0),
            "bundle-first" => ("calendar.load", 1.0),
            "bundle-again" => ("store.load_bundle", 1.0),
            _ => ("data.history", 2000.0),
        };
        assert!(shares.iter().any(|share| share["name"] == step.0), "{name} has {shares:?}");
        assert_eq!(calls, step.1, "{name}");
    }
    assert_eq!(digests.len(), 9);
    let history = |variant: &str| &digests[&format!("history-{variant}")];
    for clock in ["fixed", "moving"] {
        let [raw, adjusted] = ["raw", "adjusted"].map(|p| history(&format!("{clock}-{p}")));
        assert_ne!(raw, adjusted, "splits and dividends lie in the windows at {clock} sessions");
    }
    assert_ne!(history("fixed-raw"), history("moving-raw"));
}

#[test]
fn workloads_are_printed_for_people_programs_and_tickets() {
    let project = Project::new();
    let print = |format: &str| {
        let args = ["lab", "workloads", "bundle-again", "--format", format];
        project.stdout(&[&args[..], &QUICK].concat())
    };
    let table = print("table");
    for word in ["time of a call", "bytes a call", "store.load_bundle", "(unattributed)", "100.0 %"]
    {
        assert!(table.contains(word), "{word}: {table}");
    }
    let csv = print("csv");
    assert!(csv.starts_with("workload,threads,unit,calls,runs,call_s,"), "{csv}");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(print("markdown").starts_with("| workload |"));
    let listed = project.stdout(&["lab", "workloads", "--list", "--format", "csv"]);
    assert_eq!(listed.lines().count(), 10, "{listed}");
}

fn verify(project: &Project, args: &[&str]) -> Outcome {
    project.run(&[&["lab", "verify-claim"], args].concat())
}

/// Three profiles of one span with these shares, kept in the project.
fn kept(project: &Project, shares: &[f64]) -> Vec<String> {
    let mut words = Vec::new();
    for (number, share) in shares.iter().enumerate() {
        let name = format!("p{number}.json");
        let own = (share * 1e9) as u64;
        let node = |frame: u32, own: u64| {
            serde_json::json!({ "parent": null, "frame": frame, "own_ns": own, "total_ns": own, "cpu_ns": null,
                "samples": 0, "calls": null, "lines": [] })
        };
        let frame =
            |name: &str| serde_json::json!({ "name": name, "kind": "span", "area": "user" });
        let profile = serde_json::json!({
            "format": "backcast-profile", "version": 1, "name": "a job", "command": ["job"],
            "taken_at": "2026-11-28T00:00:00Z", "ended": null, "wall_ns": 1_000_000_000u64,
            "frames": [frame("data.prepare"), frame("rest")],
            "threads": [{ "pid": 1, "name": "main", "count": 1, "source": "spans", "wall_ns": 1_000_000_000u64,
                "cpu_ns": null, "samples": 0, "unattributed_ns": 0, "first": 0, "len": 2 }],
            "nodes": [node(0, own), node(1, 1_000_000_000 - own)],
            "process": { "cost": null, "series": { "points": [], "stride": 1, "looks": 0, "cost_ns": 0, "unseen": [], "pending": null } },
            "overhead": { "spans": 2, "empty_span_ns": 20.0, "sampler_cpu_ns": 0, "recording_bytes": 10 },
            "unseen": [],
        });
        project.write(&name, &profile.to_string());
        words.extend(["--profile".to_owned(), name]);
    }
    words
}

#[test]
fn a_claimed_share_is_confirmed_refuted_or_unproven() {
    let project = Project::new();
    let profiles = kept(&project, &[0.60, 0.61, 0.62, 0.615]);
    let claim = |span: &str, share: &str, more: &[&str], files: &[String]| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        verify(&project, &[&["--span", span, "--share", share], more, &files].concat())
    };
    let confirmed = claim("data.prepare", "61.5%", &["--tolerance", "5%"], &profiles);
    assert_eq!(confirmed.code, 0, "{}", confirmed.stderr);
    assert!(
        confirmed.stdout.starts_with("`data.prepare` takes 61.5 %: confirmed"),
        "{}",
        confirmed.stdout
    );
    let refuted = claim("data.prepare", "20%", &[], &profiles);
    assert_eq!(refuted.code, 1);
    assert!(refuted.stdout.contains(": refuted") && refuted.stderr.contains("refuted"));
    let narrow = claim("data.prepare", "61.5%", &["--tolerance", "0.5%"], &profiles);
    assert_eq!(narrow.code, 3);
    assert!(
        narrow.stderr.contains("unproven") && narrow.stderr.contains("--profile"),
        "{}",
        narrow.stderr
    );
    let one = claim("data.prepare", "60%", &[], &profiles[..2]);
    assert_eq!(one.code, 3);
    assert!(one.stdout.contains("one run has no spread"), "{}", one.stdout);
    let told = json(&claim("data.prepare", "61.5%", &["--format", "json"], &profiles).stdout);
    assert_eq!(
        (told["verdict"].as_str(), told["runs"].as_array().unwrap().len()),
        (Some("confirmed"), 4)
    );
    let unknown = claim("data.prepar", "61.5%", &[], &profiles);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean `data.prepare`?"), "{}", unknown.stderr);
    let most = claim("data.prepare", "99%", &["--tolerance", "10%"], &profiles);
    assert!(most.stdout.contains("claimed  89.00 % to 100.00 %"), "{}", most.stdout);
}

#[test]
fn shares_are_measured_on_workloads_specs_and_commands() {
    let project = Project::new();
    let work = ["--span", "lab.work", "--share", "50%", "--tolerance", "49.9%", "-n", "2"];
    let work = verify(&project, &[&work[..], &["--workload", "bundle-first"]].concat());
    assert!([0, 3].contains(&work.code), "{}", work.stderr);
    assert!(work.stdout.contains("of `lab.job`"), "{}", work.stdout);
    let cross = examples().join("sma_cross.toml").display().to_string();
    let spec = verify(
        &project,
        &["--span", "search.run", "--share", "1%", "--tolerance", "0.1%", "-n", "3", &cross],
    );
    assert!(spec.stdout.contains("of all thread time"), "{}{}", spec.stdout, spec.stderr);
    let blind = verify(&project, &["--span", "x", "--share", "1%", "--", "true"]);
    // perf may find a sample even in so short a command, and then the name is unknown.
    assert!([2, 3].contains(&blind.code), "{}", blind.stderr);
    let said = ["holds no samples", "is not among"];
    assert!(said.iter().any(|text| blind.stderr.contains(text)), "{}", blind.stderr);
    let failed = verify(&project, &["--span", "x", "--share", "1%", "--", "false"]);
    assert_eq!(failed.code, 3, "{}", failed.stderr);
}

#[test]
fn claims_without_raw_samples_are_refused() {
    let project = Project::new();
    project.write("means.json", r#"{"before": {"mean": 5.21}, "after": {"mean": 4.79}}"#);
    let refused = |args: &[&str], code: i32, text: &str| {
        let Outcome { code: found, stdout, stderr } = verify(&project, args);
        assert_eq!((found, stdout.as_str()), (code, ""), "{args:?}: {stderr}");
        assert!(stderr.contains(text), "{args:?}: {stderr}");
    };
    let share = ["--span", "x", "--share", "61.5%", "--profile"];
    refused(&[&share[..], &["means.json"]].concat(), 3, "means alone prove nothing");
    refused(&[&share[..], &["none.json"]].concat(), 3, "cannot read none.json");
    refused(&["--faster", "8%", "means.json"], 3, "means alone prove nothing");
    refused(&["--faster", "8%", "none.json"], 3, "cannot read none.json");
    refused(&["--faster", "8%"], 2, "<FILE>");
    let beside = ["--faster", "8%", "means.json", "--span", "x"];
    refused(&beside, 2, "cannot be used with");
    refused(&[&beside[..3], &["--workload", "grid"]].concat(), 2, "cannot be used with");
    refused(&[&beside[..3], &["-n", "3"]].concat(), 2, "cannot be used with");
    let hangs = ["--timeout", "200ms", "--", "sleep", "600"];
    refused(
        &[&["--span", "x", "--share", "50%"], &hangs[..]].concat(),
        3,
        "ran past its time limit",
    );
    let slow = ["--span", "x", "--share", "50%", "--timeout", "1ms", "--workload", "grid"];
    refused(&slow, 3, "ran past its time limit");
    refused(
        &["--span", "x", "--share", "457.5%", "--workload", "grid"],
        2,
        "no part is more than its whole",
    );
    refused(&["--span", "x", "--share", "50%", "--workload", "gird"], 2, "did you mean `grid`?");
    refused(&["--span", "x", "--share", "50%"], 2, "required");
    refused(&["--share", "50%", "--workload", "grid"], 2, "--span");
    let beside = ["--span", "x", "--share", "50%", "--workload", "grid", "--set", "params.short=5"];
    refused(&beside, 2, "there is none");
    refused(
        &["--span", "x", "--share", "5%", "--tolerance", "0%", "--workload", "grid"],
        2,
        "tolerance",
    );
    refused(
        &["--span", "nonsense", "--share", "5%", "-n", "1", "--workload", "bundle-again"],
        2,
        "store.load_bundle",
    );
}

#[test]
fn ctrl_c_while_a_claim_is_measured_judges_nothing() {
    let project = Project::new();
    let words = ["lab", "verify-claim", "--span", "x", "--share", "50%"];
    let mut claim =
        project.command(&[&words[..], &["--", "sh", "-c", "touch began; exec sleep 600"]].concat());
    let child = claim.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the command to run", || project.path("began").exists().then_some(()));
    signal("-INT", &child);
    let outcome = project.outcome(finished(child));
    assert_eq!(outcome.code, 130, "{}", outcome.told());
    assert!(outcome.stderr.contains("stopped"), "{}", outcome.stderr);
}

#[test]
fn a_gain_is_judged_from_a_session_and_not_from_two_days() {
    let project = Project::new();
    let bench = [
        "bench",
        "-n",
        "8",
        "--vs-command",
        "sleep 0.06",
        "--export",
        "both.json",
        "--",
        "sleep",
        "0.03",
    ];
    project.run(&bench);
    let gain = verify(&project, &["--faster", "50%", "--tolerance", "20%", "both.json"]);
    // A machine under load may be doubted, and is then never a proof.
    assert!([0, 3].contains(&gain.code), "{}{}", gain.stdout, gain.stderr);
    assert!(gain.stdout.starts_with("50.0 % faster: "), "{}", gain.stdout);
    let boast = verify(&project, &["--faster", "95%", "--tolerance", "2%", "both.json"]);
    assert!([1, 3].contains(&boast.code), "{}", boast.stdout);
    for (name, time) in [("one.json", "0.02"), ("two.json", "0.01")] {
        project.run(&["bench", "-n", "3", "--export", name, "--", "sleep", time]);
    }
    let apart =
        verify(&project, &["--faster", "50%", "--tolerance", "20%", "one.json", "two.json"]);
    assert_eq!(apart.code, 3, "{}", apart.stdout);
    assert!(apart.stdout.contains("not measured in turns"), "{}", apart.stdout);
}

#[test]
fn reported_figures_stand_beside_ours_and_none_is_believed() {
    let project = Project::new();
    let args = ["lab", "claims", "--format", "json"];
    let told = json(&project.stdout(&[&args[..], &QUICK].concat()));
    let lines = told.as_array().unwrap();
    assert!(lines.len() >= 15);
    let line = |what: &str| lines.iter().find(|line| line["what"] == what).unwrap();
    assert!(lines.iter().all(|line| line["verdict"] != "confirmed"));
    let old = line("backtrader, time of a run");
    assert_eq!((&old["verdict"], &old["ours"]), (&"unproven".into(), &Value::Null));
    assert_eq!(line("fixed and variable cost")["verdict"], "refuted");
    for line in lines.iter().filter(|line| !line["workload"].is_null()) {
        assert!(line["our_value"].as_f64().is_some_and(|value| value >= 0.0), "{line}");
    }
}
