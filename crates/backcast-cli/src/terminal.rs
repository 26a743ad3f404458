//! Where output goes: data to stdout, talk to stderr, what a command does to the live page.

use std::{
    ffi::OsString,
    io::{self, BufWriter, IsTerminal, Write},
};

use backcast_lab::live::Board;
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::{args::Color, failure::Failure};

/// One of the two streams of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Data.
    Stdout,
    /// Talk.
    Stderr,
}

impl Stream {
    /// Whether a person looks at it.
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        }
    }

    /// Writes and forgets: whoever closed the stream does not want the text.
    pub(crate) fn write_all(self, bytes: &[u8]) {
        let _ = match self {
            Stream::Stdout => io::stdout().write_all(bytes),
            Stream::Stderr => io::stderr().write_all(bytes),
        };
    }
}

/// Both streams, what may be put on them, and the live page.
pub(crate) struct Terminal {
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    /// Whether stderr gets colours.
    pub(crate) colors: bool,
    /// Whether a progress bar can be drawn on stderr.
    pub(crate) interactive: bool,
    /// What the live page is told.
    pub(crate) live: Board,
}

impl Terminal {
    /// The streams of the process.
    pub(crate) fn standard(color: Color) -> Terminal {
        Terminal {
            stdout: Box::new(BufWriter::with_capacity(1 << 16, io::stdout())),
            stderr: Box::new(io::stderr()),
            colors: color.applies_to(Stream::Stderr),
            interactive: Stream::Stderr.is_terminal(),
            live: Board::default(),
        }
    }

    /// Data.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.stdout.write_all(text.as_bytes()).map_err(Failure::of_stdout)
    }

    /// A line of talk.
    pub(crate) fn say(&mut self, text: &str) {
        // Talk that nobody can hear is no reason to stop.
        let _ = writeln!(self.stderr, "{text}");
    }

    /// Hands buffered data over.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let _span = backcast_spans::span!("report.flush");
        self.stdout.flush().map_err(Failure::of_stdout)
    }

    /// A failure, with its place in the source where it has one.
    pub(crate) fn show(&mut self, failure: &Failure) {
        // What was printed before the failure belongs before it.
        let _ = self.stdout.flush();
        if failure.is_quiet() {
            return;
        }
        let theme =
            if self.colors { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        // The terminal breaks long lines; a break inside of a date or a path would be wrong.
        let handler =
            GraphicalReportHandler::new_themed(theme).with_wrap_lines(false).with_links(false);
        let mut text = String::new();
        let rendered = handler.render_report(&mut text, failure);
        self.say(if rendered.is_ok() { text.trim_end() } else { "failed" });
    }
}

/// What `--color` will say, for messages about a command line that cannot be read.
pub(crate) fn wanted_colors(args: impl Iterator<Item = OsString>) -> Color {
    // What is no text is no `--color` either.
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let joined = args.iter().find_map(|arg| arg.strip_prefix("--color="));
    let apart = args.windows(2).find(|pair| pair[0] == "--color").map(|pair| pair[1].as_str());
    match joined.or(apart) {
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        _ => Color::Auto,
    }
}

/// A panic is a fault of the program: one line, how to report it, and exit code 1.
pub(crate) fn speak_plainly_in_panics() {
    std::panic::set_hook(Box::new(|info| {
        let what = info.payload();
        let what = what.downcast_ref::<&str>().copied().map(str::to_owned);
        let what = what.or_else(|| info.payload().downcast_ref::<String>().cloned());
        let what = what.unwrap_or_else(|| "unknown fault".to_owned()).replace('\n', " ");
        let place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line()));
        let text = format!(
            "backcast {} has a fault: {what}{}; please report this line and the command\n",
            env!("CARGO_PKG_VERSION"),
            place.unwrap_or_default(),
        );
        Stream::Stderr.write_all(text.as_bytes());
        // A recording up to here helps to find the fault; that it cannot be written matters less.
        let _ = backcast_spans::finish_env();
        std::process::exit(i32::from(Failure::FAILED));
    }));
}
