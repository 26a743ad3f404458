//! The flat table: each function once, its own time and its time with all that it called, recursion counted once.

use std::cmp::Reverse;

use super::{Kind, LineTime, Row, View};

/// All functions of a view, slowest own time first.
#[derive(Clone, Debug, PartialEq)]
pub struct Functions<'a> {
    /// The table.
    pub list: Vec<Function<'a>>,
}

/// A function wherever it was called from.
#[derive(Clone, Debug, PartialEq)]
pub struct Function<'a> {
    /// The first row that calls it: its name, file, line, kind and area.
    pub row: &'a Row<'a>,
    /// Time in it alone.
    pub own_ns: u64,
    /// Time in it and below, counted at its outermost call.
    pub total_ns: u64,
    /// Samples in it alone.
    pub samples: u64,
    /// Samples in it and below.
    pub total_samples: u64,
    /// Calls, where they were counted.
    pub calls: Option<u64>,
    /// Times by line, slowest own time first.
    pub lines: Vec<LineTime>,
}

/// The place of a function that was not met yet.
const NOT_YET: u32 = u32::MAX;

impl<'a> Functions<'a> {
    /// Adds up the rows of each function. Linear in the rows: a walk down the tree keeps how often each function is on the way.
    pub fn of(view: &'a View<'a>) -> Functions<'a> {
        let mut places: Vec<u32> = vec![NOT_YET; view.functions];
        let mut list: Vec<Function> = Vec::with_capacity(view.functions);
        let mut on_path: Vec<u32> = Vec::new();
        // Functions on the way from the root to the current row, and whether the row counts.
        let mut path: Vec<usize> = Vec::new();
        for row in &view.rows {
            while path.len() > row.depth {
                on_path[path.pop().expect("the path is longer than the depth")] -= 1;
            }
            let place = &mut places[row.function as usize];
            if *place == NOT_YET {
                *place = list.len() as u32;
                list.push(Function::of(row));
                on_path.push(0);
            }
            let id = *place as usize;
            let function = &mut list[id];
            function.own_ns += row.own_ns;
            function.samples += row.samples;
            if on_path[id] == 0 {
                function.total_ns += row.total_ns;
                function.total_samples += row.total_samples;
            }
            if let Some(calls) = &row.calls {
                *function.calls.get_or_insert(0) += calls.count;
            }
            let outermost = on_path[id] == 0;
            function.lines.extend(row.lines.iter().map(|line| LineTime {
                total_ns: if outermost { line.total_ns } else { 0 },
                ..*line
            }));
            on_path[id] += 1;
            path.push(id);
        }
        list.iter_mut().for_each(Function::merge_lines);
        sort(&mut list);
        Functions { list }
    }
}

/// Slowest own time first, without threads that have none. Functions are large, so their places are sorted, and each is
/// moved once.
fn sort(list: &mut Vec<Function<'_>>) {
    let (mut order, mut left_out) = (Vec::with_capacity(list.len()), Vec::new());
    for (at, function) in (0u32..).zip(list.iter()) {
        if function.own_ns == 0 && function.row.kind == Kind::Thread {
            left_out.push(at);
        } else {
            order.push((Reverse(function.own_ns), Reverse(function.total_ns), at));
        }
    }
    order.sort_unstable();
    let kept = order.len();
    let mut place = vec![0u32; list.len()];
    let wanted = order.into_iter().map(|(.., at)| at).chain(left_out);
    wanted.zip(0..).for_each(|(from, to)| place[from as usize] = to);
    for at in 0..place.len() {
        while place[at] as usize != at {
            let wanted = place[at] as usize;
            list.swap(at, wanted);
            place.swap(at, wanted);
        }
    }
    list.truncate(kept);
}

impl<'a> Function<'a> {
    fn of(row: &'a Row<'a>) -> Function<'a> {
        Function {
            row,
            own_ns: 0,
            total_ns: 0,
            samples: 0,
            total_samples: 0,
            calls: None,
            lines: Vec::new(),
        }
    }

    fn merge_lines(&mut self) {
        self.lines.sort_by_key(|line| line.line);
        self.lines.dedup_by(|next, kept| {
            let same = next.line == kept.line;
            if same {
                kept.own_ns += next.own_ns;
                kept.total_ns += next.total_ns;
                kept.samples += next.samples;
            }
            same
        });
        self.lines.sort_by_key(|line| (Reverse(line.own_ns), line.line));
    }
}
