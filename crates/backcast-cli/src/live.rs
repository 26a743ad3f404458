//! What this process tells the live page: `backcast dashboard` shows it.

use std::path::Path;

use backcast_lab::live::{self, BestSet, Board, OFF, Publisher, SWITCH};
use backcast_search::{BestSoFar, CacheUse};
use backcast_store::Home;

use crate::{args::Command, failure::Failure, metrics, page};

/// Begins to publish a command that may take a while.
pub(crate) fn start(command: &Command) -> Result<Publisher, Failure> {
    let wanted = wanted()?;
    let Some(kind) = command.publishes_as().filter(|_| wanted) else { return Ok(Publisher::off()) };
    // A command that needs the folder will say that it is gone.
    let Ok(home) = Home::find() else { return Ok(Publisher::off()) };
    Ok(Publisher::start(&home.path().join("live"), kind, command_line()))
}

fn wanted() -> Result<bool, Failure> {
    let Some(value) = std::env::var_os(SWITCH) else { return Ok(true) };
    match value.to_str() {
        Some("" | "on") => Ok(true),
        Some(OFF) => Ok(false),
        _ => Err(Failure::usage(format!("{SWITCH} is `{}`", value.to_string_lossy()))
            .help("possible are: on, off")),
    }
}

/// The arguments of this process, the program by its name alone.
fn command_line() -> Vec<String> {
    let mut words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(program) = words.first_mut() {
        let name = Path::new(&*program).file_name().unwrap_or_default().to_string_lossy();
        *program = name.into_owned();
    }
    words
}

/// Tells how often what was computed was used again.
pub(crate) fn tell_caches(board: &Board, uses: &[CacheUse]) {
    let told = |one: &CacheUse| live::CacheUse {
        name: one.name.to_owned(),
        hits: one.hits,
        misses: one.misses,
        bytes: one.bytes,
    };
    board.caches(uses.iter().map(told).collect());
}

/// Tells the best sets so far.
pub(crate) fn tell_best(board: &Board, found: &BestSoFar<'_>) {
    let set = |(set, value): &(usize, f64)| BestSet {
        account: found.account.to_owned(),
        set: page::set_text(found.sets, *set),
        value: *value,
        shown: metrics::text(found.metric, *value),
    };
    let higher_is_better = found.metric.higher_is_better();
    let sets = found.best.iter().map(set).collect();
    board.best(&metrics::title(found.metric), higher_is_better, found.account, sets);
}
