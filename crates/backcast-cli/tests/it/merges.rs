//! `backcast baseline merge`: a union of stores, in which ratios are compared and times are not.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::program::Project;

/// Sessions of one command, with figures of our own in place of those that were measured.
struct Sessions(Value);

impl Sessions {
    fn new() -> Sessions {
        let project = Project::new();
        let bench = [
            "bench", "-n", "4", "--warmup", "0", "--name", "nap", "--export", "f.json", "--",
            "true",
        ];
        assert_eq!(project.run(&bench).code, 0);
        Sessions(
            serde_json::from_str(&fs::read_to_string(project.path("f.json")).unwrap()).unwrap(),
        )
    }

    /// Keeps a session of a commit on a machine, whose runs took about so many milliseconds.
    fn keep(&self, project: &Project, cpu: &str, commit: &str, at: &str, ms: f64) {
        let mut all = self.0.clone();
        let record = &mut all["sessions"][0]["candidate"];
        record["machine"]["class"]["cpu"] = cpu.into();
        record["commit"] = commit.into();
        record["taken_at"] = at.into();
        for (i, run) in record["runs"].as_array_mut().unwrap().iter_mut().enumerate() {
            run["sample"]["wall_ns"] = ((ms * 1e6) as u64 + i as u64 * 1000).into();
        }
        project.write("edited.json", &all.to_string());
        let saved =
            project.run(&["baseline", "save", "--despite-doubts", "--import", "edited.json"]);
        assert_eq!(saved.code, 0, "{}", saved.told());
    }
}

/// Three sessions of each of two commits, the later ten percent slower.
fn two_commits(sessions: &Sessions, cpu: &str, ms: f64) -> Project {
    let project = Project::new();
    for day in 1..=3 {
        let spread = 1.0 + day as f64 * 1e-3;
        sessions.keep(&project, cpu, "aaaa111", &format!("2026-01-0{day}T00:00:00Z"), ms * spread);
        sessions.keep(
            &project,
            cpu,
            "bbbb222",
            &format!("2026-02-0{day}T00:00:00Z"),
            ms * 1.1 * spread,
        );
    }
    project
}

fn records(project: &Project) -> BTreeSet<String> {
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }
    let all = files(&project.path(".backcast/baselines/records"));
    all.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn merge(into: &Project, from: &[&Project]) -> String {
    let folders: Vec<String> =
        from.iter().map(|project| project.path("").display().to_string()).collect();
    let mut args = vec!["baseline", "merge"];
    args.extend(folders.iter().map(String::as_str));
    let outcome = into.run(&args);
    assert_eq!(outcome.code, 0, "{}", outcome.told());
    outcome.stderr
}

#[test]
fn a_union_is_the_same_in_any_order_and_however_often() {
    let sessions = Sessions::new();
    let one = two_commits(&sessions, "One", 100.0);
    let other = two_commits(&sessions, "Other", 7.0);
    let [first, second] = [Project::new(), Project::new()];
    merge(&first, &[&one, &other]);
    merge(&second, &[&other]);
    merge(&second, &[&one]);
    assert_eq!(records(&first).len(), 12);
    assert_eq!(records(&first), records(&second));
    let again = merge(&first, &[&second]);
    assert!(again.contains("0 sessions taken over, 12 known"), "{again}");
}

#[test]
fn a_clock_that_went_back_is_told() {
    let sessions = Sessions::new();
    let project = Project::new();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
        let mut command = std::process::Command::new("git");
        let done =
            command.args(identity).args(args).current_dir(project.path("")).output().unwrap();
        assert!(done.status.success(), "{args:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    let commit = |message: &str| {
        git(&["commit", "-q", "--allow-empty", "-m", message]);
        git(&["rev-parse", "--short=12", "HEAD"])
    };
    git(&["init", "-q"]);
    let (first, second) = (commit("first"), commit("second"));
    let cpu = &sessions.0["sessions"][0]["candidate"]["machine"]["class"]["cpu"];
    let keep = |commit: &str, at: &str| {
        sessions.keep(&project, cpu.as_str().unwrap(), commit, at, 1.0);
        project.run(&["baseline", "history", "nap"]).stderr
    };
    assert_eq!(keep(&first, "2026-01-01T10:00:00Z"), "");
    assert_eq!(keep(&second, "2026-01-02T10:00:00Z"), "", "as it should be");
    let told = keep(&second, "2025-12-31T10:00:00Z");
    let said = format!(
        "the session of 2025-12-31T10:00:00Z is of commit {second}, which comes after {first} of the session of 2026-01-01T10:00:00Z: a clock went back"
    );
    assert!(told.contains(&said), "{told}");
    let check =
        ["baseline", "check", "--name", "nap", "-n", "2", "--warmup", "0", "--despite-doubts"];
    let checked = || project.run(&[&check[..], &["--", "true"]].concat()).stderr;
    assert!(!checked().contains("the clock went back"));
    keep("", "2999-01-01T00:00:00Z");
    let told = checked();
    assert!(
        told.contains("the newest session kept on this class of machines is of 2999"),
        "{told}"
    );
}

#[test]
fn ratios_of_two_classes_of_machines_are_merged_and_their_times_are_not() {
    let sessions = Sessions::new();
    let one = two_commits(&sessions, "One", 100.0);
    let other = two_commits(&sessions, "Other", 7.0);
    let both = Project::new();
    merge(&both, &[&one, &other]);
    let told = both
        .stdout(&["baseline", "merge", "--from", "aaaa111", "--to", "bbbb222", "--format", "csv"]);
    let ratios: Vec<f64> =
        told.lines().skip(1).map(|line| line.split(',').nth(3).unwrap().parse().unwrap()).collect();
    assert_eq!(ratios.len(), 3, "each class and both together: {told}");
    assert!(ratios.iter().all(|ratio| (ratio - 1.1).abs() < 0.01), "{told}");
    // The machine of this test is neither: nothing kept can judge it.
    let check = [
        "baseline",
        "check",
        "--name",
        "nap",
        "-n",
        "3",
        "--warmup",
        "0",
        "--despite-doubts",
        "--",
        "true",
    ];
    let checked = both.run(&check);
    assert_eq!(checked.code, 3, "{}", checked.told());
    assert!(
        checked.stderr.contains("of this class of machines, only 12 sessions of others"),
        "{}",
        checked.stderr
    );
    let unknown = both.run(&["baseline", "merge", "--from", "aaaa111", "--to", "cccc333"]);
    assert_eq!(unknown.code, 3, "{}", unknown.told());
    assert!(
        unknown.stderr.contains("no class of machines has sessions of both"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn corrupt_and_newer_records_are_left_out_and_told() {
    let sessions = Sessions::new();
    let one = two_commits(&sessions, "One", 100.0);
    let folder = one.path(".backcast/baselines/records");
    let good = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let good = fs::read_dir(good).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&good).unwrap();
    fs::write(&good, text.replacen("\"wall_ns\":1", "\"wall_ns\":2", 1)).unwrap();
    let newer = folder.join("ff").join(format!("{}.json", "f".repeat(64)));
    fs::create_dir_all(newer.parent().unwrap()).unwrap();
    fs::write(&newer, text.replacen("\"version\":1", "\"version\":99", 1)).unwrap();
    let into = Project::new();
    let told = merge(&into, &[&one]);
    assert!(told.contains("5 sessions taken over, 0 known, 2 left out: "), "{told}");
    assert_eq!(records(&into).len(), 5);
    // What was indexed before the damage is not read again.
    fs::remove_file(one.path(".backcast/baselines/index.sqlite")).unwrap();
    let history = one.run(&["baseline", "history"]);
    assert_eq!(history.code, 0, "{}", history.told());
    assert!(history.stderr.contains("note: 2 records are left out: "), "{}", history.stderr);
    let nowhere = into.run(&["baseline", "merge", "no-such-folder"]);
    assert_eq!(nowhere.code, 2, "{}", nowhere.told());
}
