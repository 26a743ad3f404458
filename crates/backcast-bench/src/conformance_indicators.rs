//! `conformance indicators`: golden outputs of the reference library against our indicators.
//!
//! A golden is a JSON file with the class and its arguments, the price file, and the value of each line at every bar.
//! Values agree within a relative 1e-9, or within 1e-12 of the largest absolute value of the line; the first bar of each line agrees
//! exactly. A file is asked when we offer its indicator; the others are named apart.

mod classes;
mod expression;
mod feed;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use expression::{Line, Refusal};
use feed::FeedSpec;

const RELATIVE: f64 = 1e-9;
const FLOOR: f64 = 1e-12;

/// One golden file.
#[derive(Debug, Deserialize)]
struct Golden {
    name: String,
    #[serde(default)]
    expr: Option<String>,
    #[serde(default)]
    args: Option<Vec<String>>,
    #[serde(default)]
    kwargs: Map<String, Value>,
    feeds: Vec<FeedSpec>,
    result: Expected,
}

#[derive(Debug, Deserialize)]
struct Expected {
    first_next: Option<usize>,
    bars: usize,
    lines: Map<String, Value>,
}

/// What became of one golden file.
enum Verdict {
    Match,
    NotOffered(String),
    Differs(String),
}

/// Runs the goldens of `dir`, with price files from `data_dir` (or `../../../data` beside it), and prints what differs, what is not
/// offered, and the count. Gives the number that match and the number that were asked.
///
/// # Errors
/// A folder that cannot be read or holds no golden.
pub(crate) fn run(dir: &Path, data_dir: Option<&Path>) -> Result<(usize, usize), String> {
    let beside = dir.join("../../../data");
    let data_dir = data_dir.unwrap_or(&beside);
    let (mut matched, mut asked, mut apart) = (0, 0, Vec::new());
    let files = golden_files(dir)?;
    if files.is_empty() {
        return Err(format!("no golden files (*.json) in {}", dir.display()));
    }
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match judge_file(&path, data_dir) {
            Verdict::NotOffered(reason) => apart.push(format!("{name}: {reason}")),
            Verdict::Match => {
                matched += 1;
                asked += 1;
            }
            Verdict::Differs(what) => {
                asked += 1;
                println!("{name}: {what}");
            }
        }
    }
    for line in &apart {
        println!("not offered: {line}");
    }
    println!("{matched} of {asked} match");
    Ok((matched, asked))
}

fn golden_files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let read = |error| format!("cannot read {}: {error}", dir.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let is_golden = path.extension().is_some_and(|extension| extension == "json")
            && path.file_name().is_some_and(|name| name != "MANIFEST.json");
        if is_golden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn judge_file(path: &Path, data_dir: &Path) -> Verdict {
    let golden: Golden = match fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()))
    {
        Ok(golden) => golden,
        Err(error) => return Verdict::Differs(format!("cannot be read: {error}")),
    };
    match compute(&golden, data_dir) {
        Ok(lines) => match compare(&golden.result, &lines) {
            Ok(()) => Verdict::Match,
            Err(what) => Verdict::Differs(what),
        },
        Err(Refusal::NotOffered(reason)) => Verdict::NotOffered(reason),
        Err(Refusal::Failed(what)) => Verdict::Differs(what),
    }
}

/// All lines of the golden's indicator that we know by name.
fn compute(golden: &Golden, data_dir: &Path) -> Result<Vec<(&'static str, Line)>, Refusal> {
    if golden.expr.is_some() {
        return Err(Refusal::NotOffered("a line expression".to_owned()));
    }
    let class = classes::find(&golden.name)
        .ok_or_else(|| Refusal::NotOffered(format!("no indicator for {}", golden.name)))?;
    let call = class.call(&golden.kwargs).map_err(Refusal::NotOffered)?;
    let [feed] = &golden.feeds[..] else {
        return Err(Refusal::NotOffered("more than one feed".to_owned()));
    };
    let bars = feed.load(data_dir)?;
    if bars.len() != golden.result.bars {
        return Err(Refusal::Failed(format!(
            "{} bars in the range, expected {}",
            bars.len(),
            golden.result.bars
        )));
    }
    let data = vec!["data".to_owned()];
    let args = golden.args.as_ref().unwrap_or(&data);
    expression::call(&call, args, &bars)
}

fn compare(expected: &Expected, lines: &[(&'static str, Line)]) -> Result<(), String> {
    let mut first_next = 0;
    for (name, values) in &expected.lines {
        let Some((_, line)) = lines.iter().find(|(known, _)| known == name) else {
            return Err(format!("line {name} missing"));
        };
        let values: Vec<f64> =
            values.as_array().map(|values| values.iter().map(number).collect()).unwrap_or_default();
        compare_line(name, &values, line)?;
        first_next = first_next.max(line.valid_from + 1);
    }
    let first_next = (first_next <= expected.bars).then_some(first_next);
    if first_next != expected.first_next {
        return Err(format!(
            "first next at bar {first_next:?}, expected {:?}",
            expected.first_next
        ));
    }
    Ok(())
}

fn compare_line(name: &str, expected: &[f64], line: &Line) -> Result<(), String> {
    if expected.len() != line.values.len() {
        return Err(format!(
            "line {name}: {} values, expected {}",
            line.values.len(),
            expected.len()
        ));
    }
    let finite = expected.iter().filter(|value| value.is_finite());
    let floor = FLOOR * finite.fold(0.0, |top: f64, value| top.max(value.abs()));
    for (bar, (&want, &got)) in expected.iter().zip(&line.values).enumerate() {
        if !close(want, got, floor) {
            return Err(format!("line {name}, bar {}: {got}, expected {want}", bar + 1));
        }
    }
    let first = expected.iter().position(|value| !value.is_nan());
    if first.unwrap_or(expected.len()) != line.valid_from {
        return Err(format!("line {name}: valid from {}, expected {first:?}", line.valid_from));
    }
    Ok(())
}

fn close(want: f64, got: f64, floor: f64) -> bool {
    want == got
        || (want.is_nan() && got.is_nan())
        || (want - got).abs() <= floor.max(RELATIVE * want.abs().max(got.abs()))
}

/// A number of a golden: JSON has no `nan`, so it stands there as text.
fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap_or(f64::NAN),
        other => other.as_f64().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_goldens_match() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let from_env = std::env::var_os("BACKCAST_SHARED").map(PathBuf::from);
        let found = from_env.or_else(|| {
            here.ancestors()
                .map(|folder| folder.join("shared"))
                .find(|folder| folder.join("DESIGN.md").is_file())
        });
        let Some(shared) = found else {
            println!("skipped: no folder `shared` beside the repository");
            return;
        };
        let (matched, asked) = run(&shared.join("conformance/backtrader/indicators"), None)
            .expect("the goldens are there");
        assert_eq!(matched, asked);
        assert!(asked >= 20);
    }

    #[test]
    fn a_difference_beyond_the_tolerance_is_seen() {
        assert!(close(1.0, 1.0 + 9e-10, 0.0));
        assert!(!close(1.0, 1.0 + 2e-9, 0.0));
        assert!(close(0.0, 1e-12, 1e-12));
        assert!(!close(0.0, f64::NAN, 1e-12));
        assert!(close(f64::NAN, f64::NAN, 0.0));
    }
}
