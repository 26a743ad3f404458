//! Beginning and ending a recording.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use crate::{
    alloc, clock,
    delay::Delays,
    registry,
    sampler::Worker,
    site::{self, Site},
    snapshot::Snapshot,
    span::{self, Span},
};

/// What a recording shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Its name, any text; several recordings may have the same.
    pub name: String,
    /// Mean time between two looks at all threads; none for no sampling. The first recording that samples decides for
    /// those that begin while it is on.
    pub sample_every: Option<Duration>,
}

impl Default for Options {
    /// Sampling at 1 kHz.
    fn default() -> Options {
        Options { name: "recording".to_owned(), sample_every: Some(Duration::from_millis(1)) }
    }
}

/// A recording that is on. It covers all threads of the process.
///
/// Several may be on at once, begun and ended in any order and on any thread, with the same name or not: each counts what
/// happened between its own begin and end. Dropping one ends it and forgets what it counted.
#[derive(Debug)]
#[must_use = "a recording lasts until it is finished or dropped"]
pub struct Recording {
    number: u64,
    name: String,
}

/// What a span costs that does nothing, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct EmptySpan {
    /// The part that lies between its own two readings of the clock.
    pub(crate) inside: f64,
    /// All of it.
    pub(crate) whole: f64,
}

/// One recording begins at a time.
static BEGINNING: Mutex<()> = Mutex::new(());

static EMPTY_SPAN: OnceLock<EmptySpan> = OnceLock::new();

/// Begins a recording.
///
/// The first of a process takes about a tenth of a millisecond to measure what an empty span costs.
pub fn start(options: Options) -> Recording {
    let _one = BEGINNING.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = !registry::lock().is_recording();
    if fresh {
        clock::choose();
        alloc::prepare();
        EMPTY_SPAN.get_or_init(measure_empty_span);
        registry::lock().begin_stretch();
    }
    // The one who begins is part of it even if it never makes a span.
    span::join_now();
    let mut registry = registry::lock();
    if let (None, Some(period)) = (&registry.sampler, options.sample_every) {
        registry.sampler = Worker::start(period);
    }
    let number = registry.begin_session();
    Recording { number, name: options.name }
}

/// Says how much longer the spans of each name shall be from now on.
pub(crate) fn set_delays(delays: Delays) {
    site::set_delays(delays);
}

impl Recording {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it has counted so far. Spans still open count up to now.
    #[must_use]
    pub fn peek(&self) -> Snapshot {
        let counted = registry::lock().peek(self.number);
        let counted = counted.unwrap_or_else(registry::Counted::nothing);
        Snapshot { complete: false, ..Snapshot::of(self.name.clone(), &counted, empty_span()) }
    }

    /// Ends it and says what it counted. Spans still open count up to now.
    #[must_use]
    pub fn finish(self) -> Snapshot {
        let counted = end(self.number).unwrap_or_else(registry::Counted::nothing);
        Snapshot::of(self.name.clone(), &counted, empty_span())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        end(self.number);
    }
}

fn end(number: u64) -> Option<registry::Counted> {
    let mut counted = registry::lock().end_session(number);
    let stop = counted.as_mut().and_then(|counted| counted.stop.take());
    if let Some(worker) = stop {
        worker.stop();
    }
    counted
}

fn empty_span() -> EmptySpan {
    EMPTY_SPAN.get().copied().unwrap_or_default()
}

/// The cost of a span that does nothing, by the fastest of several batches in a stretch of its own.
fn measure_empty_span() -> EmptySpan {
    const BATCHES: usize = 12;
    const SPANS: u64 = 128;
    static EMPTY: Site = Site::new("empty span", file!(), line!());
    registry::lock().begin_stretch();
    let mut best = EmptySpan { inside: 0.0, whole: f64::INFINITY };
    let mut counted_before = 0;
    for _ in 0..BATCHES {
        let begin = clock::ticks();
        for _ in 0..SPANS {
            drop(Span::enter(&EMPTY));
        }
        let ticks = clock::ticks().saturating_sub(begin);
        let counted = span::sum_of_first_node().unwrap_or(0);
        let inside = (counted - counted_before) as f64 / SPANS as f64;
        counted_before = counted;
        let whole = ticks as f64 / SPANS as f64;
        if whole < best.whole {
            best = EmptySpan { inside: inside.min(whole), whole };
        }
    }
    registry::lock().end_stretch();
    best
}
