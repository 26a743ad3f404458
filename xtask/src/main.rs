//! Chores of the repository: `cargo xtask --help` lists them.
//!
//! Only the standard library, so that starting a chore compiles next to nothing; what needs product
//! crates lives in `backcast-bench` and is started from here.

mod browser;
mod calendars;
mod check;
mod json;
mod process;
mod python;
mod tally;
mod test;
mod watch;

use std::process::{Command, ExitCode};

const HELP: &str = "\
Chores of the Backcast repository.

    cargo xtask test [--only rust|python|browser].. [--skip-browser]
                                                     all that CI runs
    cargo xtask check                                layers, dependencies, licences, unsafe, purity, machine paths
    cargo xtask bench [JOB..] [OPTIONS]              measure: the jobs of backcast-bench
    cargo xtask conformance calendars|indicators --dir DIR
                                                     answer a folder of golden questions
    cargo xtask calendars [--check]                  make the embedded calendar table anew, or compare it
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
        "test" if rest.iter().any(|word| word == "--help" || word == "-h") => {
            print!("{}", test::HELP);
            Ok(())
        }
        "test" => match test::Options::parse(rest) {
            Ok(options) => test::run(&options),
            Err(message) => {
                eprintln!("error: {message}\n\n{}", test::HELP);
                return ExitCode::from(2);
            }
        },
        "check" if rest.is_empty() => check::run(),
        "bench" | "conformance" => {
            return handed_on(bench(command).map(|mut bench| {
                bench.args(rest);
                bench
            }));
        }
        "calendars" => calendars::run(rest),
        "golden" => process::run(
            process::cargo(["test", "--release", "--locked", "--workspace"])
                .args(rest)
                .env("UPDATE_EXPECT", "1"),
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

/// Exit codes of the benchmark tell more than pass and fail, so they go through as they are.
fn handed_on(command: Result<Command, String>) -> ExitCode {
    let status = command.and_then(|mut command| {
        command.status().map_err(|error| process::not_started(&command, &error))
    });
    match status {
        Ok(status) => {
            ExitCode::from(status.code().and_then(|code| code.try_into().ok()).unwrap_or(1))
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// `backcast-bench`, freshly built, with a subcommand.
///
/// Not `cargo run -p backcast-bench`: that resolves features for this one package and would compile
/// a third of the dependencies a second time. The whole workspace shares what the tests use.
fn bench(subcommand: &str) -> Result<Command, String> {
    let build = ["build", "--quiet", "--release", "--locked", "--workspace", "--bins"];
    process::run(&mut process::cargo(build))?;
    let mut bench = Command::new(process::target().join("release").join("backcast-bench"));
    bench.current_dir(process::root()).arg(subcommand);
    Ok(bench)
}
