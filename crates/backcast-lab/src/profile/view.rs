//! One tree of all threads: threads of one name are merged, siblings stand largest first, shares are of all thread time.

use std::collections::HashMap;

use super::{Area, Calls, Kind, LineTime, Profile, Repeated, Source};

/// The merged tree.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Lifetime of all threads: the whole.
    pub total_ns: u64,
    /// Samples of all threads.
    pub samples: u64,
    /// Rows, each directly after its parent's earlier children and theirs; threads are the roots.
    pub rows: Vec<Row>,
}

/// A call path of the merged tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The row above, an index into [`View::rows`].
    pub parent: Option<usize>,
    /// Rows above.
    pub depth: usize,
    /// Function, span, symbol or thread.
    pub name: String,
    /// Its source file or object.
    pub file: Option<String>,
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
    pub calls: Option<Calls>,
    /// Times by line, slowest own time first.
    pub lines: Vec<LineTime>,
}

impl View {
    /// Merges all threads of a profile. Linear in its nodes, but for the sorting of siblings.
    pub fn of(profile: &Profile) -> View {
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
                    row_data.calls.get_or_insert_with(Calls::default).add(calls);
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
struct Merge {
    rows: Vec<Row>,
    roots: HashMap<(String, Source), usize>,
    known: HashMap<(usize, u32), usize>,
    rest: HashMap<usize, usize>,
}

impl Merge {
    fn root(&mut self, thread: &super::ThreadProfile) -> usize {
        let name = group_name(&thread.name);
        let next = self.rows.len();
        let row = *self.roots.entry((name.clone(), thread.source)).or_insert(next);
        if row == next {
            self.rows.push(blank(None, name, Kind::Thread, thread.source));
        }
        self.rows[row].threads += thread.count;
        row
    }

    fn row(&mut self, parent: usize, profile: &Profile, frame: u32, source: Source) -> usize {
        let next = self.rows.len();
        let row = *self.known.entry((parent, frame)).or_insert(next);
        if row == next {
            let frame = &profile.frames[frame as usize];
            self.rows.push(Row {
                file: frame.file.clone(),
                line: frame.line,
                area: frame.area,
                ..blank(Some(parent), frame.name.clone(), frame.kind, source)
            });
        }
        row
    }

    fn unattributed(&mut self, root: usize, source: Source) -> usize {
        let next = self.rows.len();
        let row = *self.rest.entry(root).or_insert(next);
        if row == next {
            let name = "(unattributed)".to_owned();
            self.rows.push(blank(Some(root), name, Kind::Unattributed, source));
        }
        row
    }

    /// Totals from own times, siblings by size, rows in the order of the tree.
    fn finish(mut self) -> View {
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
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.rows.len()];
        let mut waiting: Vec<usize> = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            match row.parent {
                Some(parent) => children[parent].push(i),
                None => waiting.push(i),
            }
        }
        let smallest_first = |list: &mut Vec<usize>, rows: &[Row]| {
            list.sort_by(|a, b| {
                let (a, b) = (&rows[*a], &rows[*b]);
                a.total_ns.cmp(&b.total_ns).then_with(|| b.name.cmp(&a.name))
            });
        };
        smallest_first(&mut waiting, &self.rows);
        let total_ns = waiting.iter().map(|row| self.rows[*row].total_ns).sum();
        let samples = waiting.iter().map(|row| self.rows[*row].total_samples).sum();
        let mut place = vec![0; self.rows.len()];
        let mut order = Vec::with_capacity(self.rows.len());
        while let Some(row) = waiting.pop() {
            place[row] = order.len();
            order.push(row);
            smallest_first(&mut children[row], &self.rows);
            waiting.append(&mut children[row]);
        }
        let mut rows: Vec<Option<Row>> = self.rows.into_iter().map(Some).collect();
        let mut sorted: Vec<Row> = Vec::with_capacity(rows.len());
        for row in order {
            let mut row = rows[row].take().expect("the order names each row once");
            row.parent = row.parent.map(|parent| place[parent]);
            row.depth = row.parent.map_or(0, |parent| sorted[parent].depth + 1);
            sorted.push(row);
        }
        View { total_ns, samples, rows: sorted }
    }
}

fn blank(parent: Option<usize>, name: String, kind: Kind, source: Source) -> Row {
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
