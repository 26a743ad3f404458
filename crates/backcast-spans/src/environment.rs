//! Recording asked for by the environment.
//!
//! `BACKCAST_SPANS=FILE` records the whole run and writes the file at its end; `%p` in it stands for the number of the process.
//! `BACKCAST_DELAY=NAME=TIME` makes each span of a name longer, several with `;` between.

use std::{
    ffi::OsString,
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    delay::{DelayError, Delays},
    recording::{self, Options, Recording},
    whole_file::WholeFile,
};

/// The variable that names the file to write.
pub const FILE_VARIABLE: &str = "BACKCAST_SPANS";

/// The variable that makes spans longer.
pub const DELAY_VARIABLE: &str = "BACKCAST_DELAY";

/// The recording that the environment asked for.
static RUNNING: Mutex<Option<(Recording, Option<PathBuf>)>> = Mutex::new(None);

/// Why the environment's recording could not begin or be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// [`DELAY_VARIABLE`] cannot be read.
    Delay(DelayError),
    /// [`FILE_VARIABLE`] is set, but spans were left out when the program was built.
    LeftOut,
    /// The file cannot be written.
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvironmentError::Delay(error) => write!(f, "{DELAY_VARIABLE}: {error}"),
            EnvironmentError::LeftOut => {
                write!(f, "{FILE_VARIABLE} is set, but this program was built without spans")
            }
            EnvironmentError::Write { path, source } => {
                write!(f, "cannot write the recording {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for EnvironmentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EnvironmentError::Delay(error) => Some(error),
            EnvironmentError::LeftOut => None,
            EnvironmentError::Write { source, .. } => Some(source),
        }
    }
}

/// Ends the recording of the environment when dropped; see [`from_env`].
#[derive(Debug)]
#[must_use = "the recording ends when this is dropped"]
pub struct Guard(());

impl Guard {
    /// Ends the recording and writes its file.
    ///
    /// # Errors
    /// [`EnvironmentError::Write`]; the file is then as it was.
    pub fn finish(self) -> Result<(), EnvironmentError> {
        finish_env()
    }
}

impl Drop for Guard {
    /// As [`Guard::finish`], with a failure told on stderr.
    fn drop(&mut self) {
        if let Err(error) = finish_env() {
            eprintln!("error: {error}");
        }
    }
}

/// Begins the recording that the environment asks for; nothing where it asks for none.
///
/// The first thing in `main`, bound to a name. A program that ends by `std::process::exit`, in a hook for panics for instance, calls
/// [`finish_env`] before.
///
/// # Errors
/// [`EnvironmentError::Delay`] and [`EnvironmentError::LeftOut`].
pub fn from_env() -> Result<Option<Guard>, EnvironmentError> {
    let file = std::env::var_os(FILE_VARIABLE).filter(|file| !file.is_empty());
    let delays = std::env::var_os(DELAY_VARIABLE).unwrap_or_default();
    let delays = Delays::parse(&delays.to_string_lossy()).map_err(EnvironmentError::Delay)?;
    if file.is_none() && delays.all().is_empty() {
        return Ok(None);
    }
    if cfg!(feature = "off") {
        return Err(EnvironmentError::LeftOut);
    }
    recording::set_delays(delays);
    let program = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let recording = recording::start(Options { name, ..Options::default() });
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    *running = Some((recording, file.map(|file| with_process_id(&file))));
    Ok(Some(Guard(())))
}

/// Ends the recording of the environment and writes its file; does nothing where none is on.
///
/// # Errors
/// [`EnvironmentError::Write`]; the file is then as it was.
pub fn finish_env() -> Result<(), EnvironmentError> {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((recording, path)) = running else { return Ok(()) };
    let snapshot = recording.finish();
    let Some(path) = path else { return Ok(()) };
    write_whole(&path, snapshot.to_json().as_bytes())
        .map_err(|source| EnvironmentError::Write { path, source })
}

fn with_process_id(file: &OsString) -> PathBuf {
    match file.to_str() {
        Some(text) => text.replace("%p", &std::process::id().to_string()).into(),
        None => file.into(),
    }
}

/// Without waiting for the disk, which would be time of the program.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes)?;
    file.finish()
}
