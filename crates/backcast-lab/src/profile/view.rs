//! One tree of all threads: threads of one name are merged, siblings stand largest first, shares are of all thread time.

use std::{borrow::Cow, hash::BuildHasher};

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Area, Calls, Frame, Kind, LineTime, Node, Profile, Repeated, Source, ThreadProfile};

/// The merged tree.
#[derive(Clone, Debug, PartialEq)]
pub struct View<'a> {
    /// Lifetime of all threads: the whole.
    pub total_ns: u64,
    /// Samples of all threads.
    pub samples: u64,
    /// How many would tell as much if each stood for equally long: what intervals are of.
    pub effective_samples: u64,
    /// Rows, each directly after its parent's earlier children and theirs; threads are the roots.
    pub rows: Vec<Row<'a>>,
    /// How many different functions there may be among the rows.
    pub functions: usize,
}

/// A call path of the merged tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// The row above, an index into [`View::rows`].
    pub parent: Option<usize>,
    /// Rows above.
    pub depth: usize,
    /// Function, span, symbol or thread.
    pub name: Cow<'a, str>,
    /// Its source file or object.
    pub file: Option<&'a str>,
    /// First line of it.
    pub line: Option<u32>,
    /// What it is.
    pub kind: Kind,
    /// Whose work it does.
    pub area: Area,
    /// How it was seen.
    pub source: Source,
    /// Equal for rows of one name, file and line; below [`View::functions`].
    pub function: u32,
    /// Threads merged.
    pub threads: u64,
    /// Time in it alone.
    pub own_ns: u64,
    /// Time in it and below.
    pub total_ns: u64,
    /// Own time on a processor, where known.
    pub cpu_ns: Option<u64>,
    /// Samples in it alone.
    pub samples: u64,
    /// Samples in it and below.
    pub total_samples: u64,
    /// What is known exactly about its calls.
    pub calls: Option<Box<Calls>>,
    /// Times by line, slowest own time first.
    pub lines: Box<[LineTime]>,
}

impl<'a> View<'a> {
    /// Merges all threads of a profile. Linear in its nodes, but for the sorting of siblings.
    pub fn of(profile: &'a Profile) -> View<'a> {
        let mut merge = Merge::of(profile);
        let mut rows: Vec<u32> = Vec::new();
        for thread in &profile.threads {
            let root = merge.root(thread);
            rows.clear();
            for node in profile.nodes_of(thread) {
                let parent =
                    node.parent.map_or(root, |parent| rows[(parent - thread.first) as usize]);
                let at = merge.row(parent, node.frame, thread.source);
                rows.push(at);
                let row = &mut merge.rows[at as usize];
                row.threads += thread.count;
                row.own_ns += node.own_ns;
                // Samples of exact times say nothing about how exact they are.
                row.samples += if thread.source == Source::Spans { 0 } else { node.samples };
                if let Some(cpu) = node.cpu_ns {
                    row.cpu_ns = row.cpu_ns().unwrap_or(0) + cpu;
                }
                if node.calls.is_some() || !node.lines.is_empty() {
                    merge.details(at).add(node);
                }
            }
            let row = match thread.unattributed_ns > 0 && thread.len > 0 {
                true => merge.unattributed(root, thread),
                false => root,
            };
            let row = &mut merge.rows[row as usize];
            row.own_ns += thread.unattributed_ns;
            if let Some(rest) = unattributed_cpu(profile, thread) {
                row.cpu_ns = row.cpu_ns().unwrap_or(0) + rest;
            }
        }
        merge.finish()
    }

    /// Share of the whole.
    pub fn share(&self, ns: u64) -> f64 {
        if self.total_ns == 0 { 0.0 } else { ns as f64 / self.total_ns as f64 }
    }

    /// Rows with at least that share of the whole, themselves and below; the others' number and own time.
    pub fn above(&self, min_share: f64) -> (Vec<usize>, usize, u64) {
        let (mut shown, mut own) = (Vec::new(), 0);
        for (at, row) in self.rows.iter().enumerate() {
            match self.share(row.total_ns) >= min_share {
                true => shown.push(at),
                false => own += row.own_ns,
            }
        }
        let hidden = self.rows.len() - shown.len();
        (shown, hidden, own)
    }
}

/// Rows while they are merged, in the order in which they were first seen. There may be very many: what all need stands
/// together and is small, texts are looked at where they decide, and each finished row is written once, at its place.
struct Merge<'a> {
    profile: &'a Profile,
    rows: Vec<Merged>,
    /// Of each frame the row in which it was first seen, and the row above that: most frames are in no other.
    first: Vec<(u32, u32)>,
    /// Further rows by the row above and the frame.
    known: FxHashMap<u64, u32>,
    roots: FxHashMap<(String, Source), u32>,
    /// Names of roots.
    names: Vec<String>,
    /// Rows of what is unattributed, by their root.
    rest: FxHashMap<u32, u32>,
    details: FxHashMap<u32, Details>,
}

/// A row in the making. It is looked at here and there, so it is made to fill one line of the cache.
#[repr(align(64))]
struct Merged {
    /// [`NO_ROW`] above threads.
    parent: u32,
    what: What,
    source: Source,
    threads: u64,
    own_ns: u64,
    total_ns: u64,
    /// [`NO_TIME`] where it is not known.
    cpu_ns: u64,
    samples: u64,
    total_samples: u64,
}

/// What a row is called: a frame, by its place; after all frames what is unattributed; after that the threads.
#[derive(Clone, Copy)]
struct What(u32);

/// What few rows have.
#[derive(Default)]
struct Details {
    calls: Option<Box<Calls>>,
    lines: Vec<LineTime>,
}

const NO_ROW: u32 = u32::MAX;

/// A free place in a table of functions.
const NO_FUNCTION: u32 = u32::MAX;

const NO_TIME: u64 = u64::MAX;

const UNATTRIBUTED: &str = "(unattributed)";

impl<'a> Merge<'a> {
    fn of(profile: &'a Profile) -> Merge<'a> {
        let most = profile.nodes.len();
        Merge {
            profile,
            rows: Vec::with_capacity(most + 2 * profile.threads.len()),
            first: vec![(NO_ROW, NO_ROW); profile.frames.len()],
            known: FxHashMap::default(),
            roots: FxHashMap::default(),
            names: Vec::new(),
            rest: FxHashMap::default(),
            details: FxHashMap::default(),
        }
    }

    fn root(&mut self, thread: &ThreadProfile) -> u32 {
        let name = group_name(&thread.name);
        let key = (name, thread.source);
        let row = match self.roots.get(&key) {
            Some(row) => {
                let row = *row;
                let place = (self.rows[row as usize].what.0 - self.first_name()) as usize;
                if self.names[place] != thread.name {
                    self.names[place] = key.0;
                }
                row
            }
            None => {
                // A name that no other thread shares a pattern with stays as it is.
                let what = What(self.first_name() + self.names.len() as u32);
                self.names.push(thread.name.clone());
                let row = self.push(NO_ROW, what, thread.source);
                self.roots.insert(key, row);
                row
            }
        };
        self.rows[row as usize].threads += thread.count;
        row
    }

    #[inline]
    fn row(&mut self, parent: u32, frame: u32, source: Source) -> u32 {
        let next = self.rows.len() as u32;
        let first = &mut self.first[frame as usize];
        let row = match *first {
            (_, NO_ROW) => {
                *first = (parent, next);
                next
            }
            (above, row) if above == parent => row,
            _ => *self.known.entry(u64::from(parent) << 32 | u64::from(frame)).or_insert(next),
        };
        if row == next { self.push(parent, What(frame), source) } else { row }
    }

    fn unattributed(&mut self, root: u32, thread: &ThreadProfile) -> u32 {
        let row = match self.rest.get(&root) {
            Some(row) => *row,
            None => {
                let row = self.push(root, self.unattributed_place(), thread.source);
                self.rest.insert(root, row);
                row
            }
        };
        self.rows[row as usize].threads += thread.count;
        row
    }

    fn push(&mut self, parent: u32, what: What, source: Source) -> u32 {
        self.rows.push(Merged {
            parent,
            what,
            source,
            threads: 0,
            own_ns: 0,
            total_ns: 0,
            cpu_ns: NO_TIME,
            samples: 0,
            total_samples: 0,
        });
        self.rows.len() as u32 - 1
    }

    fn details(&mut self, row: u32) -> &mut Details {
        self.details.entry(row).or_default()
    }

    fn name(&self, what: What) -> &str {
        self.function(what).0
    }

    fn frame(&self, what: What) -> Option<&'a Frame> {
        self.profile.frames.get(what.0 as usize)
    }

    fn unattributed_place(&self) -> What {
        What(self.profile.frames.len() as u32)
    }

    fn first_name(&self) -> u32 {
        self.unattributed_place().0 + 1
    }

    /// The name of a thread.
    fn thread(&self, what: What) -> Option<&String> {
        self.names.get(what.0.checked_sub(self.first_name())? as usize)
    }

    /// What makes a function: name, file and line.
    fn function(&self, what: What) -> (&str, Option<&str>, Option<u32>) {
        match (self.frame(what), self.thread(what)) {
            (Some(frame), _) => (&frame.name, frame.file.as_deref(), frame.line),
            (None, Some(name)) => (name, None, None),
            (None, None) => (UNATTRIBUTED, None, None),
        }
    }

    /// A number for each function, by the place of what it is, and how many there are. Texts are read here once each and in the
    /// order in which they stand; later they would be met in the order of the tree, each of them far from the one before.
    fn numbers(&self) -> (Vec<u32>, usize) {
        let most = self.first_name() + self.names.len() as u32;
        // Open addressing with nothing but numbers in it is a fifth of a map of hashes.
        let mut slots = vec![NO_FUNCTION; (most as usize * 2).next_power_of_two()];
        let mut numbers = Vec::with_capacity(most as usize);
        let mut first: Vec<What> = Vec::with_capacity(most as usize);
        for what in (0..most).map(What) {
            let function = self.function(what);
            let mut at = FxBuildHasher.hash_one(function) as usize;
            numbers.push(loop {
                at %= slots.len();
                let slot = &mut slots[at];
                if *slot == NO_FUNCTION {
                    *slot = first.len() as u32;
                    first.push(what);
                    break *slot;
                }
                if self.function(first[*slot as usize]) == function {
                    break *slot;
                }
                at += 1;
            });
        }
        (numbers, first.len())
    }

    /// Totals from own times, siblings by size, rows in the order of the tree.
    fn finish(mut self) -> View<'a> {
        let rows = &mut self.rows;
        let (mut total_ns, mut samples) = (0, 0);
        for at in (0..rows.len()).rev() {
            let row = &mut rows[at];
            row.total_ns += row.own_ns;
            row.total_samples += row.samples;
            let (parent, ns, seen) = (row.parent, row.total_ns, row.total_samples);
            match rows.get_mut(parent as usize) {
                Some(above) => {
                    above.total_ns += ns;
                    above.total_samples += seen;
                }
                None => (total_ns, samples) = (total_ns + ns, samples + seen),
            }
        }
        // The memory is needed for what follows.
        (self.known, self.first) = Default::default();
        let (numbers, functions) = self.numbers();
        let order = self.order();
        let mut place = vec![0u32; order.len()];
        (0..).zip(&order).for_each(|(at, row)| place[*row as usize] = at);
        let mut rows: Vec<Row<'a>> = Vec::with_capacity(order.len());
        for row in order {
            let merged = &self.rows[row as usize];
            let parent = place.get(merged.parent as usize).map(|parent| *parent as usize);
            let depth = parent.map_or(0, |parent| rows[parent].depth + 1);
            let details = match self.details.is_empty() {
                true => Details::default(),
                false => self.details.remove(&row).unwrap_or_default(),
            };
            let function = numbers[merged.what.0 as usize];
            rows.push(self.finished(merged, function, (parent, depth), details));
        }
        let effective_samples = effective_samples(self.profile).min(samples);
        View { total_ns, samples, effective_samples, rows, functions }
    }

    fn finished(
        &self,
        merged: &Merged,
        function: u32,
        (parent, depth): (Option<usize>, usize),
        mut details: Details,
    ) -> Row<'a> {
        details.lines.sort_by_key(|line| (std::cmp::Reverse(line.own_ns), line.line));
        let frame = self.frame(merged.what);
        let (name, kind) = match (frame, self.thread(merged.what)) {
            (Some(frame), _) => (Cow::Borrowed(&*frame.name), frame.kind),
            (None, Some(name)) => (Cow::Owned(name.clone()), Kind::Thread),
            (None, None) => (Cow::Borrowed(UNATTRIBUTED), Kind::Unattributed),
        };
        Row {
            parent,
            depth,
            name,
            file: frame.and_then(|frame| frame.file.as_deref()),
            line: frame.and_then(|frame| frame.line),
            kind,
            area: frame.map_or(Area::Unknown, |frame| frame.area),
            source: merged.source,
            function,
            threads: merged.threads,
            own_ns: merged.own_ns,
            total_ns: merged.total_ns,
            cpu_ns: merged.cpu_ns(),
            samples: merged.samples,
            total_samples: merged.total_samples,
            calls: details.calls,
            lines: details.lines.into_boxed_slice(),
        }
    }

    /// Rows as they stand in the tree: siblings largest first, each directly after its elder siblings' descendants.
    fn order(&self) -> Vec<u32> {
        let rows = &self.rows;
        // Children of a row stand together; roots are children of a row that is not there.
        let family = |row: &Merged| row.parent.wrapping_add(1) as usize;
        let mut ends = vec![0u32; rows.len() + 2];
        rows.iter().for_each(|row| ends[family(row) + 1] += 1);
        (1..ends.len()).for_each(|i| ends[i] += ends[i - 1]);
        let mut next = ends.clone();
        // Each with its total, by which it is sorted.
        let mut children = vec![(0u64, 0u32); rows.len()];
        for (i, row) in (0..).zip(rows) {
            let at = &mut next[family(row)];
            children[*at as usize] = (row.total_ns, i);
            *at += 1;
        }
        let mut order = Vec::with_capacity(rows.len());
        let mut waiting: Vec<(u64, u32)> = Vec::new();
        let name = |row: u32| self.name(rows[row as usize].what);
        let mut visit = |family: usize, waiting: &mut Vec<(u64, u32)>| {
            let own = &mut children[ends[family] as usize..ends[family + 1] as usize];
            own.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| name(b.1).cmp(name(a.1))));
            waiting.extend_from_slice(own);
        };
        visit(0, &mut waiting);
        while let Some((_, row)) = waiting.pop() {
            order.push(row);
            visit(row as usize + 1, &mut waiting);
        }
        order
    }
}

impl Merged {
    fn cpu_ns(&self) -> Option<u64> {
        (self.cpu_ns != NO_TIME).then_some(self.cpu_ns)
    }
}

impl Details {
    fn add(&mut self, node: &Node) {
        if let Some(calls) = &node.calls {
            self.calls.get_or_insert_default().add(calls);
        }
        add_lines(&mut self.lines, &node.lines);
    }
}

/// Kish's effective sample size over all threads: the square of the sum of weights over the sum of their squares. A sample weighs as
/// much as the time that it stands for.
fn effective_samples(profile: &Profile) -> u64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for thread in profile.threads.iter().filter(|thread| thread.samples > 0) {
        let seen_ns = (thread.wall_ns - thread.unattributed_ns) as f64;
        let samples = match thread.effective_samples {
            0 => thread.samples,
            some => some,
        };
        sum += seen_ns;
        squares += seen_ns * seen_ns / samples as f64;
    }
    if squares > 0.0 { (sum * sum / squares).round() as u64 } else { 0 }
}

/// What the nodes of a thread leave of its processor time, where they have some of it.
fn unattributed_cpu(profile: &Profile, thread: &ThreadProfile) -> Option<u64> {
    let (mut of_nodes, mut any) = (0, false);
    for cpu_ns in profile.nodes_of(thread).iter().filter_map(|node| node.cpu_ns) {
        (of_nodes, any) = (of_nodes + cpu_ns, true);
    }
    // Call paths that too few looks met have a part in what is left, so it may be more than what nobody claims took.
    any.then_some(thread.cpu_ns?.saturating_sub(of_nodes).min(thread.unattributed_ns))
}

/// `worker-12` and `worker-3` are `worker-#`; digits inside of a word, as in `md5sum`, are part of its name.
pub(crate) fn group_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(at);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let word_before = before.ends_with(char::is_alphanumeric);
        let word_after = digits[end..].starts_with(char::is_alphanumeric);
        out.push_str(before);
        out.push_str(if word_before && word_after { &digits[..end] } else { "#" });
        rest = &digits[end..];
    }
    out + rest
}

fn add_lines(into: &mut Vec<LineTime>, lines: &[LineTime]) {
    for line in lines {
        match into.iter_mut().find(|known| known.line == line.line) {
            Some(known) => {
                known.own_ns += line.own_ns;
                known.total_ns += line.total_ns;
                known.samples += line.samples;
            }
            None => into.push(*line),
        }
    }
}

impl Calls {
    /// Both together.
    pub fn add(&mut self, other: &Calls) {
        self.min_ns = match (self.count, other.count) {
            (0, _) => other.min_ns,
            (_, 0) => self.min_ns,
            _ => self.min_ns.min(other.min_ns),
        };
        self.max_ns = self.max_ns.max(other.max_ns);
        self.count += other.count;
        self.allocations += other.allocations;
        self.allocated_bytes += other.allocated_bytes;
        self.freed_bytes += other.freed_bytes;
        self.copied_bytes += other.copied_bytes;
        self.lock_wait_ns += other.lock_wait_ns;
        if let Some(more) = &other.repeated {
            let known = self.repeated.get_or_insert_with(Repeated::default);
            known.distinct += more.distinct;
            known.repeated += more.repeated;
            known.repeated_ns += more.repeated_ns;
        }
        for (middle, count) in &other.histogram {
            match self.histogram.binary_search_by_key(middle, |(ns, _)| *ns) {
                Ok(at) => self.histogram[at].1 += count,
                Err(at) => self.histogram.insert(at, (*middle, *count)),
            }
        }
    }

    /// The time that a share `q` of the calls stayed below, from the histogram (nearest rank), within 3.2 %.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let counted: u64 = self.histogram.iter().map(|(_, count)| count).sum();
        let rank = ((q * counted as f64).ceil() as u64).clamp(1, counted.max(1));
        let mut seen = 0;
        for (middle, count) in &self.histogram {
            seen += count;
            if seen >= rank {
                return Some((*middle).clamp(self.min_ns, self.max_ns.max(self.min_ns)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_grouped_by_the_numbers_in_their_names() {
        assert_eq!(group_name("worker-12"), "worker-#");
        assert_eq!(group_name("Thread-3 (fetch)"), "Thread-# (fetch)");
        assert_eq!(group_name("rayon7"), "rayon#");
        assert_eq!(group_name("md5sum"), "md5sum");
        assert_eq!(group_name("main"), "main");
    }
}
