//! `backcast baseline watch`: what it tells, whom, how often, and how it ends.

use std::{fs, process::Stdio, thread, time::Duration};

use crate::{
    patience::{finished, until},
    program::{Outcome, Project, signal},
};

/// A command that takes as long as a file says.
const NAP: [&str; 7] = ["--name", "nap", "--despite-doubts", "--", "sh", "-c", "sleep $(cat pace)"];

fn baseline(project: &Project, words: &[&str]) -> Outcome {
    project.run(&[&["baseline"], words, &["-n", "3", "--warmup", "0"], &NAP].concat())
}

#[test]
fn a_planted_slow_down_is_told_once_to_the_log_and_to_a_command() {
    let project = Project::new();
    project.write("pace", "0.01");
    let saved = baseline(&project, &["save", "--sessions", "4"]);
    assert_eq!(saved.code, 0, "{}", saved.told());

    project.write("pace", "0.15");
    let tell = "echo \"$BACKCAST_SUBJECT $BACKCAST_MEASURE $BACKCAST_RATIO\" >> told; cp \"$BACKCAST_ALERT\" alert.json";
    let watch =
        ["watch", "--every", "100ms", "--times", "2", "--measure", "wall", "--on-regression", tell];
    let watched = baseline(&project, &watch);
    assert_eq!(watched.code, 1, "{}", watched.told());
    assert_eq!(watched.stdout.matches("ALERT").count(), 1, "{}", watched.stdout);
    assert!(watched.stderr.contains("1 regression told"), "{}", watched.stderr);

    let told = fs::read_to_string(project.path("told")).unwrap();
    let words: Vec<&str> = told.split_whitespace().collect();
    assert_eq!((words.len(), words[0], words[1]), (3, "nap", "wall"), "{told}");
    let ratio: f64 = words[2].parse().unwrap();
    assert!((2.0..100.0).contains(&ratio), "{ratio}");
    let alert: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(project.path("alert.json")).unwrap()).unwrap();
    assert_eq!((&alert["subject"], &alert["measure"]), (&"nap".into(), &"wall".into()));
    assert_eq!(alert["records"].as_array().unwrap().len(), 2, "the session and its repetition");
    let log = fs::read_to_string(project.path(".backcast/baselines/alerts/log.txt")).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[test]
fn a_command_told_of_an_alert_may_fail_and_the_watch_goes_on() {
    let project = Project::new();
    project.write("pace", "0.01");
    assert_eq!(baseline(&project, &["save", "--sessions", "3"]).code, 0);
    project.write("pace", "0.15");
    let watch = [
        "watch",
        "--every",
        "100ms",
        "--times",
        "1",
        "--measure",
        "wall",
        "--on-regression",
        "exit 7",
    ];
    let watched = baseline(&project, &watch);
    assert_eq!(watched.code, 1, "{}", watched.told());
    assert!(
        watched.stderr.contains("note: `exit 7` ended with exit status: 7"),
        "{}",
        watched.stderr
    );
}

#[test]
fn ctrl_c_ends_a_watch_that_waits_and_keeps_what_it_measured() {
    let project = Project::new();
    project.write("pace", "0.01");
    let words =
        [&["baseline", "watch", "--every", "1h", "-n", "3", "--warmup", "0"][..], &NAP].concat();
    let mut watch = project.command(&words);
    let child = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let records = project.path(".backcast/baselines/records");
    until("a session that is kept", || records.is_dir().then_some(()));
    // A moment of the hour that it waits.
    thread::sleep(Duration::from_millis(300));
    signal("-INT", &child);
    let outcome = project.outcome(finished(child));
    assert_eq!(outcome.code, 0, "{}", outcome.told());
    assert!(outcome.stderr.contains("stopped; 1 session kept"), "{}", outcome.stderr);
}
