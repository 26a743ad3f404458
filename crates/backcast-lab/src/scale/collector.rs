//! What each part of each run took: own times of functions and spans, what belongs to none, and what was outside of all threads.
//!
//! Own times partition the lifetime of the threads ([`crate::profile`]), so the parts of a run add up to its whole, which is the wall
//! time of a command with one thread and more with several.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Grid;
use crate::profile::{Functions, Kind, Profile, View};

/// The name of the time before and after the longest thread that was seen.
const OUTSIDE: &str = "(start and end of the process)";
/// The name of a process whose inside was not seen.
const UNSEEN: &str = "(the whole process)";
/// Most parts that are fitted by themselves.
const MOST_PARTS: usize = 60;

/// A part of a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// Function or span; in parentheses what is neither.
    pub name: String,
    /// Source file or shared object.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// First line of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
}

/// What one run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedRun {
    /// Its sizes.
    pub sizes: Vec<u64>,
    /// Own time of each part; together the time of all threads and of what is outside of them.
    pub parts_ns: Vec<u64>,
    /// From start to end of the command.
    pub wall_ns: u64,
    /// What looking at it cost.
    pub overhead_ns: u64,
}

/// Gathers runs in the order in which they are taken.
#[derive(Debug, Default)]
pub struct Collector {
    parts: Vec<Part>,
    known: FxHashMap<Part, usize>,
    runs: Vec<Seen>,
}

/// A run with the parts that it had.
#[derive(Debug)]
struct Seen {
    point: usize,
    own_ns: FxHashMap<usize, u64>,
    wall_ns: u64,
    overhead_ns: u64,
}

impl Collector {
    /// Adds a run at a point of the grid.
    pub fn add(&mut self, point: usize, profile: &Profile) {
        let view = View::of(profile);
        let mut own_ns: FxHashMap<usize, u64> = FxHashMap::default();
        for function in Functions::of(&view).list.iter().filter(|function| function.own_ns > 0) {
            let name = match function.row.kind {
                Kind::Thread => format!("(thread {})", function.row.name),
                _ => function.row.name.to_string(),
            };
            // A recorded span is one part wherever its code stands in a later version; a function needs its file to be told apart.
            let place = function.row.kind == Kind::Python || function.row.kind == Kind::Native;
            let part = Part {
                name,
                file: function.row.file.filter(|_| place).map(str::to_owned),
                line: function.row.line.filter(|_| place),
            };
            *own_ns.entry(self.part(part)).or_default() += function.own_ns;
        }
        let longest = profile.threads.iter().map(|thread| thread.wall_ns / thread.count.max(1));
        let longest = longest.max().unwrap_or(0);
        let outside = Part { name: OUTSIDE.to_owned(), file: None, line: None };
        own_ns.insert(self.part(outside), profile.wall_ns.saturating_sub(longest));
        let (wall_ns, overhead_ns) = (profile.wall_ns, profile.overhead.total_ns());
        self.runs.push(Seen { point, own_ns, wall_ns, overhead_ns });
    }

    fn part(&mut self, part: Part) -> usize {
        let next = self.parts.len();
        let id = *self.known.entry(part.clone()).or_insert(next);
        if id == next {
            self.parts.push(part);
        }
        id
    }

    /// Whether no run was added.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Parts, largest at the largest point first, and runs. Parts that have less than `min_share` of the time at every point are one part,
    /// the last.
    pub fn finish(&self, grid: &Grid, min_share: f64) -> (Vec<Part>, Vec<TimedRun>) {
        let shares = self.shares(grid);
        let last = grid.points.len() - 1;
        let largest = |part: usize| shares[part].iter().copied().fold(0.0, f64::max);
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by(|a, b| largest(*b).total_cmp(&largest(*a)));
        let kept = order.iter().take_while(|part| largest(**part) >= min_share).count();
        let mut small = order.split_off(kept.min(MOST_PARTS));
        order.sort_by(|a, b| shares[*b][last].total_cmp(&shares[*a][last]));
        if small.len() == 1 {
            order.append(&mut small);
        }
        let mut parts: Vec<Part> = order.iter().map(|part| self.parts[*part].clone()).collect();
        if self.parts.len() == 1 {
            parts[0].name = UNSEEN.to_owned();
        }
        if !small.is_empty() {
            let name = format!("({} smaller parts)", small.len());
            parts.push(Part { name, file: None, line: None });
        }
        let timed = |run: &Seen| {
            let own = |part: &usize| run.own_ns.get(part).copied().unwrap_or(0);
            let mut parts_ns: Vec<u64> = order.iter().map(own).collect();
            if !small.is_empty() {
                parts_ns.push(small.iter().map(own).sum());
            }
            let sizes = grid.points[run.point].clone();
            TimedRun { sizes, parts_ns, wall_ns: run.wall_ns, overhead_ns: run.overhead_ns }
        };
        let runs = self.runs.iter().map(timed).collect();
        (parts, runs)
    }

    /// Share of each part at each point.
    fn shares(&self, grid: &Grid) -> Vec<Vec<f64>> {
        let mut own = vec![vec![0u64; grid.points.len()]; self.parts.len()];
        let mut whole = vec![0u64; grid.points.len()];
        for run in &self.runs {
            for (part, ns) in &run.own_ns {
                own[*part][run.point] += ns;
                whole[run.point] += ns;
            }
        }
        let share = |(own, whole): (&u64, &u64)| *own as f64 / (*whole).max(1) as f64;
        own.iter().map(|own| own.iter().zip(&whole).map(share).collect()).collect()
    }
}
