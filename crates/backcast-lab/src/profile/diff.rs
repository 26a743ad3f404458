//! Two profiles side by side: call paths that appeared, vanished or changed.

use std::collections::HashMap;

use super::{Area, Kind, View, view::group_name};

/// What changed between two profiles, largest change of own time first.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Thread time before.
    pub before_ns: u64,
    /// Thread time after.
    pub after_ns: u64,
    /// Call paths of either profile, each directly after its parent's earlier children and theirs.
    pub rows: Vec<Moved>,
}

/// A call path in both profiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The row above.
    pub parent: Option<usize>,
    /// Rows above.
    pub depth: usize,
    /// Function, span or symbol.
    pub name: String,
    /// Its source file or object.
    pub file: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Whose work it does.
    pub area: Area,
    /// In which profiles it is.
    pub change: Change,
    /// Own time before.
    pub own_before_ns: u64,
    /// Own time after.
    pub own_after_ns: u64,
    /// With all below, before.
    pub before_ns: u64,
    /// With all below, after.
    pub after_ns: u64,
}

/// In which profiles a call path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only after.
    Appeared,
    /// Only before.
    Vanished,
    /// In both.
    Kept,
}

impl Moved {
    /// Own time gained or lost.
    pub fn own_change_ns(&self) -> i64 {
        self.own_after_ns as i64 - self.own_before_ns as i64
    }

    /// Time gained or lost with all below.
    pub fn change_ns(&self) -> i64 {
        self.after_ns as i64 - self.before_ns as i64
    }
}

impl Difference {
    /// Matches call paths by name and file from the root down; a line that moved is the same function.
    pub fn between(before: &View<'_>, after: &View<'_>) -> Difference {
        let mut rows: Vec<Moved> = Vec::new();
        let mut known: HashMap<(Option<usize>, String, Option<String>), usize> = HashMap::new();
        let mut place = vec![0; after.rows.len().max(before.rows.len())];
        for (view, is_after) in [(after, true), (before, false)] {
            for (i, row) in view.rows.iter().enumerate() {
                let parent = row.parent.map(|parent| place[parent]);
                let next = rows.len();
                // A thread may have its name alone in one of them.
                let name =
                    if row.depth == 0 { group_name(&row.name) } else { row.name.to_string() };
                let key = (parent, name, row.file.map(str::to_owned));
                let id = *known.entry(key).or_insert(next);
                if id == next {
                    rows.push(Moved {
                        parent,
                        depth: row.depth,
                        name: row.name.to_string(),
                        file: row.file.map(str::to_owned),
                        kind: row.kind,
                        area: row.area,
                        change: if is_after { Change::Appeared } else { Change::Vanished },
                        own_before_ns: 0,
                        own_after_ns: 0,
                        before_ns: 0,
                        after_ns: 0,
                    });
                }
                let moved = &mut rows[id];
                if is_after {
                    moved.own_after_ns += row.own_ns;
                    moved.after_ns += row.total_ns;
                } else {
                    moved.own_before_ns += row.own_ns;
                    moved.before_ns += row.total_ns;
                    if moved.change == Change::Appeared {
                        moved.change = Change::Kept;
                    }
                }
                place[i] = id;
            }
        }
        Difference { before_ns: before.total_ns, after_ns: after.total_ns, rows: in_order(rows) }
    }

    /// Rows of at least that share of the longer profile in their change of own time, largest first.
    pub fn largest(&self, min_share: f64) -> Vec<&Moved> {
        let whole = self.before_ns.max(self.after_ns).max(1) as f64;
        let big = |row: &&Moved| row.own_change_ns().unsigned_abs() as f64 / whole >= min_share;
        let mut rows: Vec<&Moved> =
            self.rows.iter().filter(|row| row.own_change_ns() != 0).filter(big).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.own_change_ns().unsigned_abs()));
        rows
    }
}

/// Rows of the second profile stand at the end; this puts each below its parent.
fn in_order(rows: Vec<Moved>) -> Vec<Moved> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    let mut waiting: Vec<usize> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        match row.parent {
            Some(parent) => children[parent].push(i),
            None => waiting.push(i),
        }
    }
    let longest = |row: &usize| rows[*row].before_ns.max(rows[*row].after_ns);
    waiting.sort_by_key(longest);
    let mut place = vec![0; rows.len()];
    let mut order = Vec::with_capacity(rows.len());
    while let Some(row) = waiting.pop() {
        place[row] = order.len();
        order.push(row);
        children[row].sort_by_key(longest);
        waiting.append(&mut children[row]);
    }
    let mut rows: Vec<Option<Moved>> = rows.into_iter().map(Some).collect();
    let take = |row: usize| rows[row].take().expect("the order names each row once");
    let mut sorted: Vec<Moved> = order.into_iter().map(take).collect();
    sorted.iter_mut().for_each(|row| row.parent = row.parent.map(|parent| place[parent]));
    sorted
}
