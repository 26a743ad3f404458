//! All threads that record, and the recordings that are on.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
    thread,
};

use crate::{
    alive::{self, AliveSeries},
    alloc,
    arena::Arena,
    clock::{self, CpuClock},
    looks::Looks,
    recorder::Recorder,
    sampler::{SamplerWork, Worker},
    site, state,
    time_base::{self, Anchors},
    totals::ThreadTotals,
};

/// Threads that have ended are kept apart by name, up to so many names; the rest is added up in one more.
const MOST_NAMES: usize = 64;

/// The name under which threads are added up once there are too many names.
const OTHER_THREADS: &str = "other threads";

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    stretch: 0,
    anchors: None,
    threads: Vec::new(),
    ended: Vec::new(),
    spare: Vec::new(),
    arenas: 0,
    sessions: Vec::new(),
    next_number: 0,
    unread: 0,
    sampler: None,
});

/// The state of recording in this process.
#[derive(Debug)]
pub(crate) struct Registry {
    stretch: u32,
    pub(crate) anchors: Option<Anchors>,
    threads: Vec<Thread>,
    ended: Vec<ThreadTotals>,
    spare: Vec<&'static Arena>,
    arenas: usize,
    sessions: Vec<Session>,
    next_number: u64,
    unread: u64,
    pub(crate) sampler: Option<Worker>,
}

/// A thread that records.
#[derive(Debug)]
struct Thread {
    serial: u64,
    name: String,
    arena: &'static Arena,
    since: u64,
    clock: Option<CpuClock>,
    cpu_before_ns: u64,
    looks: Looks,
}

/// What had been counted when a recording began.
#[derive(Debug)]
struct Session {
    number: u64,
    begin: u64,
    threads: HashMap<u64, ThreadTotals>,
    ended: Vec<ThreadTotals>,
    unread: u64,
    sampler: SamplerWork,
    counts_memory: bool,
    peak_bytes: i64,
    alive_bytes: i64,
    alive: AliveSeries,
}

/// What a recording has counted, in ticks.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) wall: u64,
    pub(crate) threads: Vec<ThreadTotals>,
    pub(crate) anchors: Anchors,
    pub(crate) unread: u64,
    pub(crate) sampler: SamplerWork,
    /// Bytes net and at the peak, where allocations are counted.
    pub(crate) memory: Option<(i64, i64)>,
    /// Bytes alive beside the begin, by ticks since then.
    pub(crate) alive: Vec<(u64, i64)>,
    pub(crate) recording_bytes: usize,
    /// What is to be stopped, once nothing is locked.
    pub(crate) stop: Option<Worker>,
}

pub(crate) fn lock() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes what is alive now, unless someone else is at it.
#[cold]
#[inline(never)]
pub(crate) fn note_alive(now: u64) {
    if let Ok(mut registry) = REGISTRY.try_lock() {
        registry.note_alive(now);
    }
}

/// Returns once no reader asks threads to wait.
pub(crate) fn wait_while_held() {
    drop(lock());
}

/// An arena that no thread uses.
pub(crate) fn spare_arena() -> &'static Arena {
    let mut registry = lock();
    registry.spare.pop().unwrap_or_else(|| {
        registry.arenas += 1;
        Box::leak(Box::new(Arena::new()))
    })
}

/// The calling thread records from now on, into its arena; the number by which it is known.
pub(crate) fn join(arena: &'static Arena, recorder: &Recorder) -> u64 {
    let mut registry = lock();
    let serial = registry.new_number();
    let current = thread::current();
    let clock = CpuClock::of_this_thread();
    let cpu_before_ns = clock.and_then(CpuClock::now_ns).unwrap_or(0);
    let since = clock::ticks();
    recorder.join(arena, since);
    registry.threads.push(Thread {
        serial,
        name: current.name().unwrap_or("unnamed").to_owned(),
        arena,
        since,
        clock,
        cpu_before_ns,
        looks: Looks::new(cpu_before_ns),
    });
    serial
}

/// The calling thread ends. What it counted is added to that of ended threads of its name, its arena serves the next one.
pub(crate) fn end_thread(serial: u64, arena: &'static Arena) {
    let mut registry = lock();
    if let Some(place) = registry.threads.iter().position(|thread| thread.serial == serial) {
        let mut thread = registry.threads.swap_remove(place);
        match thread.totals() {
            Some(totals) => registry.add_ended(serial, &totals),
            None => registry.unread += 1,
        }
    }
    registry.spare.push(arena);
}

impl Thread {
    fn totals(&mut self) -> Option<ThreadTotals> {
        let (now, mut nodes) = self.arena.read(clock::ticks)?;
        let cpu_now_ns = self.cpu_now_ns();
        self.looks.settle(clock::monotonic_ns(), cpu_now_ns);
        for (node, samples) in nodes.iter_mut().zip(self.looks.samples()) {
            node.samples = *samples;
        }
        Some(ThreadTotals {
            name: self.name.clone(),
            threads: 1,
            wall: now.saturating_sub(self.since),
            cpu_ns: cpu_now_ns.saturating_sub(self.cpu_before_ns),
            backward: self.arena.backward.load(Ordering::Relaxed),
            out_of_order: self.arena.out_of_order.load(Ordering::Relaxed),
            folded: self.arena.folded.load(Ordering::Relaxed),
            nodes,
        })
    }

    fn cpu_now_ns(&self) -> u64 {
        self.clock.and_then(CpuClock::now_ns).unwrap_or(self.cpu_before_ns)
    }

    /// Notes where the thread is, and now and then how much processor time it used.
    fn sample(&mut self, now_ns: u64) {
        let node = self.arena.current.load(Ordering::Relaxed);
        if self.looks.wants_clock(node) {
            let cpu_now_ns = self.cpu_now_ns();
            self.looks.settle(now_ns, cpu_now_ns);
        }
        self.looks.look(node, now_ns);
    }

    fn bytes(&self) -> usize {
        size_of::<Thread>() + self.looks.bytes()
    }
}

impl Registry {
    fn new_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Whether a recording is on.
    pub(crate) fn is_recording(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Begins a stretch of recording: all threads start from nothing.
    pub(crate) fn begin_stretch(&mut self) {
        self.stretch = self.stretch.wrapping_add(2).max(2);
        self.threads.clear();
        self.ended.clear();
        self.unread = 0;
        site::forget_digests();
        let mut anchors = Anchors::default();
        time_base::note(&mut anchors);
        self.anchors = Some(anchors);
        alloc::begin_anew();
        state::begin(self.stretch);
    }

    /// Ends it: spans that are open count no more.
    pub(crate) fn end_stretch(&mut self) -> Option<Worker> {
        state::end();
        self.threads.clear();
        self.ended.clear();
        self.anchors = None;
        self.sampler.take()
    }

    /// Adds up the counts of a thread that ended, and those that sessions found it with when they began.
    fn add_ended(&mut self, serial: u64, totals: &ThreadTotals) {
        let place = self.ended_place(&totals.name);
        let became = self.ended[place].add(totals);
        for session in &mut self.sessions {
            let Some(before) = session.threads.remove(&serial) else { continue };
            if session.ended.len() <= place {
                session.ended.resize_with(place + 1, ThreadTotals::default);
            }
            session.ended[place].add_in_place(&before.moved(&became));
        }
    }

    fn ended_place(&mut self, name: &str) -> usize {
        let known = self.ended.iter().position(|ended| ended.name == name);
        known.unwrap_or_else(|| {
            let name = if self.ended.len() < MOST_NAMES { name } else { OTHER_THREADS };
            if self.ended.len() <= MOST_NAMES {
                self.ended.push(ThreadTotals { name: name.to_owned(), ..ThreadTotals::default() });
            }
            self.ended.len() - 1
        })
    }

    /// One look of the sampler at all threads.
    pub(crate) fn sample(&mut self, now_ns: u64) {
        for thread in &mut self.threads {
            thread.sample(now_ns);
        }
        let now = clock::ticks();
        if alive::is_due(now) {
            self.note_alive(now);
        }
    }

    fn note_alive(&mut self, now: u64) {
        let alive_bytes = alloc::alive();
        for session in &mut self.sessions {
            session.alive.note(now, alive_bytes);
        }
        self.set_alive_due();
    }

    fn set_alive_due(&self) {
        let due = self.sessions.iter().map(|session| session.alive.due()).min();
        alive::set_due(due.unwrap_or(u64::MAX));
    }

    /// Begins a session within the running stretch; its number.
    pub(crate) fn begin_session(&mut self) -> u64 {
        let number = self.new_number();
        let peak_before = alloc::take_peak();
        for session in &mut self.sessions {
            session.peak_bytes = session.peak_bytes.max(peak_before);
        }
        let alive_bytes = alloc::alive();
        state::hold();
        let read = self.threads.iter_mut().filter_map(|t| Some((t.serial, t.totals()?)));
        let threads = read.collect();
        let sampler = self.sampler.as_ref().map(Worker::work).unwrap_or_default();
        let counts_memory = alloc::is_counting();
        let begin = clock::ticks();
        self.sessions.push(Session {
            number,
            begin,
            threads,
            ended: self.ended.clone(),
            unread: self.unread,
            sampler,
            counts_memory,
            peak_bytes: alive_bytes,
            alive_bytes,
            alive: match counts_memory {
                true => AliveSeries::begin(begin, alive_bytes),
                false => AliveSeries::nothing(),
            },
        });
        self.set_alive_due();
        state::go_on();
        number
    }

    /// What a session has counted so far; it goes on.
    pub(crate) fn peek(&mut self, number: u64) -> Option<Counted> {
        let place = self.sessions.iter().position(|session| session.number == number)?;
        let session = self.sessions.swap_remove(place);
        state::hold();
        let counted = self.count(&session, alloc::heard_of());
        state::go_on();
        self.sessions.push(session);
        Some(counted)
    }

    /// Ends a session; what it counted. With the last one ends the stretch.
    pub(crate) fn end_session(&mut self, number: u64) -> Option<Counted> {
        let place = self.sessions.iter().position(|session| session.number == number)?;
        let session = self.sessions.swap_remove(place);
        self.set_alive_due();
        let alive_bytes = alloc::alive();
        let peak_bytes = alloc::take_peak().max(alive_bytes);
        for session in &mut self.sessions {
            session.peak_bytes = session.peak_bytes.max(peak_bytes);
        }
        if self.sessions.is_empty() {
            state::end();
        } else {
            state::hold();
        }
        let mut counted = self.count(&session, (alive_bytes, peak_bytes));
        self.anchors = Some(counted.anchors.clone());
        if self.sessions.is_empty() {
            counted.stop = self.end_stretch();
        } else {
            state::go_on();
        }
        Some(counted)
    }

    /// What was counted since a session began, with the memory alive now and at most.
    fn count(&mut self, session: &Session, (alive_bytes, peak_bytes): (i64, i64)) -> Counted {
        let end = clock::ticks();
        let wall = end.saturating_sub(session.begin);
        let (mut threads, mut unread) = (Vec::new(), self.unread - session.unread);
        let nothing = ThreadTotals::default();
        for thread in &mut self.threads {
            let Some(mut totals) = thread.totals() else {
                unread += 1;
                continue;
            };
            totals.subtract(session.threads.get(&thread.serial).unwrap_or(&nothing));
            threads.push(totals);
        }
        for (index, ended) in self.ended.iter().enumerate() {
            let mut totals = ended.clone();
            let before = session.ended.get(index).unwrap_or(&nothing);
            totals.subtract(before);
            totals.threads -= before.threads.min(totals.threads);
            threads.push(totals);
        }
        threads.retain(|thread| thread.wall > 0);
        let sampler = self.sampler.as_ref().map(Worker::work).unwrap_or_default();
        let mut anchors = self.anchors.clone().unwrap_or_default();
        time_base::note(&mut anchors);
        Counted {
            wall,
            threads,
            anchors,
            unread,
            sampler: sampler.since(&session.sampler),
            memory: session.counts_memory.then(|| {
                let peak = session.peak_bytes.max(peak_bytes) - session.alive_bytes;
                (alive_bytes - session.alive_bytes, peak.max(0))
            }),
            alive: session.alive.until(end, alive_bytes),
            recording_bytes: self.bytes() + session.alive.bytes(),
            stop: None,
        }
    }

    fn bytes(&self) -> usize {
        let arenas = self.threads.iter().map(|thread| thread.arena.bytes() + thread.bytes());
        let spare = self.spare.iter().map(|arena| arena.bytes());
        let series = self.sessions.iter().map(|session| session.alive.bytes());
        arenas.sum::<usize>() + spare.sum::<usize>() + series.sum::<usize>() + site::digest_bytes()
    }
}

impl Counted {
    /// What a recording counted that is no longer known.
    pub(crate) fn nothing() -> Counted {
        Counted {
            wall: 0,
            threads: Vec::new(),
            anchors: Anchors::default(),
            unread: 0,
            sampler: SamplerWork::default(),
            memory: None,
            alive: Vec::new(),
            recording_bytes: 0,
            stop: None,
        }
    }
}
