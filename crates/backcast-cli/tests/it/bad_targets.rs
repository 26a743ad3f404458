//! Words that are no text, and files that cannot be written: a message before the work where that is possible, nothing harmed.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::FileTypeExt},
    process::Command,
    thread,
};

use expect_test::expect;

use crate::{
    patience::output,
    program::{Project, examples},
};

#[test]
fn arguments_that_are_no_text_are_refused_without_a_fault() {
    let project = Project::new();
    let broken = OsStr::from_bytes(b"s\xffample");
    let told = |args: &[&str]| {
        let output = output(project.command(args).arg(broken));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!text.contains("has a fault"), "{args:?}: {text}");
        (output.status.code(), text)
    };
    assert_eq!(told(&["eval", "close", "--data"]).0, Some(2));
    assert_eq!(told(&["bundles", "show"]).0, Some(2));
    let (code, text) = told(&["run"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("there is no spec s\u{fffd}ample"), "{text}");
}

#[test]
fn an_expression_that_is_too_long_is_not_printed_whole() {
    let project = Project::new();
    let long = format!("close{}", " + close".repeat(10_000));
    let outcome = project.run(&["eval", &long, "--data", "sample:AAPL"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("at most 20000 are read"));
    assert!(outcome.stderr.len() < 2000, "{} bytes", outcome.stderr.len());
}

#[test]
fn files_that_cannot_be_what_they_are_to_be_are_refused_before_the_work() {
    let project = Project::new();
    let cross = examples().join("sma_cross.toml");
    let cross = cross.to_str().unwrap();
    fs::create_dir(project.path("folder")).unwrap();
    let run = project.run(&["run", cross, "--report", "folder"]);
    expect![[r#"
        exit 2
        --- stderr
          × folder is a folder, and a file is to be written
          help: add the name of the file
    "#]]
    .assert_eq(&run.told());
    let twice = project.run(&["run", cross, "--trades", "t.csv", "--orders", "t.csv"]);
    expect![[r#"
        exit 2
        --- stderr
          × t.csv is to hold two things
          help: give each its own file
    "#]]
    .assert_eq(&twice.told());
    assert!(!project.path("t.csv").exists());
    for command in ["sweep", "walkforward"] {
        assert_eq!(project.run(&[command, cross, "--report", "folder"]).code, 2);
    }
    assert_eq!(project.run(&["report", cross, "--out", "folder"]).code, 2);
}

#[test]
fn a_page_goes_into_a_device_and_the_device_stays() {
    let project = Project::new();
    let cross = examples().join("sma_cross.toml");
    let cross = cross.to_str().unwrap();
    let full = project.run(&["run", cross, "--report", "/dev/full"]);
    assert_eq!(full.code, 1, "{}", full.stderr);
    assert!(full.stderr.contains("/dev/full"), "{}", full.stderr);
    assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
    assert_eq!(project.run(&["report", cross, "--out", "/dev/null"]).code, 0);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    project.stdout(&["run", cross, "--report", "new/folder/page.html"]);
    assert!(project.path("new/folder/page.html").exists());
}

/// A pipe, whose replacement by a file would harm nobody.
#[test]
fn recordings_profiles_and_rows_go_into_a_pipe_and_the_pipe_stays() {
    let project = Project::new();
    let cross = examples().join("sma_cross.toml");
    let cross = cross.to_str().unwrap();
    let written = |name: &str, args: &[&str], recording: bool| {
        let path = project.path(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let reader = thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        let mut command = project.command(args);
        if recording {
            command.env("BACKCAST_SPANS", name);
        }
        let outcome = project.outcome(output(&mut command));
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo(), "{args:?} replaced the pipe");
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.stderr);
        reader.join().unwrap()
    };
    assert!(written("spans.json", &["run", cross], true).starts_with(b"{"));
    let profile = ["profile", cross, "--export", "profile.json"];
    assert!(written("profile.json", &profile, false).starts_with(b"{"));
    let rows = ["sweep", cross, "--out", "rows.parquet"];
    assert!(written("rows.parquet", &rows, false).starts_with(b"PAR1"));
}

/// What a full disk does, for a user who has no disk to fill.
#[test]
fn a_limit_of_files_is_told_harms_nothing_and_costs_no_measurement() {
    let project = Project::new();
    let cross = examples().join("sma_cross.toml");
    let cross = cross.to_str().unwrap();
    let limited = |args: &[&str], recording: &str| {
        let program = project.command(&[]).get_program().to_owned();
        let folder = project.path(".");
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\""]).arg(program).args(args);
        command.current_dir(folder).env("BACKCAST_SPANS", recording);
        let outcome = project.outcome(output(&mut command));
        assert!(outcome.stderr.contains("cannot write"), "{args:?}: {}", outcome.stderr);
        outcome
    };
    project.write("kept.json", "mine");
    let this = std::process::id().to_string();
    let watch = ["profile", "--pid", &this, "--for", "300ms", "--perf", "never"];
    let export = limited(&[&watch[..], &["--export", "kept.json"]].concat(), "");
    assert_eq!(
        (export.code, fs::read_to_string(project.path("kept.json")).unwrap().as_str()),
        (1, "mine")
    );
    let save = limited(&[&watch[..], &["--save", "one"]].concat(), "");
    assert_eq!(save.code, 1);
    assert!(
        export.stdout.contains("wall time") && save.stdout.contains("wall time"),
        "printed all the same"
    );
    assert_eq!(limited(&["baseline", "save", "-n", "2", "--", "true"], "").code, 3);
    assert_eq!(limited(&["run", cross], "spans.json").code, 3);
    assert!(!project.path("spans.json").exists());
    let left =
        Command::new("find").arg(project.path(".")).args(["-name", "*.part"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "", "nothing is left behind");
}

#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let project = Project::new();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = project.command(&["--help"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
