//! Memory that is taken and given back all the time.

use super::Looked;
use crate::{
    advise::{
        Remedy, Rule, Suggestion,
        look::{Look, name},
    },
    profile::{
        Calls, Row,
        words::{bytes, count},
    },
};

/// What taking a piece of memory and giving it back costs, from an allocator that has it at hand to one that has not.
const PAIR_NS: [u64; 2] = [10, 100];

pub(super) fn look(look: &Look<'_>) -> Looked {
    let sum = |what: fn(&Calls) -> u64| -> u64 {
        look.rows().filter_map(|(_, row)| row.calls.as_deref()).map(what).sum()
    };
    let taken = sum(|calls| calls.allocated_bytes);
    if taken == 0 {
        return Looked::Blind(
            "no span counted an allocation: the program must allocate through \
             backcast_spans::alloc::Counting"
                .to_owned(),
        );
    }
    // What is kept is growth, not churn.
    if sum(|calls| calls.freed_bytes) < taken / 2 {
        return Looked::Found(Vec::new());
    }
    let pieces = |row: &Row<'_>| row.calls.as_deref().map_or(0, |calls| calls.allocations);
    let mut found = Vec::new();
    for function in look.functions(pieces) {
        let row = &look.view.rows[function.row];
        let cost = PAIR_NS.map(|ns| ns.saturating_mul(function.ns));
        let middle = (cost[0] + cost[1]) / 2;
        if look.share(function.row, middle).estimate < look.thresholds().gain {
            continue;
        }
        let calls = row.calls.as_deref().map_or(1, |calls| calls.count.max(1));
        let size = row.calls.as_deref().map_or(0, |calls| calls.allocated_bytes);
        found.push(Suggestion {
            rule: Rule::Allocations,
            name: name(Rule::Allocations, &row.name),
            evidence: format!(
                "{} allocations, {} a call, {} in its slowest call path; half of what the program takes is given back \
                 while it runs",
                count(function.ns),
                count(pieces(row) / calls),
                bytes(size)
            ),
            place: look.place(function.row),
            prediction: look.prediction(
                function.row,
                cost.map(|ns| ns.min(row.own_ns.max(1))),
                "an allocation and its release cost 10 to 100 ns, and no more than the own time of the step",
            ),
            advice: "make the buffers once and use them again, or give collections their size at the start"
                .to_owned(),
            remedy: Remedy::ByHand,
        });
    }
    Looked::Found(found)
}
