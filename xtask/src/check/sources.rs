//! What the text of the repository must not contain, file by file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::documents;
use crate::process;

/// A longer source file is named, as advice.
const LONG: usize = 600;

/// Where `unsafe` may be opened (a path starts with one of these).
const UNSAFE_ALLOWED: [&str; 4] = [
    "crates/backcast-engine/src/lanes/vector",
    "crates/backcast-store/src/map",
    // The time stamp counter, and clocks of single threads.
    "crates/backcast-spans/src/clock",
    // An allocator is an unsafe trait.
    "crates/backcast-spans/src/alloc",
];

/// Crates whose result depends on their arguments alone. They may make spans: `backcast-spans`, below them, reads clocks, but
/// hands no reading back to the code that it measures.
const PURE: [&str; 7] = [
    "crates/backcast-types/src/",
    "crates/backcast-calendar/src/",
    "crates/backcast-indicators/src/",
    "crates/backcast-metrics/src/",
    "crates/backcast-data/src/",
    "crates/backcast-rules/src/",
    "crates/backcast-engine/src/",
];

/// What a pure crate must not say outside its tests: (text, what it is).
const IMPURE: [(&str, &str); 11] = [
    ("std::fs", "reads a file"),
    ("std::net", "talks to a network"),
    ("std::process", "starts a program"),
    ("SystemTime", "reads the wall clock"),
    ("Instant::now", "reads the wall clock"),
    ("Timestamp::now", "reads the wall clock"),
    ("Zoned::now", "reads the wall clock"),
    ("thread_rng", "draws unseeded random numbers"),
    ("from_os_rng", "draws unseeded random numbers"),
    ("println!", "prints"),
    ("dbg!", "prints"),
];

/// Folders of one person's machine; split so that this file does not contain them.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/tm", "p/"),
    concat!("/wo", "rk/"),
];

/// Faults and warnings over all files that git tracks or would track.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) faults: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// Reads every file of the repository.
pub(super) fn check() -> Result<Report, String> {
    let root = process::root();
    let mut report = Report::default();
    for path in files(&root)? {
        let Ok(bytes) = fs::read(root.join(&path)) else { continue };
        let name = path.to_string_lossy().replace('\\', "/");
        if let Ok(text) = std::str::from_utf8(&bytes)
            && !bytes.contains(&0)
        {
            check_text(&name, text, &mut report);
            if name.ends_with(".md") {
                report.faults.extend(documents::check(&root, &name, text));
            }
        }
    }
    Ok(report)
}

fn check_text(name: &str, text: &str, report: &mut Report) {
    machine_paths(name, text, report);
    if name.ends_with(".rs") {
        let lines = text.lines().count();
        if lines > LONG {
            report.warnings.push(format!("{name} has {lines} lines (advice: at most {LONG})"));
        }
        opened_unsafe(name, text, report);
        if PURE.iter().any(|folder| name.starts_with(folder)) {
            impure(name, text, report);
        }
    }
    let manifest = name.starts_with("crates/") && name.ends_with("/Cargo.toml");
    if manifest && !text.contains("[lints]\nworkspace = true") {
        report.faults.push(format!("{name} lacks `[lints]` with `workspace = true`"));
    }
}

fn machine_paths(name: &str, text: &str, report: &mut Report) {
    for (number, line) in (1..).zip(text.lines()) {
        let found = MACHINE_PATHS.iter().find(|folder| {
            line.match_indices(**folder).any(|(place, _)| starts_a_path(&line[..place]))
        });
        if let Some(folder) = found {
            report.faults.push(format!("{name}:{number} names a machine's own folder `{folder}`"));
        }
        if line.starts_with(concat!("<<<<", "<<< ")) {
            report.faults.push(format!("{name}:{number} is an unresolved merge"));
        }
    }
}

/// Whether a slash that follows this text begins an absolute path (not a folder of a longer one).
fn starts_a_path(before: &str) -> bool {
    !before.ends_with(|letter: char| letter.is_alphanumeric() || "._-)}*/".contains(letter))
}

fn opened_unsafe(name: &str, text: &str, report: &mut Report) {
    let allowed = UNSAFE_ALLOWED.iter().any(|place| name.starts_with(place));
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let opens = line.starts_with('#') && line.contains(concat!("unsafe", "_code"));
        if opens && !allowed {
            report.faults.push(format!("{name}:{number} opens unsafe code outside its places"));
        }
    }
}

fn impure(name: &str, text: &str, report: &mut Report) {
    let code = text.split("\n#[cfg(test)]").next().unwrap_or(text);
    for (number, line) in (1..).zip(code.lines()) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        if let Some((_, what)) = IMPURE.iter().find(|(pattern, _)| line.contains(pattern)) {
            report.faults.push(format!("{name}:{number} {what}, in a crate that must not"));
        }
    }
}

/// Paths relative to the root: what git knows, or without git everything but the target folder.
fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let listed = process::capture(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root),
    );
    if let Ok(listed) = listed {
        return Ok(listed.split_terminator('\0').map(PathBuf::from).collect());
    }
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let hidden = path.file_name().is_some_and(|name| name == "target" || name == ".git");
            if path.is_dir() && !path.is_symlink() && !hidden {
                folders.push(path);
            } else if path.is_file() {
                found.push(path.strip_prefix(root).unwrap_or(&path).to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Report, check_text};

    fn faults(name: &str, text: &str) -> usize {
        let mut report = Report::default();
        check_text(name, text, &mut report);
        report.faults.len()
    }

    #[test]
    fn folders_of_one_machine_are_found_but_not_parts_of_other_paths() {
        assert_eq!(faults("a.md", concat!("see /ro", "ot/x")), 1);
        assert_eq!(faults("a.md", concat!("`/ho", "me/me/x`")), 1);
        assert_eq!(faults("a.md", concat!("https://example.org/ho", "me/x and a/tm", "p/b")), 0);
    }

    #[test]
    fn unsafe_is_opened_only_in_its_places() {
        let text = concat!("#![expect(unsafe", "_code, reason = \"vector instructions\")]");
        assert_eq!(faults("crates/backcast-engine/src/broker.rs", text), 1);
        assert_eq!(faults("crates/backcast-engine/src/lanes/vector/avx2.rs", text), 0);
        assert_eq!(faults("crates/backcast-store/src/map.rs", text), 0);
        assert_eq!(faults("crates/backcast-spans/src/clock.rs", text), 0);
        assert_eq!(faults("crates/backcast-spans/src/recorder.rs", text), 1);
    }

    #[test]
    fn the_engine_reads_no_clock_but_its_tests_may() {
        let engine = "crates/backcast-engine/src/broker.rs";
        assert_eq!(faults(engine, "let t = std::time::Instant::now();"), 1);
        assert_eq!(faults(engine, "fn f() {}\n#[cfg(test)]\nmod t { println!() }"), 0);
        assert_eq!(faults("crates/backcast-cli/src/main.rs", "println!()"), 0);
        assert_eq!(faults(engine, "let _span = span!(\"engine.run\");"), 0);
    }
}
