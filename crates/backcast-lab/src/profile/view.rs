//! One tree of all threads: threads of one name are merged, siblings stand largest first, shares are of all thread time.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::{Area, Calls, Kind, LineTime, Profile, Repeated, Source};

/// The merged tree.
#[derive(Clone, Debug, PartialEq)]
pub struct View<'a> {
    /// Lifetime of all threads: the whole.
    pub total_ns: u64,
    /// Samples of all threads.
    pub samples: u64,
    /// Rows, each directly after its parent's earlier children and theirs; threads are the roots.
    pub rows: Vec<Row<'a>>,
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
    pub lines: Vec<LineTime>,
}

impl<'a> View<'a> {
    /// Merges all threads of a profile. Linear in its nodes, but for the sorting of siblings.
    pub fn of(profile: &'a Profile) -> View<'a> {
        let mut merge = Merge::default();
        for thread in &profile.threads {
            let root = merge.root(thread);
            let mut rows: Vec<usize> = Vec::with_capacity(thread.len as usize);
            for node in profile.nodes_of(thread) {
                let parent =
                    node.parent.map_or(root, |parent| rows[(parent - thread.first) as usize]);
                let row = merge.row(parent, profile, node.frame, thread.source);
                let row_data = &mut merge.rows[row];
                row_data.threads += thread.count;
                row_data.own_ns += node.own_ns;
                // Samples of exact times say nothing about how exact they are.
                row_data.samples += if thread.source == Source::Spans { 0 } else { node.samples };
                if let Some(cpu) = node.cpu_ns {
                    *row_data.cpu_ns.get_or_insert(0) += cpu;
                }
                if let Some(calls) = &node.calls {
                    row_data.calls.get_or_insert_default().add(calls);
                }
                add_lines(&mut row_data.lines, &node.lines);
                rows.push(row);
            }
            if thread.unattributed_ns > 0 && thread.len > 0 {
                let row = merge.unattributed(root, thread.source);
                merge.rows[row].own_ns += thread.unattributed_ns;
                merge.rows[row].threads += thread.count;
            } else {
                merge.rows[root].own_ns += thread.unattributed_ns;
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
        let (shown, hidden): (Vec<usize>, Vec<usize>) =
            (0..self.rows.len()).partition(|row| self.share(self.rows[*row].total_ns) >= min_share);
        let own = hidden.iter().map(|row| self.rows[*row].own_ns).sum();
        (shown, hidden.len(), own)
    }
}

/// Rows while they are merged, in the order in which they were first seen.
#[derive(Default)]
struct Merge<'a> {
    rows: Vec<Row<'a>>,
    roots: FxHashMap<(String, Source), usize>,
    known: FxHashMap<(usize, u32), usize>,
    rest: FxHashMap<usize, usize>,
}

impl<'a> Merge<'a> {
    fn root(&mut self, thread: &super::ThreadProfile) -> usize {
        let name = group_name(&thread.name);
        let next = self.rows.len();
        let row = *self.roots.entry((name.clone(), thread.source)).or_insert(next);
        if row == next {
            self.rows.push(blank(None, name.into(), Kind::Thread, thread.source));
        }
        self.rows[row].threads += thread.count;
        row
    }

    fn row(&mut self, parent: usize, profile: &'a Profile, frame: u32, source: Source) -> usize {
        let next = self.rows.len();
        let row = *self.known.entry((parent, frame)).or_insert(next);
        if row == next {
            let frame = &profile.frames[frame as usize];
            self.rows.push(Row {
                file: frame.file.as_deref(),
                line: frame.line,
                area: frame.area,
                ..blank(Some(parent), frame.name.as_str().into(), frame.kind, source)
            });
        }
        row
    }

    fn unattributed(&mut self, root: usize, source: Source) -> usize {
        let next = self.rows.len();
        let row = *self.rest.entry(root).or_insert(next);
        if row == next {
            let name = "(unattributed)".into();
            self.rows.push(blank(Some(root), name, Kind::Unattributed, source));
        }
        row
    }

    /// Totals from own times, siblings by size, rows in the order of the tree.
    fn finish(mut self) -> View<'a> {
        for row in &mut self.rows {
            (row.total_ns, row.total_samples) = (row.own_ns, row.samples);
            row.lines.sort_by_key(|line| (std::cmp::Reverse(line.own_ns), line.line));
        }
        for i in (0..self.rows.len()).rev() {
            if let Some(parent) = self.rows[i].parent {
                let (ns, samples) = (self.rows[i].total_ns, self.rows[i].total_samples);
                self.rows[parent].total_ns += ns;
                self.rows[parent].total_samples += samples;
            }
        }
        let total_ns = self.rows.iter().filter(|row| row.parent.is_none());
        let (total_ns, samples) =
            total_ns.fold((0, 0), |sum, row| (sum.0 + row.total_ns, sum.1 + row.total_samples));
        let order = self.order();
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, row)| place[*row] = at);
        for row in &mut self.rows {
            row.parent = row.parent.map(|parent| place[parent]);
        }
        // Each row goes to its place, the one that was there goes to its own, and so on: rows are large.
        for at in 0..place.len() {
            while place[at] != at {
                let wanted = place[at];
                self.rows.swap(at, wanted);
                place.swap(at, wanted);
            }
        }
        for at in 0..self.rows.len() {
            self.rows[at].depth =
                self.rows[at].parent.map_or(0, |parent| self.rows[parent].depth + 1);
        }
        View { total_ns, samples, rows: self.rows }
    }

    /// Rows as they stand in the tree: siblings largest first, each directly after its elder siblings' descendants.
    fn order(&self) -> Vec<usize> {
        let rows = &self.rows;
        // Children of a row stand together; roots are children of a row that is not there.
        let family = |row: &Row<'_>| row.parent.map_or(0, |parent| parent + 1);
        let mut ends = vec![0usize; rows.len() + 2];
        rows.iter().for_each(|row| ends[family(row) + 1] += 1);
        (1..ends.len()).for_each(|i| ends[i] += ends[i - 1]);
        let mut next = ends.clone();
        let mut children = vec![0; rows.len()];
        for (i, row) in rows.iter().enumerate() {
            let at = &mut next[family(row)];
            children[*at] = i;
            *at += 1;
        }
        let mut order = Vec::with_capacity(rows.len());
        let mut waiting: Vec<usize> = Vec::new();
        let mut visit = |family: usize, waiting: &mut Vec<usize>| {
            let own = &mut children[ends[family]..ends[family + 1]];
            own.sort_by(|a, b| {
                let (a, b) = (&rows[*a], &rows[*b]);
                a.total_ns.cmp(&b.total_ns).then_with(|| b.name.cmp(&a.name))
            });
            waiting.extend_from_slice(own);
        };
        visit(0, &mut waiting);
        while let Some(row) = waiting.pop() {
            order.push(row);
            visit(row + 1, &mut waiting);
        }
        order
    }
}

fn blank(parent: Option<usize>, name: Cow<'_, str>, kind: Kind, source: Source) -> Row<'_> {
    Row {
        parent,
        depth: 0,
        name,
        file: None,
        line: None,
        kind,
        area: Area::Unknown,
        source,
        threads: 0,
        own_ns: 0,
        total_ns: 0,
        cpu_ns: None,
        samples: 0,
        total_samples: 0,
        calls: None,
        lines: Vec::new(),
    }
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
