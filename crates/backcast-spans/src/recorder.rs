//! What one thread does when a span begins and ends.
//!
//! Time is handed out by switching: at each begin and end, what went by since the last one goes to the node that was
//! current. So the own times of all nodes add up to the time of the thread, whatever the shape of the calls.
//!
//! A span that begins inside another one of the same site continues the node of the outer one. The depth of the
//! tree is thus bounded by the number of sites, a recursion a million deep takes no memory, and only outermost
//! calls count in calls, sums and histograms; inner ones are counted apart.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::atomic::Ordering,
};

use crate::{
    alloc::{self, Counted},
    arena::{self, Arena, Node, ROOT},
    site::NO_SITE,
};

/// The site of calls that found no room for a path of their own.
pub(crate) const OTHER_PATHS: u32 = crate::site::DELAYED;

/// The owner's side of an arena.
#[derive(Debug)]
pub(crate) struct Recorder {
    arena: &'static Arena,
    current: u32,
    nodes: Vec<Local>,
    paths: HashMap<(u32, u32), u32, BuildHasherDefault<PathHasher>>,
    counted: Counted,
    stamp: u64,
}

/// What only the owner needs of a node.
#[derive(Debug)]
struct Local {
    node: &'static Node,
    parent: u32,
    site: u32,
    /// The site that began here last, and its node.
    recent_site: u32,
    recent: u32,
}

/// How a span began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) node: u32,
    pub(crate) from: u32,
}

impl Recorder {
    /// Begins with nothing but the root, whose time runs from `now`.
    pub(crate) fn new(arena: &'static Arena, now: u64) -> Recorder {
        arena.clear(now);
        let mut recorder = Recorder {
            arena,
            current: ROOT,
            nodes: Vec::new(),
            paths: HashMap::default(),
            counted: alloc::counted(),
            stamp: alloc::stamp(),
        };
        recorder.keep(ROOT, ROOT, NO_SITE);
        recorder.skip_own_allocations();
        recorder
    }

    fn keep(&mut self, index: u32, parent: u32, site: u32) {
        if let Some(node) = self.arena.node(index) {
            self.nodes.push(Local { node, parent, site, recent_site: NO_SITE, recent: ROOT });
        }
    }

    /// A span begins. `now` reads the clock, as late as can be.
    #[inline]
    pub(crate) fn enter(&mut self, site: u32, now: impl FnOnce() -> u64) -> Begun {
        let from = self.current;
        let here = &self.nodes[from as usize];
        let target = if here.recent_site == site { here.recent } else { self.find(from, site) };
        let node = self.nodes[target as usize].node;
        let open = node.open.load(Ordering::Relaxed);
        self.arena.begin();
        let now = self.switch(now());
        if open == 0 {
            node.open_since.store(now, Ordering::Relaxed);
        }
        node.open.store(open + 1, Ordering::Relaxed);
        self.go_to(target);
        self.arena.end();
        Begun { node: target, from }
    }

    /// A span ends; its duration in ticks where it was an outermost one. `now` is the clock, read as early as can be.
    #[inline]
    pub(crate) fn exit(&mut self, begun: Begun, now: u64) -> Option<u64> {
        if self.current != begun.node {
            self.close_inner(begun, now);
            if self.current != begun.node {
                return None;
            }
        }
        let node = self.nodes[begun.node as usize].node;
        let open = node.open.load(Ordering::Relaxed);
        self.arena.begin();
        let now = self.switch(now);
        node.open.store(open.saturating_sub(1), Ordering::Relaxed);
        let duration = if open == 1 {
            let ticks = now.wrapping_sub(node.open_since.load(Ordering::Relaxed));
            let ticks = if ticks > i64::MAX as u64 { 0 } else { ticks };
            self.arena.count_call(node, ticks);
            Some(ticks)
        } else {
            arena::add(&node.recursive_calls, 1);
            None
        };
        self.go_to(begun.from);
        self.arena.end();
        duration
    }

    /// Counts arguments that were looked up: as new ones, or as repeated ones with the time they took.
    pub(crate) fn count_arguments(&mut self, node: u32, weight: u32, repeated: Option<u64>) {
        let node = self.nodes[node as usize].node;
        self.arena.begin();
        match repeated {
            Some(ticks) => {
                arena::add(&node.repeated, u64::from(weight));
                arena::add(&node.repeated_ticks, ticks.saturating_mul(u64::from(weight)));
            }
            None => arena::add(&node.distinct, u64::from(weight)),
        }
        self.arena.end();
    }

    #[inline(always)]
    fn go_to(&mut self, node: u32) {
        self.current = node;
        self.arena.current.store(node, Ordering::Relaxed);
    }

    /// Hands the time since the last switch, and what was counted meanwhile, to the current node. A clock that went back
    /// is counted and held.
    #[inline(always)]
    fn switch(&mut self, now: u64) -> u64 {
        let node = self.nodes[self.current as usize].node;
        let since = self.arena.since.load(Ordering::Relaxed);
        let ticks = now.wrapping_sub(since);
        if ticks > i64::MAX as u64 {
            arena::add(&self.arena.backward, 1);
            return since;
        }
        arena::add(&node.self_ticks, ticks);
        self.arena.since.store(now, Ordering::Relaxed);
        if alloc::stamp() != self.stamp {
            self.hand_out_counts();
        }
        now
    }

    #[cold]
    #[inline(never)]
    fn hand_out_counts(&mut self) {
        let counted = alloc::counted();
        let node = self.nodes[self.current as usize].node;
        let before = self.counted;
        arena::add(&node.allocations, counted.allocations - before.allocations);
        arena::add(&node.allocated_bytes, counted.allocated_bytes - before.allocated_bytes);
        arena::add(&node.freed_bytes, counted.freed_bytes - before.freed_bytes);
        arena::add(&node.copied_bytes, counted.copied_bytes - before.copied_bytes);
        arena::add(&node.lock_wait, counted.lock_wait_ticks - before.lock_wait_ticks);
        self.counted = counted;
        self.stamp = alloc::stamp();
    }

    /// Leaves out of the counts what recording itself has asked for.
    fn skip_own_allocations(&mut self) {
        self.counted = alloc::counted();
        self.stamp = alloc::stamp();
    }

    /// The node of a site below a node: that of an open span of the same site, else a child, made where it is new.
    #[inline(never)]
    fn find(&mut self, from: u32, site: u32) -> u32 {
        let target = match self.paths.get(&(from, site)) {
            Some(known) => *known,
            None => self.make(from, site),
        };
        let here = &mut self.nodes[from as usize];
        (here.recent_site, here.recent) = (site, target);
        target
    }

    #[cold]
    fn make(&mut self, from: u32, site: u32) -> u32 {
        if alloc::stamp() != self.stamp {
            self.arena.begin();
            self.hand_out_counts();
            self.arena.end();
        }
        let target = match self.open_span_of(from, site) {
            Some(outer) => outer,
            None => self.child(from, site),
        };
        if self.nodes[target as usize].site == OTHER_PATHS {
            arena::add(&self.arena.folded, 1);
        } else {
            self.paths.insert((from, site), target);
        }
        self.note_bytes();
        self.skip_own_allocations();
        target
    }

    /// The node on the way to the root that belongs to the same site. All nodes on that way are open.
    fn open_span_of(&self, from: u32, site: u32) -> Option<u32> {
        let mut at = from;
        while at != ROOT {
            let here = &self.nodes[at as usize];
            if here.site == site {
                return Some(at);
            }
            at = here.parent;
        }
        None
    }

    fn child(&mut self, from: u32, site: u32) -> u32 {
        // The last place is kept for all that found none.
        let room = self.arena.len() + 1 < arena::MOST_NODES;
        if room && let Some(index) = self.arena.push(from, site) {
            self.keep(index, from, site);
            return index;
        }
        if let Some(other) = self.paths.get(&(ROOT, OTHER_PATHS)) {
            return *other;
        }
        let index = self.arena.push(ROOT, OTHER_PATHS).unwrap_or(ROOT);
        if index != ROOT {
            self.keep(index, ROOT, OTHER_PATHS);
        }
        self.paths.insert((ROOT, OTHER_PATHS), index);
        index
    }

    /// Ends what is still open inside of a span that ends: their guards were leaked, or will be dropped too late.
    #[cold]
    fn close_inner(&mut self, begun: Begun, now: u64) {
        arena::add(&self.arena.out_of_order, 1);
        if self.nodes[begun.node as usize].node.open.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut at = self.current;
        while at != ROOT && at != begun.node {
            at = self.nodes[at as usize].parent;
        }
        if at != begun.node {
            return;
        }
        while self.current != begun.node {
            let node = self.nodes[self.current as usize].node;
            node.open.store(1, Ordering::Relaxed);
            let from = self.nodes[self.current as usize].parent;
            self.exit(Begun { node: self.current, from }, now);
        }
    }

    fn note_bytes(&self) {
        let path = size_of::<((u32, u32), u32)>() + 1;
        let paths = self.paths.capacity() * 8 / 7 * path;
        let bytes = self.nodes.capacity() * size_of::<Local>() + paths;
        self.arena.owner_bytes.store(bytes as u64, Ordering::Relaxed);
    }
}

/// Spreads two small numbers by one multiplication.
#[derive(Debug, Default)]
struct PathHasher(u64);

impl Hasher for PathHasher {
    fn finish(&self) -> u64 {
        let spread = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        spread ^ (spread >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 << 32) ^ (self.0 >> 32).wrapping_mul(31) ^ u64::from(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder() -> Recorder {
        Recorder::new(Box::leak(Box::new(Arena::new())), 1_000)
    }

    /// (site, own time, calls, inner calls, sum) of each node at a moment.
    fn nodes(recorder: &Recorder, at: u64) -> Vec<(u32, u64, u64, u64, u64)> {
        let (_, nodes) = recorder.arena.read(|| at).unwrap();
        nodes.iter().map(|n| (n.site, n.self_ticks, n.calls, n.recursive_calls, n.sum)).collect()
    }

    #[test]
    fn own_times_add_up_to_the_time_of_the_thread() {
        let mut recorder = recorder();
        let outer = recorder.enter(1, || 1_010);
        let inner = recorder.enter(2, || 1_030);
        assert_eq!(recorder.exit(inner, 1_070), Some(40));
        let again = recorder.enter(2, || 1_075);
        assert_eq!(recorder.exit(again, 1_075), Some(0));
        assert_eq!(recorder.exit(outer, 1_100), Some(90));
        let found = nodes(&recorder, 1_200);
        assert_eq!(found, [(0, 110, 0, 0, 0), (1, 50, 1, 0, 90), (2, 40, 2, 0, 40)]);
    }

    #[test]
    fn a_recursion_counts_its_outermost_call_and_stays_in_one_node() {
        let mut recorder = recorder();
        let mut open = Vec::new();
        for depth in 0..1_000_000_u64 {
            open.push(recorder.enter(1 + (depth % 2) as u32, || 1_000 + depth));
        }
        for (begun, now) in open.into_iter().rev().zip(2_000_000..) {
            recorder.exit(begun, now);
        }
        let found = nodes(&recorder, 3_000_000);
        assert_eq!(found.len(), 3);
        assert_eq!((found[1].2, found[1].3), (1, 499_999));
        assert_eq!((found[2].2, found[2].3), (1, 499_999));
        assert_eq!(found[1].4, 1_999_999 + 1_000_000 - 1_000);
        assert_eq!(found.iter().map(|node| node.1).sum::<u64>(), 3_000_000 - 1_000);
    }

    #[test]
    fn a_clock_that_goes_back_is_counted_and_takes_nothing_away() {
        let mut recorder = recorder();
        let span = recorder.enter(1, || 1_500);
        assert_eq!(recorder.exit(span, 200), Some(0));
        let next = recorder.enter(1, || 1_600);
        assert_eq!(recorder.exit(next, 1_700), Some(100));
        assert_eq!(recorder.arena.backward.load(Ordering::Relaxed), 1);
        assert_eq!(nodes(&recorder, 1_700), [(0, 600, 0, 0, 0), (1, 100, 2, 0, 100)]);
    }

    #[test]
    fn guards_that_end_out_of_order_lose_no_time() {
        let mut recorder = recorder();
        let outer = recorder.enter(1, || 1_010);
        let leaked = recorder.enter(2, || 1_020);
        let _inner = recorder.enter(3, || 1_030);
        assert_eq!(recorder.exit(outer, 1_050), Some(40));
        assert_eq!(recorder.exit(leaked, 1_060), None);
        assert_eq!(recorder.arena.out_of_order.load(Ordering::Relaxed), 2);
        let found = nodes(&recorder, 1_100);
        assert_eq!(
            found,
            [(0, 60, 0, 0, 0), (1, 10, 1, 0, 40), (2, 10, 1, 0, 30), (3, 20, 1, 0, 20)]
        );
    }

    #[test]
    fn paths_beyond_the_limit_share_one_node() {
        let mut recorder = recorder();
        for site in 1..40_000 {
            let span = recorder.enter(site, || 1_000);
            recorder.exit(span, 1_000 + 1);
        }
        let found = nodes(&recorder, 1_001);
        assert_eq!(found.len(), arena::MOST_NODES as usize);
        let (site, _, calls, ..) = found[found.len() - 1];
        assert_eq!(site, OTHER_PATHS);
        assert_eq!(calls + found.len() as u64 - 2, 39_999);
    }

    #[test]
    fn an_open_span_counts_up_to_the_moment_of_reading() {
        let mut recorder = recorder();
        let _open = recorder.enter(1, || 1_100);
        let (_, read) = recorder.arena.read(|| 1_400).unwrap();
        assert_eq!((read[1].self_ticks, read[1].open.spans, read[1].open.ticks), (300, 1, 300));
    }
}
