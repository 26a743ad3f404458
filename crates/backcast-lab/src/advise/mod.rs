//! Advice: what in a profile could be faster, how much that would bring, and what became of earlier advice.
//!
//! | question | answer |
//! |---|---|
//! | what does a profile suggest? | [`advise`] asks each [`Rule`] and gives [`Advice`]: suggestions, and rules that could not look |
//! | what will it bring? | a [`Prediction`]: an interval of the whole wall time, with words on where its bounds come from |
//! | can it be tried? | a [`Remedy`]: settings of the child, or what only a hand can change |
//! | were earlier predictions right? | an [`AdviceStore`] keeps a [`Record`] of each piece of advice, a [`TrackRecord`] tells for each rule |
//! | what would speeding one span up bring? | [`what_if`] delays it and looks at the total |

mod look;
mod record;
pub mod rules;
mod source;
mod store;
mod suggestion;
mod thresholds;
pub mod what_if;

pub use look::Context;
pub use record::{Entry, Record, RuleRecord, TrackRecord, Tried};
pub use rules::{Advice, Blind, advise};
pub use store::{AdviceStore, Kept, StoreError, Unread};
pub use suggestion::{Place, Prediction, Remedy, Rule, Suggestion};
pub use thresholds::Thresholds;
