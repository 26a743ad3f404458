//! Threads that wait for each other's locks.

use super::Looked;
use crate::{
    advise::{
        Remedy, Rule, Suggestion,
        look::{Look, name},
    },
    profile::{Row, Source, words::time},
};

pub(super) fn look(look: &Look<'_>) -> Looked {
    if !look.has(Source::Spans) {
        return Looked::Blind("waits are counted in spans, and there are none".to_owned());
    }
    let waited = |row: &Row<'_>| row.calls.as_deref().map_or(0, |calls| calls.lock_wait_ns);
    let long = look.functions(waited).into_iter().filter(|function| {
        look.share(function.row, function.ns).estimate >= look.thresholds().lock_waits
    });
    let suggestion = |function: crate::advise::look::Together| {
        let row = &look.view.rows[function.row];
        let threads = look.view.rows.iter().filter(|row| row.parent.is_none());
        let threads: u64 = threads.map(|root| root.threads).sum();
        Suggestion {
            rule: Rule::LockWaits,
            name: name(Rule::LockWaits, &row.name),
            evidence: format!(
                "{} of its {} went by waiting for a lock that another of {threads} threads held",
                time(function.ns),
                time(row.total_ns)
            ),
            place: look.place(function.row),
            prediction: look.prediction(
                function.row,
                [0, function.ns],
                "high: nobody waits; low: nothing, where the work under the lock is what all wait for",
            ),
            advice: "hold the lock for less: work before or after it, a lock for each part, or results put together at \
                     the end"
                .to_owned(),
            remedy: Remedy::ByHand,
        }
    };
    Looked::Found(long.map(suggestion).collect())
}
