//! Sweeps: the same bytes on any number of threads, stopped and gone on with.

use std::{fs, path::PathBuf, process::Stdio};

use expect_test::expect;

use crate::{
    patience::{finished, output, until},
    program::{Project, examples, signal},
};

fn grid() -> String {
    examples().join("sma_grid.toml").to_str().expect("paths here are text").to_owned()
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let sweep = |threads: &str, isa: &str| {
        let project = Project::new();
        let args = ["sweep", &grid(), "--set", "params.fast=2..40", "--threads", threads];
        let mut command = project.command(&[&args[..], &["--out", "rows.parquet"]].concat());
        let outcome = project.outcome(output(command.env("BACKCAST_ISA", isa)));
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        (outcome.stdout, fs::read(project.path("rows.parquet")).unwrap())
    };
    let one = sweep("1", "sse2");
    assert_eq!(one.1[..4], *b"PAR1");
    assert!(one == sweep("2", "sse2"));
}

#[test]
fn every_level_of_instructions_gives_the_same_digest() {
    let project = Project::new();
    let few = ["--set", "params.fast=2..9", "--set", "params.slow=150,200"];
    let one = examples().join("sma_cross.toml");
    let one = one.to_str().unwrap();
    let mut printed = Vec::new();
    for level in ["sse2", "avx2", "avx512"] {
        let swept = project.run(&[&["sweep", &grid(), "--isa", level], &few[..]].concat());
        if swept.stderr.contains("this machine has no") {
            assert_eq!(swept.code, 1, "{}", swept.stderr);
            continue;
        }
        assert!(swept.stderr.contains(&format!(", {level})")), "{}", swept.stderr);
        let run = project.stdout(&["run", one, "--isa", level]);
        let more = ["--set", "params.fast=10,20", "--set", "params.slow=100,150"];
        let walked =
            project.stdout(&[&["walkforward", &grid(), "--isa", level], &more[..]].concat());
        printed.push((swept.stdout, run, walked));
    }
    assert!(printed.iter().all(|other| *other == printed[0]));
}

#[test]
fn an_unknown_level_of_instructions_is_refused() {
    let project = Project::new();
    for command in ["run", "sweep", "walkforward"] {
        let mistyped = project.run(&[command, &grid(), "--isa", "avx"]);
        assert_eq!(mistyped.code, 2, "{}", mistyped.stderr);
        let help = "[possible values: sse2, avx2, avx512]";
        assert!(mistyped.stderr.contains(help), "{}", mistyped.stderr);
    }
    let mut run = project.command(&["run", &grid()]);
    let outcome = project.outcome(output(run.env("BACKCAST_ISA", "sse9")));
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("BACKCAST_ISA is `sse9`"), "{}", outcome.stderr);
}

#[test]
fn a_sweep_prints_every_format() {
    let project = Project::new();
    let few = ["--set", "params.fast=10,20", "--set", "params.slow=150,200", "--best", "2"];
    let sweep = |format: &str| {
        project.stdout(&[&["sweep", &grid(), "--format", format], &few[..]].concat())
    };
    let csv = sweep("csv");
    assert!(csv.starts_with("asset,rank,trial,fast,slow,total_return,cagr,"), "{csv}");
    assert_eq!(csv.lines().count(), 11);
    assert!(sweep("json").starts_with("[\n  {\"asset\": \"AAPL\", \"rank\": 1, "));
    let table = sweep("table");
    for part in
        ["4 sets of (fast, slow) on 5 assets", "buy and hold", "Sets that hold up", "digest"]
    {
        assert!(table.contains(part), "{table}");
    }
}

#[test]
fn rows_go_into_a_file_whose_ending_says_so() {
    let project = Project::new();
    let outcome = project.run(&["sweep", &grid(), "--out", "rows.csv"]);
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("end the name in .parquet"), "{}", outcome.stderr);
    assert!(!project.path("rows.csv").exists());
}

/// A sweep that the event engine has to run, so that it takes its time.
const SLOW: &str = r#"[data]
bundle = "sample"
assets = ["AAPL", "IBM"]
[params]
period = { from = 10, to = 109 }
stop = { from = 0.01, to = 0.4, step = 0.01 }
[rules]
enter_long = "close > sma(close, period)"
exit_long = "close < sma(close, period)"
stop_loss = "stop"
"#;

/// The chunks of the only sweep of a project.
fn chunks(project: &Project) -> Vec<PathBuf> {
    let sweeps = fs::read_dir(project.path(".backcast/sweeps")).into_iter().flatten().flatten();
    let files = sweeps.flat_map(|sweep| fs::read_dir(sweep.path()).into_iter().flatten().flatten());
    files
        .map(|file| file.path())
        .filter(|path| path.to_string_lossy().ends_with(".parquet"))
        .collect()
}

#[test]
fn a_sweep_that_was_stopped_goes_on_to_the_same_bytes() {
    let whole = Project::new();
    whole.write("slow.toml", SLOW);
    let printed = whole.stdout(&["sweep", "slow.toml", "--out", "rows.parquet"]);

    let project = Project::new();
    project.write("slow.toml", SLOW);
    let mut command = project.command(&["sweep", "slow.toml", "--out", "rows.parquet"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("a chunk", || (!chunks(&project).is_empty()).then_some(()));
    signal("-INT", &child);
    let stopped = project.outcome(finished(child));
    assert_eq!((stopped.code, stopped.stdout.as_str()), (75, ""), "{}", stopped.stderr);
    assert!(!project.path("rows.parquet").exists());
    let (_, id) =
        stopped.stderr.split_once("backcast sweep --resume ").expect("it says how to go on");
    let kept = chunks(&project);
    let written = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let times: Vec<_> = kept.iter().map(written).collect();

    let resumed = project.stdout(&["sweep", "--resume", &id[..12], "--out", "rows.parquet"]);
    assert_eq!(resumed, printed);
    let read = |project: &Project| fs::read(project.path("rows.parquet")).unwrap();
    assert!(read(&project) == read(&whole));
    assert_eq!(
        times,
        kept.iter().map(written).collect::<Vec<_>>(),
        "finished chunks were made again"
    );
}

#[test]
fn a_sweep_of_what_another_process_sweeps_gives_the_same_and_harms_nothing() {
    let project = Project::new();
    project.write("slow.toml", SLOW);
    let mut command = project.command(&["sweep", "slow.toml"]);
    let first = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("a chunk", || (!chunks(&project).is_empty()).then_some(()));
    // It stands still, with the work half done, while the others run.
    signal("-STOP", &first);
    let kept = chunks(&project).len();
    let second = project.run(&["sweep", "slow.toml"]);
    assert_eq!(second.code, 0, "{}", second.stderr);
    let (_, id) = second.stdout.rsplit_once("\nsweep ").expect("its id is printed");
    let (id, pid) = (&id[..12], first.id());
    let note = format!(
        "note: process {pid} runs sweep {id} as well; this one keeps nothing for --resume\n"
    );
    assert!(second.stderr.contains(&note), "{}", second.stderr);
    assert_eq!(chunks(&project).len(), kept);
    let resumed = project.run(&["sweep", "--resume", id]);
    let told = resumed.told().replace(&pid.to_string(), "4711").replace(id, "ID");
    expect![[r#"
        exit 1
        --- stderr
          × sweep ID has not stopped: process 4711 runs it
          help: wait until it ends, or stop it with `kill 4711` and go on then
    "#]]
    .assert_eq(&told);
    signal("-CONT", &first);
    let first = project.outcome(finished(first));
    assert_eq!((first.code, first.stdout), (0, second.stdout), "{}", first.stderr);
}

#[test]
fn a_state_folder_that_cannot_be_written_stops_nothing() {
    let project = Project::new();
    fs::remove_dir_all(project.path(".backcast")).unwrap();
    project.write(".backcast", "a file in the way");
    let few = ["--set", "params.fast=10", "--set", "params.slow=150,200"];
    let swept = project.run(&[&["sweep", &grid()], &few[..]].concat());
    assert_eq!(swept.code, 0, "{}", swept.stderr);
    assert!(swept.stderr.contains("nothing is kept for --resume"), "{}", swept.stderr);
    let one = examples().join("sma_cross.toml");
    let run = project.run(&["run", one.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("the run was not kept"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(project.path(".backcast")).unwrap(), "a file in the way");
}
