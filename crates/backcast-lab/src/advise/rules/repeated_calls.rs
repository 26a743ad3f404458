//! Calls whose arguments had been there before: their results could be kept.

use std::collections::BTreeMap;

use super::Looked;
use crate::{
    advise::{
        Remedy, Rule, Suggestion,
        look::{Look, name},
    },
    profile::words::{count, time},
};

/// All calls of one span, on whatever path.
#[derive(Default)]
struct Calls {
    calls: u64,
    distinct: u64,
    repeated: u64,
    repeated_ns: u64,
    /// What was repeated, by the threads that did: they do it side by side.
    threads: BTreeMap<usize, OfThreads>,
}

/// Repeated calls of some threads.
#[derive(Default)]
struct OfThreads {
    ns: u64,
    /// The row that repeated longest.
    row: usize,
    longest_ns: u64,
}

impl Calls {
    /// The threads that repeated most.
    fn most(&self) -> Option<&OfThreads> {
        self.threads.values().max_by_key(|threads| threads.ns)
    }
}

pub(super) fn look(look: &Look<'_>) -> Looked {
    let mut digests = false;
    let mut spans: BTreeMap<&str, Calls> = BTreeMap::new();
    // Rows stand after their parents.
    let mut inside = vec![false; look.view.rows.len()];
    for (at, row) in look.rows() {
        inside[at] = row.parent.is_some_and(|parent| inside[parent]);
        let Some(calls) = row.calls.as_deref() else { continue };
        let Some(repeated) = calls.repeated else { continue };
        digests = true;
        let most = repeated.repeated_ns.min(row.total_ns);
        let worth = repeated.repeated > 0 && look.share(at, most).high >= look.thresholds().gain;
        if inside[at] {
            // What saves the call around it saves this one too.
            continue;
        }
        inside[at] = worth;
        let span = spans.entry(&row.name).or_default();
        let threads = span.threads.entry(look.threads_of(at)).or_default();
        threads.ns += most;
        if most >= threads.longest_ns {
            (threads.row, threads.longest_ns) = (at, most);
        }
        span.calls += calls.count.max(repeated.repeated);
        span.distinct += repeated.distinct;
        span.repeated += repeated.repeated;
        span.repeated_ns += most;
    }
    let found = spans.values().filter_map(|span| {
        let most = span.most()?;
        let worth = look.share(most.row, most.ns).high >= look.thresholds().gain;
        (worth && span.repeated > 0).then(|| suggestion(look, span, most))
    });
    match digests {
        true => Looked::Found(found.collect()),
        false => Looked::Blind(
            "no span carries a digest of its arguments: span!(\"name\", digest = ..)".to_owned(),
        ),
    }
}

fn suggestion(look: &Look<'_>, span: &Calls, most: &OfThreads) -> Suggestion {
    let row = &look.view.rows[most.row];
    let threads = if span.threads.len() > 1 { " of all threads" } else { "" };
    Suggestion {
        rule: Rule::RepeatedCalls,
        name: name(Rule::RepeatedCalls, &row.name),
        evidence: format!(
            "{} of {} calls had arguments that an earlier call had ({} different ones), and took {}{threads}",
            count(span.repeated),
            count(span.calls),
            count(span.distinct),
            time(span.repeated_ns)
        ),
        place: look.place(most.row),
        prediction: look.prediction(
            most.row,
            [most.ns / 2, most.ns],
            "high: repeated calls cost nothing; low: half of their time, as looking up and keeping results costs too",
        ),
        advice: match look.is_backcast() {
            true => "it is the engine's own work; lanes share it between parameter sets (market orders by rules alone), and a \
                     bundle is read once"
                .to_owned(),
            false => format!(
                "keep the results of `{}` by its arguments; {} of them would be held",
                row.name,
                count(span.distinct)
            ),
        },
        remedy: Remedy::ByHand,
    }
}
