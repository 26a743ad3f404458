//! Figures of call paths in ticks, as plain values: they can be added and taken from one another.

use std::collections::HashMap;

use crate::histogram;

/// Spans that are still open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) spans: u32,
    /// How long the outermost of them is open.
    pub(crate) ticks: u64,
}

/// The figures of one call path. All but `sum`, `min`, `max` and the histogram are its own, without its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeTotals {
    pub(crate) parent: u32,
    pub(crate) site: u32,
    pub(crate) open: Open,
    pub(crate) self_ticks: u64,
    pub(crate) calls: u64,
    pub(crate) recursive_calls: u64,
    pub(crate) sum: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) sum_of_squares: u128,
    /// (bucket, count), buckets rising, none of them empty.
    pub(crate) histogram: Vec<(u16, u64)>,
    pub(crate) allocations: u64,
    pub(crate) allocated_bytes: u64,
    pub(crate) freed_bytes: u64,
    pub(crate) copied_bytes: u64,
    pub(crate) lock_wait: u64,
    pub(crate) distinct: u64,
    pub(crate) repeated: u64,
    pub(crate) repeated_ticks: u64,
    pub(crate) samples: Samples,
}

/// What the sampler saw of a call path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Samples {
    pub(crate) all: u64,
    /// Those since whose predecessor the thread spent more time on a processor than off it.
    pub(crate) on_cpu: u64,
    /// Processor time between each sample and its predecessor.
    pub(crate) cpu_ns: u64,
}

/// The figures of a thread, or of several that were added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThreadTotals {
    pub(crate) name: String,
    pub(crate) threads: u64,
    pub(crate) wall: u64,
    pub(crate) cpu_ns: u64,
    pub(crate) backward: u64,
    pub(crate) out_of_order: u64,
    pub(crate) folded: u64,
    /// Parents before their children; the first is the root.
    pub(crate) nodes: Vec<NodeTotals>,
}

impl NodeTotals {
    /// Applies `change` to each figure and its counterpart, those of order statistics apart.
    fn change(&mut self, other: &NodeTotals, change: fn(u64, u64) -> u64) {
        let pairs = [
            (&mut self.self_ticks, other.self_ticks),
            (&mut self.calls, other.calls),
            (&mut self.recursive_calls, other.recursive_calls),
            (&mut self.sum, other.sum),
            (&mut self.allocations, other.allocations),
            (&mut self.allocated_bytes, other.allocated_bytes),
            (&mut self.freed_bytes, other.freed_bytes),
            (&mut self.copied_bytes, other.copied_bytes),
            (&mut self.lock_wait, other.lock_wait),
            (&mut self.distinct, other.distinct),
            (&mut self.repeated, other.repeated),
            (&mut self.repeated_ticks, other.repeated_ticks),
            (&mut self.samples.all, other.samples.all),
            (&mut self.samples.on_cpu, other.samples.on_cpu),
            (&mut self.samples.cpu_ns, other.samples.cpu_ns),
        ];
        for (figure, other) in pairs {
            *figure = change(*figure, other);
        }
    }

    /// Counts a call of so many ticks.
    pub(crate) fn count_call(&mut self, ticks: u64) {
        let call = NodeTotals {
            calls: 1,
            sum: ticks,
            min: ticks,
            max: ticks,
            sum_of_squares: u128::from(ticks) * u128::from(ticks),
            histogram: vec![(histogram::bucket_of(ticks) as u16, 1)],
            ..NodeTotals::default()
        };
        self.add(&call);
    }

    fn add(&mut self, other: &NodeTotals) {
        if other.calls > 0 {
            self.min = if self.calls > 0 { self.min.min(other.min) } else { other.min };
            self.max = self.max.max(other.max);
        }
        self.change(other, u64::wrapping_add);
        self.sum_of_squares = self.sum_of_squares.wrapping_add(other.sum_of_squares);
        self.histogram = merged(&self.histogram, &other.histogram, u64::wrapping_add);
        self.open.spans += other.open.spans;
        self.open.ticks += other.open.ticks;
    }

    /// Takes away what had been counted earlier. Shortest and longest call are then known to a bucket, unless
    /// there was no earlier call.
    fn subtract(&mut self, earlier: &NodeTotals) {
        self.change(earlier, u64::saturating_sub);
        self.sum_of_squares = self.sum_of_squares.saturating_sub(earlier.sum_of_squares);
        self.histogram = merged(&self.histogram, &earlier.histogram, u64::saturating_sub);
        // What an open span had taken before counts before.
        self.sum = (self.sum + self.open.ticks).saturating_sub(earlier.open.ticks);
        self.open.ticks = 0;
        if earlier.calls > 0
            && let (Some((first, _)), Some((last, _))) =
                (self.histogram.first(), self.histogram.last())
        {
            self.min = self.min.max(histogram::range_of(usize::from(*first)).start);
            self.max = self.max.min(histogram::range_of(usize::from(*last)).end - 1);
        }
    }
}

/// Two histograms, bucket by bucket.
fn merged(
    own: &[(u16, u64)],
    other: &[(u16, u64)],
    change: fn(u64, u64) -> u64,
) -> Vec<(u16, u64)> {
    let (mut own, mut other) = (own.iter().peekable(), other.iter().peekable());
    let mut all = Vec::new();
    loop {
        let bucket = match (own.peek(), other.peek()) {
            (Some((a, _)), Some((b, _))) => *a.min(b),
            (Some((a, _)), None) | (None, Some((a, _))) => *a,
            (None, None) => return all,
        };
        let left = own.next_if(|(at, _)| *at == bucket).map_or(0, |(_, count)| *count);
        let right = other.next_if(|(at, _)| *at == bucket).map_or(0, |(_, count)| *count);
        match change(left, right) {
            0 => {}
            count => all.push((bucket, count)),
        }
    }
}

impl ThreadTotals {
    /// Adds another thread, path by path, and tells which path became which.
    pub(crate) fn add(&mut self, other: &ThreadTotals) -> Vec<u32> {
        self.threads += other.threads;
        self.wall += other.wall;
        self.cpu_ns += other.cpu_ns;
        self.backward += other.backward;
        self.out_of_order += other.out_of_order;
        self.folded += other.folded;
        let known: HashMap<(u32, u32), u32> =
            (0..).zip(&self.nodes).skip(1).map(|(i, node)| ((node.parent, node.site), i)).collect();
        let mut became: Vec<u32> = Vec::with_capacity(other.nodes.len());
        for node in &other.nodes {
            let parent = became.get(node.parent as usize).copied().unwrap_or(0);
            let place = match became.len() {
                0 if self.nodes.is_empty() => None,
                0 => Some(0),
                _ => known.get(&(parent, node.site)).copied(),
            };
            let place = place.unwrap_or_else(|| {
                let new = NodeTotals { parent, site: node.site, ..NodeTotals::default() };
                self.nodes.push(new);
                self.nodes.len() as u32 - 1
            });
            self.nodes[place as usize].add(node);
            became.push(place);
        }
        became
    }

    /// The same figures with the paths in other places.
    pub(crate) fn moved(&self, became: &[u32]) -> ThreadTotals {
        let len = became.iter().max().map_or(0, |last| *last as usize + 1);
        let mut nodes = vec![NodeTotals::default(); len];
        for (node, place) in self.nodes.iter().zip(became) {
            nodes[*place as usize] = node.clone();
        }
        ThreadTotals { nodes, ..self.clone() }
    }

    /// Takes away what had been counted earlier, path by path in the order of both.
    pub(crate) fn subtract(&mut self, earlier: &ThreadTotals) {
        self.wall = self.wall.saturating_sub(earlier.wall);
        self.cpu_ns = self.cpu_ns.saturating_sub(earlier.cpu_ns);
        self.backward = self.backward.saturating_sub(earlier.backward);
        self.out_of_order = self.out_of_order.saturating_sub(earlier.out_of_order);
        self.folded = self.folded.saturating_sub(earlier.folded);
        let nothing = NodeTotals::default();
        for (index, node) in self.nodes.iter_mut().enumerate() {
            node.subtract(earlier.nodes.get(index).unwrap_or(&nothing));
        }
    }

    /// Adds figures path by path in the order of both.
    pub(crate) fn add_in_place(&mut self, other: &ThreadTotals) {
        self.wall += other.wall;
        self.cpu_ns += other.cpu_ns;
        self.backward += other.backward;
        self.out_of_order += other.out_of_order;
        self.folded += other.folded;
        if self.nodes.len() < other.nodes.len() {
            self.nodes.resize_with(other.nodes.len(), NodeTotals::default);
        }
        for (node, other) in self.nodes.iter_mut().zip(&other.nodes) {
            node.add(other);
        }
    }
}
