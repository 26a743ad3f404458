//! Why files did not become a market, or a bundle could not be read or written.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use backcast_calendar::CalendarError;
use backcast_types::Day;

/// Why files did not become a market, or a bundle could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No room for what was being written; whatever was there before is untouched.
    #[error("no space left while writing {}; nothing was changed: free some space and run it again", .path.display())]
    DiskFull {
        /// The file that did not fit.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No bundle has that name.
    #[error("no bundle is called `{name}`{}; there are: {}", nearest_text(.nearest), .known.join(", "))]
    UnknownBundle {
        /// What was asked for.
        name: String,
        /// The most similar name.
        nearest: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// The name cannot be that of a bundle.
    #[error("`{name}` cannot name a bundle: {problem}")]
    BundleName {
        /// What was asked for.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Written by a newer program.
    #[error(
        "bundle `{name}` has format {found}, but this program reads formats up to {known}: use a newer backcast, or ingest \
         the bundle again with this one"
    )]
    NewerFormat {
        /// Bundle.
        name: String,
        /// Its format.
        found: u64,
        /// The newest format that this program reads.
        known: u64,
    },
    /// Bytes are not what was written.
    #[error("bundle `{name}` is damaged: {problem}; {}", mend(.name))]
    Damaged {
        /// Bundle.
        name: String,
        /// Which file, and what about it.
        problem: String,
    },
    /// Another process is writing the bundle.
    #[error("another process is ingesting bundle `{name}`; run this again when it has finished")]
    Busy {
        /// Bundle.
        name: String,
    },
    /// A source file or folder that does not exist.
    #[error("there is no file or folder {}", .path.display())]
    NoSource {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A folder without price files, or no source at all.
    #[error("{} has no .csv, .txt or .parquet file", .path.display())]
    NoFiles {
        /// The folder.
        path: PathBuf,
    },
    /// A file without rows.
    #[error("{} has no rows{}", .path.display(), if *.header { " below its header" } else { ": it is empty" })]
    Empty {
        /// The file.
        path: PathBuf,
        /// Whether there is a header at least.
        header: bool,
    },
    /// The first line looks separated by something else.
    #[error("{} is not separated by {}, but by {} as it seems; give --delimiter \"{guess}\"", .path.display(), name_of(.used), name_of(.guess))]
    Delimiter {
        /// The file.
        path: PathBuf,
        /// The delimiter that was used.
        used: char,
        /// The one that would give more columns.
        guess: char,
    },
    /// A column that is needed and absent.
    #[error("{} has no column for {column}{}; it has: {}; say which one it is with --columns {column}=NAME", .path.display(), nearest_text(.nearest), .found.join(", "))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// What is missing, or the name that the column map gives for it.
        column: String,
        /// The most similar name.
        nearest: Option<String>,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// Something about a column as a whole.
    #[error("{}, column `{column}`: {problem}", .path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column as the file names it.
        column: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The file as a whole cannot be read as what it should be.
    #[error("{}: {problem}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A row that cannot be right.
    #[error("{0}")]
    Row(Box<RowError>),
    /// The request contradicts itself or cannot be understood.
    #[error("{problem}")]
    Request {
        /// What is wrong and what to do.
        problem: String,
    },
    /// A symbol that comes from two places.
    #[error("asset {symbol} comes from {} and from {}; leave one out", .first.display(), .second.display())]
    SymbolTwice {
        /// The symbol.
        symbol: String,
        /// A file that has it.
        first: PathBuf,
        /// Another one.
        second: PathBuf,
    },
    /// A split or dividend on a day without a session.
    #[error("{}: the {event} of {symbol} is on {day}, which is no session{}", .path.display(), next_text(.next))]
    EventDay {
        /// The file with the event, or the one whose prices it came from.
        path: PathBuf,
        /// `split` or `dividend`.
        event: &'static str,
        /// The asset.
        symbol: String,
        /// The day.
        day: Day,
        /// The session after it.
        next: Option<Day>,
    },
    /// The calendar has no answer.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

/// A row that cannot be right: where it is and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The file.
    pub path: PathBuf,
    /// Data rows are counted from one.
    pub row: u64,
    /// Line of a text file, counted from one with the header.
    pub line: Option<u64>,
    /// The column as the file names it.
    pub column: String,
    /// The cell as it stands there.
    pub found: String,
    /// What is wrong with it, and what to do.
    pub problem: String,
    /// Bad rows after this one.
    pub more: usize,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, row {}", self.path.display(), self.row)?;
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        write!(f, ", column `{}`: {}", self.column, self.problem)?;
        if !self.found.is_empty() {
            write!(f, ", found `{}`", self.found)?;
        }
        match self.more {
            0 => {}
            1 => f.write_str("; 1 more row is bad")?,
            n => write!(f, "; {n} more rows are bad")?,
        }
        f.write_str("; correct the file, or set bad rows aside with --quarantine FILE")
    }
}

impl StoreError {
    /// Wraps what the system said about `path`; a full disk gets its own words.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => StoreError::DiskFull { path, source },
            _ => StoreError::Io { action, path, source },
        }
    }

    pub(crate) fn file(path: &Path, problem: impl Into<String>) -> StoreError {
        StoreError::File { path: path.to_owned(), problem: problem.into() }
    }

    pub(crate) fn request(problem: impl Into<String>) -> StoreError {
        StoreError::Request { problem: problem.into() }
    }
}

fn nearest_text(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

fn next_text(next: &Option<Day>) -> String {
    next.map(|day| format!("; the session after it is {day}")).unwrap_or_default()
}

fn mend(name: &str) -> String {
    if name == crate::SAMPLE {
        return "`backcast bundles remove sample` makes the next use unpack it afresh".to_owned();
    }
    format!("ingest it again, or remove it with `backcast bundles remove {name}`")
}

fn name_of(delimiter: &char) -> &'static str {
    match delimiter {
        ',' => "commas",
        ';' => "semicolons",
        '\t' => "tabs",
        '|' => "bars",
        ' ' => "spaces",
        _ => "the delimiter given",
    }
}

/// The most similar of `known`, where one is similar enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|k| (strsim::damerau_levenshtein(&name.to_lowercase(), &k.to_lowercase()), k))
        .min()
        .filter(|(distance, k)| *distance <= 2.min(k.len().saturating_sub(1)))
        .map(|(_, k)| k.to_owned())
}
