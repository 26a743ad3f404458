//! Walk-forward tests: stopped and gone on with.

use std::{fs, process::Stdio};

use expect_test::expect;

use crate::{
    patience::{finished, until},
    program::{Project, signal},
};

/// A test that the event engine has to run, so that it takes its time.
const SLOW: &str = r#"[data]
bundle = "sample"
assets = ["AAPL", "IBM"]
[params]
period = { from = 10, to = 109 }
stop = { from = 0.02, to = 0.2, step = 0.02 }
[rules]
enter_long = "close > sma(close, period)"
exit_long = "close < sma(close, period)"
stop_loss = "stop"
[walkforward]
train = 504
test = 252
"#;

/// The id of the only test of a project, once it has begun.
fn id(project: &Project) -> String {
    until("a walk-forward test", || {
        let tests = fs::read_dir(project.path(".backcast/walk_forwards"));
        let mut begun = tests.into_iter().flatten().flatten();
        let test = begun.find(|test| test.path().join("manifest.json").exists())?;
        Some(test.file_name().into_string().expect("ids are hex digits"))
    })
}

#[test]
fn a_test_that_was_stopped_goes_on_to_the_same_bytes() {
    let whole = Project::new();
    whole.write("slow.toml", SLOW);
    let printed = whole.stdout(&["walkforward", "slow.toml"]);

    let project = Project::new();
    project.write("slow.toml", SLOW);
    let mut command = project.command(&["walkforward", "slow.toml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = id(&project);
    signal("-STOP", &child);
    let told = project.run(&["walkforward", "--resume", &id]).told();
    expect![[r#"
        exit 1
        --- stderr
          × walk-forward ID has not stopped: process 4711 runs it
          help: wait until it ends, or stop it with `kill 4711` and go on then
    "#]]
    .assert_eq(&told.replace(&child.id().to_string(), "4711").replace(&id, "ID"));
    signal("-INT", &child);
    signal("-CONT", &child);
    let stopped = project.outcome(finished(child));
    assert_eq!((stopped.code, stopped.stdout.as_str()), (75, ""), "{}", stopped.stderr);
    let go_on = format!("go on with: backcast walkforward --resume {id}\n");
    assert!(stopped.stderr.ends_with(&go_on), "{}", stopped.stderr);

    let resumed = project.stdout(&["walkforward", "--resume", &id]);
    assert_eq!(resumed, printed);
    project.stdout(&["report", &id, "--out", "page.html"]);
}

#[test]
fn an_unknown_id_and_a_spec_beside_an_id_are_refused() {
    let project = Project::new();
    let unknown = project.run(&["walkforward", "--resume", "0123456789ab"]);
    expect![[r#"
        exit 1
        --- stderr
          × there is no walk-forward 0123456789ab in [folder]/.backcast/walk_forwards
          help: `backcast walkforward SPEC` prints the id of its test
    "#]]
    .assert_eq(&unknown.told());
    let both = project.run(&["walkforward", "slow.toml", "--resume", "0123456789ab"]);
    assert_eq!(both.code, 2, "{}", both.stderr);
}
