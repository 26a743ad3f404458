//! What a recording has counted, with times in nanoseconds.

use crate::{
    clock::{self, ClockKind},
    paths::OTHER_PATHS,
    recording::EmptySpan,
    registry::Counted,
    site,
    time_base::TimeBase,
    totals::{NodeTotals, ThreadTotals},
};

/// Everything that a recording has counted.
///
/// In each thread `unattributed.self_ns` and the `self_ns` of all nodes add up to `wall_ns`.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The name of the recording.
    pub name: String,
    /// The process.
    pub process_id: u32,
    /// What time was measured with.
    pub clock: ClockReport,
    /// From begin to end of the recording.
    pub wall_ns: u64,
    /// Whether the recording had ended; not so in what a program that is still running has written.
    pub complete: bool,
    /// Threads that recorded, and those that ended meanwhile, added up by name.
    pub threads: Vec<ThreadSnapshot>,
    /// What went wrong; all zero in a good recording.
    pub errors: Errors,
    /// What the sampler did.
    pub sampler: SamplerReport,
    /// Memory of the whole process; nothing unless the program allocates through [`Counting`](crate::alloc::Counting).
    pub memory: Option<MemoryReport>,
    /// Memory that recording itself uses.
    pub recording_bytes: u64,
    /// Spans that were made longer on purpose.
    pub delays: Vec<Delay>,
}

/// What time was measured with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockReport {
    /// What a tick is.
    pub kind: ClockKind,
    /// Ticks to a second.
    pub hz: f64,
    /// Smallest step between two readings that differ.
    pub resolution_ns: f64,
    /// What an empty span costs.
    pub empty_span_ns: f64,
    /// The part of it that the span itself counts as its own time; the rest falls to the span around it.
    pub empty_span_inside_ns: f64,
}

/// What went wrong while recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// Seconds in which ticks did not go with the clock of the system: a moved or resumed virtual machine.
    pub clock_jumps: u64,
    /// Readings before an earlier one of the same thread.
    pub backward_steps: u64,
    /// How long the machine slept meanwhile.
    pub asleep_ns: u64,
    /// Spans that did not end in the reverse order of their begin; their time is with the right span, but calls may be missing.
    pub out_of_order: u64,
    /// Calls that found no room for a path of their own and are in `(other paths)`.
    pub folded_calls: u64,
    /// Threads that could not be read.
    pub unread_threads: u64,
}

/// What the sampler did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SamplerReport {
    /// Mean time between looks that was asked for; 0 without sampling.
    pub wanted_period_ns: u64,
    /// Mean time between looks that was reached; longer where looking would have cost more than 0.5 % of a processor.
    pub period_ns: u64,
    /// Looks at all threads.
    pub looks: u64,
    /// Processor time of the sampler.
    pub cpu_ns: u64,
}

/// Memory of the whole process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryReport {
    /// Allocated and not released between begin and end; negative where more was released.
    pub net_bytes: i64,
    /// Most that was alive beyond what was alive at the begin, give or take [`BATCH`](crate::alloc::BATCH) bytes a thread.
    pub peak_bytes: u64,
    /// What was alive beside the begin: pairs of nanoseconds since then and bytes, oldest first, some hundred at most. The first
    /// is of the begin, the last one of the end.
    pub alive: Vec<(u64, i64)>,
}

/// A span that was made longer on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// The name of the span.
    pub name: String,
    /// How much longer each of its calls was made.
    pub delay_ns: u64,
    /// How many calls were.
    pub calls: u64,
}

/// A thread, or several of one name that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadSnapshot {
    /// The name that the program gave it, or `unnamed`.
    pub name: String,
    /// How many threads these are.
    pub threads: u64,
    /// From its first span, or the begin of the recording, to its end; the sum over all of them.
    pub wall_ns: u64,
    /// Processor time in that time.
    pub cpu_ns: u64,
    /// What no span covers. It has no calls.
    pub unattributed: NodeSnapshot,
    /// Call paths, parents before their children.
    pub nodes: Vec<NodeSnapshot>,
}

/// A call path. All but `sum_ns`, `min_ns`, `max_ns`, `sum_sq_ns2` and the histogram is its own, without its children.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeSnapshot {
    /// Its number in its thread, from 1; the unattributed rest has 0.
    pub id: u32,
    /// The path it continues, 0 for none.
    pub parent: u32,
    /// The name of the span.
    pub name: String,
    /// Where it is made.
    pub file: String,
    /// Where it is made.
    pub line: u32,
    /// Calls that ended, inner ones of a recursion not counted.
    pub calls: u64,
    /// Inner calls of a recursion. Their time is in the outermost call, their children hang below it.
    pub recursive_calls: u64,
    /// Spans still open at the end.
    pub open: u32,
    /// Time of all calls with all that happened inside; open ones up to the end.
    pub sum_ns: u64,
    /// Time outside of children.
    pub self_ns: u64,
    /// The part of `self_ns` that the recording of this span and of its children took, as far as an empty span tells.
    pub overhead_ns: u64,
    /// Shortest call.
    pub min_ns: u64,
    /// Longest call.
    pub max_ns: u64,
    /// Sum of squares of the times of calls.
    pub sum_sq_ns2: f64,
    /// (bucket, calls) by [`histogram`](crate::histogram) over **ticks**, buckets rising.
    pub histogram: Vec<(u16, u64)>,
    /// Allocations.
    pub allocations: u64,
    /// Bytes allocated.
    pub allocated_bytes: u64,
    /// Bytes released, wherever they came from.
    pub freed_bytes: u64,
    /// Bytes that the program said it copied.
    pub copied_bytes: u64,
    /// Time spent waiting in [`lock`](crate::lock).
    pub lock_wait_ns: u64,
    /// Times that the sampler met the thread here.
    pub samples: u64,
    /// Those before which the thread had used its processor for more than half of the time.
    pub cpu_samples: u64,
    /// Processor time between each of these samples and the one before it.
    pub sampled_cpu_ns: u64,
    /// Arguments, where the span has digests of them.
    pub digests: Option<Digests>,
}

/// What digests of arguments tell. Beyond 4,096 different ones at one place these are estimates from a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Calls with arguments not seen before at this place.
    pub distinct: u64,
    /// Calls with arguments seen before.
    pub repeated: u64,
    /// Time of the latter.
    pub repeated_ns: u64,
}

impl Snapshot {
    pub(crate) fn of(name: String, counted: &Counted, empty: EmptySpan) -> Snapshot {
        let kind = clock::choose();
        let base = counted.anchors.time_base(kind);
        let ns = 1e9 / base.hz;
        let look = counted.sampler;
        let memory = counted.memory.map(|(net_bytes, peak_bytes)| MemoryReport {
            net_bytes,
            peak_bytes: peak_bytes.unsigned_abs(),
            alive: counted.alive.iter().map(|(at, bytes)| (base.ns(*at), *bytes)).collect(),
        });
        let threads: Vec<ThreadSnapshot> =
            counted.threads.iter().map(|thread| ThreadSnapshot::of(thread, &base, empty)).collect();
        let sum = |figure: fn(&ThreadTotals) -> u64| counted.threads.iter().map(figure).sum();
        Snapshot {
            name,
            process_id: std::process::id(),
            clock: ClockReport {
                kind,
                hz: base.hz,
                resolution_ns: clock::resolution() as f64 * ns,
                empty_span_ns: empty.whole * ns,
                empty_span_inside_ns: empty.inside * ns,
            },
            wall_ns: base.ns(counted.wall),
            complete: true,
            errors: Errors {
                clock_jumps: base.clock_jumps,
                backward_steps: sum(|thread| thread.backward),
                asleep_ns: base.asleep_ns,
                out_of_order: sum(|thread| thread.out_of_order),
                folded_calls: sum(|thread| thread.folded),
                unread_threads: counted.unread,
            },
            sampler: SamplerReport {
                wanted_period_ns: look.wanted_ns,
                period_ns: look.wall_ns.checked_div(look.looks).unwrap_or(0),
                looks: look.looks,
                cpu_ns: look.cpu_ns,
            },
            memory,
            recording_bytes: counted.recording_bytes as u64,
            delays: delays(&threads),
            threads,
        }
    }

    /// Why times of this recording cannot be believed; empty for a good one.
    #[must_use]
    pub fn distrust(&self) -> Vec<String> {
        let errors = &self.errors;
        let mut reasons = Vec::new();
        if errors.clock_jumps > 0 {
            reasons.push(format!(
                "the clock jumped {} times against that of the system",
                errors.clock_jumps
            ));
        }
        if errors.backward_steps > 0 {
            reasons.push(format!("the clock went back {} times", errors.backward_steps));
        }
        if errors.asleep_ns > 0 {
            reasons.push(format!(
                "the machine slept for {:.3} s meanwhile",
                errors.asleep_ns as f64 / 1e9
            ));
        }
        if errors.unread_threads > 0 {
            reasons.push(format!("{} threads could not be read", errors.unread_threads));
        }
        reasons
    }
}

impl ThreadSnapshot {
    fn of(totals: &ThreadTotals, base: &TimeBase, empty: EmptySpan) -> ThreadSnapshot {
        let kept = kept(&totals.nodes);
        let mut overhead = vec![0.0; totals.nodes.len()];
        for (index, node) in totals.nodes.iter().enumerate().skip(1) {
            let calls = (node.calls + node.recursive_calls) as f64;
            overhead[index] += calls * empty.inside;
            overhead[node.parent as usize] += calls * (empty.whole - empty.inside);
        }
        let mut all = Vec::new();
        let mut ids = vec![0; totals.nodes.len()];
        for (index, node) in totals.nodes.iter().enumerate() {
            if index > 0 && !kept[index] {
                continue;
            }
            ids[index] = all.len() as u32;
            all.push(NodeSnapshot {
                id: ids[index],
                parent: ids[node.parent as usize],
                overhead_ns: base.ns(overhead[index] as u64).min(base.ns(node.self_ticks)),
                ..NodeSnapshot::of(node, base)
            });
        }
        let mut nodes = all.into_iter();
        let unattributed = nodes.next().unwrap_or_default();
        ThreadSnapshot {
            name: totals.name.clone(),
            threads: totals.threads,
            wall_ns: base.ns(totals.wall),
            cpu_ns: totals.cpu_ns,
            unattributed,
            nodes: nodes.collect(),
        }
    }
}

/// Nodes with something to tell, or with such a node below them.
fn kept(nodes: &[NodeTotals]) -> Vec<bool> {
    let mut kept = vec![false; nodes.len()];
    for (index, node) in nodes.iter().enumerate().rev() {
        let told = node.calls + node.recursive_calls + node.self_ticks + node.samples.all > 0;
        if index > 0 && (told || node.open.spans > 0 || kept[index]) {
            kept[index] = true;
            kept[node.parent as usize] = true;
        }
    }
    kept
}

impl NodeSnapshot {
    fn of(node: &NodeTotals, base: &TimeBase) -> NodeSnapshot {
        let (name, file, line) = match node.site {
            OTHER_PATHS => ("(other paths)", "", 0),
            site => site::place_of(site),
        };
        let tick_ns = 1e9 / base.hz;
        let called = node.calls > 0;
        let looked_up = node.distinct + node.repeated > 0;
        NodeSnapshot {
            id: 0,
            parent: 0,
            name: name.to_owned(),
            file: file.to_owned(),
            line,
            calls: node.calls,
            recursive_calls: node.recursive_calls,
            open: node.open.spans,
            sum_ns: base.ns(node.sum),
            self_ns: base.ns(node.self_ticks),
            overhead_ns: 0,
            min_ns: if called { base.ns(node.min) } else { 0 },
            max_ns: if called { base.ns(node.max) } else { 0 },
            sum_sq_ns2: node.sum_of_squares as f64 * tick_ns * tick_ns,
            histogram: node.histogram.clone(),
            allocations: node.allocations,
            allocated_bytes: node.allocated_bytes,
            freed_bytes: node.freed_bytes,
            copied_bytes: node.copied_bytes,
            lock_wait_ns: base.ns(node.lock_wait),
            samples: node.samples.all,
            cpu_samples: node.samples.on_cpu,
            sampled_cpu_ns: node.samples.cpu_ns,
            digests: looked_up.then(|| Digests {
                distinct: node.distinct,
                repeated: node.repeated,
                repeated_ns: base.ns(node.repeated_ticks),
            }),
        }
    }
}

fn delays(threads: &[ThreadSnapshot]) -> Vec<Delay> {
    let calls = |name: &str| {
        let nodes =
            threads.iter().flat_map(|thread| &thread.nodes).filter(|node| node.name == name);
        nodes.map(|node| node.calls + node.recursive_calls).sum()
    };
    let delay = |(name, delay_ns): (String, u64)| Delay { calls: calls(&name), name, delay_ns };
    site::delays().into_iter().map(delay).collect()
}
