//! A profile as rules look at it: one tree, and what a time of one thread is worth in wall time.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
};

use super::{Place, Prediction, Rule, Thresholds};
use crate::{
    profile::{Kind, Profile, Row, Source, View, share_interval, words::LEVEL},
    stats::Interval,
};

/// What is known beside the profile.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// What the command said on standard error, line by line: notices of a sweep among it.
    pub said: Vec<String>,
    /// Processors that the command could use; 0 where unknown.
    pub processors: usize,
    /// The best vector instructions of this machine, by name.
    pub best_isa: Option<String>,
    /// From where on something is worth a suggestion.
    pub thresholds: Thresholds,
    /// Once it is set, what takes long is given up.
    pub stop: Arc<AtomicBool>,
}

/// A profile as rules look at it.
pub(super) struct Look<'a> {
    pub(super) profile: &'a Profile,
    pub(super) view: &'a View<'a>,
    pub(super) context: &'a Context,
    /// The thread of each row.
    roots: Vec<usize>,
}

/// All rows of one function.
pub(super) struct Together {
    /// Its row with the largest part.
    pub(super) row: usize,
    /// Added up over its rows.
    pub(super) ns: u64,
}

impl<'a> Look<'a> {
    pub(super) fn new(profile: &'a Profile, view: &'a View<'a>, context: &'a Context) -> Look<'a> {
        let mut roots = Vec::with_capacity(view.rows.len());
        for (at, row) in view.rows.iter().enumerate() {
            roots.push(row.parent.map_or(at, |parent| roots[parent]));
        }
        Look { profile, view, context, roots }
    }

    pub(super) fn thresholds(&self) -> &Thresholds {
        &self.context.thresholds
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, &Row<'a>)> {
        self.view.rows.iter().enumerate()
    }

    /// Whether anything of that source was seen.
    pub(super) fn has(&self, source: Source) -> bool {
        self.profile.threads.iter().any(|thread| thread.source == source)
    }

    /// The row of the threads that a row belongs to.
    pub(super) fn threads_of(&self, row: usize) -> usize {
        self.roots[row]
    }

    /// Whether the program has one thread, so that what it saves anywhere it saves as a whole.
    pub(super) fn is_alone(&self) -> bool {
        self.profile.threads.iter().map(|thread| thread.count).sum::<u64>() == 1
    }

    /// Whether Backcast itself was profiled.
    pub(super) fn is_backcast(&self) -> bool {
        let program = self.profile.command.first().map(String::as_str).unwrap_or_default();
        program.rsplit('/').next() == Some("backcast")
    }

    /// Share of the wall time that a time of a row's threads is, as if they shared it evenly. Sampled times have an interval.
    pub(super) fn share(&self, row: usize, ns: u64) -> Interval {
        let root = &self.view.rows[self.roots[row]];
        let whole = self.profile.wall_ns.max(1) as f64 * root.threads.max(1) as f64;
        let share = (ns as f64 / whole).min(1.0);
        match root.source {
            Source::Spans => exact(share),
            Source::Python | Source::Perf => share_interval(share, root.total_samples, LEVEL),
        }
    }

    /// A prediction from the time that is saved at least and at most. Of several threads another one may be what all wait for, so that
    /// nothing is certain to be saved.
    pub(super) fn prediction(&self, row: usize, ns: [u64; 2], bounds: &str) -> Prediction {
        let [least, most] = ns.map(|ns| self.share(row, ns));
        let sampled = match self.view.rows[row].source {
            Source::Spans => "",
            _ => "; of sampled times the ends of 95 % intervals",
        };
        let (low, threads) = match self.is_alone() {
            true => (least.low, ""),
            false => (0.0, "; low is 0 because another thread may be what all wait for"),
        };
        Prediction {
            gain: between(low, most.high.max(low)),
            bounds: format!("{bounds}{sampled}{threads}"),
        }
    }

    /// Rows of functions added up, largest first, without those that are no function.
    pub(super) fn functions(&self, ns: impl Fn(&Row<'_>) -> u64) -> Vec<Together> {
        let mut places = HashMap::new();
        let mut all: Vec<Together> = Vec::new();
        for (at, row) in self.rows() {
            if !matches!(row.kind, Kind::Span | Kind::Python | Kind::Native) {
                continue;
            }
            let own = ns(row);
            let key = (&*row.name, row.file, row.line, self.roots[at]);
            let place = *places.entry(key).or_insert(all.len());
            match all.get_mut(place) {
                None => all.push(Together { row: at, ns: own }),
                Some(known) => {
                    if own > ns(&self.view.rows[known.row]) {
                        known.row = at;
                    }
                    known.ns += own;
                }
            }
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.ns));
        all
    }

    /// The call path of a row, threads left out, and its first line.
    pub(super) fn place(&self, row: usize) -> Place {
        let mut path = Vec::new();
        let mut at = Some(row);
        while let Some(here) = at {
            let row = &self.view.rows[here];
            if row.kind != Kind::Thread {
                path.push(row.name.to_string());
            }
            at = row.parent;
        }
        path.reverse();
        let row = &self.view.rows[row];
        Place { path, file: row.file.map(str::to_owned), line: row.line }
    }

    /// Whether a row is work of Backcast itself.
    pub(super) fn is_own_work(&self, row: &Row<'_>) -> bool {
        self.is_backcast() && row.kind == Kind::Span
    }

    /// Calls of the function of a row, and their time, on all call paths and threads; nothing where none was counted.
    pub(super) fn calls(&self, row: &Row<'_>) -> Option<(u64, u64)> {
        let rows = self.view.rows.iter().filter(|other| other.function == row.function);
        let counted = rows.filter_map(|row| Some((row.calls.as_deref()?.count, row.total_ns)));
        let sum = |(calls, ns): (u64, u64), (more, longer): (u64, u64)| (calls + more, ns + longer);
        Some(counted.fold((0, 0), sum)).filter(|(calls, _)| *calls > 0)
    }

    /// Rows of spans with one of these names that are below no other of them.
    pub(super) fn outermost(&self, names: &[&str]) -> Vec<usize> {
        let named =
            |row: &Row<'_>| row.kind == Kind::Span && names.iter().any(|name| row.name == *name);
        let below = |row: &Row<'_>| {
            let mut at = row.parent;
            while let Some(above) = at {
                if named(&self.view.rows[above]) {
                    return true;
                }
                at = self.view.rows[above].parent;
            }
            false
        };
        self.rows().filter(|(_, row)| named(row) && !below(row)).map(|(at, _)| at).collect()
    }

    /// The value of an option among the words of the command.
    pub(super) fn option(&self, name: &str) -> Option<(usize, &str)> {
        let words = &self.profile.command;
        let at = words.iter().position(|word| word == name)?;
        Some((at, words.get(at + 1)?))
    }
}

/// Name of a suggestion: the rule and a place that stays the same from run to run.
pub(super) fn name(rule: Rule, place: &str) -> String {
    let plain = |c: char| if c.is_whitespace() || c.is_control() { '-' } else { c };
    format!("{rule}@{}", place.chars().map(plain).collect::<String>())
}

/// A gain that lies between these, with the middle as its estimate.
pub(super) fn between(low: f64, high: f64) -> Interval {
    let (low, high) = (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0));
    Interval { estimate: 0.5 * (low + high), low, high, level: LEVEL }
}

fn exact(share: f64) -> Interval {
    Interval { estimate: share, low: share, high: share, level: LEVEL }
}
