//! From which row on a set of parameters can trade at all.

use std::sync::Arc;

use backcast_data::Market;
use backcast_engine::lanes::ParamSets;
use backcast_rules::{Node, NodeId, Program};

use crate::{SearchError, bind::Bound, spec::Spec};

/// First row at which an entry rule of the program can hold, with data that misses nothing.
/// `None` where no entry can ever hold.
pub(crate) fn first_entry(program: &Program, params: &[f64]) -> Option<usize> {
    let rules = program.rules();
    let entries = [rules.enter_long, rules.enter_short].into_iter().flatten();
    entries.filter_map(|node| earliest(program, node, true, params)).min()
}

/// First row at which a condition can be `wanted`. An `or` may hold before both of its sides are defined.
fn earliest(program: &Program, node: NodeId, wanted: bool, params: &[f64]) -> Option<usize> {
    match program.node(node) {
        Node::Bool(value) => (*value == wanted).then_some(0),
        Node::Not(a) => earliest(program, *a, !wanted, params),
        Node::And(a, b) | Node::Or(a, b) => {
            let sides = [a, b].map(|side| earliest(program, *side, wanted, params));
            let both = matches!(program.node(node), Node::And(..)) == wanted;
            match sides {
                [Some(a), Some(b)] => Some(if both { a.max(b) } else { a.min(b) }),
                [one, other] if !both => one.or(other),
                _ => None,
            }
        }
        Node::Shift(a, by) if program.is_bool(*a) => {
            earliest(program, *a, wanted, params).map(|row| row.saturating_add(*by))
        }
        _ => Some(program.warm_up(node, params)),
    }
}

/// The first row at which every set of a grid can enter; `None` where some set never can, or there are too many corners to look at.
/// Warm-up is greatest at a corner of the grid, as it rises or falls with each parameter.
fn latest_entry(program: &Program, ranges: &[(f64, f64)]) -> Option<usize> {
    if ranges.len() > MAX_CORNERS {
        return None;
    }
    let at_corner = |corner: usize| {
        let value = |(i, range): (usize, &(f64, f64))| {
            if corner >> i & 1 == 0 { range.0 } else { range.1 }
        };
        let params: Vec<f64> = ranges.iter().enumerate().map(value).collect();
        first_entry(program, &params)
    };
    (0..1usize << ranges.len()).map(at_corner).try_fold(0, |latest, row| Some(latest.max(row?)))
}

/// Tells of many sets whether they can trade before a row, without asking each one where none can be too slow.
pub(crate) struct TooSlow<'a> {
    program: &'a Program,
    rows: usize,
    all_fit: bool,
}

/// Parameters up to which all corners of a grid are looked at.
const MAX_CORNERS: usize = 10;

impl<'a> TooSlow<'a> {
    /// For each asset that is traded, over all rows up to the end of the range.
    pub(crate) fn of_members(bound: &'a Bound, sets: &ParamSets) -> Vec<TooSlow<'a>> {
        let range = |values: &Vec<f64>| {
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(*value), high.max(*value))
            })
        };
        let ranges: Vec<_> = sets.params().iter().map(|param| range(&param.values)).collect();
        // Members mostly share their program.
        let mut known: Option<(&Arc<Program>, Option<usize>)> = None;
        let members = bound.programs.iter().zip(&bound.rows);
        members
            .map(|(program, rows)| {
                let latest = match known {
                    Some((other, latest)) if Arc::ptr_eq(other, program) => latest,
                    _ => latest_entry(program, &ranges),
                };
                known = Some((program, latest));
                TooSlow::after(latest, program, rows.end)
            })
            .collect()
    }

    /// `ranges`: lowest and highest value of each parameter; `rows`: rows of the asset up to the end of the window.
    pub(crate) fn new(program: &'a Program, ranges: &[(f64, f64)], rows: usize) -> TooSlow<'a> {
        TooSlow::after(latest_entry(program, ranges), program, rows)
    }

    fn after(latest: Option<usize>, program: &'a Program, rows: usize) -> TooSlow<'a> {
        TooSlow { program, rows, all_fit: latest.is_some_and(|row| row < rows) }
    }

    /// Whether every set can trade.
    pub(crate) fn none(&self) -> bool {
        self.all_fit
    }

    /// Rows that a set needs, where that is more than there are.
    pub(crate) fn warm_up(&self, params: &[f64]) -> Option<usize> {
        if self.all_fit {
            return None;
        }
        match first_entry(self.program, params) {
            Some(row) if row < self.rows => None,
            Some(row) => Some(row + 1),
            None => Some(usize::MAX),
        }
    }
}

/// Refuses a spec in which no set can ever trade on any asset.
pub(crate) fn check_can_trade(
    spec: &Spec,
    market: &Market,
    bound: &Bound,
    sets: &ParamSets,
    too_slow: &[TooSlow<'_>],
) -> Result<(), SearchError> {
    let _span = backcast_spans::span!("search.check_can_trade");
    let needs = |member: usize| {
        (0..sets.count()).map(move |set| too_slow[member].warm_up(&sets.values(set)))
    };
    let viable = |member: usize| {
        let slow = &too_slow[member];
        !bound.rows[member].is_empty()
            && (slow.none() || needs(member).any(|needs| needs.is_none()))
    };
    if (0..bound.assets.len()).any(viable) {
        return Ok(());
    }
    let member = (0..bound.assets.len()).max_by_key(|i| bound.rows[*i].end).unwrap_or(0);
    let symbol = &market.assets[bound.assets[member].index()].symbol;
    let needs = needs(member).flatten().min();
    Err(spec.never_trades(symbol, bound.rows[member].end, needs).into())
}
