//! `backcast baseline`: what is kept, what a check says of it, and its three exits.

use std::process::Stdio;

use crate::{
    patience::{finished, until},
    program::{Project, signal},
};

/// `backcast baseline VERB` of a command under the name `nap`.
fn baseline(project: &Project, verb: &str, seconds: &str) -> crate::program::Outcome {
    // A busy machine does not hold still; four times as long is seen all the same.
    let args = ["baseline", verb, "-n", "4", "--despite-doubts", "--name", "nap"];
    project.write("pace", seconds);
    project.run(&[&args[..], &["--", "sh", "-c", "sleep $(cat pace)"]].concat())
}

#[test]
fn a_command_that_takes_four_times_as_long_fails_the_gate() {
    let project = Project::new();
    for _ in 0..4 {
        let saved = baseline(&project, "save", "0.02");
        assert_eq!(saved.code, 0, "{}", saved.stderr);
    }
    let slower = baseline(&project, "check", "0.08");
    assert_eq!(slower.code, 1, "{}", slower.told());
    assert!(slower.stderr.contains("`nap` regressed: wall"), "{}", slower.stderr);
    let history = project.run(&["baseline", "history", "nap", "--format", "csv"]);
    // Each saving takes three sessions, so that what differs between sessions is known.
    let kept = history.stdout.lines().filter(|line| line.contains(",wall,")).count();
    assert_eq!(kept, 12);
}

#[test]
fn a_check_without_a_baseline_could_not_measure_and_says_what_to_type() {
    let project = Project::new();
    let outcome = baseline(&project, "check", "0.01");
    assert_eq!(outcome.code, 3, "{}", outcome.told());
    assert!(outcome.stderr.contains("there is no baseline of `nap`"), "{}", outcome.stderr);
    let empty = project.run(&["baseline", "history"]);
    assert_eq!(empty.code, 1);
    assert!(empty.stderr.contains("there are no baselines yet"), "{}", empty.stderr);
}

#[test]
fn files_that_hold_no_session_are_no_regression() {
    let project = Project::new();
    project.write("empty.json", "[]");
    project.write("words.json", "not JSON at all");
    project.write("newer.json", r#"{"format":"backcast-bench","version":9,"sessions":[]}"#);
    for file in ["none.json", "empty.json", "words.json", "newer.json"] {
        for verb in ["check", "save"] {
            let outcome = project.run(&["baseline", verb, "--import", file]);
            assert_eq!(outcome.code, 3, "{verb} {file}: {}", outcome.told());
            assert!(outcome.stderr.contains(file), "{verb} {file}: {}", outcome.told());
            let ours =
                ["struct", "expected", "invalid"].iter().any(|it| outcome.stderr.contains(it));
            assert!(!ours, "{verb} {file}: {}", outcome.told());
        }
    }
    for args in [
        &["baseline", "check", "none.toml"][..],
        &["baseline", "check", "--suite", "none.toml"],
        &["bench", "none.toml"],
        &["bench", "--import", "none.json"],
    ] {
        let outcome = project.run(args);
        assert_eq!(outcome.code, 3, "{args:?}: {}", outcome.told());
    }
}

/// Three commands, of which the middle one fails and the last one is not there.
const SUITE: &str = "[[bench]]\nname = \"first\"\ncommand = [\"sh\", \"-c\", \"sleep $(cat pace)\"]\n\
    [[bench]]\nname = \"broken\"\ncommand = [\"sh\", \"-c\", \"echo too odd >&2; exit 7\"]\n\
    [[bench]]\nname = \"gone\"\nspec = \"gone.toml\"\n\
    [[bench]]\nname = \"last\"\ncommand = [\"sh\", \"-c\", \"sleep $(cat pace)\"]\n";

#[test]
fn a_command_of_a_suite_that_fails_hides_no_other() {
    let project = Project::new();
    project.write("suite.toml", SUITE);
    project.write("pace", "0.02");
    let suite = |verb: &str, more: &[&str]| {
        let words = ["baseline", verb, "--suite", "suite.toml", "-n", "3", "--despite-doubts"];
        project.run(&[&words[..], more].concat())
    };
    for _ in 0..2 {
        let saved = suite("save", &["--format", "csv"]);
        assert_eq!(saved.code, 3, "{}", saved.told());
        assert_eq!(saved.stdout.matches(",last,").count(), 3, "{}", saved.told());
        for said in ["too odd", "`gone`: there is no spec", "of 4 commands: `gone`, `broken`"] {
            assert!(saved.stderr.contains(said), "{said}: {}", saved.told());
        }
    }
    let watched = suite("watch", &["--every", "1h", "--times", "1"]);
    assert_eq!(watched.code, 3, "{}", watched.told());
    assert!(watched.stderr.contains("2 of 4 sessions could not be measured"), "{}", watched.told());
    project.write("pace", "0.2");
    let slower = suite("check", &["--format", "csv"]);
    assert_eq!(slower.code, 1, "a regression is worse than what is not known: {}", slower.told());
    let regressed = |line: &str| line.contains(",wall,regressed,");
    assert!(slower.stdout.lines().filter(|line| regressed(line)).count() == 2, "{}", slower.told());
    assert!(slower.stdout.contains("broken,,,could_not_measure,"), "{}", slower.told());
    assert!(slower.stderr.contains("too odd"), "{}", slower.told());
}

#[test]
fn ctrl_c_while_a_session_is_taken_judges_nothing() {
    let project = Project::new();
    let line = "touch began; exec sleep 600";
    let mut check = project.command(&["baseline", "check", "--", "sh", "-c", line]);
    let child = check.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the command to run", || project.path("began").exists().then_some(()));
    signal("-INT", &child);
    let outcome = project.outcome(finished(child));
    assert_eq!(outcome.code, 130, "{}", outcome.told());
    assert!(outcome.stderr.contains("stopped"), "{}", outcome.stderr);
}

#[test]
fn a_watch_of_one_round_keeps_its_session_and_ends() {
    let project = Project::new();
    let words = ["baseline", "watch", "--every", "1h", "--times", "1", "--despite-doubts"];
    let watched =
        project.run(&[&words[..], &["-n", "4", "--name", "nap", "--", "sleep", "0.01"]].concat());
    assert_eq!(watched.code, 0, "{}", watched.told());
    assert!(watched.stdout.contains(" nap: wall no baseline"), "{}", watched.told());
    let history = project.run(&["baseline", "history", "nap", "--format", "csv"]);
    assert_eq!(history.stdout.lines().count(), 2, "{}", history.told());
    let broken = ["baseline", "watch", "--every", "1h", "--times", "1", "--", "false"];
    let broken = project.run(&broken);
    assert_eq!(broken.code, 3, "{}", broken.told());
}

#[test]
fn peaks_that_the_launcher_cannot_tell_are_not_compared() {
    let project = Project::new();
    let words = |verb: &'static str| ["baseline", verb, "-n", "3", "--despite-doubts"];
    let command = ["--", "true"];
    let saved = project.run(&[&words("save")[..], &command].concat());
    assert_eq!(saved.code, 0, "{}", saved.told());
    let check = |more: &[&str]| project.run(&[&words("check")[..], more, &command].concat());
    let peak = check(&["--measure", "peak"]);
    assert_eq!(peak.code, 3, "{}", peak.told());
    let said = "peak is below what the launcher can tell, at most ";
    assert!(peak.stderr.contains(said), "{}", peak.told());
    let both = check(&["--format", "csv"]);
    assert!(both.stdout.contains(",peak,could_not_measure,"), "{}", both.told());
    assert!(both.stderr.contains(said), "{}", both.told());
}

#[test]
fn a_name_is_not_handed_to_another_command_without_a_word() {
    let project = Project::new();
    let baseline = |verb: &str, more: &[&str], command: &[&str]| {
        let words = ["baseline", verb, "-n", "2", "--warmup", "0", "--despite-doubts"];
        let words = [&words[..], &["--measure", "wall"][..(verb == "check") as usize * 2]].concat();
        project.run(&[&words, more, &["--name", "ok", "--"], command].concat())
    };
    assert_eq!(baseline("save", &["--sessions", "1"], &["sleep", "0.01"]).code, 0);
    for verb in ["check", "save"] {
        let other = baseline(verb, &[], &["sleep", "0.02"]);
        assert_eq!(other.code, 3, "{verb}: {}", other.told());
        let said =
            "`ok` is another command than the one that was kept: `sleep 0.02`, before `sleep 0.01`";
        assert!(other.stderr.contains(said), "{verb}: {}", other.told());
        assert!(other.stderr.contains("--command-changed"), "{verb}: {}", other.told());
    }
    let elsewhere = baseline("save", &["--sessions", "1"], &["/bin/sleep", "0.01"]);
    assert_eq!(elsewhere.code, 0, "{}", elsewhere.told());
    let wanted = ["--sessions", "1", "--command-changed"];
    assert_eq!(baseline("save", &wanted, &["sleep", "0.02"]).code, 0);
    let back = baseline("save", &[], &["sleep", "0.01"]);
    assert_eq!(back.code, 3, "the newest one counts: {}", back.told());
}

#[test]
fn what_cannot_be_a_base_is_told_as_what_it_is() {
    let project = Project::new();
    project.write("h.json", r#"{"results":[{"command":"sleep 1","times":[1.0,1.5,1.25]}]}"#);
    for verb in ["save", "check"] {
        let foreign = project.run(&["baseline", verb, "--import", "h.json"]);
        assert_eq!(foreign.code, 3, "{verb}: {}", foreign.told());
        let said = "`sleep 1` was measured by another program, on a machine that it does not tell";
        assert!(foreign.stderr.contains(said), "{verb}: {}", foreign.told());
    }
    assert_eq!(baseline(&project, "save", "0.01").code, 0);
    let words = ["baseline", "check", "--against", "deadbeef", "--name", "nap"];
    let unknown = project.run(&[&words[..], &["--", "sh", "-c", "sleep $(cat pace)"]].concat());
    assert_eq!(unknown.code, 3, "{}", unknown.told());
    let said = "no session of `nap` is of commit or id `deadbeef`";
    assert!(unknown.stderr.contains(said), "{}", unknown.told());
}

#[test]
fn a_threshold_out_of_range_is_told_the_range() {
    let project = Project::new();
    for threshold in ["0%", "200%", "-1%", "much"] {
        let asked = format!("--threshold={threshold}");
        let refused = project.run(&["baseline", "check", &asked, "--", "true"]);
        assert_eq!(refused.code, 2, "{threshold}: {}", refused.told());
        assert!(refused.stderr.contains("above 0% and below 100%"), "{}", refused.told());
    }
}
