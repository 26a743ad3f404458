//! The flat table: each function once, its own time and its time with all that it called, recursion counted once.

use std::collections::HashMap;

use super::{Area, Kind, LineTime, Row, View};

/// All functions of a view, slowest own time first.
#[derive(Clone, Debug, PartialEq)]
pub struct Functions {
    /// The table.
    pub list: Vec<Function>,
}

/// A function wherever it was called from.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Function, span or symbol.
    pub name: String,
    /// Its source file or object.
    pub file: Option<String>,
    /// First line of it.
    pub line: Option<u32>,
    /// What it is.
    pub kind: Kind,
    /// Whose work it does.
    pub area: Area,
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

impl Functions {
    /// Adds up the rows of each function. Linear in the rows: a walk down the tree keeps how often each function is on the way.
    pub fn of(view: &View) -> Functions {
        let mut known: HashMap<(&str, Option<&str>, Option<u32>), usize> = HashMap::new();
        let mut list: Vec<Function> = Vec::new();
        let mut on_path: Vec<u32> = Vec::new();
        // Functions on the way from the root to the current row, and whether the row counts.
        let mut path: Vec<usize> = Vec::new();
        for row in &view.rows {
            while path.len() > row.depth {
                on_path[path.pop().expect("the path is longer than the depth")] -= 1;
            }
            let next = list.len();
            let key = (row.name.as_str(), row.file.as_deref(), row.line);
            let id = *known.entry(key).or_insert(next);
            if id == next {
                list.push(Function::of(row));
                on_path.push(0);
            }
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
        list.retain(|function| function.kind != Kind::Thread || function.own_ns > 0);
        list.sort_by(|a, b| b.own_ns.cmp(&a.own_ns).then_with(|| b.total_ns.cmp(&a.total_ns)));
        Functions { list }
    }
}

impl Function {
    fn of(row: &Row) -> Function {
        Function {
            name: row.name.clone(),
            file: row.file.clone(),
            line: row.line,
            kind: row.kind,
            area: row.area,
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
        self.lines.sort_by_key(|line| (std::cmp::Reverse(line.own_ns), line.line));
    }
}
