//! What the time of a span is made of: own times of all names below it, which add up to it.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::ClaimError;
use crate::profile::{Kind, Profile, View};

/// A name below a span, wherever it was called from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Span, function or symbol; the first is the whole itself.
    pub name: String,
    /// Time in it alone, as a fraction of the whole; all of them add up to one.
    pub own: f64,
    /// With all that it called; a recursion counts once.
    pub total: f64,
    /// Calls, where they were counted.
    pub calls: u64,
    /// Bytes that it asked for by itself, given back or not.
    pub allocated_bytes: u64,
}

/// The parts of all time in spans of that name, the whole first, then by own time. Other threads than those that were in it do not count.
///
/// # Errors
/// [`ClaimError::UnknownSpan`] and [`ClaimError::NoSamples`].
pub fn parts(profile: &Profile, of: &str) -> Result<Vec<Part>, ClaimError> {
    let view = View::of(profile);
    let mut parts: Vec<Part> = Vec::new();
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    // Parts on the way from the whole to the current row, with their depths.
    let mut path: Vec<(usize, usize)> = Vec::new();
    let (mut whole, mut inside) = (0, None);
    for row in &view.rows {
        inside = inside.filter(|depth| row.depth > *depth);
        if inside.is_none() {
            if row.kind == Kind::Thread || row.name != of {
                continue;
            }
            inside = Some(row.depth);
            whole += row.total_ns;
        }
        while path.last().is_some_and(|(depth, _)| *depth >= row.depth) {
            path.pop();
        }
        let next = parts.len();
        let id = *known.entry(&row.name).or_insert(next);
        if id == next {
            let name = row.name.to_string();
            parts.push(Part { name, own: 0.0, total: 0.0, calls: 0, allocated_bytes: 0 });
        }
        let part = &mut parts[id];
        part.own += row.own_ns as f64;
        if path.iter().all(|(_, on_path)| *on_path != id) {
            part.total += row.total_ns as f64;
        }
        if let Some(calls) = &row.calls {
            part.calls += calls.count;
            part.allocated_bytes += calls.allocated_bytes;
        }
        path.push((row.depth, id));
    }
    if parts.is_empty() {
        return Err(ClaimError::UnknownSpan {
            span: of.to_owned(),
            profile: profile.name.clone(),
            known: super::share::names(&view),
        });
    }
    if whole == 0 {
        return Err(ClaimError::NoSamples { profile: profile.name.clone() });
    }
    for part in &mut parts {
        part.own /= whole as f64;
        part.total /= whole as f64;
    }
    parts[1..].sort_by(|a, b| b.own.total_cmp(&a.own).then_with(|| a.name.cmp(&b.name)));
    Ok(parts)
}
