//! Calls whose arguments had been there before: their results could be kept.

use super::Looked;
use crate::{
    advise::{
        Remedy, Rule, Suggestion,
        look::{Look, name},
    },
    profile::words::{count, time},
};

pub(super) fn look(look: &Look<'_>) -> Looked {
    let mut digests = false;
    let mut found = Vec::new();
    for (at, row) in look.rows() {
        let Some(calls) = row.calls.as_deref() else { continue };
        let Some(repeated) = calls.repeated else { continue };
        digests = true;
        let most = repeated.repeated_ns.min(row.total_ns);
        if repeated.repeated == 0 || look.share(at, most).high < look.thresholds().gain {
            continue;
        }
        found.push(Suggestion {
            rule: Rule::RepeatedCalls,
            name: name(Rule::RepeatedCalls, &row.name),
            evidence: format!(
                "{} of {} calls had arguments that an earlier call had ({} different ones), and took {}",
                count(repeated.repeated),
                count(calls.count.max(repeated.repeated)),
                count(repeated.distinct),
                time(most)
            ),
            place: look.place(at),
            prediction: look.prediction(
                at,
                [most / 2, most],
                "high: repeated calls cost nothing; low: half of their time, as looking up and keeping results costs too",
            ),
            advice: format!(
                "keep the results of `{}` by its arguments; {} of them would be held",
                row.name,
                count(repeated.distinct)
            ),
            remedy: Remedy::ByHand,
        });
    }
    match digests {
        true => Looked::Found(found),
        false => Looked::Blind(
            "no span carries a digest of its arguments: span!(\"name\", digest = ..)".to_owned(),
        ),
    }
}
