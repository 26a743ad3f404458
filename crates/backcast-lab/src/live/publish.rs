//! Tells what a command does: facts are noted as they come up, and one thread writes them down.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{
    Best, BestSet, CacheUse, FORMAT, History, Identity, Progress, SpanShare, State, Status,
    VERSION,
    history::Point,
    pace::{Pace, Rate},
    process, read,
    watched::{OWN_THREAD, Shares},
};

/// The variable that says whether a command publishes: `on`, or [`OFF`].
pub const SWITCH: &str = "BACKCAST_LIVE";
/// What keeps a command to itself.
pub const OFF: &str = "off";

/// Time between two writings, and before the first.
const PERIOD: Duration = Duration::from_millis(250);
/// Writings that are left out after one that failed: a disk that is full may not stay so.
const PAUSE: u32 = 20;
/// Best sets that are told of all accounts together.
const MOST_BEST: usize = 12;

/// Writes the file of this command until it is finished.
#[derive(Debug)]
pub struct Publisher {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    shared: Arc<Shared>,
    writer: JoinHandle<Writer>,
}

/// Where the parts of a command note what they do. Cheap to clone, and to use where nothing is published.
#[derive(Clone, Debug, Default)]
pub struct Board {
    shared: Option<Arc<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    facts: Mutex<Facts>,
    /// Apart from the facts, because many threads count.
    done: AtomicU64,
    finished: Mutex<bool>,
    wake: Condvar,
}

/// What the command said about itself.
#[derive(Clone, Debug, Default)]
struct Facts {
    subject: Option<String>,
    phase: Option<String>,
    result: Option<String>,
    /// Units in all, and what they are.
    work: Option<(u64, String)>,
    best: Option<RankedBest>,
    spans: Vec<SpanShare>,
    caches: Vec<CacheUse>,
}

#[derive(Clone, Debug)]
struct RankedBest {
    higher_is_better: bool,
    best: Best,
}

impl Publisher {
    /// Publishes nothing.
    #[must_use]
    pub fn off() -> Publisher {
        Publisher { running: None }
    }

    /// Begins to publish below `folder` (`.backcast/live`), which is made at the first writing. Where no thread can be
    /// started, nothing is published.
    #[must_use]
    pub fn start(folder: &Path, kind: &str, command: Vec<String>) -> Publisher {
        let shared = Arc::new(Shared::default());
        let mut writer = Writer::new(folder, kind, command);
        let of_thread = Arc::clone(&shared);
        let spawned = thread::Builder::new().name(OWN_THREAD.to_owned()).spawn(move || {
            writer.write_until_finished(&of_thread);
            writer
        });
        Publisher { running: spawned.ok().map(|writer| Running { shared, writer }) }
    }

    /// Where facts are noted.
    #[must_use]
    pub fn board(&self) -> Board {
        Board { shared: self.running.as_ref().map(|running| Arc::clone(&running.shared)) }
    }

    /// The last word: how the command ended. A command that was over before anything was written leaves no file.
    pub fn finish(mut self, exit_code: u8) {
        if let Some((shared, mut writer)) = self.stop()
            && writer.written
        {
            writer.write(&shared, Some(exit_code));
        }
    }

    fn stop(&mut self) -> Option<(Arc<Shared>, Writer)> {
        let Running { shared, writer } = self.running.take()?;
        *lock(&shared.finished) = true;
        shared.wake.notify_all();
        Some((shared, writer.join().ok()?))
    }
}

/// A command that goes away without a last word takes its file with it.
impl Drop for Publisher {
    fn drop(&mut self) {
        if let Some((_, writer)) = self.stop() {
            writer.remove();
        }
    }
}

impl Board {
    fn note(&self, change: impl FnOnce(&mut Facts)) {
        if let Some(shared) = &self.shared {
            change(&mut lock(&shared.facts));
        }
    }

    /// What the command works on.
    pub fn subject(&self, subject: &str) {
        self.note(|facts| facts.subject = Some(subject.to_owned()));
    }

    /// What it does just now.
    pub fn phase(&self, phase: &str) {
        self.note(|facts| facts.phase = Some(phase.to_owned()));
    }

    /// Id of what it made.
    pub fn result(&self, id: &str) {
        self.note(|facts| facts.result = Some(id.to_owned()));
    }

    /// Work of so many units begins; `done` of them were found finished.
    pub fn begin(&self, total: u64, done: u64, unit: &str) {
        if let Some(shared) = &self.shared {
            shared.done.store(done, Ordering::Relaxed);
        }
        self.note(|facts| facts.work = Some((total, unit.to_owned())));
    }

    /// So many more units are done. May be called from any thread.
    pub fn advance(&self, units: u64) {
        if let Some(shared) = &self.shared {
            shared.done.fetch_add(units, Ordering::Relaxed);
        }
    }

    /// The best sets of one account so far; they replace those told before. Undefined values are left out.
    pub fn best(&self, metric: &str, higher_is_better: bool, account: &str, sets: Vec<BestSet>) {
        self.note(|facts| {
            let empty = || Best { metric: metric.to_owned(), sets: Vec::new() };
            let ranked =
                facts.best.get_or_insert_with(|| RankedBest { higher_is_better, best: empty() });
            if ranked.best.metric != metric {
                *ranked = RankedBest { higher_is_better, best: empty() };
            }
            let told = &mut ranked.best.sets;
            told.retain(|one| one.account != account);
            told.extend(sets.into_iter().filter(|one| one.value.is_finite()));
            told.sort_by(|a, b| match ranked.higher_is_better {
                true => b.value.total_cmp(&a.value),
                false => a.value.total_cmp(&b.value),
            });
            told.truncate(MOST_BEST);
        });
    }

    /// Where time went so far.
    pub fn spans(&self, spans: Vec<SpanShare>) {
        self.note(|facts| facts.spans = spans);
    }

    /// How caches do so far.
    pub fn caches(&self, caches: Vec<CacheUse>) {
        self.note(|facts| facts.caches = caches);
    }
}

/// The thread's own: when and where it writes.
#[derive(Debug)]
struct Writer {
    path: PathBuf,
    aside: PathBuf,
    process: Identity,
    kind: String,
    command: Vec<String>,
    began: Instant,
    started_ns: u64,
    pace: Pace,
    history: History,
    shares: Shares,
    /// Writings to leave out.
    pause: u32,
    written: bool,
}

impl Writer {
    fn new(folder: &Path, kind: &str, command: Vec<String>) -> Writer {
        let process = Identity::own();
        let name = format!("{}-{}", process.pid, process.start_ticks);
        Writer {
            path: folder.join(format!("{name}.json")),
            aside: folder.join(format!(".{name}.part")),
            process,
            kind: kind.to_owned(),
            command,
            began: Instant::now(),
            started_ns: unix_ns(),
            pace: Pace::default(),
            history: History::default(),
            shares: Shares::default(),
            pause: 0,
            written: false,
        }
    }

    fn write_until_finished(&mut self, shared: &Shared) {
        let mut finished = lock(&shared.finished);
        loop {
            // Whoever finishes wakes this thread; a wake-up for no reason costs one early writing.
            let waited = shared.wake.wait_timeout(finished, PERIOD);
            finished = waited.unwrap_or_else(PoisonError::into_inner).0;
            if *finished {
                return;
            }
            drop(finished);
            self.write(shared, None);
            finished = lock(&shared.finished);
        }
    }

    fn write(&mut self, shared: &Shared, exit_code: Option<u8>) {
        let status = self.status(shared, exit_code);
        if self.pause > 0 && exit_code.is_none() {
            self.pause -= 1;
            return;
        }
        if self.replace(&status).is_ok() {
            self.written = true;
        } else {
            // Nobody is told: what the command does matters more than who watches it.
            let _ = fs::remove_file(&self.aside);
            self.pause = PAUSE;
        }
    }

    fn replace(&self, status: &Status) -> std::io::Result<()> {
        if let (false, Some(folder)) = (self.written, self.path.parent()) {
            fs::create_dir_all(folder)?;
            read::remove_old(folder);
        }
        fs::write(&self.aside, serde_json::to_vec(status)?)?;
        fs::rename(&self.aside, &self.path)
    }

    fn remove(&self) {
        if self.written {
            // A file that cannot be removed will be found to belong to nobody.
            let _ = fs::remove_file(&self.path);
        }
    }

    fn status(&mut self, shared: &Shared, exit_code: Option<u8>) -> Status {
        let facts = lock(&shared.facts).clone();
        let elapsed = self.began.elapsed();
        let elapsed_ns = elapsed.as_nanos() as u64;
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let spans = self.shares.look(folder);
        let vitals = process::vitals();
        let done = shared.done.load(Ordering::Relaxed);
        self.history.look(Point {
            elapsed_ms: elapsed.as_millis() as u64,
            done,
            cpu_ms: vitals.cpu_ns.unwrap_or(0) / 1_000_000,
            resident_bytes: vitals.resident_bytes.unwrap_or(0),
        });
        let progress = facts.work.map(|(total, unit)| {
            let Rate { per_second, left_ns } = self.pace.look(elapsed_ns, done, total);
            Progress { done, total, unit, per_second, left_ns }
        });
        Status {
            format: FORMAT.to_owned(),
            version: VERSION,
            process: self.process.clone(),
            kind: self.kind.clone(),
            command: self.command.clone(),
            subject: facts.subject,
            phase: facts.phase,
            started_ns: self.started_ns,
            updated_ns: unix_ns(),
            elapsed_ns,
            state: exit_code.map_or(State::Running, State::of_exit_code),
            exit_code,
            result: facts.result,
            progress,
            best: facts.best.map(|ranked| ranked.best),
            spans: if facts.spans.is_empty() { spans } else { facts.spans },
            caches: facts.caches,
            vitals,
            history: self.history.clone(),
        }
    }
}

/// Nanoseconds since 1970 UTC; 0 for a clock that stands before.
pub(super) fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
