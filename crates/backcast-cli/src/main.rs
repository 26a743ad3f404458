//! The `backcast` program: arguments in, text and files out.
//!
//! Data goes to stdout, talk to stderr. Exit codes: 0 fine, 1 failed (of a gate: regressed, refuted), 2 wrong usage, 3 could not
//! measure, 75 stopped and resumable, 130 stopped and not resumable.

mod args;
mod commands;
mod failure;
mod interrupt;
mod isa;
mod live;
mod measuring;
mod metrics;
mod number;
mod output;
mod own_command;
mod page;
mod processors;
mod progress;
mod quantity;
mod revision;
mod source;
mod spec_file;
mod table;
mod terminal;
mod words;

use std::process::ExitCode;

use backcast_spans::{EnvironmentError, alloc::Counting};
use clap::Parser;

use crate::{
    args::Cli,
    failure::Failure,
    terminal::{Stream, Terminal},
};

#[global_allocator]
static ALLOCATOR: Counting<mimalloc::MiMalloc> = Counting(mimalloc::MiMalloc);

fn main() -> ExitCode {
    // Before anything that takes memory: what the launcher has resident is the least peak that it can tell.
    if let Some(code) = backcast_lab::child::launched() {
        return code;
    }
    terminal::speak_plainly_in_panics();
    interrupt::outlive_file_size_limits();
    let colors = terminal::wanted_colors(std::env::args_os());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error, colors),
    };
    let mut terminal = Terminal::standard(cli.color);
    match live::start(&cli.command) {
        Ok(publisher) => {
            terminal.live = publisher.board();
            let command = cli.command;
            let done =
                recorded(|| commands::run(command, &mut terminal).and_then(|()| terminal.flush()));
            let code = exit_code(done, &mut terminal);
            publisher.finish(code);
            ExitCode::from(code)
        }
        Err(failure) => ExitCode::from(exit_code(Err(failure), &mut terminal)),
    }
}

/// The exit code of a command; what went wrong is shown.
fn exit_code(done: Result<(), Failure>, terminal: &mut Terminal) -> u8 {
    match done {
        Ok(()) => 0,
        Err(failure) => {
            terminal.show(&failure);
            failure.exit_code()
        }
    }
}

/// Does a command, and records meanwhile where the environment asks for it.
fn recorded(command: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let guard = backcast_spans::from_env().map_err(|error| match error {
        EnvironmentError::Delay(_) => Failure::usage(error.to_string()),
        _ => Failure::could_not_measure(error.to_string()),
    })?;
    let done = command();
    let written = guard.map_or(Ok(()), backcast_spans::Guard::finish);
    // What went wrong in the command itself says more.
    done.and(written.map_err(|error| Failure::could_not_measure(error.to_string())))
}

/// Help and version go to stdout and are no failure; a wrong command line goes to stderr.
fn usage(error: &clap::Error, colors: args::Color) -> ExitCode {
    let text = error.render();
    let show = |stream: Stream| match colors.applies_to(stream) {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    if error.use_stderr() {
        Stream::Stderr.write_all(show(Stream::Stderr).as_bytes());
        return ExitCode::from(Failure::USAGE);
    }
    let mut terminal = Terminal::standard(colors);
    let printed = terminal.print(&show(Stream::Stdout)).and_then(|()| terminal.flush());
    ExitCode::from(exit_code(printed, &mut terminal))
}
