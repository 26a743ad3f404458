//! `backcast certify`, `verify` and `optimize`: what each oracle sees, what is refused, and what is left behind.

use expect_test::expect;

use crate::program::{Project, examples};

/// Commands that take no time: what matters is what they say.
fn certify(project: &Project, before: &str, after: &str, oracle: &[&str]) -> String {
    let mut args = vec!["certify", before, after, "--iterations", "8", "--equal"];
    args.extend(oracle);
    project.run(&args).told()
}

#[test]
fn each_oracle_tells_where_two_results_part() {
    let project = Project::new();
    let told = certify(&project, "printf 'a\\nb\\n'", "printf 'a\\nc\\n'", &["stdout"]);
    assert!(told.starts_with("exit 1\n") && told.contains("line 2 is c"), "{told}");
    let told = certify(&project, "echo [1.5,[2.5]]", "echo [1.5,[2.75]]", &["json"]);
    assert!(told.contains("$[1][0] is 2.75, was 2.5"), "{told}");
    let (old, new) = ("sh -c 'echo 1 > out.csv'", "sh -c 'echo 2 > out.csv'");
    let told = certify(&project, old, new, &["files", "*.csv"]);
    assert!(told.contains("out.csv, line 1 is 2"), "{told}");
}

#[test]
fn a_file_that_one_side_leaves_alone_is_not_its_result() {
    let project = Project::new();
    let told = certify(&project, "sh -c 'echo 1 > a.csv'", "true", &["files", "*.csv"]);
    assert!(told.contains("a.csv is not written, was 2 bytes"), "{told}");
    let told = certify(&project, "true", "sh -c 'echo 1 > a.csv'", &["files", "*.csv"]);
    assert!(told.contains("true wrote no file that fits `*.csv`"), "{told}");
}

#[test]
fn numbers_within_the_tolerance_are_no_difference() {
    let project = Project::new();
    let differs = |tolerance: &str| {
        let args = ["certify", "echo 1.0", "echo 1.0000001", "--equal", "json", "--tol", tolerance];
        project.run(&[&args[..], &["-n", "8"]].concat()).told().contains("a result moved")
    };
    assert!(differs("1e-9"));
    assert!(!differs("1e-6"));
    let large = certify(&project, "echo 9007199254740992", "echo 9007199254740993", &["json"]);
    assert!(large.contains("$ is 9007199254740993, was 9007199254740992"), "{large}");
    let nan = certify(&project, "echo [1, NaN]", "echo [1, NaN]", &["json"]);
    assert!(nan.starts_with("exit 3\n"), "{nan}");
    assert!(nan.contains("NaN is not JSON (line 1, column 5)"), "{nan}");
}

#[test]
fn one_bit_in_one_price_is_found_and_placed() {
    let project = Project::new();
    let spec = std::fs::read_to_string(examples().join("sma_cross.toml")).unwrap();
    project.write("old.toml", &spec);
    project.write("new.toml", &spec.replace("[costs]", "[costs]\n# no change"));
    let cash = "[broker]\ncash = 100000.00000000001\n";
    assert!(spec.contains("cash = 100000"), "the example states its cash");
    project.write("bit.toml", &spec.replace("cash = 100000", "cash = 100000.00000000001"));
    let told = project.run(&["certify", "old.toml", "bit.toml", "-n", "8"]).told();
    assert!(told.starts_with("exit 1\n"), "{cash} {told}");
    assert!(told.contains("a result moved in"), "{told}");
    let told = project.run(&["certify", "old.toml", "new.toml", "-n", "8"]).told();
    assert!(told.contains("1 case: equal by digests of runs, bit for bit"), "{told}");
}

#[test]
fn a_changed_expectation_a_skip_and_a_vanished_test_are_refused() {
    let project = Project::new();
    std::fs::create_dir_all(project.path("tests")).unwrap();
    let runner = "sh tests/run.sh $BACKCAST_SIDE";
    let with = |script: &str| {
        project.write("tests/run.sh", script);
        certify(&project, "true", "sh -c :", &["tests", runner])
    };
    let told = with("echo 'ok 1 - opens'; echo 'ok 2 - closes'");
    assert!(
        told.contains("1 case: equal by tests `sh tests/run.sh $BACKCAST_SIDE` in tests/**/*"),
        "{told}"
    );
    let told = with("echo 'ok 1 - opens # SKIP later'");
    assert!(told.contains("1 opens is skipped, was skipped"), "{told}");
    let second = "[ $1 = after ] && SECOND=1;";
    let told = with(&format!("{second} echo 'ok 1 - opens'; [ $SECOND ] || echo 'ok 2 - closes'"));
    assert!(told.contains("2 closes is not there, was passed"), "{told}");
    let told =
        with(&format!("{second} [ $SECOND ] && echo '#' >> tests/data; echo 'ok 1 - opens'"));
    assert!(told.contains("tests/data is"), "{told}");
    // Cargo names the program on one stream and its tests on the other.
    let program = |name: &str| format!("echo '     Running tests/{name}.rs (x)' >&2;");
    let (a, b) = (program("a"), program("b"));
    let works = "echo 'test works ... ok'";
    let told = with(&format!("{second} {a} {works}; {b} [ $SECOND ] || {works}"));
    assert!(told.contains("tests/b.rs works is not there, was passed"), "{told}");
    let told = with(&format!(
        "{second} mkdir -p tests/__pycache__; echo $SECOND > tests/__pycache__/x.pyc; echo 'ok 1 - opens'"
    ));
    assert!(told.contains("equal by tests"), "{told}");
    let told = with("echo nothing");
    assert!(told.contains("named no tests"), "{told}");
}

#[test]
fn a_suite_tests_the_command_of_its_side_or_nothing_is_said_of_the_change() {
    let project = Project::new();
    std::fs::create_dir_all(project.path("tests")).unwrap();
    project.write("old.sh", "echo 1");
    project.write("new.sh", "echo 2");
    let told = |script: &str| {
        project.write("tests/run.sh", script);
        certify(&project, "sh old.sh", "sh new.sh", &["tests", "sh tests/run.sh"])
    };
    let blind = told("echo 'ok 1 - opens'");
    assert!(
        blind.starts_with("exit 2\n") && blind.contains("says nothing of the change"),
        "{blind}"
    );
    let broken =
        told("[ \"$($BACKCAST_COMMAND)\" = 1 ] || printf 'not '; echo 'ok 1 - prints one'");
    assert!(broken.contains("1 prints one is failed, was passed"), "{broken}");
    let args = ["tests", "sh tests/run.sh", "--test-files", "nowhere/*"];
    let gone = certify(&project, "sh old.sh", "sh new.sh", &args);
    assert!(gone.contains("no file fits `nowhere/*`"), "{gone}");
}

#[test]
fn what_says_nothing_of_results_certifies_nothing() {
    let project = Project::new();
    let silent = certify(&project, "true", "sh -c :", &["stdout"]);
    assert!(silent.starts_with("exit 2\n") && silent.contains("true prints nothing"), "{silent}");
    let vanished =
        certify(&project, "sh -c 'echo 1 > a.csv'", "sh -c 'rm a.csv'", &["files", "*.csv"]);
    assert!(vanished.contains("a.csv is not written, was 2 bytes"), "{vanished}");
    // What is no verdict on the change is no refusal of it either.
    assert_eq!(project.run(&["certify", "a.toml", "b.toml"]).code, 3);
    assert_eq!(project.run(&["certify", "echo 1", "echo x", "--equal", "json"]).code, 3);
    project.write("cut.json", "{\"format\":");
    assert_eq!(project.run(&["verify", "cut.json"]).code, 3);
    let gone = ["optimize", "--candidates", "gone.toml", "--equal", "stdout", "--", "echo"];
    assert_eq!(project.run(&gone).code, 3);
}

#[test]
fn assets_that_run_one_by_one_have_a_digest_each() {
    let project = Project::new();
    let spec = "mode = \"each\"\n[data]\nbundle = \"sample\"\nassets = [\"AAPL\", \"FB\"]\n[rules]\n\
                enter_long = \"rsi(close, 14) < 40\"\nexit_long = \"rsi(close, 14) > 60\"\n";
    project.write("old.toml", spec);
    project.write("new.toml", &format!("{spec}# the same\n"));
    project.write("other.toml", &spec.replace("< 40", "< 41"));
    let told = project.run(&["certify", "old.toml", "new.toml", "-n", "8"]).told();
    assert!(told.contains("1 case: equal by digests of runs"), "{told}");
    let told = project.run(&["certify", "old.toml", "other.toml", "-n", "8"]).told();
    assert!(told.contains("a result moved in") && told.contains("fills, row"), "{told}");
}

#[test]
fn a_setting_that_reaches_no_interpreter_is_not_measured() {
    let project = Project::new();
    project.write(
        "c.toml",
        "[[candidate]]\nname = \"off\"\npython = { collector = \"off\" }\n\n\
         [[candidate]]\nname = \"bytes\"\nenv = { PYTHONOPTIMIZE = \"1\" }\n",
    );
    let told = |command: &[&str]| {
        let args = ["optimize", "--candidates", "c.toml", "--equal", "stdout", "-n", "8", "--"];
        project.run(&[&args, command].concat()).told()
    };
    let count =
        |text: &str| text.matches(": not applicable: no Python interpreter took it").count();
    let deaf = told(&["python3", "-I", "-c", "print(1)"]);
    assert_eq!(count(&deaf), 2, "{deaf}");
    assert_eq!(count(&told(&["echo", "1"])), 2);
    let heard = told(&["python3", "-c", "print(1)"]);
    assert_eq!(count(&heard), 0, "{heard}");
}

#[test]
fn a_gain_is_certified_kept_and_computed_again() {
    let project = Project::new();
    let spin =
        |n: u32| format!("sh -c 'i=0; while [ $i -lt {n} ]; do i=$((i+1)); done; echo done'");
    let args = ["certify", &spin(60_000), &spin(6_000), "--equal", "stdout", "--output", "c.json"];
    let outcome = project.run(&args);
    if outcome.code == 3 {
        // The machine was too restless to measure even this; there is nothing to verify.
        assert!(outcome.stderr.contains("no certificate: "), "{}", outcome.stderr);
        return;
    }
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("identical: 1 case"), "{}", outcome.stdout);
    let verified = project.run(&["verify", "c.json"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    project.stdout(&["verify", "c.json", "--report", "proof.html"]);
    project.stdout(&["report", "c.json", "--out", "again.html"]);
    let pages = ["proof.html", "again.html"].map(|name| std::fs::read(project.path(name)).unwrap());
    assert!(pages[0] == pages[1], "both doors lead to one page");
    let text = std::fs::read_to_string(project.path("c.json")).unwrap();
    project.write("forged.json", &text.replacen("\"wall_ns\":", "\"wall_ns\":1", 1));
    assert_eq!(project.run(&["report", "forged.json", "--out", "forged.html"]).code, 1);
    let forged = project.run(&["verify", "forged.json"]);
    assert_eq!(forged.code, 1);
    assert!(
        forged.stderr.contains("does not follow from its samples: session.comparison says")
            && forged.stderr.contains("nor do: ")
            && forged.stderr.contains(", id"),
        "{}",
        forged.stderr
    );
}

#[test]
fn a_certificate_is_measured_again_unless_its_program_changed() {
    let project = Project::new();
    project.write("new.sh", "echo done");
    let args = ["certify", "sh -c 'sleep 0.05; echo done'", "sh new.sh", "--equal", "stdout"];
    let outcome = project.run(&[&args[..], &["-n", "8", "--output", "c.json"]].concat());
    if outcome.code == 3 {
        assert!(outcome.stderr.contains("no certificate: "), "{}", outcome.stderr);
        return;
    }
    assert_eq!(outcome.code, 0, "{}", outcome.told());
    let kept = || std::fs::read_dir(project.path(".backcast/certificates")).unwrap().count();
    let again = project.run(&["verify", "c.json", "--rerun"]);
    if again.code != 3 {
        assert_eq!(again.code, 0, "{}", again.told());
        assert!(again.stdout.contains("\nmeasured again\n"), "{}", again.stdout);
        assert_eq!(again.stdout.matches("time saved").count(), 2, "{}", again.stdout);
        assert_eq!(kept(), 2, "the second certificate is kept beside the first");
    }
    project.write("new.sh", "echo done # and changed");
    let changed = project.run(&["verify", "c.json", "--rerun"]);
    assert_eq!(changed.code, 3, "{}", changed.told());
    assert!(changed.stderr.contains("is no longer what was certified"), "{}", changed.stderr);
    assert_eq!(project.run(&["verify", "c.json"]).code, 0, "its samples still say the same");
}

#[test]
fn processes_that_are_each_no_larger_may_be_too_many_together() {
    let project = Project::new();
    project.write(
        "hold.py",
        "import sys, time\nheld = bytearray(40_000_000)\ntime.sleep(float(sys.argv[1]))\n",
    );
    let one = "sh -c 'python3 hold.py 0.9; echo done'";
    let three =
        "sh -c 'python3 hold.py 0.3 & python3 hold.py 0.3 & python3 hold.py 0.3 & wait; echo done'";
    let told = |more: &[&str]| {
        let args = ["certify", one, three, "--equal", "stdout", "-n", "8"];
        project.run(&[&args[..], more].concat()).told()
    };
    assert!(told(&[]).contains("peak memory grew from"), "{}", told(&[]));
    assert!(!told(&["--memory", "500%"]).contains("peak memory grew from"));
    let wrong = told(&["--memory", "lots"]);
    assert!(wrong.starts_with("exit 2\n") && wrong.contains("per cent, such as"), "{wrong}");
}

#[test]
fn what_cannot_be_certified_is_refused_with_what_to_type() {
    let project = Project::new();
    let told = |args: &[&str]| project.run(args).told();
    expect![[r#"
        exit 2
        --- stderr
          × commands have no digest; say what is to be equal
          help: --equal stdout, --equal files GLOB, --equal json or --equal tests COMMAND
    "#]]
    .assert_eq(&told(&["certify", "true", "false"]));
    expect![[r#"
        exit 2
        --- stderr
          × there is no oracle `magic`
          help: oracles are: digest, stdout, files GLOB, json, tests COMMAND
    "#]]
    .assert_eq(&told(&["certify", "true", "false", "--equal", "magic"]));
    expect![[r#"
        exit 1
        --- stderr
          × false ended with exit code 1, so there is no result to compare
    "#]]
    .assert_eq(&told(&["certify", "true", "false", "--equal", "stdout"]));
    expect![[r#"
        exit 3
        --- stderr
          × false ended with exit code 1, so there is no result to compare
          help: the state before the change must work, or nothing can be said of the change
    "#]]
    .assert_eq(&told(&["certify", "false", "true", "--equal", "stdout"]));
    expect![[r#"
        exit 2
        --- stderr
          × two states of the sources are timed on a spec or a command; name it by --on
          help: --on examples/sma_grid.toml, --on 'python3 prog.py'
    "#]]
    .assert_eq(&told(&["certify", "this", "rev:HEAD"]));
    expect![[r#"
        exit 2
        --- stderr
          × there is no program `no-such-thing` on the search path
          help: a line for the shell takes --shell; a program in this folder is ./PROGRAM
    "#]]
    .assert_eq(&told(&["certify", "true", "no-such-thing", "--equal", "stdout"]));
    expect![[r#"
        exit 3
        --- stderr
          × sleep 60 ran past its time limit, so there is no result to compare
          help: it was killed with all it had started; --timeout TIME sets the limit
    "#]]
    .assert_eq(&told(&["certify", "sleep 60", "true", "--equal", "stdout", "--timeout", "0.2s"]));
}

#[test]
fn a_result_that_is_another_each_time_is_no_measure_of_a_change() {
    let project = Project::new();
    let told = certify(&project, "sh -c 'echo $$'", "echo 1", &["stdout"]);
    assert!(told.starts_with("exit 3\n"), "{told}");
    assert!(told.contains("sh -c 'echo $$' does not give the same result twice: line 1"), "{told}");
    // Sets of texts have one order for both sides.
    let print = "python3 -c 'print({str(i) for i in range(50)})'";
    let told = certify(&project, print, &format!("{print} "), &["stdout"]);
    assert!(told.contains("1 case: equal by standard output"), "{told}");
}

#[test]
fn the_loop_begins_with_a_command_that_works_and_keeps_what_carries_its_tuning() {
    let project = Project::new();
    let candidates = "[[candidate]]\nname = \"off\"\npython = { collector = \"off\" }\n";
    project.write("c.toml", candidates);
    let optimize = |command: &[&str]| {
        let args = ["optimize", "--candidates", "c.toml", "--equal", "stdout", "-n", "8", "--"];
        project.run(&[&args, command].concat())
    };
    let broken = optimize(&["false"]);
    assert_eq!((broken.code, broken.stdout.as_str()), (3, ""), "{}", broken.stderr);
    assert!(broken.stderr.contains("false ended with exit code 1"), "{}", broken.stderr);
    assert_eq!(optimize(&["sh", "-c", "echo $$"]).code, 3);
    let command = ["python3", "-c", "import gc; gc.collect(); print(1)"];
    let done = optimize(&command);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let args = ["optimize", "--candidates", "c.toml", "--equal", "stdout", "-n", "8"];
    let json = project.run(&[&args[..], &["--format", "json", "--"], &command].concat());
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(told["candidates"][0]["candidate"], "off", "{told}");
    assert!(told["command"].as_str().unwrap().contains("gc.collect()"), "{told}");
    assert!(told["saved"].is_null() || told["saved"]["estimate"].is_number(), "{told}");
    assert!(project.path(".backcast/tuning/sitecustomize.py").exists());
}

#[test]
fn the_loop_keeps_what_is_certified_and_prints_the_command_it_ends_with() {
    let project = Project::new();
    project.write(
        "work.sh",
        "n=40000; [ \"$QUICK\" ] && n=2000; i=0; while [ $i -lt $n ]; do i=$((i+1)); done; echo done",
    );
    project.write(
        "candidates.toml",
        "[[candidate]]\nname = \"quick\"\nenv = { QUICK = \"1\" }\n\n\
         [[candidate]]\nname = \"other\"\ncommand = [\"echo\", \"other\"]\n",
    );
    let outcome = project.run(&[
        "optimize",
        "--candidates",
        "candidates.toml",
        "--equal",
        "stdout",
        "-n",
        "10",
        "--report",
        "chain.html",
        "--",
        "sh",
        "work.sh",
    ]);
    assert!(outcome.stderr.contains("other: restored: a result moved"), "{}", outcome.stderr);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let page = std::fs::read_to_string(project.path("chain.html")).unwrap();
    assert!(page.contains("<h1>Certified changes</h1>") && page.contains("id=\"trials\""));
    assert!(
        page.contains("taken back") && page.contains("a result moved"),
        "why it was taken back"
    );
    // On a restless machine nothing can be certified, which the table says.
    if outcome.stdout.contains("all together save") {
        assert!(
            outcome.stdout.contains("the command now: QUICK=1 sh work.sh"),
            "{}",
            outcome.stdout
        );
    }
}
