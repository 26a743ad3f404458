//! A strategy of callbacks, bar by bar, where rules would let the engine take many bars and sets at a time.

use super::Looked;
use crate::{
    advise::{
        Prediction, Remedy, Rule, Suggestion,
        look::{Look, between, name},
    },
    profile::{Area, Kind, Row, words::percent},
};

/// Share of an engine's own bookkeeping from which on it is worth a word.
const WORTH: f64 = 0.1;
/// What the event engine does around callbacks of a Rust strategy.
const DRIVE: &str = "engine.drive";

pub(super) fn look(look: &Look<'_>) -> Looked {
    let of_engine = |row: &Row<'_>| match row.kind {
        Kind::Python => row.area == Area::Engine,
        Kind::Span => row.name == DRIVE && !look.is_backcast(),
        _ => false,
    };
    let own = |row: &Row<'_>| if of_engine(row) { row.own_ns } else { 0 };
    let functions: Vec<_> = look.functions(own).into_iter().filter(|one| one.ns > 0).collect();
    let Some(largest) = functions.first() else { return Looked::Found(Vec::new()) };
    let share: f64 = functions.iter().map(|one| look.share(one.row, one.ns).estimate).sum();
    if share < WORTH {
        return Looked::Found(Vec::new());
    }
    let place = look.place(largest.row);
    Looked::Found(vec![Suggestion {
        rule: Rule::Callbacks,
        name: name(Rule::Callbacks, &look.view.rows[largest.row].name),
        evidence: format!(
            "{} of the wall time goes by in an engine that calls the strategy for each bar",
            percent(share.min(1.0))
        ),
        place,
        prediction: Prediction {
            gain: between(0.0, share),
            bounds: "high: all of the engine's own time; low: nothing, where no rule can say what the strategy does"
                .to_owned(),
        },
        advice: "write entries and exits as rules of a spec: `backcast sweep` runs many sets of them at a time".to_owned(),
        remedy: Remedy::ByHand,
    }])
}
