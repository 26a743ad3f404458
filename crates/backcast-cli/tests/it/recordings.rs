//! `BACKCAST_SPANS` and `BACKCAST_DELAY`: what a command says about its own time.

use std::fs;

use serde_json::Value;

use crate::{
    patience::output,
    program::{Project, examples},
};

fn recorded(project: &Project, args: &[&str]) -> Value {
    let command = output(project.command(args).env("BACKCAST_SPANS", "spans.json"));
    assert!(command.status.success(), "{}", String::from_utf8_lossy(&command.stderr));
    read(project)
}

fn read(project: &Project) -> Value {
    serde_json::from_str(&fs::read_to_string(project.path("spans.json")).unwrap()).unwrap()
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("no number {name}"))
}

fn main_thread(recording: &Value) -> &Value {
    let threads = recording["threads"].as_array().unwrap();
    threads.iter().find(|thread| thread["name"] == "main").unwrap()
}

/// All steps of a command have a name: what is left over stays below a twentieth of its time, and names say which part of the
/// program it was.
#[test]
fn nearly_all_time_of_a_command_has_a_name() {
    let project = Project::new();
    let rows: String = (1..=28)
        .flat_map(|day| (1..=12).map(move |month| (month, day)))
        .map(|(month, day)| format!("2021-{month:02}-{day:02},10,11,9,10,100\n"))
        .collect();
    let mut lines: Vec<&str> = rows.lines().collect();
    lines.sort_unstable();
    project.write("A.csv", &format!("Date,Open,High,Low,Close,Volume\n{}\n", lines.join("\n")));
    let example = |name: &str| examples().join(name).display().to_string();
    let (grid, cross, walk) =
        (example("sma_grid.toml"), example("sma_cross.toml"), example("walkforward.toml"));
    let commands: [(&[&str], &str); 6] = [
        (&["sweep", &grid], "engine.simulate"),
        (&["run", &cross], "engine.drive"),
        (&["run", &cross], "engine.conditions"),
        (&["run", &cross], "engine.play"),
        (&["walkforward", &walk], "search.train"),
        (&["ingest", "A.csv", "--bundle", "a"], "store.parse_csv"),
    ];
    for (args, step) in commands {
        let left = || {
            let recording = recorded(&project, args);
            let main = main_thread(&recording);
            let nodes = main["nodes"].as_array().unwrap();
            assert!(nodes.iter().any(|node| node["name"] == step), "{args:?} has no {step}");
            let known = ["data", "calendar", "store", "rules", "engine", "search", "report"];
            for node in nodes {
                let area = node["name"].as_str().unwrap().split('.').next().unwrap();
                assert!(known.contains(&area), "{}", node["name"]);
            }
            number(main, "unattributed_ns") / number(main, "wall_ns")
        };
        // A process that waits for its turn between two spans proves nothing, so the best of some tries counts.
        let left = (0..5).map(|_| left()).fold(1.0, f64::min);
        assert!(left < 0.05, "{args:?} leaves {left} without a name");
    }
}

#[test]
fn a_recording_changes_no_result_and_holds_memory_and_samples() {
    let project = Project::new();
    let grid = examples().join("sma_grid.toml").display().to_string();
    let args = ["sweep", &grid, "--format", "csv"];
    let plain = project.stdout(&args);
    let output = output(project.command(&args).env("BACKCAST_SPANS", "spans.json"));
    assert_eq!(plain, String::from_utf8(output.stdout).unwrap());
    let recording = read(&project);
    assert_eq!(
        (&recording["format"], &recording["trusted"]),
        (&"backcast-spans".into(), &true.into())
    );
    assert!(number(&recording["memory"], "peak_bytes") > 1e6);
    assert!(number(&recording["sampler"], "samples") > 1.0);
    assert!(number(&recording, "recording_bytes") < 1e6);
}

#[test]
fn a_delay_makes_the_span_longer() {
    let project = Project::new();
    let cross = examples().join("sma_cross.toml").display().to_string();
    let args = ["run", cross.as_str()];
    let with = |delay: &str| {
        let mut command = project.command(&args);
        command.env("BACKCAST_SPANS", "spans.json").env("BACKCAST_DELAY", delay);
        assert!(output(&mut command).status.success());
        let recording = read(&project);
        let nodes = main_thread(&recording)["nodes"].as_array().unwrap().clone();
        let node = nodes.into_iter().find(|node| node["name"] == "search.bind").unwrap();
        assert_eq!(recording["delays"][0]["calls"], node["calls"]);
        number(&node, "self_ns")
    };
    let long = with("search.bind=80ms");
    assert!(long >= 80e6);
    assert!(with("search.bind=1us") < long);
}

#[test]
fn a_command_that_fails_is_recorded_too() {
    let project = Project::new();
    project.write("bad.toml", "nonsense = 1\n");
    let output = output(project.command(&["run", "bad.toml"]).env("BACKCAST_SPANS", "spans.json"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(read(&project)["trusted"], true);
}

#[test]
fn what_cannot_be_recorded_is_said() {
    let project = Project::new();
    let run = |name: &str, value: &str| {
        let output = output(project.command(&["bundles", "list"]).env(name, value));
        project.outcome(output)
    };
    let nowhere = run("BACKCAST_SPANS", "no/such/folder/spans.json");
    assert_eq!(nowhere.code, 3, "{}", nowhere.stderr);
    assert!(nowhere.stderr.contains("no/such/folder/spans.json"), "{}", nowhere.stderr);
    assert!(nowhere.stdout.contains("sample"), "the work itself is done: {}", nowhere.stdout);
    let wrong = run("BACKCAST_DELAY", "search.bind=soon");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("`search.bind=soon`"), "{}", wrong.stderr);
}

/// A grid of `fast` values by two, with three metrics.
fn grid(fast: u32) -> String {
    format!(
        "metrics = [\"sharpe\", \"total_return\", \"trades\"]\n\
         [data]\nbundle = \"sample\"\nassets = [\"AAPL\"]\n\
         [params]\nfast = {{ from = 5, to = {} }}\nslow = [60, 80]\n\
         [rules]\nenter_long = \"cross_above(sma(close, fast), sma(close, slow))\"\n\
         exit_long = \"cross_below(sma(close, fast), sma(close, slow))\"\n",
        4 + fast
    )
}

#[test]
fn bytes_that_a_sweep_copies_are_counted_at_the_step_that_copies_them() {
    let project = Project::new();
    let copied = |fast: u32| {
        project.write("grid.toml", &grid(fast));
        let told = project.stdout(&[
            "profile",
            "--format",
            "json",
            "--min",
            "0",
            "--perf",
            "never",
            "--",
            env!("CARGO_BIN_EXE_backcast"),
            "sweep",
            "grid.toml",
            "--out",
            "rows.parquet",
            "--threads",
            "1",
        ]);
        let rows: Vec<Value> = serde_json::from_str(&told).unwrap();
        let of = |name: &str| -> u64 {
            let named = rows.iter().filter(|row| row["name"] == name);
            named.map(|row| row["copied_bytes"].as_u64().unwrap()).sum()
        };
        ["search.rank", "search.write_rows", "engine.operands_work", "search.bind"].map(of)
    };
    // Eight bytes for each metric of a set in memory; in files its trial and both parameters as well, once in `rows.parquet`
    // and once in the folder of the sweep.
    let expected = |sets: u64| [sets * 3 * 8, 2 * sets * (3 + 1 + 2) * 8];
    let (few, many) = (copied(10), copied(40));
    assert_eq!(few[..2], expected(20));
    assert_eq!(many[..2], expected(80));
    // As many bytes for each series: 10 and 2, then 40 and 2.
    assert!(few[2] > 0 && few[2] * 42 == many[2] * 12, "{few:?} {many:?}");
    assert_eq!(few[3], 0);
}
