//! A test suite as the judge: the same tests on both sides, in files that did not change, and all of them pass.

use std::collections::BTreeMap;

use super::{Case, Divergence, Equality, Finding, check::Workbench, files};
use crate::{bench::Arm, certify::CertifyError, child::Subject};

/// Tells a suite which side it tests: the words of the command of that side, quoted for the shell.
const COMMAND: &str = "BACKCAST_COMMAND";
/// Tells a suite which side it tests: `before` or `after`.
const SIDE: &str = "BACKCAST_SIDE";
/// Most output of a test runner that is read, in bytes of each end.
const READ: usize = 64 << 20;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Passed,
    Failed,
    Skipped,
}

/// What a suite is on one side.
struct Suite {
    tests: BTreeMap<String, Fate>,
    /// Hashes of the files by path.
    files: BTreeMap<String, String>,
    digest: String,
}

/// Runs the suite in the folder and environment of both sides, which differ for revisions and settings. Two commands of one folder
/// are told apart by variables that the suite has to read.
pub(super) fn finding(
    case: &Case,
    command: &str,
    pattern: &str,
    workbench: &Workbench<'_>,
) -> Result<Finding, CertifyError> {
    let one_surrounding =
        (&case.before.dir, &case.before.env) == (&case.after.dir, &case.after.env);
    if one_surrounding && !tells_sides_apart(&case.before, command, pattern)? {
        return Err(CertifyError::SameSuite { command: command.to_owned() });
    }
    let before = suite(case, Arm::Base, command, pattern, workbench)?;
    let after = suite(case, Arm::Candidate, command, pattern, workbench)?;
    let equality = match first_fault(&before, &after) {
        Some(fault) => Equality::Different(fault),
        None => Equality::Identical,
    };
    Ok(case.finding(&before.digest, &after.digest, equality))
}

fn first_fault(before: &Suite, after: &Suite) -> Option<Divergence> {
    let at = |place: String, before: &str, after: &str| {
        Some(Divergence { place, before: before.into(), after: after.into() })
    };
    for name in before.files.keys().chain(after.files.keys()) {
        let (ours, theirs) = (before.files.get(name), after.files.get(name));
        if ours != theirs {
            let gone = "not there".to_owned();
            return at(name.clone(), ours.unwrap_or(&gone), theirs.unwrap_or(&gone));
        }
    }
    for name in before.tests.keys().chain(after.tests.keys()) {
        let (ours, theirs) = (before.tests.get(name), after.tests.get(name));
        if ours != Some(&Fate::Passed) || theirs != Some(&Fate::Passed) {
            return at(name.clone(), word(ours), word(theirs));
        }
    }
    None
}

fn word(fate: Option<&Fate>) -> &'static str {
    match fate {
        None => "not there",
        Some(Fate::Passed) => "passed",
        Some(Fate::Failed) => "failed",
        Some(Fate::Skipped) => "skipped",
    }
}

/// Whether a suite asks which side it tests, on its command line or in one of its files.
fn tells_sides_apart(side: &Subject, command: &str, pattern: &str) -> Result<bool, CertifyError> {
    let asks = |text: &str| text.contains(COMMAND) || text.contains(SIDE);
    let files = files::contents(&files::folder_of(side), pattern)?;
    if files.is_empty() {
        return Err(CertifyError::NoTestFiles { pattern: pattern.to_owned() });
    }
    Ok(asks(command) || files.values().any(|bytes| asks(&String::from_utf8_lossy(bytes))))
}

fn suite(
    case: &Case,
    arm: Arm,
    command: &str,
    pattern: &str,
    workbench: &Workbench<'_>,
) -> Result<Suite, CertifyError> {
    let side = case.of(arm);
    // One stream, so that lines stand in their order: cargo says on one what program runs, on the other how its tests ended.
    let mut subject = Subject::shell(&format!("exec 2>&1\n{command}")).named(command);
    subject.dir.clone_from(&side.dir);
    subject.env.clone_from(&side.env);
    // pytest names each test and its fate only when asked to; what the user has set stays.
    let asked = std::env::var("PYTEST_ADDOPTS").unwrap_or_default();
    subject.env.push(("PYTEST_ADDOPTS".into(), format!("{asked} -rA --tb=no").into()));
    let word = if arm == Arm::Base { "before" } else { "after" };
    subject.env.push((SIDE.into(), word.into()));
    subject.env.push((COMMAND.into(), side.line().into()));
    let finished = workbench.run(&subject, READ)?;
    let mut tests = BTreeMap::new();
    for stream in [finished.stdout, finished.stderr].into_iter().flatten() {
        let text = [&stream.first[..], &stream.last[..]].concat();
        read_fates(&String::from_utf8_lossy(&text), &mut tests);
    }
    let exit = finished.sample.exit;
    if tests.is_empty() {
        return Err(CertifyError::NoTests { command: command.to_owned() });
    }
    // A runner that fails although no test does has not run all of them.
    if !exit.is_success() && tests.values().all(|fate| *fate != Fate::Failed) {
        tests.insert(format!("`{command}` ({exit})"), Fate::Failed);
    }
    let mut contents = files::contents(&files::folder_of(side), pattern)?;
    // Byte code is made by running; it has the time of the file in it.
    contents.retain(|name, _| !name.split('/').any(|part| part == "__pycache__"));
    if contents.is_empty() {
        return Err(CertifyError::NoTestFiles { pattern: pattern.to_owned() });
    }
    let hash = |bytes: &Vec<u8>| blake3::hash(bytes).to_hex().to_string();
    let files = contents.iter().map(|(name, bytes)| (name.clone(), hash(bytes))).collect();
    Ok(Suite { tests, files, digest: files::digest(&contents) })
}

/// Adds the tests that a runner's output names. The same test named twice keeps its worst fate.
fn read_fates(text: &str, tests: &mut BTreeMap<String, Fate>) {
    let mut target = String::new();
    for line in text.lines() {
        if let Some(rest) = line.trim_start().strip_prefix("Running ") {
            // The file name of a test program ends in a hash that each build may change.
            target = rest.split(" (").next().unwrap_or(rest).to_owned() + " ";
        } else if let Some(rest) = line.trim_start().strip_prefix("Doc-tests ") {
            target = format!("doc {rest} ");
        }
        let found = pytest(line).or_else(|| nextest(line)).or_else(|| tap(line));
        let found =
            found.or_else(|| cargo(line).map(|(name, fate)| (target.clone() + &name, fate)));
        if let Some((name, fate)) = found.or_else(|| unittest(line)) {
            let worst = tests.entry(name).or_insert(fate);
            if *worst == Fate::Passed {
                *worst = fate;
            }
        }
    }
}

/// `PASSED tests/test_x.py::test_y`, `SKIPPED [1] tests/test_x.py:3: reason`.
fn pytest(line: &str) -> Option<(String, Fate)> {
    let (word, rest) = line.split_once(' ')?;
    let fate = match word {
        "PASSED" => Fate::Passed,
        "FAILED" | "ERROR" | "XPASS" => Fate::Failed,
        "SKIPPED" | "XFAIL" => Fate::Skipped,
        _ => return None,
    };
    // A reason follows what did not pass; a dash in the name of what did is part of it.
    let name = if fate == Fate::Passed { rest } else { rest.split(" - ").next().unwrap_or(rest) };
    let looks_like_one = name.contains("::") || name.contains(".py");
    looks_like_one.then(|| (name.to_owned(), fate))
}

/// `test module::name ... ok`.
fn cargo(line: &str) -> Option<(String, Fate)> {
    let (name, fate) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let fate = match fate.split([' ', ',']).next()? {
        "ok" => Fate::Passed,
        "FAILED" => Fate::Failed,
        "ignored" => Fate::Skipped,
        _ => return None,
    };
    Some((name.to_owned(), fate))
}

/// `        PASS [   0.005s] package::binary module::name`.
fn nextest(line: &str) -> Option<(String, Fate)> {
    let (word, rest) = line.trim_start().split_once(" [")?;
    let fate = match word {
        "PASS" => Fate::Passed,
        "FAIL" | "TIMEOUT" | "SIGSEGV" | "SIGABRT" => Fate::Failed,
        "SKIP" => Fate::Skipped,
        _ => return None,
    };
    let name = rest.split_once(']')?.1.trim();
    // Newer runners count: `( 3/20) package test`.
    let name = name.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(name, |it| it.1);
    Some((name.trim().to_owned(), fate))
}

/// `test_name (module.Class.test_name) ... ok`.
fn unittest(line: &str) -> Option<(String, Fate)> {
    let (name, fate) = line.rsplit_once(" ... ")?;
    let fate = match fate {
        "ok" => Fate::Passed,
        "FAIL" | "ERROR" | "unexpected success" => Fate::Failed,
        "expected failure" => Fate::Skipped,
        _ if fate.starts_with("skipped") => Fate::Skipped,
        _ => return None,
    };
    name.ends_with(')').then(|| (name.to_owned(), fate))
}

/// `ok 3 - name`, `not ok 4 - name`, `ok 5 - name # SKIP reason`.
fn tap(line: &str) -> Option<(String, Fate)> {
    let (rest, fate) = match line.strip_prefix("not ok ") {
        Some(rest) => (rest, Fate::Failed),
        None => (line.strip_prefix("ok ")?, Fate::Passed),
    };
    let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    number.parse::<u32>().ok()?;
    let (name, directive) = rest.split_once('#').unwrap_or((rest, ""));
    let directive = directive.trim_start().to_ascii_lowercase();
    let skipped = directive.starts_with("skip") || directive.starts_with("todo");
    let name = name.trim().trim_start_matches("- ").trim();
    Some((format!("{number} {name}"), if skipped { Fate::Skipped } else { fate }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(text: &str) -> Vec<(String, Fate)> {
        let mut tests = BTreeMap::new();
        read_fates(text, &mut tests);
        tests.into_iter().collect()
    }

    #[test]
    fn the_fates_of_pytest_are_read() {
        let text = "PASSED tests/test_a.py::test_one[a - b]\nPASSED tests/test_a.py::test_one[a - c]\nFAILED tests/test_a.py::test_two - assert 1 == 2\n\
                    SKIPPED [1] tests/test_a.py:7: no network\nPASSED is a word\n";
        let expected = [
            ("[1] tests/test_a.py:7: no network", Fate::Skipped),
            ("tests/test_a.py::test_one[a - b]", Fate::Passed),
            ("tests/test_a.py::test_one[a - c]", Fate::Passed),
            ("tests/test_a.py::test_two", Fate::Failed),
        ];
        assert_eq!(fates(text), expected.map(|(name, fate)| (name.to_owned(), fate)));
    }

    #[test]
    fn tests_of_two_programs_with_one_name_stay_apart() {
        let text = "     Running unittests src/lib.rs (target/debug/deps/a-0123)\ntest works ... ok\n\
                    \x20    Running tests/it.rs (target/debug/deps/it-4567)\ntest works ... FAILED\ntest later ... ignored\n";
        let expected = [
            ("tests/it.rs later", Fate::Skipped),
            ("tests/it.rs works", Fate::Failed),
            ("unittests src/lib.rs works", Fate::Passed),
        ];
        assert_eq!(fates(text), expected.map(|(name, fate)| (name.to_owned(), fate)));
    }

    #[test]
    fn the_fates_of_other_runners_are_read() {
        let text = "        PASS [   0.005s] (1/2) pack::it market::opens\n        FAIL [   0.1s] pack::it closes\n\
                    test_x (m.C.test_x) ... skipped 'why'\nok 1 - first\nnot ok 2 - second\nok 3 - third # SKIP slow\n";
        let expected = [
            ("1 first", Fate::Passed),
            ("2 second", Fate::Failed),
            ("3 third", Fate::Skipped),
            ("pack::it closes", Fate::Failed),
            ("pack::it market::opens", Fate::Passed),
            ("test_x (m.C.test_x)", Fate::Skipped),
        ];
        assert_eq!(fates(text), expected.map(|(name, fate)| (name.to_owned(), fate)));
    }
}
