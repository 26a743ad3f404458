//! `backcast certify` and `verify` on states of the sources: git revisions, and the folder as it is.

use crate::program::{Outcome, Project, examples};

/// A repository whose newest commit is not yet made.
fn repository(files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    project.git(&["init", "-q"]);
    project.write(".gitignore", ".backcast\n*.json\n");
    commit(&project, files);
    project
}

fn commit(project: &Project, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = project.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    project.git(&["add", "."]);
    project.git(&["commit", "-qm", "next"]);
}

fn certify(project: &Project, args: &[&str]) -> Outcome {
    project.run(&[&["certify"], args, &["-n", "8"]].concat())
}

/// Whether the machine was too restless to measure even this.
fn unmeasured(outcome: &Outcome) -> bool {
    let restless = outcome.code == 3 && outcome.stderr.contains("no certificate: ")
        || outcome.stderr.contains("the gain is not proven");
    assert!(restless || outcome.code == 0, "{}", outcome.told());
    restless
}

/// Another program in the next commit, which imports a module of its own revision.
const SLOW: &str = "import time\nfrom helper import answer\ntime.sleep(0.4)\nprint(answer)\n";
const FAST: &str = "from helper import answer\nprint(answer)\n";

#[test]
fn any_program_is_certified_across_revisions_and_measured_again() {
    let project = repository(&[("app/prog.py", SLOW), ("app/helper.py", "answer = 42\n")]);
    commit(&project, &[("app/prog.py", FAST)]);
    let (before, after) = ("rev:HEAD~1", "rev:HEAD");
    let on = ["--on", "python3 app/prog.py", "--equal", "stdout", "--output", "c.json"];
    let outcome = certify(&project, &[&[before, after], &on[..]].concat());
    assert_eq!(project.git(&["worktree", "list"]).lines().count(), 1);
    if unmeasured(&outcome) {
        return;
    }
    let hash = project.git(&["rev-parse", "HEAD~1"]);
    let named = format!("before      rev:HEAD~1 ({})\n", &hash[..12]);
    assert!(outcome.stdout.contains(&named), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("asked       at least 1.0 % less time"), "{}", outcome.stdout);
    // The folders are gone, and the names of revisions lead elsewhere.
    commit(&project, &[("app/helper.py", "answer = 43\n")]);
    let again = project.run(&["verify", "c.json", "--rerun"]);
    if again.code != 3 {
        assert_eq!(again.code, 0, "{}", again.told());
        assert!(again.stdout.matches(&named).count() == 2, "{}", again.stdout);
    }
    assert!(again.stderr.contains("1 case: equal by standard output"), "{}", again.told());
    assert_eq!(project.git(&["worktree", "list"]).lines().count(), 1);
    let elsewhere = Project::new();
    std::fs::copy(project.path("c.json"), elsewhere.path("c.json")).unwrap();
    let told = elsewhere.run(&["verify", "c.json", "--rerun"]).told();
    assert!(told.contains("no git repository here"), "{told}");
    assert_eq!(elsewhere.run(&["verify", "c.json"]).code, 0);
}

#[test]
fn the_folder_as_it_is_can_be_compared_with_a_revision() {
    let project = repository(&[("prog.py", "print(1)\n")]);
    project.write("prog.py", "print(2)\n");
    let on = ["--on", "python3 prog.py", "--equal", "stdout"];
    let told = certify(&project, &[&["rev:HEAD", "this"], &on[..]].concat()).told();
    assert!(told.starts_with("exit 1\n") && told.contains("line 1 is 2"), "{told}");
    project.write("prog.py", "print(1) # as before\n");
    let told = certify(&project, &[&["rev:HEAD", "this"], &on[..]].concat()).told();
    assert!(told.contains("1 case: equal by standard output"), "{told}");
}

#[test]
fn further_commands_are_compared_as_well() {
    let project = repository(&[("prog.py", "import sys\nprint(len(sys.argv))\n")]);
    commit(&project, &[("prog.py", "import sys\nprint(min(len(sys.argv), 2))\n")]);
    let on = ["rev:HEAD~1", "rev:HEAD", "--on", "python3 prog.py", "--equal", "stdout"];
    let told = certify(&project, &on).told();
    assert!(told.contains("1 case: equal"), "{told}");
    let more = ["--corpus", "python3 prog.py a", "--corpus", "python3 prog.py a b"];
    let told = certify(&project, &[&on[..], &more].concat()).told();
    assert!(told.contains("a result moved in python3 prog.py a b: line 1 is 2"), "{told}");
    let told = certify(&project, &[&on[..], &["--corpus", "examples"]].concat()).told();
    assert!(told.contains("examples and random are specs, and --on is a command"), "{told}");
}

#[test]
fn a_change_that_moves_an_expectation_with_the_result_is_refused() {
    let suite = |names: &[&str]| {
        names.iter().map(|name| format!("echo 'ok 1 - {name}'\n")).collect::<String>()
    };
    let project =
        repository(&[("prog.sh", "echo 1\n"), ("tests/run.sh", &suite(&["opens", "closes"]))]);
    let on = ["--on", "sh prog.sh", "--equal", "tests", "sh tests/run.sh"];
    let told = || certify(&project, &[&["rev:HEAD~1", "rev:HEAD"], &on[..]].concat()).told();
    commit(&project, &[("prog.sh", "echo 2\n")]);
    assert!(told().contains("1 case: equal by tests"), "{}", told());
    commit(&project, &[("tests/expected.txt", "2\n")]);
    assert!(told().contains("a result moved in") && told().contains("tests/expected.txt is"));
    commit(&project, &[("tests/run.sh", &suite(&["opens"]))]);
    assert!(told().contains("tests/run.sh is"), "{}", told());
}

#[test]
fn files_are_those_that_each_revision_writes_in_its_own_folder() {
    let project = repository(&[("prog.sh", "mkdir -p out; echo 1 > out/a.csv\n")]);
    commit(&project, &[("prog.sh", "mkdir -p out; echo 1 > out/a.csv; echo 2 > out/b.csv\n")]);
    let on = ["--on", "sh prog.sh", "--equal", "files", "out/*.csv"];
    let told = certify(&project, &[&["rev:HEAD~1", "rev:HEAD"], &on[..]].concat()).told();
    assert!(told.contains("out/b.csv is 2 bytes, was not written"), "{told}");
    assert!(!project.path("out").exists());
}

#[test]
fn what_a_revision_lacks_or_shares_is_refused() {
    let project = repository(&[("prog.py", "print(1)\n")]);
    commit(&project, &[("later/prog.py", "print(1)\n")]);
    let sides = ["rev:HEAD~1", "rev:HEAD", "--equal", "stdout", "--on"];
    let told = |on: &str| certify(&project, &[&sides[..], &[on]].concat()).told();
    let whole = project.path("prog.py").canonicalize().unwrap();
    let shared = told(&format!("python3 {}", whole.display()));
    assert!(shared.starts_with("exit 2\n"), "{shared}");
    assert!(shared.contains("is the file of today, not that of `HEAD~1`"), "{shared}");
    // A state before the change that does not work says nothing of the change; one after it that does not is what it brought.
    let lacking = told("python3 later/prog.py");
    assert!(lacking.starts_with("exit 3\n") && lacking.contains("must work"), "{lacking}");
    project.git(&["rm", "-q", "prog.py"]);
    project.git(&["commit", "-qm", "gone"]);
    let gone = told("python3 prog.py");
    assert!(gone.starts_with("exit 1\n"), "{gone}");
    let digest = certify(&project, &["rev:HEAD~1", "rev:HEAD", "--on", "python3 prog.py"]).told();
    assert!(digest.contains("commands have no digest"), "{digest}");
}

#[test]
fn strategies_that_were_made_up_are_made_up_again() {
    let program = env!("CARGO_BIN_EXE_backcast");
    let built = |pause: &str| {
        format!(
            "mkdir -p target/release\nprintf '#!/bin/sh\\n{pause}exec {program} \"$@\"\\n' > target/release/backcast\nchmod +x target/release/backcast\n"
        )
    };
    let project = repository(&[("build.sh", &built("sleep 0.2\\n"))]);
    commit(&project, &[("build.sh", &built(""))]);
    let spec = std::fs::read_to_string(examples().join("sma_cross.toml")).unwrap();
    project.write("spec.toml", &spec);
    let on = ["rev:HEAD~1", "rev:HEAD", "--on", "spec.toml", "--build", "sh build.sh"];
    let corpus = ["--corpus", "random:2:7", "--output", "c.json"];
    let outcome = certify(&project, &[&on[..], &corpus].concat());
    assert!(outcome.stderr.contains("3 cases: equal by digests"), "{}", outcome.told());
    if unmeasured(&outcome) {
        return;
    }
    let again = project.run(&["verify", "c.json", "--rerun"]);
    assert!(again.stderr.contains("3 cases: equal by digests"), "{}", again.told());
}
