//! Chores of the repository: `cargo xtask --help` lists them.
//!
//! Only the standard library, so that starting a chore compiles next to nothing; what needs product
//! crates lives in `backcast-bench` and is started from here.

mod process;
mod python;

use std::process::{Command, ExitCode};

const HELP: &str = "\
Chores of the Backcast repository.

    cargo xtask bench [JOB..] [OPTIONS]              measure: the jobs of backcast-bench
    cargo xtask conformance calendars|indicators --dir DIR
                                                     answer a folder of golden questions
    cargo xtask golden [CARGO TEST ARGUMENTS]        rewrite inline expectations; read the diff like code
    cargo xtask python                               path of an interpreter with requirements-dev.txt
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    let outcome = match command.as_str() {
        "python" if rest.is_empty() => {
            python::ensure().map(|interpreter| println!("{}", interpreter.display()))
        }
        "bench" | "conformance" => process::run(&mut bench(command, rest)),
        "golden" => process::run(
            process::cargo(["test", "--release", "--locked"]).args(rest).env("UPDATE_EXPECT", "1"),
        ),
        "--help" | "-h" | "help" => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            eprintln!("no chore called `{}`\n\n{HELP}", arguments.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// `backcast-bench` with a subcommand and its arguments.
fn bench(command: &str, rest: &[String]) -> Command {
    let mut cargo = process::cargo(["run", "--release", "--locked", "-p", "backcast-bench", "--"]);
    cargo.arg(command).args(rest);
    cargo
}
