//! Why a command failed, as a page of help: what, where, and what to type next.

use std::{fmt, io, path::Path};

use backcast_calendar::CalendarError;
use backcast_rules::{EvalError, RuleError};
use backcast_search::{Process, SearchError, SpecError, Stopped};
use backcast_store::StoreError;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::number;

/// Bytes of a line beyond which only a part of it is shown.
const LONGEST_LINE: usize = 400;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
    help: Option<String>,
    place: Option<Box<Place>>,
    quiet: bool,
    verdict: bool,
}

/// The part of a text that is at fault.
#[derive(Debug)]
struct Place {
    source: NamedSource<String>,
    label: LabeledSpan,
}

impl Failure {
    /// Exit code of a command that could not do its work.
    pub(crate) const FAILED: u8 = 1;
    /// Exit code of a command line that could not be understood.
    pub(crate) const USAGE: u8 = 2;
    /// Exit code of a measurement that could not be made or kept.
    pub(crate) const COULD_NOT_MEASURE: u8 = 3;
    /// Exit code of a command that was stopped and can go on.
    pub(crate) const STOPPED: u8 = 75;
    /// Exit code of a command that was stopped and cannot go on: the shell's own for Ctrl-C.
    pub(crate) const INTERRUPTED: u8 = 130;

    /// The work could not be done.
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        let message = message.into();
        Failure {
            code: Failure::FAILED,
            message,
            help: None,
            place: None,
            quiet: false,
            verdict: false,
        }
    }

    /// The command line does not make sense.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { code: Failure::USAGE, ..Failure::new(message) }
    }

    /// The work was done, but could not be measured.
    pub(crate) fn could_not_measure(message: impl Into<String>) -> Failure {
        Failure { code: Failure::COULD_NOT_MEASURE, ..Failure::new(message) }
    }

    /// The work was done, and what came of it speaks against what was asked: a regression, a refuted claim.
    pub(crate) fn verdict(message: impl Into<String>) -> Failure {
        Failure { verdict: true, ..Failure::new(message) }
    }

    /// The command was asked to stop and has nothing that could go on.
    pub(crate) fn interrupted(message: impl Into<String>) -> Failure {
        Failure { code: Failure::INTERRUPTED, ..Failure::new(message) }
    }

    /// As a gate tells it: what failed is no verdict, so that whoever waits for one learns that there is none.
    pub(crate) fn of_gate(self) -> Failure {
        match self.code {
            Failure::FAILED if !self.verdict => {
                Failure { code: Failure::COULD_NOT_MEASURE, ..self }
            }
            _ => self,
        }
    }

    /// The same where several things may fail: its message names this one.
    pub(crate) fn about(mut self, name: &str) -> Failure {
        let name = format!("`{name}`");
        if !self.message.contains(&name) {
            self.message = format!("{name}: {}", self.message);
        }
        self
    }

    /// What to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Failure {
        let help = help.into();
        self.help = (!help.is_empty()).then_some(help);
        self
    }

    /// Where in a text it is.
    pub(crate) fn at(mut self, name: &str, text: &str, offset: usize, len: usize) -> Failure {
        let (text, offset, len) = excerpt(text, offset.min(text.len()), len);
        let label = LabeledSpan::new(None, offset, len);
        self.place = Some(Box::new(Place { source: NamedSource::new(name, text), label }));
        self
    }

    /// A mistake in an expression of the command line.
    pub(crate) fn expression(text: &str, error: RuleError) -> Failure {
        let failure = Failure::usage(error.message).help(error.help.unwrap_or_default());
        failure.at("expression", text, error.offset, error.len)
    }

    /// Data could not be written to stdout. A closed pipe is how readers say "enough".
    pub(crate) fn of_stdout(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure { code: 0, quiet: true, ..Failure::new("") };
        }
        Failure::new(format!("cannot write to stdout: {error}"))
    }

    /// An error with what it comes from, which its own message leaves to others to say.
    pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
    }

    /// A file could not be written.
    pub(crate) fn writing(path: &Path, error: &io::Error) -> Failure {
        Failure::new(format!("cannot write {}: {error}", path.display()))
    }

    /// A search was asked to stop and can go on by `command`, as in `backcast sweep`, with the same `--out`.
    pub(crate) fn stopped(stopped: &Stopped, command: &str, out: Option<&Path>) -> Failure {
        let (done, total) = (stopped.done as f64, stopped.total as f64);
        let message = format!(
            "stopped after {} of {} runs; {} kept",
            number::grouped(done, 0),
            number::grouped(total, 0),
            match stopped.kept {
                kept if kept >= stopped.done => "they are".to_owned(),
                1 => "the first one of them is".to_owned(),
                kept => format!("the first {} of them are", number::grouped(kept as f64, 0)),
            }
        );
        let out = out.map(|path| format!(" --out {}", path.display())).unwrap_or_default();
        let help = format!("go on with: {command} --resume {}{out}", stopped.id);
        Failure { code: Failure::STOPPED, ..Failure::new(message) }.help(help)
    }

    /// What was to go on has not stopped.
    pub(crate) fn still_running(what: &str, process: Process) -> Failure {
        let number = process.number.map_or_else(|| "PROCESS".to_owned(), |n| n.to_string());
        let help = format!("wait until it ends, or stop it with `kill {number}` and go on then");
        Failure::new(format!("{what} has not stopped: {process} runs it")).help(help)
    }

    /// The same as what Ctrl-C led to.
    pub(crate) fn by_interrupt(self) -> Failure {
        Failure { code: Failure::INTERRUPTED, ..self }
    }

    /// A command was asked to stop and has nothing that could go on.
    pub(crate) fn begin_again(command: &str) -> Failure {
        Failure::interrupted("stopped; nothing was kept")
            .help(format!("begin again with: {command}"))
    }

    /// What is wrong, without what to do about it.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What the process reports.
    pub(crate) fn exit_code(&self) -> u8 {
        self.code
    }

    /// Whether nothing is to be said about it.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        Some(Box::new(std::iter::once(place.label.clone())))
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Failure {
        let code = if error.file.starts_with("--") { Failure::USAGE } else { Failure::FAILED };
        let failure = Failure { code, ..Failure::new(&error.message) };
        failure.help(error.help.clone().unwrap_or_default()).at(
            &error.file,
            &error.text,
            error.offset,
            error.len,
        )
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let help = match &error {
            StoreError::UnknownBundle { .. } => {
                "`backcast bundles list` shows what is there; `backcast ingest FILES --bundle NAME` makes a bundle"
            }
            StoreError::NoSource { .. } | StoreError::NoFiles { .. } => {
                "`backcast ingest --help` says what can be read"
            }
            StoreError::Calendar(CalendarError::UnknownName { .. }) => {
                "`backcast calendar` lists all calendars"
            }
            _ => "",
        };
        Failure::new(error.to_string()).help(help)
    }
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Failure {
        let help = match &error {
            SearchError::Changed { .. } => "begin anew, with the spec instead of --resume",
            SearchError::UnknownId { kind: "walk_forward", .. } => {
                "`backcast walkforward SPEC` prints the id of its test"
            }
            SearchError::UnknownId { .. } => {
                "`backcast sweep SPEC` prints the id of a sweep that it begins"
            }
            _ => "",
        };
        match error {
            SearchError::Spec(error) => error.into(),
            other => Failure::new(other.to_string()).help(help),
        }
    }
}

impl From<CalendarError> for Failure {
    fn from(error: CalendarError) -> Failure {
        let help = match error {
            CalendarError::UnknownName { .. } => "`backcast calendar` lists all calendars",
            _ => "",
        };
        Failure::new(error.to_string()).help(help)
    }
}

impl From<EvalError> for Failure {
    fn from(error: EvalError) -> Failure {
        Failure::new(error.to_string())
    }
}

/// A text, and the part of it that is at fault; of a line that is too long to be read, what lies around that part.
fn excerpt(text: &str, offset: usize, len: usize) -> (String, usize, usize) {
    let begin = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    if end - begin <= LONGEST_LINE {
        return (text.to_owned(), offset, len);
    }
    let from = text.floor_char_boundary(offset.saturating_sub(LONGEST_LINE / 4).max(begin));
    let to = text.floor_char_boundary((offset + LONGEST_LINE / 2).min(end));
    let before = if from > begin { "... " } else { "" };
    let after = if to < end { " ..." } else { "" };
    let shown = format!("{before}{}{after}", &text[from..to]);
    (shown, offset - from + before.len(), len.min(to - offset))
}

/// The most similar of `names`, where one is similar enough to have been meant.
pub(crate) fn nearest<'a>(found: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.trim().to_lowercase();
    if found.is_empty() {
        return None;
    }
    let limit = (found.chars().count() / 3).max(2);
    names
        .map(|name| (strsim::damerau_levenshtein(&found, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verdict_ends_a_gate_as_one() {
        let code = |failure: Failure| failure.of_gate().exit_code();
        assert_eq!(code(Failure::verdict("regressed")), 1);
        assert_eq!(code(Failure::new("cannot read it")), 3);
        assert_eq!(code(Failure::new("cannot read it").help("look for it")), 3);
        assert_eq!(code(Failure::usage("no such option")), 2);
        assert_eq!(code(Failure::interrupted("stopped")), 130);
    }

    #[test]
    fn a_line_that_is_too_long_is_shown_around_its_fault() {
        let text =
            format!("a = 1\n{}ü + nonsense + {}\nb = 2", "x + ".repeat(500), "y".repeat(5000));
        let offset = text.find("nonsense").unwrap();
        let (shown, at, len) = excerpt(&text, offset, 8);
        assert!(shown.len() < LONGEST_LINE && shown.starts_with("... ") && shown.ends_with(" ..."));
        assert_eq!(&shown[at..at + len], "nonsense");
        assert_eq!(excerpt("a = 1", 4, 1), ("a = 1".to_owned(), 4, 1));
        let (shown, at, len) = excerpt(&"(".repeat(30_000), 0, 30_000);
        assert!((at, at + len) == (0, 200) && shown.len() == 204, "{at} {len} {shown}");
        let (_, at, len) = excerpt(&"x".repeat(1000), 1000, 0);
        assert_eq!((at, len), (104, 0), "a fault at the end");
    }
}
