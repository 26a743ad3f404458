//! `backcast profile` of specs, Python programs, any command and running processes, and what it leaves behind: nothing.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    patience::output,
    program::{Outcome, Project},
};

/// A Python program with one hot line, collections, an import, and a thread that waits.
const PROGRAM: &str = "\
import gc, json, sys, threading, time

def hot(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total

def churn(n):
    return [[i] for i in range(n)]

waiter = threading.Thread(target=time.sleep, args=(0.2,))
waiter.start()
end = time.monotonic() + 0.6
while time.monotonic() < end:
    hot(20000)
    churn(2000)
gc.collect()
waiter.join()
print('done')
sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
";

const SPEC: &str = r#"
[data]
bundle = "sample"
assets = ["AAPL"]
[params]
fast = { from = 5, to = 24 }
slow = { from = 60, to = 79 }
[rules]
enter_long = "cross_above(sma(close, fast), sma(close, slow))"
exit_long = "cross_below(sma(close, fast), sma(close, slow))"
"#;

/// A Python that the sampler knows; tests of it do nothing where there is none.
pub(crate) fn python() -> Option<&'static str> {
    let known = "import sys; sys.exit(0 if sys.version_info >= (3, 8) else 1)";
    let tried = Command::new("python3").args(["-c", known]).status();
    tried.is_ok_and(|status| status.success()).then_some("python3")
}

/// Runs `backcast profile` with a folder for temporary files of its own, which must be empty afterwards.
pub(crate) fn profile(project: &Project, args: &[&str]) -> Outcome {
    let temporary = project.path("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut command = project.command(&["profile"]);
    command.args(args).env("TMPDIR", &temporary);
    let outcome = project.outcome(output(&mut command));
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    outcome
}

/// A process that does not outlive its test, which may fail: it would spin for ever, and hold the output of the test run open.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn rows(outcome: &Outcome) -> Vec<Value> {
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", outcome.stderr))
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_python_program_shows_its_hot_line_its_collector_and_its_imports() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write("work.py", PROGRAM);
    let outcome =
        profile(&project, &["--export", "p.json", "--export", "p.md", "--", python, "work.py"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for said in
        ["hot", "work.py:3", "collector", "imports", "95 % interval", "user code", "Hz of 100 Hz"]
    {
        assert!(outcome.stdout.contains(said), "`{said}` is missing: {}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains("done\n"), "the command's own output is not shown");
    let saved = json(&project.path("p.json"));
    let process = &saved["python"][0];
    assert!(process["collections"][2]["count"].as_u64().unwrap() >= 1);
    assert!(process["imports"].as_array().unwrap().iter().any(|import| import["module"] == "json"));
    assert!(process["peak_bytes"].as_u64().unwrap() > 1_000_000);
    assert_eq!(process["most_threads"], 2);
    assert!(process["achieved_hz"].as_f64().unwrap() <= 101.0);
    let frames = saved["frames"].as_array().unwrap();
    let hot = frames.iter().position(|frame| frame["name"] == "hot").unwrap();
    let nodes = saved["nodes"].as_array().unwrap().iter();
    let hot: Vec<&Value> = nodes.filter(|node| node["frame"] == hot).collect();
    let line =
        |node: &&Value| node["lines"].as_array().unwrap().iter().any(|line| line["line"] == 6);
    assert!(hot.iter().any(line), "{hot:?}");
    assert!(
        hot.iter().all(|node| node["calls"].is_null()),
        "calls are not claimed where only sampled"
    );
    assert!(
        std::fs::read_to_string(project.path("p.md")).unwrap().starts_with("# Profile of python3")
    );
}

#[test]
fn the_environment_of_a_python_program_is_what_it_would_have_been() {
    let Some(python) = python() else { return };
    let project = Project::new();
    std::fs::create_dir_all(project.path("other")).ok();
    std::fs::write(project.path("other/sitecustomize.py"), "import builtins; builtins.seen = 1\n")
        .unwrap();
    let look = "import builtins, json, sys, threading; threads = threading.active_count(); \
                own = [p for p in sys.path if 'backcast' in p]; \
                json.dump([getattr(builtins, 'seen', 0), own, threads, 'sitecustomize' in sys.modules], \
                open('seen.json', 'w'))";
    let mut command = project.command(&["profile", "--", python, "-c", look]);
    let outcome = project.outcome(output(command.env("PYTHONPATH", project.path("other"))));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let seen = json(&project.path("seen.json"));
    assert_eq!(
        seen,
        serde_json::json!([1, [], 1, true]),
        "its own sitecustomize ran, ours is gone"
    );
    let outcome = profile(&project, &["--", python, "-c", look]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let without = json(&project.path("seen.json"));
    // A system may have a sitecustomize of its own.
    assert_eq!((&without[1], &without[2]), (&serde_json::json!([]), &serde_json::json!(1)));
}

#[test]
fn modules_children_and_forks_are_sampled_too() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write(
        "parent.py",
        "import os, subprocess, sys, time\n\
         def spin(seconds):\n    end = time.monotonic() + seconds\n    while time.monotonic() < end: pass\n\
         def of_child(): spin(0.3)\n\
         if len(sys.argv) > 1:\n    of_child(); sys.exit()\n\
         subprocess.run([sys.executable, __file__, 'child'], check=True)\n\
         if os.fork() == 0:\n    spin(0.3)\n    os._exit(0)\n\
         os.wait()\n",
    );
    let outcome = profile(&project, &["--export", "p.json", "--", python, "-m", "parent"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let saved = json(&project.path("p.json"));
    assert_eq!(
        saved["python"].as_array().unwrap().len(),
        3,
        "parent, child and fork: {}",
        outcome.stdout
    );
    assert!(saved["frames"].as_array().unwrap().iter().any(|frame| frame["name"] == "of_child"));
}

#[test]
fn a_program_that_forks_meets_no_thread_but_its_own() {
    let project = Project::new();
    project.write(
        "forks.py",
        "import os, sys, threading, warnings\n\
         warnings.simplefilter('error')\n\
         def child():\n    if os.fork() == 0:\n        os._exit(0)\n    os.wait()\n\
         for _ in range(3): child()\n\
         warnings.simplefilter('ignore')\n\
         def several():\n    for _ in range(5): child()\n\
         threads = [threading.Thread(target=several) for _ in range(4)]\n\
         [t.start() for t in threads]\n\
         [t.join() for t in threads]\n\
         end = __import__('time').monotonic() + 0.2\n\
         while __import__('time').monotonic() < end: pass\n",
    );
    // Python 3.12 and 3.13 count the threads of a program that forks, each at another moment.
    for python in ["python3", "python3.12", "python3.13"] {
        if !Command::new(python).arg("-V").output().is_ok_and(|tried| tried.status.success()) {
            continue;
        }
        let outcome = profile(&project, &["--export", "p.json", "--", python, "forks.py"]);
        assert_eq!(outcome.code, 0, "{python}: {}", outcome.stderr);
        let saved = json(&project.path("p.json"));
        let threads = saved["threads"].as_array().unwrap();
        // A second sampling thread would be one that does nothing but sample.
        assert!(threads.iter().all(|thread| thread["len"] != 0), "{python}: {threads:?}");
        assert!(saved["python"].as_array().unwrap().len() > 20, "{python}");
    }
}

#[test]
fn a_rate_that_is_asked_for_is_nearly_reached_and_said() {
    let Some(python) = python() else { return };
    let project = Project::new();
    let wanted = |rate: &str| {
        let sleep = "import time; time.sleep(0.8)";
        let args = ["--rate", rate, "--export", "p.json", "--", python, "-c", sleep];
        assert_eq!(profile(&project, &args).code, 0);
        let saved = json(&project.path("p.json"));
        let samples = saved["threads"][0]["samples"].as_u64().unwrap();
        // How long the interpreter takes to begin is the machine's affair.
        let seconds = saved["python"][0]["wall_ns"].as_f64().unwrap() / 1e9;
        let most = rate.parse::<f64>().unwrap() * seconds + 1.0;
        assert!(samples >= 1 && samples as f64 <= most, "{samples} in {seconds} s at {rate} Hz");
        samples
    };
    let (few, many) = (wanted("10"), wanted("200"));
    assert!(many > 3 * few, "{few} at 10 Hz, {many} at 200 Hz");
}

#[test]
fn a_command_that_is_not_there_is_wrong_usage_wherever_it_is_asked_for() {
    let project = Project::new();
    let missing = "no-such-command-at-all";
    let asking: [&[&str]; 8] = [
        &["profile", "--", missing],
        &["profile", "--scale", "N=1..9", "--", missing, "{N}"],
        &["advise", "--", missing],
        &["advise", "--what-if", "x", "--", missing],
        &["bench", "--", missing],
        &["baseline", "save", "--", missing],
        &["certify", "true", missing, "--equal", "stdout"],
        &["lab", "verify-claim", "--span", "x", "--share", "5%", "--", missing],
    ];
    for words in asking {
        let outcome = project.run(words);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{words:?}");
        assert!(outcome.stderr.contains(&format!("no program `{missing}`")), "{}", outcome.stderr);
    }
    let outcome = profile(&project, &["--pid", "2147483000"]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.stderr.contains("there is no process 2147483000"), "{}", outcome.stderr);
}

#[test]
fn wrong_usage_is_told_before_anything_runs() {
    let project = Project::new();
    for (args, said) in [
        (&["--min", "200%", "--", "true"][..], "a share is"),
        (&["--rate", "0", "--", "true"], "a rate is"),
        (&["--timeout", "soon", "--", "true"], "a time is"),
        (&["--export", "p.svg", "--", "touch", "ran"], "no known ending"),
        (&["--export", "no/such/p.json", "--", "touch", "ran"], "no folder no/such"),
        (&["--report", "no/such/p.html", "--", "touch", "ran"], "no folder no/such"),
        (&["--report", "no/p.html", "--scale", "n=1..9", "--", "touch", "ran{n}"], "no folder no"),
        (&["--export", "p.md", "--export", "p.md", "--", "touch", "ran"], "two things"),
        (&["--report", "p.md", "--", "touch", "ran"], "a page is HTML"),
        (&["--save", "../p", "--", "touch", "ran"], "a name has"),
        (&["--set", "params.a=1", "--", "touch", "ran"], "change a spec"),
        (&["--for", "1s", "--", "touch", "ran"], "cannot be used with"),
        (&["--as", "run", "--", "touch", "ran"], "cannot be used with"),
        (&["--", "no-such-command-at-all"], "no program `no-such-command-at-all`"),
        (&[], "after `--`"),
    ] {
        let outcome = profile(&project, args);
        assert_eq!(outcome.code, 2, "{args:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{args:?}: {}", outcome.stderr);
    }
    let outcome = profile(&project, &["--vs", "nothing-like-it", "--", "touch", "ran"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("cannot read nothing-like-it"), "{}", outcome.stderr);
    assert!(!project.path("ran").exists());
}

#[test]
fn a_profile_is_kept_and_compared_with() {
    let project = Project::new();
    let first = profile(&project, &["--perf", "never", "--save", "before", "--", "true"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(project.path(".backcast/profiles/before.json").exists());
    let second = profile(&project, &["--perf", "never", "--vs", "before", "--", "true"]);
    assert_eq!(second.code, 0, "{}", second.stderr);
    assert!(second.stdout.contains("Against the other profile"), "{}", second.stdout);
    project.write("newer.json", r#"{"format":"backcast-profile","version":9}"#);
    let newer = profile(&project, &["--vs", "newer.json", "--", "true"]);
    assert_eq!(newer.code, 1);
    assert!(newer.stderr.contains("version 9"), "{}", newer.stderr);
}

#[test]
fn a_page_has_a_flame_graph_and_a_second_one_for_what_changed() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write("work.py", PROGRAM);
    let first = profile(&project, &["--save", "a", "--report", "a.html", "--", python, "work.py"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let page = std::fs::read_to_string(project.path("a.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("id=\"flame\""));
    assert!(!page.contains("id=\"flame-difference\""));
    let second = profile(&project, &["--vs", "a", "--report", "b.html", "--", python, "work.py"]);
    assert_eq!(second.code, 0, "{}", second.stderr);
    let page = std::fs::read_to_string(project.path("b.html")).unwrap();
    assert!(page.contains("id=\"flame-difference\"") && page.contains("id=\"profile-changes\""));
}

#[test]
fn a_spec_shows_exact_calls_of_the_engine_and_adds_up() {
    let project = Project::new();
    project.write("grid.toml", SPEC);
    let outcome =
        profile(&project, &["--export", "p.json", "--format", "json", "--min", "0", "grid.toml"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let rows = rows(&outcome);
    let own: f64 = rows.iter().map(|row| row["own_share"].as_f64().unwrap()).sum();
    assert!((own - 1.0).abs() < 1e-9, "{own}");
    let saved = json(&project.path("p.json"));
    assert_eq!(saved["command"][1], "sweep");
    assert!(saved["overhead"]["spans"].as_u64().is_some());
    let run = profile(
        &project,
        &["--set", "params.fast=5", "--set", "params.slow=60", "--export", "q.json", "grid.toml"],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(json(&project.path("q.json"))["command"][1], "run", "one set is one run");
    let one = profile(&project, &["--as", "run", "grid.toml"]);
    assert_eq!(one.code, 1, "a run of a grid is refused by the command itself: {}", one.stdout);
    let bad = profile(&project, &["missing.toml"]);
    assert_eq!(bad.code, 1);
    assert!(bad.stderr.contains("there is no spec missing.toml"), "{}", bad.stderr);
}

#[test]
fn formats_differ_and_a_smaller_share_lists_more() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write("work.py", PROGRAM);
    let print = |format: &str, min: &str| {
        let outcome =
            profile(&project, &["--format", format, "--min", min, "--", python, "work.py"]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stdout
    };
    assert!(print("csv", "0").starts_with("depth,name,file,line,kind,area,source,threads,own_ns"));
    assert!(print("markdown", "0").starts_with("# Profile of"));
    let all: Vec<Value> = serde_json::from_str(&print("json", "0")).unwrap();
    let large: Vec<Value> = serde_json::from_str(&print("json", "30%")).unwrap();
    assert!(large.len() < all.len(), "{} of {}", large.len(), all.len());
    assert!(large.iter().all(|row| row["total_share"].as_f64().unwrap() >= 0.3));
}

#[test]
fn a_running_process_is_watched_as_far_as_the_machine_allows() {
    let project = Project::new();
    let spin = "while :; do :; done";
    let spin = Command::new("sh").args(["-c", spin]).stdout(Stdio::null()).spawn();
    let child = Background(spin.unwrap());
    let pid = child.0.id().to_string();
    let outcome = profile(&project, &["--pid", &pid, "--for", "500ms", "--perf", "never"]);
    drop(child);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("process tree"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("of the whole tree"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("only be looked at from outside"), "{}", outcome.stdout);
}

#[test]
fn perf_leaves_nothing_in_the_home_of_the_user() {
    let project = Project::new();
    let home = project.path("home");
    std::fs::create_dir(&home).unwrap();
    let spin = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
    let mut command = project.command(&["profile", "--", "sh", "-c", spin]);
    let outcome = project.outcome(output(command.env("HOME", &home)));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 0);
    // Where there is no perf, or it may not look, that is said; where it does, so is what it cannot see.
    let told = ["perf is not installed", "perf may not record", "perf sees threads while they run"];
    assert!(told.iter().any(|said| outcome.stdout.contains(said)), "{}", outcome.stdout);
}

/// A perf that records nothing, and hangs where it is told to.
const HANGING_PERF: &str = r#"#!/bin/sh
[ "$HANGS_IN" = trial ] && exec sleep 1000
if [ "$1" = script ]; then
    [ "$HANGS_IN" = script ] && exec sleep 1000
    exit 0
fi
while [ "$1" != -- ]; do
    [ "$1" = -o ] && : > "$2"
    shift
done
shift
"$@"
code=$?
[ "$HANGS_IN" = record ] && [ "$1" != true ] && exec sleep 1000
exit $code
"#;

#[test]
fn a_perf_that_hangs_is_ended_and_told() {
    use std::os::unix::fs::PermissionsExt;
    let hanging = |place: &str| {
        let project = Project::new();
        project.write("perf", HANGING_PERF);
        let everyone = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(project.path("perf"), everyone).unwrap();
        let path = format!("{}:{}", project.path("").display(), std::env::var("PATH").unwrap());
        let mut command = project.command(&["profile", "--perf", "always", "--", "sleep", "0.1"]);
        project.outcome(output(command.env("PATH", path).env("HANGS_IN", place)))
    };
    let [trial, record, script, nowhere] = std::thread::scope(|scope| {
        let places = ["trial", "record", "script", "nowhere"];
        places.map(|place| scope.spawn(move || hanging(place))).map(|it| it.join().unwrap())
    });
    assert_eq!((trial.code, script.code, nowhere.code), (0, 0, 0), "{}", trial.stderr);
    assert!(trial.stdout.contains("perf hung when it was tried"), "{}", trial.stdout);
    assert!(script.stdout.contains("perf hung when it read"), "{}", script.stdout);
    assert!(!nowhere.told().contains("hung"), "{}", nowhere.stdout);
    assert_eq!(record.code, 0, "{}", record.stderr);
    assert!(record.stdout.contains("perf hung, and was ended"), "{}", record.stdout);
}

#[test]
fn what_perf_takes_itself_is_no_part_of_the_command() {
    let project = Project::new();
    let outcome = profile(&project, &["--export", "p.json", "--", "sleep", "1"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let saved = json(&project.path("p.json"));
    let cost = &saved["process"]["cost"];
    let [cpu, wall] = [&["user_ns", "system_ns"][..], &["wall_ns"]]
        .map(|names| names.iter().map(|name| cost[*name].as_f64().unwrap()).sum::<f64>());
    assert!(cpu < 0.01 * wall, "{cpu} ns of {wall} ns");
    let points = saved["process"]["series"]["points"].as_array().unwrap();
    assert!(points.iter().all(|point| point["processes"].as_u64().unwrap() <= 1), "{points:?}");
    let frames = saved["frames"].as_array().unwrap().len();
    assert!(frames > 0 || !outcome.stdout.contains("ended before"), "{}", outcome.stdout);
}

#[test]
fn output_is_shown_where_that_is_asked_for_and_gigabytes_of_it_do_no_harm() {
    let project = Project::new();
    let shown = profile(&project, &["--perf", "never", "--show", "--", "echo", "hello there"]);
    assert!(shown.stdout.contains("hello there\n"), "{}", shown.stdout);
    let flood = "head -c 300000000 /dev/zero";
    let outcome = profile(&project, &["--perf", "never", "--", "sh", "-c", flood]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.len() < 10_000);
}

#[test]
fn names_with_markup_and_control_characters_are_text() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write(
        "odd.py",
        "import time\n\
         def spin():\n    end = time.monotonic() + 0.5\n    while time.monotonic() < end: pass\n\
         spin.__code__ = spin.__code__.replace(co_name='<b>\\x1b[31mred|x', \
         **({'co_qualname': '<b>\\x1b[31mred|x'} if hasattr(spin.__code__, 'co_qualname') else {}))\n\
         spin()\n",
    );
    let outcome = profile(&project, &["--export", "p.md", "--", python, "odd.py"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("<b>·[31mred|x"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains('\u{1b}'));
    let markdown = std::fs::read_to_string(project.path("p.md")).unwrap();
    assert!(markdown.contains("&lt;b&gt;") && !markdown.contains("<b>"), "{markdown}");
}

#[test]
fn thousands_of_short_threads_and_deep_recursion_stay_bounded() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write(
        "many.py",
        "import sys, threading, time\n\
         sys.setrecursionlimit(100000)\n\
         threading.stack_size(64 * 1024 * 1024)\n\
         def down(n):\n    return time.sleep(0.3) if n == 0 else down(n - 1)\n\
         deep = threading.Thread(target=down, args=(3000,)); deep.start(); deep.join()\n\
         threading.stack_size(0)\n\
         def short(): time.sleep(0.001)\n\
         for _ in range(40):\n\
         \x20   threads = [threading.Thread(target=short) for _ in range(50)]\n\
         \x20   [t.start() for t in threads]\n\
         \x20   [t.join() for t in threads]\n",
    );
    let outcome = profile(&project, &["--export", "p.json", "--", python, "many.py"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let saved = json(&project.path("p.json"));
    assert!(saved["threads"].as_array().unwrap().len() < 10, "threads of one name are one");
    assert!(saved["nodes"].as_array().unwrap().len() < 5_000);
    assert!(saved["frames"].as_array().unwrap().iter().any(|f| f["name"] == "(frames left out)"));
    assert!(outcome.stdout.contains("the middle of deep stacks"), "{}", outcome.stdout);
    // Two thousand threads were started; those that no look met are counted.
    let threads = saved["threads"].as_array().unwrap().iter();
    let seen: u64 = threads.map(|thread| thread["count"].as_u64().unwrap()).sum();
    let missed = outcome.stdout.lines().find(|line| line.contains("that ended between two looks"));
    let missed = missed.map(|line| line.trim_start_matches([' ', '-']).split(' ').next().unwrap());
    let missed: u64 = missed.map_or(0, |word| word.replace(',', "").parse().unwrap());
    // The main one was not started.
    assert_eq!(seen - 1 + missed, 2_001, "{}", outcome.stdout);
    let folded = outcome.stdout.lines().filter(|line| line.contains("down x ")).count();
    assert!((1..=2).contains(&folded), "{}", outcome.stdout);
}
