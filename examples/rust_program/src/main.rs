//! Counts words, and can be recorded: `BACKCAST_SPANS=spans.json cargo run --release`.

use std::{collections::HashMap, process::ExitCode};

use backcast_spans::{alloc::Counting, span};

/// So that spans know what they allocate.
#[global_allocator]
static ALLOCATOR: Counting<std::alloc::System> = Counting(std::alloc::System);

const TEXT: &str = "the quick brown fox jumps over the lazy dog and the dog sleeps";

fn parse(text: &str) -> Vec<&str> {
    let _span = span!("user.parse", digest = text.len() as u64);
    assert!(std::env::args().nth(1).is_none_or(|word| word != "panic"), "asked for a panic");
    text.split(' ').collect()
}

fn count(words: &[&str]) -> HashMap<String, usize> {
    let _span = span!("user.count");
    let mut counts = HashMap::new();
    for word in words {
        *counts.entry((*word).to_owned()).or_default() += 1;
    }
    counts
}

fn main() -> ExitCode {
    // Records until the end of `main`, where the environment asks for it.
    let _recording = match backcast_spans::from_env() {
        Ok(recording) => recording,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let mut the = 0;
    for _ in 0..10 {
        the += count(&parse(TEXT))["the"];
    }
    println!("{the} times `the`");
    ExitCode::SUCCESS
}
