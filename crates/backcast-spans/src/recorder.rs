//! What one thread does when a span begins and ends.
//!
//! A span that begins inside another one of the same site continues the node of the outer one. The depth of the
//! tree is thus bounded by the number of sites, a recursion a million deep takes no memory, and only outermost
//! calls count in calls, sums and histograms; inner ones are counted apart.

use std::{cell::Cell, sync::atomic::Ordering};

use crate::{
    alloc::{self, Counted},
    arena::{self, Arena, Node, ROOT},
};

/// Paths remembered for quick finding.
const REMEMBERED: usize = 64;

/// A thread's hand on its arena. It needs no destructor, so that looking at it costs nothing more.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// The stretch of recording that the thread takes part in.
    pub(crate) stretch: Cell<u32>,
    arena: Cell<Option<&'static Arena>>,
    current: Cell<Option<&'static Node>>,
    stamp: Cell<u64>,
    counted: Cell<Counted>,
    remembered: [Cell<Remembered>; REMEMBERED],
}

/// The node of a site below a node.
#[derive(Clone, Copy, Debug)]
struct Remembered {
    key: u64,
    node: Option<&'static Node>,
}

/// How a span began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) node: &'static Node,
    around: &'static Node,
}

impl Recorder {
    pub(crate) const fn new() -> Recorder {
        const NOTHING: Remembered = Remembered { key: 0, node: None };
        Recorder {
            stretch: Cell::new(crate::state::OFF),
            arena: Cell::new(None),
            current: Cell::new(None),
            stamp: Cell::new(0),
            counted: Cell::new(Counted::nothing()),
            remembered: [const { Cell::new(NOTHING) }; REMEMBERED],
        }
    }

    /// Begins anew with nothing but the root of an arena, whose time runs from `now`.
    pub(crate) fn join(&self, arena: &'static Arena, now: u64) {
        arena.clear(now);
        self.arena.set(Some(arena));
        self.current.set(arena.node(ROOT));
        for remembered in &self.remembered {
            remembered.set(Remembered { key: 0, node: None });
        }
        self.skip_own_allocations();
    }

    /// Takes part in nothing any more.
    pub(crate) fn leave(&self) {
        self.stretch.set(crate::state::OFF);
        self.current.set(None);
        self.arena.set(None);
    }

    pub(crate) fn arena(&self) -> Option<&'static Arena> {
        self.arena.get()
    }

    /// A span begins. `now` reads the clock, as late as can be.
    #[inline(always)]
    pub(crate) fn enter(&self, site: u32, now: impl Fn() -> u64) -> Option<Begun> {
        let (arena, around) = (self.arena.get()?, self.current.get()?);
        if alloc::stamp() != self.stamp.get() {
            self.hand_out_counts(arena, around);
        }
        let key = u64::from(around.index) << 32 | u64::from(site);
        let place = (around.index.wrapping_mul(31) ^ site) as usize % REMEMBERED;
        let remembered = self.remembered[place].get();
        let node = match remembered.node {
            Some(node) if remembered.key == key => node,
            _ => self.find(arena, around, site, now())?,
        };
        if node.open.load(Ordering::Relaxed) == 0 {
            node.open_since.store(now(), Ordering::Relaxed);
            // Whoever sees it open sees since when.
            node.open.store(1, Ordering::Release);
        } else {
            arena.lend(around, node, now());
        }
        self.go_to(arena, node);
        Some(Begun { node, around })
    }

    /// A span ends; its duration in ticks where it was an outermost one. `now` is the clock, read as early as can be.
    #[inline(always)]
    pub(crate) fn exit(&self, begun: Begun, now: u64) -> Option<u64> {
        let (arena, current) = (self.arena.get()?, self.current.get()?);
        let Begun { node, around } = begun;
        if !std::ptr::eq(current, node) && !self.close_inner(arena, node, now) {
            return None;
        }
        if alloc::stamp() != self.stamp.get() {
            self.hand_out_counts(arena, node);
        }
        if node.open.load(Ordering::Relaxed) != 1 {
            arena.take_back(around, node, now);
            self.go_to(arena, around);
            return None;
        }
        let mut ticks = now.wrapping_sub(node.open_since.load(Ordering::Relaxed));
        if ticks > i64::MAX as u64 {
            ticks = 0;
            arena::add(&arena.backward, 1);
        }
        if arena.close(node, ticks) {
            self.skip_own_allocations();
        }
        self.go_to(arena, around);
        Some(ticks)
    }

    #[inline(always)]
    fn go_to(&self, arena: &Arena, node: &'static Node) {
        self.current.set(Some(node));
        arena.current.store(node.index, Ordering::Relaxed);
    }

    /// Counts arguments that were looked up: as new ones, or as repeated ones with the time they took.
    pub(crate) fn count_arguments(&self, node: &Node, weight: u64, repeated: Option<u64>) {
        match repeated {
            Some(ticks) => {
                arena::add(&node.repeated, weight);
                arena::add(&node.repeated_ticks, ticks.saturating_mul(weight));
            }
            None => arena::add(&node.distinct, weight),
        }
    }

    /// Hands what was counted since the last change of node to the current one.
    #[cold]
    #[inline(never)]
    fn hand_out_counts(&self, arena: &Arena, node: &Node) {
        let (counted, before) = (alloc::counted(), self.counted.get());
        arena.begin();
        arena::add(&node.allocations, counted.allocations - before.allocations);
        arena::add(&node.allocated_bytes, counted.allocated_bytes - before.allocated_bytes);
        arena::add(&node.freed_bytes, counted.freed_bytes - before.freed_bytes);
        arena::add(&node.copied_bytes, counted.copied_bytes - before.copied_bytes);
        arena::add(&node.lock_wait, counted.lock_wait_ticks - before.lock_wait_ticks);
        arena.end();
        self.counted.set(counted);
        self.stamp.set(alloc::stamp());
    }

    /// Work of recording itself, whose allocations belong to no span.
    pub(crate) fn apart<T>(&self, work: impl FnOnce() -> T) -> T {
        if let (Some(arena), Some(current)) = (self.arena.get(), self.current.get()) {
            self.hand_out_counts(arena, current);
        }
        let made = work();
        self.skip_own_allocations();
        made
    }

    /// Leaves out of the counts what recording itself has asked for.
    pub(crate) fn skip_own_allocations(&self) {
        self.counted.set(alloc::counted());
        self.stamp.set(alloc::stamp());
    }

    #[inline(never)]
    fn find(
        &self,
        arena: &'static Arena,
        around: &Node,
        site: u32,
        now: u64,
    ) -> Option<&'static Node> {
        let node = arena.path(around.index, site, now)?;
        self.skip_own_allocations();
        // The path of a call without room is looked for each time, as each is counted.
        if node.site.load(Ordering::Relaxed) != crate::paths::OTHER_PATHS {
            let place = (around.index.wrapping_mul(31) ^ site) as usize % REMEMBERED;
            let key = u64::from(around.index) << 32 | u64::from(site);
            self.remembered[place].set(Remembered { key, node: Some(node) });
        }
        Some(node)
    }

    /// Ends what is still open inside of a span that ends: their guards were leaked, or will be dropped too late. Whether the
    /// span itself is still open.
    #[cold]
    fn close_inner(&self, arena: &'static Arena, node: &'static Node, now: u64) -> bool {
        arena::add(&arena.out_of_order, 1);
        let parent = |node: &Node| arena.node(node.parent.load(Ordering::Relaxed));
        let mut inner = Vec::new();
        let mut at = self.current.get();
        while let Some(here) = at.filter(|here| here.index != ROOT && !std::ptr::eq(*here, node)) {
            inner.push(here);
            at = parent(here);
        }
        if !at.is_some_and(|here| std::ptr::eq(here, node)) {
            return false;
        }
        for here in inner {
            let Some(around) = parent(here) else { return false };
            here.open.store(1, Ordering::Relaxed);
            self.exit(Begun { node: here, around }, now);
        }
        self.skip_own_allocations();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder() -> Recorder {
        let recorder = Recorder::new();
        recorder.join(Box::leak(Box::new(Arena::new())), 1_000);
        recorder
    }

    fn enter(recorder: &Recorder, site: u32, now: u64) -> Begun {
        recorder.enter(site, || now).expect("the thread has joined")
    }

    /// (site, own time, calls, inner calls, sum) of each node at a moment.
    fn nodes(recorder: &Recorder, at: u64) -> Vec<(u32, u64, u64, u64, u64)> {
        let (_, nodes) = recorder.arena().unwrap().read(|| at).unwrap();
        nodes.iter().map(|n| (n.site, n.self_ticks, n.calls, n.recursive_calls, n.sum)).collect()
    }

    #[test]
    fn own_times_add_up_to_the_time_of_the_thread() {
        let recorder = recorder();
        let outer = enter(&recorder, 1, 1_010);
        let inner = enter(&recorder, 2, 1_030);
        assert_eq!(recorder.exit(inner, 1_070), Some(40));
        let again = enter(&recorder, 2, 1_075);
        assert_eq!(recorder.exit(again, 1_075), Some(0));
        assert_eq!(recorder.exit(outer, 1_100), Some(90));
        let found = nodes(&recorder, 1_200);
        assert_eq!(found, [(0, 110, 0, 0, 0), (1, 50, 1, 0, 90), (2, 40, 2, 0, 40)]);
    }

    #[test]
    fn a_recursion_counts_its_outermost_call_and_stays_in_one_node() {
        let recorder = recorder();
        let mut open = Vec::new();
        for depth in 0..1_000_000_u64 {
            open.push(enter(&recorder, 1 + (depth % 2) as u32, 1_000 + depth));
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
        let recorder = recorder();
        let span = enter(&recorder, 1, 1_500);
        assert_eq!(recorder.exit(span, 200), Some(0));
        let next = enter(&recorder, 1, 1_600);
        assert_eq!(recorder.exit(next, 1_700), Some(100));
        assert_eq!(recorder.arena().unwrap().backward.load(Ordering::Relaxed), 1);
        assert_eq!(nodes(&recorder, 1_700), [(0, 600, 0, 0, 0), (1, 100, 2, 0, 100)]);
    }

    #[test]
    fn guards_that_end_out_of_order_lose_no_time() {
        let recorder = recorder();
        let outer = enter(&recorder, 1, 1_010);
        let leaked = enter(&recorder, 2, 1_020);
        let _inner = enter(&recorder, 3, 1_030);
        assert_eq!(recorder.exit(outer, 1_050), Some(40));
        assert_eq!(recorder.exit(leaked, 1_060), None);
        assert_eq!(recorder.arena().unwrap().out_of_order.load(Ordering::Relaxed), 2);
        let found = nodes(&recorder, 1_100);
        assert_eq!(
            found,
            [(0, 60, 0, 0, 0), (1, 10, 1, 0, 40), (2, 10, 1, 0, 30), (3, 20, 1, 0, 20)]
        );
    }

    #[test]
    fn paths_beyond_the_limit_share_one_node() {
        let recorder = recorder();
        for site in 1..40_000 {
            let span = enter(&recorder, site, 1_000 + u64::from(site));
            recorder.exit(span, 1_001 + u64::from(site));
        }
        let found = nodes(&recorder, 50_000);
        assert_eq!(found.len(), arena::MOST_NODES as usize);
        let (site, own, _, calls, sum) = found[found.len() - 1];
        assert_eq!((site, own, sum), (crate::paths::OTHER_PATHS, calls, calls));
        assert_eq!(calls + found.len() as u64 - 2, 39_999);
        assert_eq!(found.iter().map(|node| node.1).sum::<u64>(), 49_000);
    }

    #[test]
    fn an_open_span_counts_up_to_the_moment_of_reading() {
        let recorder = recorder();
        let _open = enter(&recorder, 1, 1_100);
        let (_, read) = recorder.arena().unwrap().read(|| 1_400).unwrap();
        assert_eq!((read[1].self_ticks, read[1].open.spans, read[1].open.ticks), (300, 1, 300));
    }
}
