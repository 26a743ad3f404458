//! The call paths of one thread: written by that thread alone, readable by all.
//!
//! Nodes stand in chunks that double in size and never move. Each figure is an atomic that its thread loads and stores
//! without ordering, which costs what a plain one does; a counter that is odd while a thread writes tells readers
//! whether what they read belongs together (a sequence lock). Beginning a span moves it not: what begins after the moment
//! of reading takes no time up to it.
//!
//! Own times are not counted but follow: the sum of a node, less the sums of its children. Where a span continues a node that is
//! no child of the one around it (a recursion), the time of that span is lent: it is taken from the node around
//! it and given to the node that it continues. So own times of all nodes add up to the time of the thread, whatever the shape of
//! the calls.

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering, fence},
};

use crate::{
    histogram::{self, OCTAVES, PER_OCTAVE},
    paths::{OTHER_PATHS, Paths},
    totals::{NodeTotals, Open},
};

/// Nodes of the first chunk.
const FIRST_CHUNK: usize = 16;

/// Chunks of nodes.
const CHUNKS: usize = 11;

/// Most call paths of one thread, the root among them; what goes beyond is counted in one node for all.
pub(crate) const MOST_NODES: u32 = (FIRST_CHUNK * ((1 << CHUNKS) - 1)) as u32;

/// The node of what no span covers.
pub(crate) const ROOT: u32 = 0;

/// Adds to a figure of which the calling thread is the only writer.
#[inline(always)]
pub(crate) fn add(figure: &AtomicU64, amount: u64) {
    figure.store(figure.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
}

/// The figures of one call path. Times in ticks.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Its place in the arena.
    pub(crate) index: u32,
    pub(crate) parent: AtomicU32,
    pub(crate) site: AtomicU32,
    /// How many spans of it are open: more than one in a recursion.
    pub(crate) open: AtomicU32,
    pub(crate) open_since: AtomicU64,
    /// Ends less begins of spans that lent their time to this node, less those of spans that took it from this node; wrapping.
    lent: AtomicU64,
    /// How many more spans lend to this node right now than take from it; wrapping.
    lending: AtomicU64,
    calls: AtomicU64,
    recursive_calls: AtomicU64,
    sum: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    sum_of_squares: [AtomicU64; 2],
    pub(crate) allocations: AtomicU64,
    pub(crate) allocated_bytes: AtomicU64,
    pub(crate) freed_bytes: AtomicU64,
    pub(crate) copied_bytes: AtomicU64,
    pub(crate) lock_wait: AtomicU64,
    pub(crate) distinct: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) repeated_ticks: AtomicU64,
    /// Where the counts of each octave are, plus one; 0 where none was made.
    octaves: Places,
}

#[derive(Debug)]
struct Places([AtomicU16; OCTAVES]);

impl Default for Places {
    fn default() -> Places {
        Places([const { AtomicU16::new(0) }; OCTAVES])
    }
}

/// The counts of one octave. A count that passes 2^32 begins again, and is noted in [`Arena::carried`].
#[derive(Debug, Default)]
struct Octave {
    counts: [AtomicU32; PER_OCTAVE],
}

/// Octaves that are made at once.
const OCTAVES_TOGETHER: usize = 1 << 7;

/// Chunks that double in size.
#[derive(Debug)]
struct Chunks<T, const N: usize> {
    first: usize,
    chunks: [OnceLock<Box<[T]>>; N],
}

impl<T, const N: usize> Chunks<T, N> {
    fn new(first: usize) -> Chunks<T, N> {
        Chunks { first, chunks: [const { OnceLock::new() }; N] }
    }

    /// The chunk of an item and its place in there.
    fn place(&self, index: usize) -> (usize, usize) {
        let chunk = (index / self.first + 1).ilog2() as usize;
        (chunk, index - self.first * ((1 << chunk) - 1))
    }

    fn get(&self, index: usize) -> Option<&T> {
        let (chunk, place) = self.place(index);
        self.chunks.get(chunk)?.get()?.get(place)
    }

    fn get_or_make(&self, index: usize, make: impl Fn(usize) -> T) -> Option<&T> {
        let (chunk, place) = self.place(index);
        let begin = self.first * ((1 << chunk) - 1);
        let all = || (begin..begin + (self.first << chunk)).map(&make).collect();
        self.chunks.get(chunk)?.get_or_init(all).get(place)
    }

    fn bytes(&self) -> usize {
        let made = self.chunks.iter().filter_map(OnceLock::get);
        made.map(|chunk| size_of_val::<[T]>(chunk)).sum()
    }
}

/// Calls that have ended and are not yet counted in their nodes. The clock of the processor waits for what was begun before it is
/// read, so a long chain of dependent steps between two readings costs its whole length; many at once overlap.
#[derive(Debug)]
struct Pending {
    len: AtomicU32,
    calls: [(AtomicU32, AtomicU64); PENDING],
}

/// Calls that may wait to be counted.
const PENDING: usize = 32;

/// The call paths of one thread.
#[derive(Debug)]
pub(crate) struct Arena {
    /// Odd while the thread writes.
    sequence: AtomicU64,
    /// The node whose time runs.
    pub(crate) current: AtomicU32,
    /// Since when the thread records.
    began: AtomicU64,
    /// What only the owner looks at, and rarely.
    pub(crate) paths: Mutex<Paths>,
    /// How often ticks went back.
    pub(crate) backward: AtomicU64,
    /// Spans that did not end in the reverse order of their begin.
    pub(crate) out_of_order: AtomicU64,
    /// Calls that found no room for a path of their own.
    pub(crate) folded: AtomicU64,
    /// Bytes that the owner keeps beside the arena.
    pub(crate) owner_bytes: AtomicU64,
    len: AtomicU32,
    nodes: Chunks<Node, CHUNKS>,
    octaves_used: AtomicU32,
    octaves: Box<[OnceLock<Box<[Octave; OCTAVES_TOGETHER]>>; 1 << 9]>,
    /// A node and a bucket for each time that a count passed 2^32.
    carried: Mutex<Vec<(u32, u16)>>,
    pending: Pending,
}

impl Arena {
    pub(crate) fn new() -> Arena {
        Arena {
            sequence: AtomicU64::new(0),
            current: AtomicU32::new(ROOT),
            began: AtomicU64::new(0),
            paths: Mutex::new(Paths::default()),
            backward: AtomicU64::new(0),
            out_of_order: AtomicU64::new(0),
            folded: AtomicU64::new(0),
            owner_bytes: AtomicU64::new(0),
            len: AtomicU32::new(0),
            nodes: Chunks::new(FIRST_CHUNK),
            octaves_used: AtomicU32::new(0),
            octaves: Box::new([const { OnceLock::new() }; 1 << 9]),
            carried: Mutex::new(Vec::new()),
            pending: Pending {
                len: AtomicU32::new(0),
                calls: [const { (AtomicU32::new(0), AtomicU64::new(0)) }; PENDING],
            },
        }
    }

    /// Begins to write. The owner alone, and not twice.
    #[inline(always)]
    pub(crate) fn begin(&self) {
        self.sequence.store(self.sequence.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        fence(Ordering::Release);
    }

    /// Ends what [`Arena::begin`] began.
    #[inline(always)]
    pub(crate) fn end(&self) {
        self.sequence.store(self.sequence.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Forgets all paths and begins with a root whose time runs from `now`. The owner alone.
    pub(crate) fn clear(&self, now: u64) {
        self.begin();
        for index in 0..self.len.load(Ordering::Relaxed) {
            if let Some(node) = self.nodes.get(index as usize) {
                node.clear();
            }
        }
        for index in 0..self.octaves_used.swap(0, Ordering::Relaxed) {
            if let Some(octave) = self.octave(index as u16) {
                octave.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
            }
        }
        for figure in [&self.backward, &self.out_of_order, &self.folded] {
            figure.store(0, Ordering::Relaxed);
        }
        self.current.store(ROOT, Ordering::Relaxed);
        self.began.store(now, Ordering::Relaxed);
        self.len.store(0, Ordering::Relaxed);
        self.pending.len.store(0, Ordering::Relaxed);
        self.end();
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.carried.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.push(ROOT, crate::site::NO_SITE);
    }

    /// A new path; nothing where there is room for no more. The owner alone.
    pub(crate) fn push(&self, parent: u32, site: u32) -> Option<&Node> {
        let index = self.len.load(Ordering::Relaxed);
        if index >= MOST_NODES {
            return None;
        }
        let make = |index| Node { index: index as u32, ..Node::default() };
        let node = self.nodes.get_or_make(index as usize, make)?;
        self.begin();
        node.min.store(u64::MAX, Ordering::Relaxed);
        node.parent.store(parent, Ordering::Relaxed);
        node.site.store(site, Ordering::Relaxed);
        self.len.store(index + 1, Ordering::Relaxed);
        self.end();
        Some(node)
    }

    /// A span begins that continues a node which is no child of the node around it. The owner alone.
    #[cold]
    pub(crate) fn lend(&self, around: &Node, node: &Node, now: u64) {
        self.begin();
        node.open.store(node.open.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        node.give(1, now.wrapping_neg());
        around.give(u64::MAX, now);
        self.end();
    }

    /// It ends.
    #[cold]
    pub(crate) fn take_back(&self, around: &Node, node: &Node, now: u64) {
        self.begin();
        node.open.store(node.open.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        node.give(u64::MAX, now);
        around.give(1, now.wrapping_neg());
        add(&node.recursive_calls, 1);
        self.end();
    }

    /// The node of all calls that found no room for a path of their own: open for ever, and giving all its time back to the root,
    /// so that it has what is lent to it.
    pub(crate) fn push_other_paths(&self, now: u64) -> Option<&Node> {
        let root = self.node(ROOT)?;
        let node = self.push(ROOT, OTHER_PATHS)?;
        self.begin();
        node.open_since.store(now, Ordering::Relaxed);
        node.open.store(1, Ordering::Relaxed);
        node.give(u64::MAX, now);
        root.give(1, now.wrapping_neg());
        self.end();
        Some(node)
    }

    pub(crate) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }

    /// An outermost call ends after so many ticks; whether this may have asked for memory. The owner alone.
    #[inline(always)]
    pub(crate) fn close(&self, node: &Node, ticks: u64) -> bool {
        self.begin();
        node.open.store(0, Ordering::Relaxed);
        let place = self.pending.len.load(Ordering::Relaxed) as usize % PENDING;
        let (index, duration) = &self.pending.calls[place];
        index.store(node.index, Ordering::Relaxed);
        duration.store(ticks, Ordering::Relaxed);
        self.pending.len.store(place as u32 + 1, Ordering::Relaxed);
        self.end();
        let full = place + 1 == PENDING;
        if full {
            self.settle();
        }
        full
    }

    /// Counts all calls that wait for it.
    #[inline(never)]
    fn settle(&self) {
        self.begin();
        let mut calls = self.pending().peekable();
        while let Some((index, first)) = calls.next() {
            let Some(node) = self.node(index) else { continue };
            let mut run = Run::default();
            let mut next = Some((index, first));
            while let Some((_, ticks)) = next {
                run.add(ticks);
                self.count_in_histogram(node, ticks);
                next = calls.next_if(|(other, _)| *other == index);
            }
            run.hand_to(node);
        }
        self.pending.len.store(0, Ordering::Relaxed);
        self.end();
    }

    fn pending(&self) -> impl Iterator<Item = (u32, u64)> {
        let len = self.pending.len.load(Ordering::Relaxed) as usize;
        let calls = self.pending.calls.iter().take(len);
        calls.map(|(node, ticks)| (node.load(Ordering::Relaxed), ticks.load(Ordering::Relaxed)))
    }

    #[inline(always)]
    fn count_in_histogram(&self, node: &Node, ticks: u64) {
        let bucket = histogram::bucket_of(ticks);
        let place = node.octaves.0[bucket / PER_OCTAVE].load(Ordering::Relaxed);
        let octave = if place == 0 {
            self.make_octave(node, bucket / PER_OCTAVE)
        } else {
            self.octave(place - 1)
        };
        if let Some(octave) = octave {
            let count = &octave.counts[bucket % PER_OCTAVE];
            let more = count.load(Ordering::Relaxed).wrapping_add(1);
            count.store(more, Ordering::Relaxed);
            if more == 0 {
                self.carry(node, bucket);
            }
        }
    }

    #[inline(always)]
    fn octave(&self, place: u16) -> Option<&Octave> {
        let place = usize::from(place);
        self.octaves[place / OCTAVES_TOGETHER].get().map(|all| &all[place % OCTAVES_TOGETHER])
    }

    #[cold]
    fn carry(&self, node: &Node, bucket: usize) {
        let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
        carried.push((node.index, bucket as u16));
    }

    /// Room for the counts of an octave; nothing where there is none left.
    #[cold]
    fn make_octave(&self, node: &Node, octave: usize) -> Option<&Octave> {
        let index = self.octaves_used.load(Ordering::Relaxed);
        let place = u16::try_from(index + 1).ok()?;
        let together = self.octaves.get(index as usize / OCTAVES_TOGETHER)?;
        let made = together.get_or_init(|| Box::new(std::array::from_fn(|_| Octave::default())));
        let made = &made[index as usize % OCTAVES_TOGETHER];
        node.octaves.0[octave].store(place, Ordering::Relaxed);
        self.octaves_used.store(index + 1, Ordering::Relaxed);
        Some(made)
    }

    /// Bytes that the arena and its owner use.
    pub(crate) fn bytes(&self) -> usize {
        let made = self.octaves.iter().filter(|together| together.get().is_some()).count();
        let octaves = size_of_val(&*self.octaves) + made * OCTAVES_TOGETHER * size_of::<Octave>();
        let owner = self.owner_bytes.load(Ordering::Relaxed) as usize;
        size_of::<Arena>() + self.nodes.bytes() + octaves + owner
    }

    /// All figures as they are at one moment, and that moment; nothing where the thread never stood still.
    ///
    /// `now` reads the clock.
    pub(crate) fn read(&self, now: impl Fn() -> u64) -> Option<(u64, Vec<NodeTotals>)> {
        // A thread writes for nanoseconds, unless it lost its processor meanwhile.
        for attempt in 0..20_000 {
            let before = self.sequence.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                let moment = now();
                let nodes = self.copy(moment);
                fence(Ordering::Acquire);
                if self.sequence.load(Ordering::Relaxed) == before {
                    return Some((moment, nodes));
                }
            }
            if attempt % 16 == 15 {
                std::thread::sleep(std::time::Duration::from_micros(50));
            } else {
                std::hint::spin_loop();
            }
        }
        None
    }

    fn copy(&self, now: u64) -> Vec<NodeTotals> {
        let nodes = (0..self.len()).filter_map(|index| self.node(index));
        let mut totals: Vec<NodeTotals> = nodes.map(|node| self.copy_node(node, now)).collect();
        for (index, ticks) in self.pending() {
            if let Some(node) = totals.get_mut(index as usize) {
                node.count_call(ticks);
            }
        }
        let began = self.began.load(Ordering::Relaxed);
        for index in 0..totals.len() {
            let node = &totals[index];
            let whole = match index {
                0 => now.saturating_sub(began),
                _ => node.sum.wrapping_add(node.open.ticks),
            };
            let parent = node.parent as usize;
            totals[index].self_ticks = totals[index].self_ticks.wrapping_add(whole);
            if index > 0 {
                totals[parent].self_ticks = totals[parent].self_ticks.wrapping_sub(whole);
            }
        }
        for node in &mut totals {
            // A clock that went back can make it negative; that is counted elsewhere.
            node.self_ticks = if node.self_ticks > i64::MAX as u64 { 0 } else { node.self_ticks };
            if node.site == OTHER_PATHS {
                node.sum = node.self_ticks;
                node.open = Open::default();
            }
        }
        totals
    }

    fn copy_node(&self, node: &Node, now: u64) -> NodeTotals {
        let get = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let open = node.open.load(Ordering::Acquire);
        let open_ticks = if open > 0 { now.saturating_sub(get(&node.open_since)) } else { 0 };
        let (low, high) = (get(&node.sum_of_squares[0]), get(&node.sum_of_squares[1]));
        NodeTotals {
            parent: node.parent.load(Ordering::Relaxed),
            site: node.site.load(Ordering::Relaxed),
            open: Open { spans: open, ticks: open_ticks },
            // Its children are taken off once all are read.
            self_ticks: get(&node.lent).wrapping_add(get(&node.lending).wrapping_mul(now)),
            calls: get(&node.calls),
            recursive_calls: get(&node.recursive_calls),
            sum: get(&node.sum),
            min: get(&node.min),
            max: get(&node.max),
            sum_of_squares: u128::from(high) << 64 | u128::from(low),
            histogram: self.copy_histogram(node),
            allocations: get(&node.allocations),
            allocated_bytes: get(&node.allocated_bytes),
            freed_bytes: get(&node.freed_bytes),
            copied_bytes: get(&node.copied_bytes),
            lock_wait: get(&node.lock_wait),
            distinct: get(&node.distinct),
            repeated: get(&node.repeated),
            repeated_ticks: get(&node.repeated_ticks),
            ..NodeTotals::default()
        }
    }

    fn copy_histogram(&self, node: &Node) -> Vec<(u16, u64)> {
        let carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buckets = Vec::new();
        for (number, place) in node.octaves.0.iter().enumerate() {
            let place = place.load(Ordering::Relaxed);
            let Some(octave) = place.checked_sub(1).and_then(|place| self.octave(place)) else {
                continue;
            };
            for (within, count) in octave.counts.iter().enumerate() {
                let bucket = (number * PER_OCTAVE + within) as u16;
                let carries = carried.iter().filter(|at| **at == (node.index, bucket)).count();
                let count = u64::from(count.load(Ordering::Relaxed)) + ((carries as u64) << 32);
                if count > 0 {
                    buckets.push((bucket, count));
                }
            }
        }
        buckets
    }
}

/// Calls of one node, one after the other.
struct Run {
    calls: u64,
    sum: u64,
    min: u64,
    max: u64,
    sum_of_squares: u128,
}

impl Default for Run {
    fn default() -> Run {
        Run { calls: 0, sum: 0, min: u64::MAX, max: 0, sum_of_squares: 0 }
    }
}

impl Run {
    #[inline(always)]
    fn add(&mut self, ticks: u64) {
        self.calls += 1;
        self.sum += ticks;
        self.min = self.min.min(ticks);
        self.max = self.max.max(ticks);
        self.sum_of_squares += u128::from(ticks) * u128::from(ticks);
    }

    #[inline(always)]
    fn hand_to(&self, node: &Node) {
        add(&node.calls, self.calls);
        add(&node.sum, self.sum);
        if self.min < node.min.load(Ordering::Relaxed) {
            node.min.store(self.min, Ordering::Relaxed);
        }
        if self.max > node.max.load(Ordering::Relaxed) {
            node.max.store(self.max, Ordering::Relaxed);
        }
        let [low, high] = &node.sum_of_squares;
        let squares = self.sum_of_squares;
        let (sum, carry) = low.load(Ordering::Relaxed).overflowing_add(squares as u64);
        low.store(sum, Ordering::Relaxed);
        add(high, (squares >> 64) as u64 + u64::from(carry));
    }
}

impl Node {
    fn give(&self, spans: u64, ticks: u64) {
        add(&self.lending, spans);
        add(&self.lent, ticks);
    }

    fn clear(&self) {
        self.open.store(0, Ordering::Relaxed);
        let [low, high] = &self.sum_of_squares;
        for figure in [
            &self.open_since,
            &self.lent,
            &self.lending,
            &self.calls,
            &self.recursive_calls,
            &self.sum,
            &self.min,
            &self.max,
            low,
            high,
            &self.allocations,
            &self.allocated_bytes,
            &self.freed_bytes,
            &self.copied_bytes,
            &self.lock_wait,
            &self.distinct,
            &self.repeated,
            &self.repeated_ticks,
        ] {
            figure.store(0, Ordering::Relaxed);
        }
        for octave in &self.octaves.0 {
            octave.store(0, Ordering::Relaxed);
        }
    }
}
