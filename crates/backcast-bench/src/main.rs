//! The jobs of `cargo xtask bench` and `cargo xtask conformance`.

mod conformance_calendars;

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["conformance", "calendars", "--dir", dir] => calendars(Path::new(dir)),
        _ => {
            eprintln!("usage: backcast-bench conformance calendars --dir DIR");
            ExitCode::from(2)
        }
    }
}

/// Exit 0 only where each answer is right and the tables beside the questions agree.
fn calendars(dir: &Path) -> ExitCode {
    match conformance_calendars::run(dir) {
        Ok((matched, asked)) if matched == asked && asked > 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}
