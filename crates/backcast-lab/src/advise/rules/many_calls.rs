//! Functions that are called so often that the calls themselves cost.

use super::Looked;
use crate::{
    advise::{
        Remedy, Rule, Suggestion,
        look::{Look, Together, name},
    },
    profile::{
        Row,
        words::{count, time},
    },
};

pub(super) fn look(look: &Look<'_>) -> Looked {
    if !look.rows().any(|(_, row)| row.calls.is_some()) {
        return Looked::Blind("sampling counts no calls".to_owned());
    }
    let calls = |row: &Row<'_>| row.calls.as_deref().map_or(0, |calls| calls.count);
    // No call took less than the shortest, so that is the most that each costs whatever it does.
    let fixed = |row: &Row<'_>| {
        let shortest = row.calls.as_deref().map_or(0, |calls| calls.min_ns);
        shortest.saturating_mul(calls(row)).min(row.total_ns)
    };
    let counted = look.functions(calls).into_iter().filter(|it| it.ns > look.thresholds().calls);
    let mut found = Vec::new();
    for Together { row: at, .. } in counted {
        let row = &look.view.rows[at];
        let ns = fixed(row);
        if look.share(at, ns).estimate < look.thresholds().gain {
            continue;
        }
        let (all_calls, all_ns) = look.calls(row).unwrap_or((calls(row), row.total_ns));
        found.push(Suggestion {
            rule: Rule::ManyCalls,
            name: name(Rule::ManyCalls, &row.name),
            evidence: format!(
                "`{}` is called {} times, {} each",
                row.name,
                count(all_calls),
                time(all_ns / all_calls.max(1))
            ),
            place: look.place(at),
            prediction: look.prediction(
                at,
                [0, ns],
                "high: each call saves what the shortest one took; low: nothing, where even that is work",
            ),
            advice: "take many of them together: one call for a batch, arrays instead of single values".to_owned(),
            remedy: Remedy::ByHand,
        });
    }
    Looked::Found(found)
}
