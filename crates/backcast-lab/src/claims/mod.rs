//! Claims about time, judged by raw samples: the share of a span, a gain in speed, and what five reports said.
//!
//! | claim | judged by |
//! |---|---|
//! | "this span takes 61.5 % of the time" | [`SpanShare`] of each of several runs, then [`weigh_share`] |
//! | "it is 8 % faster now" | [`read_gain`] of files with single runs, then [`weigh_gain`] |
//! | what a span's time is made of | [`parts`], which add up |
//! | figures of the reports | [`REPORTED`], each with what speaks for and against it |
//!
//! Nothing is judged by a mean alone: a mean without its runs has no interval.

mod error;
mod gain;
mod parts;
mod reported;
mod share;

pub use error::ClaimError;
pub use gain::{GainClaim, GainEvidence, read_gain, weigh_gain};
pub use parts::{Part, parts};
pub use reported::{Basis, Counterpart, Measured, REPORTED, Reported};
pub use share::{Caution, RunShare, ShareEvidence, SpanShare, weigh_share};

use crate::stats::ShareVerdict;

/// A word for a verdict: `confirmed`, `refuted`, `unproven`.
pub fn verdict_word(verdict: ShareVerdict) -> &'static str {
    match verdict {
        ShareVerdict::Confirmed => "confirmed",
        ShareVerdict::Refuted => "refuted",
        ShareVerdict::Unproven => "unproven",
    }
}
