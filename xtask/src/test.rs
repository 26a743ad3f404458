//! `cargo xtask test`: everything that CI runs, step by step, with a summary at the end.
//!
//! A failed step does not stop the others, so that one run shows all that is wrong. All Rust steps
//! share the release profile and one target folder: nothing is compiled twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::tally::Tally;
use crate::watch::{Ended, watched};
use crate::{browser, check, process, python};

/// How long the Rust tests may take, compiling included: several times what they do on two busy cores.
const RUST_LIMIT: Duration = Duration::from_secs(35 * 60);
/// How long the tests from outside may take.
const PYTHON_LIMIT: Duration = Duration::from_secs(15 * 60);

pub(crate) const HELP: &str = "\
cargo xtask test [--only rust|python|browser]... [--skip-browser]

    --only PART       run the steps of this part alone; may be given more than once
    --skip-browser    leave out the tests that need Chromium

Environment: BACKCAST_PYTHON, BACKCAST_CHROMIUM name an interpreter and a browser;
BACKCAST_SHARED names the folder that holds the conformance suites.
";

/// What was asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    only: Vec<Part>,
    skip_browser: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Rust,
    Python,
    Browser,
}

impl Options {
    /// Reads the arguments after `test`.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--skip-browser" => options.skip_browser = true,
                "--only" => options.only.push(match rest.next().map(String::as_str) {
                    Some("rust") => Part::Rust,
                    Some("python") => Part::Python,
                    Some("browser") => Part::Browser,
                    _ => return Err("--only takes rust, python or browser".into()),
                }),
                _ => return Err(format!("`cargo xtask test` knows no `{argument}`")),
            }
        }
        if options.skip_browser && options.only.contains(&Part::Browser) {
            return Err("--only browser and --skip-browser contradict each other".into());
        }
        Ok(options)
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Runs the chosen steps and prints the summary; fails when a step failed.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut steps = Steps::default();
    let before = stray_files();
    if options.wants(Part::Rust) {
        rust(&mut steps);
    }
    if options.wants(Part::Python) || options.wants(Part::Browser) {
        with_python(options, &mut steps);
    }
    steps.run("nothing left behind", || left_behind(before));
    steps.summary()
}

/// Files that git does not track, ignored ones included, without the target folder.
fn stray_files() -> Result<BTreeSet<String>, String> {
    let mut git = Command::new("git");
    git.args(["status", "--porcelain", "--ignored=matching", "--untracked-files=all"]);
    let listed = process::capture(git.current_dir(process::root()))?;
    let strays =
        listed.lines().filter_map(|line| line.strip_prefix("?? ").or(line.strip_prefix("!! ")));
    Ok(strays.filter(|path| *path != "target/").map(String::from).collect())
}

/// Tests write below the target folder or the system's temporary folder only.
fn left_behind(before: Result<BTreeSet<String>, String>) -> Result<Done, String> {
    let Ok(before) = before else {
        return Ok(Done::Skipped("git does not know this folder".into()));
    };
    let new: Vec<String> = stray_files()?.difference(&before).cloned().collect();
    match new.is_empty() {
        true => Ok(Done::Plain),
        false => Err(format!("appeared during the tests: {}", new.join(", "))),
    }
}

fn rust(steps: &mut Steps) {
    steps.run("formatting", || {
        if !process::succeeds(&mut process::cargo(["fmt", "--version"])) {
            return Ok(Done::Skipped("rustfmt is not installed".into()));
        }
        process::run(&mut process::cargo(["fmt", "--all", "--check"])).map(|()| Done::Plain)
    });
    steps.run("clippy", || {
        if !process::succeeds(&mut process::cargo(["clippy", "--version"])) {
            return Ok(Done::Skipped("clippy is not installed".into()));
        }
        let mut clippy = process::cargo(["clippy", "--release", "--locked", "--workspace"]);
        process::run(clippy.args(["--all-targets", "--keep-going", "--", "-D", "warnings"]))
            .map(|()| Done::Plain)
    });
    steps.run("tree", || check::run().map(|()| Done::Plain));
    steps.run("rust tests", || {
        let mut test = process::cargo(["test", "--release", "--locked", "--workspace"]);
        counted(test.arg("--no-fail-fast"), RUST_LIMIT)
    });
    for (name, suite, folder) in [
        ("calendar conformance", "calendars", "conformance/calendars"),
        ("indicator conformance", "indicators", "conformance/backtrader/indicators"),
    ] {
        steps.run(name, || conformance(suite, folder));
    }
}

/// A suite of golden answers that lies beside the repository, where it does.
fn conformance(suite: &str, folder: &str) -> Result<Done, String> {
    let Some(folder) = process::shared().map(|shared| shared.join(folder)) else {
        return Ok(Done::Skipped("no shared folder beside the repository".into()));
    };
    if !folder.is_dir() {
        return Ok(Done::Skipped(format!("no folder {}", folder.display())));
    }
    let mut bench = crate::bench("conformance")?;
    process::run(bench.args([suite, "--dir"]).arg(folder)).map(|()| Done::Plain)
}

/// The tests in `python/tests`: first those that need no browser, then those that do.
fn with_python(options: &Options, steps: &mut Steps) {
    let mut interpreter = None;
    steps.run("python environment", || {
        interpreter = Some(python::ensure()?);
        Ok(Done::Plain)
    });
    let mut program = None;
    steps.run("program", || {
        process::run(&mut process::cargo(["build", "--release", "--locked"]))?;
        program = Some(process::target().join("release").join("backcast"));
        Ok(Done::Plain)
    });
    let ready = interpreter.zip(program);
    if options.wants(Part::Python) {
        steps.run("python tests", || pytest(ready.as_ref(), "not browser", None));
    }
    if options.wants(Part::Browser) {
        browser_tests(options, ready.as_ref(), steps);
    }
}

fn browser_tests(options: &Options, ready: Option<&(PathBuf, PathBuf)>, steps: &mut Steps) {
    if options.skip_browser {
        steps.run("browser tests", || Ok(Done::Skipped("--skip-browser was given".into())));
        return;
    }
    let mut chromium = None;
    steps.run("browser", || {
        chromium = Some(browser::ensure()?);
        Ok(Done::Plain)
    });
    steps.run("browser tests", || match &chromium {
        Some(chromium) => pytest(ready, "browser", Some(chromium)),
        None => Ok(Done::Skipped("there is no browser".into())),
    });
}

fn pytest(
    ready: Option<&(PathBuf, PathBuf)>,
    marker: &str,
    chromium: Option<&Path>,
) -> Result<Done, String> {
    let Some((interpreter, program)) = ready else {
        return Ok(Done::Skipped("an earlier step failed".into()));
    };
    let target = process::target();
    let mut pytest = Command::new(interpreter);
    pytest
        .current_dir(process::root())
        .args(["-m", "pytest", "python/tests", "-q", "-m", marker, "-p", "no:cacheprovider"])
        .arg(format!("--basetemp={}", target.join("pytest").display()))
        .env("BACKCAST_BIN", program)
        .env("BACKCAST_TARGET", &target)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(chromium) = chromium {
        pytest.env("BACKCAST_CHROMIUM", chromium);
    }
    counted(&mut pytest, PYTHON_LIMIT)
}

/// Runs a test runner, shows what it prints and counts its tests.
fn counted(command: &mut Command, limit: Duration) -> Result<Done, String> {
    eprintln!("$ {}", process::shown(command));
    let mut tally = Tally::default();
    let ended = watched(command, limit, |line| {
        println!("{line}");
        tally.read(line);
    })?;
    Ok(match ended {
        Ended::With(status) if status.success() => Done::Counted(tally),
        Ended::With(status) => Done::Broken(tally, format!("ended with {status}")),
        Ended::Killed(why) => Done::Broken(tally, why),
    })
}

/// How a step ended, when it could be carried out.
enum Done {
    Plain,
    Counted(Tally),
    Broken(Tally, String),
    Skipped(String),
}

struct Step {
    name: &'static str,
    seconds: f64,
    result: Result<Done, String>,
}

#[derive(Default)]
struct Steps {
    done: Vec<Step>,
}

impl Steps {
    fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<Done, String>) {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let result = step();
        if let Err(message) = &result {
            eprintln!("error: {message}");
        }
        self.done.push(Step { name, seconds: start.elapsed().as_secs_f64(), result });
    }

    /// Tests and single checks together; a step that counts no tests is one check.
    fn tally(&self) -> Tally {
        let mut sum = Tally::default();
        for step in &self.done {
            let part = match &step.result {
                Ok(Done::Plain) => Tally { passed: 1, ..Tally::default() },
                Ok(Done::Counted(tally)) => *tally,
                Ok(Done::Broken(tally, _)) => Tally { failed: tally.failed.max(1), ..*tally },
                Ok(Done::Skipped(_)) => Tally { skipped: 1, ..Tally::default() },
                Err(_) => Tally { failed: 1, ..Tally::default() },
            };
            sum.passed += part.passed;
            sum.failed += part.failed;
            sum.skipped += part.skipped;
        }
        sum
    }

    fn summary(&self) -> Result<(), String> {
        println!("\n{:<24} {:>8}  result", "step", "seconds");
        for step in &self.done {
            println!("{:<24} {:>8.1}  {}", step.name, step.seconds, told(&step.result));
        }
        let sum = self.tally();
        println!();
        for step in &self.done {
            if let Ok(Done::Skipped(why)) = &step.result {
                println!("skipped: {} ({why})", step.name);
            }
        }
        println!("{} passed, {} failed", sum.passed, sum.failed);
        match sum.failed {
            0 => Ok(()),
            _ => Err("not everything passed".into()),
        }
    }
}

fn told(result: &Result<Done, String>) -> String {
    let counts = |tally: &Tally| {
        let skipped = match tally.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        format!("{} passed, {} failed{skipped}", tally.passed, tally.failed)
    };
    match result {
        Ok(Done::Plain) => "passed".into(),
        Ok(Done::Counted(tally)) => counts(tally),
        Ok(Done::Broken(tally, how)) => format!("FAILED: {}; {how}", counts(tally)),
        Ok(Done::Skipped(why)) => format!("skipped: {why}"),
        Err(message) => format!("FAILED: {}", message.lines().next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Done, Options, Part, Steps};
    use crate::tally::Tally;

    fn parse(text: &str) -> Result<Options, String> {
        Options::parse(&text.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn parts_are_chosen_and_wrong_words_are_refused() {
        assert!(parse("").unwrap().wants(Part::Browser));
        let options = parse("--only rust --only python").unwrap();
        assert!(options.wants(Part::Rust) && options.wants(Part::Python));
        assert!(!options.wants(Part::Browser));
        for wrong in ["--only", "--only perl", "--fast", "--only browser --skip-browser"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_broken_step_fails_the_whole_and_skipped_ones_do_not() {
        let mut steps = Steps::default();
        steps.run("plain", || Ok(Done::Plain));
        steps.run("tests", || Ok(Done::Counted(Tally { passed: 7, failed: 0, skipped: 1 })));
        steps.run("absent", || Ok(Done::Skipped("not here".into())));
        assert_eq!(steps.tally(), Tally { passed: 8, failed: 0, skipped: 2 });
        assert!(steps.summary().is_ok());
        // A runner that dies before it counts anything is still a failure.
        steps.run("died", || Ok(Done::Broken(Tally::default(), "ended with signal 9".into())));
        steps.run("error", || Err("no such program".into()));
        assert_eq!(steps.tally().failed, 2);
        assert!(steps.summary().is_err());
    }
}
