//! `backcast profile` of commands that fail, are stopped or killed, stand still, wait, or give way to another.

use std::process::{Command, Stdio};

use crate::{
    profiles::{json, profile, python, rows},
    program::{Outcome, Project},
};

#[test]
fn a_command_that_fails_is_killed_or_runs_too_long_is_profiled_all_the_same() {
    let project = Project::new();
    let failed =
        profile(&project, &["--perf", "never", "--", "sh", "-c", "echo broken >&2; exit 7"]);
    assert_eq!(failed.code, 1);
    assert!(failed.stdout.contains("exit code 7"), "{}", failed.stdout);
    assert!(
        failed.stderr.contains("broken") && failed.stderr.contains("exit code 7"),
        "{}",
        failed.stderr
    );
    let killed = profile(&project, &["--perf", "never", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.code, 1);
    assert!(killed.stdout.contains("SIGKILL"), "{}", killed.stdout);
    let late = profile(&project, &["--perf", "never", "--timeout", "200ms", "--", "sleep", "60"]);
    assert_eq!(late.code, 3);
    assert!(late.stdout.contains("past its time limit"), "{}", late.stdout);
    assert!(late.stderr.contains("--timeout"), "{}", late.stderr);
}

#[test]
fn a_spec_that_runs_out_of_time_keeps_its_spans() {
    let project = Project::new();
    let grid = crate::program::examples().join("sma_grid.toml").display().to_string();
    let large = ["--set", "params.fast=2..400", "--set", "params.slow=401..1000"];
    let args = [&["--timeout", "2s", "--export", "p.json"], &large[..], &[&grid]].concat();
    let outcome = profile(&project, &args);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    let saved = json(&project.path("p.json"));
    assert!(
        saved["frames"].as_array().unwrap().iter().any(|frame| frame["name"] == "search.sweep")
    );
    assert!(!saved["process"]["cost"].is_null() && !outcome.stdout.contains("no spans"));
}

/// Profiles a command that makes the file `ready`, and stops the profile as Ctrl-C does once it is there.
fn stopped(project: &Project, command: &[&str]) -> Outcome {
    let mut profile = project.command(&["profile", "--export", "p.json", "--"]);
    let profile = profile.args(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let profile = profile.unwrap();
    let begin = std::time::Instant::now();
    while !project.path("ready").exists() && begin.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = Command::new("kill").args(["-INT", &profile.id().to_string()]).status();
    assert!(kill.unwrap().success());
    project.outcome(profile.wait_with_output().unwrap())
}

#[test]
fn a_profile_that_is_stopped_tells_what_it_cost_until_then() {
    let Some(python) = python() else { return };
    let project = Project::new();
    let spin = "import time\ndef spin():\n  end = time.monotonic() + 0.3\n  \
                while time.monotonic() < end: pass\n  open('ready', 'w')\n  while True: pass\nspin()";
    let outcome = stopped(&project, &[python, "-c", spin]);
    assert!(outcome.code == 130 && outcome.stderr.contains("stopped"), "{}", outcome.stderr);
    let saved = json(&project.path("p.json"));
    assert_eq!(saved["ended"], "stopped");
    assert!(saved["process"]["cost"]["user_ns"].as_u64().is_some(), "{}", saved["process"]);
    assert!(saved["process"]["series"]["looks"].as_u64().unwrap() > 0);
    // The interpreter was asked to end, and wrote its samples.
    assert!(saved["frames"].as_array().unwrap().iter().any(|frame| frame["name"] == "spin"));
}

#[test]
fn a_python_program_that_is_killed_keeps_the_samples_of_its_first_seconds() {
    let Some(python) = python() else { return };
    let project = Project::new();
    let spin = "def spin():\n  while True: pass\nspin()";
    let args = ["--timeout", "2s", "--export", "p.json", "--", python, "-c", spin];
    let outcome = profile(&project, &args);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    let saved = json(&project.path("p.json"));
    assert!(saved["frames"].as_array().unwrap().iter().any(|frame| frame["name"] == "spin"));
}

/// A program that ignores all that asks it to end is killed, and what it lived on after its last samples is said.
#[test]
fn what_a_killed_python_program_did_in_the_end_is_unattributed() {
    let Some(python) = python() else { return };
    let project = Project::new();
    let spin = "import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\n\
                def spin():\n  while True: pass\nspin()";
    let args = ["--timeout", "1s", "--export", "p.json", "--", python, "-c", spin];
    let outcome = profile(&project, &args);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("Python functions of process"), "{}", outcome.stdout);
    let saved = json(&project.path("p.json"));
    let (wall, thread) = (saved["wall_ns"].as_f64().unwrap(), &saved["threads"][0]);
    let told = thread["wall_ns"].as_f64().unwrap();
    // All but the start of the interpreter.
    assert!(told > 0.5 * wall && told <= wall, "{told} of {wall}");
    assert!(thread["unattributed_ns"].as_u64().unwrap() > 0);
}

#[test]
fn a_process_that_is_suspended_charges_nothing_for_it() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write(
        "rests.py",
        "import os, subprocess, time\n\
         def spin():\n    end = time.process_time() + 0.3\n    while time.process_time() < end: pass\n\
         spin()\n\
         subprocess.Popen(['sh', '-c', 'kill -STOP $0; sleep 1; kill -CONT $0', str(os.getpid())])\n\
         spin()\n",
    );
    let args = ["--format", "json", "--min", "0", "--", python, "rests.py"];
    let outcome = profile(&project, &args);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let rows = rows(&outcome);
    let rest = rows.iter().find(|row| row["name"] == "(process not running)");
    let rest = rest.unwrap_or_else(|| panic!("{}", outcome.stdout));
    assert!(rest["own_ns"].as_f64().unwrap() > 500e6, "{rest}");
}

#[test]
fn a_main_thread_that_waits_is_no_user_code() {
    let Some(python) = python() else { return };
    let project = Project::new();
    let wait = "import threading, time; t = threading.Thread(target=time.sleep, args=(1,)); t.start(); t.join()";
    let outcome = profile(&project, &["--", python, "-c", wait]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let closing = outcome.stdout.lines().last().unwrap();
    let share = |of: &str| -> f64 {
        let (_, rest) = closing.split_once(of).unwrap_or_else(|| panic!("{closing}"));
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(share("waiting ") > 50.0 && share("user code ") < 20.0, "{closing}");
}

#[test]
fn a_python_program_that_gives_way_to_another_keeps_its_samples() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write(
        "gives_way.py",
        "import os, sys, time\n\
         def before():\n    end = time.monotonic() + 0.2\n    while time.monotonic() < end: pass\n\
         before()\n\
         try: os.execv('/', ['x'])\n\
         except OSError: before()\n\
         assert os.execve in os.supports_fd\n\
         os.execlp('true', 'true')\n",
    );
    let outcome = profile(&project, &["--export", "p.json", "--", python, "gives_way.py"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let saved = json(&project.path("p.json"));
    let seen = saved["python"][0]["wall_ns"].as_u64().unwrap();
    assert!(seen >= 400_000_000, "{seen} ns");
    assert!(saved["frames"].as_array().unwrap().iter().any(|frame| frame["name"] == "before"));
}
