//! The jobs of `cargo xtask bench` and `cargo xtask conformance`.

mod conformance_calendars;
mod conformance_indicators;

use std::{path::Path, process::ExitCode};

const USAGE: &str = "usage: backcast-bench conformance calendars --dir DIR
       backcast-bench conformance indicators --dir DIR [--data DIR]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["conformance", "calendars", "--dir", dir] => {
            verdict(conformance_calendars::run(Path::new(dir)))
        }
        ["conformance", "indicators", "--dir", dir] => {
            verdict(conformance_indicators::run(Path::new(dir), None))
        }
        ["conformance", "indicators", "--dir", dir, "--data", data]
        | ["conformance", "indicators", "--data", data, "--dir", dir] => {
            verdict(conformance_indicators::run(Path::new(dir), Some(Path::new(data))))
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Exit 0 only where something was asked and each answer is right.
fn verdict(counts: Result<(usize, usize), String>) -> ExitCode {
    match counts {
        Ok((matched, asked)) if matched == asked && asked > 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}
