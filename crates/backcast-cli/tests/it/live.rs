//! What running commands tell the live page, seen in the files that they write.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    patience::{ended, output},
    program::Project,
};

/// Longer than any machine needs to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sweep that the event engine has to run, so that it takes longer than any test looks at it.
const SLOW: &str = r#"[data]
bundle = "sample"
assets = ["AAPL", "IBM"]
[params]
period = { from = 10, to = 509 }
stop = { from = 0.01, to = 0.9, step = 0.01 }
[rules]
enter_long = "close > sma(close, period)"
exit_long = "close < sma(close, period)"
stop_loss = "stop"
"#;

fn start(project: &Project) -> Child {
    project.write("slow.toml", SLOW);
    let mut command = project.command(&["sweep", "slow.toml"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program was built")
}

fn files(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(project.path(".backcast/live"));
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
}

/// Waits until the only file says what is wanted.
fn wait(project: &Project, so: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        if let [file] = &files(project)[..] {
            let status = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
            if so(&status) {
                return status;
            }
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(Duration::from_millis(20));
    }
}

fn signal(name: &str, child: &Child) {
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args([name, &id]).status().unwrap().success());
}

#[test]
fn a_sweep_tells_its_progress_and_best_sets_and_then_how_it_ended() {
    let project = Project::new();
    let mut sweep = start(&project);
    let status = wait(&project, |status| status["best"]["sets"][0].is_object());
    assert_eq!((&status["kind"], &status["state"]), (&"sweep".into(), &"running".into()));
    assert_eq!(status["command"], serde_json::json!(["backcast", "sweep", "slow.toml"]));
    assert_eq!(status["process"]["pid"], sweep.id());
    assert_eq!(
        (&status["progress"]["total"], &status["progress"]["unit"]),
        (&90_000.into(), &"runs".into())
    );
    assert!(status["progress"]["done"].as_u64() > Some(0));
    let best = &status["best"]["sets"][0];
    assert!(["AAPL", "IBM"].contains(&best["account"].as_str().unwrap()), "{best}");
    assert!(best["set"].as_str().unwrap().starts_with("period "), "{best}");
    let first = status["progress"]["done"].as_u64();
    let later = wait(&project, |status| status["progress"]["done"].as_u64() > first);
    assert!(later["progress"]["per_second"].as_f64() > Some(0.0));
    signal("-INT", &sweep);
    assert_eq!(ended(&mut sweep).code(), Some(75));
    let last = wait(&project, |_| true);
    assert_eq!((&last["state"], &last["exit_code"]), (&"stopped".into(), &75.into()));
    assert_eq!(last["result"].as_str().map(str::len), Some(12));
}

/// Sets of a parameter `n` that are run by the event engine too, for their digests: they take longer than a test looks.
fn sweep_of(rule: &str, params: &str) -> String {
    format!(
        "[data]\nbundle = \"sample\"\nassets = [\"AAPL\", \"IBM\", \"MSFT\"]\n[params]\n{params}\n\
         [rules]\nenter_long = \"{rule}\"\nexit_long = \"not ({rule})\"\n"
    )
}

#[test]
fn a_sweep_tells_how_often_indicators_were_shared() {
    let two = "fast = { from = 2, to = 81 }\nslow = { from = 100, to = 179 }";
    let one = "n = { from = 2, to = 3001 }";
    let told = |spec: &str| {
        let project = Project::new();
        project.write("spec.toml", spec);
        let mut command = project.command(&["sweep", "spec.toml", "--digests", "--threads", "1"]);
        let sweep = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut sweep = sweep.expect("the program was built");
        let status = wait(&project, |status| status["caches"][0].is_object());
        signal("-KILL", &sweep);
        ended(&mut sweep);
        status["caches"].as_array().unwrap().clone()
    };
    let shared = told(&sweep_of("sma(close, fast) > sma(close, slow)", two));
    let [shared] = &shared[..] else { panic!("{shared:?}") };
    assert_eq!(shared["name"], "indicator series");
    let count = |name: &str| shared[name].as_u64().unwrap();
    // 6,400 sets of an asset look at 12,800 series, of which there are 160; the second asset may be under way.
    assert_eq!(count("misses") % 160, 0, "{shared}");
    assert_eq!(count("hits") + count("misses"), count("misses") / 160 * 12_800, "{shared}");
    assert!(count("bytes") > 0);
    let alone = told(&sweep_of("sma(close, n) > sma(open, n)", one));
    assert_eq!((&alone[0]["name"], &alone[0]["hits"]), (&"indicator series".into(), &0.into()));
    assert!(alone[0]["misses"].as_u64() > Some(0), "{alone:?}");
}

#[test]
fn a_killed_sweep_leaves_its_last_file_and_the_next_command_is_not_harmed() {
    let project = Project::new();
    let mut sweep = start(&project);
    wait(&project, |status| status["state"] == "running");
    signal("-KILL", &sweep);
    ended(&mut sweep);
    assert_eq!(wait(&project, |_| true)["state"], "running", "it had no time to say more");
    let left = files(&project).remove(0);
    project.stdout(&["ingest", "--synthetic", "assets=2,years=1,freq=1d,seed=7", "--bundle", "b"]);
    assert!(left.exists(), "whoever looks shall see how it ended");
}

#[test]
fn a_command_keeps_to_itself_where_that_is_wanted() {
    let project = Project::new();
    project.write("slow.toml", SLOW);
    let sweep = |value: &str| {
        let some = ["sweep", "slow.toml", "--set", "params.period=10..209"];
        let output = output(project.command(&some).env("BACKCAST_LIVE", value));
        project.outcome(output)
    };
    assert_eq!(sweep("off").code, 0);
    assert!(!project.path(".backcast/live").exists());
    assert_eq!(sweep("on").code, 0);
    assert_eq!(files(&project).len(), 1);
    let wrong = sweep("never");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("BACKCAST_LIVE is `never`"), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("possible are: on, off"), "{}", wrong.stderr);
}

#[test]
fn a_live_folder_that_cannot_be_written_is_no_reason_to_say_anything() {
    let project = Project::new();
    project.write("slow.toml", SLOW);
    project.write(".backcast/live", "a file");
    let outcome = project.run(&["sweep", "slow.toml", "--set", "params.period=10..209"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("live"), "{}", outcome.stderr);
    assert_eq!(fs::read_to_string(project.path(".backcast/live")).unwrap(), "a file");
}

#[test]
fn commands_that_measure_tell_their_subject_and_how_many_runs_are_done() {
    let nap = ["--", "sleep", "0.4"];
    let cases: [(&str, &[&str], Option<u64>); 6] = [
        ("bench", &["bench", "-n", "8", "--warmup", "0"], Some(8)),
        ("baseline save", &["baseline", "save", "-n", "8", "--warmup", "0"], Some(8)),
        ("baseline check", &["baseline", "check", "-n", "8", "--warmup", "0"], Some(8)),
        ("lab verify-claim", &["lab", "verify-claim", "--span", "x", "--share", "5%"], Some(5)),
        ("profile", &["profile"], None),
        ("advise", &["advise"], None),
    ];
    for (kind, words, runs) in cases {
        let project = Project::new();
        let mut command = project.command(&[words, &nap].concat());
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = quiet.spawn().expect("the program was built");
        let status = wait(&project, |status| {
            status["subject"].is_string() && (runs.is_none() || status["progress"].is_object())
        });
        assert_eq!((&status["kind"], &status["subject"]), (&kind.into(), &"sleep 0.4".into()));
        assert_eq!(status["progress"]["total"].as_u64(), runs, "{status}");
        assert!(status["vitals"]["resident_bytes"].as_u64() > Some(100_000), "{status}");
        signal("-KILL", &child);
        ended(&mut child);
    }
}

#[test]
fn proofs_tell_what_they_compare_and_measure() {
    let project = Project::new();
    let [before, after] = ["sh -c 'sleep 1; echo 1'", "sh -c 'sleep 0.9; echo 1'"];
    let words = ["certify", before, after, "--equal", "stdout"];
    let mut command = project.command(&words);
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().expect("the program was built");
    let status = wait(&project, |status| status["phase"] == "comparing results");
    assert_eq!((&status["kind"], &status["subject"]), (&"certify".into(), &after.into()));
    let status = wait(&project, |status| status["progress"]["done"].as_u64() > Some(1));
    assert_eq!(status["phase"], "measuring");
    signal("-KILL", &child);
    ended(&mut child);
}

#[test]
fn what_is_measured_is_not_seen_and_does_not_look_at_who_looks() {
    let project = Project::new();
    project.write("slow.toml", SLOW);
    fs::create_dir_all(project.path(".backcast/live")).unwrap();
    let measuring: [&[&str]; 4] =
        [&["bench", "-n", "2"], &["baseline", "save", "-n", "2"], &["profile"], &["advise"]];
    for words in measuring {
        backcast_lab::live::mark(&project.path(".backcast/live")).unwrap();
        // The sweep is killed long before its end, so that a file of its would stay.
        let outcome = project.run(&[words, &["--timeout", "1500ms", "slow.toml"]].concat());
        assert_eq!(outcome.code, 3, "{words:?}: {}", outcome.told());
        for file in files(&project) {
            let status: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            assert_ne!(
                status["kind"], "sweep",
                "{words:?} measures it, and it published: {status}"
            );
        }
    }
}
