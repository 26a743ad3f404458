//! Ingests side by side, on a full disk, and again.

use std::{fmt::Write, fs, process::Command, process::Stdio};

use crate::{
    patience::{finished, output},
    program::Project,
};

fn prices(days: usize) -> String {
    let mut text = "Date,Open,High,Low,Close,Volume\n".to_owned();
    for i in 0..days {
        let (year, month, day) = (1950 + i / 336, i / 28 % 12 + 1, i % 28 + 1);
        writeln!(text, "{year}-{month:02}-{day:02},10,12,9,11,{i}").unwrap();
    }
    text
}

#[test]
fn two_ingests_of_one_bundle_leave_one_whole_bundle() {
    let project = Project::new();
    project.write("prices.csv", &prices(20_000));
    let start = || {
        let mut command = project.command(&["ingest", "prices.csv", "--bundle", "b"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()].map(finished);
    let outcomes = both.map(|output| project.outcome(output));
    assert!(outcomes.iter().any(|outcome| outcome.code == 0));
    for outcome in outcomes.iter().filter(|outcome| outcome.code != 0) {
        assert_eq!(outcome.code, 1);
        assert!(outcome.stderr.contains("another process is ingesting"), "{}", outcome.stderr);
    }
    assert!(
        project.stdout(&["bundles", "verify", "b"]).starts_with("b is sound: 1 asset, 20,000 bars")
    );
}

#[test]
fn the_same_files_give_the_same_bundle_again() {
    let project = Project::new();
    project.write("prices.csv", &prices(500));
    project.stdout(&["ingest", "prices.csv", "--bundle", "b"]);
    let first = project.stdout(&["bundles", "list", "--format", "csv"]);
    project.stdout(&["ingest", "prices.csv", "--bundle", "b"]);
    assert_eq!(first, project.stdout(&["bundles", "list", "--format", "csv"]));
    project.stdout(&["bundles", "remove", "b"]);
    assert!(!project.stdout(&["bundles", "list"]).contains("\nb "));
}

#[test]
fn a_full_disk_leaves_the_old_bundle() {
    let project = Project::new();
    project.write("prices.csv", &prices(500));
    project.stdout(&["ingest", "prices.csv", "--bundle", "b"]);
    let before = project.stdout(&["bundles", "verify", "b"]);
    project.write("prices.csv", &prices(20_000));
    // No file may grow beyond 100 blocks of 512 bytes; the signal that says so is ignored, as on a disk that is full.
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" ingest prices.csv --bundle b";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_backcast")]).current_dir(project.path("."));
    let outcome = project.outcome(output(&mut shell));
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("no space left"), "{}", outcome.stderr);
    assert_eq!(project.stdout(&["bundles", "verify", "b"]), before);
    let names = fs::read_dir(project.path(".backcast/bundles/b")).unwrap().flatten();
    let aside = names.filter(|n| n.file_name().to_string_lossy().starts_with(".new-")).count();
    assert_eq!(aside, 0);
}

#[test]
fn a_made_up_market_comes_from_its_seed() {
    let project = Project::new();
    let make = |bundle: &str, seed: &str| {
        let what = format!("assets=3,years=1,freq=1d,seed={seed}");
        project.stdout(&["ingest", "--synthetic", &what, "--bundle", bundle]);
        project.stdout(&["bundles", "verify", bundle]).split_once("digest ").unwrap().1.to_owned()
    };
    assert_eq!(make("a", "7"), make("b", "7"));
    assert_ne!(make("a", "7"), make("c", "8"));
}
