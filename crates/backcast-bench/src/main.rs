//! The jobs of `cargo xtask bench` and `cargo xtask conformance`.

mod conformance_calendars;
mod conformance_indicators;
mod figures;
mod fresh;
mod host;
mod jobs;
mod markets;
mod opponents;
mod options;
mod timing;

use std::{path::Path, process::ExitCode};

use backcast_spans::alloc::Counting;
use options::BenchOptions;

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: Counting<mimalloc::MiMalloc> = Counting(mimalloc::MiMalloc);

const USAGE: &str = "\
usage: backcast-bench bench [JOB...] [--runs N] [--threads N] [--sessions N] [--format table|json]
       backcast-bench conformance calendars --dir DIR
       backcast-bench conformance indicators --dir DIR [--data DIR]";

fn main() -> ExitCode {
    if let Some(code) = backcast_lab::child::launched() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["bench", rest @ ..] => match BenchOptions::parse(rest) {
            Ok(options) => bench(&options),
            Err(problem) => {
                eprintln!("error: {problem}\n\n{}", options::help(USAGE));
                ExitCode::from(2)
            }
        },
        ["child", name, rest @ ..] => told(jobs::child(name, rest)),
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
            eprintln!("{}", options::help(USAGE));
            ExitCode::from(2)
        }
    }
}

/// Measures the jobs that were asked for. A slow figure is no failure; two sides that disagree are.
fn bench(options: &BenchOptions) -> ExitCode {
    let host = host::Host::look();
    if !options.json {
        println!("{host}");
    }
    let (mut reports, mut failed) = (Vec::new(), false);
    for job in &options.jobs {
        match (job.run)(job, &options.measure) {
            Ok(report) => {
                if !options.json {
                    println!("{}", figures::table(&report));
                }
                reports.push(report);
            }
            Err(problem) => {
                eprintln!("error: {}: {problem}", job.name);
                failed = true;
            }
        }
    }
    if options.json {
        println!("{}", figures::json(&host, &reports));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn told(told: Result<String, String>) -> ExitCode {
    match told {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
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
