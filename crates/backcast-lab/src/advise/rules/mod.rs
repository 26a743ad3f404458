//! All rules: each looks at a profile and suggests, finds nothing, or says why it could not look.

mod allocations;
mod backcast;
mod collector;
mod foreign_engine;
mod high_share;
mod large_memory;
mod lock_waits;
mod many_calls;
mod repeated_calls;
mod repeated_preparation;

use super::{Context, Rule, Suggestion, look::Look};
use crate::profile::{Profile, View};

/// What all rules say about a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice {
    /// Suggestions, the largest expected gain first.
    pub suggestions: Vec<Suggestion>,
    /// What only a change of Backcast itself would bring, where Backcast was profiled.
    pub own_work: Vec<Suggestion>,
    /// Rules that could not look.
    pub blind: Vec<Blind>,
}

/// A rule that could not look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// The rule.
    pub rule: Rule,
    /// What is missing.
    pub why: String,
}

/// What one rule says.
enum Looked {
    /// All that it found, perhaps nothing.
    Found(Vec<Suggestion>),
    /// What it needs is not in the profile.
    Blind(String),
}

/// Asks all rules about a profile.
pub fn advise(profile: &Profile, context: &Context) -> Advice {
    let view = View::of(profile);
    let look = Look::new(profile, &view, context);
    let mut advice = Advice::default();
    for rule in Rule::ALL {
        match ask(rule, &look) {
            Looked::Found(found) if look.is_backcast() && rule.takes_sources() => {
                advice.own_work.extend(found);
            }
            Looked::Found(found) => advice.suggestions.extend(found),
            Looked::Blind(why) => advice.blind.push(Blind { rule, why }),
        }
    }
    advice.suggestions.sort_by(|a, b| {
        let (a, b) = (a.prediction.gain, b.prediction.gain);
        b.estimate.total_cmp(&a.estimate)
    });
    advice
}

fn ask(rule: Rule, look: &Look<'_>) -> Looked {
    match rule {
        Rule::RepeatedCalls => repeated_calls::look(look),
        Rule::RepeatedPreparation => repeated_preparation::look(look),
        Rule::Allocations => allocations::look(look),
        Rule::LockWaits => lock_waits::look(look),
        Rule::Collector => collector::look(look),
        Rule::HighShare => high_share::look(look),
        Rule::ManyCalls => many_calls::look(look),
        Rule::LargeMemory => large_memory::look(look),
        Rule::EventEngine => backcast::event_engine(look),
        Rule::TextFiles => backcast::text_files(look),
        Rule::FewThreads => backcast::few_threads(look),
        Rule::VectorLevel => backcast::vector_level(look),
        Rule::Callbacks => foreign_engine::look(look),
    }
}
