//! Recording asked for by the environment.
//!
//! `BACKCAST_SPANS=FILE` records the whole run and writes the file at its end; `%p` in it stands for the number of the process.
//! Until then the sampler writes what there is, more rarely the longer it goes on but each second at least, so a program
//! that is killed loses a second at most.
//! `BACKCAST_DELAY=NAME=TIME` makes each span of a name longer, several with `;` between.

use std::{
    ffi::OsString,
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    alloc,
    clock::{self, CpuClock},
    delay::{DelayError, Delays},
    recording::{self, Options, Recording},
    whole_file::WholeFile,
};

/// The variable that names the file to write.
pub const FILE_VARIABLE: &str = "BACKCAST_SPANS";

/// The variable that makes spans longer.
pub const DELAY_VARIABLE: &str = "BACKCAST_DELAY";

/// Shortest and longest time between two files of a program that runs.
const WRITE_AFTER: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// The next file comes once a quarter of the time so far has passed again.
const WRITE_SHARE: u64 = 4;

/// Writing may take one part in so many of a processor.
const MOST_COST: u64 = 200;

/// The recording that the environment asked for.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

/// When the sampler writes next, on the monotonic clock.
static DUE_NS: AtomicU64 = AtomicU64::new(u64::MAX);

#[derive(Debug)]
struct Running {
    recording: Recording,
    path: Option<PathBuf>,
    begin_ns: u64,
}

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
    /// [`EnvironmentError::Write`]; the file is then as it was last written.
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
    let path = file.map(|file| with_process_id(&file));
    let begin_ns = clock::monotonic_ns();
    if path.as_deref().is_some_and(is_rewritable) {
        DUE_NS.store(next_due(begin_ns, begin_ns, 0), Ordering::Relaxed);
    }
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    *running = Some(Running { recording, path, begin_ns });
    Ok(Some(Guard(())))
}

/// Ends the recording of the environment and writes its file; does nothing where none is on.
///
/// # Errors
/// [`EnvironmentError::Write`]; the file is then as it was last written.
pub fn finish_env() -> Result<(), EnvironmentError> {
    DUE_NS.store(u64::MAX, Ordering::Relaxed);
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Running { recording, path, .. }) = running else { return Ok(()) };
    let snapshot = recording.finish();
    let Some(path) = path else { return Ok(()) };
    write_whole(&path, snapshot.to_json().as_bytes())
        .map_err(|source| EnvironmentError::Write { path, source })
}

/// Writes what there is where that is due; whether it did. Called by the sampler.
pub(crate) fn keep_up(now_ns: u64) -> bool {
    if now_ns < DUE_NS.load(Ordering::Relaxed) {
        return false;
    }
    // Whoever holds it is about to write the last file.
    let Ok(running) = RUNNING.try_lock() else { return false };
    let Some(Running { recording, path: Some(path), begin_ns }) = &*running else { return false };
    let clock = CpuClock::of_this_thread();
    let cpu_ns = || clock.and_then(CpuClock::now_ns).unwrap_or(0);
    let before = cpu_ns();
    // What cannot be written is told at the end, should it still be so.
    let _ = alloc::unheard(|| write_whole(path, recording.peek().to_json().as_bytes()));
    DUE_NS.store(next_due(now_ns, *begin_ns, cpu_ns() - before), Ordering::Relaxed);
    true
}

fn next_due(now_ns: u64, begin_ns: u64, cost_ns: u64) -> u64 {
    let [shortest, longest] = WRITE_AFTER.map(|wait| wait.as_nanos() as u64);
    let wait = ((now_ns - begin_ns) / WRITE_SHARE).clamp(shortest, longest);
    now_ns + wait.max(cost_ns * MOST_COST)
}

/// A pipe or a device would get one file after the other.
fn is_rewritable(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |found| found.is_file())
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

#[cfg(test)]
mod tests {
    use super::next_due;

    const MS: u64 = 1_000_000;

    #[test]
    fn files_come_more_rarely_as_time_goes_on_and_never_cost_more_than_their_share() {
        let wait = |elapsed_ms: u64, cost_ms: u64| {
            (next_due(elapsed_ms * MS, 0, cost_ms * MS) - elapsed_ms * MS) / MS
        };
        assert_eq!([wait(0, 0), wait(2_000, 0), wait(60_000, 0)], [100, 500, 1_000]);
        assert_eq!(wait(60_000, 20), 4_000);
    }
}
