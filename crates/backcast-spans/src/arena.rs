//! The call paths of one thread: written by that thread alone, readable by all.
//!
//! Nodes stand in chunks that double in size and never move. Each figure is an atomic that its thread loads and stores
//! without ordering, which costs what a plain one does; a counter that is odd while a thread writes tells readers
//! whether what they read belongs together (a sequence lock).

use std::sync::{
    OnceLock,
    atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering, fence},
};

use crate::{
    histogram::{self, OCTAVES, PER_OCTAVE},
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
    pub(crate) parent: AtomicU32,
    pub(crate) site: AtomicU32,
    /// How many spans of it are open: more than one in a recursion.
    pub(crate) open: AtomicU32,
    pub(crate) open_since: AtomicU64,
    pub(crate) self_ticks: AtomicU64,
    calls: AtomicU64,
    pub(crate) recursive_calls: AtomicU64,
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

/// The counts of one octave. A count that passes 2^32 goes on in `carried`.
#[derive(Debug, Default)]
struct Octave {
    counts: [AtomicU32; PER_OCTAVE],
    carried: [AtomicU16; PER_OCTAVE],
}

/// Chunks that double in size.
#[derive(Debug)]
struct Chunks<T, const N: usize> {
    first: usize,
    chunks: [OnceLock<Box<[T]>>; N],
}

impl<T: Default, const N: usize> Chunks<T, N> {
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

    fn get_or_make(&self, index: usize) -> Option<&T> {
        let (chunk, place) = self.place(index);
        let len = self.first << chunk;
        let make = || std::iter::repeat_with(T::default).take(len).collect();
        self.chunks.get(chunk)?.get_or_init(make).get(place)
    }

    fn bytes(&self) -> usize {
        let made = self.chunks.iter().filter_map(OnceLock::get);
        made.map(|chunk| size_of_val::<[T]>(chunk)).sum()
    }
}

/// The call paths of one thread.
#[derive(Debug)]
pub(crate) struct Arena {
    /// Odd while the thread writes.
    sequence: AtomicU64,
    /// The node whose time runs.
    pub(crate) current: AtomicU32,
    /// Since when it runs.
    pub(crate) since: AtomicU64,
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
    octaves: Chunks<Octave, 12>,
}

impl Arena {
    pub(crate) fn new() -> Arena {
        Arena {
            sequence: AtomicU64::new(0),
            current: AtomicU32::new(ROOT),
            since: AtomicU64::new(0),
            backward: AtomicU64::new(0),
            out_of_order: AtomicU64::new(0),
            folded: AtomicU64::new(0),
            owner_bytes: AtomicU64::new(0),
            len: AtomicU32::new(0),
            nodes: Chunks::new(FIRST_CHUNK),
            octaves_used: AtomicU32::new(0),
            octaves: Chunks::new(16),
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
            if let Some(octave) = self.octaves.get(index as usize) {
                octave.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
                octave.carried.iter().for_each(|count| count.store(0, Ordering::Relaxed));
            }
        }
        for figure in [&self.backward, &self.out_of_order, &self.folded] {
            figure.store(0, Ordering::Relaxed);
        }
        self.current.store(ROOT, Ordering::Relaxed);
        self.since.store(now, Ordering::Relaxed);
        self.len.store(0, Ordering::Relaxed);
        self.end();
        self.push(ROOT, crate::site::NO_SITE);
    }

    /// A new path; nothing where there is room for no more. The owner alone.
    pub(crate) fn push(&self, parent: u32, site: u32) -> Option<u32> {
        let index = self.len.load(Ordering::Relaxed);
        if index >= MOST_NODES {
            return None;
        }
        let node = self.nodes.get_or_make(index as usize)?;
        self.begin();
        node.min.store(u64::MAX, Ordering::Relaxed);
        node.parent.store(parent, Ordering::Relaxed);
        node.site.store(site, Ordering::Relaxed);
        self.len.store(index + 1, Ordering::Relaxed);
        self.end();
        Some(index)
    }

    pub(crate) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }

    /// Counts a call of so many ticks. The owner alone, between begin and end.
    #[inline]
    pub(crate) fn count_call(&self, node: &Node, ticks: u64) {
        add(&node.calls, 1);
        add(&node.sum, ticks);
        if ticks < node.min.load(Ordering::Relaxed) {
            node.min.store(ticks, Ordering::Relaxed);
        }
        if ticks > node.max.load(Ordering::Relaxed) {
            node.max.store(ticks, Ordering::Relaxed);
        }
        let square = u128::from(ticks) * u128::from(ticks);
        let (low, carry) =
            node.sum_of_squares[0].load(Ordering::Relaxed).overflowing_add(square as u64);
        node.sum_of_squares[0].store(low, Ordering::Relaxed);
        let high = (square >> 64) as u64 + u64::from(carry);
        if high != 0 {
            add(&node.sum_of_squares[1], high);
        }
        let bucket = histogram::bucket_of(ticks);
        let place = node.octaves.0[bucket / PER_OCTAVE].load(Ordering::Relaxed);
        let octave = if place == 0 {
            self.make_octave(node, bucket / PER_OCTAVE)
        } else {
            self.octaves.get(usize::from(place) - 1)
        };
        if let Some(octave) = octave {
            let count = &octave.counts[bucket % PER_OCTAVE];
            let more = count.load(Ordering::Relaxed).wrapping_add(1);
            count.store(more, Ordering::Relaxed);
            if more == 0 {
                let carried = &octave.carried[bucket % PER_OCTAVE];
                carried.store(carried.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            }
        }
    }

    /// Room for the counts of an octave; nothing where there is none left.
    #[cold]
    fn make_octave(&self, node: &Node, octave: usize) -> Option<&Octave> {
        let index = self.octaves_used.load(Ordering::Relaxed);
        let place = u16::try_from(index + 1).ok()?;
        let made = self.octaves.get_or_make(index as usize)?;
        node.octaves.0[octave].store(place, Ordering::Relaxed);
        self.octaves_used.store(index + 1, Ordering::Relaxed);
        Some(made)
    }

    /// Bytes that the arena and its owner use.
    pub(crate) fn bytes(&self) -> usize {
        let owner = self.owner_bytes.load(Ordering::Relaxed) as usize;
        size_of::<Arena>() + self.nodes.bytes() + self.octaves.bytes() + owner
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
        if let Some(running) = totals.get_mut(self.current.load(Ordering::Relaxed) as usize) {
            running.self_ticks += now.saturating_sub(self.since.load(Ordering::Relaxed));
        }
        totals
    }

    fn copy_node(&self, node: &Node, now: u64) -> NodeTotals {
        let get = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let open = node.open.load(Ordering::Relaxed);
        let open_ticks = if open > 0 { now.saturating_sub(get(&node.open_since)) } else { 0 };
        let (low, high) = (get(&node.sum_of_squares[0]), get(&node.sum_of_squares[1]));
        NodeTotals {
            parent: node.parent.load(Ordering::Relaxed),
            site: node.site.load(Ordering::Relaxed),
            open: Open { spans: open, ticks: open_ticks },
            self_ticks: get(&node.self_ticks),
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
        let mut buckets = Vec::new();
        for (number, place) in node.octaves.0.iter().enumerate() {
            let place = usize::from(place.load(Ordering::Relaxed));
            let Some(octave) = place.checked_sub(1).and_then(|place| self.octaves.get(place))
            else {
                continue;
            };
            for (within, (count, carried)) in octave.counts.iter().zip(&octave.carried).enumerate()
            {
                let carried = u64::from(carried.load(Ordering::Relaxed)) << 32;
                let count = u64::from(count.load(Ordering::Relaxed)) + carried;
                if count > 0 {
                    buckets.push(((number * PER_OCTAVE + within) as u16, count));
                }
            }
        }
        buckets
    }
}

impl Node {
    fn clear(&self) {
        self.open.store(0, Ordering::Relaxed);
        let [low, high] = &self.sum_of_squares;
        for figure in [
            &self.open_since,
            &self.self_ticks,
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
