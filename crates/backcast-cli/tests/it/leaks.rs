//! `backcast profile` tells a leak from a cache that fills and from memory that comes and goes.

use std::{hint::black_box, path::PathBuf, time::Duration};

use backcast_spans::{from_env, span};

use crate::{
    profiles::{json, profile, python},
    program::{Outcome, Project},
};

/// Says to this program, run again with [`keeps`] alone, how many of its last calls keep memory.
const KEPT_CALLS: &str = "BACKCAST_TEST_KEPT_CALLS";
/// Says whether those that are too many go all at once.
const AT_ONCE: &str = "BACKCAST_TEST_AT_ONCE";

/// The program that is measured: 1 KB a call in 1,000 calls.
#[test]
fn keeps() {
    let Ok(kept_calls) = std::env::var(KEPT_CALLS) else { return };
    let kept_calls: usize = kept_calls.parse().unwrap();
    // Memory that is free again, so that resident memory shows none of what follows.
    drop(black_box((0..20_000).map(|_| vec![1_u8; 1_024]).collect::<Vec<_>>()));
    let _recording = from_env().unwrap();
    let mut kept = Vec::with_capacity(1_000);
    for _ in 0..1_000 {
        let _span = span!("user.keep");
        if kept.len() == kept_calls {
            let go = if std::env::var_os(AT_ONCE).is_some() { kept_calls } else { 1 };
            drop(kept.drain(..go));
        }
        kept.push(black_box(vec![1_u8; 1_024]));
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// The profile of that program.
fn measured(project: &Project, kept_calls: &str, at_once: bool, args: &[&str]) -> Outcome {
    let program: PathBuf = std::env::current_exe().unwrap();
    let kept_calls = format!("{KEPT_CALLS}={kept_calls}");
    let at_once = if at_once { format!("{AT_ONCE}=1") } else { "LATER=1".to_owned() };
    let child = ["--perf", "never", "--", "env", &kept_calls, &at_once, program.to_str().unwrap()];
    let outcome = profile(project, &[args, &child, &["--exact", "leaks::keeps"]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome
}

/// What it says of memory over time, and its last line.
fn told(outcome: &Outcome) -> (&str, &str) {
    let mut lines = outcome.stdout.lines();
    let found = lines.find(|line| line.starts_with("memory over time"));
    (found.unwrap_or_else(|| panic!("{}", outcome.stdout)), lines.next_back().unwrap())
}

#[test]
fn a_kilobyte_a_call_in_a_thousand_calls_is_found_with_its_place() {
    let project = Project::new();
    let files = ["--export", "p.json", "--export", "p.md", "--report", "p.html"];
    let outcome = measured(&project, "1000", false, &files);
    let (line, last) = told(&outcome);
    for said in ["a second to the end", "user.keep kept most: 1.02 kB a call in 1,000 calls"] {
        assert!(line.contains(said), "`{said}` is missing: {line}");
    }
    assert!(last.ends_with("memory grows to the end"), "{last}");
    for file in ["p.md", "p.html"] {
        let written = std::fs::read_to_string(project.path(file)).unwrap();
        assert!(written.contains("read from bytes alive"), "{file}: {written}");
    }
    let trend = &json(&project.path("p.json"))["memory_trend"];
    assert_eq!(
        (&trend["source"], &trend["growth"]["verdict"]),
        (&"alive_bytes".into(), &"leak".into())
    );
    assert_eq!(
        (&trend["kept"]["calls"], &trend["kept"]["net_bytes"]),
        (&1_000.into(), &1_024_000.into())
    );
}

#[test]
fn a_cache_that_fills_and_stays_is_said_not_to_grow() {
    let project = Project::new();
    let outcome = measured(&project, "100", false, &[]);
    let (line, last) = told(&outcome);
    assert!(line.contains("does not grow") && line.contains("bytes alive"), "{line}");
    assert!(last.ends_with("memory does not grow"), "{last}");
}

#[test]
fn memory_that_fills_and_goes_again_and_again_is_no_leak() {
    let project = Project::new();
    let outcome = measured(&project, "37", true, &[]);
    let (line, last) = told(&outcome);
    assert!(line.contains("bytes alive") && !line.contains("to the end"), "{line}");
    assert!(!last.contains("grows"), "{last}");
}

#[test]
fn a_python_program_that_leaks_is_told_from_one_that_keeps_a_cache() {
    let Some(python) = python() else { return };
    let project = Project::new();
    project.write(
        "calls.py",
        "import sys, time\n\
         freed = [bytes(1024) for _ in range(20000)]\n\
         del freed\n\
         kept = {}\n\
         def call(i):\n    kept[i % int(sys.argv[1])] = bytes(1024)\n    \
         end = time.perf_counter() + 0.001\n    while time.perf_counter() < end: pass\n\
         for i in range(1000): call(i)\n",
    );
    let told = |entries: &str| {
        let outcome = profile(&project, &["--rate", "200", "--", python, "calls.py", entries]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let line = outcome.stdout.lines().find(|line| line.starts_with("memory over time"));
        line.map(str::to_owned)
    };
    // A machine too busy to look often enough tells nothing.
    let (Some(leak), Some(cache)) = (told("1000"), told("100")) else { return };
    assert!(leak.contains("to the end") && leak.contains("a leak"), "{leak}");
    assert!(leak.contains("blocks a second") && leak.contains("have no size here"), "{leak}");
    assert!(!cache.contains("a leak"), "{cache}");
}
